//! One run from a terminal: settings, world, job, exit code.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use orgscan::account::AccountId;
use orgscan::aws::World;
use orgscan::config::{Config, Job, Place};
use orgscan::error::RunError;
use orgscan::event::Event;
use orgscan::invocation::process_environment;
use orgscan::jobs::{Run, account_metadata, credential_report};
use orgscan::ports::{Clock, ReportStore};
use orgscan::progress::Progress;
use orgscan::summary::{Status, Summary};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::arguments::groups::TerminalArguments;
use crate::arguments::job::JobArguments;
use crate::arguments::{
    Arguments, COMPLETE, Command, INTERRUPTED, NOTHING_WRITTEN, PARTIAL, USAGE, be_quiet, problem, say,
};
use crate::completions;
use crate::doctor;
use crate::environment_file;
use crate::folder::Folder;
use crate::manual;
use crate::offline;
use crate::policy;
use crate::schema;
use crate::settings;
use crate::summary;
use crate::watch::{Screen, Watched, watch};

/// Where the inventory goes by default, below the home folder.
const INVENTORY_FOLDER: &str = "aws-org-scripts-outputs";

/// Where credential reports go by default, below the current folder.
const CREDENTIAL_REPORT_FOLDER: &str = "./credential-report-automation";

/// Runs what the command line asks for.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    if arguments.terminal.quiet {
        be_quiet();
    }
    // Before any thread is there: it changes the process's environment, which the AWS credentials are read from too.
    if reads_settings(&arguments.command)
        && let Err(problem) = environment_file::load()
    {
        return failed(&self::problem(problem));
    }
    match &arguments.command {
        Command::AccountMetadata(job) => {
            run_from_terminal(Job::AccountMetadata, job, arguments.terminal).unwrap_or_else(|error| failed(&error))
        }
        Command::CredentialReport(job) => {
            run_from_terminal(Job::CredentialReport, job, arguments.terminal).unwrap_or_else(|error| failed(&error))
        }
        Command::Doctor(doctor) => doctor::run(doctor, arguments.terminal).unwrap_or_else(|error| failed(&error)),
        Command::Findings(arguments) => offline::findings::run(arguments).unwrap_or_else(|problem| problem.tell()),
        Command::Digest(arguments) => offline::digest::run(arguments).unwrap_or_else(|problem| problem.tell()),
        Command::Exemptions(command) => offline::exemptions::run(command).unwrap_or_else(|problem| problem.tell()),
        Command::Settings(arguments) => settings::run(arguments),
        Command::Policy(arguments) => policy::run(arguments).unwrap_or_else(|error| failed(&error)),
        Command::Schema(arguments) => schema::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => manual::run(arguments),
    }
}

/// Whether a command reads settings. One that reads none works in whatever folder it is called, as from a shell's own start
/// files.
fn reads_settings(command: &Command) -> bool {
    match command {
        Command::AccountMetadata(_)
        | Command::CredentialReport(_)
        | Command::Doctor(_)
        | Command::Policy(_)
        | Command::Findings(_)
        | Command::Digest(_) => true,
        Command::Exemptions(_)
        | Command::Settings(_)
        | Command::Schema(_)
        | Command::Completions(_)
        | Command::Man(_) => false,
    }
}

/// What waits for answers of AWS: one thread, since a sweep waits more than it computes.
pub(crate) fn set_up() -> Result<Runtime, RunError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| problem(format!("the process cannot be set up: {error}")))
}

fn run_from_terminal(job: Job, arguments: &JobArguments, terminal: TerminalArguments) -> Result<ExitCode, RunError> {
    let screen = Screen::open(terminal);
    Ok(match set_up()?.block_on(run_job(job, arguments, &screen))? {
        Watched::Ended(ended) => {
            let is_shown = summary::show(&ended, arguments.json, terminal.color);
            if let Some(unknown) = unknown_ids(arguments, &ended) {
                return Err(unknown);
            }
            ExitCode::from(match ended.status {
                Status::Complete if is_shown => COMPLETE,
                Status::Complete | Status::Partial => PARTIAL,
            })
        }
        Watched::Interrupted => {
            say("orgscan: interrupted twice; nothing more is written");
            ExitCode::from(INTERRUPTED)
        }
    })
}

