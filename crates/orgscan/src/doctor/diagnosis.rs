//! What a diagnosis is: its checks, what each found, and what mends it. The JSON of it is a public form.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::estimate::Estimate;

/// Causes of what is not known and had to be.
const NOT_ANSWERED: &str = "not-answered";
const NOT_EXAMINED: &str = "not-examined";

/// What was found before the first run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// Who was examined; none where AWS did not say.
    pub caller: Option<ExaminedCaller>,
    /// Whether anything failed.
    pub status: Status,
    /// Every check, what failed first.
    pub checks: Vec<Check>,
    /// How long a run will take and what it costs, job by job.
    pub estimates: Vec<Estimate>,
}

/// Whose credentials were examined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExaminedCaller {
    /// As STS tells it.
    pub arn: String,
    /// Its account, 12 digits.
    pub account: String,
    /// Its partition.
    pub partition: String,
    /// The region of the process.
    pub region: String,
}

/// The verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing failed.
    Ok,
    /// Some check failed.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// What was looked at, such as `account-role`.
    pub id: String,
    /// The jobs that it is for.
    #[serde(default)]
    pub jobs: Vec<String>,
    /// The account, bucket, address, table or setting that was looked at.
    pub subject: String,
    /// What came out.
    pub state: State,
    /// The same in a sentence.
    pub found: String,
    /// Why it failed, as one word that stays the same from version to version; for programs, and to group by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The account that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The IAM action that was denied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// What mends it, where the cause is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// What may mend it, where AWS does not tell the cause: the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Fix>,
}

/// What came out of a check. The order is that of a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// A run would fail there, or what a run needs could not be found out.
    Failed,
    /// A run would do less than it could, or soon fail.
    Warning,
    /// It may not be asked, or cannot be tried without doing it; a run does not need to ask it.
    Unknown,
    /// As it should be.
    Ok,
    /// Not looked at.
    Skipped,
}

/// What mends a failure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fix {
    /// What to do, in a sentence.
    pub explanation: String,
    /// The account in which the commands are run, with credentials of an administrator there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Commands of the AWS CLI for a POSIX shell, as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// The statement that is missing, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
    /// Settings to change, by their variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

impl Check {
    fn new(id: &str, subject: impl Into<String>, state: State, found: impl Into<String>) -> Self {
        Self {
            id: id.to_owned(),
            jobs: Vec::new(),
            subject: subject.into(),
            state,
            found: found.into(),
            cause: None,
            account: None,
            action: None,
            fix: None,
            candidates: Vec::new(),
        }
    }

    /// All is as it should be.
    pub fn ok(id: &str, subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(id, subject, State::Ok, found)
    }

    /// A run would fail there, for this cause.
    pub fn failed(id: &str, subject: impl Into<String>, cause: &str, found: impl Into<String>) -> Self {
        Self { cause: Some(cause.to_owned()), ..Self::new(id, subject, State::Failed, found) }
    }

    /// A call that a run makes too was not answered: what would become of the run is not known, and nothing is well.
    pub fn not_answered(id: &str, subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::failed(id, subject, NOT_ANSWERED, found).mended_by(Fix::explained(
            "run `orgscan doctor` again; where it stays so, look at the network between here and AWS, and at AWS Health",
        ))
    }

    /// Its turn did not come: the examination was cut off.
    pub fn not_examined(id: &str, subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::failed(id, subject, NOT_EXAMINED, found)
            .mended_by(Fix::explained("run `orgscan doctor` again, and let it come to its end"))
    }

    /// Whether it failed only since it could not be found out.
    pub(super) fn is_without_answer(&self) -> bool {
        self.state == State::Failed && matches!(self.cause.as_deref(), Some(NOT_ANSWERED | NOT_EXAMINED))
    }

    /// A run would do less than it could.
    pub fn warning(id: &str, subject: impl Into<String>, cause: &str, found: impl Into<String>) -> Self {
        Self { cause: Some(cause.to_owned()), ..Self::new(id, subject, State::Warning, found) }
    }

    /// It may not be asked, or cannot be tried.
    pub fn unknown(id: &str, subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(id, subject, State::Unknown, found)
    }

    /// It was not looked at.
    pub fn skipped(id: &str, subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(id, subject, State::Skipped, found)
    }

    /// Adds the account that it is about.
    #[must_use]
    pub fn in_account(self, account: impl fmt::Display) -> Self {
        Self { account: Some(account.to_string()), ..self }
    }

