//! The published quotas, as token buckets.
//!
//! A bucket is one number, the time at which it is full again. One that is full is forgotten, so memory follows the
//! calls of the last seconds and not the accounts.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::account::AccountId;
use crate::operation::Operation;
use crate::region::Region;

const NANOSECONDS: u64 = 1_000_000_000;

/// Below this many buckets nothing is looked through for full ones.
const FEW_BUCKETS: usize = 1_024;

/// A rate, and how many calls may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limit {
    per_second: u64,
    burst: u64,
}

impl Limit {
    const fn new(per_second: u64, burst: u64) -> Self {
        Self { per_second, burst }
    }
}

// "Quotas and service limits for AWS Organizations", throttle limits: for the calling account, and for all callers of
// an Organization together.
const DESCRIBE_ORGANIZATION: Limit = Limit::new(1, 2);
const LIST_ACCOUNTS: Limit = Limit::new(8, 12);
const LIST_ACCOUNTS_OF_ORGANIZATION: Limit = Limit::new(9, 15);
const LIST_TAGS: Limit = Limit::new(10, 15);
const LIST_TAGS_OF_ORGANIZATION: Limit = Limit::new(12, 18);
/// "IAM and AWS STS quotas": AssumeRole and its like, counted together in the calling account.
const STS: Limit = Limit::new(600, 600);
/// "Quotas for AWS Account Management".
const LIST_REGIONS: Limit = Limit::new(5, 5);
/// "AWS Resource Groups Tagging API endpoints and quotas": in each account and region.
const GET_RESOURCES: Limit = Limit::new(15, 15);

/// Whom a bucket belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Account(AccountId),
    AccountInRegion(AccountId, Region),
    Organization(u32),
}

/// What a call counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    /// The operation, or one that stands for all that are counted together.
    operation: Operation,
    holder: Holder,
}

fn limits(
    operation: Operation,
    caller: AccountId,
    organization: u32,
    region: Option<Region>,
) -> [Option<(Key, Limit)>; 2] {
    let own = |limit| Some((Key { operation, holder: Holder::Account(caller) }, limit));
    let shared = |limit| Some((Key { operation, holder: Holder::Organization(organization) }, limit));
    match operation {
        Operation::DescribeOrganization => [own(DESCRIBE_ORGANIZATION), None],
        Operation::ListAccounts => [own(LIST_ACCOUNTS), shared(LIST_ACCOUNTS_OF_ORGANIZATION)],
        Operation::ListTagsForResource => [own(LIST_TAGS), shared(LIST_TAGS_OF_ORGANIZATION)],
        Operation::AssumeRole | Operation::GetCallerIdentity => {
            [Some((Key { operation: Operation::AssumeRole, holder: Holder::Account(caller) }, STS)), None]
        }
        Operation::ListRegions => [own(LIST_REGIONS), None],
        Operation::GetResources => {
            let holder = Holder::AccountInRegion(caller, region.unwrap_or(Region::US_EAST_1));
            [Some((Key { operation, holder }, GET_RESOURCES)), None]
        }
        _ => [None, None],
    }
}

/// The buckets of all callers.
#[derive(Debug, Default)]
pub(crate) struct Quotas {
    buckets: Mutex<Buckets>,
}

impl Quotas {
    /// Whether a call that arrives at this time, counted from the start, is within all of its quotas. One that is not
    /// takes nothing from any.
    pub(crate) fn admit(
        &self,
        operation: Operation,
        caller: AccountId,
        organization: u32,
        region: Option<Region>,
        at: Duration,
    ) -> bool {
        let limits = limits(operation, caller, organization, region);
        if limits.iter().all(Option::is_none) {
            return true;
        }
        let now = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = [None, None];
        for (taken, limit) in taken.iter_mut().zip(limits) {
            let Some((key, limit)) = limit else { continue };
            match after_one_more(buckets.full_at.get(&key).copied(), limit, now) {
                Some(full_at) => *taken = Some((key, full_at)),
                None => return false,
            }
        }
        buckets.full_at.extend(taken.into_iter().flatten());
        buckets.forget_full(now);
        true
    }

    pub(crate) fn reset(&self) {
        *self.buckets.lock().unwrap_or_else(PoisonError::into_inner) = Buckets::default();
    }
}

#[derive(Debug, Default)]
struct Buckets {
    /// When each is full again, in nanoseconds from the start; one that is not here is full.
    full_at: HashMap<Key, u64>,
    /// At how many buckets the full ones are looked for next.
    look_at: usize,
}

impl Buckets {
    /// Looked for only when there are twice as many as were left the last time, so each call pays little.
    fn forget_full(&mut self, now: u64) {
        if self.full_at.len() > self.look_at.max(FEW_BUCKETS) {
            self.full_at.retain(|_, full_at| *full_at > now);
            self.look_at = self.full_at.len() * 2;
        }
    }
}

