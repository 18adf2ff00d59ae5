//! What a run left undone, kept beside its ledger until a run has reached every account.

use std::collections::HashSet;
use std::time::Duration;

use super::Run;
use super::listing::LISTING_BROKE_OFF;
use super::publish::{Publication, Published, soon};
use crate::account::AccountId;
use crate::ledger::{LedgerRow, Outcome};
use crate::ports::ReportStore;
use crate::table;

/// No account is begun before it is known who comes first, so it is not waited for longer.
const LONGEST_LOOK: Duration = Duration::from_secs(3);

/// What a run left undone, as its ledger tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LeftUndone {
    /// Those that it lists as not attempted.
    not_reached: HashSet<AccountId>,
    /// All others that it has. One that it does not have was not reached either.
    reached: HashSet<AccountId>,
    /// Whether there are accounts that the ledger does not have.
    listing_broke_off: bool,
}

impl LeftUndone {
    pub(super) fn of_ledger<'a>(rows: impl IntoIterator<Item = &'a LedgerRow>) -> Self {
        let mut left = Self::default();
        for row in rows {
            left.listing_broke_off |= row.detail.contains(LISTING_BROKE_OFF);
            let set = if row.outcome == Outcome::NotAttempted { &mut left.not_reached } else { &mut left.reached };
            set.insert(row.account.id);
        }
        left
    }

    /// Looks for what the run before left undone. Whatever cannot be read stops nothing: it only changes the order.
    pub(super) async fn look<S: ReportStore>(store: &S, run: &Run<'_>, publication: &Publication<'_>) -> Option<Self> {
        if !run.is_for_every_account() {
            return None;
        }
        let account = publication.management_account;
        let name = publication.unfinished_coverage_csv();
        let looked = tokio::time::timeout(LONGEST_LOOK, soon(run, store.read(&name))).await;
        let content = match looked {
            Ok(Ok(content)) => content,
            // Where objects may not be listed, S3 answers that one is denied which is not there.
            Ok(Err(error)) => {
                let why = crate::error::chain(&error);
                tracing::debug!(object = name, error = why, "{name} cannot be read: {why}");
                return None;
            }
            Err(_elapsed) => {
                tracing::warn!(object = name, "{name} was not read in time; no account comes first");
                return None;
            }
        };
        let left = match table::read_ledger(&content) {
            Ok(rows) => Self::of_ledger(&rows),
            Err(error) => {
                let why = crate::error::chain(&error);
                tracing::warn!(object = name, error = why, "{name} is broken; no account comes first: {why}");
                // It is replaced in the end.
                return Some(Self::default());
            }
        };
        if left.is_nothing() {
            return None;
        }
        tracing::info!(
            accounts = left.not_reached.len(),
            "{account}: the run before did not reach {}; they come first",
            left.who()
        );
        Some(left)
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.not_reached.is_empty() && !self.listing_broke_off
    }

    /// Notes that an account was listed, and answers whether it is one of those that were not reached.
    pub(super) fn meets(&mut self, account: AccountId) -> bool {
        self.not_reached.remove(&account);
        !self.reached.contains(&account)
    }

    /// Whether nobody can be listed any more who was not reached.
    pub(super) fn all_were_met(&self) -> bool {
        self.is_nothing()
    }

    fn who(&self) -> String {
        match (self.not_reached.len(), self.listing_broke_off) {
            (0, _) => "accounts that it could not list".to_owned(),
            (listed, true) => format!("{listed} accounts and those that it could not list"),
            (listed, false) => format!("{listed} accounts"),
        }
    }

    /// What the summary says of it: nothing where nothing is left, and where the next run cannot know.
    pub(super) fn warning(&self, publication: &Publication<'_>, published: &Published) -> Option<String> {
        if self.is_nothing() || !published.unfinished {
            return None;
        }
        let warning = format!(
            "{}: this run did not reach {}; the next run begins with them",
            publication.management_account,
            self.who()
        );
        tracing::warn!(accounts = self.not_reached.len(), "{warning}");
        Some(warning)
    }
}
