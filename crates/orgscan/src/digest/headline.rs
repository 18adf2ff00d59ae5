//! What a reader learns first: the subject, the status, the preview, and what changed.

use super::coverage::Reach;
use super::wording::by_severity;
use super::{OrganizationDigest, REASON_CHARACTERS};
use crate::assessment::{Assessment, Change};
use crate::finding::Status;
use crate::rule::Severity;
use crate::text::{counted, number, one_line};

/// How the status reads: it is told by words, and by a colour besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nothing to act on, and all was looked at.
    Good,
    /// Something to act on, or something that is not known.
    Warning,
    /// Something critical to act on, or nothing that is known.
    Bad,
}

/// The numbers of findings that all sentences are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Headline<'a> {
    assessment: &'a Assessment,
    reach: Reach,
    is_of_a_run: bool,
    new: u64,
    open: u64,
    resolved: u64,
    exempted: u64,
    /// Of the open ones, those that were exempted in the run before.
    again: u64,
}

impl<'a> Headline<'a> {
    pub(super) fn of(organization: &OrganizationDigest<'a>) -> Self {
        let assessment = organization.assessment;
        let count = |status| assessment.counts.with_status(status);
        Self {
            assessment,
            reach: organization.coverage.reach(),
            is_of_a_run: organization.coverage.is_of_a_run(),
            new: count(Status::New),
            open: count(Status::Open),
            resolved: count(Status::Resolved),
            exempted: count(Status::Exempted),
            again: assessment.no_longer_exempted,
        }
    }

    /// What of the subject comes after the date.
    pub(super) fn subject(self) -> String {
        let new = if self.is_known() { format!("{} new", number(self.new)) } else { "change unknown".to_owned() };
        let not_read = match self.reach.failed() {
            0 => String::new(),
            failed => format!("; {} not read", counted(failed, "account", "accounts")),
        };
        format!("{new}, {} open{not_read}", number(self.open))
    }

    pub(super) fn tone(self) -> Tone {
        // What was not judged in full has fewer findings, which is nothing to be glad of either.
        let has_problem = self.assessment.exemptions.as_ref().is_some_and(|review| !review.problems.is_empty())
            || !self.is_known()
            || self.assessment.accounts_judged_in_part > 0;
        if self.assessment.counts.to_act_on(Severity::Critical) > 0
            || (self.reach.is_nothing() && self.reach.has_gaps())
        {
            Tone::Bad
        } else if self.to_act_on() > 0 || self.reach.has_gaps() || self.reach.is_nothing() || has_problem {
            Tone::Warning
        } else {
            Tone::Good
        }
    }

