//! How often AWS lets one caller ask, as client-side token buckets.

use std::num::NonZeroU32;

use crate::gate::Quota;
use crate::rates::{self, Rate};

/// The share of the published quotas that a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance(NonZeroU32);

impl Allowance {
    pub(super) fn percent(percent: NonZeroU32) -> Self {
        Self(percent)
    }

    /// One token of the burst is kept back: requests do not arrive at AWS exactly as far apart as they were sent, and without
    /// it each that catches up with the one before is throttled.
    fn of(self, rate: Rate) -> Quota {
        let burst = u64::from(rate.burst - 1) * u64::from(self.0.get()) / 100;
        Quota::new(rate.per_second * f64::from(self.0.get()) / 100.0, u32::try_from(burst).unwrap_or(u32::MAX))
    }

    /// Of one account in one region.
    pub(super) fn get_resources(self) -> Quota {
        self.of(rates::GET_RESOURCES)
    }
}

/// What one session may ask for: the quotas are per calling account, and a session is one account's.
pub(super) struct Quotas {
    pub(super) assume_role: Quota,
    pub(super) describe_organization: Quota,
    pub(super) list_accounts: Quota,
    pub(super) list_regions: Quota,
    pub(super) list_tags: Quota,
}

impl Quotas {
    pub(super) fn new(allowance: Allowance) -> Self {
        Self {
            assume_role: allowance.of(rates::ASSUME_ROLE),
            describe_organization: allowance.of(rates::DESCRIBE_ORGANIZATION),
            list_accounts: allowance.of(rates::LIST_ACCOUNTS),
            list_regions: allowance.of(rates::LIST_REGIONS),
            list_tags: allowance.of(rates::LIST_TAGS),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::gate::Gate;

    #[tokio::test(start_paused = true)]
    async fn a_share_of_a_quota_is_that_share_of_its_rate_and_burst() {
        for (percent, expected) in [(100, 8_625), (50, 18_750), (200, 3_625)] {
            let quotas = Quotas::new(Allowance::percent(NonZeroU32::new(percent).unwrap()));
            let gate = Gate::new(std::num::NonZeroUsize::MIN);
            let began = Instant::now();
            for _ in 0..80 {
                gate.call_once("organizations:ListAccounts", Some(&quotas.list_accounts), async { Ok(()) })
                    .await
                    .unwrap();
            }
            // For a whole quota: a burst of 12 less one, and 69 more at 8 a second.
            let took = began.elapsed();
            let expected = Duration::from_millis(expected);
            assert!(took.abs_diff(expected) <= Duration::from_millis(200), "{took:?} at {percent} percent");
        }
    }
}