/// When the bucket is full again after one token more is taken now; none where there is no token.
fn after_one_more(full_at: Option<u64>, limit: Limit, now: u64) -> Option<u64> {
    let per_token = NANOSECONDS / limit.per_second;
    let full_at = full_at.unwrap_or(now).max(now) + per_token;
    (full_at - now <= limit.burst * per_token).then_some(full_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many calls of a thousand, one each so many milliseconds, are admitted.
    fn admitted(quotas: &Quotas, operation: Operation, organization: u32, each_ms: u64) -> usize {
        let caller = AccountId::new(organization, 0);
        let times = (0..1_000).map(|number| Duration::from_millis(number * each_ms));
        times.filter(|at| quotas.admit(operation, caller, organization, None, *at)).count()
    }

    #[test]
    fn a_burst_is_admitted_and_then_the_rate() {
        let quotas = Quotas::default();
        let at = |operation, ms| quotas.admit(operation, AccountId::new(0, 0), 0, None, Duration::from_millis(ms));
        for number in 0..12 {
            assert!(at(Operation::ListAccounts, 0), "call {number} of a burst of 12");
        }
        assert!(!at(Operation::ListAccounts, 0));
        assert!(!at(Operation::ListAccounts, 124), "the next token comes after an eighth of a second");
        assert!(at(Operation::ListAccounts, 125));
        assert!(!at(Operation::ListAccounts, 125));
        assert!(at(Operation::DescribeOrganization, 0), "another operation has its own bucket");
        // After a long pause there is a burst again, and no more than that.
        let later = (0..20).filter(|_| at(Operation::ListAccounts, 100_000)).count();
        assert_eq!(later, 12);
    }

    #[test]
    fn over_time_a_caller_has_burst_and_rate() {
        // 1,000 calls in 9.99 s: 12 at once, then 8 a second.
        assert_eq!(admitted(&Quotas::default(), Operation::ListAccounts, 0, 10), 12 + 79);
        assert_eq!(admitted(&Quotas::default(), Operation::ListTagsForResource, 0, 10), 15 + 99);
        assert_eq!(admitted(&Quotas::default(), Operation::ListRegions, 0, 10), 5 + 49);
        assert_eq!(admitted(&Quotas::default(), Operation::DescribeOrganization, 0, 10), 2 + 9);
        assert_eq!(admitted(&Quotas::default(), Operation::AssumeRole, 0, 0), 600);
        assert_eq!(admitted(&Quotas::default(), Operation::GetCredentialReport, 0, 0), 1_000);
    }

    #[test]
    fn a_refused_call_takes_nothing() {
        let quotas = Quotas::default();
        let at = |ms| {
            quotas.admit(Operation::DescribeOrganization, AccountId::new(0, 1), 0, None, Duration::from_millis(ms))
        };
        assert!(at(0) && at(0));
        for ms in 0..1_000 {
            assert!(!at(ms), "refused at {ms} ms");
        }
        assert!(at(1_000));
    }

    #[test]
    fn an_organization_has_a_quota_for_all_its_callers() {
        let quotas = Quotas::default();
        let calls = (0..4).flat_map(|index| std::iter::repeat_n(AccountId::new(0, index), 10));
        let admitted = calls.filter(|caller| quotas.admit(Operation::ListAccounts, *caller, 0, None, Duration::ZERO));
        assert_eq!(admitted.count(), 15);
        assert!(quotas.admit(Operation::ListAccounts, AccountId::new(1, 0), 1, None, Duration::ZERO));
    }

    #[test]
    fn sts_counts_its_operations_together_and_tagging_each_region() {
        let quotas = Quotas::default();
        let caller = AccountId::new(0, 0);
        let at_once = |operation, region| quotas.admit(operation, caller, 0, region, Duration::ZERO);
        assert_eq!((0..400).filter(|_| at_once(Operation::AssumeRole, None)).count(), 400);
        assert_eq!((0..400).filter(|_| at_once(Operation::GetCallerIdentity, None)).count(), 200);
        let regions = [Region::of_name("us-east-1"), Region::of_name("eu-west-1")];
        for region in regions {
            assert_eq!((0..20).filter(|_| at_once(Operation::GetResources, region)).count(), 15);
        }
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let quotas = Quotas::default();
        for index in 0..50_000 {
            let at = Duration::from_millis(u64::from(index));
            assert!(quotas.admit(Operation::ListRegions, AccountId::new(0, index), 0, None, at));
        }
        let kept = quotas.buckets.lock().unwrap().full_at.len();
        assert!(kept <= FEW_BUCKETS + 1, "{kept} buckets are kept, of which 200 are not full");
    }
}
