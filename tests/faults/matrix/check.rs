//! What must hold of every cell, and what must hold of this one.

use std::collections::{BTreeMap, BTreeSet};

use orgscan_tests::answer::{self, Record};
use orgscan_tests::runtime_api::Answer;

use super::cell::{Limits, Seen, Tables};
use super::column::Column;
use super::place::{Place, account};
use super::row::{About, Row};

/// Outcomes that miss nothing.
const BEST: [&str; 3] = ["complete", "reported", "complete, with a warning"];

/// Columns of the ledger that differ from run to run.
const VARYING: [&str; 2] = ["duration_ms", "report_generated_time"];

/// What a place is without faults.
#[derive(Debug)]
pub(crate) struct Baseline {
    tables: BTreeMap<String, Tables>,
    warnings: Vec<String>,
    entered: u64,
}

/// What a cell came to, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) outcome: String,
    pub(crate) problems: Vec<String>,
    pub(crate) lost_accounts: usize,
    pub(crate) wrong_rows: usize,
}

impl Baseline {
    /// Takes it from a run without faults, which must be complete.
    pub(crate) fn of(place: Place, seen: &Seen) -> Self {
        let summary = seen.summary().unwrap_or_else(|| panic!("{place:?} fails without a fault: {:?}", seen.answer));
        assert_eq!(answer::status(summary), "complete", "{place:?} is complete without a fault: {summary}");
        let tables = place.accounts().into_iter().map(|(management_account, accounts)| {
            let organization = seen.organization(&management_account).expect("it is covered");
            let tables = seen.tables(organization);
            assert_eq!(tables.ledger.as_ref().map(Vec::len), Some(accounts.len()), "{place:?}");
            (management_account, tables)
        });
        Self { tables: tables.collect(), warnings: seen.warnings(), entered: entered(seen) }
    }

    /// The report's lines about an account.
    pub(crate) fn lines(&self, account: &str) -> Vec<&str> {
        let reports = self.tables.values().filter_map(|tables| tables.report.as_ref());
        reports.flatten().filter(|(id, _)| id == account).map(|(_, line)| line.as_str()).collect()
    }

    fn ledger(&self, account: &str) -> Option<&Record> {
        let ledgers = self.tables.values().filter_map(|tables| tables.ledger.as_ref());
        ledgers.flatten().find(|row| row["account_id"] == account)
    }
}

fn entered(seen: &Seen) -> u64 {
    seen.sim.counts().of("sts:AssumeRole").calls
}

/// Judges one cell.
pub(crate) fn judge(row: &Row, column: Column, seen: &Seen, baseline: &Baseline) -> Verdict {
    let tables: BTreeMap<String, Tables> = row
        .place
        .accounts()
        .into_iter()
        .filter_map(|(management, _)| {
            let tables = seen.tables(seen.organization(&management)?);
            Some((management, tables))
        })
        .collect();
    let mut verdict = Verdict { outcome: outcome(row, seen, &tables, baseline), ..Verdict::default() };
    let expected = row.expected(column).expect("the cell is there");
    let is_best = BEST.contains(&verdict.outcome.as_str());
    let mut require = |holds: bool, problem: String| {
        if !holds {
            verdict.problems.push(problem);
        }
    };
    require(verdict.outcome == expected, format!("came to {}, and must come to {expected}", verdict.outcome));
    let deadline = Limits::of(row, column).deadline;
    require(seen.elapsed < deadline, format!("took {:?} of {deadline:?}", seen.elapsed));
    let is_quiet = !["panicked", "an internal error ended"].iter().any(|sign| seen.logs.contains(sign));
    require(is_quiet, "the log shows a panic".to_owned());
    // Whoever lost the answer to its creation does not know an upload's id: the bucket's lifecycle rule ends it.
    let lost = [Column::ResetTwice, Column::ResetInBodyTwice, Column::TruncatedTwice, Column::WrongType];
    let may_leave = row.operation == "s3:CreateMultipartUpload" && lost.contains(&column);
    require(may_leave || seen.sim.counts().open_uploads == 0, "an upload is left open".to_owned());
    if let Some(summary) = seen.summary() {
        answer::assert_sums(summary);
        let status = if is_best { "complete" } else { "partial" };
        require(answer::status(summary) == status, format!("the status is not {status}: {summary}"));
    }
    if verdict.outcome != "complete" && verdict.outcome != "reported" {
        let said = format!("{}{}", seen.said(), details(row, &tables));
        require(row.says.iter().any(|words| said.contains(words)), format!("none of {:?} is in {said}", row.says));
    }
    delivered(row, column, seen, baseline, &mut require);
    compare(row, seen, &tables, baseline, is_best, &mut verdict);
    verdict
}

/// What the fault at this cell came to, in the words of its row.
fn outcome(row: &Row, seen: &Seen, tables: &BTreeMap<String, Tables>, baseline: &Baseline) -> String {
    let summary = match &seen.answer {
        Answer::Error { error_type, .. } => return format!("failed: {error_type}"),
        Answer::Response(summary) => summary,
    };
    match row.about {
        About::Run => {
            let is_new = |warning: &String| !baseline.warnings.contains(warning);
            let status = answer::status(summary);
            let with = if status == "complete" && seen.warnings().iter().any(is_new) { ", with a warning" } else { "" };
            format!("{status}{with}")
        }
        About::Organization(organization) => {
            let management = account(organization, 0);
            let rejected = summary["tenants"]["rejected"].as_array().into_iter().flatten();
            let is_rejected = rejected.clone().any(|one| one["tenant_id"] == management.as_str());
            let broke_off = |warning: &String| warning.contains("not every account could be listed");
            match (seen.organization(&management), is_rejected) {
                (None, true) => "rejected".to_owned(),
                (Some(_), false) if seen.warnings().iter().any(broke_off) => "broke off".to_owned(),
                (Some(_), false) => "complete".to_owned(),
                _ => format!("neither there nor rejected: {summary}"),
            }
        }
        About::Account(organization, index) => of_accounts(tables, &[account(organization, index)]),
        About::Accounts(organization) => {
            let all = row.place.accounts().swap_remove(usize::try_from(organization).expect("a few")).1;
            of_accounts(tables, &all)
        }
    }
}

