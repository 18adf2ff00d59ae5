//! The small worlds of the matrix, and how a function is run on them.

use aws_sim::Settings;

/// The function and the world that a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The inventory of two Organizations of four accounts each.
    Inventory,
    /// The same without regions, of 25 accounts each, which are two pages.
    Listing,
    /// The same with few accounts, and tags asked for account by account.
    Tags,
    /// The credential reports of one Organization, which AWS holds already.
    Audit,
    /// The same where every report has to be made.
    AuditWithoutReports,
    /// The same with so many users that the report goes in parts.
    LargeAudit,
    /// The same with mail.
    MailedAudit,
    /// The same on a day after the first.
    NextAudit,
    /// The same event a second time.
    RepeatedAudit,
}

/// When the run is that all places are compared in.
pub(crate) const TIME: &str = "2026-11-21T06:00:00Z";

/// A day before it.
const DAY_BEFORE: &str = "2026-11-20T06:00:00Z";

const TENANTS: [(&str, &str); 2] = orgscan_tests::sim::TENANTS;

impl Place {
    /// The function that runs.
    pub(crate) fn function(self) -> &'static str {
        match self {
            Self::Inventory | Self::Listing | Self::Tags => "account-metadata",
            _ => "credential-report",
        }
    }

    /// The world, without faults.
    pub(crate) fn world(self) -> Settings {
        let world = Settings { users: 3, fresh_share: 1.0, ..Settings::immediate() };
        match self {
            Self::Inventory | Self::Tags => Settings { organizations: 2, accounts: 4, tagged_share: 1.0, ..world },
            Self::Listing => Settings { organizations: 2, accounts: 25, tagged_share: 1.0, ..world },
            Self::AuditWithoutReports => Settings { accounts: 6, fresh_share: 0.0, ..world },
            Self::LargeAudit => Settings { accounts: 4, users: 4_200, ..world },
            _ => Settings { accounts: 6, ..world },
        }
    }

    /// Settings of the function beside those that every run has.
    pub(crate) fn settings(self) -> Vec<(&'static str, &'static str)> {
        let mut settings = Vec::new();
        if self.function() == "account-metadata" {
            settings.extend(TENANTS);
        }
        match self {
            Self::Listing => settings.push(("REGION_DETECTION", "off")),
            Self::Tags => settings.extend([("REGION_DETECTION", "off"), ("TAG_SOURCE", "organizations")]),
            Self::MailedAudit => settings
                .extend([("MAIL_SENDER", "audit@example.com"), ("MAIL_RECIPIENTS", "one@example.com,two@example.com")]),
            _ => {}
        }
        settings
    }

    /// The times of the events, the last of which is the run that is looked at.
    pub(crate) fn times(self) -> &'static [&'static str] {
        match self {
            Self::NextAudit => &[DAY_BEFORE, TIME],
            Self::RepeatedAudit => &[TIME, TIME],
            _ => &[TIME],
        }
    }

    /// Every account, by management account.
    pub(crate) fn accounts(self) -> Vec<(String, Vec<String>)> {
        let Settings { organizations, accounts, .. } = self.world();
        let of = |organization: u32| (0..accounts).map(move |index| account(organization, index)).collect();
        (0..organizations).map(|organization| (account(organization, 0), of(organization))).collect()
    }
}

/// An account's id, as the stand-in numbers them.
pub(crate) fn account(organization: u32, index: u32) -> String {
    (100_000_000_000_u64 + u64::from(organization) * 1_000_000 + u64::from(index)).to_string()
}
