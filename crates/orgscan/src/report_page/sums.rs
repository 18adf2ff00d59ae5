//! What the charts show of all rows, the rows that the table has no room for included.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::rows::whole_days;
use crate::assessment::AssessedRow;
use crate::credential_row::{CredentialRow, Flag, Moment};

/// Accounts that the chart of MFA coverage shows.
const MFA_ACCOUNTS: usize = 9;

/// Console users by whether they have MFA.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ConsoleUsers {
    /// Users with a console password.
    pub(super) all: u64,
    /// Of these, with MFA.
    pub(super) with_mfa: u64,
}

impl ConsoleUsers {
    pub(super) fn without_mfa(self) -> u64 {
        self.all.saturating_sub(self.with_mfa)
    }
}

/// Where an account stands among those that rows are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AccountEntry {
    pub(super) index: u32,
    pub(super) is_new: bool,
}

#[derive(Debug)]
struct Account {
    index: u32,
    name: String,
    users: ConsoleUsers,
}

/// The accounts that rows are of. What is kept of each is little; an Organization has some ten thousand at most.
#[derive(Debug, Default)]
pub(super) struct AccountTable {
    accounts: BTreeMap<String, Account>,
    total: ConsoleUsers,
}

impl AccountTable {
    /// Counts one row, and says which account it is of.
    pub(super) fn count(&mut self, row: &AssessedRow<'_>) -> AccountEntry {
        let has_password = !row.row.is_root() && row.row.password.enabled == Flag::True;
        let console = ConsoleUsers {
            all: u64::from(has_password),
            with_mfa: u64::from(has_password && row.row.mfa == Flag::True),
        };
        add(&mut self.total, console);
        if let Some(account) = self.accounts.get_mut(row.account_id) {
            add(&mut account.users, console);
            return AccountEntry { index: account.index, is_new: false };
        }
        let index = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
        let account = Account { index, name: row.account_name.to_owned(), users: console };
        self.accounts.insert(row.account_id.to_owned(), account);
        AccountEntry { index, is_new: true }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        self.accounts.len() as u64
    }

    /// Console users of all accounts.
    pub(super) fn console_users(&self) -> ConsoleUsers {
        self.total
    }

    /// Accounts with console users.
    pub(super) fn with_console_users(&self) -> u64 {
        self.accounts.values().filter(|account| account.users.all > 0).count() as u64
    }

    /// The accounts with the most console users without MFA, and of as many those with the fewest that have it: id, name
    /// and users.
    pub(super) fn worst(&self) -> Vec<(&str, &str, ConsoleUsers)> {
        let mut accounts: Vec<_> = self
            .accounts
            .iter()
            .filter(|(_, account)| account.users.all > 0)
            .map(|(id, account)| (id.as_str(), account.name.as_str(), account.users))
            .collect();
        accounts.sort_by_key(|(id, _, users)| (Reverse(users.without_mfa()), users.with_mfa, *id));
        accounts.truncate(MFA_ACCOUNTS);
        accounts
    }
}

fn add(sum: &mut ConsoleUsers, one: ConsoleUsers) {
    sum.all += one.all;
    sum.with_mfa += one.with_mfa;
}

/// The age of a bar's oldest key, and what the bar is called; the last has no end.
pub(super) const AGE_BUCKETS: [(Option<u32>, &str); 6] = [
    (Some(30), "0\u{2013}30"),
    (Some(60), "31\u{2013}60"),
    (Some(90), "61\u{2013}90"),
    (Some(180), "91\u{2013}180"),
    (Some(365), "181\u{2013}365"),
    (None, "over 365"),
];

/// Active access keys by their age, root users' included.
#[derive(Debug, Default)]
pub(super) struct KeyAges {
    /// By whole days; there are no more days than AWS has had keys.
    days: BTreeMap<u32, u64>,
    unknown: u64,
}

impl KeyAges {
    /// Counts the active keys of one row.
    pub(super) fn count(&mut self, row: &CredentialRow<'_>, time: Timestamp) {
        for key in row.keys.iter().filter(|key| key.active == Flag::True) {
            match key.last_rotated {
                Moment::At(rotated) => *self.days.entry(whole_days(rotated, time)).or_default() += 1,
                _ => self.unknown += 1,
            }
        }
    }

    /// The keys of each bar.
    pub(super) fn buckets(&self) -> [u64; AGE_BUCKETS.len()] {
        let mut counts = [0; AGE_BUCKETS.len()];
        for (days, keys) in &self.days {
            let bucket = AGE_BUCKETS.iter().position(|(end, _)| end.is_none_or(|end| *days <= end));
            if let Some(count) = bucket.and_then(|bucket| counts.get_mut(bucket)) {
                *count += keys;
            }
        }
        counts
    }

    /// Keys of known age.
    pub(super) fn known(&self) -> u64 {
        self.days.values().sum()
    }

    /// Keys whose age the report does not tell.
    pub(super) fn unknown(&self) -> u64 {
        self.unknown
    }

    /// Keys that are older than this.
    pub(super) fn older_than(&self, days: u32) -> u64 {
        self.days.range(days.saturating_add(1)..).map(|(_, keys)| keys).sum()
    }
}
