//! Which accounts were read, and why the others were not.

use super::fit::{Lengths, List};
use super::rest::cut;
use super::wording::{advice, words};
use super::{DETAIL_CHARACTERS, NAME_CHARACTERS};
use crate::ledger::{LedgerRow, Outcome, Sum};
use crate::summary::AccountSums;
use crate::text::{counted, number, one_line};

/// What is known of the accounts that a digest is about.
#[derive(Debug, Clone, Copy)]
pub enum Coverage<'a> {
    /// Every account that was listed, in the ledger's order.
    Ledger(&'a [LedgerRow]),
    /// A report alone, of so many accounts: which it lacks is not known.
    Report {
        /// The accounts that have rows in it.
        accounts: u64,
    },
}

/// How many accounts ended so.
#[derive(Debug)]
pub(super) struct OutcomeLine {
    pub(super) accounts: String,
    pub(super) words: &'static str,
    pub(super) advice: &'static str,
}

/// An account that was not read, or not in full.
#[derive(Debug)]
pub(super) struct Gap {
    pub(super) account_id: String,
    pub(super) account_name: String,
    pub(super) words: &'static str,
    pub(super) detail: String,
}

/// The accounts that should be covered, and those that are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reach {
    Listed { sums: AccountSums, in_part: u64 },
    Report { accounts: u64 },
}

impl Coverage<'_> {
    pub(super) fn reach(&self) -> Reach {
        match self {
            Self::Ledger(ledger) => Reach::Listed {
                sums: AccountSums::of(ledger.iter().map(|row| row.outcome)),
                in_part: ledger.iter().filter(|row| row.outcome == Outcome::ReportedPartially).count() as u64,
            },
            Self::Report { accounts } => Reach::Report { accounts: *accounts },
        }
    }

    /// Whether a run listed the accounts.
    pub(super) fn is_of_a_run(&self) -> bool {
        matches!(self, Self::Ledger(_))
    }

    fn ledger(&self) -> &[LedgerRow] {
        match self {
            Self::Ledger(ledger) => ledger,
            Self::Report { .. } => &[],
        }
    }

    /// How many accounts ended in which way; nothing where every account was read in full.
    pub(super) fn outcomes(&self) -> Vec<OutcomeLine> {
        let ledger = self.ledger();
        if ledger.iter().all(|row| row.outcome == Outcome::Reported) {
            return Vec::new();
        }
        let count = |outcome: Outcome| ledger.iter().filter(|row| row.outcome == outcome).count() as u64;
        Outcome::ALL
            .into_iter()
            .map(|outcome| (outcome, count(outcome)))
            .filter(|(_, count)| *count > 0)
            .map(|(outcome, count)| OutcomeLine {
                accounts: number(count),
                words: words(outcome),
                advice: advice(outcome),
            })
            .collect()
    }
}

/// Accounts that were not read in full.
#[derive(Debug)]
pub(super) struct Gaps {
    all: u64,
    /// With their rank among those of the same outcome, and the outcome's place.
    ranked: Vec<(usize, usize, Gap)>,
}

impl Gaps {
    /// The first accounts of each outcome that leaves a gap, so that one frequent cause does not hide a rare one.
    pub(super) fn of(coverage: &Coverage<'_>) -> Self {
        let most = Lengths::most().of(List::Gaps);
        let is_gap = |outcome: Outcome| outcome.sum() == Sum::Failed || outcome == Outcome::ReportedPartially;
        let mut seen = [0_usize; Outcome::ALL.len()];
        let mut ranked: Vec<(usize, usize, &LedgerRow)> = Vec::new();
        let mut all = 0_u64;
        for row in coverage.ledger().iter().filter(|row| is_gap(row.outcome)) {
            all += 1;
            let place = Outcome::ALL.iter().position(|outcome| *outcome == row.outcome).unwrap_or_default();
            let Some(rank) = seen.get_mut(place) else { continue };
            if *rank < most {
                ranked.push((*rank, place, row));
            }
            *rank += 1;
        }
        ranked.sort_by_key(|(rank, place, _)| (*rank, *place));
        ranked.truncate(most);
        let gap = |row: &LedgerRow| Gap {
            account_id: row.account.id.to_string(),
            account_name: one_line(&row.account.name, NAME_CHARACTERS),
            words: words(row.outcome),
            detail: one_line(&row.detail, DETAIL_CHARACTERS),
        };
        Self { all, ranked: ranked.into_iter().map(|(rank, place, row)| (rank, place, gap(row))).collect() }
    }

