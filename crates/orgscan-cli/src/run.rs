//! One run from a terminal: settings, world, job, exit code.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use orgscan::aws::World;
use orgscan::config::{Config, Job, Place};
use orgscan::error::RunError;
use orgscan::event::Event;
use orgscan::invocation::process_environment;
use orgscan::jobs::{Run, account_metadata, credential_report};
use orgscan::ports::{Clock, ReportStore};
use orgscan::progress::Progress;
use orgscan::summary::{Status, Summary};
use serde_json::{Map, Value};

use crate::arguments::{Arguments, COMPLETE, Command, INTERRUPTED, JobArguments, NOTHING_WRITTEN, PARTIAL, USAGE, say};
use crate::folder::Folder;
use crate::offline;
use crate::report;
use crate::watch::{Screen, Watched, watch};

/// Where the inventory goes by default, below the home folder.
const INVENTORY_FOLDER: &str = "aws-org-scripts-outputs";

/// Where credential reports go by default, below the current folder.
const CREDENTIAL_REPORT_FOLDER: &str = "./credential-report-automation";

/// Runs what the command line asks for.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    // Before any thread is there: it changes the process's environment, which the AWS credentials are read from too.
    match dotenvy::dotenv() {
        Ok(_) => {}
        Err(error) if error.not_found() => {}
        // The error holds the whole line, which may hold a secret.
        Err(dotenvy::Error::LineParse(..)) => {
            return failed(&problem(
                "the file .env has a line that is not NAME=value; quote values with blanks".to_owned(),
            ));
        }
        Err(error) => return failed(&problem(format!("the file .env cannot be read: {error}"))),
    }
    match &arguments.command {
        Command::AccountMetadata(arguments) => run_from_terminal(Job::AccountMetadata, arguments),
        Command::CredentialReport(arguments) => run_from_terminal(Job::CredentialReport, arguments),
        Command::Findings(arguments) => offline::findings::run(arguments).unwrap_or_else(|problem| problem.tell()),
        Command::Digest(arguments) => offline::digest::run(arguments).unwrap_or_else(|problem| problem.tell()),
        Command::Exemptions(command) => offline::exemptions::run(command).unwrap_or_else(|problem| problem.tell()),
        Command::Settings => report::settings(),
    }
}

fn run_from_terminal(job: Job, arguments: &JobArguments) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&format!("orgscan: the process cannot be set up: {error}"));
            return ExitCode::from(NOTHING_WRITTEN);
        }
    };
    let screen = Screen::open(arguments.quiet);
    match runtime.block_on(run_job(job, arguments, &screen)) {
        Ok(Watched::Ended(summary)) => {
            report::summary(&summary, arguments.json);
            ExitCode::from(match summary.status {
                Status::Complete => COMPLETE,
                Status::Partial => PARTIAL,
            })
        }
        Ok(Watched::Interrupted) => {
            say("orgscan: interrupted twice; nothing more is written");
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => failed(&error),
    }
}

fn problem(text: String) -> RunError {
    RunError::Settings { problems: vec![text] }
}

fn failed(error: &RunError) -> ExitCode {
    say(&format!("orgscan: {}", error.chain()));
    ExitCode::from(match error {
        RunError::Settings { .. } | RunError::Event { .. } => USAGE,
        _ => NOTHING_WRITTEN,
    })
}

async fn run_job(job: Job, arguments: &JobArguments, screen: &Screen) -> Result<Watched<Summary>, RunError> {
    let (event, warnings) = Event::parse(&event(arguments)?)?;
    for warning in warnings {
        say(&format!("orgscan: {warning}"));
    }
    let lookup = |name: &str| match (name, arguments.bucket.as_deref()) {
        ("OUTPUT_BUCKET", Some(bucket)) if !bucket.is_empty() => Some(bucket.to_owned()),
        _ => process_environment(name),
    };
    let config = Config::from_lookup(job, Place::Terminal, &lookup)?;
    if arguments.bucket.is_some() && config.output.bucket.is_none() {
        return Err(problem("OUTPUT_BUCKET: --bucket without a name needs it, and it is not set".to_owned()));
    }
    let world = World::load(job, &config).await?;
    let setup = Setup { job, config: &config, event: &event, world: &world, screen };
    if arguments.bucket.is_some() {
        setup.watch(&world.bucket(&config.output).await?).await
    } else {
        setup.watch(&Folder::new(folder(job, arguments)?)).await
    }
}

struct Setup<'a> {
    job: Job,
    config: &'a Config,
    event: &'a Event,
    world: &'a World,
    screen: &'a Screen,
}

impl Setup<'_> {
    async fn watch(&self, store: &impl ReportStore) -> Result<Watched<Summary>, RunError> {
        let Self { job, config, event, world, screen } = *self;
        let progress = Arc::new(Progress::default());
        watch(screen, &progress, async |stop| {
            let run = Run::new(config, event, world.now(), None, stop, Arc::clone(&progress));
            match job {
                Job::AccountMetadata => account_metadata::run(world, store, &run).await,
                Job::CredentialReport => credential_report::run(world, store, &world.ses(), &run).await,
            }
        })
        .await
    }
}

fn folder(job: Job, arguments: &JobArguments) -> Result<PathBuf, RunError> {
    if let Some(folder) = &arguments.folder {
        return Ok(folder.clone());
    }
    match job {
        Job::CredentialReport => Ok(PathBuf::from(CREDENTIAL_REPORT_FOLDER)),
        Job::AccountMetadata => std::env::home_dir()
            .map(|home| home.join(INVENTORY_FOLDER))
            .ok_or_else(|| problem("HOME: there is no home folder; name one with --folder".to_owned())),
    }
}

/// The event of `--event`, with what the other flags say on top.
fn event(arguments: &JobArguments) -> Result<Value, RunError> {
    let unusable = |text: String| RunError::Event { problems: vec![text] };
    let given = match arguments.event.as_deref() {
        None => Value::Null,
        Some(text) => {
            let json = if text.trim_start().starts_with('{') {
                text.to_owned()
            } else {
                std::fs::read_to_string(text)
                    .map_err(|error| unusable(format!("the file {text} cannot be read: {error}")))?
            };
            serde_json::from_str(&json).map_err(|error| unusable(format!("it is not JSON: {error}")))?
        }
    };
    let mut event = match given {
        Value::Null => Map::new(),
        Value::Object(fields) => fields,
        other => return Ok(other),
    };
    if !arguments.accounts.is_empty() {
        event.insert("account_ids".to_owned(), arguments.accounts.clone().into());
    }
    if !arguments.tenants.is_empty() {
        event.insert("tenant_ids".to_owned(), arguments.tenants.clone().into());
    }
    if arguments.dry_run {
        event.insert("dry_run".to_owned(), true.into());
    }
    if arguments.no_mail {
        event.insert("notify".to_owned(), false.into());
    }
    Ok(Value::Object(event))
}
