//! Which accounts all Organizations have together, and which the settings and the event name that none has.

use std::collections::BTreeSet;

use super::diagnosis::{Check, Fix};
use super::estimate::Size;
use crate::account::AccountId;
use crate::event::Event;
use crate::jobs::Run;
use crate::jobs::rehearsal::RehearsedOrganization;

/// What was found in all Organizations.
pub(super) struct Scope<'a> {
    event: &'a Event,
    /// Of those that could be listed.
    pub(super) sizes: Vec<Size>,
    /// Whether no Organization was left out, and each was listed to its end.
    pub(super) is_whole: bool,
    /// Accounts that are named somewhere, and not listed so far.
    missing: BTreeSet<AccountId>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(run: &Run<'_>, event: &'a Event) -> Self {
        Self { event, sizes: Vec::new(), is_whole: true, missing: run.mentioned() }
    }

    pub(super) fn add(&mut self, rehearsed: &RehearsedOrganization) {
        let listed = rehearsed.accounts.len() as u64;
        let skipped = rehearsed.accounts.iter().filter(|one| one.is_skipped()).count() as u64;
        self.sizes.push(Size { listed, to_enter: listed - skipped });
        self.is_whole &= rehearsed.listing_problem.is_none();
        for one in &rehearsed.accounts {
            self.missing.remove(&one.account.id);
        }
    }

    /// Accounts that nobody has. One that the event names leaves a run partial; the settings are of many runs.
    pub(super) fn checks(&self) -> Vec<Check> {
        const ID: &str = "accounts";
        let missing = self.missing.iter().filter(|_| self.is_whole);
        missing
            .map(|account| {
                let is_asked_for = self.event.account_ids.as_ref().is_some_and(|named| named.contains(account));
                let (check, fix) = if is_asked_for {
                    let found = "it is named, and no Organization that was listed has it";
                    (
                        Check::failed(ID, account.to_string(), "account-unknown", found),
                        "correct --accounts, or the event",
                    )
                } else {
                    let found = "the settings name it, and no Organization that was listed has it";
                    let fix = "correct ACCOUNTS_INCLUDE or ACCOUNTS_EXCLUDE";
                    (Check::warning(ID, account.to_string(), "account-unknown", found), fix)
                };
                check.in_account(account).mended_by(Fix::explained(fix))
            })
            .collect()
    }
}
