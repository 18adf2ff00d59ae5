//! How often AWS lets one caller ask: "Quotas for AWS Organizations", "AWS Account Management endpoints and quotas", "IAM and
//! AWS STS quotas", "AWS Resource Groups Tagging API endpoints and quotas".

/// A published quota: so many calls a second, and so many at once after a rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rate {
    pub(crate) per_second: f64,
    pub(crate) burst: u32,
}

impl Rate {
    const fn new(per_second: f64, burst: u32) -> Self {
        Self { per_second, burst }
    }

    /// How long so many calls take at this share of the quota.
    pub(crate) fn seconds_for(self, calls: f64, share: f64) -> f64 {
        ((calls - f64::from(self.burst) * share) / (self.per_second * share)).max(0.0)
    }
}

#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "the calls themselves are made by the adapters only"))]
pub(crate) const ASSUME_ROLE: Rate = Rate::new(600.0, 600);
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "the calls themselves are made by the adapters only"))]
pub(crate) const DESCRIBE_ORGANIZATION: Rate = Rate::new(1.0, 2);
pub(crate) const LIST_ACCOUNTS: Rate = Rate::new(8.0, 12);
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "the calls themselves are made by the adapters only"))]
pub(crate) const LIST_REGIONS: Rate = Rate::new(5.0, 5);
pub(crate) const LIST_TAGS: Rate = Rate::new(10.0, 15);
/// Of one account in one region.
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "the calls themselves are made by the adapters only"))]
pub(crate) const GET_RESOURCES: Rate = Rate::new(15.0, 15);
