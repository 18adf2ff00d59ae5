//! What the page's templates show, in words.

use super::sums::{AGE_BUCKETS, AccountTable, KeyAges};
use super::wording::{carried_on, change, coverage, minute, percent, status};
use super::{FINDINGS_LABEL, PageEnd, PageHead};
use crate::assessment::{Assessment, Change, Worst};
use crate::config::CisVersion;
use crate::finding::{Finding, Status};
use crate::rule::{Rule, Severity};
use crate::text::{counted, number};
use crate::trend::Trend;

/// Findings that one list shows.
const LISTED_FINDINGS: usize = 25;

/// Whose report it is, and of when.
#[derive(Debug)]
pub(super) struct Caption {
    pub(super) title: String,
    pub(super) owner: String,
    pub(super) time: String,
    /// What the name of an exported file begins with.
    pub(super) file_stem: String,
}

impl Caption {
    pub(super) fn of(head: &PageHead<'_>) -> Self {
        let mut owner = Vec::new();
        if let Some(org_id) = head.org_id {
            owner.push(format!("Organization {org_id}"));
        }
        if let Some(account) = head.management_account {
            owner.push(format!("management account {account}"));
        }
        let day = head.time.strftime("%Y-%m-%d");
        let name = head.org_id.or(head.management_account).map(|name| format!("{name} \u{2013} ")).unwrap_or_default();
        Self {
            title: format!("AWS credential report \u{2013} {name}{day}"),
            owner: owner.join(", "),
            time: minute(head.time),
            file_stem: match head.management_account {
                Some(account) => format!("aws-{account}-credentials-{day}"),
                None => format!("credentials-{day}"),
            },
        }
    }
}

/// The report's rows, by whether the table has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowSums {
    pub(super) in_table: u64,
    pub(super) left_out: u64,
}

/// A number that stands out.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) class: &'static str,
    pub(super) value: String,
}

/// The worst findings of one kind.
#[derive(Debug)]
pub(super) struct FindingList {
    pub(super) title: String,
    pub(super) lines: Vec<FindingLine>,
    pub(super) more: Option<String>,
}

#[derive(Debug)]
pub(super) struct FindingLine {
    pub(super) severity: &'static str,
    pub(super) rule: String,
    pub(super) account: String,
    pub(super) user: String,
    pub(super) detail: String,
    pub(super) since: String,
}

#[derive(Debug)]
pub(super) struct RuleLine {
    pub(super) rule: Rule,
    pub(super) severity: &'static str,
    pub(super) control: &'static str,
    pub(super) counts: [String; Status::ALL.len()],
}

#[derive(Debug)]
pub(super) struct AgeLine {
    pub(super) days: &'static str,
    pub(super) keys: String,
}

#[derive(Debug)]
pub(super) struct MfaLine {
    pub(super) account: String,
    pub(super) users: String,
    pub(super) with_mfa: String,
    pub(super) without_mfa: String,
}

#[derive(Debug)]
pub(super) struct TrendLine {
    pub(super) time: String,
    pub(super) counts: [String; Severity::ALL.len()],
    pub(super) new: String,
    pub(super) resolved: String,
}

/// All that comes after the rows.
#[derive(Debug)]
pub(super) struct MainView {
    pub(super) caption: Caption,
    pub(super) status: String,
    pub(super) has_findings: bool,
    pub(super) severities: Vec<Figure>,
    pub(super) statuses: Vec<Figure>,
    pub(super) change: String,
    pub(super) carried_on: Option<String>,
    pub(super) lists: Vec<FindingList>,
    pub(super) coverage: String,
    pub(super) has_gap: bool,
    pub(super) totals: String,
    pub(super) cis_version: &'static str,
    pub(super) rules: Vec<RuleLine>,
    pub(super) threshold: u32,
    pub(super) ages_summary: String,
    pub(super) ages: Vec<AgeLine>,
    pub(super) unknown_ages: Option<String>,
    pub(super) mfa_summary: String,
    pub(super) mfa: Vec<MfaLine>,
    pub(super) mfa_total: MfaLine,
    pub(super) trend_note: Option<&'static str>,
    pub(super) trend: Vec<TrendLine>,
    pub(super) left_out: Option<String>,
    pub(super) exemptions: Option<String>,
    pub(super) problems: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) links: Vec<(String, String)>,
}

