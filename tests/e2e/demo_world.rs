//! The demo's world on ministack, where IAM is enforced: roles, trust, external ids and the template's policies.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use orgscan_tests::answer::{self, organizations, status};
use orgscan_tests::function::refuse_real_endpoints;
use orgscan_tests::http;
use orgscan_tests::oracle::{self, GeneratedTime};
use orgscan_tests::process::{Environment, Finished, Process};
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::tools;
use orgscan_tests::world::World;
use serde_json::{Value, json};

use crate::{ACCOUNT_METADATA, CREDENTIAL_REPORT, FUNCTIONS};

/// What the demo's roles are called.
const MANAGEMENT_ROLE: &str = "OrgReportManagement";
const MEMBER_ROLE: &str = "OrgReportReader";
/// When the second audit is, two days after the world's first one.
const SECOND_DAY: &str = "2026-11-23";
const COMMAND_LIMIT: Duration = Duration::from_mins(2);

/// The root user of an account: to this emulator the account's id is its access key.
fn root_of(account: &str) -> Value {
    json!({"access_key_id": account, "secret_access_key": "test"})
}

/// The account that the functions are in.
fn home(world: &World) -> Value {
    root_of(world.text("/notes/organizations/A/management_account"))
}

/// Invokes a deployed function as `aws lambda invoke` does.
fn invoke(world: &World, name: &str, event: &Value) -> Answer {
    let arguments = json!({
        "FunctionName": world.text(&format!("/notes/functions/{name}")),
        "Payload": event.to_string(),
    });
    let answer = world.call(&home(world), "lambda", "invoke", &arguments);
    let payload: Value = serde_json::from_str(answer["Payload"].as_str().unwrap()).unwrap();
    match answer["FunctionError"].as_str() {
        None => Answer::Response(payload),
        Some(_) => Answer::Error {
            error_type: payload["errorType"].as_str().unwrap_or_default().to_owned(),
            message: payload["errorMessage"].as_str().unwrap_or_default().to_owned(),
        },
    }
}

fn delete_role(world: &World, account: &str, role: &str) {
    let root = root_of(account);
    let policies = world.call(&root, "iam", "list_role_policies", &json!({"RoleName": role}));
    for policy in policies["PolicyNames"].as_array().unwrap() {
        world.call(&root, "iam", "delete_role_policy", &json!({"RoleName": role, "PolicyName": policy}));
    }
    world.call(&root, "iam", "delete_role", &json!({"RoleName": role}));
}

/// The outcome of every account in the ledgers of a run.
fn outcomes(summary: &Value, folder: &Path) -> BTreeMap<String, String> {
    let ledgers = organizations(summary).iter().map(|organization| {
        answer::records(&answer::find(folder, answer::file_name(organization["coverage"].as_str().unwrap())))
    });
    ledgers.flatten().map(|row| (row["account_id"].clone(), row["outcome"].clone())).collect()
}

#[test]
fn the_demos_world_is_reported_as_the_oracle_derives_it_and_an_unreachable_tenant_is_rejected() {
    let world = World::demo();
    let folder = tempfile::tempdir().unwrap();
    let mut reader = world.environment(ACCOUNT_METADATA);
    reader.extend(world.access_with(&home(&world)));

    let summaries = FUNCTIONS.map(|name| answer::summary(invoke(&world, name, &world.event())));
    let (expected, actual) = (folder.path().join("expected"), folder.path().join("actual"));
    oracle::fetch(&reader, &actual);
    for (name, summary) in FUNCTIONS.into_iter().zip(&summaries) {
        oracle::derive(name, &world, &world.environment(name), &expected);
        answer::assert_objects_match(summary, &actual);
        let planned: BTreeMap<String, String> =
            serde_json::from_value(world.get(&format!("/notes/expected_outcomes/{name}")).clone()).unwrap();
        assert_eq!(outcomes(summary, &actual), planned, "{name}: every account is in a ledger, as the world has it");
    }
    // The oracle sends no mail, and so has no mark that one was sent.
    let marks: Vec<_> = answer::files(&actual).into_iter().filter(|file| is_mail_mark(file)).collect();
    assert_eq!(marks.len(), 1, "the credential report was mailed once: {marks:?}");
    fs::remove_file(&marks[0]).unwrap();
    if let Err(difference) = oracle::compare(&expected, &actual, GeneratedTime::Ignored) {
        panic!("the demo's world differs from the oracle:\n{difference}");
    }

    take_screens(&world, &summaries[1], &actual);
    assert_queries_answer(&world, &reader, &folder.path().join("queried"));
    assert_events_are_answered(&world);

    let lost = world.text("/notes/organizations/B/management_account");
    delete_role(&world, lost, MANAGEMENT_ROLE);
    let summary = answer::summary(invoke(&world, ACCOUNT_METADATA, &json!({"scheduled_time": "2026-11-22T06:00:00Z"})));
    assert_eq!(status(&summary), "partial");
    assert_eq!(organizations(&summary).len(), organizations(&summaries[0]).len() - 1, "the others go on: {summary}");
    let rejected = summary["tenants"]["rejected"].as_array().unwrap();
    let reason = rejected.iter().find(|tenant| tenant["tenant_id"] == lost).map(|tenant| tenant["reason"].to_string());
    assert!(reason.as_ref().is_some_and(|reason| reason.contains("sts:AssumeRole")), "{lost}: {reason:?} of {summary}");
}

