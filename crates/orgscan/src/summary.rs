//! What a run returns: the answer of the function and of `orgscan … --json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::account::Organization;
use crate::assessment::{Assessment, Change};
use crate::finding::{Finding, Status as FindingStatus};
use crate::ledger::{LedgerRow, Outcome, Sum};
use crate::ports::CallCounts;
use crate::rule::{Rule, Severity};
use crate::tenant::RejectedTenant;
use crate::text::one_line;

/// Whether everything that should be covered is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every account that should be reported is, in full, and every tenant's Organization was read.
    Complete,
    /// Something is missing; the ledgers, `tenants.rejected` or `warnings` say what.
    Partial,
}

impl Status {
    /// The status as the answer spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
        }
    }
}

/// The answer of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    /// The event's `run_id`, or one of the run's own.
    pub run_id: String,
    /// The time that object names carry, RFC 3339 in UTC.
    pub scheduled_time: String,
    /// Whether all is covered.
    pub status: Status,
    /// One per Organization, by management account id.
    pub organizations: Vec<OrganizationSummary>,
    /// Only where a tenants table was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenants: Option<TenantsSummary>,
    /// Only where mail was to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailSummary>,
    /// Requests by IAM action.
    pub api_calls: BTreeMap<&'static str, u64>,
    /// Requests that were answered with a throttle.
    pub throttled_calls: u64,
    /// Objects that could not be written, and digests that did not reach every recipient.
    #[serde(skip_serializing_if = "is_zero")]
    pub undelivered: u64,
    /// From the beginning of the run to its end.
    pub duration_ms: u64,
    /// What an operator should know besides, a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Accounts that the event, `ACCOUNTS_INCLUDE` or `ACCOUNTS_EXCLUDE` names and no scanned Organization has; only where
    /// every Organization was listed to its end, and no tenant was rejected or left out by the event.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_accounts: Vec<String>,
    /// True where the event asked for a trial: nothing was written or mailed.
    #[serde(skip_serializing_if = "is_false")]
    pub dry_run: bool,
}

/// One Organization of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrganizationSummary {
    /// Its id.
    pub org_id: String,
    /// Its management account.
    pub management_account_id: String,
    /// The sums; `listed = reported + skipped + failed`.
    pub accounts: AccountSums,
    /// How many accounts ended with each outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Where the report lies; none where it could not be written or nothing was to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// Where the coverage ledger lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<String>,
    /// Where the findings lie, as JSON lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<String>,
    /// The findings, counted; none where there was nothing to find them in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding_counts: Option<FindingCounts>,
    /// What new and resolved findings are measured against; none where there was nothing to find them in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// The worst findings that somebody has to act on, at most [`WORST`], the worst first. For the terminal alone: they name
    /// people, and answers are kept in logs and histories of whoever invokes a function.
    #[serde(skip)]
    pub worst: Vec<WorstFinding>,
    /// Where the report page lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// How many of the worst findings a summary has of each Organization: what fits on a screen.
pub const WORST: usize = 5;

/// Longest name in a summary: names of users have up to 64 characters, those of accounts up to 50 (IAM API reference,
/// `CreateUser`; Organizations API reference, `CreateAccount`).
const NAME_CHARACTERS: usize = 64;

/// What findings are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// There was no run before: every finding is new.
    FirstRun,
    /// With the run before.
    RunBefore,
    /// There was a run before and it cannot be read: every finding is open.
    Unknown,
}

/// One of the worst findings, in the words that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorstFinding {
    /// How bad it is.
    pub severity: Severity,
    /// How it stands to the run before.
    pub status: FindingStatus,
    /// The account, 12 digits.
    pub account_id: String,
    /// The account's name.
    pub account_name: String,
    /// The user, `<root_account>` for the root user.
    pub user: String,
    /// The id of the rule.
    pub rule: String,
    /// What is wrong, in a few words.
    pub title: String,
}

