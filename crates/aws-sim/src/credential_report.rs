//! The text of an account's credential report: LF between rows and none at the end, the root user first, then users in
//! alphabetical order whatever their case, as AWS writes it.

use std::fmt::Write as _;

use fastrand::Rng;

use crate::account::AccountId;
use crate::chance::{Seed, Topic};
use crate::clock::push_rfc3339;

const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
    password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
    access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
    cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

/// How users' names begin, in the report's order; none begins with another. IAM allows letters, digits and `+=,.@_-`.
const NAMES: [&str; 16] = [
    "+backup",
    "-legacy",
    "=sum",
    "@oncall",
    "Admin",
    "alice.jones@example.com",
    "billing",
    "Carol",
    "ci,deploy",
    "dave_smith",
    "grafana",
    "jenkins",
    "monitoring",
    "Terraform",
    "vendor",
    "zoe",
];

const REGIONS: [&str; 4] = ["us-east-1", "eu-west-1", "ap-southeast-2", "N/A"];

const SERVICES: [&str; 5] = ["s3", "ec2", "iam", "sts", "N/A"];

/// 2019-01-01, before which nothing in a report happened, in seconds since 1970.
const FIRST_TIME: u64 = 1_546_300_800;

/// 2026-06-30, after which nothing in a report happened, so that it does not change with the time of a run.
const LAST_TIME: u64 = 1_782_777_600;

/// About how long a row is.
const ROW: usize = 240;

/// The report of an account of so many users beside the root user; always the same one.
pub(crate) fn text(seed: Seed, account: AccountId, users: u32) -> String {
    let mut draws = seed.draws(Topic::CredentialReport, [account.number()]);
    let rows = usize::try_from(users).unwrap_or_default() + 1;
    let mut report = String::with_capacity(HEADER.len() + rows * ROW);
    report.push_str(HEADER);
    root(&mut report, &mut draws, account);
    for number in 0..users {
        user(&mut report, &mut draws, account, number, users);
    }
    report
}

fn root(report: &mut String, draws: &mut Rng, account: AccountId) {
    let created = draws.u64(FIRST_TIME..LAST_TIME);
    push(report, format_args!("\n<root_account>,arn:aws:iam::{account}:root,"));
    push_rfc3339(report, created, "+00:00,");
    if draws.u8(..4) == 0 {
        // An account of its own once, with a root user who signs in.
        report.push_str("true,");
        push_rfc3339(report, draws.u64(created..=LAST_TIME), "+00:00,");
        push_rfc3339(report, created, "+00:00,");
        report.push_str("not_supported,");
        report.push_str(boolean(draws.bool()));
    } else {
        report.push_str("false,no_information,N/A,not_supported,false");
    }
    key(report, draws, created, 10);
    report.push_str(",false,N/A,N/A,N/A,N/A,false,N/A,false,N/A");
}

fn user(report: &mut String, draws: &mut Rng, account: AccountId, number: u32, users: u32) {
    // Users share the names out in order, so that no row has to be sorted.
    let names = u32::try_from(NAMES.len()).unwrap_or(1);
    let (first, last) = (number * names / users, ((number + 1) * names / users).max(number * names / users + 1));
    let name = NAMES.get(draws.u32(first..last) as usize).copied().unwrap_or_default();
    let quote = if name.contains(',') { "\"" } else { "" };
    let created = draws.u64(FIRST_TIME..LAST_TIME);
    push(
        report,
        format_args!(
            "\n{quote}{name}-{number:04}{quote},{quote}arn:aws:iam::{account}:user/{name}-{number:04}{quote},"
        ),
    );
    push_rfc3339(report, created, "+00:00,");
    if draws.u8(..3) == 0 {
        let changed = draws.u64(created..=LAST_TIME);
        report.push_str("true,");
        match draws.u8(..5) {
            0 => report.push_str("no_information,"),
            _ => push_rfc3339(report, draws.u64(changed..=LAST_TIME), "+00:00,"),
        }
        push_rfc3339(report, changed, "+00:00,");
        if draws.bool() {
            push_rfc3339(report, changed + 90 * 86_400, "+00:00,");
        } else {
            report.push_str("N/A,");
        }
        report.push_str(boolean(draws.bool()));
    } else {
        report.push_str("false,N/A,N/A,N/A,false");
    }
    key(report, draws, created, 2);
    key(report, draws, created, 5);
    for _ in 0..2 {
        match draws.u8(..40) {
            0 => {
                report.push_str(",true,");
                push_rfc3339(report, draws.u64(created..=LAST_TIME), "+00:00");
            }
            _ => report.push_str(",false,N/A"),
        }
    }
}

