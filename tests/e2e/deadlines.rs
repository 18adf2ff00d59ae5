//! Events with hardly any time left: an answer before it is over, with a ledger that has every account, and a next run that
//! begins with those that were not reached.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use aws_sim::{Fault, FaultRule, Settings, Sim};
use orgscan_tests::answer::{self, assert_sums, records_of};
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::sim::{BUCKET, TENANTS, environment, object};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{ACCOUNT_METADATA, CREDENTIAL_REPORT, FUNCTIONS};

/// Settings of both functions.
fn settings<'a>(function: &str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut settings = more.to_vec();
    if function == ACCOUNT_METADATA {
        settings.extend(TENANTS);
        if !more.iter().any(|(name, _)| *name == "REGIONS") {
            settings.push(("REGIONS", "us-east-1"));
        }
    }
    settings
}

/// Invokes a function that was just started; the answer is before the deadline.
fn invoke(function: &str, sim: &Sim, more: &[(&str, &str)], event: &Value, time: Duration) -> Answer {
    let mut running = Function::start(function, &environment(sim, &settings(function, more)));
    let began = Instant::now();
    let answer = running.invoke(event, Deadline::In(time));
    let took = began.elapsed();
    let logs = running.logs();
    assert!(took < time, "{function} answered after {took:?}, with {time:?} left\n{logs}");
    assert!(!logs.contains("panicked"), "{logs}");
    answer
}

/// The accounts of a ledger that it says this of; of an empty word all.
fn with_outcome(ledger: &str, outcome: &str) -> BTreeSet<String> {
    let rows = records_of(ledger).into_iter();
    rows.filter(|row| outcome.is_empty() || row["outcome"] == outcome).map(|row| row["account_id"].clone()).collect()
}

fn unfinished(function: &str, sim: &Sim) -> String {
    let report = if function == ACCOUNT_METADATA { "account-metadata-report" } else { "credential-report" };
    let key = format!("aws-100000000000-{report}-unfinished-coverage.csv");
    String::from_utf8(sim.object(BUCKET, &key).expect("it is there")).unwrap()
}

/// A first event with so little time, and a second one with enough of it.
fn one_short_run_and_one_long_one(function: &str, seconds: u64, accounts: u32, more: &[(&str, &str)]) {
    let world = Settings { accounts, fresh_share: 1.0, ..Settings::default() };
    let sim = Sim::start(world).unwrap();
    let more = [&[("QUOTA_PERCENT", "100")], more].concat();
    let event = json!({"scheduled_time": "2026-11-21T06:00:00Z"});
    let summary = answer::summary(invoke(function, &sim, &more, &event, Duration::from_secs(seconds)));
    assert_eq!(answer::status(&summary), "partial", "{summary}");
    assert!(summary["warnings"].to_string().contains("the next run begins with them"), "{summary}");
    let ledger = object(&sim, &summary, "coverage");
    let listed = with_outcome(&ledger, "");
    assert_eq!(summary["organizations"][0]["accounts"]["listed"], listed.len(), "{summary}");
    assert_eq!(listed.len() + 1, ledger.lines().count(), "each once");
    assert_eq!(unfinished(function, &sim), ledger);
    if function == ACCOUNT_METADATA {
        assert_eq!(object(&sim, &summary, "report").lines().count(), ledger.lines().count());
    }
    let reached: BTreeSet<String> = &listed - &with_outcome(&ledger, "not_attempted");

    let before = sim.roles_asked_for().len();
    let event = json!({"scheduled_time": "2026-11-21T07:00:00Z"});
    let summary = answer::summary(invoke(function, &sim, &more, &event, Duration::from_mins(10)));
    assert_eq!(answer::status(&summary), "complete", "{summary}");
    assert_eq!(summary["organizations"][0]["accounts"]["reported"], accounts, "{summary}");
    let asked: Vec<String> = sim.roles_asked_for()[before..].iter().map(ToString::to_string).collect();
    let first_reached = asked.iter().position(|account| reached.contains(account)).unwrap_or(asked.len());
    // The page that completes the first ones lets the others begin, and calls overtake each other on their way.
    let not_reached = accounts as usize - reached.len();
    assert!(
        first_reached + 60 >= not_reached,
        "{first_reached} came first of {not_reached} which were not reached; {} were",
        reached.len()
    );
    assert!(with_outcome(&unfinished(function, &sim), "not_attempted").is_empty());
}

#[test]
fn with_twenty_seconds_left_some_accounts_are_reached_and_the_others_come_first_next_time() {
    thread::scope(|scope| {
        for function in FUNCTIONS {
            // Accounts begin for eight seconds, in which 1,500 are listed; all are within four more.
            let reserve = [("DEADLINE_RESERVE_SECONDS", "12")];
            scope.spawn(move || one_short_run_and_one_long_one(function, 20, 1_900, &reserve));
        }
    });
}

