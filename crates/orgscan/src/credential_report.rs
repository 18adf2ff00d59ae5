//! IAM credential reports: what AWS answered, by column name.
//!
//! Columns are found by their names and never counted: AWS documents a 23rd column that not every report has, and may
//! add others. What is far beyond anything AWS writes is no report, so that whatever is answered in place of one takes no
//! more memory than a report of its size.

mod records;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::table::MERGED_LEADING_COLUMNS;
use crate::tidy_csv::TidyCsv;

use records::Records;

/// The columns every report has, in AWS's order (IAM user guide, "Generate credential reports").
pub const COLUMNS: [&str; 22] = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
];

/// The 23rd column, which the documentation has and not every report.
pub const ADDITIONAL_CREDENTIALS: &str = "additional_credentials_info";

/// More columns than any report has: AWS documents 23, and may add others.
pub const MOST_COLUMNS: usize = 256;

/// More bytes than any record has, its commas included: of AWS's own columns the longest is an ARN, of at most 2,048
/// characters (IAM API reference, `arnType`).
pub const LONGEST_RECORD: usize = 64 * 1024;

/// AWS makes a new report at most once in this time and answers the same bytes until then (IAM user guide).
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(4);

/// Whether AWS would answer the same bytes again: the report is younger than [`LIFETIME`]. One from the future (a clock
/// that is off) counts as fresh; one without a time does not.
pub fn is_fresh(generated_time: Option<Timestamp>, now: Timestamp) -> bool {
    generated_time.is_some_and(|time| now.duration_since(time) < LIFETIME)
}

/// Why bytes are not a credential report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// Not text.
    #[error("it is not UTF-8")]
    NotText,
    /// Some other table, or none.
    #[error("its first line does not name the column {0}")]
    ColumnMissing(&'static str),
    /// The same column twice: values could not be told apart.
    #[error("its first line names a column twice")]
    ColumnTwice,
    /// A column of the merged report, which has it from elsewhere.
    #[error("its first line names the column {0}, which no credential report has")]
    ColumnTaken(&'static str),
    /// A first line that no report begins with.
    #[error("its first line names more than {MOST_COLUMNS} columns")]
    TooManyColumns,
    /// The same, or no lines at all.
    #[error("its first line is longer than {LONGEST_RECORD} bytes")]
    FirstLineTooLong,
    /// A record that no report has, such as one whose quotes do not end.
    #[error("record {record} is longer than {LONGEST_RECORD} bytes")]
    RecordTooLong {
        /// The record, counted from 1 after the header.
        record: u64,
    },
    /// A line that is cut off or has too much.
    #[error("record {record} has {found} fields where the first line has {expected}")]
    FieldCount {
        /// The record, counted from 1 after the header.
        record: u64,
        /// Fields of the header.
        expected: u64,
        /// Fields of the record.
        found: u64,
    },
}

/// What a report holds besides its rows, learnt while it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its columns, in its order.
    pub columns: Vec<String>,
    /// Its rows: users and the root user.
    pub rows: u64,
}

/// Opens a report for reading by record. Records of another length than the header are errors.
pub fn reader(content: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().from_reader(content)
}

/// Reads a whole report once and says what it holds, or why it is none.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(content: &[u8]) -> Result<Checked, Malformed> {
    if content.is_empty() {
        return Err(Malformed::Empty);
    }
    if std::str::from_utf8(content).is_err() {
        return Err(Malformed::NotText);
    }
    if let Some(report) = TidyCsv::of(content) {
        let columns = report.columns.iter().map(|column| (*column).to_owned()).collect();
        return Ok(Checked { columns: checked_columns(columns)?, rows: report.row_count });
    }
    parse(content)
}

