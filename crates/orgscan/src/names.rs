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
    /// The ledger of the last run that did not reach every account, until one has.
    Unfinished,
}

impl Edition<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Of(time_stamp) => time_stamp,
            Self::Latest => "latest",
            Self::Unfinished => "unfinished",
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

/// The findings of an Organization, as JSON lines: what the next run compares with.
pub fn findings(management_account: AccountId, edition: Edition<'_>) -> String {
    format!("aws-{management_account}-findings-{}.jsonl", edition.text())
}

/// The same as a table.
pub fn findings_csv(management_account: AccountId, edition: Edition<'_>) -> String {
    format!("{}-findings.csv", Report::CredentialReport.stem(management_account, edition))
}

/// The same in the Open Cybersecurity Schema Framework.
pub fn findings_ocsf(management_account: AccountId, edition: Edition<'_>) -> String {
    format!("{}-findings.ocsf.jsonl", Report::CredentialReport.stem(management_account, edition))
}

/// How the findings of an Organization went over its runs.
pub fn findings_trend(management_account: AccountId) -> String {
    format!("aws-{management_account}-findings-trend.json")
}

/// The page that shows a credential report and its findings.
pub fn report_page(management_account: AccountId, edition: Edition<'_>) -> String {
    format!("{}.html", Report::CredentialReport.stem(management_account, edition))
}

/// The time stamp of a name: UTC, `2026-11-21T06-00-00Z`, which needs no escape in a key, a path or a URL.
pub fn time_stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H-%M-%SZ").to_string()
}

/// The time in a name that [`time_stamp`] made; none where there is none.
pub fn time_in(name: &str) -> Option<Timestamp> {
    let length = "2026-11-21T06-00-00Z".len();
    (0..name.len()).filter_map(|at| name.get(at..at + length)).find_map(|text| {
        let time = jiff::civil::DateTime::strptime("%Y-%m-%dT%H-%M-%SZ", text).ok()?;
        let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        // The parser takes a 60th second for the 59th, which no name of ours has.
        (time_stamp(time) == text).then_some(time)
    })
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
            Report::CredentialReport.coverage_csv(id, Edition::Unfinished),
            "aws-000000000012-credential-report-unfinished-coverage.csv"
        );
        assert_eq!(
            Report::CredentialReport.malformed(id, &stamp, id),
            "malformed/aws-000000000012-credential-report-2026-11-21T06-00-00Z-000000000012"
        );
        assert_eq!(findings(id, of), "aws-000000000012-findings-2026-11-21T06-00-00Z.jsonl");
        assert_eq!(findings(id, Edition::Latest), "aws-000000000012-findings-latest.jsonl");
        assert_eq!(findings_csv(id, of), "aws-000000000012-credential-report-2026-11-21T06-00-00Z-findings.csv");
        assert_eq!(findings_ocsf(id, Edition::Latest), "aws-000000000012-credential-report-latest-findings.ocsf.jsonl");
        assert_eq!(time_in(&findings(id, of)).map(time_stamp).as_deref(), Some("2026-11-21T06-00-00Z"));
        assert_eq!(time_in(&findings(id, Edition::Latest)), None);
        assert_eq!(time_in("2026-11-21T06-00-60Z"), None);
        assert_eq!(findings_trend(id), "aws-000000000012-findings-trend.json");
        assert_eq!(report_page(id, of), "aws-000000000012-credential-report-2026-11-21T06-00-00Z.html");
    }
}