#[test]
fn with_five_seconds_or_one_left_there_is_a_ledger_of_what_could_be_listed() {
    thread::scope(|scope| {
        for function in FUNCTIONS {
            scope.spawn(move || {
                one_short_run_and_one_long_one(function, 5, 600, &[]);
                one_short_run_and_one_long_one(function, 1, 100, &[]);
            });
        }
    });
}

#[test]
fn a_service_that_hangs_does_not_keep_a_function_from_its_answer() {
    const OPERATIONS: [(&str, &str); 16] = [
        (CREDENTIAL_REPORT, "sts:GetCallerIdentity"),
        (CREDENTIAL_REPORT, "organizations:DescribeOrganization"),
        (CREDENTIAL_REPORT, "organizations:ListAccounts"),
        (CREDENTIAL_REPORT, "sts:AssumeRole"),
        (CREDENTIAL_REPORT, "iam:GenerateCredentialReport"),
        (CREDENTIAL_REPORT, "iam:GetCredentialReport"),
        (CREDENTIAL_REPORT, "s3:GetObject"),
        (CREDENTIAL_REPORT, "s3:PutObject"),
        (CREDENTIAL_REPORT, "ses:SendEmail"),
        (ACCOUNT_METADATA, "dynamodb:Scan"),
        (ACCOUNT_METADATA, "sts:AssumeRole"),
        (ACCOUNT_METADATA, "organizations:ListTagsForResource"),
        (ACCOUNT_METADATA, "account:ListRegions"),
        (ACCOUNT_METADATA, "tag:GetResources"),
        (ACCOUNT_METADATA, "s3:GetObject"),
        (ACCOUNT_METADATA, "s3:PutObject"),
    ];
    /// Without these nothing can be done, and the error says which it was.
    const FATAL: [(&str, &str); 5] = [
        ("sts:GetCallerIdentity", "IdentityUnknown"),
        ("organizations:DescribeOrganization", "OrganizationUnreadable"),
        ("organizations:ListAccounts", "NoOrganization"),
        ("dynamodb:Scan", "TenantsUnreadable"),
        ("s3:PutObject", "StoreFailed"),
    ];
    thread::scope(|scope| {
        for (function, operation) in OPERATIONS {
            scope.spawn(move || {
                let faults = vec![FaultRule::new(operation, Fault::Hang)];
                let sim =
                    Sim::start(Settings { accounts: 30, tagged_share: 0.5, faults, ..Settings::immediate() }).unwrap();
                let mut more = vec![("DEADLINE_RESERVE_SECONDS", "5")];
                if function == CREDENTIAL_REPORT {
                    more.extend([("MAIL_SENDER", "a@example.com"), ("MAIL_RECIPIENTS", "b@example.com")]);
                }
                if operation == "account:ListRegions" {
                    more.push(("REGIONS", ""));
                }
                let event = json!({"scheduled_time": "2026-11-21T06:00:00Z"});
                let answer = invoke(function, &sim, &more, &event, Duration::from_secs(10));
                match (answer, FATAL.iter().find(|(fatal, _)| *fatal == operation)) {
                    (Answer::Response(summary), None) => {
                        assert_sums(&summary);
                        let ledger = object(&sim, &summary, "coverage");
                        assert_eq!(with_outcome(&ledger, "").len(), 30, "{operation}: {summary}");
                        let is_complete = answer::status(&summary) == "complete";
                        // An inventory needs nothing of earlier runs; an audit compares its findings with theirs.
                        let needs_none = (function, operation) == (ACCOUNT_METADATA, "s3:GetObject");
                        assert_eq!(is_complete, needs_none, "{summary}");
                    }
                    (Answer::Error { error_type, .. }, Some((_, code))) => assert_eq!(error_type, *code, "{operation}"),
                    (answer, _) => panic!("{function}, {operation} hanging: {answer:?}"),
                }
            });
        }
    });
}

#[test]
fn an_event_without_any_time_left_is_answered_at_once_and_one_of_the_past_has_no_deadline() {
    for function in FUNCTIONS {
        let sim = Sim::start(Settings { accounts: 10, fresh_share: 1.0, ..Settings::immediate() }).unwrap();
        let mut running = Function::start(function, &environment(&sim, &settings(function, &[])));
        let began = Instant::now();
        let answer = running.invoke(&json!({"scheduled_time": "2026-11-21T06:00:00Z"}), Deadline::In(Duration::ZERO));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        match answer {
            Answer::Response(summary) => assert_sums(&summary),
            Answer::Error { error_type, message } => assert_ne!(error_type, "Runtime.ExitError", "{message}"),
        }
        // Local stand-ins of Lambda give a number of milliseconds in place of a time.
        let summary = answer::summary(
            running.invoke(&json!({"scheduled_time": "2026-11-21T07:00:00Z"}), Deadline::Exactly(900_000)),
        );
        assert_eq!(answer::status(&summary), "complete", "{summary}");
        assert_eq!(summary["organizations"][0]["accounts"]["reported"], 10, "{summary}");
        let logs = running.end_and_read_logs();
        assert!(!logs.contains("panicked"), "{logs}");
    }
}