    /// The first sentences: what there is to act on, and what could not be looked at.
    pub(super) fn status(self) -> String {
        let findings = match self.to_act_on() {
            // What was not read has no findings, which is nothing to be glad of.
            0 if self.reach.is_nothing() => String::new(),
            0 => format!("{}.", self.no_findings()),
            _ => format!("{}.", self.findings()),
        };
        let unknown = if self.is_known() { "" } else { "What changed is not known." };
        let in_part = match self.assessment.accounts_judged_in_part {
            0 => String::new(),
            accounts => format!("{} could be judged only in part.", counted(accounts, "account", "accounts")),
        };
        let warning = self.reach.warning();
        [&findings, unknown, &in_part, &warning].into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// The first words of the mail, which mail programs show beside the subject.
    pub(super) fn preview(self) -> String {
        let open = |count| format!("{} open{}", number(count), in_brackets(&self.severities(&[Status::Open])));
        let findings = match (&self.assessment.change, self.new) {
            _ if self.to_act_on() == 0 => self.no_findings(),
            (Change::Unknown(_), _) => format!("Change unknown, {}", open(self.open)),
            (Change::First, _) => self.findings(),
            (Change::Since(_), 0) => {
                format!("Nothing new, {}{}{}", open(self.open), self.and_resolved(), self.and_again())
            }
            (Change::Since(_), new) => format!(
                "{} new{}, {} open{}{}",
                number(new),
                in_brackets(&self.severities(&[Status::New])),
                number(self.open),
                self.and_resolved(),
                self.and_again()
            ),
        };
        format!("{findings}; {}", self.reach.in_short())
    }

    /// What changed, and since when.
    pub(super) fn change(self) -> String {
        match &self.assessment.change {
            Change::First => self.first(),
            Change::Unknown(why) => {
                let open = match self.open {
                    0 => "no finding is open".to_owned(),
                    1 => "the one finding is shown as open".to_owned(),
                    open => format!("all {} findings are shown as open", number(open)),
                };
                format!("What changed is not known: {}. So {open}.", one_line(why, REASON_CHARACTERS))
            }
            Change::Since(time) => {
                let since = time.map_or_else(
                    || "the run before".to_owned(),
                    |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
                );
                match (self.new, self.resolved) {
                    _ if self.again > 0 => self.change_of_exemptions(&since),
                    (0, 0) if self.open == 0 => format!("Nothing changed since {since}: no finding is open."),
                    (0, 0) => format!(
                        "Nothing changed since {since}: no finding is new, none is resolved, and {} still open.",
                        counted(self.open, "is", "are")
                    ),
                    (new, resolved) => format!(
                        "Since {since}, {} new and {} resolved; {} still open.",
                        counted(new, "finding is", "findings are"),
                        counted(resolved, "is", "are"),
                        counted(self.open, "is", "are")
                    ),
                }
            }
        }
    }

    /// What changed where exemptions ended too.
    fn change_of_exemptions(self, since: &str) -> String {
        let others = match (self.new, self.resolved) {
            (0, 0) => "no finding is new and none is resolved".to_owned(),
            (new, resolved) => format!(
                "{} new and {} resolved",
                counted(new, "finding is", "findings are"),
                counted(resolved, "is", "are")
            ),
        };
        format!(
            "Since {since}, {others}. {}; {} still open.",
            counted(self.again, "finding that was exempted counts again", "findings that were exempted count again"),
            counted(self.open.saturating_sub(self.again), "other is", "others are")
        )
    }

    fn first(self) -> String {
        let first = if self.is_of_a_run { "This is the first run" } else { "There is no run before to compare with" };
        match self.new {
            0 => format!("{first}, and it has no findings to act on."),
            1 => format!("{first}: its one finding is new."),
            2 => format!("{first}: both findings are new."),
            new => format!("{first}: all {} findings are new.", number(new)),
        }
    }

    /// What could not be compared; empty where everything could be.
    pub(super) fn carried(self) -> String {
        let not_covered = self.assessment.not_covered;
        if not_covered.findings == 0 {
            return String::new();
        }
        format!(
            "{} in {} not read, or not in full, this time {} carried on from the run before; nothing of {} counts as \
             resolved.",
            counted(not_covered.findings, "finding", "findings"),
            counted(not_covered.accounts, "account that was", "accounts that were"),
            if not_covered.findings == 1 { "is" } else { "are" },
            if not_covered.accounts == 1 { "that account" } else { "these accounts" },
        )
    }

    /// Whether it is known which findings are new.
    fn is_known(self) -> bool {
        !matches!(self.assessment.change, Change::Unknown(_))
    }

    fn to_act_on(self) -> u64 {
        self.new + self.open
    }

    fn severities(self, statuses: &[Status]) -> String {
        by_severity(&self.assessment.counts, statuses)
    }

    /// What there is to act on, where there is something.
    fn findings(self) -> String {
        let all = |count| counted(count, "finding", "findings");
        let (new, open) = (self.severities(&[Status::New]), self.severities(&[Status::Open]));
        match &self.assessment.change {
            Change::First => format!("{} to act on{}", all(self.new + self.open), in_brackets(&new)),
            Change::Unknown(_) => format!("{} to act on{}", all(self.open), in_brackets(&open)),
            Change::Since(_) => {
                let rest = format!("{}{}", self.and_resolved(), self.and_again());
                let still_open =
                    format!("{} {}", number(self.open), if self.again > 0 { "open" } else { "still open" });
                match (self.new, self.open) {
                    (0, _) => format!("No new findings, {still_open}{}{rest}", in_brackets(&open)),
                    (_, 0) => format!("{}{}{rest}", self.new_findings(), in_brackets(&new)),
                    _ => format!("{}{}, {still_open}{rest}", self.new_findings(), in_brackets(&new)),
                }
            }
        }
    }

    fn new_findings(self) -> String {
        counted(self.new, "new finding", "new findings")
    }

    fn and_resolved(self) -> String {
        match self.resolved {
            0 => String::new(),
            count => format!(", {} resolved", number(count)),
        }
    }

    fn and_again(self) -> String {
        match self.again {
            0 => String::new(),
            again => {
                format!(", {}", counted(again, "that was exempted counts again", "that were exempted count again"))
            }
        }
    }

    /// That there is nothing to act on.
    fn no_findings(self) -> String {
        let exempted = match self.exempted {
            0 => "No findings to act on".to_owned(),
            1 => "No findings to act on besides the one that is exempted".to_owned(),
            count => format!("No findings to act on besides the {} that are exempted", number(count)),
        };
        let gaps = if self.reach.has_gaps() { " in what was read" } else { "" };
        format!("{exempted}{gaps}{}", self.and_resolved())
    }
}

fn in_brackets(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" ({text})") }
}