/// The one outcome of accounts.
fn of_accounts(tables: &BTreeMap<String, Tables>, accounts: &[String]) -> String {
    let rows = tables.values().filter_map(|tables| tables.ledger.as_ref()).flatten();
    let outcomes: BTreeSet<&str> =
        rows.filter(|row| accounts.contains(&row["account_id"])).map(|row| row["outcome"].as_str()).collect();
    outcomes.into_iter().collect::<Vec<_>>().join(" and ")
}

/// What the ledgers say of the accounts of the row.
fn details(row: &Row, tables: &BTreeMap<String, Tables>) -> String {
    let affected = affected(row);
    let rows = tables.values().filter_map(|tables| tables.ledger.as_ref()).flatten();
    rows.filter(|row| affected.contains(&row["account_id"])).map(|row| row["detail"].as_str()).collect()
}

/// The accounts that the fault is about; none where it is about all or none.
fn affected(row: &Row) -> BTreeSet<String> {
    match row.about {
        About::Run => BTreeSet::new(),
        // A listing that breaks off is noted at its first account.
        About::Organization(organization) => BTreeSet::from([account(organization, 0)]),
        About::Account(organization, index) => BTreeSet::from([account(organization, index)]),
        About::Accounts(organization) => {
            row.place.accounts().swap_remove(usize::try_from(organization).expect("a few")).1.into_iter().collect()
        }
    }
}

/// Delivery sweeps nothing twice, and mails nothing twice.
fn delivered(row: &Row, column: Column, seen: &Seen, baseline: &Baseline, require: &mut impl FnMut(bool, String)) {
    let is_delivery = row.operation.starts_with("s3:") || row.operation.starts_with("ses:");
    // A repeated event whose first report cannot be read does all of it again, as it must.
    if is_delivery && row.place != Place::RepeatedAudit {
        let entered = entered(seen);
        require(entered == baseline.entered, format!("{entered} roles were assumed, not {}", baseline.entered));
    }
    let throttles = [Column::Throttle, Column::ThrottleTwice].contains(&column);
    if row.operation == "ses:SendEmail" && !throttles {
        let sent = seen.sim.counts().of("ses:SendEmail").calls;
        require(sent == 1, format!("{sent} messages were sent"));
    }
}

/// Compares every row that must be right with that of the world without faults.
fn compare(
    row: &Row,
    seen: &Seen,
    tables: &BTreeMap<String, Tables>,
    baseline: &Baseline,
    is_best: bool,
    verdict: &mut Verdict,
) {
    let affected = affected(row);
    for (management, accounts) in row.place.accounts() {
        let Some(tables) = tables.get(&management) else {
            // Not covered: its reason is what the row expects, or the run failed.
            let is_expected = seen.summary().is_none() || verdict.outcome == "rejected";
            verdict.lost_accounts += if is_expected { 0 } else { accounts.len() };
            continue;
        };
        let is_part = verdict.outcome == "broke off" && affected.contains(&management);
        if let Some(ledger) = &tables.ledger {
            let ids: BTreeSet<&String> = ledger.iter().map(|row| &row["account_id"]).collect();
            let listed = seen.organization(&management).map(|one| one["accounts"]["listed"].clone());
            if ids.len() != ledger.len() || listed != Some(ledger.len().into()) {
                verdict.problems.push(format!("{} rows in the ledger, {listed:?} listed", ledger.len()));
            }
            let missing = accounts.iter().filter(|account| !ids.contains(account)).count();
            verdict.lost_accounts += if is_part { 0 } else { missing };
            for found in ledger.iter().filter(|found| !affected.contains(&found["account_id"])) {
                if !is_same(found, baseline.ledger(&found["account_id"])) {
                    verdict.wrong_rows += 1;
                    verdict.problems.push(format!("a row of the ledger differs: {found:?}"));
                }
            }
        }
        let Some(report) = &tables.report else { continue };
        let listed: BTreeSet<&String> = tables.ledger.iter().flatten().map(|row| &row["account_id"]).collect();
        for account in accounts.iter().filter(|account| is_best || !affected.contains(*account)) {
            // Without a ledger the report stands for itself.
            if is_part && !listed.contains(account) {
                continue;
            }
            let lines: Vec<&str> = report.iter().filter(|(id, _)| id == account).map(|(_, line)| &**line).collect();
            if lines != baseline.lines(account) {
                verdict.wrong_rows += 1;
                verdict.problems.push(format!("the report's lines of {account} differ: {lines:?}"));
            }
        }
    }
    if verdict.lost_accounts > 0 {
        verdict.problems.push(format!("{} accounts are lost", verdict.lost_accounts));
    }
}

fn is_same(found: &Record, expected: Option<&Record>) -> bool {
    let without = |row: &Record| -> Record {
        row.iter().filter(|(name, _)| !VARYING.contains(&name.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    expected.is_some_and(|expected| without(found) == without(expected))
}
