use orgscan::finding::Status as FindingStatus;
use orgscan::ledger::{Outcome, Sum};
use orgscan::rule::Severity;
use orgscan::summary::{
    AccountSums, Comparison, FindingCounts, MailSummary, OrganizationSummary, Status, Summary, TenantsSummary,
    WorstFinding,
};
use orgscan::tenant::RejectedTenant;

use super::line::{COLUMNS, columns_of};
use super::*;

/// The lines of a small terminal, without the one that the prompt needs.
const LINES: usize = 23;

fn text(summary: &Summary) -> String {
    lines(summary).iter().map(|line| line.print(false) + "\n").collect()
}

fn finding(severity: Severity, status: FindingStatus, account_name: &str, user: &str, title: &str) -> WorstFinding {
    WorstFinding {
        severity,
        status,
        account_id: "000000000012".into(),
        account_name: account_name.into(),
        user: user.into(),
        rule: "root-mfa".into(),
        title: title.into(),
    }
}

/// An Organization of these accounts; the rest of `listed` is reported.
fn organization(number: u64, listed: u64, others: &[(Outcome, u64)]) -> OrganizationSummary {
    let account = format!("{:012}", 111_122_223_333 + number);
    let count = |sum| others.iter().filter(|(outcome, _)| outcome.sum() == sum).map(|(_, count)| count).sum::<u64>();
    let (skipped, failed) = (count(Sum::Skipped), count(Sum::Failed));
    let mut outcomes =
        std::collections::BTreeMap::from([("reported", listed - skipped - failed - count(Sum::Reported))]);
    outcomes.extend(others.iter().map(|(outcome, count)| (outcome.as_str(), *count)));
    let place = |kind: &str| Some(format!("s3://example-reports/audit/aws-{account}-{kind}"));
    OrganizationSummary {
        org_id: format!("o-example{number:05}"),
        management_account_id: account.clone(),
        accounts: AccountSums { listed, reported: listed - skipped - failed, skipped, failed },
        outcomes,
        report: place("credential-report-2026-11-21T06-00-00Z.csv"),
        coverage: place("credential-report-2026-11-21T06-00-00Z-coverage.csv"),
        findings: place("findings-2026-11-21T06-00-00Z.jsonl"),
        finding_counts: Some(FindingCounts {
            new: 2,
            open: 40,
            resolved: 3,
            exempted: 1,
            critical: 1,
            high: 12,
            medium: 29,
            low: 0,
        }),
        comparison: Some(Comparison::RunBefore),
        worst: vec![
            finding(
                Severity::Critical,
                FindingStatus::Open,
                "payments-prod",
                "<root_account>",
                "Root user without MFA",
            ),
            finding(Severity::High, FindingStatus::New, "Sandbox", "alice", "Console password without MFA"),
            finding(
                Severity::Low,
                FindingStatus::Open,
                "",
                "a-user-with-a-name-of-sixty-four-characters-as-iam-lets-them-be",
                "Access key made with the user and never used",
            ),
        ],
        page: place("credential-report-2026-11-21T06-00-00Z.html"),
    }
}

fn summary(organizations: Vec<OrganizationSummary>) -> Summary {
    let covered = organizations.iter().all(OrganizationSummary::is_covered);
    Summary {
        run_id: "run".into(),
        scheduled_time: "2026-11-21T06:00:00Z".into(),
        status: if covered { Status::Complete } else { Status::Partial },
        organizations,
        tenants: None,
        mail: Some(MailSummary { sent: 1, recipients: 2, message_ids: vec!["id".into()] }),
        api_calls: [("sts:AssumeRole", 499), ("iam:GetCredentialReport", 1_500)].into(),
        throttled_calls: 0,
        undelivered: 0,
        duration_ms: 12_345,
        warnings: Vec::new(),
        unknown_accounts: Vec::new(),
        dry_run: false,
    }
}

#[test]
fn a_complete_run() {
    insta::assert_snapshot!(text(&summary(vec![organization(0, 500, &[(Outcome::SkippedState, 3)])])));
}

#[test]
fn a_partial_run() {
    let others = [
        (Outcome::SkippedState, 3),
        (Outcome::AssumeDenied, 7),
        (Outcome::Throttled, 2),
        (Outcome::ReportedPartially, 4),
        (Outcome::NotAttempted, 1_200),
        (Outcome::ServiceError, 1),
    ];
    let mut partial = summary(vec![organization(0, 12_500, &others)]);
    partial.warnings = vec![
        "s3://example-reports/aws-111122223333-findings-latest.jsonl could not be written: s3:PutObject was denied"
            .into(),
        "another one".into(),
        "a third one".into(),
    ];
    partial.throttled_calls = 2;
    insta::assert_snapshot!(text(&partial));
}

