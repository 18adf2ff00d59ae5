//! Which accounts were read this time: only those can show that a finding is gone.

use std::collections::{HashMap, HashSet};

use crate::ledger::{LedgerRow, Sum};

/// The accounts of a run.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Account id → whether it was read.
    listed: HashMap<String, bool>,
    /// Whether an account that is not in it has left the Organization.
    is_whole: bool,
}

/// What can be said of an account's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was read: what is not found any more is gone.
    Read,
    /// It was not read: nothing is known.
    NotRead,
    /// It has left the Organization.
    Left,
}

impl Coverage {
    /// The accounts of a ledger. `is_whole` says that the listing came to its end, so that an account that is not in it has
    /// left the Organization.
    pub fn of_ledger(ledger: &[LedgerRow], is_whole: bool) -> Self {
        let listed =
            ledger.iter().map(|row| (row.account.id.to_string(), row.outcome.sum() == Sum::Reported)).collect();
        Self { listed, is_whole }
    }

    /// No ledger: the accounts that the reports have rows of were read, and of others nothing is known.
    pub fn of_reports() -> Self {
        Self::default()
    }

    /// Notes accounts that have rows.
    pub(super) fn add_read<'a>(&mut self, accounts: impl Iterator<Item = &'a String>) {
        for account in accounts {
            self.listed.entry(account.clone()).or_insert(true);
        }
    }

    /// Notes accounts whose rows could not be judged in full: what is missing in them may be there still.
    pub(super) fn remove_read(&mut self, accounts: &HashSet<String>) {
        for account in accounts {
            self.listed.insert(account.clone(), false);
        }
    }

    pub(super) fn fate(&self, account_id: &str) -> Fate {
        match self.listed.get(account_id) {
            Some(true) => Fate::Read,
            None if self.is_whole => Fate::Left,
            Some(false) | None => Fate::NotRead,
        }
    }
}
