//! When to ask for a report that AWS is making: a poll that comes too early is a call for nothing, and one that comes late
//! is time lost.
//!
//! How long AWS takes is learnt from the accounts this run has already fetched. Of each it is known that the report was
//! not ready at one poll and was at the next, so what is kept is, for a scale of waits, how many reports were ready by
//! then and how many were not.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The first wait until this run has seen how long AWS takes.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// The scale: waits from 0.25 s to about half a minute, each longer than the one before by this factor.
const SHORTEST_WAIT: Duration = Duration::from_millis(250);
const STEP: f64 = 1.06;
const STEPS: usize = 84;

/// The share of reports that the first poll should find ready: seven of eight, which costs one call in eight accounts and
/// makes few wait for the slow ones.
const READY_AT_FIRST_POLL: f64 = 0.875;

/// After so many accounts the older half of what is known counts half: AWS may get slower or faster within a run.
const REMEMBERED: u32 = 512;

/// One account in so many asks earlier than the others, so that it shows when AWS gets faster.
const EXPLORERS: u32 = 16;
const EARLIEST_EXPLORER: f64 = 0.7;

/// Waits between later polls: a fifth of what was waited already.
const LATER_WAITS: f64 = 0.2;
const SHORTEST_LATER_WAIT: Duration = Duration::from_millis(300);
const LONGEST_LATER_WAIT: Duration = Duration::from_secs(10);

/// How long AWS takes to make a report.
#[derive(Debug, Default)]
pub(super) struct GenerationTime {
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    accounts: u32,
    /// Per step of the scale: reports that were ready after that wait, and reports that were not.
    steps: [(f64, f64); STEPS],
}

impl Default for Seen {
    fn default() -> Self {
        Self { accounts: 0, steps: [(0.0, 0.0); STEPS] }
    }
}

impl GenerationTime {
    /// A report begins to be made now.
    pub(super) fn begin(&self) -> Generation<'_> {
        let began = Instant::now();
        Generation { time: Some(self), began, not_ready: Duration::ZERO, next_poll: began + self.first_wait() }
    }

    fn first_wait(&self) -> Duration {
        match self.lock().wait() {
            None => FIRST_WAIT.mul_f64(between(1.0, STEP)),
            Some(wait) if fastrand::u32(..EXPLORERS) == 0 => wait.mul_f64(between(EARLIEST_EXPLORER, 1.0)),
            Some(wait) => wait.mul_f64(between(1.0, STEP)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Takes in a report that was made after `not_ready` and within `ready`.
    fn take_in(&mut self, not_ready: Duration, ready: Duration) {
        self.accounts += 1;
        if self.accounts == REMEMBERED {
            self.accounts /= 2;
            for step in &mut self.steps {
                *step = (step.0 / 2.0, step.1 / 2.0);
            }
        }
        for (wait, step) in scale().zip(&mut self.steps) {
            step.0 += f64::from(u8::from(wait >= ready));
            step.1 += f64::from(u8::from(wait <= not_ready));
        }
    }

    /// The shortest wait after which enough reports were ready.
    fn wait(&self) -> Option<Duration> {
        let is_enough =
            |(ready, not_ready): &(f64, f64)| *ready > 0.0 && *ready >= READY_AT_FIRST_POLL * (ready + not_ready);
        scale().zip(&self.steps).find(|(_, step)| is_enough(step)).map(|(wait, _)| wait)
    }
}

fn scale() -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(SHORTEST_WAIT), |wait| Some(wait.mul_f64(STEP))).take(STEPS)
}

fn between(low: f64, high: f64) -> f64 {
    low + (high - low) * fastrand::f64()
}

/// One report that is being made.
#[derive(Debug)]
pub(super) struct Generation<'a> {
    /// None where it is not known when it began.
    time: Option<&'a GenerationTime>,
    began: Instant,
    not_ready: Duration,
    next_poll: Instant,
}

