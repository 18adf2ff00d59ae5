//! Both jobs against a world in memory, with planned faults: every outcome, every error code, and what is written.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must fail")]

mod account_metadata;
mod credential_report;
mod delivery;
mod failures;
mod findings;
mod least_privilege;
mod log;
mod mail_marker;
mod newest;
mod pace;
mod regions_and_tags;
mod secrets;
mod unfinished;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use orgscan::config::{Config, Job, Place};
use orgscan::error::RunError;
use orgscan::event::Event;
use orgscan::jobs::{self, Run};
use orgscan::progress::{Progress, Snapshot};
use orgscan::scan::Stop;
use orgscan::summary::Summary;
use orgscan::testing::{MemoryTenant, MemoryWorld, START, timestamp};
use tokio::time::Instant;

/// The time stamp of a run that begins with its world.
const STAMP: &str = "2026-11-21T06-00-00Z";

/// One run to be tried: settings, event, deadline.
struct Trial {
    job: Job,
    settings: BTreeMap<&'static str, String>,
    event: Event,
    deadline: Option<Duration>,
    stop: Stop,
}

impl Trial {
    /// The inventory of the tenants in the table `tenants`, through `OrgReader` everywhere.
    fn inventory() -> Self {
        Self::of(Job::AccountMetadata)
            .with("DYNAMO_TABLE_NAME", "tenants")
            .with("CROSS_ACCOUNT_ROLE_NAME", "OrgReader")
            .with("REGIONS", "eu-west-1,us-east-1")
    }

    /// The audit of the caller's own Organization, through `OrgReader`.
    fn audit() -> Self {
        Self::of(Job::CredentialReport).with("MEMBER_ROLE_NAME", "OrgReader")
    }

    fn of(job: Job) -> Self {
        let trial =
            Self { job, settings: BTreeMap::new(), event: Event::default(), deadline: None, stop: Stop::never() };
        trial.with("OUTPUT_BUCKET", "a-bucket")
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.insert(name, value.into());
        self
    }

    fn event(self, event: Event) -> Self {
        Self { event, ..self }
    }

    /// An event with a time of its own, as a schedule sends it.
    fn scheduled(self) -> Self {
        self.event(Event { scheduled_time: Some(timestamp(START)), ..Event::default() })
    }

    fn deadline(self, seconds: u64) -> Self {
        Self { deadline: Some(Duration::from_secs(seconds)), ..self }
    }

    fn stop(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    async fn run(&self, world: &MemoryWorld) -> Result<Summary, RunError> {
        self.run_watched(world, &Arc::new(Progress::default())).await
    }

    /// The same for who looks how far it is.
    async fn run_watched(&self, world: &MemoryWorld, progress: &Arc<Progress>) -> Result<Summary, RunError> {
        let config = Config::from_lookup(self.job, Place::Lambda, &|name| self.settings.get(name).cloned())?;
        let deadline = self.deadline.map(|deadline| Instant::now() + deadline);
        let now = orgscan::ports::Clock::now(world);
        let run = Run::new(&config, &self.event, now, deadline, self.stop.clone(), Arc::clone(progress));
        let summary = match self.job {
            Job::AccountMetadata => jobs::account_metadata::run(world, world.store(), &run).await,
            Job::CredentialReport => jobs::credential_report::run(world, world.store(), world.mailer(), &run).await,
        }?;
        for organization in &summary.organizations {
            let sums = organization.accounts;
            assert_eq!(sums.listed, sums.reported + sums.skipped + sums.failed, "{organization:?}");
        }
        assert_progress(progress.snapshot(), &summary);
        Ok(summary)
    }

    /// Runs and expects a summary.
    async fn summary(&self, world: &MemoryWorld) -> Summary {
        match self.run(world).await {
            Ok(summary) => summary,
            Err(error) => panic!("{}", error.chain()),
        }
    }
}

/// Whoever watched a run has seen what its summary says, but for reports that were there already.
fn assert_progress(seen: Snapshot, summary: &Summary) {
    if seen.listed > 0 {
        let sums = summary.accounts();
        assert_eq!(seen.listed, sums.listed, "{summary:?}");
        assert_eq!(seen.done - seen.failed, sums.reported + sums.skipped, "{seen:?}: {summary:?}");
    }
}

/// A tenant that the default filter lets through.
fn tenant(id: u64) -> MemoryTenant {
    MemoryTenant::new(format!("{id:012}"))
        .text("tenant_type", "Cloud Usage")
        .text("tenant_status", "Active")
        .text("cloud_service_provider", "AWS")
}

/// The rows of a table, each as column → cell.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// One column of a table, top down.
fn column(text: &str, name: &str) -> Vec<String> {
    rows(text).into_iter().map(|mut row| row.remove(name).unwrap()).collect()
}

/// The row of one account.
fn row_of(text: &str, account: &str) -> BTreeMap<String, String> {
    let found = rows(text)
        .into_iter()
        .find(|row| ["account_id", "Account_Id"].iter().any(|column| row.get(*column).is_some_and(|id| id == account)));
    found.unwrap()
}

/// Outcome and detail of one account in a ledger.
fn fate(ledger: &str, account: &str) -> (String, String) {
    let mut row = row_of(ledger, account);
    (row.remove("outcome").unwrap(), row.remove("detail").unwrap())
}
