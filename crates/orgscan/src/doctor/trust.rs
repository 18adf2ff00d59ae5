//! Whether a trust policy lets somebody in, and if not, what keeps them out.
//!
//! Knows what trust policies of such roles have: principals, external ids, principal ARNs and the Organization. Of another
//! condition it says that there is one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::pattern::{has_wildcard, holds};

/// What stands in place of a condition's key where a statement names one session of a role only.
const SESSION_NAME: &str = "the name of the session";

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
    /// The role or user, as policies name it; a `*` stands for what is not known of its path.
    pub(super) principal: &'a str,
    /// Whether it may have a path that `principal` lacks.
    pub(super) may_have_path: bool,
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
    for statement in about_assuming(trust) {
        let Some(judged) = judged(statement, asker) else { continue };
        match (statement["Effect"].as_str(), judged) {
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

/// What a statement makes of the asker; none: it is about others.
fn judged(statement: &Value, asker: &Asker<'_>) -> Option<Verdict> {
    let is_named = names(&statement["Principal"], asker);
    if !is_named && !names_session(&statement["Principal"], asker) {
        return None;
    }
    Some(match conditions(&statement["Condition"], asker) {
        Verdict::Trusted if !is_named => Verdict::Condition(SESSION_NAME.to_owned()),
        verdict => verdict,
    })
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
        .filter_map(|one| judged(one, asker).map(|verdict| (verdict, &one["Condition"])))
        .min_by_key(|(verdict, _)| distance(verdict));
    // What others are asked for is none of the asker's business, but for the border of the Organization.
    let border = |condition| of_keys(condition, |key| key.starts_with("aws:principalorg"));
    match named {
        // Their own conditions replace these.
        Some((Verdict::ExternalId(_), condition)) => {
            of_keys(condition, |key| !["sts:externalid", "aws:principalarn", "aws:principalaccount"].contains(&key))
        }
        Some((_, condition)) => border(condition),
        None => {
            let borders = allows().map(|one| border(&one["Condition"])).filter(|border| !border.is_empty());
            borders.min_by_key(|border| others_only(border, asker).is_some()).unwrap_or_default()
        }
    }
}

/// The Organizations that a statement would let in which is added for the asker, where its own is none of them.
pub(super) fn foreign_border(trust: &Value, asker: &Asker<'_>) -> Option<Vec<String>> {
    others_only(&kept_conditions(trust, asker), asker)
}

fn others_only(condition: &Map<String, Value>, asker: &Asker<'_>) -> Option<Vec<String>> {
    match conditions(&Value::Object(condition.clone()), asker) {
        Verdict::OtherOrganization(wanted) => Some(wanted),
        _ => None,
    }
}

/// What a condition has of some keys, which are told in lower case.
fn of_keys(condition: &Value, is_kept: fn(&str) -> bool) -> Map<String, Value> {
    let mut kept: Map<String, Value> = Map::new();
    for (operator, key, values) in pairs(condition).filter(|(_, key, _)| is_kept(&key.to_ascii_lowercase())) {
        let keys = kept.entry(operator.clone()).or_insert_with(|| json!({}));
        keys[key.as_str()] = values.clone();
    }
    kept
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
                || (account_of(one) == Some(asker.account) && one.ends_with(":root"))
                // A principal takes no wildcards, and IAM shows that of a role with its path.
                || is_asker("StringEquals", one, asker)
        })
}

/// Whether a session of the asker's role is named, which lets in that session alone. Its ARN is without the role's path.
fn names_session(principal: &Value, asker: &Asker<'_>) -> bool {
    let Some(name) = asker.principal.split_once(":role/").and_then(|(_, path)| path.rsplit('/').next()) else {
        return false;
    };
    texts(&principal["AWS"]).into_iter().any(|one| {
        let session = one.split_once(":assumed-role/").map(|(_, session)| session);
        let of_role = session.and_then(|session| session.split('/').next());
        account_of(one) == Some(asker.account) && of_role == Some(name.trim_start_matches('*'))
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
                let is_sent =
                    asker.external_id.is_some_and(|sent| values.iter().any(|wanted| holds(operator, wanted, sent)));
                let wanted = || Verdict::ExternalId(values.iter().map(|one| (*one).to_owned()).collect());
                verdict = if is_sent { verdict } else { wanted() };
            }
            "aws:principalarn" if compares_text => {
                let is_wanted = values.iter().any(|wanted| is_asker(operator, wanted, asker));
                if !is_wanted {
                    return Verdict::NotNamed;
                }
            }
            "aws:principalaccount" if compares_text => {
                let is_wanted = values.iter().any(|wanted| holds(operator, wanted, asker.account));
                if !is_wanted {
                    return Verdict::NotNamed;
                }
            }
            "aws:principalorgid"
                if asker.organization.is_some() && (compares_text || operator == "StringNotEquals") =>
            {
                let is_listed =
                    asker.organization.is_some_and(|own| values.iter().any(|wanted| holds(operator, wanted, own)));
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

/// Whether a principal's ARN is the asker's, which for a session of a role is that of the role (IAM user guide, "Global
/// condition keys", `aws:PrincipalArn`).
fn is_asker(operator: &str, wanted: &str, asker: &Asker<'_>) -> bool {
    // What is not known of a path is one part of it, or none.
    ["", "*/"].iter().any(|part| holds(operator, wanted, &asker.principal.replace('*', part)))
        || (asker.may_have_path && !has_wildcard(wanted) && is_of_same_name(wanted, asker.principal))
}

/// Whether an ARN is a role's but for its path: names are unique within an account.
fn is_of_same_name(arn: &str, role: &str) -> bool {
    fn parted(arn: &str) -> Option<(&str, &str)> {
        let (account, path) = arn.split_once(":role/")?;
        Some((account, path.rsplit('/').next()?))
    }
    parted(arn).is_some() && parted(arn) == parted(role)
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
mod tests;