impl Generation<'_> {
    /// A report that somebody else is having made, since when is not known.
    pub(super) fn of_somebody_else() -> Self {
        let began = Instant::now();
        let mut generation = Self { time: None, began, not_ready: Duration::ZERO, next_poll: began };
        generation.is_not_ready();
        generation
    }

    /// When to ask for it.
    pub(super) fn next_poll(&self) -> Instant {
        self.next_poll
    }

    /// It was asked for and was not ready.
    pub(super) fn is_not_ready(&mut self) {
        self.not_ready = self.began.elapsed();
        let wait = self.not_ready.mul_f64(LATER_WAITS).clamp(SHORTEST_LATER_WAIT, LONGEST_LATER_WAIT);
        self.next_poll = Instant::now() + wait.mul_f64(between(0.75, 1.25));
    }

    /// It was asked for and was ready, which ends the wait.
    pub(super) fn end(self) {
        if let Some(time) = self.time {
            time.lock().take_in(self.not_ready, self.began.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::stream::{self, StreamExt};

    use super::*;

    /// Fetches `accounts` reports, `open` at a time, which take what `takes` says: polls per account, and the longest
    /// that a ready report waited to be asked for.
    async fn fetch(time: &GenerationTime, accounts: u32, open: usize, takes: impl Fn() -> Duration) -> (f64, Duration) {
        let fetched: Vec<(u32, Duration)> = stream::iter(0..accounts)
            .map(|_| {
                let takes = takes();
                async move {
                    let (began, mut generation, mut polls) = (Instant::now(), time.begin(), 1);
                    loop {
                        tokio::time::sleep_until(generation.next_poll()).await;
                        if began.elapsed() >= takes {
                            generation.end();
                            return (polls, began.elapsed().saturating_sub(takes));
                        }
                        generation.is_not_ready();
                        polls += 1;
                    }
                }
            })
            .buffer_unordered(open)
            .collect()
            .await;
        let polls: u32 = fetched.iter().map(|(polls, _)| polls).sum();
        (f64::from(polls) / f64::from(accounts), fetched.iter().map(|(_, late)| *late).max().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_poll_comes_when_most_reports_are_ready() {
        fastrand::seed(1);
        for takes in [600, 2_000, 3_300, 12_000].map(Duration::from_millis) {
            // Hundreds of accounts are under way before the first of them says how long it took.
            let time = GenerationTime::default();
            fetch(&time, 2_000, 400, || takes).await;
            let (polls, late) = fetch(&time, 1_000, 400, || takes).await;
            assert!(polls <= 1.3, "{polls} polls per account at {takes:?}");
            assert!(late <= takes.mul_f64(0.3) + Duration::from_millis(600), "{late:?} late at {takes:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn reports_of_two_seconds_need_hardly_more_than_one_poll_from_the_first_account_on() {
        fastrand::seed(1);
        let (polls, _) = fetch(&GenerationTime::default(), 1_000, 400, || Duration::from_secs(2)).await;
        assert!(polls <= 1.3, "{polls}");
    }

    #[tokio::test(start_paused = true)]
    async fn times_that_differ_cost_few_polls_and_little_time() {
        fastrand::seed(1);
        let time = GenerationTime::default();
        let takes = || Duration::from_secs_f64(between(2.0, 4.0));
        fetch(&time, 800, 400, takes).await;
        let (polls, late) = fetch(&time, 1_000, 400, takes).await;
        assert!(polls <= 1.4, "{polls}");
        assert!(late <= Duration::from_millis(2_200), "{late:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn it_follows_when_aws_gets_faster_or_slower() {
        fastrand::seed(1);
        let time = GenerationTime::default();
        for takes in [2, 8, 2].map(Duration::from_secs) {
            fetch(&time, 4_000, 200, || takes).await;
            let (polls, late) = fetch(&time, 1_000, 200, || takes).await;
            assert!(polls <= 1.5 && late <= takes.mul_f64(0.5), "{polls} polls, {late:?} late at {takes:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_of_somebody_else_is_polled_for_and_teaches_nothing() {
        fastrand::seed(1);
        let time = GenerationTime::default();
        let mut generation = Generation::of_somebody_else();
        assert!(generation.next_poll() > Instant::now());
        tokio::time::sleep_until(generation.next_poll()).await;
        generation.is_not_ready();
        generation.end();
        assert_eq!(time.lock().wait(), None);
    }
}
