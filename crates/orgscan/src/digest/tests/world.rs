//! Organizations to make digests of.

use std::time::Duration;

use super::super::*;
use crate::account::{Account, AccountState};
use crate::assessment::{AccountFindings, Change, Criteria, NotCovered, Totals};
use crate::config::CisVersion;
use crate::credential_row::ROOT_USER;
use crate::exemption::ExemptionReview;
use crate::finding::{Finding, Status};
use crate::judgement::Thresholds;
use crate::ledger::{LedgerRow, Outcome};
use crate::rule::{Credential, Rule, Severity};

const MANAGEMENT_ACCOUNT: &str = "000000000012";

/// What a digest is made of, owned.
pub(super) struct World {
    pub(super) org_id: OrgId,
    /// None where only a report is known.
    pub(super) ledger: Option<Vec<LedgerRow>>,
    pub(super) assessment: Assessment,
    pub(super) findings_location: Option<String>,
    pub(super) page_location: Option<String>,
    pub(super) report_location: Option<String>,
    pub(super) coverage_location: Option<String>,
    pub(super) attachment: Option<AttachmentChoice>,
    pub(super) warnings: Vec<String>,
}

/// An assessment without findings.
pub(in crate::digest) fn assessment(change: Change) -> Assessment {
    Assessment::of_nothing(
        &Criteria {
            as_of: "2026-11-21T06:00:00Z".parse().unwrap(),
            cis_version: CisVersion::V7,
            thresholds: Thresholds { unused_days: 45, key_rotation_days: 90, root_use_days: 1 },
        },
        change,
    )
}

pub(super) fn since() -> Change {
    Change::Since(Some("2026-11-20T06:00:00Z".parse().unwrap()))
}

/// A finding of a rule, first seen on a day.
pub(super) fn finding(
    (account, account_name): (u64, &str),
    user: &str,
    rule: Rule,
    status: Status,
    since: &str,
    detail: &str,
) -> Finding<'static> {
    Finding {
        account_id: format!("{account:012}").into(),
        account_name: account_name.to_owned().into(),
        ou_path: "o-a1b2c3d4e5/r-ab12/".into(),
        user: user.to_owned().into(),
        user_arn: format!("arn:aws:iam::{account:012}:user/{user}").into(),
        rule: rule.id().into(),
        credential: Credential::Password,
        severity: rule.severity(),
        cis: rule.control(CisVersion::V7).map(Into::into),
        status,
        since: since.to_owned().into(),
        age_days: None,
        detail: detail.to_owned().into(),
        covered: true,
    }
}

impl World {
    /// Without accounts and findings, to be compared with the day before.
    pub(super) fn empty() -> Self {
        let location =
            |suffix: &str| Some(format!("s3://audit/aws-000000000012-{suffix}").replace('*', "2026-11-21T06-00-00Z"));
        Self {
            org_id: OrgId::new("o-a1b2c3d4e5"),
            ledger: Some(Vec::new()),
            assessment: assessment(since()),
            findings_location: location("findings-*.jsonl"),
            page_location: location("credential-report-*.html"),
            report_location: location("credential-report-*.csv"),
            coverage_location: location("credential-report-*-coverage.csv"),
            attachment: Some(AttachmentChoice::Attached(AttachedFile {
                file_name: "aws-000000000012-credential-report-2026-11-21T06-00-00Z.csv".to_owned(),
                content_type: "text/csv; charset=utf-8",
                content: Vec::new(),
            })),
            warnings: Vec::new(),
        }
    }

    /// With one account that was read.
    pub(super) fn read() -> Self {
        let mut world = Self::empty();
        world.account(12, "Example Corp", Outcome::Reported, "");
        world
    }

