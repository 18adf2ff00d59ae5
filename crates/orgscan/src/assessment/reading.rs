//! A report that is read row by row, and where it has what.

use std::collections::HashSet;
use std::io::Read;

use csv::StringRecord;

use super::AssessmentError;
use crate::config::AccountSelection;
use crate::credential_row::ReportColumns;
use crate::judgement::Violation;
use crate::text::one_line;

/// Longest name of a column in an error.
const COLUMN_CHARACTERS: usize = 64;

/// A report that is being read.
#[derive(Debug)]
pub struct Reading<R> {
    pub(super) reader: csv::Reader<R>,
    pub(super) columns: ReportColumns,
    pub(super) account: AccountColumns,
    pub(super) is_guarded: bool,
    pub(super) selection: AccountSelection,
    pub(super) record: StringRecord,
    pub(super) violations: Vec<Violation>,
}

/// Where a report says whose row it is; an account's own one says it in its ARNs alone.
#[derive(Debug)]
pub(super) struct AccountColumns {
    id: Option<usize>,
    pub(super) name: Option<usize>,
    pub(super) ou_path: Option<usize>,
    arn: Option<usize>,
}

impl AccountColumns {
    /// The account of a row; empty where it does not say.
    pub(super) fn id_of<'a>(&self, record: &'a StringRecord) -> &'a str {
        let cell = |column: Option<usize>| column.and_then(|column| record.get(column)).unwrap_or_default();
        match cell(self.id) {
            "" => account_of_arn(cell(self.arn)),
            id => id,
        }
    }
}

impl<R: Read> Reading<R> {
    /// Begins with a report, merged or an account's own, at its first byte.
    ///
    /// # Errors
    /// It is no credential report.
    pub fn begin(report: R) -> Result<Self, AssessmentError> {
        let mut reader = csv::ReaderBuilder::new().buffer_capacity(256 * 1024).from_reader(report);
        let header = reader.headers()?;
        let position = |name: &str| header.iter().position(|column| column == name);
        for needed in ["user", "arn"] {
            if position(needed).is_none() {
                return Err(AssessmentError::ColumnMissing(needed));
            }
        }
        let mut seen = HashSet::new();
        if let Some(twice) = header.iter().find(|column| !seen.insert(*column)) {
            return Err(AssessmentError::ColumnTwice(one_line(twice, COLUMN_CHARACTERS)));
        }
        let account = AccountColumns {
            id: position("account_id"),
            name: position("account_name"),
            ou_path: position("ou_path"),
            arn: position("arn"),
        };
        let columns = ReportColumns::of(header);
        let (is_guarded, selection) = (false, AccountSelection::default());
        Ok(Self {
            columns,
            account,
            is_guarded,
            selection,
            record: StringRecord::new(),
            violations: Vec::new(),
            reader,
        })
    }
}

impl<R> Reading<R> {
    /// The same of a report whose cells are guarded against formulas: account names are taken without the guard.
    #[must_use]
    pub fn guarded(self, is_guarded: bool) -> Self {
        Self { is_guarded, ..self }
    }

    /// The same without the rows of other accounts.
    #[must_use]
    pub fn of_accounts(self, selection: AccountSelection) -> Self {
        Self { selection, ..self }
    }

    /// Whether it lacks a column that every report should have, so that there is something it does not say of any row.
    pub fn lacks_columns(&self) -> bool {
        self.columns.missing().next().is_some()
    }
}

/// The account in an IAM ARN, its fifth field; empty where it is no such ARN.
fn account_of_arn(arn: &str) -> &str {
    let account = arn.split(':').nth(4).unwrap_or_default();
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) { account } else { "" }
}
