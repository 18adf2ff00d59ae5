//! One account's credential report: takes the one AWS holds where it is fresh, has a new one made where it is not, and
//! waits for it no longer than useful.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::generation_time::{Generation, GenerationTime};
use crate::backoff::Backoff;
use crate::credential_report::{self, Checked};
use crate::error::{CallError, CallErrorKind};
use crate::jobs::sweep::Probed;
use crate::ledger::Outcome;
use crate::ports::{Clock, CredentialReport, CredentialReports};
use crate::spool::{Spool, Spooled};
use crate::table;

/// How often a report is asked to be made in one visit: once, and again where AWS says that it has none, or none that is
/// young enough, after all.
const GENERATIONS: u32 = 3;

/// Waits before another report is asked for: 1 s doubling up to 10 s, at least half of each.
const GENERATION_WAITS: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));

/// How long one report is waited for. AWS makes most within seconds; what takes longer gets a second pass.
const REPORT_BUDGET: Duration = Duration::from_mins(2);

/// A report in the spool.
#[derive(Debug, Clone)]
pub(super) struct Fetched {
    pub(super) entry: Spooled,
    /// Its columns, where it is one. Most reports share one header, and so one allocation.
    pub(super) columns: Arc<[String]>,
}

/// Fetches reports into the spool.
#[derive(Debug)]
pub(super) struct Fetcher<'a, W> {
    world: &'a W,
    spool: &'a Spool,
    generation_time: GenerationTime,
    /// The header seen last.
    header: Mutex<Arc<[String]>>,
}

impl<'a, W: CredentialReports + Clock> Fetcher<'a, W> {
    pub(super) fn new(world: &'a W, spool: &'a Spool) -> Self {
        Self { world, spool, generation_time: GenerationTime::default(), header: Mutex::default() }
    }

    /// Fetches the report of the session's account.
    pub(super) async fn fetch(&self, session: &W::Session) -> Probed<Fetched> {
        match self.ask(session).await {
            Ok(report) if credential_report::is_fresh(report.generated_time, self.world.now()) => {
                self.take(&report, false)
            }
            // A report that another tool is having made is as good as one of ours.
            Err(error) if error.kind == CallErrorKind::NotReady => self.wait_for(session, false).await,
            Ok(_) => self.wait_for(session, true).await,
            Err(error) if matches!(error.kind, CallErrorKind::NotFound | CallErrorKind::Expired) => {
                self.wait_for(session, true).await
            }
            Err(error) => Probed::failed(&error),
        }
    }

    /// Asks for the report. A call is boxed, as it takes a few KB that an account which waits does not have to hold.
    async fn ask(&self, session: &W::Session) -> Result<CredentialReport, CallError> {
        Box::pin(self.world.credential_report(session)).await
    }

    /// Has a report made, where `generate` says so, and polls for it.
    async fn wait_for(&self, session: &W::Session, mut generate: bool) -> Probed<Fetched> {
        let began = Instant::now();
        let mut generations = 0;
        let mut generation = (!generate).then(Generation::of_somebody_else);
        loop {
            if generate {
                if generations > 0 {
                    tokio::time::sleep(GENERATION_WAITS.half_jittered(generations)).await;
                }
                generations += 1;
                generate = false;
                match Box::pin(self.world.generate_credential_report(session)).await {
                    Ok(is_ready) => generation = (!is_ready).then(|| self.generation_time.begin()),
                    Err(error) => return Probed::failed(&error),
                }
            }
            if let Some(generation) = &generation {
                tokio::time::sleep_until(generation.next_poll()).await;
            }
            match self.ask(session).await {
                Ok(report) => {
                    if let Some(generation) = generation {
                        generation.end();
                    }
                    return self.take(&report, true);
                }
                Err(error) => match error.kind {
                    CallErrorKind::NotReady => match &mut generation {
                        Some(generation) => generation.is_not_ready(),
                        None => generation = Some(Generation::of_somebody_else()),
                    },
                    CallErrorKind::NotFound | CallErrorKind::Expired if generations < GENERATIONS => generate = true,
                    CallErrorKind::NotFound | CallErrorKind::Expired => return gave_up(&error, generations),
                    _ => return Probed::failed(&error),
                },
            }
            if began.elapsed() >= REPORT_BUDGET {
                return Probed::without_report(
                    Outcome::ReportTimeout,
                    vec![format!(
                        "AWS did not finish the credential report within {} seconds",
                        REPORT_BUDGET.as_secs()
                    )],
                );
            }
        }
    }

    /// Puts a report into the spool, and says in the ledger how old it is where that is odd.
    fn take(&self, report: &CredentialReport, was_generated: bool) -> Probed<Fetched> {
        let checked = credential_report::check(&report.content);
        let entry = match self.spool.add(&report.content) {
            Ok(entry) => entry,
            Err(error) => {
                return Probed::without_report(
                    Outcome::ServiceError,
                    vec![format!("the report could not be kept in the temporary folder: {error}")],
                );
            }
        };
        let mut probed = match checked {
            Ok(Checked { columns, .. }) => Probed::reported(Fetched { entry, columns: self.shared(columns) }),
            Err(malformed) => Probed {
                outcome: Outcome::MalformedReport,
                details: vec![format!("what AWS answered is no credential report: {malformed}")],
                ..Probed::reported(Fetched { entry, columns: Arc::default() })
            },
        };
        probed.report_generated_time = report.generated_time;
        if was_generated && !credential_report::is_fresh(report.generated_time, self.world.now()) {
            probed.details.push(age_note(report.generated_time, self.world.now()));
        }
        probed
    }

    fn shared(&self, columns: Vec<String>) -> Arc<[String]> {
        let mut last = self.header.lock().unwrap_or_else(PoisonError::into_inner);
        if **last != *columns {
            *last = columns.into();
        }
        Arc::clone(&last)
    }
}

fn gave_up(error: &CallError, generations: u32) -> Probed<Fetched> {
    Probed::without_report(
        Outcome::ReportTimeout,
        vec![format!("{} after {generations} reports were asked for", error.chain())],
    )
}

fn age_note(generated_time: Option<Timestamp>, now: Timestamp) -> String {
    match generated_time {
        Some(time) => format!(
            "AWS answered a report of {}, {} hours old, although a new one was asked for",
            table::seconds(time),
            now.duration_since(time).as_hours()
        ),
        None => "AWS did not say when it made the report".to_owned(),
    }
}
