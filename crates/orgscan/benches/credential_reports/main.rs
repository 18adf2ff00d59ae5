//! Credential reports: checking and merging them, next to the `csv` crate on the same bytes.
#![expect(clippy::unwrap_used, reason = "a benchmark may end with a panic")]

mod check;
mod merge;
mod world;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    check::benchmarks(&mut criterion);
    merge::benchmarks(&mut criterion);
    criterion.final_summary();
}
