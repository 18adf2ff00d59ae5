//! Keeps a spreadsheet from taking a cell for a formula.
//!
//! Names of accounts and users, and values of tags, are free text, and some spreadsheet programs run what begins like a
//! formula. A `'` before it makes it text. Numbers such as `-1` get one too: whether a cell is a number is the reader's
//! guess, and no column of ours has negative numbers.

use std::borrow::Cow;
use std::io::{Read, Write};

/// The cell, with a `'` before it where it begins like a formula.
pub fn guard_cell(cell: &str) -> Cow<'_, str> {
    if begins_like_a_formula(cell.as_bytes()) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell as it was before [`guard_cell`]. One that began with a `'` before something like a formula from the first loses
/// it too, so this is for cells that are known to be guarded, or that never begin so.
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| begins_like_a_formula(rest.as_bytes())).unwrap_or(cell)
}

/// Copies a CSV and guards every cell, the first line's included. A record at a time is in memory.
///
/// What is written is RFC 4180 with CRLF and minimal quoting, so a table of ours in which no cell begins like a formula
/// comes out byte for byte as it went in.
///
/// # Errors
/// Either side fails.
pub fn guard_csv(read: impl Read, write: impl Write) -> csv::Result<()> {
    // Records of any length are taken: a line that is cut off is a reader's to see, not a reason to lose the rest.
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(read);
    let mut writer = csv::WriterBuilder::new().flexible(true).terminator(csv::Terminator::CRLF).from_writer(write);
    let mut record = csv::ByteRecord::new();
    let mut guarded = Vec::new();
    while reader.read_byte_record(&mut record)? {
        for cell in &record {
            if begins_like_a_formula(cell) {
                guarded.clear();
                guarded.push(b'\'');
                guarded.extend_from_slice(cell);
                writer.write_field(&guarded)?;
            } else {
                writer.write_field(cell)?;
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(writer.flush()?)
}

/// All starts are ASCII, so the first byte tells.
fn begins_like_a_formula(cell: &[u8]) -> bool {
    cell.first().is_some_and(|first| starts_a_formula(*first))
}

/// Whether a formula begins so in the common spreadsheet programs (OWASP, "CSV Injection").
pub(crate) fn starts_a_formula(byte: u8) -> bool {
    matches!(byte, b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::TableWriter;

    fn guarded(csv: &[u8]) -> Vec<u8> {
        let mut written = Vec::new();
        guard_csv(csv, &mut written).unwrap();
        written
    }

    fn table(rows: &[Vec<String>], guard: bool) -> Vec<u8> {
        let mut table = TableWriter::new(Vec::new(), guard, ["account_id", "account_name", "user"]).unwrap();
        for row in rows {
            table.write(row.iter().map(String::as_str)).unwrap();
        }
        table.finish().unwrap()
    }

    /// Rows of three cells, made of what tables have trouble with.
    fn rows(seed: u64) -> Vec<Vec<String>> {
        const PARTS: &[&str] =
            &["=", "+", "-", "@", "\t", "\r", "\n", "\r\n", "'", "\"", ",", "a", " ", "0", "中", "é", "\u{feff}", ";"];
        let mut random = fastrand::Rng::with_seed(seed);
        let mut cell = || (0..random.usize(..5)).map(|_| PARTS[random.usize(..PARTS.len())]).collect::<String>();
        (0..4).map(|_| (0..3).map(|_| cell()).collect()).collect()
    }

    #[test]
    fn a_guarded_cell_is_itself_again_without_the_guard() {
        for cell in ["=1", "+", "-a", "@x", "\t", "plain", "'quoted'", "'", ""] {
            assert_eq!(unguarded(&guard_cell(cell)), cell);
        }
    }

    #[test]
    fn a_formula_guard_goes_before_what_begins_like_a_formula_and_nothing_else() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+44 20", "'+44 20"),
            ("-1", "'-1"),
            ("-", "'-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("", ""),
            (" =1", " =1"),
            ("\n=1", "\n=1"),
            ("'=1", "'=1"),
            ("a=1", "a=1"),
            ("<root_account>", "<root_account>"),
            ("中文", "中文"),
            ("2026-11-21T06:00:00Z", "2026-11-21T06:00:00Z"),
        ] {
            assert_eq!(guard_cell(cell), expected, "{cell:?}");
            assert_eq!(matches!(guard_cell(cell), Cow::Borrowed(_)), cell == expected, "{cell:?}");
        }
    }

    #[test]
    fn a_formula_guard_leaves_every_other_byte_as_it_is() {
        let harmless = "account_id,account_name\r\n000000000012,\"a, \"\"b\"\"\"\r\n,\"two\nlines\"\r\n1,中文 =1\r\n";
        assert_eq!(guarded(harmless.as_bytes()), harmless.as_bytes());
        assert_eq!(guarded(b""), b"");
        assert_eq!(guarded(b"a,b\r\n=1,\"-2,3\"\r\n"), b"a,b\r\n'=1,\"'-2,3\"\r\n");
        assert_eq!(guarded(b"a,b\r\n\xff\xfe,=\xff\r\n"), b"a,b\r\n\xff\xfe,'=\xff\r\n");
        assert_eq!(guarded(b"a,b\nshort\n"), b"a,b\r\nshort\r\n");
    }

    #[test]
    fn a_formula_guard_of_a_written_table_is_the_table_written_with_the_guard() {
        for seed in 0..500 {
            let rows = rows(seed);
            assert_eq!(guarded(&table(&rows, false)), table(&rows, true), "seed {seed}: {rows:?}");
        }
    }

    #[test]
    fn a_formula_guard_changes_a_cell_only_by_one_quote_before_it() {
        for seed in 0..500 {
            let rows = rows(seed);
            let guarded = guarded(&table(&rows, false));
            let mut reader = csv::Reader::from_reader(guarded.as_slice());
            for (record, row) in reader.records().zip(&rows) {
                for (after, before) in record.unwrap().iter().zip(row) {
                    let unguarded = if guard_cell(before) == *before { after } else { &after[1..] };
                    assert_eq!(unguarded, before, "seed {seed}");
                    assert!(!begins_like_a_formula(after.as_bytes()), "seed {seed}: {after:?}");
                }
            }
        }
    }
}
