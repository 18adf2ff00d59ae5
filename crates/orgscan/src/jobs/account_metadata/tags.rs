//! The tags of an Organization's accounts: a hundred accounts per call where that works, one by one where it does not.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream;

use crate::account::AccountId;
use crate::config::TagSource;
use crate::error::{CallError, CallErrorKind};
use crate::jobs::Run;
use crate::jobs::organizations::OrganizationToScan;
use crate::jobs::sweep::Swept;
use crate::ledger::Outcome;
use crate::ports::{Caller, Organizations, Tags};
use crate::scan::{self, scan};

/// What the bulk listing came to; none where the settings do not want it.
pub(super) type Bulk = Option<Result<BTreeMap<AccountId, Tags>, CallError>>;

/// The tags of all accounts, and why some are not known.
#[derive(Debug, Default)]
pub(super) struct AccountTags {
    tags: BTreeMap<AccountId, Tags>,
    problems: BTreeMap<AccountId, String>,
}

impl AccountTags {
    /// The value of the first of `keys` that the account has, whatever its case; of several tags that differ only in case
    /// the one that sorts first.
    pub(super) fn value(&self, account: AccountId, keys: &[String]) -> &str {
        let Some(tags) = self.tags.get(&account) else { return "" };
        keys.iter()
            .find_map(|key| tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)))
            .map_or("", |(_, value)| value)
    }

    /// Why the account's tags are not known.
    pub(super) fn problem(&self, account: AccountId) -> Option<&str> {
        self.problems.get(&account).map(String::as_str)
    }
}

/// Lists the tags of all accounts in bulk, where the settings want it. Runs beside the sweep, and ends when it must.
pub(super) async fn in_bulk<W: Organizations>(
    world: &W,
    run: &Run<'_>,
    caller: &Caller<W::Session>,
    scanned: &OrganizationToScan<W::Session>,
) -> Bulk {
    if run.config.inventory.tag_source == TagSource::Organizations || run.event.dry_run {
        return None;
    }
    let listing = world.tags_in_bulk(&scanned.session, caller.partition.global_region());
    let tags = match run.cut() {
        None => listing.await,
        Some(cut) => tokio::time::timeout_at(cut, listing).await.unwrap_or_else(|_elapsed| {
            Err(CallError::new("tag:GetResources", CallErrorKind::Unavailable).with_source("the deadline came first"))
        }),
    };
    Some(tags)
}

/// Puts the bulk listing and the accounts it does not have together.
pub(super) async fn gather<W: Organizations>(
    world: &W,
    run: &Run<'_>,
    scanned: &OrganizationToScan<W::Session>,
    accounts: &[Swept<Vec<String>>],
    bulk: Bulk,
    warnings: &mut Vec<String>,
) -> AccountTags {
    let management_account = scanned.organization.management_account;
    let source = run.config.inventory.tag_source;
    let mut gathered = AccountTags::default();
    if run.event.dry_run {
        return gathered;
    }
    let wanted: Vec<AccountId> = accounts
        .iter()
        .filter(|one| one.row.outcome != Outcome::SkippedExcluded)
        .map(|one| one.row.account.id)
        .collect();
    let unknown = match bulk {
        Some(Ok(tags)) => {
            let wanted_set: BTreeSet<AccountId> = wanted.iter().copied().collect();
            gathered.tags = tags.into_iter().filter(|(account, _)| wanted_set.contains(account)).collect();
            let mut untagged: Vec<AccountId> =
                wanted.into_iter().filter(|account| !gathered.tags.contains_key(account)).collect();
            let limit = if source == TagSource::Tagging { 0 } else { run.config.inventory.tag_verify_limit };
            if untagged.len() > limit && source == TagSource::Auto {
                warnings.push(format!(
                    "{management_account}: {} accounts have no tag in the bulk listing and were not asked one by one \
                     (TAG_VERIFY_LIMIT is {limit}); their tags count as empty",
                    untagged.len() - limit
                ));
            }
            untagged.truncate(limit);
            untagged
        }
        Some(Err(error)) if source == TagSource::Tagging => {
            let problem = format!("its tags are not known: {}", error.chain());
            gathered.problems = wanted.into_iter().map(|account| (account, problem.clone())).collect();
            return gathered;
        }
        Some(Err(error)) => {
            tracing::info!(error = error.chain(), "tags are read account by account: {}", error.chain());
            wanted
        }
        None => wanted,
    };

    let asked =
        scan(stream::iter(unknown), &run.quota_limits(), |account| world.tags_of_account(&scanned.session, account))
            .await;
    for one in asked.visited {
        let problem = match one.outcome {
            scan::Outcome::Done(Ok(tags)) => {
                gathered.tags.insert(one.target, tags);
                continue;
            }
            scan::Outcome::Done(Err(error)) => error.chain(),
            scan::Outcome::Panicked => "an internal error; please report it".to_owned(),
            scan::Outcome::TimedOut => "AWS took too long".to_owned(),
            scan::Outcome::CutOff | scan::Outcome::NotReached => format!("{} came first", run.cut_reason()),
        };
        gathered.problems.insert(one.target, format!("its tags are not known: {problem}"));
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wanted_key_wins_whatever_its_case() {
        let id: AccountId = "111111111111".parse().unwrap();
        let tags = |pairs: &[(&str, &str)]| AccountTags {
            tags: [(id, pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())].into(),
            problems: BTreeMap::new(),
        };
        let keys = ["environment".to_owned(), "env".to_owned()];
        for (pairs, expected) in [
            (&[("Environment", "prod"), ("env", "dev")][..], "prod"),
            (&[("ENV", "dev")], "dev"),
            (&[("environment", "b"), ("ENVIRONMENT", "a")], "a"),
            (&[("Environment", ""), ("env", "dev")], ""),
            (&[("environments", "x")], ""),
            (&[], ""),
        ] {
            assert_eq!(tags(pairs).value(id, &keys), expected, "{pairs:?}");
        }
    }
}
