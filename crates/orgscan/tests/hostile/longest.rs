//! The longest record that a report may have, made of what takes the most room wherever it is written.

use std::io::Write;

use orgscan::assessment::{AssessedRow, Assessor, Before, Coverage, Criteria, FindingLines, Sink};
use orgscan::config::CisVersion;
use orgscan::credential_report::{LONGEST_RECORD, check};
use orgscan::finding::Finding;
use orgscan::findings_format::JsonLines;
use orgscan::judgement::Thresholds;

struct Lines(JsonLines<tempfile::NamedTempFile>, Vec<String>);

impl Sink for Lines {
    fn row(&mut self, _: &AssessedRow<'_>) -> std::io::Result<()> {
        Ok(())
    }

    fn finding(&mut self, finding: &Finding<'_>) -> std::io::Result<()> {
        self.1.push(finding.rule.to_string());
        self.0.finding(finding)
    }
}

/// A report whose one row is as long as a row may be, most of it in this column.
fn longest(column: &str) -> String {
    let columns = [
        "user",
        "arn",
        "password_enabled",
        "mfa_active",
        "access_key_1_active",
        "access_key_1_last_rotated",
        "access_key_1_last_used_date",
        "access_key_1_last_used_region",
        "access_key_1_last_used_service",
    ];
    let cells = ["", "", "true", "false", "true", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "", ""];
    let room = LONGEST_RECORD - cells.join(",").len();
    let cells: Vec<String> = columns
        .iter()
        .zip(cells)
        .map(|(name, cell)| if *name == column { "\u{1}".repeat(room) } else { cell.to_owned() })
        .collect();
    format!("{}\n{}\n", columns.join(","), cells.join(","))
}

#[test]
fn what_is_found_in_the_longest_record_is_read_back_by_the_next_run() {
    for column in ["user", "arn", "access_key_1_last_used_region", "access_key_1_last_used_service"] {
        let report = longest(column);
        assert_eq!(check(report.as_bytes()).unwrap().rows, 1);
        let criteria = Criteria {
            as_of: "2026-11-21T06:00:00Z".parse().unwrap(),
            cis_version: CisVersion::V7,
            thresholds: Thresholds { unused_days: 45, key_rotation_days: 90, root_use_days: 1 },
        };
        let mut assessor = Assessor::new(criteria, Before::first(), None);
        let mut lines = Lines(JsonLines::new(tempfile::NamedTempFile::new().unwrap()), Vec::new());
        assessor.read(report.as_bytes(), &mut lines).unwrap();
        assessor.finish(Coverage::of_reports(), &mut lines).unwrap();
        let mut file = lines.0.finish().unwrap();
        file.flush().unwrap();
        let mut read = FindingLines::open(file.path()).unwrap();
        assert!(lines.1.len() >= 3, "{:?}", lines.1);
        for rule in &lines.1 {
            assert_eq!(read.read().unwrap().map(|finding| finding.rule.into_owned()).as_ref(), Some(rule), "{column}");
        }
    }
}
