//! The event that starts a run, whoever sends it.
//!
//! Somebody by hand sends our own fields, or nothing. `EventBridge` Scheduler sends the input of its schedule, or an
//! envelope whose `detail` is a string; a rule of `EventBridge` sends an envelope whose `detail` is an object. All of
//! them are read the same way, since whoever sends a third form should not need a new version.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::account::AccountId;
use crate::config::{described, quoted};
use crate::error::RunError;

/// What an event asks for. The default asks for everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// The time that object names carry, so that a repeated delivery writes the same names.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", extend("format" = "date-time")))]
    pub scheduled_time: Option<Timestamp>,
    /// A name for the run.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = LONGEST_RUN_ID)))]
    pub run_id: Option<String>,
    /// Only these tenants.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<AccountId>>", length(min = 1)))]
    pub tenant_ids: Option<BTreeSet<AccountId>>,
    /// Only these accounts.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<AccountId>>", length(min = 1)))]
    pub account_ids: Option<BTreeSet<AccountId>>,
    /// False: no mail.
    pub notify: Option<bool>,
    /// True: check what would be scanned, write and mail nothing.
    #[cfg_attr(feature = "schema", schemars(with = "Option<bool>"))]
    pub dry_run: bool,
    /// True: answer a diagnosis in place of a run; it writes and mails nothing.
    #[cfg_attr(feature = "schema", schemars(with = "Option<bool>"))]
    pub doctor: bool,
}

/// The fields of `EventBridge`'s envelope (`EventBridge` user guide, "Events"; Scheduler's default input has the same).
const ENVELOPE: [&str; 9] =
    ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"];

/// What a run's name may have: an execution id of Scheduler and a request id of Lambda have far less.
const LONGEST_RUN_ID: usize = 64;

/// How the placeholders begin that `EventBridge` Scheduler replaces in the input of a schedule.
const PLACEHOLDER: &str = "<aws.scheduler.";

impl Event {
    /// Its fields, as they are spelt.
    pub const FIELDS: [&str; 7] =
        ["scheduled_time", "run_id", "tenant_ids", "account_ids", "notify", "dry_run", "doctor"];

    /// Reads an event, and warns of fields that are not known.
    ///
    /// Our own fields count at the top level, then inside `detail` (an object, or a string that holds one); then the
    /// envelope's `time` is the scheduled time, and its `id` names the run. A field that is `null` is absent.
    ///
    /// # Errors
    /// [`RunError::Event`] with every field that cannot be used.
    pub fn parse(value: &Value) -> Result<(Self, Vec<String>), RunError> {
        let mut problems = Vec::new();
        let mut warnings = Vec::new();
        let event = match value {
            Value::Null => Self::default(),
            Value::Object(fields) => from_envelope(fields, &mut problems, &mut warnings),
            other => {
                problems.push(format!("the event is {} where an object is expected", described(other)));
                Self::default()
            }
        };
        if problems.is_empty() { Ok((event, warnings)) } else { Err(RunError::Event { problems }) }
    }

    /// Whether an event that can be used asks for a diagnosis.
    pub fn asks_for_diagnosis(value: &Value) -> bool {
        Self::parse(value).is_ok_and(|(event, _warnings)| event.doctor)
    }
}

fn from_envelope(fields: &Map<String, Value>, problems: &mut Vec<String>, warnings: &mut Vec<String>) -> Event {
    let top = Fields { fields, within: "" };
    top.warn_of_unknown(&[&Event::FIELDS, &ENVELOPE], warnings);
    let mine = top.read(problems);
    let detail = detail(fields, problems);
    let inner = Fields { fields: &detail, within: "detail." };
    inner.warn_of_unknown(&[&Event::FIELDS], warnings);
    let inner = inner.read(problems);
    let time = top.get("time", TIME, problems, time);
    let id = top.get("id", RUN_ID, problems, run_id);
    Event {
        scheduled_time: mine.scheduled_time.or(inner.scheduled_time).or(time),
        run_id: mine.run_id.or(inner.run_id).or(id),
        tenant_ids: mine.tenant_ids.or(inner.tenant_ids),
        account_ids: mine.account_ids.or(inner.account_ids),
        notify: mine.notify.or(inner.notify),
        dry_run: mine.dry_run.or(inner.dry_run).unwrap_or_default(),
        doctor: mine.doctor.or(inner.doctor).unwrap_or_default(),
    }
}

/// The fields inside `detail`; an empty string holds none.
fn detail(fields: &Map<String, Value>, problems: &mut Vec<String>) -> Map<String, Value> {
    const EXPECTED: &str = "an object, or a string that holds a JSON object,";
    let value = match fields.get("detail") {
        None | Some(Value::Null) => return Map::new(),
        Some(Value::String(text)) if text.trim().is_empty() => return Map::new(),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Null) => return Map::new(),
            Ok(held) => held,
            Err(error) => {
                problems.push(format!("detail is {} where {EXPECTED} is expected ({error})", quoted(text)));
                return Map::new();
            }
        },
        Some(value) => value.clone(),
    };
    match value {
        Value::Object(fields) => fields,
        other => {
            problems.push(format!("detail is {} where {EXPECTED} is expected", described(&other)));
            Map::new()
        }
    }
}