/// Checks a report with the CSV parser, which takes any and can say what is wrong with it.
fn parse(content: &[u8]) -> Result<Checked, Malformed> {
    let mut records = Records::of(content);
    let columns = checked_columns(records.header()?)?;
    let expected = columns.len() as u64;
    let mut rows = 0;
    while let Some(found) = records.count_cells().map_err(|_| Malformed::RecordTooLong { record: rows + 1 })? {
        rows += 1;
        if found != expected {
            return Err(Malformed::FieldCount { record: rows, expected, found });
        }
    }
    Ok(Checked { columns, rows })
}

fn checked_columns(columns: Vec<String>) -> Result<Vec<String>, Malformed> {
    for needed in ["user", "arn"] {
        if !columns.iter().any(|column| column == needed) {
            return Err(Malformed::ColumnMissing(needed));
        }
    }
    if let Some(taken) = MERGED_LEADING_COLUMNS.into_iter().find(|taken| columns.iter().any(|column| column == taken)) {
        return Err(Malformed::ColumnTaken(taken));
    }
    if columns.iter().collect::<BTreeSet<_>>().len() < columns.len() {
        return Err(Malformed::ColumnTwice);
    }
    Ok(columns)
}

/// The report columns of a merged file, from those of each report: the 22 known ones, then [`ADDITIONAL_CREDENTIALS`] where
/// any report has it, then any other, sorted.
pub fn merged_columns<'a>(reports: impl IntoIterator<Item = &'a [String]>) -> Vec<String> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    // Most reports have the columns of the one before.
    let mut before: &[String] = &[];
    for columns in reports {
        if columns != before {
            seen.extend(columns.iter().map(String::as_str));
            before = columns;
        }
    }
    let additional = seen.contains(ADDITIONAL_CREDENTIALS).then_some(ADDITIONAL_CREDENTIALS);
    let others = seen.into_iter().filter(|column| !COLUMNS.contains(column) && *column != ADDITIONAL_CREDENTIALS);
    COLUMNS.into_iter().chain(additional).chain(others).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy_csv::tests::odd_report;

    fn header() -> String {
        COLUMNS.join(",")
    }

    fn row(user: &str) -> String {
        let mut fields = vec![user, "arn:aws:iam::123456789012:user/x"];
        fields.resize(COLUMNS.len(), "N/A");
        fields.join(",")
    }

    #[test]
    fn a_report_as_aws_makes_it_is_read() {
        let content = format!("{}\n{}\n{}", header(), row("<root_account>"), row("\"a, b\""));
        let checked = check(content.as_bytes()).unwrap();
        assert_eq!(checked.rows, 2);
        assert_eq!(checked.columns, COLUMNS);
    }

    #[test]
    fn a_report_with_more_columns_or_other_line_ends_is_read() {
        let content = format!("{},{ADDITIONAL_CREDENTIALS},zz\r\n{},1,2\r\n", header(), row("a"));
        assert_eq!(check(content.as_bytes()).unwrap().columns.len(), 24);
        assert_eq!(check(b"arn,user\n").unwrap().rows, 0);
    }

    #[test]
    fn what_is_no_report_says_why() {
        let short = format!("{}\n{}\nb,c", header(), row("a"));
        let wide = format!("user,arn,{}", vec!["x"; MOST_COLUMNS - 1].join(","));
        let quoted = format!("user,arn\na,b\nc,\"{}", "d\n".repeat(LONGEST_RECORD / 2));
        let (endless, only_marks) = ("a".repeat(LONGEST_RECORD + 1), "\"".repeat(2 * LONGEST_RECORD + 4));
        let cases: [(&[u8], Malformed); 11] = [
            (b"", Malformed::Empty),
            (b"user,arn\n\xff\xfe,x", Malformed::NotText),
            (b"<html><body>busy</body></html>", Malformed::ColumnMissing("user")),
            (b"user,password_enabled\na,true", Malformed::ColumnMissing("arn")),
            (b"user,arn,user\na,b,c", Malformed::ColumnTwice),
            (b"user,arn,account_id\na,b,c", Malformed::ColumnTaken("account_id")),
            (short.as_bytes(), Malformed::FieldCount { record: 2, expected: 22, found: 2 }),
            (wide.as_bytes(), Malformed::TooManyColumns),
            (endless.as_bytes(), Malformed::FirstLineTooLong),
            (only_marks.as_bytes(), Malformed::FirstLineTooLong),
            (quoted.as_bytes(), Malformed::RecordTooLong { record: 2 }),
        ];
        for (content, expected) in cases {
            assert_eq!(check(content), Err(expected), "{}", String::from_utf8_lossy(content));
        }
    }

    #[test]
    fn a_report_as_wide_and_long_as_may_be_is_read() {
        let mut columns = vec!["user".to_owned(), "arn".to_owned()];
        columns.extend((2..MOST_COLUMNS).map(|number| number.to_string()));
        let row = ",".repeat(MOST_COLUMNS - 1);
        let longest = format!("{}{row}", "x".repeat(LONGEST_RECORD - row.len()));
        for end in ["\n", "\r"] {
            let content = [columns.join(","), row.clone(), longest.clone()].join(end);
            assert_eq!(check(content.as_bytes()), Ok(Checked { columns: columns.clone(), rows: 2 }));
            assert_eq!(check(format!("{content}x").as_bytes()), check(content.as_bytes()).and(Err(too_long(2))));
        }
    }

    fn too_long(record: u64) -> Malformed {
        Malformed::RecordTooLong { record }
    }

    /// The same with a reader that keeps each record.
    fn check_kept(content: &[u8]) -> Result<Checked, Malformed> {
        let mut reader = reader(content);
        let columns = reader.headers().unwrap().iter().map(String::from).collect();
        let columns = checked_columns(columns)?;
        let mut rows = 0;
        for record in reader.records() {
            match record.map_err(csv::Error::into_kind) {
                Ok(_) => rows += 1,
                Err(csv::ErrorKind::UnequalLengths { expected_len, len, .. }) => {
                    return Err(Malformed::FieldCount { record: rows + 1, expected: expected_len, found: len });
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        Ok(Checked { columns, rows })
    }

    #[test]
    fn a_report_that_takes_no_parser_is_checked_as_a_parser_would() {
        let mut reports = 0;
        for seed in 0..2_000 {
            let content = odd_report(seed);
            let checked = check(&content);
            assert_eq!(checked, parse(&content), "seed {seed}: {}", String::from_utf8_lossy(&content));
            assert_eq!(checked, check_kept(&content), "seed {seed}: {}", String::from_utf8_lossy(&content));
            reports += u32::from(checked.is_ok());
        }
        assert!((500..1_900).contains(&reports), "{reports}");
    }

    #[test]
    fn merged_columns_are_the_known_ones_then_the_others_sorted() {
        let reports = [
            vec!["zeta", "user", "arn"],
            vec!["user", "arn"],
            vec!["user", "arn"],
            vec!["alpha", "arn", ADDITIONAL_CREDENTIALS, "zeta"],
        ]
        .map(|columns| columns.into_iter().map(String::from).collect::<Vec<String>>());
        let merged = merged_columns(reports.iter().map(Vec::as_slice));
        assert_eq!(merged.get(..22).unwrap(), COLUMNS);
        assert_eq!(merged.get(22..).unwrap(), [ADDITIONAL_CREDENTIALS, "alpha", "zeta"]);
        assert_eq!(merged_columns([]), COLUMNS);
    }

    #[test]
    fn a_report_is_fresh_below_four_hours() {
        let now: Timestamp = "2026-11-21T06:00:00Z".parse().unwrap();
        for (time, fresh) in [
            ("2026-11-21T02:00:01Z", true),
            ("2026-11-21T02:00:00Z", false),
            ("2026-11-21T01:59:59Z", false),
            ("2026-11-21T06:00:01Z", true),
        ] {
            assert_eq!(is_fresh(time.parse().ok(), now), fresh, "{time}");
        }
        assert!(!is_fresh(None, now));
    }
}
