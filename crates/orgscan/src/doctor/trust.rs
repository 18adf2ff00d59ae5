//! Whether a trust policy lets somebody in, and if not, what keeps them out.
//!
//! Knows what trust policies of such roles have: principals, external ids and principal ARNs. Of another condition it says
//! that there is one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// What a trust policy makes of one who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Trusted,
    /// No statement names them.
    NotNamed,
    /// They are named, and have to send one of these external ids.
    ExternalId(Vec<String>),
    /// They are named under a condition that is not understood, by its key.
    Condition(String),
    /// A statement forbids them.
    Denied,
}

/// Who asks to assume a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asker<'a> {
    /// The role or user, as policies name it.
    pub(super) principal: &'a str,
    /// Its account, 12 digits.
    pub(super) account: &'a str,
    pub(super) external_id: Option<&'a str>,
}

/// Reads a trust policy.
pub(super) fn verdict(trust: &Value, asker: &Asker<'_>) -> Verdict {
    let statements = listed(&trust["Statement"]);
    let mut refusals = Vec::new();
    let mut is_trusted = false;
    for statement in statements {
        let is_about_assuming =
            texts(&statement["Action"]).iter().any(|action| ["sts:AssumeRole", "sts:*", "*"].contains(action));
        if !is_about_assuming || !names(&statement["Principal"], asker) {
            continue;
        }
        match (statement["Effect"].as_str(), conditions(&statement["Condition"], asker)) {
            (Some("Allow"), Verdict::Trusted) => is_trusted = true,
            (Some("Deny"), Verdict::Trusted) => return Verdict::Denied,
            (Some("Allow"), refusal) => refusals.push(refusal),
            _ => {}
        }
    }
    if is_trusted {
        return Verdict::Trusted;
    }
    // The nearest miss says most: one who would get in with another external id is not unknown to the role.
    let rank = |refusal: &Verdict| match refusal {
        Verdict::ExternalId(_) => 0,
        Verdict::Condition(_) => 1,
        _ => 2,
    };
    refusals.into_iter().min_by_key(rank).unwrap_or(Verdict::NotNamed)
}

/// The trust policy with a statement more, which lets the asker in. Whom it lets in already it goes on to let in.
pub(super) fn with_statement_of(trust: &Value, addition: &Value) -> Value {
    let mut statements: Vec<Value> = listed(&trust["Statement"]).into_iter().cloned().collect();
    let mut taken: BTreeSet<String> =
        statements.iter().filter_map(|one| one["Sid"].as_str()).map(str::to_owned).collect();
    for statement in listed(&addition["Statement"]) {
        let mut statement = statement.clone();
        let sid = statement["Sid"].as_str().unwrap_or("Callers").to_owned();
        let free = std::iter::once(sid.clone()).chain((2..).map(|number: u32| format!("{sid}{number}")));
        if let Some(sid) = free.into_iter().find(|sid| !taken.contains(sid)) {
            statement["Sid"] = sid.clone().into();
            taken.insert(sid);
        }
        statements.push(statement);
    }
    json!({"Version": trust["Version"].as_str().unwrap_or("2012-10-17"), "Statement": statements})
}

fn names(principal: &Value, asker: &Asker<'_>) -> bool {
    let everybody = principal.as_str().is_some_and(|text| text == "*");
    everybody
        || texts(&principal["AWS"]).into_iter().any(|one| {
            one == "*"
                || one == asker.account
                || (account_of(one) == Some(asker.account) && (one.ends_with(":root") || is_same_identity(one, asker)))
        })
}

/// All conditions have to hold; what is not understood is said only where nothing else keeps the asker out.
fn conditions(conditions: &Value, asker: &Asker<'_>) -> Verdict {
    let mut verdict = Verdict::Trusted;
    let tests = conditions.as_object().into_iter().flatten();
    for (operator, key, values) in tests
        .flat_map(|(operator, keys)| keys.as_object().into_iter().flatten().map(move |(key, v)| (operator, key, v)))
    {
        let values = texts(values);
        let compares_text = ["StringEquals", "StringLike", "ArnEquals", "ArnLike"].contains(&operator.as_str());
        match key.to_ascii_lowercase().as_str() {
            "sts:externalid" if compares_text => {
                let is_sent = asker.external_id.is_some_and(|sent| values.iter().any(|wanted| is_like(wanted, sent)));
                let wanted = || Verdict::ExternalId(values.iter().map(|one| (*one).to_owned()).collect());
                verdict = if is_sent { verdict } else { wanted() };
            }
            "aws:principalarn" | "aws:principalaccount" if compares_text => {
                let is_asker = |wanted: &&str| {
                    *wanted == asker.account || is_like(wanted, asker.principal) || is_same_identity(wanted, asker)
                };
                if !values.iter().any(is_asker) {
                    return Verdict::NotNamed;
                }
            }
            // Whether it holds shows only where everything else does.
            _ if verdict == Verdict::Trusted => verdict = Verdict::Condition(key.clone()),
            _ => {}
        }
    }
    verdict
}

fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

/// Whether an ARN names the asker, whose path may not be known: names are unique within an account.
fn is_same_identity(arn: &str, asker: &Asker<'_>) -> bool {
    let named = |arn: &str| -> Option<(String, String)> {
        let resource = arn.splitn(6, ':').nth(5)?;
        let (kind, rest) = resource.split_once('/')?;
        let name = match kind {
            "assumed-role" => rest.split('/').next(),
            _ => rest.rsplit('/').next(),
        };
        Some((kind.replace("assumed-role", "role"), name?.trim_start_matches('*').to_owned()))
    };
    account_of(arn) == Some(asker.account) && named(arn).is_some() && named(arn) == named(asker.principal)
}

/// IAM's match with `*`.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|left| {
            left.char_indices()
                .map(|(at, _)| at)
                .chain([left.len()])
                .any(|at| is_like(rest, left.get(at..).unwrap_or("")))
        }),
    }
}

/// One or several, both of which IAM takes.
fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn texts(value: &Value) -> Vec<&str> {
    listed(value).into_iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies;

    const ROLE: &str = "arn:aws:iam::000000000009:role/Audit";

    fn asker(external_id: Option<&str>) -> Asker<'_> {
        Asker { principal: ROLE, account: "000000000009", external_id }
    }

    fn allows(principal: &Value, condition: &Value) -> Value {
        json!({"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}})
    }

    #[test]
    fn what_is_made_to_trust_a_caller_trusts_it() {
        let callers = [ROLE.to_owned()];
        assert_eq!(verdict(&policies::trust(&callers, None), &asker(None)), Verdict::Trusted);
        let with_id = policies::trust(&callers, Some("ours"));
        assert_eq!(verdict(&with_id, &asker(Some("ours"))), Verdict::Trusted);
        assert_eq!(verdict(&with_id, &asker(None)), Verdict::ExternalId(vec!["ours".into()]));
        assert_eq!(verdict(&with_id, &asker(Some("theirs"))), Verdict::ExternalId(vec!["ours".into()]));
        let another = Asker { principal: "arn:aws:iam::000000000009:role/Other", ..asker(None) };
        assert_eq!(verdict(&with_id, &another), Verdict::NotNamed);
    }

    #[test]
    fn a_principal_is_named_in_many_ways() {
        let none = json!({});
        for principal in [
            json!("*"),
            json!({"AWS": "*"}),
            json!({"AWS": "000000000009"}),
            json!({"AWS": "arn:aws:iam::000000000009:root"}),
            json!({"AWS": ["arn:aws:iam::000000000001:root", "arn:aws:iam::000000000009:role/with/a/path/Audit"]}),
            json!({"AWS": "arn:aws:sts::000000000009:assumed-role/Audit/session"}),
        ] {
            assert_eq!(verdict(&allows(&principal, &none), &asker(None)), Verdict::Trusted, "{principal}");
        }
        for principal in [
            json!({"AWS": "arn:aws:iam::000000000001:root"}),
            json!({"AWS": "arn:aws:iam::000000000009:user/Audit"}),
            json!({"AWS": "AROAEXAMPLEDELETED"}),
            json!({"Service": "lambda.amazonaws.com"}),
        ] {
            assert_eq!(verdict(&allows(&principal, &none), &asker(None)), Verdict::NotNamed, "{principal}");
        }
    }

    #[test]
    fn a_condition_that_is_not_understood_is_named_and_a_deny_counts() {
        let whole = json!({"AWS": "arn:aws:iam::000000000009:root"});
        let other = allows(&whole, &json!({"StringEquals": {"aws:PrincipalOrgID": "o-other"}}));
        assert_eq!(verdict(&other, &asker(None)), Verdict::Condition("aws:PrincipalOrgID".into()));
        let denied = json!({"Statement": [
            {"Effect": "Allow", "Principal": whole, "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}]});
        assert_eq!(verdict(&denied, &asker(None)), Verdict::Denied);
        assert_eq!(verdict(&json!({}), &asker(None)), Verdict::NotNamed);
    }

    #[test]
    fn a_statement_more_takes_nothing_away_and_has_a_name_of_its_own() {
        let before = policies::trust(&["arn:aws:iam::000000000001:role/First".to_owned()], Some("first"));
        let added = with_statement_of(&before, &policies::trust(&[ROLE.to_owned()], None));
        assert_eq!(added["Statement"][0], before["Statement"][0]);
        assert_eq!(added["Statement"][1]["Sid"], "ExactCallers2");
        assert_eq!(verdict(&added, &asker(None)), Verdict::Trusted);
    }
}