impl MainView {
    pub(super) fn of(
        caption: Caption,
        end: &PageEnd<'_>,
        accounts: &AccountTable,
        ages: &KeyAges,
        rows: RowSums,
    ) -> Self {
        let assessment = end.assessment;
        let totals = &assessment.totals;
        let threshold = assessment.thresholds.key_rotation_days;
        let users = accounts.console_users();
        let review = assessment.exemptions.as_ref();
        Self {
            caption,
            status: status(&assessment.counts),
            has_findings: assessment.has_findings(),
            severities: severities(assessment),
            statuses: statuses(assessment),
            change: change(assessment, end.coverage.is_some()),
            carried_on: carried_on(assessment),
            lists: lists(assessment, end.links.iter().any(|(label, _)| label.starts_with(FINDINGS_LABEL))),
            coverage: coverage(end.coverage, accounts.len()),
            has_gap: end.coverage.is_some_and(|sums| sums.failed > 0),
            totals: format!(
                "{} and {}.",
                counted(totals.users, "user", "users"),
                counted(totals.root_users, "root user", "root users")
            ),
            cis_version: match assessment.cis_version {
                CisVersion::V7 => "7.0.0",
                CisVersion::V6 => "6.0.0",
                CisVersion::V5 => "5.0.0",
            },
            rules: rules(assessment),
            threshold,
            ages_summary: format!(
                "{} of {} {} older than {}, after which a key is to be rotated.",
                number(ages.older_than(threshold)),
                counted(ages.known(), "active access key", "active access keys"),
                if ages.older_than(threshold) == 1 { "is" } else { "are" },
                counted(u64::from(threshold), "day", "days"),
            ),
            ages: AGE_BUCKETS
                .into_iter()
                .zip(ages.buckets())
                .map(|((_, days), keys)| AgeLine { days, keys: number(keys) })
                .collect(),
            unknown_ages: (ages.unknown() > 0).then(|| number(ages.unknown())),
            mfa_summary: mfa_summary(accounts),
            mfa: accounts
                .worst()
                .into_iter()
                .map(|(id, name, users)| MfaLine {
                    account: account_text(id, name),
                    users: number(users.all),
                    with_mfa: number(users.with_mfa),
                    without_mfa: number(users.without_mfa()),
                })
                .collect(),
            mfa_total: MfaLine {
                account: "All accounts".to_owned(),
                users: number(users.all),
                with_mfa: number(users.with_mfa),
                without_mfa: number(users.without_mfa()),
            },
            trend_note: match end.trend.runs.len() {
                0 => Some("No run is at hand; a trend needs two."),
                1 => Some("One run is at hand; a trend needs two."),
                _ => None,
            },
            trend: trend(end.trend),
            left_out: (rows.left_out > 0).then(|| {
                format!(
                    "The table has room for {} rows; {} left out of it and in the report's CSV only. The charts count them \
                     all the same.",
                    number(rows.in_table),
                    counted(rows.left_out, "row is", "rows are"),
                )
            }),
            exemptions: review.map(|review| format!("{} in use.", counted(review.used, "exemption is", "exemptions are"))),
            problems: review.map(|review| review.problems.clone()).unwrap_or_default(),
            notes: assessment.notes.clone(),
            links: end.links.to_vec(),
        }
    }
}

