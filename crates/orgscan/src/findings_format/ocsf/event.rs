//! The event, attribute by attribute, as version 1.5.0 of the schema has them (schema.ocsf.io, class
//! `compliance_finding` with the profile `cloud`).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::OCSF_VERSION;
use crate::account::Partition;
use crate::credential_row::ROOT_USER;
use crate::finding::{Finding, Status};
use crate::rule::{Credential, Rule, Severity};

const NAME: &str = "orgscan";

/// What a finding of a control is, in the taxonomy of AWS Security Hub (ASFF, "Types taxonomy").
const OF_BENCHMARK: &str =
    "Software and Configuration Checks/Industry and Regulatory Standards/CIS AWS Foundations Benchmark";
const OF_NO_BENCHMARK: &str = "Software and Configuration Checks/AWS Security Best Practices";

const NOT_COVERED: &str = "The account was not read, or not in full, this time, so this is what an earlier run found.";

/// What all events of a run share.
#[derive(Debug)]
pub(super) struct Run {
    /// Milliseconds since 1970.
    pub(super) time: i64,
    /// The benchmark with its version.
    pub(super) standard: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Event<'a> {
    activity_id: u8,
    activity_name: &'static str,
    category_uid: u8,
    category_name: &'static str,
    class_uid: u32,
    class_name: &'static str,
    type_uid: u32,
    type_name: String,
    time: i64,
    severity_id: u8,
    severity: &'static str,
    status_id: u8,
    status: &'static str,
    status_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<&'static str>,
    message: &'a str,
    metadata: Metadata<'a>,
    finding_info: FindingInfo<'a>,
    compliance: Compliance<'a>,
    resources: [Resource<'a>; 1],
    cloud: Cloud<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<Remediation>,
    unmapped: Unmapped<'a>,
}

#[derive(Debug, Serialize)]
struct Metadata<'a> {
    version: &'static str,
    product: Product,
    profiles: [&'static str; 1],
    event_code: &'a str,
}

#[derive(Debug, Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize)]
struct FindingInfo<'a> {
    uid: &'a str,
    title: &'a str,
    desc: &'a str,
    types: [&'static str; 1],
    analytic: Analytic<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_time: Option<i64>,
}

/// What found it.
#[derive(Debug, Serialize)]
struct Analytic<'a> {
    type_id: u8,
    r#type: &'static str,
    uid: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct Compliance<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    standards: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requirements: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<&'a str>,
    status_id: u8,
    status: &'static str,
    status_details: [&'a str; 1],
}

#[derive(Debug, Serialize)]
struct Resource<'a> {
    uid: &'a str,
    name: &'a str,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_partition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Cloud<'a> {
    provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'static str>,
    account: CloudAccount<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<Organization<'a>>,
}

#[derive(Debug, Serialize)]
struct CloudAccount<'a> {
    uid: &'a str,
    name: &'a str,
    type_id: u8,
    r#type: &'static str,
}

#[derive(Debug, Serialize)]
struct Organization<'a> {
    uid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ou_uid: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Remediation {
    desc: &'static str,
}

#[derive(Debug, Serialize)]
struct Unmapped<'a> {
    credential: Credential,
    since: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_days: Option<u32>,
    ou_path: &'a str,
    covered: bool,
}

/// What is wrong, in a few words; a rule of another version's findings has no words but its id.
pub(super) fn title<'a>(finding: &'a Finding<'_>) -> &'a str {
    Rule::of_id(&finding.rule).map_or(&*finding.rule, |rule| rule.title())
}

