//! Credential reports in files, looked over before anything of them is printed.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::Seek;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use orgscan::account::AccountId;
use orgscan::assessment::{AssessmentError, Reading, Survey};
use orgscan::config::AccountSelection;
use orgscan::error::chain;
use orgscan::text::one_line;

use super::Problem;
use super::input::{is_standard_input, name_of, open, unreadable};
use crate::arguments::note;

/// Longest account id in an error; those that are any have 12 digits.
const ACCOUNT_CHARACTERS: usize = 64;

/// Reports that are open at their first byte. Each is a credential report, and no account is in two of them.
#[derive(Debug, Default)]
pub(super) struct ReportFiles {
    /// With how people call them.
    pub(super) files: Vec<(String, File)>,
    /// The newest time that any of them was made at, where it was asked for.
    pub(super) newest_generated_time: Option<Timestamp>,
    /// Whether one lacks columns, or one of several has no row, not even the root user's.
    pub(super) lack_something: bool,
}

impl ReportFiles {
    /// Opens them and looks them over. One alone is read only for its time, and only where that is asked for.
    /// Where accounts are selected by name, each of them is in one.
    pub(super) fn open(paths: &[PathBuf], with_time: bool, selection: &AccountSelection) -> Result<Self, Problem> {
        if paths.iter().filter(|path| is_standard_input(path)).count() > 1 {
            return Err(Problem::Usage("standard input, -, can be read only once".to_owned()));
        }
        let mut reports = Self::default();
        for path in paths {
            let mut file = open(path)?;
            reports.lack_something |= begin(path, &mut file)?.lacks_columns();
            reports.files.push((name_of(path), file));
        }
        let are_several = paths.len() > 1;
        let named: BTreeSet<AccountId> =
            selection.include.iter().flatten().chain(&selection.exclude).copied().collect();
        if are_several || with_time || !named.is_empty() {
            let seen = reports.look_over(paths, are_several || !named.is_empty())?;
            let unknown: Vec<String> =
                named.iter().map(ToString::to_string).filter(|id| !seen.contains_key(id)).collect();
            if !unknown.is_empty() {
                return Err(Problem::Usage(format!(
                    "--accounts, --exclude: no row is of {}: see the ids, or leave them out",
                    unknown.join(", ")
                )));
            }
        }
        for (path, (_, file)) in paths.iter().zip(&mut reports.files) {
            file.rewind().map_err(|error| unreadable(path, &error))?;
        }
        Ok(reports)
    }

    fn look_over<'a>(
        &mut self,
        paths: &'a [PathBuf],
        with_accounts: bool,
    ) -> Result<HashMap<String, &'a Path>, Problem> {
        let mut homes: HashMap<String, &Path> = HashMap::new();
        let are_several = paths.len() > 1;
        for (path, (name, file)) in paths.iter().zip(&mut self.files) {
            file.rewind().map_err(|error| unreadable(path, &error))?;
            let survey = Survey::of(begin(path, file)?, with_accounts).map_err(|error| not_a_report(path, &error))?;
            self.newest_generated_time = self.newest_generated_time.max(survey.newest_generated_time);
            if are_several && survey.accounts.is_empty() {
                self.lack_something = true;
                note(&format!("{name} has no rows"));
            }
            // Of rows that do not say whose they are nobody can tell.
            for account in survey.accounts.into_iter().filter(|account| !account.is_empty()) {
                if let Some(other) = homes.get(&account) {
                    return Err(Problem::Usage(format!(
                        "the account {} is in both {} and {name}: name one report of an account, the newest",
                        one_line(&account, ACCOUNT_CHARACTERS),
                        name_of(other)
                    )));
                }
                homes.insert(account, path);
            }
        }
        Ok(homes)
    }
}

fn begin<'a>(path: &Path, file: &'a mut File) -> Result<Reading<&'a mut File>, Problem> {
    Reading::begin(file).map_err(|error| not_a_report(path, &error))
}

fn not_a_report(path: &Path, error: &AssessmentError) -> Problem {
    Problem::Failed(format!("{}: {}", name_of(path), chain(error)))
}
