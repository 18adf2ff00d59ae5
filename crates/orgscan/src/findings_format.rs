//! The formats in which findings are written, each as they are found: our own JSON lines, which the next run compares
//! with, a table for people, and events of the Open Cybersecurity Schema Framework for other tools.

mod csv;
mod json_lines;
mod ocsf;

pub use self::csv::FindingsTable;
pub use json_lines::JsonLines;
pub use ocsf::{OCSF_VERSION, OcsfEvents};

use std::io::{self, Write};

use serde::Serialize;

/// Writes values as JSON, one a line, each line in one piece.
#[derive(Debug)]
struct Lines<W> {
    to: W,
    line: Vec<u8>,
}

impl<W: Write> Lines<W> {
    fn new(to: W) -> Self {
        Self { to, line: Vec::new() }
    }

    fn write(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value)?;
        self.line.push(b'\n');
        self.to.write_all(&self.line)
    }

    fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }
}

/// Findings for the tests of every format.
#[cfg(test)]
mod examples {
    use crate::finding::{Finding, Status};
    use crate::rule::{Credential, Severity};

    pub(super) fn plain() -> Finding<'static> {
        Finding {
            account_id: "000000000012".into(),
            account_name: "Sandbox".into(),
            ou_path: "o-a/r-b/ou-b-c/".into(),
            user: "alice".into(),
            user_arn: "arn:aws:iam::000000000012:user/alice".into(),
            rule: "unused-key".into(),
            credential: Credential::AccessKey2,
            severity: Severity::Medium,
            cis: Some("2.11".into()),
            status: Status::Open,
            since: "2026-11-01".into(),
            age_days: Some(45),
            detail: "Access key 2 was last used 45 days ago.".into(),
            covered: true,
        }
    }

    /// Names that formats have trouble with, of an account whose rule and control are not known.
    pub(super) fn hostile() -> Finding<'static> {
        Finding {
            account_name: "=1+1".into(),
            ou_path: "".into(),
            user: "a,\"b\"\r\n<img src=x>\u{202e}\u{0}中".into(),
            user_arn: "".into(),
            rule: "rule-of-tomorrow".into(),
            cis: None,
            status: Status::Exempted,
            since: "some day".into(),
            age_days: None,
            detail: "-".into(),
            covered: false,
            ..plain()
        }
    }
}
