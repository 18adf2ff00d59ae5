//! How much memory it takes to find out what AWS answered in place of a credential report, and to merge it.
//!
//! The allocator of this binary counts. It is a binary of its own, with one test, since all threads of a process share it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]
#![expect(clippy::print_stdout, reason = "the figures are worth seeing")]

use std::io;

use orgscan::credential_report::{COLUMNS, LONGEST_RECORD, MOST_COLUMNS, check};
use orgscan::ledger::LedgerRow;
use orgscan::merged_report::MergedReport;
use orgscan::spool::Spool;
use orgscan::testing::ledger_row;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const SIZES: [usize; 5] = [1 << 10, 32 << 10, 64 << 10, 1 << 20, 20 << 20];

/// What may be taken for each byte of a report, the report itself included.
const FACTOR: usize = 4;

/// What checking may take besides, whatever the size: the names of as many columns as a report may have.
const FIXED_TO_CHECK: usize = 64 << 10;

/// What merging may take besides: the buffer that is written at a time, and one record as long as a record may be, as it
/// was read, as it was unescaped and as it is written.
const FIXED_TO_MERGE: usize = (256 << 10) + 4 * LONGEST_RECORD + (64 << 10);

/// A kind of report, and the bytes of it for a size.
type Kind = (&'static str, fn(usize) -> Vec<u8>);

const KINDS: &[Kind] = &[
    ("rows as AWS writes them", |size| below(&COLUMNS.join(","), &plain_row(), size)),
    ("rows with quotes", |size| below(&COLUMNS.join(","), &plain_row().replace("alice", "\"a, \"\"b\"\"\""), size)),
    ("rows that end with a lone CR", |size| {
        String::from_utf8(below(&COLUMNS.join(","), &plain_row(), size)).unwrap().replace('\n', "\r").into_bytes()
    }),
    ("a byte order mark", |size| below(&format!("\u{feff}{}", COLUMNS.join(",")), &plain_row(), size)),
    ("empty rows", |size| below("user,arn", ",", size)),
    ("empty lines", |size| below("user,arn", "", size)),
    ("rows of commas", |size| below(&COLUMNS.join(","), &",".repeat(COLUMNS.len() - 1), size)),
    ("one line without a break", |size| vec![b'a'; size]),
    ("one field", |size| begun(b"user,arn\na,", b"b", size)),
    ("one quoted field", |size| begun(b"user,arn\na,\"", b"b\n", size)),
    ("quotes", |size| vec![b'"'; size]),
    ("quotes in a field", |size| begun(b"user,arn\na,", b"\"", size)),
    ("a quote that does not end", |size| begun(b"user,arn\n\"", b"a,b\n", size)),
    ("commas in the first line", |size| begun(b"user,arn", b",", size)),
    ("commas in a row", |size| begun(b"user,arn\na", b",", size)),
    ("columns of other names", |size| {
        let names: Vec<String> = (0..size.min(1 << 20) / 7).map(|number| format!("{number:06}")).collect();
        format!("user,arn,{}", names.join(",")).into_bytes()
    }),
    ("the most columns there may be", |size| {
        let names: Vec<String> = (2..MOST_COLUMNS).map(|number| format!("{number}")).collect();
        below(&format!("user,arn,{}", names.join(",")), &",".repeat(MOST_COLUMNS - 1), size)
    }),
    ("columns of one name", |size| begun(b"user,arn", b",a", size)),
    ("records as long as may be", |size| below("user,arn", &format!("\"{}\",", "\n".repeat(LONGEST_RECORD - 1)), size)),
    ("NUL", |size| vec![0; size]),
    ("NUL in fields", |size| below("user,arn", "\0,\0", size)),
    ("lone CR", |size| begun(b"user,arn\r", b",\r", size)),
    ("no UTF-8", |size| begun(b"user,arn\n", b"\xff\xfe", size)),
    ("HTML", |size| begun(b"<!DOCTYPE html><html>", b"<p>busy</p>\n", size)),
];

fn plain_row() -> String {
    let mut cells = vec!["alice", "arn:aws:iam::123456789012:user/alice", "2026-01-01T00:00:00+00:00"];
    cells.resize(COLUMNS.len(), "N/A");
    cells.join(",")
}

/// A first line, and as many others as there is room for.
fn below(header: &str, row: &str, size: usize) -> Vec<u8> {
    let header = format!("{header}\n");
    let row = format!("{row}\n");
    [header.as_bytes(), &row.as_bytes().repeat(size.saturating_sub(header.len()) / row.len())].concat()
}

fn begun(beginning: &[u8], rest: &[u8], size: usize) -> Vec<u8> {
    [beginning, &rest.repeat(size / rest.len())].concat()
}

/// The most memory that was taken at a time, beyond what there was before.
fn peak<T>(begun_with: usize, work: impl FnOnce() -> T) -> (usize, T) {
    ALLOCATOR.reset_peak_usage();
    let done = work();
    (ALLOCATOR.peak_usage().saturating_sub(begun_with), done)
}

fn row() -> LedgerRow {
    let mut row = ledger_row(12);
    row.account.name = "=\"quoted\", account".into();
    row.account.ou_path = "o-a/r-b/".into();
    row
}

#[test]
fn whatever_is_answered_in_place_of_a_report_takes_no_more_than_four_times_its_size() {
    let row = row();
    let spool = Spool::new().unwrap();
    // In hundredths of the size.
    let mut worst = (0, "");
    let mut reports = 0;
    for (kind, make) in KINDS {
        for size in SIZES {
            let before = ALLOCATOR.current_usage();
            let mut content = make(size);
            content.shrink_to_fit();
            let size = content.len();
            let (taken, checked) = peak(before, || check(&content));
            assert!(taken <= FACTOR * size + FIXED_TO_CHECK, "{kind}: {taken} bytes to check {size}");
            worst = worst.max((taken.saturating_sub(FIXED_TO_CHECK) * 100 / size, *kind));
            let Ok(checked) = checked else { continue };
            reports += 1;
            // Merging takes a while without optimization, and what it takes does not depend on the kind at this size.
            if size > 2 << 20 && *kind != KINDS[0].0 {
                continue;
            }
            // As a run does: all reports wait in the spool, and each is read back when its turn comes.
            let entry = spool.add(&content).unwrap();
            drop(content);
            for guard in [false, true] {
                let before = ALLOCATOR.current_usage();
                let (taken, merged) = peak(before, || -> csv::Result<()> {
                    let columns = [checked.columns.as_slice()];
                    let mut merged = MergedReport::new(io::sink(), guard, columns)?;
                    merged.add(&row, &spool.read(entry)?)?;
                    merged.finish()?;
                    Ok(())
                });
                merged.unwrap();
                assert!(taken <= FACTOR * size + FIXED_TO_MERGE, "{kind}: {taken} bytes to merge {size}");
            }
        }
    }
    assert!(reports > 20, "only {reports} were reports");
    println!("most to check: {} hundredths of the size ({}), and {} KiB", worst.0, worst.1, FIXED_TO_CHECK >> 10);
}