    pub(super) fn account(&mut self, id: u64, name: &str, outcome: Outcome, detail: &str) {
        self.ledger.get_or_insert_default().push(LedgerRow {
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

    /// Counts a finding as an assessment does.
    pub(super) fn add(&mut self, finding: &Finding<'_>) {
        let assessment = &mut self.assessment;
        if let Some(rule) = Rule::of_id(&finding.rule) {
            assessment.counts.add(rule, finding.status);
        }
        match finding.status {
            Status::New => assessment.new.add(finding),
            Status::Open => assessment.open.add(finding),
            Status::Resolved => assessment.resolved.add(finding),
            Status::Exempted => {}
        }
        if finding.status.counts() {
            let mut accounts = assessment.accounts.iter();
            let place = accounts.position(|account| account.account_id == finding.account_id).unwrap_or_else(|| {
                assessment.accounts_with_findings += 1;
                assessment.accounts.push(AccountFindings {
                    account_id: finding.account_id.to_string(),
                    account_name: finding.account_name.to_string(),
                    counts: [0; Severity::ALL.len()],
                });
                assessment.accounts.len() - 1
            });
            assessment.accounts[place].counts[finding.severity as usize] += 1;
        }
    }

    /// Adds so many findings of each of these.
    pub(super) fn with(mut self, findings: &[(Rule, Status, u64)]) -> Self {
        for (rule, status, count) in findings {
            for _ in 0..*count {
                self.add(&finding(
                    (12, "Example Corp"),
                    "somebody",
                    *rule,
                    *status,
                    "2026-11-01",
                    "something is wrong",
                ));
            }
        }
        self
    }

    pub(super) fn render(&self) -> Digest {
        let is_of_a_run = self.ledger.is_some();
        let digest = render(&OrganizationDigest {
            org_id: is_of_a_run.then_some(&self.org_id),
            management_account: is_of_a_run.then(|| MANAGEMENT_ACCOUNT.parse().unwrap()),
            scheduled_time: "2026-11-21T06:00:00Z".parse().unwrap(),
            coverage: match &self.ledger {
                Some(ledger) => Coverage::Ledger(ledger),
                None => Coverage::Report { accounts: self.assessment.totals.root_users },
            },
            assessment: &self.assessment,
            findings_location: self.findings_location.as_deref(),
            page_location: self.page_location.as_deref(),
            console: is_of_a_run.then_some("console.aws.amazon.com"),
            report_location: self.report_location.as_deref(),
            coverage_location: self.coverage_location.as_deref(),
            attachment: self.attachment.as_ref(),
            warnings: &self.warnings,
        })
        .unwrap();
        assert!(digest.html.len() <= HTML_LIMIT_BYTES, "the HTML has {} bytes", digest.html.len());
        assert!(!digest.subject.chars().any(char::is_control), "{}", digest.subject);
        digest
    }
}

const MANAGEMENT: (u64, &str) = (12, "Example Corp");
const PAYMENTS: (u64, &str) = (101, "Payments production");
const STAGING: (u64, &str) = (102, "Payments staging");
const DATA: (u64, &str) = (103, "Data & analytics");
const SANDBOX: (u64, &str) = (104, "Sandbox of the 数据 team");
const BILLING: (u64, &str) = (201, "Legacy billing");

/// An Organization as a reader may have one.
pub(super) fn realistic() -> World {
    let mut world = World::empty();
    for (id, name) in [MANAGEMENT, PAYMENTS, STAGING, DATA] {
        world.account(id, name, Outcome::Reported, "");
    }
    world.account(SANDBOX.0, SANDBOX.1, Outcome::ReportedPartially, "the tags could not be read");
    world.account(
        BILLING.0,
        BILLING.1,
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
    add_findings(&mut world);
    for rule in [Rule::ConsoleMfa, Rule::KeyRotation, Rule::KeyRotation] {
        world.assessment.counts.add(rule, Status::Open);
    }
    world.assessment.not_covered = NotCovered { accounts: 2, findings: 3 };
    world.assessment.accounts.push(AccountFindings {
        account_id: format!("{:012}", BILLING.0),
        account_name: BILLING.1.to_owned(),
        counts: [0, 1, 2, 0],
    });
    world.assessment.accounts_with_findings += 1;
    world.assessment.accounts.sort_by_key(|account| std::cmp::Reverse(account.counts));
    world.assessment.counts.add(Rule::ConsoleMfa, Status::Exempted);
    world.assessment.exemptions = Some(ExemptionReview {
        used: 1,
        problems: vec![
            "entry 2 (account 000000000103, rule key-rotation) expired on 2026-10-31, so what it exempted counts again"
                .to_owned(),
        ],
    });
    world.assessment.totals = Totals {
        rows: 17,
        users: 12,
        users_with_password: 7,
        users_with_password_without_mfa: 3,
        users_with_active_key: 6,
        root_users: 5,
        ..Totals::default()
    };
    world.warnings.push("the event has a field that is not known: retries".to_owned());
    world
}

fn add_findings(world: &mut World) {
    use Rule::{ConsoleMfa, KeyRotation, RootMfa, RootUsed, TwoActiveKeys, UnusedKey, UnusedPassword};
    use Status::{New, Open, Resolved};
    let today = "2026-11-21";
    for (account, user, rule, status, since, age_days, detail) in [
        (MANAGEMENT, ROOT_USER, RootUsed, New, today, Some(0), "the password was used on 2026-11-20, 0 days ago"),
        (SANDBOX, ROOT_USER, RootMfa, New, today, None, "has a password and no MFA"),
        (SANDBOX, "bob", ConsoleMfa, New, today, None, "has a console password and no MFA"),
        (
            PAYMENTS,
            "deploy-pipeline",
            UnusedKey,
            New,
            today,
            Some(45),
            "access key 1 was last used 45 days ago, in eu-central-1 with s3",
        ),
        (
            STAGING,
            "contractor.with.a.long.name@partner.example.com",
            ConsoleMfa,
            Open,
            "2026-08-02",
            None,
            "has a console password and no MFA",
        ),
        (DATA, "etl-nightly", KeyRotation, Open, "2026-06-11", Some(253), "access key 2 was made 253 days ago"),
        (PAYMENTS, "etl-nightly", KeyRotation, Open, "2026-09-30", Some(142), "access key 1 was made 142 days ago"),
        (
            DATA,
            "anna",
            UnusedPassword,
            Open,
            "2025-12-24",
            Some(377),
            "the console password was never used, and set 377 days ago",
        ),
        (DATA, "anna", UnusedKey, Open, "2026-01-15", Some(355), "access key 1 was never used, and made 355 days ago"),
        (DATA, "etl-nightly", TwoActiveKeys, Open, "2026-06-11", None, "both access keys are active"),
        (STAGING, "alice", ConsoleMfa, Resolved, "2026-10-02", None, "has a console password and no MFA"),
        (
            PAYMENTS,
            "old-backup",
            UnusedKey,
            Resolved,
            "2026-03-12",
            Some(299),
            "access key 1 was last used 299 days ago",
        ),
    ] {
        let finding = finding(account, user, rule, status, since, detail);
        world.add(&Finding { age_days, ..finding });
    }
}

/// A report straight from the console, and nothing else.
pub(super) fn offline() -> World {
    let mut world = World::empty();
    world.ledger = None;
    world.assessment.change = Change::First;
    world.findings_location = None;
    world.page_location = None;
    world.report_location = Some("credentials.csv".to_owned());
    world.coverage_location = None;
    world.attachment = None;
    world.assessment.totals = Totals {
        rows: 2,
        users: 1,
        users_with_password: 1,
        users_with_password_without_mfa: 1,
        root_users: 1,
        ..Totals::default()
    };
    let account = (123_456_789_012, "");
    for (user, rule, detail) in [
        (ROOT_USER, Rule::RootMfa, "has a password and no MFA"),
        ("alice", Rule::ConsoleMfa, "has a console password and no MFA"),
    ] {
        world.add(&finding(account, user, rule, Status::New, "2026-11-21", detail));
    }
    world
}
