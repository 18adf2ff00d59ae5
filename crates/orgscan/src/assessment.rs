//! What a report amounts to: its findings, counted, compared with the run before, the worst of each kind at hand.
//!
//! Findings are streamed to [`Sink`]s as they are found; what is kept of them is bounded, so that a million rows take no
//! more memory than a thousand.

mod assessor;
mod before;
mod coverage;
mod ending;
mod lines;
mod reading;
mod survey;
mod totals;
mod worst;

#[cfg(test)]
mod tests;

use std::io;

use jiff::Timestamp;

use crate::config::CisVersion;
use crate::credential_row::CredentialRow;
use crate::exemption::ExemptionReview;
use crate::finding::{Finding, Status};
use crate::judgement::Thresholds;
use crate::rule::{Rule, Severity};

pub use assessor::{AssessmentError, Assessor, Criteria};
pub use before::{Before, LoadingBefore};
pub use coverage::Coverage;
pub use ending::Ending;
pub use lines::{FindingLines, Unusable};
pub use reading::Reading;
pub use survey::Survey;
pub use totals::Totals;
pub use worst::Worst;

/// Accounts that are kept by how bad their findings are.
pub const WORST_ACCOUNTS: usize = 100;

/// How findings are compared with those of the run before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// There was no run before: every finding is new, and none of them changed.
    First,
    /// Compared with the run of that time; none where its time is not known.
    Since(Option<Timestamp>),
    /// The run before cannot be compared with, and why, as a fragment. Findings have no change then: all are `open`.
    Unknown(String),
}

/// How many findings there are, by rule and status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([[u64; Status::ALL.len()]; Rule::ALL.len()]);

impl Counts {
    /// Counts one finding.
    pub fn add(&mut self, rule: Rule, status: Status) {
        if let Some(count) = self.0.get_mut(rule as usize).and_then(|one| one.get_mut(status as usize)) {
            *count += 1;
        }
    }

    /// The findings of a rule with this status.
    pub fn of(&self, rule: Rule, status: Status) -> u64 {
        self.0.get(rule as usize).and_then(|one| one.get(status as usize)).copied().unwrap_or_default()
    }

    /// The findings with this status.
    pub fn with_status(&self, status: Status) -> u64 {
        Rule::ALL.into_iter().map(|rule| self.of(rule, status)).sum()
    }

    /// The findings of a severity with this status.
    pub fn with_severity(&self, severity: Severity, status: Status) -> u64 {
        Rule::ALL.into_iter().filter(|rule| rule.severity() == severity).map(|rule| self.of(rule, status)).sum()
    }

    /// The findings of a severity that somebody has to act on.
    pub fn to_act_on(&self, severity: Severity) -> u64 {
        self.with_severity(severity, Status::New) + self.with_severity(severity, Status::Open)
    }
}

/// An account with findings that somebody has to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFindings {
    /// The account, 12 digits.
    pub account_id: String,
    /// Its name.
    pub account_name: String,
    /// How many, by severity, the worst first.
    pub counts: [u64; Severity::ALL.len()],
}

/// Findings of the run before in accounts that were not read, or not in full, this time: nothing is known of them, so they
/// are carried on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NotCovered {
    /// How many accounts.
    pub accounts: u64,
    /// How many findings; they are in the counts too, as `open` or `exempted`.
    pub findings: u64,
}

/// What a report amounts to.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// The time that ages are counted from.
    pub as_of: Timestamp,
    /// The version of the benchmark that controls are of.
    pub cis_version: CisVersion,
    /// After how many days something is a finding.
    pub thresholds: Thresholds,
    /// What new, open and resolved are measured against.
    pub change: Change,
    /// Every finding, counted.
    pub counts: Counts,
    /// The worst new ones.
    pub new: Worst,
    /// The worst of those that were there before, in accounts that were read this time.
    pub open: Worst,
    /// The worst of those that are gone.
    pub resolved: Worst,
    /// The accounts with the worst findings, at most [`WORST_ACCOUNTS`].
    pub accounts: Vec<AccountFindings>,
    /// All accounts with findings that somebody has to act on.
    pub accounts_with_findings: u64,
    /// What could not be compared.
    pub not_covered: NotCovered,
    /// Findings that were exempted in the run before and are not any more: they are `open`, and that is a change.
    pub no_longer_exempted: u64,
    /// Accounts with rows of which some rule could not be answered: nothing of them counts as resolved, and that they have no
    /// finding says little.
    pub accounts_judged_in_part: u64,
    /// What became of the exemptions; none where there is no list.
    pub exemptions: Option<ExemptionReview>,
    /// The report's rows, counted.
    pub totals: Totals,
    /// What a reader should know of the report besides, a sentence each: columns it lacks, cells that cannot be read.
    pub notes: Vec<String>,
}

impl Assessment {
    /// Nothing was read and nothing found.
    pub fn of_nothing(criteria: &Criteria, change: Change) -> Self {
        Self {
            as_of: criteria.as_of,
            cis_version: criteria.cis_version,
            thresholds: criteria.thresholds,
            change,
            counts: Counts::default(),
            new: Worst::default(),
            open: Worst::default(),
            resolved: Worst::default(),
            accounts: Vec::new(),
            accounts_with_findings: 0,
            not_covered: NotCovered::default(),
            no_longer_exempted: 0,
            accounts_judged_in_part: 0,
            exemptions: None,
            totals: Totals::default(),
            notes: Vec::new(),
        }
    }

    /// Whether the run before could be compared with.
    pub fn is_compared(&self) -> bool {
        matches!(self.change, Change::Since(_))
    }

    /// Whether anything changed since the run before; where that is not known it may have.
    pub fn has_changed(&self) -> bool {
        let changed = self.counts.with_status(Status::New) + self.counts.with_status(Status::Resolved);
        matches!(self.change, Change::Unknown(_)) || changed + self.no_longer_exempted > 0
    }

    /// Whether there is a finding that somebody has to act on.
    pub fn has_findings(&self) -> bool {
        Severity::ALL.into_iter().any(|severity| self.counts.to_act_on(severity) > 0)
    }
}

/// A row of the report with its findings.
#[derive(Debug, Clone, Copy)]
pub struct AssessedRow<'a> {
    /// The account, 12 digits.
    pub account_id: &'a str,
    /// The account's name; empty where only its report is known.
    pub account_name: &'a str,
    /// Its place in the Organization; empty where AWS answers none.
    pub ou_path: &'a str,
    /// What the report says.
    pub row: CredentialRow<'a>,
    /// What is wrong with it.
    pub findings: &'a [Finding<'a>],
}

/// Takes what is found, as it is found.
pub trait Sink {
    /// One row of the report with its findings, which come through [`Sink::finding`] too.
    ///
    /// # Errors
    /// It cannot be written.
    fn row(&mut self, row: &AssessedRow<'_>) -> io::Result<()> {
        let _ = row;
        Ok(())
    }

    /// One finding: those of the report in its order, then those that are gone or carried on.
    ///
    /// # Errors
    /// It cannot be written.
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let _ = finding;
        Ok(())
    }
}
