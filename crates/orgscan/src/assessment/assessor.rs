//! Reads reports row by row, judges each, compares it with the run before, and counts.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::before::Compared;
use super::{
    AccountFindings, AssessedRow, Assessment, Before, Change, Counts, Coverage, Ending, NotCovered, Reading, Sink,
    Totals, Unusable, WORST_ACCOUNTS, Worst,
};
use crate::config::{Audit, CisVersion};
use crate::credential_row::CredentialRow;
use crate::exemption::Exemptions;
use crate::finding::{Finding, Identity, Status};
use crate::formula_guard::unguarded;
use crate::judgement::{Thresholds, Violation, judge};
use crate::rule::{Rule, Severity};

/// Columns that are named in a note; more are counted.
const NAMED_COLUMNS: usize = 5;

/// What findings are made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Criteria {
    /// The time that ages are counted from.
    pub as_of: Timestamp,
    /// The version of the benchmark that controls are of.
    pub cis_version: CisVersion,
    /// After how many days something is a finding.
    pub thresholds: Thresholds,
}

impl Criteria {
    /// Those of the settings.
    pub fn of(audit: &Audit, as_of: Timestamp) -> Self {
        let Audit { cis_version, unused_days, key_rotation_days, root_use_days, .. } = *audit;
        Self { as_of, cis_version, thresholds: Thresholds { unused_days, key_rotation_days, root_use_days } }
    }
}