impl WorstFinding {
    fn of(finding: &Finding<'_>) -> Self {
        let short = |text: &str| one_line(text, NAME_CHARACTERS);
        Self {
            severity: finding.severity,
            status: finding.status,
            account_id: short(&finding.account_id),
            account_name: short(&finding.account_name),
            user: short(&finding.user),
            rule: short(&finding.rule),
            title: Rule::of_id(&finding.rule).map_or_else(|| short(&finding.rule), |rule| rule.title().to_owned()),
        }
    }

    /// The worst of an assessment: by severity, new ones before those that were there, each in its own order.
    fn of_assessment(assessment: &Assessment) -> Vec<Self> {
        let mut worst: Vec<&Finding<'_>> = assessment.new.first();
        worst.extend(assessment.open.first());
        worst.sort_by_key(|finding| finding.severity);
        worst.into_iter().take(WORST).map(Self::of).collect()
    }
}

/// Findings, counted: by what is to be done about them, and those that somebody has to act on by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FindingCounts {
    /// Those that the run before did not have.
    pub new: u64,
    /// Those that it had too.
    pub open: u64,
    /// Those that it had, and that are gone.
    pub resolved: u64,
    /// Those that are exempted.
    pub exempted: u64,
    /// New and open ones that are critical.
    pub critical: u64,
    /// New and open ones that are high.
    pub high: u64,
    /// New and open ones that are medium.
    pub medium: u64,
    /// New and open ones that are low.
    pub low: u64,
}

impl FindingCounts {
    /// Counts those of an assessment.
    pub fn of(assessment: &Assessment) -> Self {
        let counts = &assessment.counts;
        Self {
            new: counts.with_status(FindingStatus::New),
            open: counts.with_status(FindingStatus::Open),
            resolved: counts.with_status(FindingStatus::Resolved),
            exempted: counts.with_status(FindingStatus::Exempted),
            critical: counts.to_act_on(Severity::Critical),
            high: counts.to_act_on(Severity::High),
            medium: counts.to_act_on(Severity::Medium),
            low: counts.to_act_on(Severity::Low),
        }
    }
}

impl OrganizationSummary {
    /// Counts a ledger.
    pub fn new<'a>(
        organization: &Organization,
        ledger: impl IntoIterator<Item = &'a LedgerRow>,
        report: Option<String>,
        coverage: Option<String>,
    ) -> Self {
        let mut accounts = AccountSums::default();
        let mut outcomes: BTreeMap<&'static str, u64> = BTreeMap::new();
        for row in ledger {
            accounts = accounts.and(AccountSums::of([row.outcome]));
            *outcomes.entry(row.outcome.as_str()).or_default() += 1;
        }
        Self {
            org_id: organization.id.to_string(),
            management_account_id: organization.management_account.to_string(),
            accounts,
            outcomes,
            report,
            coverage,
            findings: None,
            finding_counts: None,
            comparison: None,
            worst: Vec::new(),
            page: None,
        }
    }

    /// Takes in what its credential report amounts to, and where that lies.
    pub fn set_findings(&mut self, assessment: &Assessment, findings: Option<String>, page: Option<String>) {
        self.finding_counts = Some(FindingCounts::of(assessment));
        self.comparison = Some(match assessment.change {
            Change::First => Comparison::FirstRun,
            Change::Since(_) => Comparison::RunBefore,
            Change::Unknown(_) => Comparison::Unknown,
        });
        self.worst = WorstFinding::of_assessment(assessment);
        self.findings = findings;
        self.page = page;
    }

    /// Whether every account that is not left out on purpose is reported in full.
    pub fn is_covered(&self) -> bool {
        self.accounts.failed == 0 && !self.outcomes.contains_key(Outcome::ReportedPartially.as_str())
    }
}

/// Accounts by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountSums {
    /// Accounts that AWS listed.
    pub listed: u64,
    /// Accounts with a row of their own making.
    pub reported: u64,
    /// Accounts left out on purpose.
    pub skipped: u64,
    /// Accounts that are not covered.
    pub failed: u64,
}

