//! What a reader who did not write this program understands: outcomes in plain words, numbers, and text from AWS on one
//! line.

use crate::assessment::Counts;
use crate::finding::Status;
use crate::ledger::Outcome;
use crate::rule::Severity;
use crate::text::number;

/// What became of an account, read after "so many accounts:".
pub(super) fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Reported => "read",
        Outcome::ReportedPartially => "read in part",
        Outcome::SkippedState => "left out: closed, suspended or not yet active",
        Outcome::SkippedExcluded => "left out by the settings or by the event",
        Outcome::AssumeDenied => "not read: the role could not be assumed",
        Outcome::Denied => "not read: the role may not read the report",
        Outcome::Throttled => "not read: AWS took no more calls",
        Outcome::ReportTimeout => "not read: AWS did not finish the report in time",
        Outcome::Timeout => "not read: the account took too long",
        Outcome::MalformedReport => "not read: what AWS answered is no credential report",
        Outcome::ServiceError => "not read: AWS or the network failed",
        Outcome::NotAttempted => "not read: the run ended before its turn",
    }
}

/// What to do about it; empty where there is nothing to do.
pub(super) fn advice(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Reported | Outcome::SkippedState | Outcome::SkippedExcluded => "",
        Outcome::ReportedPartially => "The coverage ledger says what is missing in each account.",
        Outcome::AssumeDenied => {
            "Check that the role exists in the account, that its trust policy names the caller and the external id, and \
             that no service control policy denies sts:AssumeRole."
        }
        Outcome::Denied => {
            "Allow the role iam:GenerateCredentialReport and iam:GetCredentialReport, and look for a service control \
             policy or a permissions boundary that denies them."
        }
        Outcome::Throttled => {
            "Run again later. If it comes back, see whether other tools ask for the same reports at that time."
        }
        Outcome::ReportTimeout => {
            "Run again: AWS has usually finished by then. If it comes back, raise ACCOUNT_TIMEOUT_SECONDS."
        }
        Outcome::Timeout => "Run again. If it comes back, raise ACCOUNT_TIMEOUT_SECONDS.",
        Outcome::MalformedReport => "Look at the answer, which is kept in malformed/ beside the coverage ledger.",
        Outcome::ServiceError => "Run again. The detail names the call that failed.",
        Outcome::NotAttempted => {
            "Run again. If the deadline came first, give the function more time, or several runs a part of the accounts \
             each with ACCOUNTS_INCLUDE."
        }
    }
}

/// A severity, at the beginning of a line.
pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    }
}

/// Findings with one of these statuses by severity: `2 critical, 3 high`.
pub(super) fn by_severity(counts: &Counts, statuses: &[Status]) -> String {
    let count = |severity| statuses.iter().map(|status| counts.with_severity(severity, *status)).sum::<u64>();
    let words = |severity: Severity| format!("{} {}", number(count(severity)), severity.as_str());
    Severity::ALL.into_iter().filter(|severity| count(*severity) > 0).map(words).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Sum;

    #[test]
    fn a_digest_has_words_for_every_outcome_and_advice_for_every_gap() {
        let mut all: Vec<&str> = Outcome::ALL.into_iter().map(words).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), Outcome::ALL.len());
        for outcome in Outcome::ALL {
            let failed = outcome.sum() == Sum::Failed;
            assert_eq!(words(outcome).starts_with("not read: "), failed, "{}", outcome.as_str());
            let is_gap = failed || outcome == Outcome::ReportedPartially;
            assert_eq!(advice(outcome).is_empty(), !is_gap, "{}", outcome.as_str());
        }
    }
}