/// The five cells of an access key, which one user in so many has.
fn key(report: &mut String, draws: &mut Rng, created: u64, one_in: u8) {
    if draws.u8(..one_in) != 0 {
        report.push_str(",false,N/A,N/A,N/A,N/A");
        return;
    }
    let rotated = draws.u64(created..=LAST_TIME);
    report.push_str(if draws.u8(..5) == 0 { ",false," } else { ",true," });
    push_rfc3339(report, rotated, "+00:00,");
    if draws.u8(..6) == 0 {
        report.push_str("N/A,N/A,N/A");
        return;
    }
    push_rfc3339(report, draws.u64(rotated..=LAST_TIME), "+00:00,");
    let pick =
        |draws: &mut Rng, from: &[&'static str]| from.get(draws.usize(..from.len())).copied().unwrap_or_default();
    report.push_str(pick(draws, &REGIONS));
    report.push(',');
    report.push_str(pick(draws, &SERVICES));
}

fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn push(report: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _infallible = report.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells of a row, some of which are quoted.
    fn cells(row: &str) -> Vec<String> {
        let (mut cells, mut quoted) = (vec![String::new()], false);
        for character in row.chars() {
            match character {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                _ => cells.last_mut().unwrap().push(character),
            }
        }
        cells
    }

    #[test]
    fn a_report_has_every_column_in_every_row_and_its_users_in_order() {
        for (index, users) in [(0, 0), (1, 1), (2, 6), (3, 16), (4, 50)] {
            let account = AccountId::new(0, index);
            let report = text(Seed(1), account, users);
            assert!(!report.ends_with('\n') && !report.contains('\r'));
            let rows: Vec<Vec<String>> = report.split('\n').map(cells).collect();
            assert_eq!(rows.len(), usize::try_from(users).unwrap() + 2);
            assert!(rows.iter().all(|row| row.len() == 22), "{report}");
            assert_eq!(rows[1][..2], ["<root_account>".to_owned(), format!("arn:aws:iam::{account}:root")]);
            let names: Vec<String> = rows[2..].iter().map(|row| row[0].to_lowercase()).collect();
            assert!(names.is_sorted(), "{names:?}");
            for row in &rows[2..] {
                assert_eq!(row[1], format!("arn:aws:iam::{account}:user/{}", row[0]));
            }
        }
    }

    #[test]
    fn a_report_follows_from_the_seed_and_the_account() {
        let report = |seed, index| text(Seed(seed), AccountId::new(0, index), 6);
        assert_eq!(report(1, 5), report(1, 5));
        assert_ne!(report(1, 5), report(2, 5));
        assert_ne!(report(1, 5).replace("100000000005", ""), report(1, 6).replace("100000000006", ""));
    }

    #[test]
    fn reports_vary_in_what_users_have() {
        let all: String = (0..200).map(|index| text(Seed(1), AccountId::new(0, index), 6) + "\n").collect();
        let rows: Vec<Vec<String>> = all.lines().filter(|row| row.contains(":user/")).map(cells).collect();
        for (column, values) in [(3, 2), (4, 100), (7, 2), (8, 2), (10, 100), (11, 4), (12, 5), (13, 2), (18, 2)] {
            let mut seen: Vec<&str> = rows.iter().map(|row| row[column].as_str()).collect();
            seen.sort_unstable();
            seen.dedup();
            assert!(seen.len() >= values, "column {column} has only {seen:?}");
        }
    }
}