impl<'a> Event<'a> {
    pub(super) fn of(finding: &'a Finding<'_>, run: &'a Run, identity: &'a str, message: &'a str) -> Self {
        const CLASS: u32 = 2003;
        let (activity_id, activity_name) = activity(finding.status);
        let (severity_id, severity) = severity(finding.severity);
        let (status_id, status) = status(finding.status);
        // IAM is in one region of the partition.
        let region = Partition::of_arn(&finding.user_arn).map(|partition| partition.iam_region());
        Self {
            activity_id,
            activity_name,
            category_uid: 2,
            category_name: "Findings",
            class_uid: CLASS,
            class_name: "Compliance Finding",
            type_uid: CLASS * 100 + u32::from(activity_id),
            type_name: format!("Compliance Finding: {activity_name}"),
            time: run.time,
            severity_id,
            severity,
            status_id,
            status,
            status_code: finding.status.as_str(),
            status_detail: (!finding.covered).then_some(NOT_COVERED),
            message,
            metadata: Metadata {
                version: OCSF_VERSION,
                product: Product { name: NAME, vendor_name: NAME, version: env!("CARGO_PKG_VERSION") },
                profiles: ["cloud"],
                event_code: &finding.rule,
            },
            finding_info: finding_info(finding, run, identity),
            compliance: compliance(finding, run),
            resources: [Resource {
                uid: &finding.user_arn,
                name: &finding.user,
                // The root user is no user of IAM: it is the account's own.
                r#type: if finding.user == ROOT_USER { "AwsAccount" } else { "AwsIamUser" },
                cloud_partition: region.and_then(|_| finding.user_arn.split(':').nth(1)),
                region,
            }],
            cloud: Cloud {
                provider: "AWS",
                region,
                account: CloudAccount {
                    uid: &finding.account_id,
                    name: &finding.account_name,
                    type_id: 10,
                    r#type: "AWS Account",
                },
                org: organization(&finding.ou_path),
            },
            remediation: Rule::of_id(&finding.rule).map(|rule| Remediation { desc: rule.remedy() }),
            unmapped: Unmapped {
                credential: finding.credential,
                since: &finding.since,
                age_days: finding.age_days,
                ou_path: &finding.ou_path,
                covered: finding.covered,
            },
        }
    }
}

fn activity(status: Status) -> (u8, &'static str) {
    match status {
        Status::New => (1, "Create"),
        Status::Open | Status::Exempted => (2, "Update"),
        Status::Resolved => (3, "Close"),
    }
}

fn status(status: Status) -> (u8, &'static str) {
    match status {
        Status::New => (1, "New"),
        Status::Open => (2, "In Progress"),
        Status::Exempted => (3, "Suppressed"),
        Status::Resolved => (4, "Resolved"),
    }
}

fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn finding_info<'a>(finding: &'a Finding<'_>, run: &Run, identity: &'a str) -> FindingInfo<'a> {
    let first_seen = finding.since.parse::<Date>().and_then(|day| day.to_zoned(TimeZone::UTC)).ok();
    let first_seen = first_seen.map(|day| day.timestamp().as_millisecond());
    // When a finding that is gone was last there is between two runs, and one that was carried on was not seen.
    let is_seen = finding.covered && finding.status != Status::Resolved;
    FindingInfo {
        uid: identity,
        title: title(finding),
        desc: &finding.detail,
        types: [if finding.cis.is_some() { OF_BENCHMARK } else { OF_NO_BENCHMARK }],
        analytic: Analytic { type_id: 1, r#type: "Rule", uid: &finding.rule, name: title(finding) },
        created_time: first_seen,
        first_seen_time: first_seen,
        last_seen_time: is_seen.then_some(run.time),
    }
}

fn compliance<'a>(finding: &'a Finding<'_>, run: &'a Run) -> Compliance<'a> {
    let control = finding.cis.as_deref();
    let (status_id, status) = match finding.status {
        Status::Resolved => (1, "Pass"),
        _ if !finding.covered => (2, "Warning"),
        _ => (3, "Fail"),
    };
    Compliance {
        standards: control.map(|_| [run.standard.as_str()]),
        requirements: control.map(|control| [control]),
        control,
        status_id,
        status,
        status_details: [&finding.detail],
    }
}

/// The Organization and the place of the account in it: a path is `o-…/r-…/ou-…/`.
fn organization(ou_path: &str) -> Option<Organization<'_>> {
    let mut places = ou_path.split('/').filter(|place| !place.is_empty());
    let uid = places.next()?;
    Some(Organization { uid, ou_uid: places.next_back() })
}
