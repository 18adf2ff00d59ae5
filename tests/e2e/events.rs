//! Every shape of event, and deadlines that are not what they should be.

use std::fs;
use std::time::Duration;

use orgscan_tests::answer::{self, organizations, status};
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::oracle;
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::slow::SlowLine;
use orgscan_tests::tools;
use orgscan_tests::world::World;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::FUNCTIONS;

/// A world of these tests' own; which one does not matter.
const SEED: u64 = 1;
/// A world that lists an Organization's accounts in one page: a deadline that comes later finds all of them listed.
const ONE_PAGE_SEED: u64 = 10;

#[test]
fn every_sample_event_is_handled_by_its_function() {
    let world = World::generated(SEED);
    for name in FUNCTIONS {
        let mut function = Function::start(name, &world.environment(name));
        let mut events = vec![("{}".to_owned(), json!({})), ("null".to_owned(), Value::Null)];
        let samples = answer::files(&tools::workspace().join("events").join(name));
        assert!(samples.len() > 2, "events/{name} has samples");
        for sample in samples {
            let event = serde_json::from_slice(&fs::read(&sample).unwrap()).expect("a sample is JSON");
            events.push((sample.display().to_string(), event));
        }
        for (event_name, event) in events {
            let answer = function.invoke(&event, Deadline::LONGEST);
            assert!(matches!(answer, Answer::Response(_)), "{name} with {event_name}: {answer:?}");
            let summary = answer::summary(answer);
            assert!(["complete", "partial"].contains(&status(&summary)), "{name} with {event_name}: {summary}");
            if let Some(time) = event.get("scheduled_time").or_else(|| event.get("time")).and_then(Value::as_str) {
                assert_eq!(summary["scheduled_time"].as_str(), Some(time), "{name} with {event_name}");
            }
        }
    }
}

#[test]
fn a_field_of_the_wrong_type_is_an_error_that_names_it_and_an_unknown_field_a_warning() {
    let world = World::generated(SEED);
    for name in FUNCTIONS {
        let mut function = Function::start(name, &world.environment(name));
        for (event, field) in [
            (json!({"scheduled_time": 5}), "scheduled_time"),
            (json!({"scheduled_time": "tomorrow"}), "scheduled_time"),
            (json!({"account_ids": "123456789012"}), "account_ids"),
            (json!({"dry_run": "yes"}), "dry_run"),
        ] {
            match function.invoke(&event, Deadline::LONGEST) {
                Answer::Error { error_type, message } => {
                    assert_eq!(error_type, "EventInvalid", "{name} with {event}");
                    assert!(message.contains(field), "{name} with {event}: {message}");
                }
                Answer::Response(summary) => panic!("{name} takes {event}: {summary}"),
            }
        }
        answer::summary(function.invoke(&json!({"dry_run": true, "colour": "red"}), Deadline::LONGEST));
        let warnings = answer::messages(&function.end_and_read_logs(), "WARN");
        assert!(warnings.iter().any(|warning| warning.contains("colour")), "{name}: {warnings:?}");
    }
}

#[test]
fn a_function_that_is_asked_examines_itself_and_writes_nothing() {
    let world = World::generated(SEED);
    for name in FUNCTIONS {
        let before = objects(&world);
        let mut function = Function::start(name, &world.environment(name));
        let Answer::Response(diagnosis) = function.invoke(&json!({"doctor": true}), Deadline::LONGEST) else {
            panic!("{name} fails")
        };
        assert!(["ok", "failed"].contains(&diagnosis["status"].as_str().unwrap()), "{name}: {diagnosis}");
        let state = |id: &str| {
            let checks = diagnosis["checks"].as_array().unwrap();
            checks.iter().find(|check| check["id"] == id).map(|check| check["state"].as_str().unwrap().to_owned())
        };
        for id in ["settings", "identity", "organization", "bucket", "bucket-write", "lambda-time"] {
            assert_eq!(state(id).as_deref(), Some("ok"), "{name}: {id}: {diagnosis}");
        }
        assert_eq!(diagnosis["estimates"][0]["job"], name);
        assert_eq!(objects(&world), before, "{name}");
    }
}

