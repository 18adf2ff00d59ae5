//! The rules that findings come from: what each is called, how bad it is, which control of the benchmark it stands for and
//! what to do about it.
//!
//! Every rule is checked whichever version of the benchmark is chosen; a rule for which that version has no control is a
//! finding without one. Whether a row breaks a rule is decided in [`crate::judgement`].

use serde::{Deserialize, Serialize};

use crate::config::CisVersion;

/// How bad a finding is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The account itself is at stake.
    Critical,
    /// A sign-in that one stolen secret opens.
    High,
    /// A credential that should be gone or renewed.
    Medium,
    /// Bad practice.
    Low,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// The severity as findings spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// What of a user a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// The console password.
    Password,
    /// The first access key of the report, which need not be the older one.
    #[serde(rename = "access_key_1")]
    AccessKey1,
    /// The second access key.
    #[serde(rename = "access_key_2")]
    AccessKey2,
    /// The first signing certificate.
    #[serde(rename = "cert_1")]
    Certificate1,
    /// The second signing certificate.
    #[serde(rename = "cert_2")]
    Certificate2,
    /// Multi-factor authentication.
    Mfa,
}

impl Credential {
    /// The two access keys, in the report's order.
    pub const ACCESS_KEYS: [Self; 2] = [Self::AccessKey1, Self::AccessKey2];

    /// The two signing certificates, in the report's order.
    pub const CERTIFICATES: [Self; 2] = [Self::Certificate1, Self::Certificate2];

    /// The credential as findings spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::AccessKey1 => "access_key_1",
            Self::AccessKey2 => "access_key_2",
            Self::Certificate1 => "cert_1",
            Self::Certificate2 => "cert_2",
            Self::Mfa => "mfa",
        }
    }

    /// The credential in a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Password => "the console password",
            Self::AccessKey1 => "access key 1",
            Self::AccessKey2 => "access key 2",
            Self::Certificate1 => "signing certificate 1",
            Self::Certificate2 => "signing certificate 2",
            Self::Mfa => "MFA",
        }
    }
}

/// A rule over one row of a credential report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The root user has an active access key.
    RootAccessKey,
    /// The root user has or may have a password, and no MFA.
    RootMfa,
    /// The root user was used of late.
    RootUsed,
    /// The root user has an active signing certificate.
    RootCertificate,
    /// A user has a password and no MFA.
    ConsoleMfa,
    /// A password is not used.
    UnusedPassword,
    /// An active access key is not used.
    UnusedKey,
    /// An active access key is old.
    KeyRotation,
    /// Both access keys are active.
    TwoActiveKeys,
    /// A user with a password has an active access key that was never used.
    SetupKey,
}

impl Rule {
    /// Every rule, the worst first.
    pub const ALL: [Self; 10] = [
        Self::RootAccessKey,
        Self::RootMfa,
        Self::RootUsed,
        Self::RootCertificate,
        Self::ConsoleMfa,
        Self::UnusedPassword,
        Self::UnusedKey,
        Self::KeyRotation,
        Self::TwoActiveKeys,
        Self::SetupKey,
    ];

