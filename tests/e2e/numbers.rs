//! Worlds and times at the ends of what there can be: the numbers and the bytes that come of them.

use std::collections::BTreeMap;

use aws_sim::{AccountId, Settings, Sim};
use jiff::Timestamp;
use orgscan_tests::answer::{self, Record, records_of};
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::sim::{BUCKET, TENANTS, environment, object, run};
use serde_json::{Value, json};

use crate::{ACCOUNT_METADATA, CREDENTIAL_REPORT};

/// What the functions are deployed with.
const MEMORY: u64 = 512 * 1_024 * 1_024;

const SECONDS_PER_DAY: i64 = 86_400;

fn column<'a>(records: &'a [Record], name: &str) -> Vec<&'a str> {
    records.iter().map(|record| record[name].as_str()).collect()
}

/// The ids of an Organization's accounts, in the order of its reports.
fn ids(accounts: u32) -> Vec<String> {
    (0..accounts).map(|index| AccountId::new(0, index).to_string()).collect()
}

fn assert_reported(summary: &Value, accounts: u32) {
    assert_eq!(answer::status(summary), "complete", "{summary}");
    assert_eq!(summary["organizations"][0]["accounts"]["reported"], accounts, "{summary}");
}

/// Runs a function on a large world: within half of the memory it is deployed with.
fn run_large(function: &str, world: Settings, more: &[(&str, &str)]) -> (Value, Sim) {
    let accounts = world.accounts;
    let sim = Sim::start(world).unwrap();
    let mut running = Function::start(function, &environment(&sim, more));
    let summary = answer::summary(running.invoke(&json!({}), Deadline::LONGEST));
    let memory = running.most_memory_bytes();
    assert_reported(&summary, accounts);
    assert!(memory < MEMORY / 2, "{function} held {memory} bytes for {accounts} accounts");
    (summary, sim)
}

#[test]
fn an_inventory_of_fifty_thousand_accounts_has_a_row_for_each() {
    const ACCOUNTS: u32 = 50_000;
    let world = Settings { accounts: ACCOUNTS, tagged_share: 1.0, ..Settings::immediate() };
    let more = [&TENANTS[..], &[("REGION_DETECTION", "off")]].concat();
    let (summary, sim) = run_large(ACCOUNT_METADATA, world, &more);
    let (report, ledger) =
        (records_of(&object(&sim, &summary, "report")), records_of(&object(&sim, &summary, "coverage")));
    assert_eq!(column(&report, "Account_Id"), ids(ACCOUNTS));
    assert_eq!(column(&ledger, "account_id"), ids(ACCOUNTS));
    assert!(report.iter().all(|row| row["Aide_ID"].starts_with("AIDE_")), "each has its tag");
}

#[test]
fn an_audit_of_twenty_thousand_accounts_keeps_none_of_their_reports_in_memory() {
    const ACCOUNTS: u32 = 20_000;
    let world = Settings { accounts: ACCOUNTS, users: 2, fresh_share: 1.0, ..Settings::immediate() };
    let (summary, sim) = run_large(CREDENTIAL_REPORT, world, &[]);
    let report = records_of(&object(&sim, &summary, "report"));
    let three_each: Vec<String> = ids(ACCOUNTS).into_iter().flat_map(|id| vec![id; 3]).collect();
    assert_eq!(column(&report, "account_id"), three_each);
    assert_eq!(object(&sim, &summary, "coverage").lines().count(), ACCOUNTS as usize + 1);
}

#[test]
fn an_account_of_as_many_users_as_there_can_be_is_reported_whole() {
    const USERS: usize = 5_000;
    let world = Settings { accounts: 3, users: 5_000, fresh_share: 1.0, ..Settings::immediate() };
    let (summary, sim) = run(CREDENTIAL_REPORT, world, &[]);
    assert_reported(&summary, 3);
    let report = records_of(&object(&sim, &summary, "report"));
    let mut per_account: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &report {
        per_account.entry(&row["account_id"]).or_default().push(&row["user"]);
    }
    for users in per_account.values() {
        assert_eq!((users.len(), users[0]), (USERS + 1, "<root_account>"));
        let distinct: std::collections::BTreeSet<_> = users.iter().collect();
        assert_eq!(distinct.len(), USERS + 1);
    }
    let findings = object(&sim, &summary, "findings");
    let counts = &summary["organizations"][0]["finding_counts"];
    assert_eq!(counts["new"], findings.lines().count(), "{counts}");
}

#[test]
fn fifty_tags_of_the_longest_kind_change_no_byte_of_an_inventory() {
    let report = |tags: u32, source: &str| {
        let world = Settings { accounts: 150, tagged_share: 0.8, tags, ..Settings::immediate() };
        let (summary, sim) = run(
            ACCOUNT_METADATA,
            world,
            &[&TENANTS[..], &[("TAG_SOURCE", source), ("REGION_DETECTION", "off")]].concat(),
        );
        assert_reported(&summary, 150);
        object(&sim, &summary, "report")
    };
    let expected = report(2, "auto");
    assert!(expected.matches("AIDE_").count() > 100, "{expected}");
    for source in ["auto", "tagging", "organizations"] {
        assert!(report(50, source) == expected, "{source}");
    }
}

