//! Credential reports, and what is nearly one.

use orgscan::credential_report::{COLUMNS, check};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::properties::{credential_report, merged_report};
use super::{inputs, joined, text};

/// A report, and how it is written.
#[derive(Debug, Clone)]
struct Report {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    written: Written,
}

#[derive(Debug, Clone)]
struct Written {
    always_quoted: bool,
    line_end: &'static str,
    has_mark: bool,
    ends_line: bool,
}

impl Report {
    /// As RFC 4180 has it, told without the crate that reads it.
    fn bytes(&self) -> Vec<u8> {
        let cell = |cell: &String| {
            let is_quoted = self.written.always_quoted || cell.contains([',', '"', '\r', '\n']);
            if is_quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        };
        let line = |cells: &Vec<String>| cells.iter().map(cell).collect::<Vec<String>>().join(",");
        let lines: Vec<String> = std::iter::once(&self.columns).chain(&self.rows).map(line).collect();
        let mark = if self.written.has_mark { "\u{feff}" } else { "" };
        let end = if self.written.ends_line { self.written.line_end } else { "" };
        format!("{mark}{}{end}", lines.join(self.written.line_end)).into_bytes()
    }
}

prop_compose! {
    fn written()(
        always_quoted: bool,
        line_end in select(&["\n", "\r\n", "\r"][..]),
        has_mark: bool,
        ends_line: bool,
    ) -> Written {
        Written { always_quoted, line_end, has_mark, ends_line }
    }
}

fn columns() -> impl Strategy<Value = Vec<String>> {
    let known = prop_oneof![Just(COLUMNS.to_vec()), Just(vec!["arn", "user"]), Just(COLUMNS[..7].to_vec())];
    (known, 0..4_usize, any::<bool>()).prop_flat_map(|(known, more, shuffled)| {
        let mut columns: Vec<String> = known.into_iter().map(str::to_owned).collect();
        columns.extend((0..more).map(|number| format!("column, \"{number}\"")));
        if shuffled { Just(columns).prop_shuffle().boxed() } else { Just(columns).boxed() }
    })
}

fn report() -> impl Strategy<Value = Report> {
    (columns(), written()).prop_flat_map(|(columns, written)| {
        let row = proptest::collection::vec(text(), columns.len());
        (Just(columns), proptest::collection::vec(row, 0..5), Just(written))
            .prop_map(|(columns, rows, written)| Report { columns, rows, written })
    })
}

proptest! {
    #![proptest_config(inputs(400))]

    #[test]
    fn every_well_formed_report_is_read_into_exactly_its_rows_with_untouched_cells(report in report()) {
        let bytes = report.bytes();
        let checked = check(&bytes).unwrap();
        prop_assert_eq!(&checked.columns, &report.columns);
        prop_assert_eq!(checked.rows, report.rows.len() as u64);
        let (_, rows) = credential_report::read(&bytes);
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(str::to_owned).collect()).collect();
        prop_assert_eq!(&rows, &report.rows);
        credential_report::holds(&bytes);
    }

    #[test]
    fn a_report_that_was_damaged_is_still_one_or_says_why_it_is_none(
        report in report(),
        damage in proptest::collection::vec((any::<Index>(), select(&b"\0,\"\"\r\n\xff=u\xef"[..])), 1..4),
        cut in any::<Index>(),
        is_cut: bool,
    ) {
        let mut bytes = report.bytes();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        credential_report::holds(&bytes);
    }

    #[test]
    fn any_bytes_are_a_report_or_say_why_they_are_none(bytes: Vec<u8>) {
        credential_report::holds(&bytes);
        credential_report::holds(&[COLUMNS.join(",").as_bytes(), b"\n", &bytes].concat());
    }
}

proptest! {
    #![proptest_config(inputs(150))]

    #[test]
    fn a_merged_report_has_every_row_of_every_account_and_no_other(
        answers in proptest::collection::vec((text(), prop_oneof![
            4 => report().prop_map(|report| report.bytes()),
            1 => any::<Vec<u8>>(),
        ]), 0..5),
    ) {
        let parts: Vec<Vec<u8>> = answers.into_iter().flat_map(|(name, content)| [name.into_bytes(), content]).collect();
        merged_report::holds(&parts.join(&0xff));
        merged_report::holds(&joined(&[]));
    }
}
