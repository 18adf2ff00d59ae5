//! One entry of a list of exemptions: reading it, and what is wrong where it cannot be used.

use std::fmt;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::pattern::Pattern;
use crate::account::AccountId;
use crate::config::{Members, described, quoted};
use crate::finding::Finding;
use crate::rule::Rule;

/// The fields that an entry may have.
const FIELDS: [&str; 5] = ["account", "user", "rule", "reason", "until"];

/// An element of the list, as JSON has it. The members of an object are kept as they stand there, so that one that is
/// there twice is seen.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Element {
    Object(Members),
    Other(Value),
}

/// An exemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) account: Option<Pattern>,
    pub(super) user: Option<Pattern>,
    pub(super) rule: Option<Pattern>,
    pub(super) reason: String,
    pub(super) until: Date,
}

impl Entry {
    /// The exemption of an element.
    ///
    /// # Errors
    /// What is wrong with it, fragments that stand after its number.
    pub(super) fn read(element: &Element) -> Result<Self, Vec<String>> {
        let members = match element {
            Element::Object(members) => members,
            Element::Other(value) => {
                return Err(vec![format!("it is {} where an object is expected", described(value))]);
            }
        };
        let mut fields = Fields { members, problems: Vec::new() };
        if let Some(name) = members.twice() {
            fields.problems.push(format!("it has {} twice", quoted(name)));
        }
        // A misspelt field is not passed over: without it the entry would exempt more than was meant.
        for (name, _) in members.0.iter().filter(|(name, _)| !FIELDS.contains(&name.as_str())) {
            fields.problems.push(format!("its field {} is not one of {}", quoted(name), FIELDS.join(", ")));
        }
        let [account, user, rule] = ["account", "user", "rule"].map(|name| fields.pattern(name));
        if let Some(account) = account.as_ref().map(Pattern::as_str)
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && account.parse::<AccountId>().is_err()
        {
            fields.problems.push(format!("account is {} where an account id has 12 digits", quoted(account)));
        }
        if let Some(rule) = &rule
            && !Rule::ALL.into_iter().any(|one| rule.matches(one.id()))
        {
            let known = Rule::ALL.map(Rule::id).join(", ");
            fields.problems.push(format!("rule is {}, which is none of {known}", quoted(rule.as_str())));
        }
        if !["account", "user", "rule"].into_iter().any(|name| fields.get(name).is_some()) {
            fields.problems.push("it has none of account, user and rule, and would exempt everything".to_owned());
        }
        let reason = fields.required("reason", "why, in a few words,");
        let until = fields.required("until", DATE).and_then(|text| fields.date(text));
        match (reason, until) {
            (Some(reason), Some(until)) if fields.problems.is_empty() => {
                Ok(Self { account, user, rule, reason: reason.to_owned(), until })
            }
            _ => Err(fields.problems),
        }
    }

    /// Whether it holds on this day: through the whole of the one it names.
    pub(super) fn is_in_force(&self, today: Date) -> bool {
        today <= self.until
    }

    /// Whether it is for findings of this account at all.
    pub(super) fn is_for_account(&self, id: &str, name: &str) -> bool {
        self.account.as_ref().is_none_or(|account| account.matches(id) || account.matches(name))
    }

    /// Whether it is for the finding, whose account it is for.
    pub(super) fn is_for(&self, finding: &Finding<'_>) -> bool {
        self.rule.as_ref().is_none_or(|rule| rule.matches(&finding.rule))
            && self.user.as_ref().is_none_or(|user| user.matches(&finding.user) || user.matches(&finding.user_arn))
    }
}

/// What of the entry tells it from the others, in the list's own terms: `user "ci-*", rule "unused-key"`.
impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = [("account", &self.account), ("user", &self.user), ("rule", &self.rule)];
        let there = patterns.iter().filter_map(|(name, pattern)| pattern.as_ref().map(|pattern| (name, pattern)));
        for (index, (name, pattern)) in there.enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}{name} {}", quoted(pattern.as_str()))?;
        }
        Ok(())
    }
}

const DATE: &str = "a date such as \"2026-12-31\"";

/// The fields of one entry; every problem is kept.
struct Fields<'a> {
    members: &'a Members,
    problems: Vec<String>,
}

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.0.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    fn pattern(&mut self, name: &str) -> Option<Pattern> {
        let value = self.get(name)?;
        self.text(name, value, "a name or a pattern").map(Pattern::new)
    }

    fn required(&mut self, name: &str, expected: &str) -> Option<&'a str> {
        let Some(value) = self.get(name) else {
            self.problems.push(format!("{name} is missing where {expected} is expected"));
            return None;
        };
        self.text(name, value, expected)
    }

    fn text(&mut self, name: &str, value: &'a Value, expected: &str) -> Option<&'a str> {
        let text = value.as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.problems.push(format!("{name} is {} where {expected} is expected", described(value)));
        }
        text
    }

    fn date(&mut self, text: &str) -> Option<Date> {
        // The parser takes more ways to write a date than people tell apart.
        let date = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
        if date.is_none() {
            self.problems.push(format!("until is {} where {DATE} is expected", quoted(text)));
        }
        date
    }
}
