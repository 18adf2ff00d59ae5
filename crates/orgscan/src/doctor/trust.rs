//! Whether a trust policy lets somebody in, and if not, what keeps them out.
//!
//! Knows what trust policies of such roles have: principals, external ids, principal ARNs and the Organization. Of another
//! condition it says that there is one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// What a trust policy makes of one who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Trusted,
    /// No statement names them.
    NotNamed,
    /// They are named, and have to send one of these external ids.
    ExternalId(Vec<String>),
    /// They are named, and of another Organization than these.
    OtherOrganization(Vec<String>),
    /// They are named under a condition of which nobody knows whether it holds, by its key.
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
    /// Its Organization, where it is known.
    pub(super) organization: Option<&'a str>,
}

/// Reads a trust policy.
pub(super) fn verdict(trust: &Value, asker: &Asker<'_>) -> Verdict {
    let mut refusals = Vec::new();
    let mut is_trusted = false;
    let mut doubt = None;
    for statement in about_assuming(trust).filter(|one| names(&one["Principal"], asker)) {
        match (statement["Effect"].as_str(), conditions(&statement["Condition"], asker)) {
            (Some("Allow"), Verdict::Trusted) => is_trusted = true,
            (Some("Deny"), Verdict::Trusted) => return Verdict::Denied,
            (Some("Deny"), Verdict::Condition(key)) => doubt = Some(Verdict::Condition(key)),
            (Some("Allow"), refusal) => refusals.push(refusal),
            _ => {}
        }
    }
    if is_trusted {
        return doubt.unwrap_or(Verdict::Trusted);
    }
    refusals.into_iter().min_by_key(distance).unwrap_or(Verdict::NotNamed)
}

/// The nearest miss says most: one who would get in with another external id is not unknown to the role.
fn distance(refusal: &Verdict) -> u8 {
    match refusal {
        Verdict::ExternalId(_) => 0,
        Verdict::Condition(_) => 1,
        Verdict::OtherOrganization(_) => 2,
        _ => 3,
    }
}

/// What the statement that is nearest to letting the asker in asks for besides, by operator and key: one that is added
/// for the asker asks for it too, so that the role is no more open than it was.
pub(super) fn kept_conditions(trust: &Value, asker: &Asker<'_>) -> Map<String, Value> {
    let allows = || about_assuming(trust).filter(|one| one["Effect"] == "Allow");
    let named = allows()
        .filter(|one| names(&one["Principal"], asker))
        .map(|one| (conditions(&one["Condition"], asker), &one["Condition"]))
        .min_by_key(|(verdict, _)| distance(verdict));
    let (wanted, is_kept): (&Value, fn(&str) -> bool) = match named {
        // Their own conditions replace these.
        Some((Verdict::ExternalId(_), condition)) => {
            (condition, |key| !["sts:externalid", "aws:principalarn", "aws:principalaccount"].contains(&key))
        }
        other => {
            // What others are asked for is none of the asker's business, but for the border of the Organization.
            let bounded = || allows().map(|one| &one["Condition"]).find(|condition| pairs(condition).any(is_bound));
            match other.map(|(_, condition)| condition).or_else(bounded) {
                Some(condition) => (condition, |key| key.starts_with("aws:principalorg")),
                None => return Map::new(),
            }
        }
    };
    let mut kept: Map<String, Value> = Map::new();
    for (operator, key, values) in pairs(wanted).filter(|(_, key, _)| is_kept(&key.to_ascii_lowercase())) {
        let keys = kept.entry(operator.clone()).or_insert_with(|| json!({}));
        keys[key.as_str()] = values.clone();
    }
    kept
}

fn is_bound((_, key, _): (&String, &String, &Value)) -> bool {
    key.to_ascii_lowercase().starts_with("aws:principalorg")
}

fn about_assuming(trust: &Value) -> impl Iterator<Item = &Value> {
    listed(&trust["Statement"]).into_iter().filter(|statement| {
        texts(&statement["Action"]).iter().any(|action| ["sts:AssumeRole", "sts:*", "*"].contains(action))
    })
}

