//! Which accounts there are: their ids, and the access keys that name them.

use std::fmt;
use std::str::FromStr;

/// The id of the first Organization's management account.
const FIRST: u64 = 100_000_000_000;

/// How far the ids of two Organizations' management accounts are apart, and so the most accounts that one can have.
pub(crate) const ACCOUNTS_PER_ORGANIZATION: u32 = 1_000_000;

/// The id of an AWS account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// The id of account `index` of an Organization; index 0 is its management account.
    pub fn new(organization: u32, index: u32) -> Self {
        Self(FIRST + u64::from(organization) * u64::from(ACCOUNTS_PER_ORGANIZATION) + u64::from(index))
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }

    /// The access key id of a session in this account: a later call knows its account by it, and nothing is remembered.
    pub(crate) fn access_key_id(self) -> String {
        format!("ASIA{self}{:04X}", self.0.wrapping_mul(0x9E37_79B9) >> 8 & 0xFFFF)
    }

    /// The account that an access key id of [`Self::access_key_id`] names.
    pub(crate) fn of_access_key_id(access_key_id: &str) -> Option<Self> {
        let rest = access_key_id.strip_prefix("ASIA")?;
        if rest.len() == 16 { rest.get(..12)?.parse().ok() } else { None }
    }

    /// The account in an ARN like `arn:aws:iam::111111111111:role/NAME`.
    pub(crate) fn of_arn(arn: &str) -> Option<Self> {
        arn.split(':').nth(4)?.parse().ok()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:012}", self.0)
    }
}

/// What is not an account id: it has twelve digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAccountId;

impl FromStr for AccountId {
    type Err = NotAnAccountId;

    fn from_str(text: &str) -> Result<Self, NotAnAccountId> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().map(Self).map_err(|_| NotAnAccountId)
        } else {
            Err(NotAnAccountId)
        }
    }
}

/// Where an account is: which Organization, and which of its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) organization: u32,
    pub(crate) index: u32,
}

impl Place {
    pub(crate) fn is_management(self) -> bool {
        self.index == 0
    }

    pub(crate) fn management_account(self) -> AccountId {
        AccountId::new(self.organization, 0)
    }
}

/// How many Organizations of how many accounts there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) organizations: u32,
    /// Accounts of each Organization, the management account included.
    pub(crate) accounts: u32,
}

impl Layout {
    /// The management account of the first Organization: whoever calls with keys that the stand-in did not give out.
    pub(crate) fn first_account() -> AccountId {
        AccountId::new(0, 0)
    }

    pub(crate) fn place_of_first_account() -> Place {
        Place { organization: 0, index: 0 }
    }

    /// Where this account is; none where there is no such account.
    pub(crate) fn place(self, account: AccountId) -> Option<Place> {
        let number = account.0.checked_sub(FIRST)?;
        let organization = u32::try_from(number / u64::from(ACCOUNTS_PER_ORGANIZATION)).ok()?;
        let index = u32::try_from(number % u64::from(ACCOUNTS_PER_ORGANIZATION)).ok()?;
        (organization < self.organizations && index < self.accounts).then_some(Place { organization, index })
    }

    pub(crate) fn total(self) -> usize {
        usize::try_from(u64::from(self.organizations) * u64::from(self.accounts)).unwrap_or(usize::MAX)
    }

    /// The position of an account among all accounts.
    pub(crate) fn position(self, place: Place) -> usize {
        let position = u64::from(place.organization) * u64::from(self.accounts) + u64::from(place.index);
        usize::try_from(position).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_organization_and_index() {
        assert_eq!(AccountId::new(0, 0).to_string(), "100000000000");
        assert_eq!(AccountId::new(0, 99).to_string(), "100000000099");
        assert_eq!(AccountId::new(3, 7).to_string(), "100003000007");
    }

    #[test]
    fn only_twelve_digits_are_an_account_id() {
        assert_eq!("100000000007".parse(), Ok(AccountId::new(0, 7)));
        for text in ["", "10000000000", "1000000000070", "+10000000007", "10000000000a", "１00000000"] {
            assert_eq!(text.parse::<AccountId>(), Err(NotAnAccountId), "{text}");
        }
    }

    #[test]
    fn a_place_is_inside_the_layout_or_none() {
        let layout = Layout { organizations: 2, accounts: 3 };
        assert_eq!(layout.place(AccountId::new(1, 2)), Some(Place { organization: 1, index: 2 }));
        assert_eq!(layout.place(AccountId::new(1, 3)), None);
        assert_eq!(layout.place(AccountId::new(2, 0)), None);
        assert_eq!(layout.place("000000000001".parse().unwrap()), None);
        assert_eq!(layout.total(), 6);
        assert_eq!(layout.position(Place { organization: 1, index: 2 }), 5);
    }

    #[test]
    fn an_access_key_id_names_its_account() {
        for account in [AccountId::new(0, 0), AccountId::new(12, 49_999)] {
            let access_key_id = account.access_key_id();
            assert_eq!(access_key_id.len(), 20);
            assert_eq!(AccountId::of_access_key_id(&access_key_id), Some(account));
        }
        for other in ["AKIAIOSFODNN7EXAMPLE", "test", "ASIA", "ASIA100000000000", "ASIAéééééééé"] {
            assert_eq!(AccountId::of_access_key_id(other), None, "{other}");
        }
    }

    #[test]
    fn the_account_of_a_role_is_in_its_arn() {
        assert_eq!(AccountId::of_arn("arn:aws:iam::100000000001:role/a/b"), Some(AccountId::new(0, 1)));
        assert_eq!(AccountId::of_arn("arn:aws:iam::x:role/a"), None);
    }
}
