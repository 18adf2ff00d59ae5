//! What holds of the guard against formulas, whatever table it is given.

use orgscan::formula_guard::{guard_cell, guard_csv, unguarded};

pub(crate) fn holds(content: &[u8]) {
    let once = guarded(content);
    // A byte order mark that began the first cell is then the file's own to whoever reads it. All our tables begin with the
    // name of a column.
    if once.starts_with("\u{feff}".as_bytes()) {
        return;
    }
    assert_eq!(guarded(&once), once, "a guarded table has nothing left to guard");
    let (before, after) = (records(content), records(&once));
    assert_eq!(before.len(), after.len(), "records are lost");
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.len(), after.len(), "cells are lost");
        for (before, after) in before.iter().zip(after) {
            assert!(!begins_a_formula(after), "{after:?}");
            let undone = if begins_a_formula(before) { after.get(1..).unwrap_or_default() } else { after };
            assert_eq!(undone, before, "more was changed than a quote before a cell");
        }
    }
    let text = String::from_utf8_lossy(content);
    for cell in text.lines().chain([&*text]) {
        holds_of_a_cell(cell);
    }
}

fn holds_of_a_cell(cell: &str) {
    let guarded = guard_cell(cell);
    assert!(!begins_a_formula(guarded.as_bytes()), "{guarded:?}");
    // What is written with a quote before it can be told from what began with one only where no cell begins so.
    if unguarded(cell) == cell {
        assert_eq!(unguarded(&guarded), cell);
    }
}

fn guarded(content: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    guard_csv(content, &mut written).unwrap();
    written
}

fn records(content: &[u8]) -> Vec<csv::ByteRecord> {
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(content);
    reader.into_byte_records().map(Result::unwrap).collect()
}

/// As OWASP has it ("CSV Injection"), told again.
fn begins_a_formula(cell: &[u8]) -> bool {
    cell.first().is_some_and(|first| b"=+-@\t\r".contains(first))
}
