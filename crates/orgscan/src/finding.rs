//! A finding: what is wrong with one credential of one user, and how it stands to the run before.
//!
//! Findings are kept as JSON lines, one object each, which is what the next run compares with.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::rule::{Credential, Severity};

/// How a finding stands to those of the run before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "FindingStatus"))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The run before did not have it.
    New,
    /// The run before had it too.
    Open,
    /// The run before had it, and it is gone.
    Resolved,
    /// Somebody decided to live with it, until a day that has not passed.
    Exempted,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::New, Self::Open, Self::Resolved, Self::Exempted];

    /// The status as findings spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Exempted => "exempted",
        }
    }

    /// Whether somebody has to act on it.
    pub fn counts(self) -> bool {
        matches!(self, Self::New | Self::Open)
    }
}

/// One line of a findings file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding<'a> {
    /// The account, 12 digits.
    pub account_id: Cow<'a, str>,
    /// The account's name; empty where only its report is known.
    pub account_name: Cow<'a, str>,
    /// Its place in the Organization; empty where AWS answers none.
    pub ou_path: Cow<'a, str>,
    /// The user, `<root_account>` for the root user.
    pub user: Cow<'a, str>,
    /// The user's ARN.
    pub user_arn: Cow<'a, str>,
    /// The id of the rule; one that this version does not know is of another version's findings.
    pub rule: Cow<'a, str>,
    /// What of the user it is about.
    pub credential: Credential,
    /// How bad it is.
    pub severity: Severity,
    /// The control of the chosen version of the benchmark, where it has one.
    pub cis: Option<Cow<'a, str>>,
    /// How it stands to the run before.
    pub status: Status,
    /// The day on which it was first seen, `2026-11-21`.
    pub since: Cow<'a, str>,
    /// How many whole days the rule's own clock shows: since the last use, or the last rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_days: Option<u32>,
    /// A sentence about this credential.
    pub detail: Cow<'a, str>,
    /// False where the account was not read, or not in full, this time, so that the finding is one of an earlier run, carried
    /// on.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub covered: bool,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_true(flag: &bool) -> bool {
    *flag
}

/// What makes a finding the same one in another run: account, user ARN, rule and credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity(u128);

impl Finding<'_> {
    /// What makes it the same finding in another run.
    pub fn identity(&self) -> Identity {
        Identity::of(&self.account_id, &self.user_arn, &self.rule, self.credential)
    }

    /// The same finding with texts of its own.
    pub fn into_owned(self) -> Finding<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Finding {
            account_id: owned(self.account_id),
            account_name: owned(self.account_name),
            ou_path: owned(self.ou_path),
            user: owned(self.user),
            user_arn: owned(self.user_arn),
            rule: owned(self.rule),
            credential: self.credential,
            severity: self.severity,
            cis: self.cis.map(owned),
            status: self.status,
            since: owned(self.since),
            age_days: self.age_days,
            detail: owned(self.detail),
            covered: self.covered,
        }
    }
}

/// FNV-1a of 128 bits (RFC draft-eastlake-fnv): offset basis and prime. Two of a hundred million findings meet by chance
/// once in 10^22 Organizations, and a hash takes a tenth of the memory of the texts.
const FNV_OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

impl Identity {
    /// The identity of these.
    pub fn of(account_id: &str, user_arn: &str, rule: &str, credential: Credential) -> Self {
        let mut hash = FNV_OFFSET_BASIS;
        for text in [account_id, user_arn, rule, credential.as_str()] {
            // A byte that no UTF-8 text has keeps the texts apart.
            for byte in text.bytes().chain([0xff]) {
                hash = (hash ^ u128::from(byte)).wrapping_mul(FNV_PRIME);
            }
        }
        Self(hash)
    }

    /// The identity as 32 hexadecimal digits, for formats that want a finding to have a name.
    pub fn to_hex(self) -> String {
        format!("{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> Finding<'static> {
        Finding {
            account_id: "000000000012".into(),
            account_name: "payments, \"prod\"".into(),
            ou_path: "o-a/r-b/".into(),
            user: "alice".into(),
            user_arn: "arn:aws:iam::000000000012:user/alice".into(),
            rule: "unused-key".into(),
            credential: Credential::AccessKey2,
            severity: Severity::Medium,
            cis: Some("2.11".into()),
            status: Status::Open,
            since: "2026-11-01".into(),
            age_days: Some(45),
            detail: "access key 2 was last used 45 days ago".into(),
            covered: true,
        }
    }

    #[test]
    fn a_finding_is_a_json_line_that_other_programs_read() {
        let line = serde_json::to_string(&finding()).unwrap_or_default();
        assert_eq!(
            line,
            r#"{"account_id":"000000000012","account_name":"payments, \"prod\"","ou_path":"o-a/r-b/","user":"alice","user_arn":"arn:aws:iam::000000000012:user/alice","rule":"unused-key","credential":"access_key_2","severity":"medium","cis":"2.11","status":"open","since":"2026-11-01","age_days":45,"detail":"access key 2 was last used 45 days ago"}"#
        );
        assert_eq!(serde_json::from_str::<Finding<'_>>(&line).ok(), Some(finding()));
    }

    #[test]
    fn what_a_finding_lacks_is_left_out_or_null() {
        let lacking = Finding { cis: None, age_days: None, covered: false, ..finding() };
        let line = serde_json::to_value(&lacking).unwrap_or_default();
        assert_eq!(line.get("cis"), Some(&serde_json::Value::Null));
        assert_eq!(line.get("age_days"), None);
        assert_eq!(line.get("covered"), Some(&false.into()));
    }

    #[test]
    fn a_finding_is_the_same_by_account_user_rule_and_credential_and_nothing_else() {
        let other = Finding {
            account_name: "renamed".into(),
            ou_path: "moved".into(),
            severity: Severity::Low,
            cis: None,
            status: Status::New,
            since: "2020-01-01".into(),
            age_days: None,
            detail: String::new().into(),
            covered: false,
            ..finding()
        };
        assert_eq!(other.identity(), finding().identity());
        let different = [
            Finding { account_id: "000000000013".into(), ..finding() },
            Finding { user_arn: "arn:aws:iam::000000000012:user/bob".into(), ..finding() },
            Finding { rule: "key-rotation".into(), ..finding() },
            Finding { credential: Credential::AccessKey1, ..finding() },
            // The same letters, cut elsewhere.
            Finding {
                account_id: "000000000012a".into(),
                user_arn: "rn:aws:iam::000000000012:user/alice".into(),
                ..finding()
            },
        ];
        for one in different {
            assert_ne!(one.identity(), finding().identity(), "{one:?}");
        }
        assert_eq!(finding().identity().to_hex().len(), 32);
    }
}
