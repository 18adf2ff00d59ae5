//! What must hold after a run, whatever happened in it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sim::AccountId;
use orgscan_tests::answer::{Record, records_of};
use orgscan_tests::runtime_api::Answer;
use serde_json::Value;

use super::drawn::{ACCOUNTS, Drawn, Job};
use super::world::{Ran, without_faults};

/// Errors of runs in which nothing could be done in the time there was.
const ERRORS: [&str; 5] =
    ["IdentityUnknown", "OrganizationUnreadable", "NoOrganization", "TenantsUnreadable", "StoreFailed"];

/// What a ledger says where it does not have every account.
const BROKE_OFF: &str = "not every account could be listed";

/// The cells of an inventory that have to be learnt in the account or of it: they may be empty where that failed.
const LEARNT: [&str; 4] = ["Region_Group", "Regions", "Environment", "Aide_ID"];

/// What became of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) problems: Vec<String>,
    pub(super) lost_accounts: usize,
    pub(super) wrong_rows: usize,
    pub(super) error: Option<String>,
    pub(super) listed: u64,
    pub(super) reported: u64,
    pub(super) failed: u64,
    pub(super) not_attempted: u64,
    pub(super) calls: u64,
    pub(super) faults: u64,
    pub(super) took: Duration,
}

impl Found {
    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }
}

/// The rows of a report, by account.
type Rows = BTreeMap<String, Vec<Record>>;

/// The report of a run without faults.
#[derive(Debug)]
pub(super) struct Reference(Rows);

impl Reference {
    pub(super) fn of(job: Job) -> Self {
        let ran = without_faults(job);
        let Answer::Response(summary) = &ran.answer else { panic!("{:?}\n{}", ran.answer, ran.logs) };
        assert_eq!(summary["status"], "complete", "{summary}");
        let rows = rows(&object(&ran, summary, "report").expect("it is there"));
        assert_eq!(rows.len(), ACCOUNTS as usize);
        Self(rows)
    }
}

fn object(ran: &Ran, summary: &Value, which: &str) -> Option<String> {
    ran.sim.object(summary["organizations"][0][which].as_str()?)
}

/// The rows without what differs from run to run.
fn rows(report: &str) -> Rows {
    let mut rows = Rows::new();
    for mut row in records_of(report) {
        row.remove("report_generated_time");
        let account = row.get("account_id").or_else(|| row.get("Account_Id")).expect("a column of accounts").clone();
        rows.entry(account).or_default().push(row);
    }
    rows
}

/// Checks a run against what was drawn and against the run without faults.
pub(super) fn check(drawn: &Drawn, time: Duration, ran: &Ran, reference: &Reference) -> Found {
    let counts = ran.sim.counts();
    let mut found = Found {
        took: ran.took,
        calls: counts.calls.values().map(|one| one.calls).sum(),
        faults: counts.calls.values().map(|one| one.faulted).sum(),
        ..Found::default()
    };
    if ran.took >= time {
        found.problem(format!("it answered after {:?}, with {time:?} left", ran.took));
    }
    if ran.logs.contains("panicked") || ran.logs.contains("please report it") {
        found.problem("a panic is in the log".to_owned());
    }
    if counts.open_uploads > 0 {
        found.problem(format!("{} uploads are left open", counts.open_uploads));
    }
    match &ran.answer {
        Answer::Error { error_type, message } => {
            found.error = Some(error_type.clone());
            if drawn.short.is_none() || !ERRORS.contains(&error_type.as_str()) {
                found.problem(format!("{error_type}: {message}"));
            }
        }
        Answer::Response(summary) => check_objects(&mut found, drawn, ran, summary, reference),
    }
    found
}