    /// Adds the action that was denied.
    #[must_use]
    pub fn of_action(self, action: &str) -> Self {
        Self { action: Some(action.to_owned()), ..self }
    }

    /// Adds what mends it.
    #[must_use]
    pub fn mended_by(self, fix: Fix) -> Self {
        Self { fix: Some(fix), ..self }
    }

    /// Adds what may mend it.
    #[must_use]
    pub fn perhaps_mended_by(self, candidates: Vec<Fix>) -> Self {
        Self { candidates, ..self }
    }

    /// What a check of several jobs is the same by.
    fn is_same(&self, other: &Self) -> bool {
        (&self.id, &self.subject, self.state, &self.found) == (&other.id, &other.subject, other.state, &other.found)
    }

    /// Takes in the same check of another job: each command is needed once.
    fn merge(&mut self, other: Self) {
        self.jobs.extend(other.jobs);
        match (&mut self.fix, other.fix) {
            (Some(fix), Some(more)) => fix.merge(more),
            (fix @ None, more) => *fix = more,
            (Some(_), None) => {}
        }
        for (fix, more) in self.candidates.iter_mut().zip(other.candidates) {
            fix.merge(more);
        }
    }
}

impl Fix {
    /// Something to do that has no command.
    pub fn explained(explanation: impl Into<String>) -> Self {
        Self { explanation: explanation.into(), ..Self::default() }
    }

    /// Adds commands, and the account they are run in.
    #[must_use]
    pub fn run_in(self, account: impl fmt::Display, commands: Vec<String>) -> Self {
        Self { account: Some(account.to_string()), commands, ..self }
    }

    /// Adds a setting to change.
    #[must_use]
    pub fn set(mut self, variable: &str, value: impl Into<String>) -> Self {
        self.settings.insert(variable.to_owned(), value.into());
        self
    }

    /// Adds the statement that is missing.
    #[must_use]
    pub fn with_policy(self, policy: Value) -> Self {
        Self { policy: Some(policy), ..self }
    }

    fn merge(&mut self, other: Self) {
        for command in other.commands {
            if !self.commands.contains(&command) {
                self.commands.push(command);
            }
        }
        self.settings.extend(other.settings);
    }
}

impl Diagnosis {
    /// Sorts and counts the checks; those of several jobs that are the same become one.
    pub fn conclude(caller: Option<ExaminedCaller>, checks: Vec<Check>, estimates: Vec<Estimate>) -> Self {
        let mut sorted: Vec<Check> = checks;
        sorted.sort_by(|one, other| {
            (one.state, &one.id, &one.subject, &one.found).cmp(&(other.state, &other.id, &other.subject, &other.found))
        });
        let mut checks: Vec<Check> = Vec::with_capacity(sorted.len());
        for check in sorted {
            match checks.last_mut() {
                Some(last) if last.is_same(&check) => last.merge(check),
                _ => checks.push(check),
            }
        }
        let failed = checks.iter().any(|check| check.state == State::Failed);
        Self { caller, status: if failed { Status::Failed } else { Status::Ok }, checks, estimates }
    }

    /// Makes the answer of a function short enough for Lambda: of many checks with the same cause the first twenty keep
    /// what mends them. Where that is not enough, checks are left out from the end on, where those are that are as they
    /// should be, and one more check says how many.
    pub fn shorten(&mut self, most_bytes: usize) {
        const KEPT: usize = 20;
        let is_too_long =
            |diagnosis: &Self| serde_json::to_vec(diagnosis).map_or(usize::MAX, |answer| answer.len()) > most_bytes;
        if !is_too_long(self) {
            return;
        }
        let mut seen: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
        for check in &mut self.checks {
            let count = seen.entry((check.id.clone(), check.cause.clone())).or_default();
            *count += 1;
            if *count > KEPT {
                check.fix = None;
                check.candidates.clear();
            }
        }
        let total = self.checks.len();
        let mut kept = total;
        while is_too_long(self) && kept > KEPT {
            kept /= 2;
            self.checks.truncate(kept);
        }
        if kept < total {
            let left_out = total - kept;
            self.checks.push(Check::unknown(
                "answer",
                "Lambda",
                format!(
                    "{left_out} further checks do not fit into the answer; `orgscan doctor` in a terminal shows all"
                ),
            ));
        }
    }
}
