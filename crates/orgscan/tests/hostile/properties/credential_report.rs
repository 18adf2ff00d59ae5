//! What holds of any bytes in place of a credential report.

use std::fmt::Write;

use csv::{QuoteStyle, StringRecord, Terminator, WriterBuilder};
use orgscan::credential_report::{COLUMNS, Checked, LONGEST_RECORD, MOST_COLUMNS, Malformed, check, reader};
use orgscan::credential_row::ReportColumns;
use orgscan::judgement::{Thresholds, judge};

/// The longest sentence of a ledger about a report that is none.
const LONGEST_REASON: usize = 200;

pub(crate) fn holds(content: &[u8]) {
    match check(content) {
        Ok(checked) => {
            let (header, rows) = read(content);
            assert_eq!(rows.len() as u64, checked.rows, "rows that were counted are not those that are read");
            assert!(header.iter().eq(checked.columns.iter().map(String::as_str)), "columns differ");
            assert!(header.len() <= MOST_COLUMNS);
            assert!(rows.iter().all(|row| row.len() == header.len() && length(row) <= LONGEST_RECORD));
            rows_can_be_judged(&header, &rows);
            what_is_written_is_read_back(&checked, &header, &rows);
        }
        Err(malformed) => {
            let reason = malformed.to_string();
            assert!(!reason.is_empty() && reason.len() <= LONGEST_REASON, "{reason}");
            assert!(!reason.contains(char::is_control), "{reason:?}");
            // What is said has to be so.
            match malformed {
                Malformed::Empty => assert!(content.is_empty()),
                Malformed::NotText => assert!(std::str::from_utf8(content).is_err()),
                Malformed::FieldCount { expected, found, .. } => assert_ne!(expected, found),
                _ => assert!(std::str::from_utf8(content).is_ok()),
            }
        }
    }
}

/// Header and rows, as a reader that takes anything has them.
pub(crate) fn read(content: &[u8]) -> (StringRecord, Vec<StringRecord>) {
    let mut reader = reader(content);
    let header = reader.headers().unwrap().clone();
    let rows = reader.records().map(Result::unwrap).collect();
    (header, rows)
}

fn length(row: &StringRecord) -> usize {
    row.as_slice().len() + row.len() - 1
}

fn rows_can_be_judged(header: &StringRecord, rows: &[StringRecord]) {
    let columns = ReportColumns::of(header);
    let missing = columns.missing().count();
    assert_eq!(missing, COLUMNS.iter().filter(|column| !header.iter().any(|one| one == **column)).count());
    let thresholds = Thresholds { unused_days: 45, key_rotation_days: 90, root_use_days: 1 };
    let as_of = "2026-11-21T06:00:00Z".parse().unwrap();
    let mut violations = Vec::new();
    for record in rows {
        let row = columns.row(record);
        let at = |name| header.iter().position(|column| column == name).and_then(|at| record.get(at));
        assert_eq!((Some(row.user), Some(row.arn)), (at("user"), at("arn")), "cells are not untouched");
        judge(&row, as_of, &thresholds, &mut violations);
    }
    assert!(violations.iter().all(|violation| violation.detail.len() <= 2 * LONGEST_RECORD));
}

/// Written with as many and with as few quotes as may be, and with either end of lines, it is the same report.
fn what_is_written_is_read_back(checked: &Checked, header: &StringRecord, rows: &[StringRecord]) {
    for style in [QuoteStyle::Always, QuoteStyle::Necessary] {
        for terminator in [Terminator::CRLF, Terminator::Any(b'\n')] {
            let mut writer = WriterBuilder::new().quote_style(style).terminator(terminator).from_writer(Vec::new());
            for record in std::iter::once(header).chain(rows) {
                writer.write_record(record).unwrap();
            }
            let written = writer.into_inner().unwrap();
            let mut shown = String::new();
            write!(shown, "{style:?} {:?}", String::from_utf8_lossy(&written)).unwrap();
            assert_eq!(check(&written).as_ref(), Ok(checked), "{shown}");
            assert_eq!(read(&written), (header.clone(), rows.to_vec()), "{shown}");
        }
    }
}
