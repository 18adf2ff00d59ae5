//! How many calls a run makes, counted by the stand-in for load: no call that is not needed.

use std::time::Duration;

use aws_sim::{Counts, Settings, Sim};
use orgscan_tests::answer::{self, Record};
use orgscan_tests::function::Deadline;
use orgscan_tests::sim::{TENANTS, object, run, run_until};
use serde_json::{Value, json};

use crate::{ACCOUNT_METADATA, CREDENTIAL_REPORT};

/// Half of the file descriptors that Lambda allows.
const CONNECTIONS: u64 = 512;

fn inventory(world: Settings, more: &[(&str, &str)]) -> (Value, Sim) {
    run(ACCOUNT_METADATA, world, &[&TENANTS, more].concat())
}

fn assert_complete(summary: &Value, accounts: u32) {
    assert_eq!(answer::status(summary), "complete", "{summary}");
    assert_eq!(summary["organizations"][0]["accounts"]["reported"], accounts, "{summary}");
}

fn calls(counts: &Counts, operation: &str) -> u64 {
    counts.of(operation).calls
}

#[test]
fn a_fresh_credential_report_costs_two_calls() {
    const ACCOUNTS: u32 = 400;
    let world = Settings { accounts: ACCOUNTS, fresh_share: 1.0, ..Settings::immediate() };
    let (summary, sim) = run(CREDENTIAL_REPORT, world, &[]);
    assert_complete(&summary, ACCOUNTS);
    let counts = sim.counts();
    // The account that the function runs in needs no role.
    assert_eq!(calls(&counts, "sts:AssumeRole"), u64::from(ACCOUNTS) - 1);
    assert_eq!(calls(&counts, "iam:GetCredentialReport"), u64::from(ACCOUNTS));
    assert_eq!(calls(&counts, "iam:GenerateCredentialReport"), 0);
    assert_eq!(calls(&counts, "organizations:ListAccounts"), u64::from(ACCOUNTS.div_ceil(20)));
    assert_eq!(calls(&counts, "unknown"), 0);
}

#[test]
fn a_credential_report_that_takes_two_seconds_costs_hardly_more_than_four_calls() {
    const ACCOUNTS: u32 = 1_000;
    let two_seconds = Duration::from_secs(2);
    let world = Settings {
        accounts: ACCOUNTS,
        latency: Duration::from_millis(30),
        jitter: Duration::from_millis(10),
        generation_low: two_seconds,
        generation_high: two_seconds,
        ..Settings::immediate()
    };
    let (summary, sim) = run(CREDENTIAL_REPORT, world, &[]);
    assert_complete(&summary, ACCOUNTS);
    let counts = sim.counts();
    assert_eq!(calls(&counts, "sts:AssumeRole"), u64::from(ACCOUNTS) - 1);
    assert_eq!(calls(&counts, "iam:GenerateCredentialReport"), u64::from(ACCOUNTS));
    let of_accounts = ["sts:AssumeRole", "iam:GenerateCredentialReport", "iam:GetCredentialReport"]
        .map(|operation| calls(&counts, operation));
    let most = 43 * u64::from(ACCOUNTS) / 10;
    assert!(of_accounts.iter().sum::<u64>() <= most, "{of_accounts:?} calls for {ACCOUNTS} accounts");
}

#[test]
fn an_inventory_costs_a_call_per_region_and_two_per_account() {
    const ACCOUNTS: u32 = 300;
    const REGIONS: u32 = 17;
    let world = Settings { accounts: ACCOUNTS, tagged_share: 1.0, ..Settings::immediate() };
    let (summary, sim) = inventory(world, &[]);
    assert_complete(&summary, ACCOUNTS);
    let counts = sim.counts();
    assert_eq!(calls(&counts, "sts:AssumeRole"), u64::from(ACCOUNTS) - 1);
    assert_eq!(calls(&counts, "account:ListRegions"), u64::from(ACCOUNTS));
    assert_eq!(calls(&counts, "dynamodb:Scan"), 1);
    // One page in ten is empty and has a token, and tags come a hundred accounts a call.
    let of_regions = calls(&counts, "tag:GetResources") - u64::from(ACCOUNTS.div_ceil(100));
    let (asked, most) = (u64::from(ACCOUNTS * REGIONS), u64::from(ACCOUNTS * REGIONS * 112 / 100));
    assert!((asked..=most).contains(&of_regions), "{of_regions} calls for {asked} regions of accounts");
    assert_eq!(calls(&counts, "organizations:ListTagsForResource"), 0);
    assert!(counts.connections.most_open < CONNECTIONS, "{:?}", counts.connections);
}

