//! Numbers, times and sentences of the page.

use jiff::Timestamp;

use crate::assessment::{Assessment, Change, Counts};
use crate::finding::Status;
use crate::rule::Severity;
use crate::summary::AccountSums;
use crate::text::{counted, number};

/// A time to the minute.
pub(super) fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// How many findings need somebody, and how bad they are.
pub(super) fn status(counts: &Counts) -> String {
    let severities: Vec<String> = Severity::ALL
        .into_iter()
        .map(|severity| (counts.to_act_on(severity), severity.as_str()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| format!("{} {severity}", number(count)))
        .collect();
    match Severity::ALL.into_iter().map(|severity| counts.to_act_on(severity)).sum() {
        0 => "No finding needs action.".to_owned(),
        1 => format!("1 finding needs action: {}.", severities.join(", ")),
        all => format!("{} findings need action: {}.", number(all), severities.join(", ")),
    }
}

/// What changed since the run before. Where no run made the page there is no first one either.
pub(super) fn change(assessment: &Assessment, is_of_a_run: bool) -> String {
    let with = |status| assessment.counts.with_status(status);
    let since = match &assessment.change {
        Change::First if !is_of_a_run => {
            return "There is no run before to compare with, so every finding is new.".to_owned();
        }
        Change::First => {
            return "This is the first run: every finding is new, and there is nothing to compare with.".to_owned();
        }
        Change::Unknown(reason) => {
            return format!("What changed is not known: {reason}. Every finding is shown as open.");
        }
        Change::Since(Some(time)) => format!("the run of {}", minute(*time)),
        Change::Since(None) => "the run before".to_owned(),
    };
    let again = assessment.no_longer_exempted;
    let exemptions = match again {
        0 => String::new(),
        1 => " 1 finding that was exempted counts again.".to_owned(),
        again => format!(" {} findings that were exempted count again.", number(again)),
    };
    format!(
        "Since {since}: {} new, {} resolved, {} open as before, {} exempted.{exemptions}",
        number(with(Status::New)),
        number(with(Status::Resolved)),
        number(with(Status::Open).saturating_sub(again)),
        number(with(Status::Exempted)),
    )
}

/// Findings of accounts that were not read, or not in full; none where there are none.
pub(super) fn carried_on(assessment: &Assessment) -> Option<String> {
    let not_covered = assessment.not_covered;
    (not_covered.findings > 0).then(|| {
        format!(
            "{} of {} not read, or not in full, this time {} neither resolved nor in the table of credentials.",
            counted(not_covered.findings, "finding", "findings"),
            counted(not_covered.accounts, "account that was", "accounts that were"),
            if not_covered.findings == 1 {
                "is carried on: nothing new is known of it, so it is"
            } else {
                "are carried on: nothing new is known of them, so they are"
            },
        )
    })
}

/// How much of the Organization the page covers.
pub(super) fn coverage(coverage: Option<AccountSums>, accounts: u64) -> String {
    let Some(sums) = coverage else {
        return format!("The report has rows of {}.", counted(accounts, "account", "accounts"));
    };
    let gaps = [(sums.failed, "could not be read"), (sums.skipped, "left out on purpose")];
    let gaps = gaps.into_iter().filter(|(count, _)| *count > 0);
    let mut parts = vec![format!(
        "{} of {} {} read",
        number(sums.reported),
        counted(sums.listed, "account", "accounts"),
        if sums.reported == 1 { "was" } else { "were" }
    )];
    parts.extend(gaps.map(|(count, why)| format!("{} {why}", number(count))));
    format!("{}.", parts.join("; "))
}

/// What a reader of percentages expects; none of nothing.
pub(super) fn percent(part: u64, all: u64) -> Option<u64> {
    // 100 % is said only of all, since a rounded one would hide the rest.
    (part * 100).checked_div(all)
}