/// Ids of the command line that nobody has. They are known only now: a run lists accounts while it scans them.
fn unknown_ids(arguments: &JobArguments, summary: &Summary) -> Option<RunError> {
    let is_unknown = |id: &String| summary.unknown_accounts.contains(id);
    let of_flag = |flag: &str, ids: BTreeSet<AccountId>| {
        let unknown: Vec<String> = ids.iter().map(ToString::to_string).filter(is_unknown).collect();
        (!unknown.is_empty())
            .then(|| format!("{flag}: no scanned Organization has {}; all else was done", unknown.join(", ")))
    };
    let not_a_tenant = |id: &String| {
        let rejected = summary.tenants.iter().flat_map(|tenants| &tenants.rejected);
        rejected.into_iter().any(|one| one.tenant_id == *id && one.is_unknown())
    };
    let tenants: Vec<String> = arguments.scope.tenants().iter().map(ToString::to_string).filter(not_a_tenant).collect();
    let mut problems: Vec<String> = of_flag("--accounts", arguments.scope.accounts())
        .into_iter()
        .chain(of_flag("--exclude", arguments.scope.excluded()))
        .collect();
    if !tenants.is_empty() {
        problems.push(format!("--tenants: no active tenant is {}; all else was done", tenants.join(", ")));
    }
    (!problems.is_empty()).then_some(RunError::Settings { problems })
}

fn failed(error: &RunError) -> ExitCode {
    say(&format!("orgscan: {}", what_is_wrong(error)));
    ExitCode::from(match error {
        RunError::Settings { .. } | RunError::Event { .. } => USAGE,
        _ => NOTHING_WRITTEN,
    })
}

/// A flag is no setting, and speaks for itself.
fn what_is_wrong(error: &RunError) -> String {
    match error {
        RunError::Settings { problems } if problems.iter().all(|problem| problem.starts_with("--")) => {
            problems.join("; ")
        }
        _ => error.chain(),
    }
}

async fn run_job(job: Job, arguments: &JobArguments, screen: &Screen) -> Result<Watched<Summary>, RunError> {
    let (event, warnings) = event(job, arguments)?;
    for warning in warnings {
        say(&format!("orgscan: {warning}"));
    }
    let excluded = arguments.scope.excluded();
    let lookup = |name: &str| match (name, arguments.bucket.as_deref()) {
        ("OUTPUT_BUCKET", Some(bucket)) if !bucket.is_empty() => Some(bucket.to_owned()),
        ("ACCOUNTS_EXCLUDE", _) if !excluded.is_empty() => Some(
            process_environment(name)
                .into_iter()
                .chain(excluded.iter().map(ToString::to_string))
                .collect::<Vec<_>>()
                .join(","),
        ),
        _ => process_environment(name),
    };
    let config = Config::from_lookup(job, Place::Terminal, &lookup)?;
    if arguments.bucket.is_some() && config.output.bucket.is_none() {
        return Err(problem(
            "--bucket: OUTPUT_BUCKET is not set; set it, or name the bucket with --bucket=NAME".to_owned(),
        ));
    }
    let world = World::load(job, &config, &arguments.aws.access()).await?;
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
        watch(screen, &progress, "what there is is written", async |stop| {
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
    if let Some(folder) = &arguments.output_dir {
        return Ok(folder.clone());
    }
    default_folder(job)
}

/// Where reports go without any flag.
pub(crate) fn default_folder(job: Job) -> Result<PathBuf, RunError> {
    match job {
        Job::CredentialReport => Ok(PathBuf::from(CREDENTIAL_REPORT_FOLDER)),
        Job::AccountMetadata => std::env::home_dir()
            .map(|home| home.join(INVENTORY_FOLDER))
            .ok_or_else(|| problem("HOME: there is no home folder; name one with --output-dir".to_owned())),
    }
}

/// The event of `--event`, with what the other flags say on top, and what is to be said of it.
fn event(job: Job, arguments: &JobArguments) -> Result<(Event, Vec<String>), RunError> {
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
    let (mut event, warnings) = Event::parse(&given)?;
    if event.doctor {
        return Err(unusable(format!("doctor asks for a diagnosis, which `orgscan doctor {}` makes", job.as_str())));
    }
    add_ids(&mut event.account_ids, arguments.scope.accounts());
    add_ids(&mut event.tenant_ids, arguments.scope.tenants());
    event.dry_run |= arguments.dry_run;
    if arguments.no_mail {
        event.notify = Some(false);
    }
    Ok((event, warnings))
}

/// Adds ids to those that the event names.
fn add_ids(named: &mut Option<BTreeSet<AccountId>>, more: BTreeSet<AccountId>) {
    if !more.is_empty() {
        named.get_or_insert_default().extend(more);
    }
}
