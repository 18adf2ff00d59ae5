//! docs/operations.md: outcomes, errors, alarms, metrics.

use std::collections::BTreeSet;

use orgscan::error::{CallError, CallErrorKind, RunError, StoreError};
use orgscan::ledger::{Outcome, Sum};

use super::document;
use super::markdown::{names, prose, table};
use super::template::section;

const OPERATIONS: &str = "docs/operations.md";

/// One error of every kind that ends a run.
fn run_errors() -> [RunError; 10] {
    let call = || CallError::new("sts:GetCallerIdentity", CallErrorKind::Other);
    let disk = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    [
        RunError::Settings { problems: vec![] },
        RunError::Event { problems: vec![] },
        RunError::Identity(call()),
        RunError::Tenants { table: String::new(), source: call() },
        RunError::NoTenants { table: String::new() },
        RunError::Organization(call()),
        RunError::NoOrganization { reasons: vec![] },
        RunError::Store { location: String::new(), advice: None, source: StoreError::Folder(disk()) },
        RunError::Spool(disk()),
        RunError::Internal,
    ]
}

#[test]
fn what_to_do_about_every_outcome_and_every_error_is_in_the_documentation() {
    let operations = document(OPERATIONS);
    let outcomes = Outcome::ALL.into_iter().filter(|outcome| outcome.sum() == Sum::Failed).map(Outcome::as_str);
    let errors = run_errors();
    for name in outcomes.chain(errors.iter().map(RunError::code)) {
        assert!(operations.contains(&format!("`{name}`")), "{OPERATIONS} does not say what to do about {name}");
    }
}

/// `AccountsFailedAlarm` as people say it.
fn spoken(alarm: &str) -> String {
    let name = alarm.trim().trim_end_matches("Alarm:");
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words.replace("fan out", "fan-out")
}

#[test]
fn every_alarm_has_a_row_that_says_what_to_do() {
    let rows = table(&document(OPERATIONS), "## Alarms", "| alarm | is on when | what to do |");
    let documented: BTreeSet<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let templates = ["stacks/monitoring.yaml", "template.yaml"].map(document);
    let alarms: BTreeSet<String> = templates
        .iter()
        .flat_map(|template| section(template, "Resources:"))
        .filter(|line| line.ends_with("Alarm:"))
        // Of the reports, where the other alarm of that word is of events.
        .map(|line| spoken(line).replace("undelivered", "undelivered reports").replace("reports events", "events"))
        .collect();
    assert_eq!(documented, alarms.iter().map(String::as_str).collect());
    assert!(rows.iter().all(|row| row.len() == 3 && row.iter().all(|cell| !cell.is_empty())));
}

#[test]
fn every_metric_of_the_dashboard_and_the_alarms_is_described() {
    let operations = document(OPERATIONS);
    let (_, described) = operations.split_once("\n## Metrics\n").unwrap();
    let lines = prose(described).into_iter().map(|(_, line)| line).take_while(|line| !line.starts_with('#'));
    let described: BTreeSet<String> = lines.flat_map(names).map(str::to_owned).collect();
    let monitoring = document("stacks/monitoring.yaml");
    let used = monitoring.split("[\"orgscan\", \"").skip(1).filter_map(|rest| rest.split('"').next());
    let used: BTreeSet<&str> = used.chain(monitoring.lines().filter_map(of_orgscan)).collect();
    assert!(used.len() >= 6, "{used:?}");
    for name in used {
        assert!(described.contains(name), "{OPERATIONS} does not describe the metric {name}");
    }
}

/// The metric that a line of the template names.
fn of_orgscan(line: &str) -> Option<&str> {
    let name = line.trim().strip_prefix("MetricName: ")?;
    // Lambda's own, and those of Step Functions.
    (!["Errors", "Duration"].contains(&name) && !name.starts_with("Execution")).then_some(name)
}
