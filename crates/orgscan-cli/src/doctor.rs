//! `orgscan doctor`: what will not work, before the first run, and how to mend it.

use std::io::{self, Read as _};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, value_parser};
use orgscan::aws::examine_from_settings;
use orgscan::config::{Job, Place};
use orgscan::doctor::{Check, Diagnosis, Fix, MEMORY_MB, Options, Paint, Room, Status, TIMEOUT_SECONDS, table};
use orgscan::error::RunError;
use orgscan::event::Event;
use orgscan::invocation::process_environment;
use orgscan::progress::Progress;

use crate::arguments::colour;
use crate::arguments::groups::{AwsArguments, OUTPUT, ScopeArguments, TERMINAL, TerminalArguments};
use crate::arguments::job::{JobName, has_tenants_table};
use crate::arguments::{INTERRUPTED, PARTIAL, problem, say};
use crate::print::{ended, print, print_json};
use crate::run::{default_folder, set_up};
use crate::watch::{Screen, Watched, watch};

/// Columns where the terminal does not say how many it has.
const COLUMNS: usize = 100;

/// Where the function is meant that may be deployed.
const FUNCTION: &str = "The function that it may become";

/// What Lambda gives a function ("Lambda quotas").
const MEMORIES_MB: RangeInclusive<i64> = 128..=10_240;
const TIMEOUTS_SECONDS: RangeInclusive<i64> = 1..=900;

/// What says how to examine, where something is examined.
const OF_AN_EXAMINATION: [&str; 8] =
    ["jobs", "AwsArguments", "ScopeArguments", "look_through", "bucket", "output_dir", "memory_mb", "timeout_seconds"];

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// The job to examine; by default both, account-metadata only where `DYNAMO_TABLE_NAME` is set.
    #[arg(value_enum, value_name = "JOB")]
    jobs: Vec<JobName>,

    #[command(flatten)]
    aws: AwsArguments,

    #[command(flatten)]
    scope: ScopeArguments,

    /// Where a member role cannot be assumed, look into the account through this role to see why; `none` does not look.
    #[arg(long, value_name = "ROLE", default_value = "OrganizationAccountAccessRole")]
    look_through: String,

    /// The bucket to try, in place of `OUTPUT_BUCKET`; nothing is left in it.
    #[arg(long, value_name = "NAME", require_equals = true, help_heading = OUTPUT)]
    bucket: Option<String>,

    /// The local folder to try, in place of a bucket; nothing is left in it.
    #[arg(long, value_name = "FOLDER", conflicts_with = "bucket", help_heading = OUTPUT)]
    output_dir: Option<PathBuf>,

    /// Its memory, MB.
    #[arg(long, value_name = "MB", default_value_t = MEMORY_MB, value_parser = value_parser!(u32).range(MEMORIES_MB), help_heading = FUNCTION)]
    memory_mb: u32,

    /// Its time, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT_SECONDS, value_parser = value_parser!(u32).range(TIMEOUTS_SECONDS), help_heading = FUNCTION)]
    timeout_seconds: u32,

    /// Examine nothing, and show what a function answered to the event {"doctor": true}, from a file or, for -, standard input.
    #[arg(long, value_name = "FILE", help_heading = TERMINAL, conflicts_with_all = OF_AN_EXAMINATION)]
    read: Option<PathBuf>,

    /// Print the diagnosis as JSON.
    #[arg(long, help_heading = TERMINAL)]
    json: bool,
}

/// Examines, or shows what was found elsewhere.
pub(crate) fn run(arguments: &DoctorArguments, terminal: TerminalArguments) -> Result<ExitCode, RunError> {
    let diagnosis = match &arguments.read {
        Some(file) => read(file)?,
        None => match set_up()?.block_on(examine(arguments, &Screen::open(terminal)))? {
            Watched::Ended(diagnosis) => diagnosis,
            Watched::Interrupted => {
                say("orgscan: interrupted twice");
                return Ok(ExitCode::from(INTERRUPTED));
            }
        },
    };
    let is_printed = if arguments.json {
        print_json(&serde_json::to_value(&diagnosis).unwrap_or_default())
    } else {
        let is_painted = colour::is_wanted(terminal.color, &io::stdout());
        let paint = if is_painted { Paint::Colours } else { Paint::Plain };
        print(table(&diagnosis, columns(), paint).as_bytes())
    };
    Ok(match diagnosis.status {
        Status::Ok => ended(is_printed),
        Status::Failed => ExitCode::from(PARTIAL),
    })
}