fn check_objects(found: &mut Found, drawn: &Drawn, ran: &Ran, summary: &Value, reference: &Reference) {
    let warnings = summary["warnings"].to_string();
    let organization = &summary["organizations"][0];
    let sum = |name: &str| organization["accounts"][name].as_u64().unwrap_or_default();
    (found.listed, found.reported, found.failed) = (sum("listed"), sum("reported"), sum("failed"));
    found.not_attempted = organization["outcomes"]["not_attempted"].as_u64().unwrap_or_default();
    if sum("listed") != sum("reported") + sum("skipped") + sum("failed") {
        found.problem(format!("the sums are wrong: {organization}"));
    }
    let Some(ledger) = object(ran, summary, "coverage") else {
        if drawn.short.is_none() || !warnings.contains("could not be written") {
            found.problem(format!("there is no ledger: {summary}"));
        }
        return;
    };
    let ledger_rows = records_of(&ledger);
    let by_account: BTreeMap<&str, &Record> = ledger_rows.iter().map(|row| (row["account_id"].as_str(), row)).collect();
    if by_account.len() != ledger_rows.len() || by_account.len() as u64 != sum("listed") {
        let (rows, accounts) = (ledger_rows.len(), by_account.len());
        found.problem(format!("{rows} rows of {accounts} accounts in the ledger, and {} were listed", sum("listed")));
    }
    let is_whole = !ledger.contains(BROKE_OFF);
    if is_whole == warnings.contains(BROKE_OFF) {
        found.problem(format!("ledger and summary differ in whether every account was listed: {warnings}"));
    }
    let all: BTreeSet<String> = (0..ACCOUNTS).map(|index| AccountId::new(0, index).to_string()).collect();
    let missing: Vec<&String> = all.iter().filter(|account| !by_account.contains_key(account.as_str())).collect();
    if !missing.is_empty() && (is_whole || drawn.short.is_none()) {
        found.lost_accounts += missing.len();
        found.problem(format!("{} accounts are not in the ledger: {missing:?}", missing.len()));
    }
    for (account, row) in &by_account {
        check_outcome(found, drawn, account, row);
    }
    match object(ran, summary, "report") {
        Some(report) => check_report(found, drawn, &by_account, &rows(&report), reference),
        None if drawn.short.is_none() => found.problem(format!("there is no report: {summary}")),
        None => {}
    }
}

fn check_outcome(found: &mut Found, drawn: &Drawn, account: &str, row: &Record) {
    let outcome = row["outcome"].as_str();
    let said = || format!("{account} is {outcome}: {}", row["detail"]);
    match (drawn.fates.get(account), drawn.short) {
        (Some(fate), None) if !fate.contains(&outcome) => found.problem(format!("{}, not {fate:?}", said())),
        (Some(_), _) if outcome == "reported" => found.problem(said()),
        (None, None) if outcome != "reported" => {
            found.lost_accounts += 1;
            found.problem(format!("{}, although its faults passed", said()));
        }
        _ => {}
    }
}

fn check_report(
    found: &mut Found,
    drawn: &Drawn,
    ledger: &BTreeMap<&str, &Record>,
    rows: &Rows,
    Reference(expected): &Reference,
) {
    let before = found.wrong_rows;
    for (account, row) in ledger {
        let (rows, expected) = (rows.get(*account), &expected[*account]);
        found.wrong_rows += match (drawn.job, row["outcome"].as_str(), rows) {
            (_, "reported", Some(rows)) => differing(rows, expected),
            (Job::Inventory, _, Some(rows)) => wrong_cells(rows, expected),
            (Job::Audit, _, None) => 0,
            // An inventory has a row for every account, and an audit only for those that are reported.
            (_, _, rows) => rows.map_or(1, Vec::len),
        };
    }
    found.wrong_rows += rows.keys().filter(|account| !ledger.contains_key(account.as_str())).count();
    if found.wrong_rows > before {
        found.problem(format!("{} rows are wrong", found.wrong_rows - before));
    }
}

fn differing(rows: &[Record], expected: &[Record]) -> usize {
    let wrong = rows.iter().zip(expected).filter(|(row, expected)| row != expected).count();
    wrong + rows.len().abs_diff(expected.len())
}

/// Rows with a cell that is neither what it must be nor, where it had to be learnt, a part of it.
fn wrong_cells(rows: &[Record], expected: &[Record]) -> usize {
    let is_part = |column: &String, cell: &String, whole: &String| {
        let regions: Vec<&str> = whole.split(',').collect();
        match column.as_str() {
            "Regions" => cell.is_empty() || cell.split(',').all(|region| regions.contains(&region)),
            // Of fewer regions the group may be another one.
            "Region_Group" => true,
            column => LEARNT.contains(&column) && cell.is_empty(),
        }
    };
    let is_wrong = |(row, expected): &(&Record, &Record)| {
        row.len() != expected.len()
            || row.iter().any(|(column, cell)| cell != &expected[column] && !is_part(column, cell, &expected[column]))
    };
    rows.iter().zip(expected).filter(is_wrong).count() + rows.len().abs_diff(expected.len())
}
