//! Findings and digests of some accounts only, in the form and the place that is asked for.

use std::fs;
use std::path::Path;

use orgscan_tests::answer;
use serde_json::Value;

use super::{orgscan, report};

const FIRST: &str = "123456789012";
const SECOND: &str = "210987654321";

/// Two reports, of an account each.
fn reports(folder: &Path) -> [String; 2] {
    let first = report(folder);
    let second = folder.join("second.csv").to_str().unwrap().to_owned();
    fs::write(&second, fs::read_to_string(&first).unwrap().replace(FIRST, SECOND)).unwrap();
    [first, second]
}

fn accounts(lines: &str) -> Vec<String> {
    let account = |line: &str| serde_json::from_str::<Value>(line).unwrap()["account_id"].as_str().unwrap().to_owned();
    let mut accounts: Vec<String> = lines.lines().map(account).collect();
    accounts.dedup();
    accounts
}

#[test]
fn findings_are_of_the_accounts_that_are_asked_for_and_so_is_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = reports(folder.path());
    let found = |more: &[&str]| {
        let line = [&["findings", &first, &second, "--json", "--as-of", "2026-11-21"], more].concat();
        let ended = orgscan(&line);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended
    };
    assert_eq!(accounts(&found(&[]).stdout), [FIRST, SECOND]);
    let one = found(&["--accounts", FIRST]).stdout;
    assert_eq!(accounts(&one), [FIRST]);
    assert_eq!(found(&["--exclude", SECOND]).stdout, one);
    assert_eq!(found(&["--accounts", FIRST, "--quiet"]).stderr, "");

    // What the run before found in the other account is neither gone nor carried on: nobody asked.
    let before = folder.path().join("aws-findings-2026-11-20T00-00-00Z.jsonl");
    fs::write(&before, found(&[]).stdout).unwrap();
    let since = found(&["--accounts", FIRST, "--previous", before.to_str().unwrap()]);
    assert_eq!(accounts(&since.stdout), [FIRST]);
    assert!(since.stdout.lines().all(|line| line.contains(r#""status":"open""#)), "{}", since.stdout);
    assert!(since.stderr.contains("3 findings") && since.stderr.contains("0 new, 0 resolved"), "{}", since.stderr);
}

#[test]
fn accounts_that_no_report_has_are_an_error_that_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = reports(folder.path());
    for flag in ["--accounts", "--exclude"] {
        let ended = orgscan(&["findings", &first, &second, flag, "123456789012,999999999999"]);
        assert_eq!(ended.code, Some(64), "{ended:?}");
        assert!(ended.stderr.contains("no row is of 999999999999"), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn a_digest_goes_into_a_folder_but_for_what_has_a_place_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = reports(folder.path());
    let (place, page) = (folder.path().join("new/digest"), folder.path().join("own.html"));
    let [place_text, page_text] = [&place, &page].map(|path| path.to_str().unwrap());
    let ended =
        orgscan(&["digest", &first, &second, "--output-dir", place_text, "--page", page_text, "--exclude", SECOND]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{ended:?}");
    let names: Vec<String> =
        answer::files(&place).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, ["digest.html", "digest.txt"]);
    let text = fs::read_to_string(place.join("digest.txt")).unwrap();
    assert!(text.contains(FIRST) && !text.contains(SECOND), "{text}");
    assert!(fs::read_to_string(page).unwrap().contains(FIRST));
}

#[test]
fn exemptions_are_explained_as_json_too() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("exemptions.json");
    fs::write(&list, r#"[{"rule": "root-mfa", "reason": "hardware key on its way", "until": "2026-12-01"}]"#).unwrap();
    let check = |more: &[&str]| orgscan(&[&["exemptions", "check", list.to_str().unwrap(), "--json"], more].concat());
    for (day, standing) in [("2026-11-21", "in force"), ("2026-12-02", "expired")] {
        let said: Value = serde_json::from_str(&check(&["--as-of", day]).stdout).unwrap();
        assert_eq!(said["entries"][0]["standing"], standing, "{said}");
        assert_eq!(said["problem"], Value::Null);
    }
}