/// Why there is no assessment.
#[derive(Debug, thiserror::Error)]
pub enum AssessmentError {
    /// A report is no CSV.
    #[error("the report cannot be read")]
    Report(#[from] csv::Error),
    /// A report has no column that tells users apart.
    #[error("it is no credential report: its first line does not name the column {0}")]
    ColumnMissing(&'static str),
    /// A report names a column twice: values could not be told apart.
    #[error("its first line names the column {0:?} twice")]
    ColumnTwice(String),
    /// What was found could not be written.
    #[error("findings cannot be written")]
    Sink(#[from] io::Error),
    /// The findings of the run before changed while they were compared with.
    #[error(transparent)]
    Before(#[from] Unusable),
}

/// Assesses reports, which it is given one after the other.
#[derive(Debug)]
pub struct Assessor<'a> {
    criteria: Criteria,
    today: Date,
    today_text: String,
    before: Before,
    is_same_run: bool,
    exemptions: Option<&'a mut Exemptions>,
    counts: Counts,
    other_counts: u64,
    new: Worst,
    open: Worst,
    pub(super) resolved: Worst,
    accounts: HashMap<String, Account>,
    partly_judged: HashSet<String>,
    missing_columns: Vec<&'static str>,
    unreadable_cells: u64,
    nameless_rows: u64,
    pub(super) no_longer_exempted: u64,
    totals: Totals,
}

/// What is counted of an account.
#[derive(Debug, Default)]
struct Account {
    name: String,
    counts: [u64; Severity::ALL.len()],
}

impl<'a> Assessor<'a> {
    /// Nothing read yet.
    pub fn new(criteria: Criteria, before: Before, exemptions: Option<&'a mut Exemptions>) -> Self {
        let today = criteria.as_of.to_zoned(TimeZone::UTC).date();
        Self {
            criteria,
            today,
            today_text: today.to_string(),
            is_same_run: before.is_same_run(),
            before,
            exemptions,
            counts: Counts::default(),
            other_counts: 0,
            new: Worst::default(),
            open: Worst::default(),
            resolved: Worst::default(),
            accounts: HashMap::new(),
            partly_judged: HashSet::new(),
            missing_columns: Vec::new(),
            unreadable_cells: 0,
            nameless_rows: 0,
            no_longer_exempted: 0,
            totals: Totals::default(),
        }
    }

    /// Reads one report to its end.
    ///
    /// # Errors
    /// The report or a sink.
    pub fn read(&mut self, report: impl Read, sink: &mut dyn Sink) -> Result<(), AssessmentError> {
        let mut reading = Reading::begin(report)?;
        while self.read_some(&mut reading, usize::MAX, sink)? {}
        Ok(())
    }

    /// Reads some more rows of a report, and answers whether there may be more: for callers that have other things to do.
    ///
    /// # Errors
    /// The report or a sink.
    pub fn read_some<R: Read>(
        &mut self,
        reading: &mut Reading<R>,
        rows: usize,
        sink: &mut dyn Sink,
    ) -> Result<bool, AssessmentError> {
        for column in reading.columns.missing() {
            if !self.missing_columns.contains(&column) {
                self.missing_columns.push(column);
            }
        }
        for _ in 0..rows {
            if !reading.reader.read_record(&mut reading.record)? {
                return Ok(false);
            }
            self.assess(reading, sink)?;
        }
        Ok(true)
    }

    fn assess<R>(&mut self, reading: &mut Reading<R>, sink: &mut dyn Sink) -> Result<(), AssessmentError> {
        let Reading { columns, account, is_guarded, selection, record, violations, .. } = reading;
        let record = &*record;
        if !selection.has(account.id_of(record)) {
            return Ok(());
        }
        // No IAM user name begins with an apostrophe, so one that does was guarded, such as those of a mail's attachment.
        let row = columns.row(record);
        let row = CredentialRow { user: unguarded(row.user), ..row };
        self.totals.add(&row);
        let cell = |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or_default();
        let account_id = account.id_of(record);
        let (account_name, ou_path) = (cell(account.name), cell(account.ou_path));
        let account_name = if *is_guarded { unguarded(account_name) } else { account_name };
        self.nameless_rows += u64::from(account_id.is_empty());
        let unreadable = row.unreadable_cells();
        self.unreadable_cells += unreadable as u64;
        if (unreadable > 0 || row.lacks_cells()) && !self.partly_judged.contains(account_id) {
            self.partly_judged.insert(account_id.to_owned());
        }
        if !self.accounts.contains_key(account_id) {
            self.accounts
                .insert(account_id.to_owned(), Account { name: account_name.to_owned(), ..Account::default() });
        }
        violations.clear();
        judge(&row, self.criteria.as_of, &self.criteria.thresholds, violations);
        let mut findings = Vec::with_capacity(violations.len());
        for violation in violations.drain(..) {
            let Violation { rule, credential, age_days, detail } = violation;
            let Compared { status, since, was_exempted } =
                self.before.compare(Identity::of(account_id, row.arn, rule.id(), credential), self.today);
            let since = if since == self.today { self.today_text.clone() } else { since.to_string() };
            let mut finding = Finding {
                account_id: account_id.into(),
                account_name: account_name.into(),
                ou_path: ou_path.into(),
                user: row.user.into(),
                user_arn: row.arn.into(),
                rule: rule.id().into(),
                credential,
                severity: rule.severity(),
                cis: rule.control(self.criteria.cis_version).map(Into::into),
                status,
                since: since.into(),
                age_days,
                detail: detail.into(),
                covered: true,
            };
            self.exempt(&mut finding);
            self.no_longer_exempted += u64::from(was_exempted && finding.status != Status::Exempted);
            self.count(&finding);
            match finding.status {
                Status::New => self.new.add(&finding),
                Status::Open => self.open.add(&finding),
                Status::Exempted | Status::Resolved => {}
            }
            sink.finding(&finding)?;
            findings.push(finding);
        }
        sink.row(&AssessedRow { account_id, account_name, ou_path, row, findings: &findings })?;
        Ok(())
    }

    pub(super) fn exempt(&mut self, finding: &mut Finding<'_>) {
        let exempted = self.exemptions.as_mut().is_some_and(|exemptions| exemptions.exempt(finding, self.today));
        if self.is_same_run {
            // What was said of this run stands; the list is asked so that its review is whole.
            return;
        }
        if exempted {
            finding.status = Status::Exempted;
        } else if finding.status == Status::Exempted {
            finding.status = Status::Open;
        }
    }

    pub(super) fn count(&mut self, finding: &Finding<'_>) {
        match Rule::of_id(&finding.rule) {
            Some(rule) => self.counts.add(rule, finding.status),
            None => self.other_counts += 1,
        }
        if !finding.status.counts() {
            return;
        }
        let account = match self.accounts.get_mut(&*finding.account_id) {
            Some(account) => account,
            None => self
                .accounts
                .entry(finding.account_id.clone().into_owned())
                .or_insert_with(|| Account { name: finding.account_name.clone().into_owned(), ..Account::default() }),
        };
        if let Some(count) = account.counts.get_mut(finding.severity as usize) {
            *count += 1;
        }
    }

    /// Ends with the findings of the run before that this one does not have: they are gone, or they are in an account that
    /// was not read and are carried on.
    ///
    /// # Errors
    /// A sink, or the findings of the run before cannot be read again.
    pub fn finish(self, coverage: Coverage, sink: &mut dyn Sink) -> Result<Assessment, AssessmentError> {
        let mut ending = self.end(coverage)?;
        while ending.read_some(usize::MAX, sink)? {}
        Ok(ending.conclude())
    }

    /// Begins to end, for callers that have other things to do.
    ///
    /// # Errors
    /// The findings of the run before cannot be read again.
    pub fn end(mut self, mut coverage: Coverage) -> Result<Ending<'a>, AssessmentError> {
        coverage.add_read(self.accounts.keys());
        coverage.remove_read(&self.partly_judged);
        let before = std::mem::replace(&mut self.before, Before::first());
        let lines = before.unseen_lines()?;
        Ok(Ending::new(self, before, lines, coverage))
    }

    pub(super) fn conclude(self, change: Change, not_covered: NotCovered) -> Assessment {
        let notes = self.notes();
        let mut accounts: Vec<AccountFindings> = self
            .accounts
            .into_iter()
            .filter(|(_, account)| account.counts.iter().any(|count| *count > 0))
            .map(|(account_id, account)| AccountFindings {
                account_id,
                account_name: account.name,
                counts: account.counts,
            })
            .collect();
        let accounts_with_findings = accounts.len() as u64;
        accounts.sort_unstable_by(|one, other| {
            other.counts.cmp(&one.counts).then_with(|| one.account_id.cmp(&other.account_id))
        });
        accounts.truncate(WORST_ACCOUNTS);
        Assessment {
            as_of: self.criteria.as_of,
            cis_version: self.criteria.cis_version,
            thresholds: self.criteria.thresholds,
            change,
            counts: self.counts,
            new: self.new,
            open: self.open,
            resolved: self.resolved,
            accounts,
            accounts_with_findings,
            not_covered,
            no_longer_exempted: self.no_longer_exempted,
            accounts_judged_in_part: self.partly_judged.len() as u64,
            exemptions: self.exemptions.map(|exemptions| exemptions.review(self.today)),
            totals: self.totals,
            notes,
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.missing_columns.is_empty() {
            let named: Vec<&str> = self.missing_columns.iter().copied().take(NAMED_COLUMNS).collect();
            let more = self.missing_columns.len() - named.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            notes.push(format!(
                "a report lacks the columns {}{more}, so what they would say was not judged",
                named.join(", ")
            ));
        }
        if self.unreadable_cells > 0 {
            notes.push(format!(
                "cells that say what no report should say, and were not judged: {}",
                self.unreadable_cells
            ));
        }
        if !self.partly_judged.is_empty() {
            notes.push(format!(
                "accounts that could not be judged in full, so that nothing of them counts as resolved: {}",
                self.partly_judged.len()
            ));
        }
        if self.nameless_rows > 0 {
            notes.push(format!("rows that do not say which account they are of: {}", self.nameless_rows));
        }
        if self.other_counts > 0 {
            notes.push(format!(
                "findings of the run before by rules that this version does not have: {}",
                self.other_counts
            ));
        }
        notes
    }
}