impl AccountSums {
    /// Counts outcomes.
    pub fn of(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        let mut sums = Self::default();
        for outcome in outcomes {
            sums.listed += 1;
            match outcome.sum() {
                Sum::Reported => sums.reported += 1,
                Sum::Skipped => sums.skipped += 1,
                Sum::Failed => sums.failed += 1,
            }
        }
        sums
    }

    /// The sums of several Organizations together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            listed: self.listed + other.listed,
            reported: self.reported + other.reported,
            skipped: self.skipped + other.skipped,
            failed: self.failed + other.failed,
        }
    }
}

/// What the tenants table came down to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TenantsSummary {
    /// Items DynamoDB looked at, before the filter.
    pub scanned: u64,
    /// Tenants whose Organization was to be scanned.
    pub selected: u64,
    /// Tenants that were not scanned, and why.
    pub rejected: Vec<RejectedTenant>,
}

/// What became of the mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MailSummary {
    /// Messages that SES took.
    pub sent: u64,
    /// Addresses they went to.
    pub recipients: u64,
    /// Their ids.
    pub message_ids: Vec<String>,
}

impl Summary {
    /// The sums over all Organizations.
    pub fn accounts(&self) -> AccountSums {
        self.organizations.iter().fold(AccountSums::default(), |sums, one| sums.and(one.accounts))
    }

    /// Takes the counted calls in.
    pub fn set_calls(&mut self, counts: &CallCounts) {
        self.api_calls = counts.iter().map(|(action, count)| (*action, count.calls)).collect();
        self.throttled_calls = counts.values().map(|count| count.throttled).sum();
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::Criteria;
    use crate::config::CisVersion;
    use crate::judgement::Thresholds;
    use crate::rule::Credential;

    #[test]
    fn listed_is_reported_and_skipped_and_failed() {
        let sums = AccountSums::of(Outcome::ALL);
        assert_eq!(sums, AccountSums { listed: 12, reported: 2, skipped: 2, failed: 8 });
        assert_eq!(sums.listed, sums.reported + sums.skipped + sums.failed);
    }

    #[test]
    fn the_worst_findings_are_few_and_new_ones_come_before_old_ones_that_are_as_bad() {
        let criteria = Criteria {
            as_of: jiff::Timestamp::UNIX_EPOCH,
            cis_version: CisVersion::V7,
            thresholds: Thresholds { unused_days: 45, key_rotation_days: 90, root_use_days: 1 },
        };
        let mut assessment = Assessment::of_nothing(&criteria, Change::First);
        let finding = |rule: Rule, status, user: &str| Finding {
            account_id: "000000000012".into(),
            account_name: "two\r\nlines".into(),
            ou_path: "".into(),
            user: user.to_owned().into(),
            user_arn: "".into(),
            rule: rule.id().into(),
            credential: Credential::Mfa,
            severity: rule.severity(),
            cis: None,
            status,
            since: "2026-11-21".into(),
            age_days: None,
            detail: "".into(),
            covered: true,
        };
        assessment.open.add(&finding(Rule::RootMfa, FindingStatus::Open, "old"));
        assessment.new.add(&finding(Rule::RootMfa, FindingStatus::New, "new"));
        assessment.open.add(&finding(Rule::SetupKey, FindingStatus::Open, "least"));
        for user in ["a", "b", "c", "d"] {
            assessment.new.add(&finding(Rule::ConsoleMfa, FindingStatus::New, user));
        }
        let worst = WorstFinding::of_assessment(&assessment);
        let users: Vec<&str> = worst.iter().map(|finding| finding.user.as_str()).collect();
        assert_eq!(users, ["new", "old", "a", "b", "c"]);
        let first = worst.first().unwrap();
        assert_eq!((first.title.as_str(), first.account_name.as_str()), ("Root user without MFA", "two  lines"));
    }
}