#[test]
fn tags_of_ten_thousand_accounts_cost_a_hundred_calls_and_one_for_each_account_without_any() {
    const ACCOUNTS: u32 = 10_000;
    let world = Settings { accounts: ACCOUNTS, tagged_share: 0.98, ..Settings::immediate() };
    let (summary, sim) = inventory(world, &[("REGION_DETECTION", "off")]);
    assert_complete(&summary, ACCOUNTS);
    let inventory = answer::records_of(&object(&sim, &summary, "report"));
    let is_untagged = |row: &&Record| ["Environment", "Aide_ID"].iter().all(|column| row[*column].is_empty());
    let untagged = inventory.iter().filter(is_untagged).count();
    assert!((100..400).contains(&untagged), "{untagged} accounts without a tag");
    let counts = sim.counts();
    assert_eq!(calls(&counts, "organizations:ListTagsForResource"), untagged as u64);
    assert!(calls(&counts, "tag:GetResources") <= 100, "{:?}", counts.calls);
    assert_eq!(calls(&counts, "sts:AssumeRole"), 0);
}

/// Reports that together are larger than one part of an upload.
fn large() -> Settings {
    Settings { accounts: 100, users: 1_500, fresh_share: 1.0, ..Settings::immediate() }
}

#[test]
fn a_large_report_is_uploaded_in_parts_and_whole() {
    let (summary, sim) = run(CREDENTIAL_REPORT, large(), &[]);
    assert_complete(&summary, 100);
    let counts = sim.counts();
    assert_eq!(counts.open_uploads, 0);
    assert!(calls(&counts, "s3:UploadPart") >= 4, "{:?}", counts.calls);
    let report = object(&sim, &summary, "report");
    // Every user and the root user of every account, and the header.
    assert_eq!(report.lines().count(), 100 * 1_501 + 1);
    let latest = counts.objects.iter().find(|(key, _)| key.ends_with("credential-report-latest.csv"));
    assert_eq!(*latest.expect("the newest report is there").1, report.len() as u64);
}

#[test]
fn an_upload_that_fails_leaves_no_parts_behind() {
    let denied = serde_json::from_value(json!([{"operation": "s3:UploadPart", "fault": "access-denied"}])).unwrap();
    let (summary, sim) = run(CREDENTIAL_REPORT, Settings { faults: denied, ..large() }, &[]);
    assert_eq!(answer::status(&summary), "partial");
    assert!(summary["warnings"].to_string().contains("s3:PutObject was denied"), "{summary}");
    let counts = sim.counts();
    assert!(calls(&counts, "s3:AbortMultipartUpload") > 0, "{:?}", counts.calls);
    assert_eq!(counts.open_uploads, 0);
    assert!(!counts.objects.keys().any(|key| key.ends_with("-latest.csv")), "{:?}", counts.objects);
}

#[test]
fn an_upload_that_the_deadline_cuts_off_leaves_no_parts_behind() {
    let hangs = serde_json::from_value(json!([{"operation": "s3:UploadPart", "fault": "hang"}])).unwrap();
    let world = Settings { faults: hangs, ..large() };
    let deadline = Deadline::In(Duration::from_secs(10));
    let (summary, sim) = run_until(deadline, CREDENTIAL_REPORT, world, &[("DEADLINE_RESERVE_SECONDS", "5")]);
    assert_eq!(answer::status(&summary), "partial");
    assert!(summary["warnings"].to_string().contains("did not answer in time"), "{summary}");
    let counts = sim.counts();
    assert_eq!(calls(&counts, "s3:AbortMultipartUpload"), 1, "{:?}", counts.calls);
    assert_eq!(counts.open_uploads, 0);
}
