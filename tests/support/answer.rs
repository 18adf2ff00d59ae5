//! What must hold in every answer, every ledger and every log, whatever the world.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::runtime_api::Answer;

/// A record of a CSV, by column name.
pub type Record = BTreeMap<String, String>;

/// The summary of an answer that is none of an error, with its sums checked.
pub fn summary(answer: Answer) -> Value {
    match answer {
        Answer::Response(summary) => {
            assert_sums(&summary);
            summary
        }
        Answer::Error { error_type, message } => panic!("the function failed: {error_type}: {message}"),
    }
}

/// Checks `listed = reported + skipped + failed` in every Organization.
pub fn assert_sums(summary: &Value) {
    for organization in organizations(summary) {
        let sum = |name: &str| {
            organization["accounts"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {organization}"))
        };
        assert_eq!(sum("listed"), sum("reported") + sum("skipped") + sum("failed"), "the sums of {organization}");
    }
}

/// The Organizations of a summary.
pub fn organizations(summary: &Value) -> &[Value] {
    summary["organizations"].as_array().unwrap_or_else(|| panic!("no organizations in {summary}"))
}

/// Whether everything is covered, as the summary says: `complete` or `partial`.
pub fn status(summary: &Value) -> &str {
    summary["status"].as_str().unwrap_or_else(|| panic!("no status in {summary}"))
}

/// The records of a CSV file.
pub fn records(file: &Path) -> Vec<Record> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{} is unreadable: {error}", file.display()));
    records_of(&text)
}

/// The records of a CSV.
pub fn records_of(text: &str) -> Vec<Record> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|record| record.expect("CSV")).collect()
}

/// The name of the file at the end of an `s3://` URI or a path.
pub fn file_name(location: &str) -> &str {
    location.rsplit('/').next().unwrap_or_default()
}

/// Checks the objects of a run, downloaded into a folder, against its summary: each Organization has its report and
/// its ledger, under both names; the ledger has every listed account once, and its outcomes make the summary's sums.
/// Returns the accounts in the ledgers.
pub fn assert_objects_match(summary: &Value, folder: &Path) -> BTreeSet<String> {
    let mut covered = BTreeSet::new();
    for organization in organizations(summary) {
        let is_inventory = organization["report"].as_str().is_some_and(|report| report.contains("-account-metadata-"));
        // Where there was no time for all of it, a warning names what is missing.
        let warnings = summary["warnings"].to_string();
        let all_was_written = !["-findings-", ".html", "-findings."].iter().any(|name| warnings.contains(name));
        for object in ["report", "coverage", "findings", "page"] {
            let is_optional = ["findings", "page"].contains(&object);
            let Some(location) = organization[object].as_str() else {
                assert!(is_optional && (is_inventory || !all_was_written), "no {object} in {summary}");
                continue;
            };
            let of_the_run = find(folder, file_name(location));
            // Where there was no time for all, findings and page may not have become the newest.
            if all_was_written || !is_optional {
                let latest = find(folder, &latest_name(file_name(location)));
                assert!(fs::read(&of_the_run).unwrap() == fs::read(&latest).unwrap(), "{} is newest", latest.display());
            }
        }
        let report = records(&find(folder, file_name(organization["report"].as_str().unwrap())));
        let ledger = records(&find(folder, file_name(organization["coverage"].as_str().unwrap())));
        let ids: BTreeSet<String> = ledger.iter().map(|row| row["account_id"].clone()).collect();
        assert_eq!(ids.len(), ledger.len(), "each account is in the ledger once");
        let count =
            |names: &[&str]| ledger.iter().filter(|row| names.contains(&row["outcome"].as_str())).count() as u64;
        let accounts = &organization["accounts"];
        assert_eq!(accounts["listed"], ledger.len() as u64, "{organization}");
        assert_eq!(accounts["reported"], count(&["reported", "reported_partially"]), "{organization}");
        assert_eq!(accounts["skipped"], count(&["skipped_state", "skipped_excluded"]), "{organization}");
        if report.first().is_some_and(|row| row.contains_key("Account_Id")) {
            let rows: Vec<&String> = report.iter().map(|row| &row["Account_Id"]).collect();
            let listed: Vec<&String> = ledger.iter().map(|row| &row["account_id"]).collect();
            assert_eq!(rows, listed, "the inventory has a row for every account, in the ledger's order");
        }
        covered.extend(ids);
    }
    covered
}

/// Where a file lies in a folder tree.
pub fn find(folder: &Path, name: &str) -> std::path::PathBuf {
    files(folder)
        .into_iter()
        .find(|path| path.file_name().is_some_and(|file| file == name))
        .unwrap_or_else(|| panic!("{name} is not in {}: {:?}", folder.display(), files(folder)))
}

/// Every file of a folder tree, sorted.
pub fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// `…-2026-11-21T06-00-00Z.csv` → `…-latest.csv`.
fn latest_name(name: &str) -> String {
    let stamp = "2026-11-21T06-00-00Z".len();
    for kind in ["report-", "findings-"] {
        if let Some((before, rest)) = name.split_once(kind)
            && let Some((time, after)) = rest.split_at_checked(stamp)
            && time.ends_with('Z')
        {
            return format!("{before}{kind}latest{after}");
        }
    }
    panic!("{name} has no time stamp")
}

/// Checks that logs show no secret of the world, no credential and no row of a report.
pub fn assert_logs_are_clean(logs: &str, secrets: &BTreeSet<String>) {
    for secret in secrets {
        assert!(!logs.contains(secret.as_str()), "a secret of the world is in the log");
    }
    // Temporary credentials begin so, on AWS and on the stand-ins; a root row begins each credential report.
    for sign in ["ASIA", "FQoGZXIv", "FwoGZXIv", "IQoJb3JpZ2lu", "SecretAccessKey", "<root_account>", ",not_supported,"]
    {
        if let Some(line) = logs.lines().find(|line| line.contains(sign)) {
            panic!("{sign} is in the log: {line}");
        }
    }
}

/// Every line of the logs that is JSON with this level, as its message.
pub fn messages(logs: &str, level: &str) -> Vec<String> {
    logs.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["level"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(level)))
        .map(|line| line.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_each_object_has_its_own_name() {
        assert_eq!(
            latest_name("aws-1-account-metadata-report-2026-11-21T06-00-00Z.csv"),
            "aws-1-account-metadata-report-latest.csv"
        );
        assert_eq!(
            latest_name("aws-1-credential-report-2026-11-21T06-00-00Z-coverage.csv"),
            "aws-1-credential-report-latest-coverage.csv"
        );
    }
}
