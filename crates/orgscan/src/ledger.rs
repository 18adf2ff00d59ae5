//! The coverage ledger: one row per account that was listed, and why it is or is not covered.

use std::time::Duration;

use jiff::Timestamp;

use crate::account::{Account, OrgId};

/// What became of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// All that was asked for was learnt.
    Reported,
    /// A row is written; some of it could not be learnt, and the detail says what.
    ReportedPartially,
    /// Its state lets nobody in.
    SkippedState,
    /// The settings or the event leave it out.
    SkippedExcluded,
    /// Its role could not be assumed.
    AssumeDenied,
    /// Its role may not do what is needed.
    Denied,
    /// AWS answered throttles until the retries ended.
    Throttled,
    /// AWS did not finish the credential report in time.
    ReportTimeout,
    /// The account took longer than one account may.
    Timeout,
    /// What AWS answered as a credential report is none.
    MalformedReport,
    /// AWS or the network failed, or answered what cannot be used.
    ServiceError,
    /// The deadline, or the operator's interrupt, came before its turn.
    NotAttempted,
}

/// The three sums of a summary: `listed = reported + skipped + failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
    /// A row is written.
    Reported,
    /// Left out on purpose.
    Skipped,
    /// Not covered.
    Failed,
}

impl Outcome {
    /// Every outcome, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::Reported,
        Self::ReportedPartially,
        Self::SkippedState,
        Self::SkippedExcluded,
        Self::AssumeDenied,
        Self::Denied,
        Self::Throttled,
        Self::ReportTimeout,
        Self::Timeout,
        Self::MalformedReport,
        Self::ServiceError,
        Self::NotAttempted,
    ];

    /// The outcome as the ledger spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::ReportedPartially => "reported_partially",
            Self::SkippedState => "skipped_state",
            Self::SkippedExcluded => "skipped_excluded",
            Self::AssumeDenied => "assume_denied",
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::ReportTimeout => "report_timeout",
            Self::Timeout => "timeout",
            Self::MalformedReport => "malformed_report",
            Self::ServiceError => "service_error",
            Self::NotAttempted => "not_attempted",
        }
    }

    /// The outcome that the ledger spells so.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }

    /// Which sum it counts in.
    pub fn sum(self) -> Sum {
        match self {
            Self::Reported | Self::ReportedPartially => Sum::Reported,
            Self::SkippedState | Self::SkippedExcluded => Sum::Skipped,
            _ => Sum::Failed,
        }
    }

    /// Whether a second pass at the end of the run may do better.
    pub fn deserves_a_second_pass(self) -> bool {
        matches!(self, Self::Throttled | Self::ReportTimeout | Self::Timeout | Self::ServiceError)
    }
}

/// One account's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The account.
    pub account: Account,
    /// The Organization it was listed in.
    pub org_id: OrgId,
    /// What became of it.
    pub outcome: Outcome,
    /// How often it was scanned: 0, 1, or 2 with the second pass.
    pub attempts: u32,
    /// From the beginning of its last scan to its end, waiting included.
    pub duration: Duration,
    /// When AWS made its credential report; in an inventory, when its regions were learnt.
    pub report_generated_time: Option<Timestamp>,
    /// Regions that answered with a deny, sorted.
    pub regions_denied: Vec<String>,
    /// Regions that are not enabled in it, sorted.
    pub regions_not_enabled: Vec<String>,
    /// What an operator needs to know besides, as sentence fragments joined with `; `. Empty where all is well.
    pub detail: String,
}

impl LedgerRow {
    /// Adds to what an operator needs to know.
    pub fn add_detail(&mut self, detail: &str) {
        if !self.detail.is_empty() {
            self.detail.push_str("; ");
        }
        self.detail.push_str(detail);
    }

    /// Notes that some of a reported account could not be learnt; any other outcome says more already.
    pub fn is_only_part(&mut self) {
        if self.outcome == Outcome::Reported {
            self.outcome = Outcome::ReportedPartially;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_own_name_and_one_sum() {
        let mut names: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Outcome::ALL.len());
        assert!(Outcome::ALL.iter().all(|outcome| Outcome::of_name(outcome.as_str()) == Some(*outcome)));
        let failed: Vec<&str> =
            Outcome::ALL.iter().filter(|one| one.sum() == Sum::Failed).map(|one| one.as_str()).collect();
        assert_eq!(
            failed,
            [
                "assume_denied",
                "denied",
                "throttled",
                "report_timeout",
                "timeout",
                "malformed_report",
                "service_error",
                "not_attempted"
            ]
        );
    }

    #[test]
    fn what_is_final_gets_no_second_pass() {
        for outcome in [Outcome::AssumeDenied, Outcome::Denied, Outcome::MalformedReport, Outcome::NotAttempted] {
            assert!(!outcome.deserves_a_second_pass(), "{}", outcome.as_str());
        }
    }
}