fn severities(assessment: &Assessment) -> Vec<Figure> {
    let labels = ["Critical", "High", "Medium", "Low"];
    Severity::ALL
        .into_iter()
        .zip(labels)
        .map(|(severity, label)| Figure {
            label,
            class: severity.as_str(),
            value: number(assessment.counts.to_act_on(severity)),
        })
        .collect()
}

fn statuses(assessment: &Assessment) -> Vec<Figure> {
    let count = |status| number(assessment.counts.with_status(status));
    let known =
        |status| if matches!(assessment.change, Change::Unknown(_)) { "unknown".to_owned() } else { count(status) };
    [
        ("New", Status::New, known(Status::New)),
        ("Open", Status::Open, count(Status::Open)),
        ("Resolved", Status::Resolved, known(Status::Resolved)),
        ("Exempted", Status::Exempted, count(Status::Exempted)),
    ]
    .into_iter()
    .map(|(label, status, value)| Figure { label, class: status.as_str(), value })
    .collect()
}

fn lists(assessment: &Assessment, has_file: bool) -> Vec<FindingList> {
    // What was exempted was not open, and of a run that cannot be compared with nothing is known.
    let is_open_since = assessment.is_compared() && assessment.no_longer_exempted == 0;
    let open = if is_open_since { "Open since an earlier run" } else { "Open" };
    [("New", &assessment.new), ("Resolved", &assessment.resolved), (open, &assessment.open)]
        .into_iter()
        .filter(|(_, worst)| worst.all() > 0)
        .map(|(title, worst)| list(title, worst, has_file))
        .collect()
}

fn list(title: &str, worst: &Worst, has_file: bool) -> FindingList {
    let lines: Vec<FindingLine> = worst.first().into_iter().take(LISTED_FINDINGS).map(line).collect();
    let more = worst.all().saturating_sub(lines.len() as u64);
    FindingList {
        title: format!("{title}: {}", number(worst.all())),
        more: (more > 0).then(|| {
            let place = if has_file { "in the findings file" } else { "not listed" };
            format!("These are the worst; {} {place}.", counted(more, "more is", "more are"))
        }),
        lines,
    }
}

fn line(finding: &Finding<'_>) -> FindingLine {
    FindingLine {
        severity: finding.severity.as_str(),
        rule: Rule::of_id(&finding.rule).map_or_else(|| finding.rule.to_string(), |rule| rule.title().to_owned()),
        account: account_text(&finding.account_id, &finding.account_name),
        user: finding.user.to_string(),
        detail: finding.detail.to_string(),
        since: finding.since.to_string(),
    }
}

fn rules(assessment: &Assessment) -> Vec<RuleLine> {
    Rule::ALL
        .into_iter()
        .map(|rule| RuleLine {
            rule,
            severity: rule.severity().as_str(),
            control: rule.control(assessment.cis_version).unwrap_or("\u{2013}"),
            counts: Status::ALL.map(|status| number(assessment.counts.of(rule, status))),
        })
        .collect()
}

fn mfa_summary(accounts: &AccountTable) -> String {
    let users = accounts.console_users();
    match percent(users.with_mfa, users.all) {
        None => "No user has a console password.".to_owned(),
        Some(percent) => format!(
            "{} of {} {} MFA ({percent} %), in {}.",
            number(users.with_mfa),
            counted(users.all, "user with a console password", "users with a console password"),
            if users.with_mfa == 1 { "has" } else { "have" },
            counted(accounts.with_console_users(), "account", "accounts"),
        ),
    }
}

fn trend(trend: &Trend) -> Vec<TrendLine> {
    let known = |count: Option<u64>| count.map_or_else(|| "unknown".to_owned(), number);
    trend
        .runs
        .iter()
        .map(|run| TrendLine {
            time: run.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            counts: [run.critical, run.high, run.medium, run.low].map(number),
            new: known(run.new),
            resolved: known(run.resolved),
        })
        .collect()
}

fn account_text(id: &str, name: &str) -> String {
    if name.is_empty() { id.to_owned() } else { format!("{name} ({id})") }
}