/// Pictures of the digest and the page, light and dark, wide and on a phone, for people: target/demo/screens/.
fn take_screens(world: &World, summary: &Value, objects: &Path) {
    let emulator: SocketAddr = world.text("/endpoint").strip_prefix("http://").unwrap().parse().unwrap();
    let (_, kept) = http::get(emulator, "/_ministack/ses/messages").unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    let mut messages = kept["messages"].as_object().unwrap().values().flat_map(|of_one| of_one.as_array().unwrap());
    let html = messages.next().unwrap()["BodyHtml"].as_str().unwrap();
    let digest = objects.with_file_name("digest.html");
    fs::write(&digest, html).unwrap();
    let page = answer::find(objects, answer::file_name(organizations(summary)[0]["page"].as_str().unwrap()));
    let folder = tools::target().join("demo/screens");
    let mut command = Command::new("node");
    command
        .arg(tools::workspace().join("tests/page/screens.mjs"))
        .args(["--chromium".as_ref(), tools::chromium().as_os_str()])
        .args(["--packages".as_ref(), tools::browser_packages().as_os_str()])
        .args(["--digest".as_ref(), digest.as_os_str(), "--page".as_ref(), page.as_os_str()])
        .args(["--to".as_ref(), folder.as_os_str()])
        .env("PATH", tools::search_path_with_node());
    let said = Process::run("screens.mjs", &mut command, COMMAND_LIMIT).expect_success("taking pictures");
    let pictures: Vec<&str> = said.lines().collect();
    assert_eq!(pictures.len(), 8, "{said}");
    for picture in pictures {
        assert!(fs::metadata(picture).unwrap().len() > 10_000, "{picture} shows nothing");
    }
}

/// docs/queries.md says what its queries answer, after a second audit: keys have become too old since, and what was done
/// with the root user has passed. With the variable `ORGSCAN_UPDATE_REFERENCE` it is written anew.
fn assert_queries_answer(world: &World, reader: &Environment, objects: &Path) {
    answer::summary(invoke(world, CREDENTIAL_REPORT, &json!({"scheduled_time": format!("{SECOND_DAY}T06:00:00Z")})));
    oracle::fetch(reader, objects);
    let management_account = world.text("/notes/organizations/A/management_account");
    let findings = answer::find(objects, &format!("aws-{management_account}-findings-latest.jsonl"));
    let mut command = tools::python("tests/queries/queries.py");
    command.arg(findings.parent().unwrap()).arg(SECOND_DAY);
    command.args(tools::variable("ORGSCAN_UPDATE_REFERENCE").map(|_| "--update"));
    let said =
        Process::run("queries.py", &mut command, COMMAND_LIMIT).expect_success("the queries of the documentation");
    assert!(said.contains(" queries answer what docs/queries.md says"), "{said}");
}

fn is_mail_mark(file: &Path) -> bool {
    file.to_string_lossy().ends_with("-mail.json")
}