#[test]
fn organizations_of_one_account_or_of_suspended_ones_are_covered() {
    let world = Settings { fresh_share: 1.0, users: 1, tagged_share: 1.0, ..Settings::immediate() };
    for (accounts, suspended_share, suspended_management, reported) in
        [(1, 0.0, false, 1), (30, 1.0, false, 1), (30, 1.0, true, 0), (1, 0.0, true, 0)]
    {
        let world = Settings { accounts, suspended_share, suspended_management, ..world.clone() };
        for function in [ACCOUNT_METADATA, CREDENTIAL_REPORT] {
            let more: &[(&str, &str)] = if function == ACCOUNT_METADATA { &TENANTS } else { &[] };
            let (summary, sim) = run(function, world.clone(), more);
            assert_eq!(answer::status(&summary), "complete", "{function}: {summary}");
            let sums = &summary["organizations"][0]["accounts"];
            let expected =
                json!({"listed": accounts, "reported": reported, "skipped": accounts - reported, "failed": 0});
            assert_eq!(*sums, expected, "{function}: {summary}");
            let ledger = records_of(&object(&sim, &summary, "coverage"));
            assert_eq!(column(&ledger, "account_id"), ids(accounts));
            let skipped = ledger.iter().filter(|row| row["outcome"] == "skipped_state" && row["state"] == "SUSPENDED");
            assert_eq!(skipped.count(), accounts as usize - reported as usize);
            let rows = object(&sim, &summary, "report").lines().count();
            // Of the management account the root user and one other; an inventory has every account.
            let expected = if function == ACCOUNT_METADATA { accounts as usize } else { 2 * reported as usize };
            assert_eq!(rows, 1 + expected, "{function}");
            assert_eq!(sim.counts().of("sts:AssumeRole").calls, 0, "{function}");
        }
    }
}

/// The findings of an audit at this time, and the rows of its report by account and user.
fn audit_at(time: &str) -> (Vec<Value>, BTreeMap<(String, String), Record>) {
    let sim = Sim::start(Settings { accounts: 12, users: 20, fresh_share: 1.0, ..Settings::immediate() }).unwrap();
    let mut running = Function::start(CREDENTIAL_REPORT, &environment(&sim, &[]));
    let summary = answer::summary(running.invoke(&json!({"scheduled_time": time}), Deadline::LONGEST));
    assert_reported(&summary, 12);
    let stamp = time.replace(':', "-");
    for object in ["report", "coverage", "findings", "page"] {
        let location = summary["organizations"][0][object].as_str().unwrap();
        assert!(location.contains(&stamp), "{location} is of {time}");
    }
    let findings = object(&sim, &summary, "findings").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rows = records_of(&object(&sim, &summary, "report")).into_iter();
    (findings, rows.map(|row| ((row["account_id"].clone(), row["user"].clone()), row)).collect())
}

#[test]
fn ages_are_exact_at_the_end_of_a_year_on_a_leap_day_and_at_the_ends_of_time() {
    for (time, are_old) in [
        ("2027-12-31T23:59:59Z", true),
        ("2028-01-01T00:00:00Z", true),
        ("2028-02-29T00:00:00Z", true),
        ("2028-03-01T00:00:00Z", true),
        ("9999-12-30T22:00:00Z", true),
        ("1970-01-01T00:00:00Z", false),
    ] {
        let (findings, rows) = audit_at(time);
        let now: Timestamp = time.parse().unwrap();
        let rotations: Vec<&Value> = findings.iter().filter(|finding| finding["rule"] == "key-rotation").collect();
        for finding in &rotations {
            let text = |field: &str| finding[field].as_str().unwrap().to_owned();
            let made = &rows[&(text("account_id"), text("user"))][&format!("{}_last_rotated", text("credential"))];
            let age = (now.as_second() - made.parse::<Timestamp>().unwrap().as_second()) / SECONDS_PER_DAY;
            assert_eq!(finding["age_days"], age, "{finding} at {time}");
        }
        let old = rows.values().flat_map(|row| ["access_key_1", "access_key_2"].map(|key| (row, key)));
        let old = old.filter(|(row, key)| {
            let made = row[&format!("{key}_last_rotated")].parse::<Timestamp>();
            row[&format!("{key}_active")] == "true"
                && made.is_ok_and(|made| (now.as_second() - made.as_second()) / SECONDS_PER_DAY > 90)
        });
        assert_eq!(rotations.len(), old.count(), "{time}");
        assert_eq!(!rotations.is_empty(), are_old, "{time}");
    }
}

#[test]
fn a_time_that_is_none_is_refused_and_the_last_there_is_makes_an_inventory() {
    let sim = Sim::start(Settings { accounts: 3, ..Settings::immediate() }).unwrap();
    let mut running = Function::start(ACCOUNT_METADATA, &environment(&sim, &TENANTS));
    for time in ["2027-02-29T00:00:00Z", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "2028-13-01T00:00:00Z"] {
        match running.invoke(&json!({"scheduled_time": time}), Deadline::LONGEST) {
            Answer::Error { error_type, message } => {
                assert_eq!(error_type, "EventInvalid", "{time}");
                assert!(message.contains("scheduled_time"), "{message}");
            }
            Answer::Response(summary) => panic!("{time}: {summary}"),
        }
    }
    for (time, stamp) in
        [("9999-12-30T22:00:00Z", "9999-12-30T22-00-00Z"), ("0000-01-01T00:00:00Z", "0000-01-01T00-00-00Z")]
    {
        let summary = answer::summary(running.invoke(&json!({"scheduled_time": time}), Deadline::LONGEST));
        assert_reported(&summary, 3);
        let key = format!("aws-100000000000-account-metadata-report-{stamp}.csv");
        assert_eq!(summary["organizations"][0]["report"], format!("s3://{BUCKET}/{key}"));
        assert!(sim.object(BUCKET, &key).is_some());
    }
}
