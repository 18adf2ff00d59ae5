//! Checking a report, next to reading its records.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use orgscan::credential_report;

use crate::world::report_of;

/// Users per report: a small account, a usual one, and as many as IAM allows in an account.
const USERS: [u32; 3] = [6, 50, 5_000];

pub(crate) fn benchmarks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("check of a report");
    for users in USERS {
        let content = report_of(12, users);
        group.throughput(Throughput::Bytes(content.len() as u64));
        group.bench_with_input(BenchmarkId::new("orgscan", users), &content, |bencher, content| {
            bencher.iter(|| credential_report::check(black_box(content)).unwrap());
        });
        group.bench_with_input(BenchmarkId::new("csv", users), &content, |bencher, content| {
            bencher.iter(|| rows(black_box(content)));
        });
    }
    group.finish();
}

/// The least that `csv` can do: it reads every record, and the bytes are not even checked to be text.
fn rows(content: &[u8]) -> u64 {
    let mut reader = csv::Reader::from_reader(content);
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        rows += 1;
    }
    rows
}