/// How wide the table may be.
fn columns() -> usize {
    let terminal = console::Term::stdout().size_checked().map(|(_rows, columns)| usize::from(columns));
    columns_of(process_environment("COLUMNS").as_deref(), terminal)
}

/// What the user says, else the terminal: shells know `COLUMNS` and do not export it.
fn columns_of(said: Option<&str>, terminal: Option<usize>) -> usize {
    let said = said.and_then(|text| text.parse().ok());
    [said, terminal].into_iter().flatten().find(|columns| *columns > 0).unwrap_or(COLUMNS)
}

/// What a function answered, or what `--json` printed.
fn read(file: &Path) -> Result<Diagnosis, RunError> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|content| text = content)
    };
    let shown = file.display();
    read.map_err(|error| problem(format!("--read: {shown} cannot be read: {error}")))?;
    serde_json::from_str(&text).map_err(|error| {
        problem(format!("--read: {shown} is not what a function answers to the event {{\"doctor\": true}}: {error}"))
    })
}

async fn examine(arguments: &DoctorArguments, screen: &Screen) -> Result<Watched<Diagnosis>, RunError> {
    let excluded = arguments.scope.excluded();
    let lookup = |name: &str| match name {
        "OUTPUT_BUCKET" if arguments.output_dir.is_some() => None,
        "OUTPUT_BUCKET" => arguments.bucket.clone().or_else(|| process_environment(name)),
        "ACCOUNTS_EXCLUDE" if !excluded.is_empty() => {
            let named = process_environment(name).filter(|text| !text.is_empty());
            let all: Vec<String> = named.into_iter().chain(excluded.iter().map(ToString::to_string)).collect();
            Some(all.join(","))
        }
        _ => process_environment(name),
    };
    let mut known = Vec::new();
    let mut jobs = each_once(arguments.jobs.iter().map(|name| name.job()));
    if jobs.is_empty() {
        jobs.push(Job::CredentialReport);
        if has_tenants_table(&lookup) {
            jobs.push(Job::AccountMetadata);
        } else {
            let why = "DYNAMO_TABLE_NAME is not set; `orgscan doctor account-metadata` examines it all the same";
            known.push(Check::skipped("settings", Job::AccountMetadata.as_str(), why));
        }
    }
    if lookup("OUTPUT_BUCKET").is_none_or(|bucket| bucket.is_empty()) {
        for job in &jobs {
            let folder = arguments.output_dir.clone().map_or_else(|| default_folder(*job), Ok)?;
            known.push(folder_check(&folder));
        }
    }
    let ids = |ids: std::collections::BTreeSet<_>| (!ids.is_empty()).then_some(ids);
    let event = Event {
        account_ids: ids(arguments.scope.accounts()),
        tenant_ids: ids(arguments.scope.tenants()),
        ..Event::default()
    };
    let progress = Arc::new(Progress::default());
    watch(screen, &progress, "what was found is shown; nothing is written", async |stop| {
        let options = Options {
            look_through: Some(arguments.look_through.clone()).filter(|role| !matches!(role.as_str(), "" | "none")),
            room: Room {
                memory_mb: arguments.memory_mb,
                timeout_seconds: arguments.timeout_seconds,
                is_function: false,
            },
            function: None,
            event,
            deadline: None,
            stop,
            progress: Arc::clone(&progress),
        };
        Ok(examine_from_settings(&jobs, Place::Terminal, &arguments.aws.access(), &lookup, &options, known).await)
    })
    .await
}