    /// The rule's id, as findings and exemptions spell it.
    pub fn id(self) -> &'static str {
        match self {
            Self::RootAccessKey => "root-access-key",
            Self::RootMfa => "root-mfa",
            Self::RootUsed => "root-used",
            Self::RootCertificate => "root-certificate",
            Self::ConsoleMfa => "console-mfa",
            Self::UnusedPassword => "unused-password",
            Self::UnusedKey => "unused-key",
            Self::KeyRotation => "key-rotation",
            Self::TwoActiveKeys => "two-active-keys",
            Self::SetupKey => "setup-key",
        }
    }

    /// The rule with this id.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id() == id)
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::RootAccessKey | Self::RootMfa => Severity::Critical,
            Self::RootUsed | Self::RootCertificate | Self::ConsoleMfa => Severity::High,
            Self::UnusedPassword | Self::UnusedKey | Self::KeyRotation => Severity::Medium,
            Self::TwoActiveKeys | Self::SetupKey => Severity::Low,
        }
    }

    /// The control of the CIS AWS Foundations Benchmark that it stands for; none where that version has no such control.
    ///
    /// Source: the benchmark's sections "Identity and Access Management" (1 in version 5, 2 from version 6 on).
    pub fn control(self, version: CisVersion) -> Option<&'static str> {
        let [seven, six, five] = match self {
            Self::RootAccessKey => [Some("2.4"), Some("2.3"), Some("1.3")],
            Self::RootMfa => [Some("2.5"), Some("2.4"), Some("1.4")],
            Self::RootUsed => [Some("2.7"), Some("2.6"), Some("1.6")],
            Self::RootCertificate => [None, None, None],
            Self::ConsoleMfa => [Some("2.10"), Some("2.9"), Some("1.9")],
            Self::UnusedPassword | Self::UnusedKey => [Some("2.11"), Some("2.11"), Some("1.11")],
            Self::KeyRotation => [Some("2.12"), Some("2.13"), Some("1.13")],
            Self::TwoActiveKeys => [None, Some("2.12"), Some("1.12")],
            Self::SetupKey => [None, Some("2.10"), Some("1.10")],
        };
        match version {
            CisVersion::V7 => seven,
            CisVersion::V6 => six,
            CisVersion::V5 => five,
        }
    }

    /// What is wrong, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::RootAccessKey => "Root user with an active access key",
            Self::RootMfa => "Root user without MFA",
            Self::RootUsed => "Root user in use",
            Self::RootCertificate => "Root user with an active signing certificate",
            Self::ConsoleMfa => "Console password without MFA",
            Self::UnusedPassword => "Console password not in use",
            Self::UnusedKey => "Access key not in use",
            Self::KeyRotation => "Access key not rotated",
            Self::TwoActiveKeys => "Two active access keys",
            Self::SetupKey => "Access key made with the user and never used",
        }
    }

    /// What to do about it, a sentence.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::RootAccessKey => {
                "Delete the key; member accounts need no root credentials at all where root access is managed centrally."
            }
            Self::RootMfa => {
                "Register an MFA device for the root user, or, in a member account, remove its root credentials \
                 centrally."
            }
            Self::RootUsed => {
                "Ask who signed in as root and why, and give them a role for it; CloudTrail has what was done."
            }
            Self::RootCertificate => "Delete the signing certificate of the root user.",
            Self::ConsoleMfa => "Have the user register an MFA device, or remove the password.",
            Self::UnusedPassword => "Remove the password, and the user where nothing else of it is in use.",
            Self::UnusedKey => "Deactivate the key, and delete it once nobody misses it.",
            Self::KeyRotation => "Rotate the key, or replace it by a role.",
            Self::TwoActiveKeys => "Deactivate the key that is no longer needed.",
            Self::SetupKey => "Delete the key: it was made with the user and nobody needed it.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_the_severities_and_controls_of_the_benchmark() {
        use CisVersion::{V5, V6, V7};
        let table = [
            ("root-access-key", "critical", "2.4 2.3 1.3"),
            ("root-mfa", "critical", "2.5 2.4 1.4"),
            ("root-used", "high", "2.7 2.6 1.6"),
            ("root-certificate", "high", "- - -"),
            ("console-mfa", "high", "2.10 2.9 1.9"),
            ("unused-password", "medium", "2.11 2.11 1.11"),
            ("unused-key", "medium", "2.11 2.11 1.11"),
            ("key-rotation", "medium", "2.12 2.13 1.13"),
            ("two-active-keys", "low", "- 2.12 1.12"),
            ("setup-key", "low", "- 2.10 1.10"),
        ];
        assert_eq!(table.map(|(id, _, _)| id), Rule::ALL.map(Rule::id));
        for (id, severity, controls) in table {
            let Some(rule) = Rule::of_id(id) else { unreachable!("{id} is a rule") };
            assert_eq!(rule.severity().as_str(), severity, "{id}");
            assert_eq!([V7, V6, V5].map(|version| rule.control(version).unwrap_or("-")).join(" "), controls, "{id}");
        }
    }

    #[test]
    fn rules_come_worst_first_and_names_are_their_own() {
        assert!(Rule::ALL.is_sorted_by_key(|rule| rule.severity()));
        assert!(Severity::ALL.is_sorted());
        assert_eq!(Rule::of_id("Root-mfa"), None);
        for severity in Severity::ALL {
            assert_eq!(serde_json::to_value(severity).ok(), Some(severity.as_str().into()));
        }
        for credential in [Credential::Password, Credential::Mfa]
            .into_iter()
            .chain(Credential::ACCESS_KEYS)
            .chain(Credential::CERTIFICATES)
        {
            assert_eq!(serde_json::to_value(credential).ok(), Some(credential.as_str().into()));
        }
    }
}
