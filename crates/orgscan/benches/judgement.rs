//! Rows of a credential report: typed, and judged by every rule. A million of them are to take seconds.
#![expect(clippy::unwrap_used, reason = "a benchmark may end with a panic")]

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use csv::StringRecord;
use jiff::{SignedDuration, Timestamp};
use orgscan::credential_report::COLUMNS;
use orgscan::credential_row::ReportColumns;
use orgscan::judgement::{Thresholds, Violation, judge};

/// Users in many accounts, so that what is measured does not fit into the nearest cache.
const ROWS: u32 = 20_000;

/// The defaults.
const THRESHOLDS: Thresholds = Thresholds { unused_days: 45, key_rotation_days: 90, root_use_days: 1 };

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    rows(&mut criterion);
    criterion.final_summary();
}

fn as_of() -> Timestamp {
    "2026-11-21T06:00:00Z".parse().unwrap()
}

/// Times of days that are past, in both spellings of AWS.
struct Times(fastrand::Rng);

impl Times {
    fn within(&mut self, days: i64) -> String {
        let age = SignedDuration::from_secs(self.0.i64(0..days * 24 * 60 * 60));
        let time = as_of().checked_sub(age).unwrap().to_string();
        if self.0.bool() { time } else { time.replace('Z', "+00:00") }
    }

    fn key(&mut self, active: bool) -> String {
        format!("{active},{},{},us-east-1,s3", self.within(200), self.within(90))
    }
}

/// A report in which every twentieth row is a root user, most of the users have a password, and most have a key or two.
fn report() -> String {
    let mut times = Times(fastrand::Rng::with_seed(4));
    let mut report = COLUMNS.join(",");
    let no_key = "false,N/A,N/A,N/A,N/A".to_owned();
    for number in 0..ROWS {
        let name = if number % 20 == 0 { "<root_account>".to_owned() } else { format!("user-{number:06}") };
        let (made, seen, set) = (times.within(2_000), times.within(90), times.within(400));
        let password = match number % 20 {
            0 => format!("not_supported,{seen},not_supported,not_supported,false"),
            1..6 => "false,N/A,N/A,N/A,false".to_owned(),
            6 => format!("true,no_information,{set},N/A,false"),
            _ => format!("true,{seen},{set},N/A,true"),
        };
        let keys = match number % 7 {
            0 | 1 => [no_key.clone(), no_key.clone()],
            2 => [times.key(true), times.key(true)],
            3 => [format!("true,{},N/A,N/A,N/A", times.within(200)), no_key.clone()],
            4 => [times.key(true), times.key(false)],
            _ => [times.key(true), no_key.clone()],
        };
        let arn = format!("arn:aws:iam::{:012}:user/{name}", number / 20);
        write!(report, "\n{name},{arn},{made},{password},{},false,N/A,false,N/A", keys.join(",")).unwrap();
    }
    report
}

fn rows(criterion: &mut Criterion) {
    let report = report();
    let as_of = as_of();
    let mut records = Vec::new();
    let mut record = StringRecord::new();
    let mut reader = csv::Reader::from_reader(report.as_bytes());
    let columns = ReportColumns::of(reader.headers().unwrap());
    while reader.read_record(&mut record).unwrap() {
        records.push(record.clone());
    }

    let mut group = criterion.benchmark_group("rows of a credential report");
    group.throughput(Throughput::Elements(ROWS.into()));
    group.bench_function("read as CSV", |bencher| {
        bencher.iter(|| {
            let mut reader = csv::Reader::from_reader(black_box(report.as_bytes()));
            let mut record = StringRecord::new();
            let mut bytes = 0;
            while reader.read_record(&mut record).unwrap() {
                bytes += record.as_slice().len();
            }
            bytes
        });
    });
    group.bench_function("type", |bencher| {
        bencher.iter(|| records.iter().map(|record| black_box(columns.row(record)).unreadable_cells()).sum::<usize>());
    });
    group.bench_function("type and judge", |bencher| {
        let mut violations: Vec<Violation> = Vec::new();
        bencher.iter(|| {
            let mut count = 0;
            for record in &records {
                violations.clear();
                judge(&columns.row(record), as_of, &THRESHOLDS, &mut violations);
                count += violations.len();
            }
            count
        });
    });
    group.bench_function("read as CSV, type and judge", |bencher| {
        let mut violations: Vec<Violation> = Vec::new();
        bencher.iter(|| {
            let mut reader = csv::Reader::from_reader(black_box(report.as_bytes()));
            let mut record = StringRecord::new();
            let mut count = 0;
            while reader.read_record(&mut record).unwrap() {
                violations.clear();
                judge(&columns.row(&record), as_of, &THRESHOLDS, &mut violations);
                count += violations.len();
            }
            count
        });
    });
    group.finish();
}