#[test]
fn settings_that_cannot_be_used_are_a_part_of_what_a_function_finds() {
    let world = World::generated(SEED);
    for name in FUNCTIONS {
        let mut settings = world.environment(name);
        settings.remove("OUTPUT_BUCKET");
        settings.insert("KMS_KEY_ARN".to_owned(), "no key".to_owned());
        let mut function = Function::start(name, &settings);
        let Answer::Response(diagnosis) = function.invoke(&json!({"doctor": true}), Deadline::LONGEST) else {
            panic!("{name} fails")
        };
        assert_eq!(diagnosis["status"], "failed");
        let failed = |subject: &str| {
            let checks = diagnosis["checks"].as_array().unwrap();
            checks.iter().any(|check| check["subject"] == subject && check["state"] == "failed")
        };
        assert!(failed("KMS_KEY_ARN") && failed("OUTPUT_BUCKET"), "{name}: {diagnosis}");
    }
}

#[test]
fn a_dry_run_writes_nothing() {
    let world = World::generated(SEED);
    for name in FUNCTIONS {
        let before = objects(&world);
        let mut function = Function::start(name, &world.environment(name));
        let mut event = world.event();
        event["dry_run"] = json!(true);
        let summary = answer::summary(function.invoke(&event, Deadline::LONGEST));
        assert_eq!(summary["dry_run"], json!(true), "{name}");
        assert!(!organizations(&summary).is_empty(), "{name} lists what it would scan");
        assert_eq!(objects(&world), before, "{name}");
    }
}

#[test]
fn a_deadline_that_is_no_time_is_taken_as_none_with_a_warning() {
    let world = World::generated(SEED);
    for name in FUNCTIONS {
        let mut function = Function::start(name, &world.environment(name));
        let summary = answer::summary(function.invoke(&world.event(), Deadline::Exactly(600_000)));
        assert_eq!(outcomes(&summary, "not_attempted"), 0, "{name}: {summary}");
        let warnings = answer::messages(&function.end_and_read_logs(), "WARN");
        assert!(warnings.iter().any(|warning| warning.contains("deadline")), "{name}: {warnings:?}");
    }
}

#[test]
fn a_deadline_in_the_middle_of_a_run_is_met_and_the_ledger_says_who_was_not_attempted() {
    let world = World::generated(ONE_PAGE_SEED);
    let line = SlowLine::to(world.text("/endpoint"), Duration::from_millis(150));
    let limit = Duration::from_secs(8);
    for name in FUNCTIONS {
        let mut settings = world.environment(name);
        settings.insert("AWS_ENDPOINT_URL".to_owned(), line.endpoint());
        // One request at a time, and most of the time kept for writing: enough to list the accounts, not to scan them.
        settings.insert("MAX_IN_FLIGHT".to_owned(), "1".to_owned());
        settings.insert("DEADLINE_RESERVE_SECONDS".to_owned(), "5".to_owned());
        let mut function = Function::start(name, &settings);
        let begin = Instant::now();
        let answer = function.invoke(&world.event(), Deadline::In(limit));
        let took = begin.elapsed();
        let summary = answer::summary(answer);
        assert!(took < limit, "{name} answers before its deadline, not after {took:?}");
        assert_eq!(status(&summary), "partial", "{name}: {summary}");
        assert!(outcomes(&summary, "not_attempted") > 0, "{name}: {summary}");
        let folder = tempfile::tempdir().unwrap();
        oracle::fetch(&world.environment(name), folder.path());
        assert!(answer::assert_objects_match(&summary, folder.path()).is_subset(&world.accounts()), "{name}");
    }
}

#[test]
fn a_deadline_nearer_than_the_reserve_is_met_and_every_account_is_in_the_ledger() {
    let world = World::generated(ONE_PAGE_SEED);
    let limit = Duration::from_secs(6);
    for name in FUNCTIONS {
        let mut function = Function::start(name, &world.environment(name));
        let begin = Instant::now();
        let answer = function.invoke(&world.event(), Deadline::In(limit));
        assert!(begin.elapsed() < limit, "{name} answers before its deadline, not after {:?}", begin.elapsed());
        let summary = answer::summary(answer);
        assert_eq!(status(&summary), "partial", "{name}: {summary}");
        assert!(outcomes(&summary, "not_attempted") > 0, "{name}: {summary}");
        let folder = tempfile::tempdir().unwrap();
        oracle::fetch(&world.environment(name), folder.path());
        assert_eq!(answer::assert_objects_match(&summary, folder.path()), world.accounts(), "{name}");
    }
}

/// How many accounts of all Organizations ended with an outcome.
fn outcomes(summary: &Value, outcome: &str) -> u64 {
    organizations(summary).iter().filter_map(|organization| organization["outcomes"][outcome].as_u64()).sum()
}

fn objects(world: &World) -> Value {
    world.call_as_itself("s3", "list_objects_v2", &json!({"Bucket": world.text("/bucket")}))["KeyCount"].clone()
}