/// The deployed functions with the events that a first try would take.
fn assert_events_are_answered(world: &World) {
    for name in FUNCTIONS {
        answer::summary(invoke(world, name, &json!({})));
        match invoke(world, name, &json!({"scheduled_time": 5})) {
            Answer::Error { error_type, message } => {
                assert_eq!(error_type, "EventInvalid", "{message}");
                assert!(message.contains("scheduled_time"), "{message}");
            }
            Answer::Response(summary) => panic!("{name} takes a number for a time: {summary}"),
        }
    }
}

#[test]
fn the_command_reports_from_a_terminal_and_its_exit_code_says_what_is_covered() {
    let world = World::demo();
    let own_accounts: Vec<&str> =
        world.get("/notes/organizations/A/accounts").as_array().unwrap().iter().filter_map(Value::as_str).collect();

    let complete = terminal(&world);
    let finished = orgscan(&world, complete.path(), &[CREDENTIAL_REPORT]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let reports = complete.path().join("credential-report-automation");
    let ledger = answer::records(&newest_ledger(&reports));
    let mut listed: Vec<&str> = ledger.iter().map(|row| row["account_id"].as_str()).collect();
    let mut own = own_accounts.clone();
    listed.sort_unstable();
    own.sort_unstable();
    assert_eq!(listed, own, "every account is in the ledger");

    let finished = orgscan(&world, terminal(&world).path(), &[CREDENTIAL_REPORT, "--json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let summary: Value = serde_json::from_str(&finished.stdout).expect("--json prints one JSON document");
    assert_eq!(status(&answer::summary(Answer::Response(summary))), "complete");

    let empty = terminal(&world);
    let finished = orgscan(&world, empty.path(), &[CREDENTIAL_REPORT, "--bucket", "--json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!empty.path().join("credential-report-automation").exists(), "with --bucket nothing is written here");
    let summary: Value = serde_json::from_str(&finished.stdout).unwrap();
    let report = organizations(&summary)[0]["report"].as_str().unwrap();
    let key = report.strip_prefix(&format!("s3://{}/", world.text("/bucket"))).expect("the report is in the bucket");
    world.call(&home(&world), "s3", "head_object", &json!({"Bucket": world.text("/bucket"), "Key": key}));

    let finished = orgscan(&world, terminal(&world).path(), &[CREDENTIAL_REPORT, "--no-such-flag"]);
    assert_eq!(finished.code, Some(64), "{finished:?}");

    // A role out of reach: the run is partial, and the ledger says which account and why.
    let lost = ledger
        .iter()
        .find(|row| row["outcome"] == "reported" && row["account_id"] != own_accounts[0])
        .map(|row| row["account_id"].clone())
        .unwrap();
    delete_role(&world, &lost, MEMBER_ROLE);
    let partial = terminal(&world);
    let finished = orgscan(&world, partial.path(), &[CREDENTIAL_REPORT]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    let ledger = answer::records(&newest_ledger(&partial.path().join("credential-report-automation")));
    let failed: Vec<(&str, &str)> = ledger
        .iter()
        .filter(|row| !["reported", "skipped_state"].contains(&row["outcome"].as_str()))
        .map(|row| (row["account_id"].as_str(), row["outcome"].as_str()))
        .collect();
    assert_eq!(failed, [(lost.as_str(), "assume_denied")]);
}

/// An empty folder with the settings in `.env`, as a developer has them.
fn terminal(world: &World) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = world.settings(CREDENTIAL_REPORT).into_iter().filter(|(name, _)| !name.starts_with("MAIL_"));
    let lines: Vec<String> = settings.map(|(name, value)| format!("{name}='{value}'")).collect();
    fs::write(folder.path().join(".env"), lines.join("\n")).unwrap();
    folder
}

/// Runs the command with the operator's credentials in a folder.
fn orgscan(world: &World, folder: &Path, arguments: &[&str]) -> Finished {
    assert_eq!(refuse_real_endpoints(&world.access()), Ok(()));
    let mut command = Command::new(tools::binary("orgscan"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", tools::search_path())
        .env("HOME", folder)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(world.access());
    Process::run("orgscan", &mut command, COMMAND_LIMIT)
}

fn newest_ledger(folder: &Path) -> std::path::PathBuf {
    let is_ledger = |file: &std::path::PathBuf| file.to_string_lossy().ends_with("-latest-coverage.csv");
    answer::files(folder)
        .into_iter()
        .find(is_ledger)
        .unwrap_or_else(|| panic!("no ledger in {}: {:?}", folder.display(), answer::files(folder)))
}
