//! Merging the reports of an Organization, next to `csv` reading the same bytes and writing their records again.
//!
//! Bytes per second count what is read. What is merged is larger than that: six columns more, which `csv` is spared.

use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Seek, Write};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use orgscan::merged_report::MergedReport;
use orgscan::spool::{Spool, Spooled};
use orgscan::testing::{ReportUser, report};

use crate::world::{Fetched, report_of, user};

/// The Organization that is merged.
const ACCOUNTS: u64 = 1_000;
const ROWS_PER_ACCOUNT: u32 = 50;

pub(crate) fn benchmarks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("merge of 1000 reports");
    group.sample_size(20);
    let reports = organization(|account| report_of(account, ROWS_PER_ACCOUNT));
    let all = all_bytes(&reports);
    group.throughput(Throughput::Bytes(all.len() as u64));
    in_memory(&mut group, "orgscan", |to| merge(&reports, false, to));
    in_memory(&mut group, "csv", |to| copy(all.as_slice(), to));
    in_memory(&mut group, "csv, a reader for each report", |to| copy_each(&reports, to));
    between_files(&mut group, &reports);

    in_memory(&mut group, "orgscan, guarded", |to| merge(&reports, true, to));
    let less_usual = [
        ("orgscan, a user name with a comma", organization(with_a_comma)),
        ("orgscan, an unknown column", organization(with_an_unknown_column)),
        ("orgscan, other line ends", organization(with_other_line_ends)),
    ];
    for (name, reports) in less_usual {
        group.throughput(Throughput::Bytes(all_bytes(&reports).len() as u64));
        in_memory(&mut group, name, |to| merge(&reports, false, to));
    }
    group.finish();
}

fn organization(content: impl Fn(u64) -> Vec<u8>) -> Vec<Fetched> {
    (1..=ACCOUNTS).map(|account| Fetched::new(account, content(account))).collect()
}

fn with_a_comma(account: u64) -> Vec<u8> {
    report(account, (2..ROWS_PER_ACCOUNT).map(user).chain([ReportUser::new("family,given")]))
}

/// Before all others, so that no row can be taken over as a whole.
fn with_an_unknown_column(account: u64) -> Vec<u8> {
    let rows = String::from_utf8(report_of(account, ROWS_PER_ACCOUNT)).unwrap();
    format!("unknown,{}", rows.replace('\n', "\nvalue,")).into_bytes()
}

fn with_other_line_ends(account: u64) -> Vec<u8> {
    String::from_utf8(report_of(account, ROWS_PER_ACCOUNT)).unwrap().replace('\n', "\r\n").into_bytes()
}

fn all_bytes(reports: &[Fetched]) -> Vec<u8> {
    reports.iter().flat_map(|one| [one.content.as_slice(), b"\n"]).collect::<Vec<_>>().concat()
}

/// Writes into memory that is there already, so that neither its growth nor a disk is measured.
fn in_memory(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, write: impl Fn(&mut Vec<u8>)) {
    let mut to = Vec::new();
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            to.clear();
            write(black_box(&mut to));
        });
    });
}

/// Reads from a file and writes another, as the job does: from the spool to what is uploaded.
fn between_files(group: &mut BenchmarkGroup<'_, WallTime>, reports: &[Fetched]) {
    let spool = Spool::new().unwrap();
    let entries: Vec<Spooled> = reports.iter().map(|one| spool.add(&one.content).unwrap()).collect();
    group.bench_function("orgscan, between files", |bencher| {
        bencher.iter(|| {
            let mut merged = MergedReport::new(tempfile::tempfile().unwrap(), false, columns(reports)).unwrap();
            for (one, entry) in reports.iter().zip(&entries) {
                merged.add(&one.row, &spool.read(*entry).unwrap()).unwrap();
            }
            merged.finish().unwrap()
        });
    });
    let mut from = tempfile::tempfile().unwrap();
    from.write_all(&all_bytes(reports)).unwrap();
    group.bench_function("csv, between files", |bencher| {
        bencher.iter(|| -> File {
            let mut to = tempfile::tempfile().unwrap();
            from.rewind().unwrap();
            copy(&from, &mut to);
            to
        });
    });
}

fn merge(reports: &[Fetched], guard: bool, to: impl Write) {
    let mut merged = MergedReport::new(to, guard, columns(reports)).unwrap();
    for one in reports {
        merged.add(&one.row, &one.content).unwrap();
    }
    merged.finish().unwrap();
}

fn columns(reports: &[Fetched]) -> impl Iterator<Item = &[String]> {
    reports.iter().map(|one| one.columns.as_slice())
}

/// `csv` at its best: one reader and one writer for the bytes of all reports.
fn copy(from: impl Read, to: impl Write) {
    let mut reader = csv::Reader::from_reader(from);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(to);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap() {
        writer.write_byte_record(&record).unwrap();
    }
    writer.flush().unwrap();
}

/// `csv` as it would merge: a report begins with columns of its own, and so needs a reader of its own.
fn copy_each(reports: &[Fetched], to: &mut Vec<u8>) {
    for one in reports {
        copy(one.content.as_slice(), &mut *to);
    }
}
