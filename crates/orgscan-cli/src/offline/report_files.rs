//! Credential reports in files, looked over before anything of them is printed.

use std::collections::HashMap;
use std::fs::File;
use std::io::Seek;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use orgscan::assessment::{AssessmentError, Reading, Survey};
use orgscan::error::chain;
use orgscan::text::one_line;

use super::Problem;
use super::input::{is_standard_input, name_of, open, unreadable};
use crate::arguments::say;

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
    pub(super) fn open(paths: &[PathBuf], with_time: bool) -> Result<Self, Problem> {
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
        if are_several || with_time {
            reports.look_over(paths, are_several)?;
        }
        for (path, (_, file)) in paths.iter().zip(&mut reports.files) {
            file.rewind().map_err(|error| unreadable(path, &error))?;
        }
        Ok(reports)
    }

    fn look_over(&mut self, paths: &[PathBuf], are_several: bool) -> Result<(), Problem> {
        let mut homes: HashMap<String, &Path> = HashMap::new();
        for (path, (name, file)) in paths.iter().zip(&mut self.files) {
            file.rewind().map_err(|error| unreadable(path, &error))?;
            let survey = Survey::of(begin(path, file)?, are_several).map_err(|error| not_a_report(path, &error))?;
            self.newest_generated_time = self.newest_generated_time.max(survey.newest_generated_time);
            if are_several && survey.accounts.is_empty() {
                self.lack_something = true;
                say(&format!("note: {name} has no rows"));
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
        Ok(())
    }
}

fn begin<'a>(path: &Path, file: &'a mut File) -> Result<Reading<&'a mut File>, Problem> {
    Reading::begin(file).map_err(|error| not_a_report(path, &error))
}

fn not_a_report(path: &Path, error: &AssessmentError) -> Problem {
    Problem::Failed(format!("{}: {}", name_of(path), chain(error)))
}