    /// So many of them, those with the same outcome together, and what is said of the others.
    pub(super) fn first(&self, length: usize, place: Option<&str>) -> (Vec<&Gap>, String) {
        let mut first: Vec<&(usize, usize, Gap)> = self.ranked.iter().take(length).collect();
        first.sort_by_key(|(rank, place, _)| (*place, *rank));
        let note = cut("", first.len() as u64, self.all, place);
        (first.into_iter().map(|(_, _, gap)| gap).collect(), note)
    }
}

impl Reach {
    /// Whether no account was read.
    pub(super) fn is_nothing(self) -> bool {
        match self {
            Self::Listed { sums, .. } => sums.reported == 0,
            Self::Report { accounts } => accounts == 0,
        }
    }

    /// Whether accounts in scope were not read, or not in full.
    pub(super) fn has_gaps(self) -> bool {
        match self {
            Self::Listed { sums, in_part } => sums.failed > 0 || in_part > 0,
            Self::Report { .. } => false,
        }
    }

    /// Accounts in scope that were not read.
    pub(super) fn failed(self) -> u64 {
        match self {
            Self::Listed { sums, .. } => sums.failed,
            Self::Report { .. } => 0,
        }
    }

    /// What is missing, a sentence; empty where nothing is.
    pub(super) fn warning(self) -> String {
        let Self::Listed { sums, in_part } = self else {
            return if self.is_nothing() { "The report has no account.".to_owned() } else { String::new() };
        };
        let in_scope = sums.reported + sums.failed;
        let not_read = match (in_scope, sums.failed) {
            (0, _) if sums.listed == 0 => "No account was listed.".to_owned(),
            (0, _) => "No account was to be read: all were left out.".to_owned(),
            (_, 0) => String::new(),
            (1, _) => "The one account in scope could not be read.".to_owned(),
            (_, failed) if failed == in_scope => {
                format!("None of the {} accounts in scope could be read.", number(in_scope))
            }
            (_, failed) => format!("{} of {} accounts in scope could not be read.", number(failed), number(in_scope)),
        };
        let in_part = match in_part {
            0 => String::new(),
            1 => "One account was read only in part.".to_owned(),
            in_part => format!("{} accounts were read only in part.", number(in_part)),
        };
        [not_read, in_part].into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// `487 of 500 accounts read`.
    pub(super) fn in_short(self) -> String {
        match self {
            Self::Listed { sums, .. } => format!(
                "{} of {} read",
                number(sums.reported),
                counted(sums.reported + sums.failed, "account", "accounts")
            ),
            Self::Report { accounts } => format!("{} in the report", counted(accounts, "account", "accounts")),
        }
    }

    /// How far the accounts were read, in full sentences.
    pub(super) fn sentence(self) -> String {
        let Self::Listed { sums: AccountSums { listed, reported, skipped, failed }, .. } = self else {
            return format!("{}; whether any is missing is not known.", self.in_short());
        };
        let read = format!(
            "{} of {} in scope {} read",
            number(reported),
            counted(reported + failed, "account", "accounts"),
            if reported == 1 { "was" } else { "were" },
        );
        let not_read = match failed {
            0 => String::new(),
            failed => format!("; {} could not be, and why is below", number(failed)),
        };
        let left_out = match skipped {
            0 => String::new(),
            skipped => {
                format!(" Of {} listed, {} left out on purpose.", number(listed), counted(skipped, "was", "were"))
            }
        };
        format!("{read}{not_read}.{left_out}")
    }
}