fn each_once(named: impl Iterator<Item = Job>) -> Vec<Job> {
    let mut jobs = Vec::new();
    for job in named {
        if !jobs.contains(&job) {
            jobs.push(job);
        }
    }
    jobs
}

/// Whether reports could be written to a folder, which is not made for that: the first folder above it that is there is
/// tried with a file that has no name.
fn folder_check(folder: &Path) -> Check {
    const ID: &str = "folder";
    let shown = folder.display().to_string();
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = absolute.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    match tempfile::tempfile_in(there) {
        Ok(_) => Check::ok(ID, shown, "reports can be written"),
        Err(error) => Check::failed(ID, shown, "folder", format!("reports cannot be written: {error}"))
            .mended_by(Fix::explained("name another folder with --output-dir, or a bucket with --bucket=NAME")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use clap::error::ErrorKind;
    use orgscan::doctor::State;

    use super::*;
    use crate::arguments::Arguments;

    #[test]
    fn a_table_is_as_wide_as_the_user_says_or_the_terminal_is() {
        for (said, terminal, expected) in [
            (Some("60"), Some(80), 60),
            (None, Some(80), 80),
            (Some("wide"), Some(80), 80),
            (Some("0"), None, COLUMNS),
            (None, Some(0), COLUMNS),
            (None, None, COLUMNS),
        ] {
            assert_eq!(columns_of(said, terminal), expected, "{said:?} {terminal:?}");
        }
    }

    #[test]
    fn a_folder_is_tried_and_nothing_is_left_in_it() {
        let root = tempfile::tempdir().unwrap();
        let check = folder_check(&root.path().join("not/yet/there"));
        assert_eq!(check.state, State::Ok);
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
        let file = root.path().join("file");
        std::fs::write(&file, "x").unwrap();
        assert_eq!(folder_check(&file).state, State::Failed, "a file is no folder");
    }

    #[test]
    fn a_job_that_is_named_twice_is_examined_once() {
        let (audit, inventory) = (Job::CredentialReport, Job::AccountMetadata);
        assert_eq!(each_once([audit, inventory, audit].into_iter()), [audit, inventory]);
    }

    #[test]
    fn an_answer_that_is_read_is_of_another_examination_than_one_that_is_asked_for() {
        let parsed = |more: &[&str]| {
            let words = ["orgscan", "doctor", "--read", "answer.json"];
            Arguments::try_parse_from(words.iter().chain(more)).map_err(|error| error.kind())
        };
        assert!(parsed(&["--json", "--quiet"]).is_ok());
        for more in [
            &["credential-report"][..],
            &["--profile", "audit"],
            &["--region", "eu-west-1"],
            &["--accounts", "000000000001"],
            &["--exclude", "000000000001"],
            &["--tenants", "000000000001"],
            &["--look-through", "none"],
            &["--bucket=reports"],
            &["--output-dir", "."],
            &["--memory-mb", "512"],
            &["--timeout-seconds", "60"],
        ] {
            assert_eq!(parsed(more).err(), Some(ErrorKind::ArgumentConflict), "{more:?}");
        }
    }

    #[test]
    fn a_function_has_what_lambda_gives_one() {
        for (option, value) in [("--memory-mb", "127"), ("--memory-mb", "10241"), ("--timeout-seconds", "901")] {
            let parsed = Arguments::try_parse_from(["orgscan", "doctor", option, value]);
            assert_eq!(parsed.err().map(|error| error.kind()), Some(ErrorKind::ValueValidation), "{option} {value}");
        }
    }

    #[test]
    fn what_a_function_answered_is_read_and_anything_else_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("answer.json");
        let diagnosis = Diagnosis::conclude(None, vec![Check::ok("region", "eu-west-1", "fine")], Vec::new());
        std::fs::write(&file, serde_json::to_vec(&diagnosis).unwrap()).unwrap();
        assert_eq!(read(&file).unwrap(), diagnosis);
        std::fs::write(&file, r#"{"errorType": "SettingsInvalid"}"#).unwrap();
        assert!(read(&file).unwrap_err().chain().contains("--read"));
    }
}
