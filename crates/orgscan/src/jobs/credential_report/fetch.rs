//! One account's credential report: takes the one AWS holds where it is fresh, has a new one made where it is not, and
//! waits for it no longer than useful.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

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

/// The first wait before a report that is being made is asked for, until this run has seen how long AWS takes.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// Bounds of what is learnt about that.
const SHORTEST_ESTIMATE: Duration = Duration::from_millis(300);
const LONGEST_ESTIMATE: Duration = Duration::from_secs(30);

/// Waits between the later polls: 1 s doubling up to 10 s, at least half of each.
const POLLS: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));

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
        match self.world.credential_report(session).await {
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

    /// Has a report made, where `generate` says so, and polls for it.
    async fn wait_for(&self, session: &W::Session, mut generate: bool) -> Probed<Fetched> {
        let began = Instant::now();
        let mut generations = 0;
        let mut polls = 0;
        let mut waited = false;
        loop {
            if generate {
                if generations > 0 {
                    tokio::time::sleep(POLLS.half_jittered(generations)).await;
                }
                generations += 1;
                match self.world.generate_credential_report(session).await {
                    Ok(true) => {}
                    Ok(false) => {
                        waited = true;
                        tokio::time::sleep(self.generation_time.expected()).await;
                    }
                    Err(error) => return Probed::failed(&error),
                }
                generate = false;
            } else {
                polls += 1;
                tokio::time::sleep(POLLS.half_jittered(polls)).await;
            }
            match self.world.credential_report(session).await {
                Ok(report) => {
                    if waited {
                        self.generation_time.saw(began.elapsed(), polls);
                    }
                    return self.take(&report, true);
                }
                Err(error) => match error.kind {
                    CallErrorKind::NotReady => {}
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

/// How long AWS takes to make a report, learnt from the accounts this run has already fetched: a poll that comes too early
/// is a call for nothing, and one that comes late is time lost.
#[derive(Debug, Default)]
struct GenerationTime {
    estimate: Mutex<Option<Duration>>,
}

impl GenerationTime {
    /// The wait before the first poll, with a little jitter.
    fn expected(&self) -> Duration {
        let estimate = *self.estimate.lock().unwrap_or_else(PoisonError::into_inner);
        estimate.unwrap_or(FIRST_WAIT).mul_f64(1.0 + 0.2 * fastrand::f64())
    }

    /// Takes one more account in. A first poll that found its report says only that the wait was long enough, so the
    /// estimate comes down a little; one that did not moves it up, by a third at most, so that one straggler does not slow
    /// all others down. It settles where about one first poll in ten comes too early.
    fn saw(&self, took: Duration, polls: u32) {
        let mut estimate = self.estimate.lock().unwrap_or_else(PoisonError::into_inner);
        let before = estimate.unwrap_or(FIRST_WAIT);
        let after = if polls == 0 { before.mul_f64(0.97) } else { before.mul_f64(1.3).min(took) };
        *estimate = Some(after.clamp(SHORTEST_ESTIMATE, LONGEST_ESTIMATE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wait_follows_what_aws_takes_and_does_not_feed_on_itself() {
        for true_time in [Duration::from_millis(600), Duration::from_secs(3), Duration::from_secs(12)] {
            let learnt = GenerationTime::default();
            let mut polls_in_the_end = 0;
            for account in 0..400 {
                let (mut at, mut polls) = (learnt.expected(), 0);
                while at < true_time {
                    polls += 1;
                    at += POLLS.half_jittered(polls);
                }
                learnt.saw(at, polls);
                if account >= 300 {
                    polls_in_the_end += 1 + polls;
                }
            }
            let expected = learnt.expected();
            assert!(expected > true_time.mul_f64(0.7) && expected < true_time.mul_f64(1.6), "{expected:?}");
            assert!(polls_in_the_end <= 170, "{polls_in_the_end} polls for 100 accounts at {true_time:?}");
        }
    }
}
