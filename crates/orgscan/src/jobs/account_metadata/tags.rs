//! The tags of an Organization's accounts: a hundred accounts per call where that works, one by one where it does not.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::{Stream, StreamExt};

use crate::account::AccountId;
use crate::config::{Inventory, TagSource};
use crate::error::CallError;
use crate::jobs::Run;
use crate::jobs::organizations::OrganizationToScan;
use crate::ports::{Caller, Organizations, Tags};
use crate::scan::{self, Limits, scan};

/// What the inventory says of one account's tags: it may have fifty, and two are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TagValues {
    pub(super) environment: Box<str>,
    pub(super) aide_id: Box<str>,
}

impl TagValues {
    fn of(tags: &Tags, settings: &Inventory) -> Self {
        Self {
            environment: value(tags, &settings.environment_tag_keys).into(),
            aide_id: value(tags, &settings.aide_id_tag_keys).into(),
        }
    }
}

/// The value of the first of `keys` that there is, whatever its case; of several tags that differ only in case the one
/// that sorts first.
fn value<'a>(tags: &'a Tags, keys: &[String]) -> &'a str {
    keys.iter()
        .find_map(|key| tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)))
        .map_or("", |(_, value)| value)
}

/// The tags of all accounts, and why some are not known.
#[derive(Debug, Default)]
pub(super) struct AccountTags {
    values: BTreeMap<AccountId, TagValues>,
    problems: BTreeMap<AccountId, String>,
}

impl AccountTags {
    /// What the account's tags say; none where it has no tag, or they are not known.
    pub(super) fn values(&self, account: AccountId) -> Option<&TagValues> {
        self.values.get(&account)
    }

    /// Why the account's tags are not known.
    pub(super) fn problem(&self, account: AccountId) -> Option<&str> {
        self.problems.get(&account).map(String::as_str)
    }
}

/// Reads the tags of an Organization's accounts as they are listed, beside the sweep: at a few calls a second they would
/// take longer than everything else if they began after it.
pub(super) async fn read<W: Organizations>(
    world: &W,
    run: &Run<'_>,
    caller: &Caller<W::Session>,
    scanned: &OrganizationToScan<W::Session>,
    listed: impl Stream<Item = AccountId>,
    warnings: &mut Vec<String>,
) -> AccountTags {
    if run.event.dry_run {
        return AccountTags::default();
    }
    let listed = listed.filter(|account| std::future::ready(run.excluded(*account).is_none()));
    let inventory = &run.config.inventory;
    let (bulk, limit) = match in_bulk(world, run, caller, scanned).await {
        Some(Ok(tags)) if inventory.tag_source == TagSource::Tagging => (tags, 0),
        Some(Ok(tags)) => (tags, inventory.tag_verify_limit),
        Some(Err(error)) if inventory.tag_source == TagSource::Tagging => {
            let problem = format!("its tags are not known: {}", error.chain());
            let problems = listed.map(|account| (account, problem.clone())).collect().await;
            return AccountTags { problems, ..AccountTags::default() };
        }
        Some(Err(error)) => {
            tracing::info!(error = error.chain(), "tags are read account by account: {}", error.chain());
            (BTreeMap::new(), usize::MAX)
        }
        None => (BTreeMap::new(), usize::MAX),
    };
    let (gathered, beyond_limit) = complete(world, run, &scanned.session, bulk, listed, limit).await;
    if beyond_limit > 0 && inventory.tag_source == TagSource::Auto {
        warnings.push(format!(
            "{}: {beyond_limit} accounts have no tag in the bulk listing and were not asked one by one \
             (TAG_VERIFY_LIMIT is {limit}); their tags count as empty",
            scanned.organization.management_account
        ));
    }
    gathered
}

/// Lists the tags of all accounts in bulk, where the settings want it, and ends when it must.
async fn in_bulk<W: Organizations>(
    world: &W,
    run: &Run<'_>,
    caller: &Caller<W::Session>,
    scanned: &OrganizationToScan<W::Session>,
) -> Option<Result<BTreeMap<AccountId, TagValues>, CallError>> {
    let inventory = &run.config.inventory;
    if inventory.tag_source == TagSource::Organizations {
        return None;
    }
    let keep = |tags| TagValues::of(&tags, inventory);
    let listing = world.tags_in_bulk(&scanned.session, caller.partition.global_region(), keep);
    Some(run.before_listing("tag:GetResources", listing).await)
}

/// Takes the tags of the accounts that the bulk listing has, and asks for those of the first `limit` others. Also answers
/// how many others there are beyond them.
async fn complete<W: Organizations>(
    world: &W,
    run: &Run<'_>,
    session: &W::Session,
    mut bulk: BTreeMap<AccountId, TagValues>,
    listed: impl Stream<Item = AccountId>,
    limit: usize,
) -> (AccountTags, usize) {
    let mut gathered = AccountTags::default();
    let mut others = 0;
    let to_ask = listed.filter(|account| {
        let known = bulk.remove(account).map(|values| gathered.values.insert(*account, values));
        others += usize::from(known.is_none());
        std::future::ready(known.is_none() && others <= limit)
    });
    // A call may wait long for its quota, which is not the account's fault; what is sent has limits of its own.
    let limits = Limits { visit_timeout: Duration::MAX, ..run.quota_limits() };
    let asked = scan(to_ask, &limits, |account| world.tags_of_account(session, account)).await;
    for one in asked.visited {
        let problem = match one.outcome {
            scan::Outcome::Done(Ok(tags)) => {
                gathered.values.insert(one.target, TagValues::of(&tags, &run.config.inventory));
                continue;
            }
            scan::Outcome::Done(Err(error)) => error.chain(),
            scan::Outcome::Panicked => "an internal error; please report it".to_owned(),
            scan::Outcome::TimedOut => "AWS took too long".to_owned(),
            scan::Outcome::CutOff | scan::Outcome::NotReached => format!("{} came first", run.cut_reason()),
        };
        gathered.problems.insert(one.target, format!("its tags are not known: {problem}"));
    }
    (gathered, others.saturating_sub(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wanted_key_wins_whatever_its_case() {
        let tags = |pairs: &[(&str, &str)]| -> Tags {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
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
            assert_eq!(value(&tags(pairs), &keys), expected, "{pairs:?}");
        }
    }
}
