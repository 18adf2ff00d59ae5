//! Every operation that is called, with every fault that can happen to it.
//!
//! Each cell is a run of a function's binary on a small world with one fault. What it must come to is written in
//! [`rows`], from the design and not from the code; [`check`] has what must hold in all of them.

mod cell;
mod check;
mod column;
mod place;
mod row;
mod rows;
mod table;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use orgscan_tests::tools;

use self::cell::Limits;
use self::check::{Baseline, Verdict, judge};
use self::column::Column;
use self::place::Place;
use self::row::{About, Row};
use crate::TURN;
use crate::sums::{self, Sums};

/// Cells at a time: nearly all of them wait.
const AT_A_TIME: usize = 40;

/// Those that work more than they wait.
const LARGE_AT_A_TIME: usize = 10;

/// Names the cells to run, by a part of `ROW, FAULT`; all where it is not set.
const ONLY: &str = "ORGSCAN_CELL";

/// Fewer cells would be a matrix with holes.
const LEAST: usize = 180;

fn name(row: &Row, column: Column) -> String {
    format!("{}, {}", row.name, column.name())
}

/// Does a piece of work for each of these, many at a time, in their order.
fn at_a_time<T: Sync, R: Send>(threads: usize, all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(all.iter().enumerate());
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let one = next.lock().unwrap().next();
                    let Some((index, one)) = one else { break };
                    let result = work(one);
                    done.lock().unwrap().push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// How long a cell takes, roughly: the longest begin first.
fn rank(row: &Row, column: Column) -> (bool, u32) {
    let waits = match column {
        Column::Hang | Column::HangOnce => 2,
        Column::Throttle | Column::Error500 | Column::Error503 => 1,
        _ => 0,
    };
    let is_long = waits > 0 && (row.place == Place::RepeatedAudit || matches!(row.about, About::Accounts(_)));
    (is_long || (waits == 2 && row.place == Place::LargeAudit), waits)
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_else(|| "a panic".to_owned())
}

#[test]
fn what_to_do_about_every_fault_is_in_the_documentation() {
    let text = fs::read_to_string(tools::workspace().join("docs/operations.md")).unwrap();
    let (_, section) = text.split_once("\n## What happens to calls\n").expect("the section on calls");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let faults: Vec<&str> = rows.collect();
    for column in Column::ALL {
        let name = [" twice", " once", " for ever"].iter().fold(column.name(), |name, end| name.trim_end_matches(end));
        assert!(faults.iter().any(|fault| fault.contains(name)), "docs/operations.md has no row about {name}");
    }
}

#[test]
fn the_matrix_has_no_empty_cell() {
    let rows = rows::all();
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len(), "every row has a name of its own");
    let mut cells = 0;
    for row in &rows {
        for column in Column::ALL {
            let entries = row.outcomes.iter().flat_map(|(_, groups)| *groups).flat_map(|group| *group);
            let entries = entries.filter(|entry| **entry == column).count();
            assert_eq!(entries, usize::from(row.can_have(column)), "{}", name(row, column));
            cells += entries;
        }
    }
    assert!(cells >= LEAST, "{cells} cells");
}

#[test]
fn every_fault_at_every_operation_comes_to_what_the_design_says() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let only = tools::variable(ONLY).unwrap_or_default();
    let rows = rows::all();
    let mut cells: Vec<(&Row, Column)> = rows
        .iter()
        .flat_map(|row| Column::ALL.map(|column| (*row, column)))
        .filter(|(row, column)| row.can_have(*column) && name(row, *column).contains(&only))
        .collect();
    assert!(!cells.is_empty(), "{ONLY} names no cell");
    cells.sort_by_key(|(row, column)| std::cmp::Reverse(rank(row, *column)));

    let places: BTreeSet<Place> = cells.iter().map(|(row, _)| row.place).collect();
    let places: Vec<Place> = places.into_iter().collect();
    let baselines =
        at_a_time(places.len(), &places, |place| Baseline::of(*place, &cell::run(*place, Vec::new(), Limits::USUAL)));
    let baselines: BTreeMap<Place, Baseline> = places.into_iter().zip(baselines).collect();
    rows::assert_places_fit(&baselines);

    let verdict = |(row, column): &(&Row, Column)| {
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let seen = cell::run(row.place, row.rules(*column), Limits::of(row, *column));
            judge(row, *column, &seen, &baselines[&row.place])
        }));
        judged.unwrap_or_else(|panic| Verdict { problems: vec![words(&*panic)], ..Verdict::default() })
    };
    let (large, small): (Vec<_>, Vec<_>) = cells.iter().copied().partition(|(row, _)| row.place == Place::LargeAudit);
    let verdicts = thread::scope(|scope| {
        let of_large = scope.spawn(|| at_a_time(LARGE_AT_A_TIME, &large, verdict));
        let of_small = at_a_time(AT_A_TIME, &small, verdict);
        of_small.into_iter().chain(of_large.join().unwrap()).collect::<Vec<_>>()
    });
    let cells: Vec<_> = small.into_iter().chain(large).collect();

    let mut sums = Sums { tried: cells.len(), ..Sums::default() };
    let mut outcomes = BTreeMap::new();
    let mut failures = String::new();
    for ((row, column), verdict) in cells.iter().zip(&verdicts) {
        let passed = verdict.problems.is_empty();
        sums.passed += usize::from(passed);
        sums.lost_accounts += verdict.lost_accounts;
        sums.wrong_rows += verdict.wrong_rows;
        outcomes.insert((row.name, *column), (verdict.outcome.clone(), passed));
        if !passed {
            let name = name(row, *column);
            let again = format!("{ONLY}='{name}' cargo test --locked --workspace --test faults -- every_fault");
            failures.extend(["\n", &name, ": ", &verdict.problems.join("\n  "), "\n  again: ", &again]);
        }
    }
    let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    let table = table::table(&names, &outcomes);
    sums::write("matrix", &table, sums);
    assert!(failures.is_empty(), "{table}\n{} of {} cells passed{failures}", sums.passed, sums.tried);
}
