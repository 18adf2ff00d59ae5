//! The names of everything that is written. They are what other programs read, so they change only with notice.

use jiff::Timestamp;

use crate::account::AccountId;

/// What stands in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition<'a> {
    /// One run's own objects, by the run's time stamp.
    Of(&'a str),
    /// The newest, written last.
    Latest,
}

impl Edition<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Of(time_stamp) => time_stamp,
            Self::Latest => "latest",
        }
    }
}

/// Which report a name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The inventory.
    AccountMetadata,
    /// The merged credential report.
    CredentialReport,
}

impl Report {
    fn text(self) -> &'static str {
        match self {
            Self::AccountMetadata => "account-metadata-report",
            Self::CredentialReport => "credential-report",
        }
    }

    fn stem(self, management_account: AccountId, edition: Edition<'_>) -> String {
        format!("aws-{management_account}-{}-{}", self.text(), edition.text())
    }

    /// The report itself.
    pub fn csv(self, management_account: AccountId, edition: Edition<'_>) -> String {
        format!("{}.csv", self.stem(management_account, edition))
    }

    /// Its coverage ledger.
    pub fn coverage_csv(self, management_account: AccountId, edition: Edition<'_>) -> String {
        format!("{}-coverage.csv", self.stem(management_account, edition))
    }

    /// The marker that keeps a repeated event from mailing twice.
    pub fn mail_marker(self, management_account: AccountId, time_stamp: &str) -> String {
        format!("{}-mail.json", self.stem(management_account, Edition::Of(time_stamp)))
    }

    /// The bytes that an account answered in place of a report.
    pub fn malformed(self, management_account: AccountId, time_stamp: &str, account: AccountId) -> String {
        format!("malformed/{}-{account}", self.stem(management_account, Edition::Of(time_stamp)))
    }
}

/// The time stamp of a name: UTC, `2026-11-21T06-00-00Z`, which needs no escape in a key, a path or a URL.
pub fn time_stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H-%M-%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_other_programs_read() {
        let (Ok(id), Ok(time)) = ("000000000012".parse(), "2026-11-21T06:00:00.9Z".parse()) else {
            unreachable!("valid texts")
        };
        let stamp = time_stamp(time);
        assert_eq!(stamp, "2026-11-21T06-00-00Z");
        let of = Edition::Of(&stamp);
        assert_eq!(
            Report::AccountMetadata.csv(id, of),
            "aws-000000000012-account-metadata-report-2026-11-21T06-00-00Z.csv"
        );
        assert_eq!(Report::CredentialReport.csv(id, of), "aws-000000000012-credential-report-2026-11-21T06-00-00Z.csv");
        assert_eq!(
            Report::CredentialReport.coverage_csv(id, of),
            "aws-000000000012-credential-report-2026-11-21T06-00-00Z-coverage.csv"
        );
        assert_eq!(
            Report::AccountMetadata.coverage_csv(id, Edition::Latest),
            "aws-000000000012-account-metadata-report-latest-coverage.csv"
        );
        assert_eq!(
            Report::CredentialReport.malformed(id, &stamp, id),
            "malformed/aws-000000000012-credential-report-2026-11-21T06-00-00Z-000000000012"
        );
    }
}
