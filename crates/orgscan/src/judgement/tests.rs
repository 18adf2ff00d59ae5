//! What is a finding and what is none, from the text of a row on.

mod root;
mod users;
mod words;

use csv::StringRecord;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::credential_report::COLUMNS;
use crate::credential_row::{ROOT_USER, ReportColumns};

/// The thresholds of the tests.
const DAYS: Thresholds = Thresholds { unused_days: 45, key_rotation_days: 90, root_use_days: 1 };

/// Long ago, whatever the threshold.
const LONG_AGO: &str = "2015-01-01T00:00:00+00:00";

fn as_of() -> Timestamp {
    "2026-11-21T06:00:00Z".parse().unwrap()
}

/// So many days before the time of the run, and so many seconds after that.
fn ago(days: i64, seconds: i64) -> String {
    let age = SignedDuration::from_hours(24 * days) - SignedDuration::from_secs(seconds);
    as_of().checked_sub(age).unwrap().to_string()
}

/// A time one second short of so many days ago, one just so long ago and the last one of that day, each with its age;
/// then one a day more. They are the days before, at and after a boundary, to the second.
fn around(days: i64) -> [(String, i64); 5] {
    [
        (ago(days - 1, 0), days - 1),
        (ago(days, 1), days - 1),
        (ago(days, 0), days),
        (ago(days + 1, 1), days),
        (ago(days + 1, 0), days + 1),
    ]
}

/// The violations of a row with these cells, `N/A` and `false` where none is named.
fn violations(user: &str, cells: &[(&str, &str)], thresholds: &Thresholds) -> Vec<Violation> {
    let mut record: Vec<&str> = COLUMNS
        .iter()
        .map(|column| match *column {
            "user" => user,
            column if column.ends_with("_active") || column == "password_enabled" => "false",
            _ => "N/A",
        })
        .collect();
    for (column, value) in cells {
        let at = COLUMNS.iter().position(|one| one == column);
        record[at.unwrap_or_else(|| panic!("{column} is no column"))] = value;
    }
    judged(&COLUMNS, record, thresholds)
}

fn judged(header: &[&str], record: Vec<&str>, thresholds: &Thresholds) -> Vec<Violation> {
    let record = StringRecord::from(record);
    let columns = ReportColumns::of(&StringRecord::from(header.to_vec()));
    let mut violations = Vec::new();
    judge(&columns.row(&record), as_of(), thresholds, &mut violations);
    violations
}

/// What of a violation other programs read: `unused-key access_key_1 45`.
fn in_short(violations: &[Violation]) -> Vec<String> {
    let age = |age: Option<u32>| age.map_or_else(|| "-".to_owned(), |age| age.to_string());
    let short = |one: &Violation| format!("{} {} {}", one.rule.id(), one.credential.as_str(), age(one.age_days));
    violations.iter().map(short).collect()
}

/// The violations of a user, in short.
fn user(cells: &[(&str, &str)]) -> Vec<String> {
    in_short(&violations("alice", cells, &DAYS))
}

/// The violations of the root user, in short.
fn root(cells: &[(&str, &str)]) -> Vec<String> {
    in_short(&violations(ROOT_USER, cells, &DAYS))
}

/// Nothing.
const NONE: [&str; 0] = [];

#[test]
fn columns_that_are_missing_break_no_rule_but_leave_room_for_a_root_password() {
    assert!(judged(&["user", "arn"], vec!["alice", "arn"], &DAYS).is_empty());
    assert!(judged(&["user", "arn"], vec![ROOT_USER, "arn"], &DAYS).is_empty());
    let without_password = judged(&["mfa_active", "user"], vec!["false", ROOT_USER], &DAYS);
    assert_eq!(in_short(&without_password), ["root-mfa mfa -"]);
    assert!(judged(&["mfa_active", "user"], vec!["false", "alice"], &DAYS).is_empty());
    assert!(judged(&["user", "access_key_1_active"], vec!["alice", "true"], &DAYS).is_empty());
}

#[test]
fn a_23rd_column_and_another_order_change_nothing() {
    let header = ["additional_credentials_info", "mfa_active", "password_enabled", "account_id", "user"];
    let violations = judged(&header, vec!["true", "FALSE", "TRUE", "123456789012", "alice"], &DAYS);
    assert_eq!(in_short(&violations), ["console-mfa mfa -"]);
}

#[test]
fn what_one_user_breaks_comes_in_the_order_of_the_rules() {
    let cells = [
        ("password_enabled", "TRUE"),
        ("password_last_used", "no_information"),
        ("password_last_changed", LONG_AGO),
        ("access_key_1_active", "True"),
        ("access_key_1_last_rotated", LONG_AGO),
        ("access_key_2_active", "true"),
        ("access_key_2_last_rotated", LONG_AGO),
        ("cert_1_active", "true"),
        ("cert_2_active", "true"),
    ];
    let found = violations("alice", &cells, &DAYS);
    let age = 4_342;
    assert_eq!(
        in_short(&found),
        [
            "console-mfa mfa -".to_owned(),
            format!("unused-password password {age}"),
            format!("unused-key access_key_1 {age}"),
            format!("unused-key access_key_2 {age}"),
            format!("key-rotation access_key_1 {age}"),
            format!("key-rotation access_key_2 {age}"),
            "two-active-keys access_key_2 -".to_owned(),
            "setup-key access_key_1 -".to_owned(),
            "setup-key access_key_2 -".to_owned(),
        ]
    );
    assert!(found.is_sorted_by_key(|one| one.rule));
    // The same row of the root user breaks other rules, and none of these.
    let found = violations(ROOT_USER, &cells, &DAYS);
    assert_eq!(
        in_short(&found),
        [
            "root-access-key access_key_1 -",
            "root-access-key access_key_2 -",
            "root-mfa mfa -",
            "root-certificate cert_1 -",
            "root-certificate cert_2 -",
        ]
    );
    assert!(found.is_sorted_by_key(|one| one.rule));
}

#[test]
fn violations_are_added_to_those_of_the_row_before() {
    let columns = ReportColumns::of(&StringRecord::from(vec!["user", "password_enabled", "mfa_active"]));
    let mut violations = Vec::new();
    for record in [["alice", "true", "false"], ["bob", "true", "true"], ["carol", "true", "false"]] {
        judge(&columns.row(&StringRecord::from(record.to_vec())), as_of(), &DAYS, &mut violations);
    }
    assert_eq!(in_short(&violations), ["console-mfa mfa -"; 2]);
}
