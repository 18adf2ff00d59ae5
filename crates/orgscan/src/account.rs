//! Accounts and Organizations as AWS Organizations describes them.
//!
//! Knows nothing of how they are listed or scanned.

mod partition;

use std::fmt;
use std::str::FromStr;

pub use partition::Partition;

/// The id of an AWS account: exactly twelve digits, leading zeros included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

/// The text is not an AWS account id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an account id has exactly 12 digits")]
pub struct NotAnAccountId;

impl FromStr for AccountId {
    type Err = NotAnAccountId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().map(Self).map_err(|_| NotAnAccountId)
        } else {
            Err(NotAnAccountId)
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:012}", self.0)
    }
}

/// The id of an Organization, `o-…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgId(Box<str>);

impl OrgId {
    /// Takes the id as AWS answers it.
    pub fn new(id: impl Into<Box<str>>) -> Self {
        Self(id.into())
    }

    /// The id as AWS writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrgId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Where an account is in its life.
///
/// `State` replaced `Status` in 2025, and `Status` was announced to go in September 2026; either may be what a caller
/// is answered. "Not answered" is an error to report, never a state to skip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountState {
    /// Sign-up is not finished.
    PendingActivation,
    /// In use.
    Active,
    /// Restricted by AWS. Under `Status` also what is now [`AccountState::Closed`].
    Suspended,
    /// Its closure was asked for; it still works.
    PendingClosure,
    /// Closed, and listed for another 90 days.
    Closed,
    /// A state this version does not know, as AWS spells it.
    Other(Box<str>),
    /// Neither `State` nor `Status` was answered.
    NotAnswered,
}

impl AccountState {
    /// Reads `State`, and `Status` only where there is no `State`.
    pub fn from_answer(state: Option<&str>, status: Option<&str>) -> Self {
        let answered = |text: &&str| !text.is_empty();
        match state.filter(answered).or(status.filter(answered)) {
            Some("PENDING_ACTIVATION") => Self::PendingActivation,
            Some("ACTIVE") => Self::Active,
            Some("SUSPENDED") => Self::Suspended,
            Some("PENDING_CLOSURE") => Self::PendingClosure,
            Some("CLOSED") => Self::Closed,
            Some(other) => Self::Other(other.into()),
            None => Self::NotAnswered,
        }
    }

    /// The state as AWS spells it; empty where it was not answered.
    pub fn as_str(&self) -> &str {
        match self {
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
            Self::Other(text) => text,
            Self::NotAnswered => "",
        }
    }

    /// Whether a role can be assumed in such an account: it is active, or its closure is only pending.
    pub fn can_be_entered(&self) -> bool {
        matches!(self, Self::Active | Self::PendingClosure)
    }
}

/// One account of an Organization. Its e-mail address is not kept: no output has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name, any text.
    pub name: String,
    /// Where it is in its life.
    pub state: AccountState,
    /// Root and organizational units above it, as `aws:PrincipalOrgPaths` spells it (`o-…/r-…/ou-…/`); empty where
    /// AWS answers no path.
    pub ou_path: String,
}

impl Account {
    /// Turns the first of the paths that `ListAccounts` answers into the path of the organizational unit: the account
    /// id at its end is cut off.
    pub fn ou_path_of(paths: &[String], id: AccountId) -> String {
        let Some(path) = paths.first() else { return String::new() };
        let id = id.to_string();
        let parents = path.trim_end_matches('/');
        let parents = parents.strip_suffix(id.as_str()).unwrap_or(parents).trim_end_matches('/');
        if parents.is_empty() { String::new() } else { format!("{parents}/") }
    }
}

/// An Organization, as its own members see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrgId,
    /// The account that created it and pays for it.
    pub management_account: AccountId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_is_twelve_digits_and_keeps_its_zeros() {
        let cases = [
            ("000000000012", true),
            ("123456789012", true),
            ("12345678901", false),
            ("1234567890123", false),
            ("12345678901a", false),
            ("+12345678901", false),
            ("", false),
        ];
        for (text, valid) in cases {
            let parsed = text.parse::<AccountId>();
            assert_eq!(parsed.is_ok(), valid, "{text}");
            if let Ok(id) = parsed {
                assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn state_wins_status_is_the_fallback_and_neither_is_told_apart() {
        let cases = [
            (Some("CLOSED"), Some("SUSPENDED"), AccountState::Closed),
            (None, Some("SUSPENDED"), AccountState::Suspended),
            (Some(""), Some("ACTIVE"), AccountState::Active),
            (Some("ACTIVE"), None, AccountState::Active),
            (Some("HIBERNATING"), Some("ACTIVE"), AccountState::Other("HIBERNATING".into())),
            (None, None, AccountState::NotAnswered),
        ];
        for (state, status, expected) in cases {
            assert_eq!(AccountState::from_answer(state, status), expected, "{state:?} {status:?}");
        }
    }

    #[test]
    fn only_active_and_pending_closure_can_be_entered() {
        let entered: Vec<&str> = ["PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED", "NEW", ""]
            .into_iter()
            .filter(|text| AccountState::from_answer(Some(text), None).can_be_entered())
            .collect();
        assert_eq!(entered, ["ACTIVE", "PENDING_CLOSURE"]);
    }

    #[test]
    fn the_ou_path_is_the_first_path_without_the_account() {
        let Ok(id) = "123456789012".parse() else { unreachable!("a valid id") };
        let cases = [
            (vec!["o-a1/r-b2/ou-b2-c3/123456789012/"], "o-a1/r-b2/ou-b2-c3/"),
            (vec!["o-a1/r-b2/123456789012"], "o-a1/r-b2/"),
            (vec!["o-a1/r-b2/", "o-a1/r-b2/ou-x/"], "o-a1/r-b2/"),
            (vec![""], ""),
            (vec![], ""),
        ];
        for (paths, expected) in cases {
            let paths: Vec<String> = paths.into_iter().map(String::from).collect();
            assert_eq!(Account::ou_path_of(&paths, id), expected, "{paths:?}");
        }
    }
}
