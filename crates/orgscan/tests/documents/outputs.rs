//! docs/outputs.md: names, columns, outcomes, rules.

use orgscan::account::AccountId;
use orgscan::config::CisVersion;
use orgscan::ledger::{Outcome, Sum};
use orgscan::names::{self, Edition, Report};
use orgscan::rule::Rule;
use orgscan::table::{FINDINGS_COLUMNS, INVENTORY_COLUMNS, LEDGER_COLUMNS, MERGED_LEADING_COLUMNS};

use super::document;
use super::markdown::{first_names, table};

const OUTPUTS: &str = "docs/outputs.md";

#[test]
fn every_object_is_listed_by_its_name() {
    let rows = table(&document(OUTPUTS), "## Names", "| object | name |");
    let documented: Vec<&str> =
        rows.iter().filter_map(|row| row.get(1)).flat_map(|cell| super::markdown::names(cell)).collect();
    let (account, member): (AccountId, AccountId) = ("111111111111".parse().unwrap(), "222222222222".parse().unwrap());
    let time = "{timestamp}";
    let run = Edition::Of(time);
    let mut known = vec![
        names::findings(account, run),
        names::findings_csv(account, run),
        names::findings_ocsf(account, run),
        names::report_page(account, run),
        names::findings_trend(account),
        Report::CredentialReport.malformed(account, time, member),
        Report::CredentialReport.mail_marker(account, time),
    ];
    for report in [Report::AccountMetadata, Report::CredentialReport] {
        known.extend([report.csv(account, run), report.coverage_csv(account, run)]);
        known.push(report.coverage_csv(account, Edition::Unfinished));
    }
    for name in known {
        let name = name.replace("111111111111", "{management_account_id}").replace("222222222222", "{account_id}");
        assert!(documented.contains(&name.as_str()), "{OUTPUTS} does not list {name}");
    }
}

#[test]
fn the_columns_of_every_table_are_listed() {
    let outputs = document(OUTPUTS);
    let header = "| column | content |";
    assert_eq!(first_names(&table(&outputs, "## Inventory", header)), INVENTORY_COLUMNS);
    assert_eq!(first_names(&table(&outputs, "## Coverage ledger", header)), LEDGER_COLUMNS);
    assert_eq!(first_names(&table(&outputs, "## Findings", header)), FINDINGS_COLUMNS);
    let merged = table(&outputs, "## Merged credential report", header);
    assert_eq!(first_names(&merged).get(..MERGED_LEADING_COLUMNS.len()).unwrap(), MERGED_LEADING_COLUMNS);
}

#[test]
fn of_every_outcome_it_is_said_what_to_do() {
    let header = "| outcome | counts as | meaning | what to do |";
    let rows = table(&document(OUTPUTS), "## Coverage ledger", header);
    let documented: Vec<(&str, &str)> = rows.iter().map(|row| (row[0].trim_matches('`'), row[1].as_str())).collect();
    let known: Vec<(&str, &str)> = Outcome::ALL
        .iter()
        .map(|outcome| {
            let sum = match outcome.sum() {
                Sum::Reported => "reported",
                Sum::Skipped => "skipped",
                Sum::Failed => "failed",
            };
            (outcome.as_str(), sum)
        })
        .collect();
    assert_eq!(documented, known);
    assert!(rows.iter().all(|row| row.len() == 4 && !row[3].is_empty()));
}

#[test]
fn every_rule_is_listed_with_its_severity_and_controls() {
    let header = "| rule | severity | is a finding when | CIS 7.0.0 | CIS 6.0.0 | CIS 5.0.0 |";
    let rows = table(&document(OUTPUTS), "## Findings", header);
    let documented: Vec<[&str; 5]> =
        rows.iter().map(|row| [0, 1, 3, 4, 5].map(|column| row[column].trim_matches('`'))).collect();
    let known: Vec<[&str; 5]> = Rule::ALL
        .iter()
        .map(|rule| {
            let control = |version| rule.control(version).unwrap_or("–");
            let [seven, six, five] = [CisVersion::V7, CisVersion::V6, CisVersion::V5].map(control);
            [rule.id(), rule.severity().as_str(), seven, six, five]
        })
        .collect();
    assert_eq!(documented, known);
}

/// Holds an example against a JSON Schema: it has no field that the schema does not know, and every one that is always there.
#[cfg(feature = "schema")]
fn compare(example: &serde_json::Value, schema: &serde_json::Value, definitions: &serde_json::Value, place: &str) {
    let name = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/"));
    let schema = name.map_or(schema, |name| &definitions[name]);
    if let (Some(values), Some(items)) = (example.as_array(), schema.get("items")) {
        for value in values {
            compare(value, items, definitions, place);
        }
    }
    let (Some(fields), Some(properties)) = (example.as_object(), schema["properties"].as_object()) else { return };
    for (name, value) in fields {
        let place = format!("{place}.{name}");
        assert!(properties.contains_key(name), "{place} is no field");
        let of_field = &properties[name];
        // What may be missing is itself or null.
        let of_field = of_field["anyOf"].get(0).unwrap_or(of_field);
        compare(value, of_field, definitions, &place);
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(|name| name.as_str()) {
        assert!(fields.contains_key(name), "{place} has no {name}");
    }
}

#[cfg(feature = "schema")]
#[test]
fn the_example_of_a_summary_is_one() {
    let outputs = document(OUTPUTS);
    let (_, below) = outputs.split_once("\n## Summary\n").unwrap();
    let (_, example) = below.split_once("```json\n").unwrap();
    let example: serde_json::Value = serde_json::from_str(example.split("```").next().unwrap()).unwrap();
    let schema = orgscan::schema::summary();
    compare(&example, &schema, &schema["$defs"], "summary");
}
