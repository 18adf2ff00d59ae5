//! What `orgscan schema` prints, held against what is really read and written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use aws_sim::{Settings, Sim};
use orgscan_tests::process::{Finished, Process};
use orgscan_tests::sim::environment;
use orgscan_tests::{answer, tools};
use serde_json::Value;

use crate::{ACCOUNT_METADATA, CREDENTIAL_REPORT};

const LIMIT: Duration = Duration::from_mins(2);

fn orgscan(folder: &Path, arguments: &[&str], sim: Option<(&Sim, &[(&str, &str)])>) -> Finished {
    let mut command = Command::new(tools::binary("orgscan"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", folder);
    if let Some((sim, more)) = sim {
        command.envs(environment(sim, more));
    }
    Process::run("orgscan", &mut command, LIMIT)
}

/// Writes a schema to a file of its own.
fn schema(folder: &Path, what: &str) -> PathBuf {
    let printed = orgscan(folder, &["schema", what], None).expect_success("orgscan schema");
    let path = folder.join(format!("{what}.schema.json"));
    fs::write(&path, printed).unwrap();
    path
}

/// What a validator that is not ours says of JSON lines: how many are valid, or what is wrong with the first that is not.
fn validate(schema: &Path, lines: &str) -> Finished {
    let path = schema.with_extension("lines");
    fs::write(&path, lines).unwrap();
    Process::run("validate.py", tools::python("tests/schemas/validate.py").arg(schema).arg(path), LIMIT)
}

fn assert_valid(schema: &Path, lines: &str) {
    let count = lines.lines().count();
    assert!(count > 0);
    let said = validate(schema, lines).expect_success("the validator");
    assert_eq!(said, format!("{count} valid\n"), "{}", schema.display());
}

fn compact(json: &str) -> String {
    serde_json::from_str::<Value>(json).unwrap().to_string() + "\n"
}

/// Runs both jobs, one after the other into the same folder: their summaries.
fn run_both(folder: &Path) -> [String; 2] {
    let faults = serde_json::json!([
        {"operation": "sts:AssumeRole", "account": "100000000003", "fault": "access-denied"},
        {"operation": "tag:GetResources", "account": "100000000004", "fault": "wrong-signature"},
    ]);
    let faults = serde_json::from_value(faults).unwrap();
    let sim =
        Sim::start(Settings { accounts: 12, regions: 2, fresh_share: 1.0, faults, ..Settings::immediate() }).unwrap();
    let tenants = [("DYNAMO_TABLE_NAME", "tenants"), ("CROSS_ACCOUNT_ROLE_NAME", "Inventory")];
    let mail = [("MAIL_SENDER", "a@example.com"), ("MAIL_RECIPIENTS", "b@example.com")];
    [(ACCOUNT_METADATA, &tenants), (CREDENTIAL_REPORT, &mail)].map(|(job, settings)| {
        let line = [
            job,
            "--json",
            "--quiet",
            "--output-dir",
            "reports",
            "--event",
            r#"{"scheduled_time": "2026-11-21T06:00:00Z"}"#,
        ];
        let ended = orgscan(folder, &line, Some((&sim, settings)));
        assert_eq!(ended.code, Some(2), "{ended:?}");
        ended.stdout
    })
}

#[test]
fn what_is_written_is_what_the_schemas_and_the_column_lists_say() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let summaries = run_both(folder).map(|summary| compact(&summary)).concat();
    assert!(summaries.contains(r#""comparison":"first_run""#), "{summaries}");
    assert_valid(&schema(folder, "summary"), &summaries);

    let files = answer::files(&folder.join("reports"));
    let named = |end: &str| {
        let found: Vec<&PathBuf> = files.iter().filter(|path| path.to_string_lossy().ends_with(end)).collect();
        assert!(!found.is_empty(), "no file ends with {end}: {files:?}");
        found.into_iter().map(|path| fs::read_to_string(path).unwrap()).collect::<Vec<String>>()
    };
    assert_valid(&schema(folder, "findings"), &named("findings-2026-11-21T06-00-00Z.jsonl").concat());

    let columns: Value = serde_json::from_str(&orgscan(folder, &["schema", "columns"], None).stdout).unwrap();
    let lists = columns.as_object().unwrap();
    assert_eq!(lists.len(), 4, "{columns}");
    for (table, end) in [
        ("account-metadata-report", "account-metadata-report-2026-11-21T06-00-00Z.csv"),
        ("credential-report", "credential-report-2026-11-21T06-00-00Z.csv"),
        ("coverage", "-coverage.csv"),
        ("findings", "credential-report-2026-11-21T06-00-00Z-findings.csv"),
    ] {
        let list: Vec<&str> = lists[table].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for content in named(end) {
            assert_eq!(content.lines().next().unwrap(), list.join(","), "{table}");
        }
    }
}

#[test]
fn every_sample_event_is_what_the_schema_says() {
    let folder = tempfile::tempdir().unwrap();
    let samples: Vec<String> = answer::files(&tools::workspace().join("events"))
        .iter()
        .map(|path| compact(&fs::read_to_string(path).unwrap()))
        .collect();
    assert!(samples.len() > 10, "{samples:?}");
    let schema = schema(folder.path(), "event");
    assert_valid(&schema, &samples.concat());
    for wrong in [
        r#"{"account_ids": ["12"]}"#,
        r#"{"account_ids": []}"#,
        r#"{"tenant_ids": "111122223333"}"#,
        r#"{"scheduled_time": 5}"#,
        r#"{"dry_run": "yes"}"#,
        r#"{"run_id": ""}"#,
        "[]",
    ] {
        let said = validate(&schema, wrong);
        assert_eq!(said.code, Some(1), "{wrong}: {said:?}");
    }
}

#[test]
fn a_diagnosis_is_what_the_schema_says() {
    let folder = tempfile::tempdir().unwrap();
    let sim = Sim::start(Settings { accounts: 5, fresh_share: 1.0, ..Settings::immediate() }).unwrap();
    let ended = orgscan(folder.path(), &["doctor", CREDENTIAL_REPORT, "--json", "--quiet"], Some((&sim, &[])));
    assert_valid(&schema(folder.path(), "diagnosis"), &compact(&ended.stdout));
}
