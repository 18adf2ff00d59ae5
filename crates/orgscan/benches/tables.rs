//! Writing inventories and coverage ledgers, and reading them back.
#![expect(clippy::unwrap_used, reason = "a benchmark may end with a panic")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use orgscan::account::{Account, AccountState, OrgId};
use orgscan::ledger::{LedgerRow, Outcome};
use orgscan::table::{self, InventoryRow};

/// The accounts of a large Organization.
const ACCOUNTS: u64 = 10_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    inventories(&mut criterion);
    ledgers(&mut criterion);
    criterion.final_summary();
}

fn account(number: u64) -> Account {
    Account {
        id: format!("{number:012}").parse().unwrap(),
        // One name of ten needs quotes.
        name: if number.is_multiple_of(10) {
            format!("team {number:05}, production")
        } else {
            format!("team-{number:05}-production")
        },
        state: AccountState::Active,
        ou_path: "o-exampleorgid/r-ab12/ou-ab12-11111111/ou-ab12-22222222/".to_owned(),
    }
}

fn inventories(criterion: &mut Criterion) {
    let accounts: Vec<Account> = (1..=ACCOUNTS).map(account).collect();
    let regions = ["eu-west-1", "sa-east-1", "us-east-1"].map(String::from);
    let rows = || {
        accounts.iter().map(|account| InventoryRow {
            account,
            org_id: "o-exampleorgid",
            management_account: "000000000001".to_owned(),
            region_group: "multi",
            regions: &regions,
            environment: "production",
            aide_id: "0123456789",
        })
    };
    let inventory = table::inventory(rows(), false).unwrap();
    let mut group = criterion.benchmark_group("inventory of 10000 accounts");
    group.throughput(Throughput::Bytes(inventory.len() as u64));
    group.bench_function("write", |bencher| bencher.iter(|| table::inventory(rows(), false).unwrap()));
    group.bench_function("write, guarded", |bencher| bencher.iter(|| table::inventory(rows(), true).unwrap()));
    group.bench_function("read its regions", |bencher| {
        bencher.iter(|| table::read_regions(black_box(&inventory)).unwrap());
    });
    group.finish();
}

fn ledger_row(number: u64) -> LedgerRow {
    LedgerRow {
        account: account(number),
        org_id: OrgId::new("o-exampleorgid"),
        outcome: Outcome::ReportedPartially,
        attempts: 1,
        duration: Duration::from_millis(2_345),
        report_generated_time: "2026-11-21T06:00:00Z".parse().ok(),
        regions_denied: ["eu-west-1", "us-east-1"].map(String::from).to_vec(),
        regions_not_enabled: vec!["ap-east-1".to_owned()],
        detail: "2 of 17 regions are denied by a policy".to_owned(),
    }
}

fn ledgers(criterion: &mut Criterion) {
    let rows: Vec<LedgerRow> = (1..=ACCOUNTS).map(ledger_row).collect();
    let ledger = table::ledger(&rows, false).unwrap();
    let mut group = criterion.benchmark_group("ledger of 10000 accounts");
    group.throughput(Throughput::Bytes(ledger.len() as u64));
    group.bench_function("write", |bencher| bencher.iter(|| table::ledger(black_box(&rows), false).unwrap()));
    group.bench_function("read", |bencher| bencher.iter(|| table::read_ledger(black_box(&ledger)).unwrap()));
    group.finish();
}