const TIME: &str = "an RFC 3339 time such as \"2026-11-21T06:00:00Z\"";
const RUN_ID: &str = "a string of 1 to 64 characters, no control character among them,";
const IDS: &str = "a list of at least one account id";
const ID: &str = "a string of 12 digits";

/// Our own fields as one place has them.
struct OwnFields {
    scheduled_time: Option<Timestamp>,
    run_id: Option<String>,
    tenant_ids: Option<BTreeSet<AccountId>>,
    account_ids: Option<BTreeSet<AccountId>>,
    notify: Option<bool>,
    dry_run: Option<bool>,
    doctor: Option<bool>,
}

/// The fields at one place; `within` is what stands before a field's name in messages.
struct Fields<'a> {
    fields: &'a Map<String, Value>,
    within: &'static str,
}

impl Fields<'_> {
    fn warn_of_unknown(&self, known: &[&[&str]], warnings: &mut Vec<String>) {
        let unknown = self.fields.keys().filter(|name| !known.iter().any(|known| known.contains(&name.as_str())));
        warnings.extend(unknown.map(|name| {
            format!("the event's field {} is not known and was ignored", quoted(&format!("{}{name}", self.within)))
        }));
    }

    fn read(&self, problems: &mut Vec<String>) -> OwnFields {
        OwnFields {
            scheduled_time: self.get("scheduled_time", TIME, problems, time),
            run_id: self.get("run_id", RUN_ID, problems, run_id),
            tenant_ids: self.ids("tenant_ids", problems),
            account_ids: self.ids("account_ids", problems),
            notify: self.get("notify", "true or false", problems, Value::as_bool),
            dry_run: self.get("dry_run", "true or false", problems, Value::as_bool),
            doctor: self.get("doctor", "true or false", problems, Value::as_bool),
        }
    }

    fn get<T>(
        &self,
        name: &str,
        expected: &str,
        problems: &mut Vec<String>,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.fields.get(name).filter(|value| !value.is_null())?;
        usable(value, read).map_err(|found| problems.push(problem(self.within, name, &found, expected))).ok()
    }

    fn ids(&self, name: &str, problems: &mut Vec<String>) -> Option<BTreeSet<AccountId>> {
        let ids = self.get(name, IDS, problems, |value| value.as_array().cloned())?;
        if ids.is_empty() {
            // It would scan nothing and call that complete.
            problems.push(problem(self.within, name, "an empty list", IDS));
        }
        let mut read = BTreeSet::new();
        for (index, id) in ids.iter().enumerate() {
            match usable(id, |id| id.as_str().and_then(|text| text.parse().ok())) {
                Ok(id) => {
                    read.insert(id);
                }
                Err(found) => problems.push(problem(self.within, &format!("{name}[{index}]"), &found, ID)),
            }
        }
        Some(read)
    }
}

/// The value as `read` takes it, or what it is instead.
fn usable<T>(value: &Value, read: impl FnOnce(&Value) -> Option<T>) -> Result<T, String> {
    if let Some(text) = value.as_str().filter(|text| text.contains(PLACEHOLDER)) {
        let text = quoted(text);
        return Err(format!("{text}, a placeholder that only EventBridge Scheduler replaces, in a schedule's input,"));
    }
    read(value).ok_or_else(|| described(value))
}

fn problem(within: &str, name: &str, found: &str, expected: &str) -> String {
    format!("{within}{name} is {found} where {expected} is expected")
}

fn time(value: &Value) -> Option<Timestamp> {
    value.as_str().filter(|text| is_rfc_3339(text)).and_then(|text| text.parse().ok())
}

/// Whether the text is written as RFC 3339 has it. The parser takes more, and what names objects should be exact.
fn is_rfc_3339(text: &str) -> bool {
    const DATE_AND_TIME: &str = "0000-00-00T00:00:00";
    const OFFSET: &str = "+00:00";
    let Some((date_and_time, rest)) = text.split_at_checked(DATE_AND_TIME.len()) else {
        return false;
    };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
            if offset.len() == fraction.len() {
                return false;
            }
            offset
        }
        None => rest,
    };
    is_like(date_and_time, DATE_AND_TIME) && (rest == "Z" || is_like(&rest.replacen('-', "+", 1), OFFSET))
}

/// Whether the text has digits where the pattern has `0`, and otherwise the pattern's own characters.
fn is_like(text: &str, pattern: &str) -> bool {
    let is_alike = |(byte, like): (u8, u8)| if like == b'0' { byte.is_ascii_digit() } else { byte == like };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(is_alike)
}

fn run_id(value: &Value) -> Option<String> {
    let is_name =
        |text: &&str| (1..=LONGEST_RUN_ID).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    value.as_str().filter(is_name).map(str::to_owned)
}

#[cfg(test)]
mod tests;
