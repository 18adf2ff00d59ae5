//! The regions of the `aws` partition.

/// Every commercial region, those that are enabled by default first (Account Management reference, "Enable or disable
/// AWS Regions in your account").
const NAMES: [&str; 34] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-north-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-south-1",
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// How many of them are enabled by default.
const ENABLED_BY_DEFAULT: usize = 17;

/// How many regions there are.
pub(crate) const COUNT: usize = NAMES.len();

/// A region, by its position among all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Region(u8);

impl Region {
    /// Where global services are signed for.
    pub(crate) const US_EAST_1: Self = Self(0);

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let position = NAMES.iter().position(|known| *known == name)?;
        u8::try_from(position).ok().map(Self)
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..NAMES.len()).filter_map(|position| u8::try_from(position).ok().map(Self))
    }

    pub(crate) fn position(self) -> usize {
        usize::from(self.0)
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES.get(self.position()).copied().unwrap_or_default()
    }

    /// The status in an account that has the first `enabled` regions enabled.
    pub(crate) fn status(self, enabled: usize) -> &'static str {
        match (self.position() < enabled, self.position() < ENABLED_BY_DEFAULT) {
            (true, true) => "ENABLED_BY_DEFAULT",
            (true, false) => "ENABLED",
            (false, _) => "DISABLED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_is_found_by_its_name() {
        assert_eq!(Region::all().count(), COUNT);
        for region in Region::all() {
            assert_eq!(Region::of_name(region.name()), Some(region));
        }
        assert_eq!(Region::of_name("us-east-1"), Some(Region::US_EAST_1));
        assert_eq!(Region::of_name("moon-1"), None);
    }

    #[test]
    fn the_first_regions_are_enabled() {
        let statuses = |enabled| Region::all().map(|region| region.status(enabled)).collect::<Vec<_>>();
        let count = |enabled, status| statuses(enabled).iter().filter(|it| **it == status).count();
        assert_eq!((count(17, "ENABLED_BY_DEFAULT"), count(17, "ENABLED"), count(17, "DISABLED")), (17, 0, 17));
        assert_eq!((count(20, "ENABLED_BY_DEFAULT"), count(20, "ENABLED"), count(20, "DISABLED")), (17, 3, 14));
        assert_eq!((count(2, "ENABLED_BY_DEFAULT"), count(2, "ENABLED"), count(2, "DISABLED")), (2, 0, 32));
    }
}
