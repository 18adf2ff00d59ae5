//! Credential reports from files, and what they are judged by.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use orgscan::assessment::{Assessment, AssessmentError, Assessor, Change, Coverage, Criteria, Reading, Sink};
use orgscan::config::{AccountSelection, Config, Job, Place};
use orgscan::error::chain;
use orgscan::exemption::Exemptions;
use orgscan::invocation::process_environment;
use orgscan::text::one_line;
use orgscan::trend::{Trend, TrendRun};

use super::Problem;
use super::earlier::Earlier;
use super::input::{is_standard_input, unreadable};
use super::report_files::ReportFiles;
use crate::arguments::account_ids::AccountIds;
use crate::arguments::note;

/// Longest reason in a line for people.
const REASON_CHARACTERS: usize = 400;

/// The settings that count without AWS.
const SETTINGS: [&str; 6] =
    ["CIS_VERSION", "CSV_FORMULA_GUARD", "EXEMPTIONS", "KEY_ROTATION_DAYS", "ROOT_USE_DAYS", "UNUSED_DAYS"];

#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// Credential reports: merged ones, or as the AWS console gives them, an account in one of them only; - is standard
    /// input.
    #[arg(required = true, value_name = "REPORT.csv")]
    reports: Vec<PathBuf>,

    /// What ages are counted from, a date or an RFC 3339 time; by default the newest `report_generated_time` in the
    /// reports, else now.
    #[arg(long, value_name = "DATE|TIME", value_parser = moment)]
    as_of: Option<Timestamp>,

    /// The version of the CIS AWS Foundations Benchmark, in place of `CIS_VERSION`.
    #[arg(long = "cis", value_name = "VERSION")]
    cis_version: Option<String>,

    /// Findings of an earlier run, as JSON lines (repeat for more, each with its run's time in its name): of those before
    /// --as-of the newest is compared with, and all are in the trend.
    #[arg(long, value_name = "FINDINGS.jsonl")]
    previous: Vec<PathBuf>,

    /// A list of exemptions, in place of `EXEMPTIONS`.
    #[arg(long, value_name = "FILE")]
    exemptions: Option<PathBuf>,

    /// Only these accounts: ids, separated by commas; repeat for more.
    #[arg(long, value_name = "ID,…", value_parser = AccountIds::parse)]
    accounts: Vec<AccountIds>,

    /// Not these accounts: ids, separated by commas; repeat for more.
    #[arg(long, value_name = "ID,…", value_parser = AccountIds::parse)]
    exclude: Vec<AccountIds>,
}

impl ReportArguments {
    /// The accounts that are meant.
    fn selection(&self) -> AccountSelection {
        let include = (!self.accounts.is_empty()).then(|| AccountIds::all(&self.accounts));
        AccountSelection { include, exclude: AccountIds::all(&self.exclude) }
    }
}

/// Reports that are open, and what they are judged by.
#[derive(Debug)]
pub(crate) struct Reports {
    files: ReportFiles,
    pub(crate) config: Config,
    pub(crate) as_of: Timestamp,
    /// The files that are read.
    pub(crate) inputs: Vec<PathBuf>,
    exemptions: Option<Exemptions>,
    earlier: Earlier,
    selection: AccountSelection,
}

/// A date is its first moment in UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    text.parse::<Date>()
        .ok()
        .filter(|_| text.len() == "2026-11-21".len())
        .and_then(|date| date.to_zoned(TimeZone::UTC).ok())
        .map(|midnight| midnight.timestamp())
        .ok_or_else(|| {
            "a date such as 2026-11-21 or an RFC 3339 time such as 2026-11-21T06:00:00Z is expected".to_owned()
        })
}

#[expect(clippy::disallowed_methods, reason = "a report that does not say when it was made is taken to be made now")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

