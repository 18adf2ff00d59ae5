//! Organizations to make digests of.

use std::io::Read;
use std::time::Duration;

use csv::StringRecord;

use super::super::*;
use crate::account::{Account, AccountState};
use crate::credential_report::COLUMNS;
use crate::ledger::Outcome;
use crate::table::MERGED_LEADING_COLUMNS;

const MANAGEMENT_ACCOUNT: &str = "000000000012";

/// What a digest is made of, owned.
pub(super) struct World {
    pub(super) org_id: OrgId,
    pub(super) ledger: Vec<LedgerRow>,
    pub(super) credentials: Totals,
    pub(super) report: String,
    pub(super) report_location: Option<String>,
    pub(super) coverage_location: Option<String>,
    pub(super) attachment: AttachmentChoice,
    pub(super) warnings: Vec<String>,
}

impl World {
    pub(super) fn empty() -> Self {
        Self {
            org_id: OrgId::new("o-a1b2c3d4e5"),
            ledger: Vec::new(),
            credentials: Totals::default(),
            report: format!("{}\r\n", header()),
            report_location: Some("s3://audit/aws-000000000012-credential-report-2026-11-21T06-00-00Z.csv".to_owned()),
            coverage_location: Some(
                "s3://audit/aws-000000000012-credential-report-2026-11-21T06-00-00Z-coverage.csv".to_owned(),
            ),
            attachment: AttachmentChoice::Attached(AttachedFile {
                file_name: "aws-000000000012-credential-report-2026-11-21T06-00-00Z.csv".to_owned(),
                content_type: "text/csv; charset=utf-8",
                content: Vec::new(),
            }),
            warnings: Vec::new(),
        }
    }

    /// So many accounts, all read, each with its root user and so many users.
    pub(super) fn of_size(accounts: u64, users: u64) -> Self {
        let mut world = Self::empty();
        for account in 0..accounts {
            let name = format!("workload-{account}");
            world.account(account + 12, &name, Outcome::Reported, "");
            world.user(account + 12, &name, ROOT);
            for user in 0..users {
                let name_of_user = format!("user-{user}@example.com");
                world.user(account + 12, &name, [&name_of_user, "true", "2026-11-20T09:15:00Z", "true", "true"]);
            }
        }
        world
    }

    pub(super) fn account(&mut self, id: u64, name: &str, outcome: Outcome, detail: &str) {
        self.ledger.push(LedgerRow {
            account: Account {
                id: format!("{id:012}").parse().unwrap(),
                name: name.to_owned(),
                state: AccountState::Active,
                ou_path: "o-a1b2c3d4e5/r-ab12/".to_owned(),
            },
            org_id: self.org_id.clone(),
            outcome,
            attempts: 1,
            duration: Duration::from_millis(840),
            report_generated_time: None,
            regions_denied: Vec::new(),
            regions_not_enabled: Vec::new(),
            detail: detail.to_owned(),
        });
    }

    /// Adds a row: `user`, `password_enabled`, `password_last_used`, `mfa_active`, `access_key_1_active`.
    pub(super) fn user(&mut self, account: u64, account_name: &str, [name, password, last_used, mfa, key]: [&str; 5]) {
        let key_date = if key == "true" { "2026-02-03T10:00:00Z" } else { "N/A" };
        let cells = [
            (&format!("{account:012}") as &str, "account_id"),
            (account_name, "account_name"),
            ("o-a1b2c3d4e5", "org_id"),
            (name, "user"),
            (password, "password_enabled"),
            (last_used, "password_last_used"),
            (mfa, "mfa_active"),
            (key, "access_key_1_active"),
            (key_date, "access_key_1_last_rotated"),
            ("N/A", "access_key_1_last_used_date"),
            ("false", "access_key_2_active"),
            ("N/A", "access_key_2_last_rotated"),
        ];
        let record: StringRecord = MERGED_LEADING_COLUMNS
            .iter()
            .chain(&COLUMNS)
            .map(|column| cells.iter().find(|(_, name)| name == column).map_or("", |(cell, _)| cell))
            .collect();
        let columns = CredentialColumns::of(&header().split(',').collect());
        self.credentials.add(&columns, &record);
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(&record).unwrap();
        self.report.push_str(&String::from_utf8(writer.into_inner().unwrap()).unwrap());
    }

    pub(super) fn render_from(&self, report: impl Read) -> Digest {
        let digest = render(
            &OrganizationDigest {
                org_id: &self.org_id,
                management_account: MANAGEMENT_ACCOUNT.parse().unwrap(),
                scheduled_time: "2026-11-21T06:00:00Z".parse().unwrap(),
                ledger: &self.ledger,
                credentials: &self.credentials,
                report_location: self.report_location.as_deref(),
                coverage_location: self.coverage_location.as_deref(),
                attachment: &self.attachment,
                warnings: &self.warnings,
            },
            report,
        )
        .unwrap();
        assert!(digest.html.len() <= HTML_LIMIT_BYTES, "the HTML has {} bytes", digest.html.len());
        assert!(!digest.subject.chars().any(char::is_control), "{}", digest.subject);
        digest
    }

    pub(super) fn render(&self) -> Digest {
        self.render_from(self.report.as_bytes())
    }
}

const ROOT: [&str; 5] = ["<root_account>", "false", "N/A", "false", "false"];

pub(super) fn header() -> String {
    MERGED_LEADING_COLUMNS.iter().chain(&COLUMNS).copied().collect::<Vec<_>>().join(",")
}

/// An Organization as a reader may have one.
pub(super) fn realistic() -> World {
    let mut world = World::empty();
    world.account(12, "Example Corp", Outcome::Reported, "");
    world.user(12, "Example Corp", ["<root_account>", "true", "2026-11-19T17:02:11Z", "true", "false"]);
    world.user(12, "Example Corp", ["breakglass", "true", "no_information", "true", "false"]);
    for (id, name) in [(101, "Payments production"), (102, "Payments staging"), (103, "Data & analytics")] {
        world.account(id, name, Outcome::Reported, "");
        world.user(id, name, ROOT);
        world.user(id, name, ["alice", "true", "2026-11-20T09:15:00Z", "true", "false"]);
        world.user(id, name, ["deploy-pipeline", "false", "N/A", "false", "true"]);
    }
    world.account(104, "Sandbox of the 数据 team", Outcome::ReportedPartially, "the tags could not be read");
    world.user(104, "Sandbox of the 数据 team", ["bob", "true", "2025-02-01T08:00:00Z", "false", "true"]);
    world.account(
        201,
        "Legacy billing",
        Outcome::AssumeDenied,
        "sts:AssumeRole was denied (AccessDenied): User: arn:aws:sts::000000000012:assumed-role/credential-report/orgscan \
         is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::000000000201:role/OrganizationAccountAccessRole",
    );
    world.account(202, "Acquired 2024", Outcome::AssumeDenied, "sts:AssumeRole was denied (AccessDenied)");
    world.account(
        203,
        "Very new",
        Outcome::ReportTimeout,
        "iam:GetCredentialReport has no answer yet (ReportInProgress)",
    );
    world.account(204, "Left", Outcome::SkippedState, "");
    world.account(205, "Not ours", Outcome::SkippedExcluded, "ACCOUNTS_EXCLUDE names it");
    world.warnings.push("the event has a field that is not known: retries".to_owned());
    world
}
