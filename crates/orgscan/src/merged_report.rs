//! The merged credential report: the reports of an Organization's accounts as one table.

use std::io::{self, BufWriter, Write};

use crate::credential_report::{merged_columns, reader};
use crate::formula_guard::starts_a_formula;
use crate::ledger::LedgerRow;
use crate::table::{MERGED_LEADING_COLUMNS, TableWriter, seconds};
use crate::tidy_csv::{TidyCsv, cells};

/// What a line of a table ends with.
const LINE_END: &[u8] = b"\r\n";

/// How much is written at a time. With the usual 8 KiB, a merge from file to file takes nearly twice as long.
const PIECE: usize = 256 * 1024;

/// Writes the reports of an Organization as one table. Values are AWS's own; a column that an account's report lacks is
/// empty for it.
#[derive(Debug)]
pub struct MergedReport<W: Write> {
    to: BufWriter<W>,
    guard: bool,
    columns: Vec<String>,
}

impl<W: Write> MergedReport<W> {
    /// A table in `to`, beginning with its columns: those of an account, and those that the reports have, which are given.
    ///
    /// # Errors
    /// `to` does not take it.
    pub fn new<'a>(to: W, guard: bool, reports: impl IntoIterator<Item = &'a [String]>) -> csv::Result<Self> {
        let mut to = BufWriter::with_capacity(PIECE, to);
        let columns = merged_columns(reports);
        let header = MERGED_LEADING_COLUMNS.into_iter().chain(columns.iter().map(String::as_str));
        TableWriter::new(&mut to, guard, header)?.finish()?;
        Ok(Self { to, guard, columns })
    }

    /// Adds an account's report, with what the account's row of the ledger has.
    ///
    /// # Errors
    /// `to` does not take it, or it is no credential report.
    pub fn add(&mut self, row: &LedgerRow, content: &[u8]) -> csv::Result<()> {
        let id = row.account.id.to_string();
        let generated_time = row.report_generated_time.map(seconds).unwrap_or_default();
        let leading = [
            id.as_str(),
            row.account.name.as_str(),
            row.org_id.as_str(),
            row.account.ou_path.as_str(),
            row.account.state.as_str(),
            generated_time.as_str(),
        ];
        match TidyCsv::of(content) {
            Some(report) if !(self.guard && may_have_a_formula(&report)) => self.take_over(leading, &report),
            _ => self.add_cells(leading, content),
        }
    }

    /// Adds the rows of a tidy report byte by byte as they are, which gives what writing their cells would.
    fn take_over(&mut self, leading: [&str; MERGED_LEADING_COLUMNS.len()], report: &TidyCsv<'_>) -> csv::Result<()> {
        let mut before = TableWriter::below_columns(Vec::new(), self.guard);
        before.write(leading)?;
        let mut before = before.finish()?;
        before.truncate(before.len() - LINE_END.len());
        // Nearly every report has the merged columns, or the first of them.
        if let Some((first, lacking)) = self.columns.split_at_checked(report.columns.len())
            && first == report.columns
        {
            before.push(b',');
            let after = [vec![b','; lacking.len()].as_slice(), LINE_END].concat();
            for row in report.rows() {
                self.to.write_all(&before)?;
                self.to.write_all(row)?;
                self.to.write_all(&after)?;
            }
            return Ok(());
        }
        let positions = self.positions(&report.columns);
        let mut own = Vec::new();
        for row in report.rows() {
            own.clear();
            own.extend(cells(row));
            self.to.write_all(&before)?;
            for position in &positions {
                self.to.write_all(b",")?;
                self.to.write_all(position.and_then(|at| own.get(at)).copied().unwrap_or_default())?;
            }
            self.to.write_all(LINE_END)?;
        }
        Ok(())
    }

    /// Adds the rows of any report.
    fn add_cells(&mut self, leading: [&str; MERGED_LEADING_COLUMNS.len()], content: &[u8]) -> csv::Result<()> {
        let mut reader = reader(content);
        let positions = self.positions(&reader.headers()?.iter().collect::<Vec<&str>>());
        let mut table = TableWriter::below_columns(&mut self.to, self.guard);
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record)? {
            let own = positions.iter().map(|position| position.and_then(|at| record.get(at)).unwrap_or_default());
            table.write(leading.into_iter().chain(own))?;
        }
        table.finish()?;
        Ok(())
    }

    /// Where a report has the merged columns.
    fn positions(&self, columns: &[&str]) -> Vec<Option<usize>> {
        self.columns.iter().map(|column| columns.iter().position(|one| one == column)).collect()
    }

    /// Ends the table and gives back what it was written to.
    ///
    /// # Errors
    /// It does not take the rest.
    pub fn finish(self) -> io::Result<W> {
        self.to.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

/// Whether a cell may begin like a formula: one that does comes first in its row, after a comma or after a quote.
fn may_have_a_formula(report: &TidyCsv<'_>) -> bool {
    report.rows().any(|row| {
        let pairs = row.iter().zip(row.iter().skip(1));
        row.first().is_some_and(|first| starts_a_formula(*first))
            || pairs
                .fold(false, |found, (before, byte)| found | (matches!(before, b',' | b'"') & starts_a_formula(*byte)))
    })
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::credential_report::COLUMNS;
    use crate::testing::ledger_row;
    use crate::tidy_csv::tests::{Oddity, odd_cell, odd_report};

    struct Reported {
        row: LedgerRow,
        columns: Vec<String>,
        content: Vec<u8>,
    }

    fn reported(seed: u64) -> Reported {
        let mut random = Rng::with_seed(seed);
        let mut row = ledger_row(12);
        row.account.name = odd_cell(&mut random, Oddity { parts: 4, rarity: 2 });
        row.account.ou_path = "o-a/r-b/".into();
        row.report_generated_time = "2026-11-21T06:00:00Z".parse().ok();
        let content = odd_report(seed);
        let columns = reader(&content).headers().unwrap().iter().map(String::from).collect();
        Reported { row, columns, content }
    }

    fn columns(reports: &[Reported]) -> impl Iterator<Item = &[String]> {
        reports.iter().map(|one| one.columns.as_slice())
    }

    fn merged(reports: &[Reported], guard: bool) -> csv::Result<Vec<u8>> {
        let mut merged = MergedReport::new(Vec::new(), guard, columns(reports))?;
        for one in reports {
            merged.add(&one.row, &one.content)?;
        }
        Ok(merged.finish()?)
    }

    /// The same by reading and writing every cell.
    fn merged_by_cells(reports: &[Reported], guard: bool) -> csv::Result<Vec<u8>> {
        let columns = merged_columns(columns(reports));
        let header = MERGED_LEADING_COLUMNS.into_iter().chain(columns.iter().map(String::as_str));
        let mut table = TableWriter::new(Vec::new(), guard, header)?;
        for Reported { row, columns: own, content } in reports {
            let leading = ["000000000012", &row.account.name, "o-a", "o-a/r-b/", "ACTIVE", "2026-11-21T06:00:00Z"];
            let mut reader = csv::Reader::from_reader(content.as_slice());
            for record in reader.records() {
                let record = record?;
                let cell = |column| own.iter().position(|one| one == column).map_or("", |at| &record[at]);
                table.write(leading.into_iter().chain(columns.iter().map(cell)))?;
            }
        }
        Ok(table.finish()?)
    }

    #[test]
    fn rows_that_are_taken_over_are_those_that_their_cells_would_give() {
        let (mut whole, mut cut, mut parsed, mut refused) = (0, 0, 0, 0);
        for seed in (0..3_000).step_by(3) {
            let reports: Vec<Reported> = (seed..seed + 3).map(reported).collect();
            for guard in [false, true] {
                match (merged(&reports, guard), merged_by_cells(&reports, guard)) {
                    (Ok(merged), Ok(by_cells)) => {
                        assert_eq!(merged, by_cells, "seed {seed}: {}", String::from_utf8_lossy(&merged));
                    }
                    (merged, by_cells) => {
                        assert!(merged.is_err() && by_cells.is_err(), "seed {seed}: {merged:?}, {by_cells:?}");
                        refused += 1;
                    }
                }
            }
            let all = merged_columns(columns(&reports));
            for one in &reports {
                match TidyCsv::of(&one.content) {
                    Some(_) if all.starts_with(&one.columns) => whole += 1,
                    Some(_) => cut += 1,
                    None => parsed += 1,
                }
            }
        }
        let counts = [whole, cut, parsed, refused];
        assert!(counts.iter().all(|count| *count > 100), "{counts:?}");
    }

    #[test]
    fn a_guarded_row_is_taken_over_only_where_no_cell_needs_the_guard() {
        for (rows, expected) in [
            ("a,b", false),
            ("a,b-c", false),
            ("=a,b", true),
            ("a,-b", true),
            ("\"+a,\",b", true),
            ("a,b\n@a,b", true),
            ("\"a,=\",b", true),
            ("\"a,b\",c=d", false),
        ] {
            let content = format!("user,arn\n{rows}\n");
            let report = TidyCsv::of(content.as_bytes()).unwrap();
            assert_eq!(may_have_a_formula(&report), expected, "{rows}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        /// Takes so many bytes and no more.
        #[derive(Debug)]
        struct Room(usize);
        impl Write for Room {
            fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(buffer.len()).ok_or(io::ErrorKind::StorageFull)?;
                Ok(buffer.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(MergedReport::new(Room(0), false, []).is_err());
        let content = format!("{}\n{}\n", COLUMNS.join(","), ",".repeat(COLUMNS.len() - 1));
        let row = reported(0).row;
        let mut merged = MergedReport::new(Room(1_000), false, []).unwrap();
        for _ in 0..100 {
            merged.add(&row, content.as_bytes()).unwrap();
        }
        assert_eq!(merged.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