impl Reports {
    /// Opens and reads all that is named but the reports' rows.
    pub(crate) fn open(arguments: &ReportArguments) -> Result<Self, Problem> {
        let config = config(arguments)?;
        let list = list_of_exemptions(arguments, &config)?;
        let exemptions = match &list {
            Some(path) => Some(Exemptions::parse(&std::fs::read(path).map_err(|error| unreadable(path, &error))?)),
            None => None,
        };
        let selection = arguments.selection();
        let files = ReportFiles::open(&arguments.reports, arguments.as_of.is_none(), &selection)?;
        let as_of = arguments.as_of.or(files.newest_generated_time).unwrap_or_else(now);
        let earlier = Earlier::look(&arguments.previous, as_of, &selection)?;
        let reports = arguments.reports.iter().filter(|path| !is_standard_input(path));
        let inputs = reports.chain(&arguments.previous).chain(&list).cloned().collect();
        Ok(Self { files, config, as_of, inputs, exemptions, earlier, selection })
    }

    /// Whether a report lacks what every one should have, before any row is judged.
    pub(crate) fn lack_something(&self) -> bool {
        self.files.lack_something
    }

    /// Judges every row; findings and rows go to `sink`. `finish` ends the sink with what it all amounts to.
    pub(crate) fn assess(mut self, sink: &mut dyn Sink) -> Result<(Assessment, Trend), Problem> {
        let criteria = Criteria::of(&self.config.audit, self.as_of);
        let Earlier { before, mut trend, newest: _newest } = self.earlier;
        let mut assessor = Assessor::new(criteria, before, self.exemptions.as_mut());
        for (name, report) in self.files.files {
            let read = || {
                let mut reading = Reading::begin(report)?.of_accounts(self.selection.clone());
                while assessor.read_some(&mut reading, usize::MAX, sink)? {}
                Ok(())
            };
            read().map_err(|error| in_report(&name, error))?;
        }
        let assessment =
            assessor.finish(Coverage::of_reports(), sink).map_err(|error| in_report("the findings", error))?;
        trend.add(TrendRun::of(&assessment));
        if let Change::Unknown(why) = &assessment.change {
            note(&format!("what changed is not known: {}", one_line(why, REASON_CHARACTERS)));
        }
        Ok((assessment, trend))
    }
}

fn in_report(name: &str, error: AssessmentError) -> Problem {
    match error {
        AssessmentError::Sink(error) => Problem::writing("the answer", &error),
        other => Problem::Failed(format!("{name}: {}", chain(&other))),
    }
}

fn config(arguments: &ReportArguments) -> Result<Config, Problem> {
    let lookup = |name: &str| match (name, &arguments.cis_version) {
        ("CIS_VERSION", Some(version)) => Some(version.clone()),
        _ if SETTINGS.contains(&name) => process_environment(name),
        _ => None,
    };
    Config::from_lookup(Job::CredentialReport, Place::Terminal, &lookup).map_err(|error| Problem::Usage(error.chain()))
}

/// Where the list of exemptions is; none where there is none.
fn list_of_exemptions(arguments: &ReportArguments, config: &Config) -> Result<Option<PathBuf>, Problem> {
    let from_settings = config.audit.exemptions.as_deref().map(Path::new);
    let Some(path) = arguments.exemptions.as_deref().or(from_settings) else { return Ok(None) };
    if path.starts_with("s3:") {
        return Err(Problem::Usage(format!(
            "EXEMPTIONS: {} is in S3, which this command does not reach; name a file with --exemptions",
            path.display()
        )));
    }
    Ok(Some(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_first_moment_and_a_time_is_itself() {
        for (text, expected) in [
            ("2026-11-21", "2026-11-21T00:00:00Z"),
            ("2026-11-21T06:00:00Z", "2026-11-21T06:00:00Z"),
            ("2026-11-21T06:00:00+02:00", "2026-11-21T04:00:00Z"),
        ] {
            assert_eq!(moment(text).map(|time| time.to_string()).as_deref(), Ok(expected));
        }
        for text in ["", "today", "2026-13-01", "2026-02-30", "21.11.2026", "20261121", "2026-11-21T06:00"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
