//! Generated worlds on moto, compared byte for byte with the oracle.

use std::any::Any;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use orgscan_tests::answer;
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::oracle::{self, GeneratedTime};
use orgscan_tests::tools;
use orgscan_tests::world::World;
use serde_json::json;
use tokio::time::Instant;

use crate::{CREDENTIAL_REPORT, FUNCTIONS};

/// Worlds are made of these seeds; `ORGSCAN_SEED=N` takes one alone.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=24;
/// As many as a small machine has cores.
const AT_A_TIME: usize = 2;

/// What a world came to.
struct Compared {
    seed: u64,
    accounts: usize,
    organizations: usize,
    seconds: f32,
    /// How it differs from the oracle, or why it could not be compared.
    difference: Option<String>,
}

#[test]
fn every_generated_world_is_reported_exactly_as_the_oracle_derives_it() {
    let seeds = match tools::variable("ORGSCAN_SEED") {
        Some(seed) => {
            let seed = seed.parse().expect("ORGSCAN_SEED is a number");
            seed..=seed
        }
        None => SEEDS,
    };
    let next = AtomicU64::new(*seeds.start());
    let worlds = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if !seeds.contains(&seed) {
                        break;
                    }
                    let compared = compare(seed);
                    worlds.lock().unwrap().push(compared);
                }
            });
        }
    });
    let mut worlds = worlds.into_inner().unwrap();
    worlds.sort_by_key(|world| world.seed);
    let text = summary(&worlds);
    let folder = tools::target().join("e2e");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("summary.txt"), &text).unwrap();
    print(&text);
    let differing: Vec<u64> = worlds.iter().filter(|one| one.difference.is_some()).map(|one| one.seed).collect();
    assert!(differing.is_empty(), "worlds {differing:?} differ from the oracle: see target/e2e/summary.txt");
}

fn compare(seed: u64) -> Compared {
    let begin = Instant::now();
    let mut compared = Compared { seed, accounts: 0, organizations: 0, seconds: 0.0, difference: None };
    let difference = match catch_unwind(AssertUnwindSafe(|| run(&mut compared))) {
        Ok(Ok(())) => None,
        Ok(Err(difference)) => Some(difference),
        Err(panic) => Some(text_of(panic.as_ref())),
    };
    compared.difference = difference;
    compared.seconds = begin.elapsed().as_secs_f32();
    compared
}

/// Runs both functions in a world, then the oracle, and compares what each has.
fn run(compared: &mut Compared) -> Result<(), String> {
    let folder = tools::target().join(format!("e2e/world-{}", compared.seed));
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    let folder_of = |name: &str| -> PathBuf { folder.join(name) };
    let world = World::generated(compared.seed);
    let accounts = world.accounts();
    compared.accounts = accounts.len();
    let summaries = FUNCTIONS.map(|function| {
        let environment = world.environment(function);
        let mut running = Function::start(function, &environment);
        let answer = running.invoke(&world.event(), Deadline::LONGEST);
        let logs = running.end_and_read_logs();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder_of(&format!("{function}.log")), &logs).unwrap();
        let summary = answer::summary(answer);
        answer::assert_logs_are_clean(&logs, &world.secrets());
        compared.organizations = compared.organizations.max(answer::organizations(&summary).len());
        oracle::derive(function, &world, &environment, &folder_of("expected"));
        summary
    });
    oracle::fetch(&world.environment(FUNCTIONS[0]), &folder_of("actual"));
    let covered = summaries.map(|summary| answer::assert_objects_match(&summary, &folder_of("actual")));
    assert_eq!(covered[0], accounts, "every account of every Organization to cover is in the inventory's ledgers");
    assert!(covered[1].is_subset(&accounts), "the audit's ledgers name no other account");
    oracle::compare(&folder_of("expected"), &folder_of("actual"), GeneratedTime::Compared)?;
    if compared.seed.is_multiple_of(4) { run_again(&world, &accounts, &folder) } else { Ok(()) }
}

/// Runs the audit once more, a day later, with another threshold and without one of the accounts: findings are new, open,
/// resolved and carried on.
fn run_again(world: &World, accounts: &BTreeSet<String>, folder: &Path) -> Result<(), String> {
    let mut environment = world.environment(CREDENTIAL_REPORT);
    environment.insert("UNUSED_DAYS".to_owned(), "46".to_owned());
    let excluded = environment.entry("ACCOUNTS_EXCLUDE".to_owned()).or_default();
    let one_more = accounts.iter().nth(1).expect("a world has accounts");
    *excluded = if excluded.is_empty() { one_more.clone() } else { format!("{excluded},{one_more}") };
    let time: jiff::Timestamp = world.text("/scheduled_time").parse().expect("it is a time");
    let later = (time + jiff::SignedDuration::from_hours(24)).to_string();
    let mut running = Function::start(CREDENTIAL_REPORT, &environment);
    answer::summary(running.invoke(&json!({"scheduled_time": later}), Deadline::LONGEST));
    let (before, actual, expected) = (folder.join("actual"), folder.join("actual-again"), folder.join("expected"));
    oracle::derive_at(&later, CREDENTIAL_REPORT, &environment, &expected, Some(&before));
    oracle::fetch(&environment, &actual);
    oracle::compare(&expected, &actual, GeneratedTime::Compared)
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_else(|| "a panic".to_owned())
}

fn summary(worlds: &[Compared]) -> String {
    let differing = worlds.iter().filter(|world| world.difference.is_some()).count();
    let mut lines = vec![format!("worlds: {} compared with the oracle, {differing} differing", worlds.len())];
    for world in worlds {
        let Compared { seed, accounts, organizations, seconds, difference } = world;
        let verdict = if difference.is_some() { "DIFFERS" } else { "equal" };
        lines.push(format!(
            "world {seed:>2}: {accounts:>3} accounts, {organizations} Organizations, {seconds:>5.1} s, {verdict}"
        ));
        lines.extend(difference.clone());
    }
    lines.join("\n") + "\n"
}

#[expect(clippy::print_stdout, reason = "with --nocapture the summary is what the reader came for")]
fn print(text: &str) {
    println!("{text}");
}