/// Every operator, key and value of a condition.
fn pairs(condition: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let tests = condition.as_object().into_iter().flatten();
    tests.flat_map(|(operator, keys)| keys.as_object().into_iter().flatten().map(move |(key, v)| (operator, key, v)))
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
    for (operator, key, values) in pairs(conditions) {
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
            "aws:principalorgid"
                if asker.organization.is_some() && (compares_text || operator == "StringNotEquals") =>
            {
                let is_listed = asker.organization.is_some_and(|own| values.iter().any(|wanted| is_like(wanted, own)));
                match (is_listed, compares_text) {
                    (true, true) | (false, false) => {}
                    (false, true) => {
                        return Verdict::OtherOrganization(values.into_iter().map(str::to_owned).collect());
                    }
                    (true, false) => return Verdict::NotNamed,
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

/// IAM's match with `*` and `?`. Only the last `*` is ever taken back, so that the time is at most the product of both
/// lengths: trust policies are written by others.
fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut in_text) = (0, 0);
    // After the last star, and how far into the text it reaches.
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = text.get(in_text) {
        match pattern.get(at) {
            Some('*') => {
                at += 1;
                star = Some((at, in_text));
            }
            Some(wanted) if *wanted == '?' || wanted == character => {
                at += 1;
                in_text += 1;
            }
            _ => match star {
                Some((after, reached)) => {
                    star = Some((after, reached + 1));
                    at = after;
                    in_text = reached + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|left| *left == '*')
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
        Asker { principal: ROLE, account: "000000000009", external_id, organization: None }
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
        let other = allows(&whole, &json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}));
        assert_eq!(verdict(&other, &asker(None)), Verdict::Condition("aws:MultiFactorAuthPresent".into()));
        let perhaps = json!({"Statement": [
            {"Effect": "Allow", "Principal": whole, "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "Principal": "*", "Action": "sts:*",
             "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}]});
        assert_eq!(verdict(&perhaps, &asker(None)), Verdict::Condition("aws:SourceIp".into()));
        let denied = json!({"Statement": [
            {"Effect": "Allow", "Principal": whole, "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "Principal": "*", "Action": "sts:*"}]});
        assert_eq!(verdict(&denied, &asker(None)), Verdict::Denied);
        assert_eq!(verdict(&json!({}), &asker(None)), Verdict::NotNamed);
    }

    #[test]
    fn the_organization_of_a_condition_is_compared_where_that_of_the_asker_is_known() {
        let whole = json!({"AWS": "arn:aws:iam::000000000009:root"});
        let own = allows(&whole, &json!({"StringEquals": {"aws:PrincipalOrgID": "o-own"}}));
        let of = |organization| Asker { organization, ..asker(None) };
        assert_eq!(verdict(&own, &of(Some("o-own"))), Verdict::Trusted);
        assert_eq!(verdict(&own, &of(Some("o-other"))), Verdict::OtherOrganization(vec!["o-own".into()]));
        assert_eq!(verdict(&own, &of(None)), Verdict::Condition("aws:PrincipalOrgID".into()));
        let fenced = json!({"Statement": [
            {"Effect": "Allow", "Principal": whole, "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
             "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ["o-own"]}}}]});
        assert_eq!(verdict(&fenced, &of(Some("o-own"))), Verdict::Trusted);
        assert_eq!(verdict(&fenced, &of(Some("o-other"))), Verdict::Denied);
    }

    #[test]
    fn what_is_added_asks_for_what_the_nearest_statement_asks_for() {
        let whole = json!({"AWS": "arn:aws:iam::000000000009:root"});
        let condition = json!({
            "StringEquals": {"sts:ExternalId": "theirs", "aws:PrincipalOrgID": "o-own"},
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
            "ArnEquals": {"aws:PrincipalArn": ROLE}});
        let kept = kept_conditions(&allows(&whole, &condition), &asker(Some("ours")));
        assert_eq!(
            Value::Object(kept),
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-own"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}})
        );
        let others = json!({"AWS": "arn:aws:iam::000000000001:root"});
        let kept = kept_conditions(&allows(&others, &condition), &asker(None));
        assert_eq!(Value::Object(kept), json!({"StringEquals": {"aws:PrincipalOrgID": "o-own"}}));
        assert!(kept_conditions(&allows(&others, &json!({})), &asker(None)).is_empty());
    }

    #[test]
    fn patterns_match_as_iam_matches_them_and_in_time() {
        for (pattern, text, expected) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("a*", "a", true),
            ("*c", "abcc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*", "", true),
            ("", "", true),
            ("?", "", false),
        ] {
            assert_eq!(is_like(pattern, text), expected, "{pattern} {text}");
        }
        // Backtracking into every star would not end before the sun does.
        let pattern = "*a".repeat(1_000) + "b";
        assert!(!is_like(&pattern, &"a".repeat(10_000)));
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
