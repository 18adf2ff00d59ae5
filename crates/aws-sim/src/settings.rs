//! What world to stand in for.

use std::time::Duration;

use crate::account::{ACCOUNTS_PER_ORGANIZATION, Layout};
use crate::faults::FaultRule;
use crate::region;

/// The most Organizations: beyond, account ids would have more than twelve digits.
const MOST_ORGANIZATIONS: u32 = 899_999;

/// The most accounts in all, each of which has a report state in memory.
const MOST_ACCOUNTS: usize = 10_000_000;

/// The most IAM users of an account ("IAM and AWS STS quotas").
const MOST_USERS: u32 = 5_000;

/// The fewest and the most tags of an account that has any ("Tagging AWS Organizations resources"); fewer are not needed.
const TAGS: std::ops::RangeInclusive<u32> = 2..=50;

/// The settings of a stand-in. Two with the same settings answer the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// How many Organizations there are, each of them an item of the tenants table.
    pub organizations: u32,
    /// Accounts of each Organization, the management account included.
    pub accounts: u32,
    /// Rows of each credential report beside the root user's.
    pub users: u32,
    /// What everything that varies is drawn from.
    pub seed: u64,
    /// How long an answer takes at least to leave, on the average.
    pub latency: Duration,
    /// How far a single latency is from that at most, evenly spread.
    pub jitter: Duration,
    /// Whether the published quotas hold.
    pub quotas: bool,
    /// The shortest time that a credential report takes to be made.
    pub generation_low: Duration,
    /// The longest time that a credential report takes to be made.
    pub generation_high: Duration,
    /// The share of accounts that hold a credential report from the start.
    pub fresh_share: f64,
    /// How many regions each account has enabled.
    pub regions: usize,
    /// The share of an account's enabled regions that have resources.
    pub active_share: f64,
    /// The share of accounts' regions in which the first page of resources is empty, with a token.
    pub empty_page_share: f64,
    /// The share of accounts that have tags.
    pub tagged_share: f64,
    /// How many tags these have. Beyond two they are as long as tags can be.
    pub tags: u32,
    /// The share of member accounts that are suspended.
    pub suspended_share: f64,
    /// Whether the management account is suspended.
    pub suspended_management: bool,
    /// The share of accounts whose answer with the credential report is sent late.
    pub slow_share: f64,
    /// How late that is.
    pub slow: Duration,
    /// The share of accounts whose credential report takes long to be made.
    pub slow_generation_share: f64,
    /// How long that is.
    pub slow_generation: Duration,
    /// What shares of faults are drawn from, where that is not `seed`: the same world with other faults.
    pub fault_seed: Option<u64>,
    /// Faults, the first that fits a call happening.
    pub faults: Vec<FaultRule>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            organizations: 1,
            accounts: 100,
            users: 6,
            seed: 1,
            latency: Duration::from_millis(30),
            jitter: Duration::from_millis(10),
            quotas: true,
            generation_low: Duration::from_secs(2),
            generation_high: Duration::from_secs(4),
            fresh_share: 0.0,
            regions: 17,
            active_share: 0.3,
            empty_page_share: 0.1,
            tagged_share: 0.98,
            tags: 2,
            suspended_share: 0.0,
            suspended_management: false,
            slow_share: 0.0,
            slow: Duration::from_secs(30),
            slow_generation_share: 0.0,
            slow_generation: Duration::from_mins(1),
            fault_seed: None,
            faults: Vec::new(),
        }
    }
}

impl Settings {
    /// A world that answers at once and refuses nobody, for tests.
    pub fn immediate() -> Self {
        Self {
            latency: Duration::ZERO,
            jitter: Duration::ZERO,
            quotas: false,
            generation_low: Duration::ZERO,
            generation_high: Duration::ZERO,
            ..Self::default()
        }
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout { organizations: self.organizations, accounts: self.accounts }
    }

    /// Says what cannot be.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.organizations == 0 || self.organizations > MOST_ORGANIZATIONS {
            return Err(format!("organizations is {}, and must be 1 to {MOST_ORGANIZATIONS}", self.organizations));
        }
        if self.accounts == 0 || self.accounts > ACCOUNTS_PER_ORGANIZATION {
            return Err(format!("accounts is {}, and must be 1 to {ACCOUNTS_PER_ORGANIZATION}", self.accounts));
        }
        if self.layout().total() > MOST_ACCOUNTS {
            return Err(format!("{} accounts in all are more than {MOST_ACCOUNTS}", self.layout().total()));
        }
        if self.users > MOST_USERS {
            return Err(format!("users is {}, and must be at most {MOST_USERS}", self.users));
        }
        if self.regions == 0 || self.regions > region::COUNT {
            return Err(format!("regions is {}, and must be 1 to {}", self.regions, region::COUNT));
        }
        if self.generation_low > self.generation_high {
            return Err("the shortest time to make a report is longer than the longest".to_owned());
        }
        if !TAGS.contains(&self.tags) {
            return Err(format!("tags is {}, and must be {} to {}", self.tags, TAGS.start(), TAGS.end()));
        }
        let shares = [
            ("fresh_share", self.fresh_share),
            ("active_share", self.active_share),
            ("empty_page_share", self.empty_page_share),
            ("tagged_share", self.tagged_share),
            ("suspended_share", self.suspended_share),
            ("slow_share", self.slow_share),
            ("slow_generation_share", self.slow_generation_share),
        ];
        match shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            Some((name, share)) => Err(format!("{name} is {share}, and must be 0 to 1")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be() {
        assert_eq!(Settings::default().check(), Ok(()));
        assert_eq!(Settings::immediate().check(), Ok(()));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let cases = [
            (Settings { organizations: 0, ..Settings::default() }, "organizations is 0"),
            (Settings { accounts: 1_000_001, ..Settings::default() }, "accounts is 1000001"),
            (Settings { organizations: 100, accounts: 200_000, ..Settings::default() }, "20000000 accounts in all"),
            (Settings { users: 5_001, ..Settings::default() }, "users is 5001"),
            (Settings { regions: 35, ..Settings::default() }, "regions is 35"),
            (Settings { generation_high: Duration::from_secs(1), ..Settings::default() }, "the shortest time"),
            (Settings { tags: 51, ..Settings::default() }, "tags is 51"),
            (Settings { slow_share: 1.1, ..Settings::default() }, "slow_share is 1.1"),
            (Settings { fresh_share: f64::NAN, ..Settings::default() }, "fresh_share is NaN"),
        ];
        for (settings, start) in cases {
            let problem = settings.check().unwrap_err();
            assert!(problem.starts_with(start), "{problem}");
        }
    }
}