#[test]
fn a_run_over_many_organizations() {
    let mut organizations: Vec<OrganizationSummary> = (0..1_200).map(|number| organization(number, 40, &[])).collect();
    organizations.push(organization(1_200, 80, &[(Outcome::Denied, 30)]));
    organizations.push(organization(1_201, 80, &[(Outcome::Denied, 10), (Outcome::Timeout, 1)]));
    let mut many = summary(organizations);
    let rejected = |id: &str, reason: &str| RejectedTenant { tenant_id: id.into(), reason: reason.into() };
    many.tenants = Some(TenantsSummary {
        scanned: 1_300,
        selected: 1_204,
        rejected: vec![rejected("", "tenant_id is missing"), rejected("999999999999", "not a management account")],
    });
    insta::assert_snapshot!(text(&many));
}

#[test]
fn a_first_run() {
    let mut first = organization(0, 500, &[]);
    first.comparison = Some(Comparison::FirstRun);
    first.finding_counts =
        Some(FindingCounts { new: 42, exempted: 1, critical: 1, high: 12, medium: 29, ..Default::default() });
    insta::assert_snapshot!(text(&summary(vec![first])));
}

#[test]
fn a_run_without_findings() {
    let mut sound = organization(0, 500, &[]);
    sound.worst.clear();
    sound.finding_counts = Some(FindingCounts { resolved: 1, ..FindingCounts::default() });
    let mut summary = summary(vec![sound]);
    summary.mail = Some(MailSummary::default());
    insta::assert_snapshot!(text(&summary));
}

#[test]
fn an_inventory() {
    let mut inventory = organization(0, 500, &[(Outcome::ReportedPartially, 3)]);
    inventory.worst.clear();
    (inventory.finding_counts, inventory.comparison) = (None, None);
    (inventory.findings, inventory.page) = (None, None);
    insta::assert_snapshot!(text(&Summary { mail: None, ..summary(vec![inventory]) }));
}

#[test]
fn a_trial() {
    let mut trial = organization(0, 500, &[(Outcome::AssumeDenied, 3), (Outcome::SkippedExcluded, 1)]);
    trial.worst.clear();
    (trial.finding_counts, trial.comparison) = (None, None);
    (trial.report, trial.coverage, trial.findings, trial.page) = (None, None, None, None);
    insta::assert_snapshot!(text(&Summary { dry_run: true, mail: None, ..summary(vec![trial]) }));
}

#[test]
fn a_summary_fits_a_screen_and_moves_no_cursor_whatever_it_says() {
    let names = [
        "\u{1b}]0;pwned\u{7}\u{1b}[2J\u{9b}31m",
        "two\r\nlines",
        "中文".repeat(40).as_str(),
        &"w".repeat(5_000),
        "\u{202e}live",
    ]
    .map(str::to_owned);
    let all: Vec<(Outcome, u64)> =
        Outcome::ALL.into_iter().skip(1).map(|outcome| (outcome, u64::MAX / 1_000_000)).collect();
    for count in [0, 1, 2, 300] {
        for name in &names {
            let mut organizations: Vec<OrganizationSummary> =
                (0..count).map(|number| organization(number, u64::MAX / 1_000, &all)).collect();
            for one in &mut organizations {
                one.org_id.clone_from(name);
                one.report = Some(format!("/home/{name}/{name}/aws-111122223333-report.csv"));
                one.worst = vec![finding(Severity::Critical, FindingStatus::New, name, name, name); 5];
            }
            let mut hostile = summary(organizations);
            hostile.warnings = vec![name.clone(); 50];
            hostile.tenants = Some(TenantsSummary {
                scanned: u64::MAX,
                selected: u64::MAX,
                rejected: vec![RejectedTenant { tenant_id: name.clone(), reason: name.clone() }; 50],
            });
            let text = text(&hostile);
            assert!(text.lines().count() <= LINES, "{} lines:\n{text}", text.lines().count());
            for line in text.lines() {
                assert!(columns_of(line) <= COLUMNS, "{} columns: {line}", columns_of(line));
                assert!(!line.chars().any(|one| one.is_control() || one == '\u{202e}'), "{line:?}");
            }
        }
    }
}
