//! The text of a credential report, as AWS writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::account_id;
use crate::credential_report::COLUMNS;
use crate::credential_row::ROOT_USER;

/// One row of a credential report.
#[derive(Debug, Clone)]
#[must_use]
pub struct ReportUser {
    name: String,
    cells: BTreeMap<String, String>,
}

impl ReportUser {
    /// A user with neither password, MFA, keys nor certificates.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), cells: BTreeMap::new() }.set("user_creation_time", "2024-01-15T09:00:00+00:00")
    }

    /// The root user, likewise without credentials, as in an account that an Organization created.
    pub fn root() -> Self {
        Self::new(ROOT_USER).set("password_last_used", "no_information").set("password_next_rotation", "not_supported")
    }

    /// Sets a cell. A column that AWS does not write today comes after those it does.
    pub fn set(mut self, column: impl Into<String>, value: impl Into<String>) -> Self {
        self.cells.insert(column.into(), value.into());
        self
    }

    /// Has a password, changed and last used at these times (`no_information`: never used).
    pub fn password(self, changed: &str, used: &str) -> Self {
        self.set("password_enabled", "true").set("password_last_changed", changed).set("password_last_used", used)
    }

    /// Has MFA.
    pub fn mfa(self) -> Self {
        self.set("mfa_active", "true")
    }

    /// Has an active key, 1 or 2, rotated and last used at these times (`N/A`: never used).
    pub fn key(self, number: u8, rotated: &str, used: &str) -> Self {
        assert!((1..=2).contains(&number), "the report knows the keys 1 and 2");
        let column = |what: &str| format!("access_key_{number}_{what}");
        let with_key =
            self.set(column("active"), "true").set(column("last_rotated"), rotated).set(column("last_used_date"), used);
        if used == "N/A" {
            return with_key;
        }
        with_key.set(column("last_used_region"), "us-east-1").set(column("last_used_service"), "s3")
    }

    fn cell(&self, column: &str, arn: &str) -> String {
        if let Some(value) = self.cells.get(column) {
            return value.clone();
        }
        match column {
            "user" => self.name.clone(),
            "arn" => arn.to_owned(),
            "password_enabled" | "mfa_active" => "false".into(),
            _ if !COLUMNS.contains(&column) => String::new(),
            _ if column.ends_with("_active") => "false".into(),
            _ => "N/A".into(),
        }
    }
}

/// A credential report as AWS writes it: 22 columns, LF between rows and none at the end, the root user first (one is
/// added where there is none), then users in alphabetical order whatever their case.
pub fn report(account: impl fmt::Display, users: impl IntoIterator<Item = ReportUser>) -> Vec<u8> {
    let account = account_id(account);
    let mut users: Vec<ReportUser> = users.into_iter().collect();
    if !users.iter().any(|user| user.name == ROOT_USER) {
        users.push(ReportUser::root());
    }
    users.sort_by_key(|user| (user.name != ROOT_USER, user.name.to_lowercase()));
    let further: BTreeSet<&str> = users
        .iter()
        .flat_map(|user| user.cells.keys().map(String::as_str))
        .filter(|column| !COLUMNS.contains(column))
        .collect();
    let columns: Vec<&str> = COLUMNS.into_iter().chain(further).collect();
    let mut lines = vec![columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(",")];
    for user in &users {
        let arn = match user.name.as_str() {
            ROOT_USER => format!("arn:aws:iam::{account}:root"),
            name => format!("arn:aws:iam::{account}:user/{name}"),
        };
        lines.push(columns.iter().map(|column| quoted(&user.cell(column, &arn))).collect::<Vec<_>>().join(","));
    }
    lines.join("\n").into_bytes()
}

/// A CSV cell, quoted where it must be.
fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_as_aws_writes_it() {
        let users = [
            ReportUser::new("bob").password("2026-01-01T00:00:00+00:00", "no_information").mfa(),
            ReportUser::new("Alice,x").key(2, "2025-06-01T00:00:00+00:00", "N/A"),
        ];
        let text = String::from_utf8(report(12, users)).unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        assert_eq!(
            lines[1..],
            [
                "<root_account>,arn:aws:iam::000000000012:root,2024-01-15T09:00:00+00:00,false,no_information,N/A,\
                 not_supported,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
                "\"Alice,x\",\"arn:aws:iam::000000000012:user/Alice,x\",2024-01-15T09:00:00+00:00,false,N/A,N/A,N/A,false,\
                 false,N/A,N/A,N/A,N/A,true,2025-06-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,false,N/A",
                "bob,arn:aws:iam::000000000012:user/bob,2024-01-15T09:00:00+00:00,true,no_information,\
                 2026-01-01T00:00:00+00:00,N/A,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
            ]
        );
        let with_more = report(12, [ReportUser::new("bob").set("additional_credentials_info", "1")]);
        let text = String::from_utf8(with_more).unwrap();
        assert!(text.starts_with(&format!("{},additional_credentials_info\n<root_account>,", COLUMNS.join(","))));
        assert!(text.ends_with("false,N/A,1"), "the last row ends without a newline");
    }
}
