//! Looking settings up and collecting what is wrong with them.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::Job;
use super::settings::{DefaultValue, Setting};

/// How much of a value a message shows.
const LONGEST_QUOTE: usize = 80;

/// The text in quotes, on one line, cut where it is long.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE).and_then(|(end, _)| text.get(..end)) {
        Some(beginning) => format!("{:?}", format!("{beginning}…")),
        None => format!("{text:?}"),
    }
}

/// A JSON value as a message names it: short values as they are, others by their type.
pub(crate) fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// Reads settings for one job; every problem is kept, none stops the reading.
pub(super) struct Reader<'a> {
    job: Job,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(job: Job, lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { job, lookup, problems: Vec::new() }
    }

    pub(super) fn into_problems(self) -> Vec<String> {
        self.problems
    }

    /// The variable's text; none where it is unset or empty, or not for this job: another job's setting in a shared
    /// `.env` is not looked at.
    fn found(&self, setting: &Setting) -> Option<String> {
        let is_ours = setting.jobs.contains(&self.job);
        is_ours.then(|| (self.lookup)(setting.variable)).flatten().filter(|text| !text.is_empty())
    }

    pub(super) fn is_set(&self, setting: &Setting) -> bool {
        self.found(setting).is_some()
    }

    fn text(&self, setting: &Setting) -> Option<String> {
        self.found(setting).or(match setting.default {
            DefaultValue::Literal(text) => Some(text.to_owned()),
            DefaultValue::Described(_) => None,
        })
    }

    /// A setting's value; none where it is unset and no value stands for that, and where it is wrong.
    pub(super) fn value<T>(
        &mut self,
        setting: &Setting,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(setting)?;
        let value = parse(&text);
        if value.is_none() {
            self.wrong(setting, &text, expected);
        }
        value
    }

    /// A text of a given shape.
    pub(super) fn shaped(
        &mut self,
        setting: &Setting,
        expected: &str,
        is_shaped: impl FnOnce(&str) -> bool,
    ) -> Option<String> {
        self.value(setting, expected, |text| is_shaped(text).then(|| text.to_owned()))
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&mut self, setting: &Setting, choices: &[(&str, T)]) -> Option<T> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        let expected = format!("one of {}", words.join(", "));
        self.value(setting, &expected, |text| choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value))
    }

    /// A whole number.
    pub(super) fn whole_number(&mut self, setting: &Setting, range: RangeInclusive<u32>) -> Option<u32> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.value(setting, &expected, |text| {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number| is_number && range.contains(number))
        })
    }

    /// What stands between commas, without blanks around it; `expected` says what one of them is. A list of nothing but
    /// commas is a problem: unset is something else.
    pub(super) fn list<T>(
        &mut self,
        setting: &Setting,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let text = self.text(setting)?;
        let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
        if items.is_empty() {
            self.wrong(setting, &text, &format!("{expected}, or several separated by commas,"));
        }
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match parse(item) {
                Some(value) => values.push(value),
                None if setting.is_secret => {
                    self.has(setting, &format!("a value that is not shown at position {}", index + 1), expected);
                }
                None => self.has(setting, &quoted(item), expected),
            }
        }
        Some(values)
    }

    /// The members of a JSON object, in order; none where it is not one, or has a member twice.
    pub(super) fn json_object(&mut self, setting: &Setting, expected: &str) -> Option<Vec<(String, Value)>> {
        let text = self.text(setting)?;
        let members: Members = match serde_json::from_str(&text) {
            Ok(members) => members,
            Err(error) => {
                self.problems.push(format!(
                    "{} is {} where {expected} is expected ({error})",
                    setting.variable,
                    quoted(&text)
                ));
                return None;
            }
        };
        if let Some(name) = members.twice() {
            self.has(setting, &format!("{} twice", quoted(name)), expected);
            return None;
        }
        Some(members.0)
    }

    pub(super) fn missing(&mut self, setting: &Setting, expected: &str) {
        self.problems.push(format!("{} is not set where {expected} is expected", setting.variable));
    }

    fn wrong(&mut self, setting: &Setting, text: &str, expected: &str) {
        let found = if setting.is_secret { "a value that is not shown".to_owned() } else { quoted(text) };
        self.problems.push(format!("{} is {found} where {expected} is expected", setting.variable));
    }

    /// Something inside the value is wrong; `found` must not tell a secret.
    pub(super) fn has(&mut self, setting: &Setting, found: &str, expected: &str) {
        self.problems.push(format!("{} has {found} where {expected} is expected", setting.variable));
    }
}

/// The members of a JSON object with those that stand there twice, which a map would drop without a word.
#[derive(Debug, Clone)]
pub(crate) struct Members(pub(crate) Vec<(String, Value)>);

impl Members {
    /// The first member that stands there twice.
    pub(crate) fn twice(&self) -> Option<&str> {
        let mut names = BTreeSet::new();
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !names.insert(*name))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfObject;

        impl<'de> Visitor<'de> for OfObject {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(OfObject)
    }
}
