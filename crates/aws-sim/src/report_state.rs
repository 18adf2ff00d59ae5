//! Whether an account has a credential report, and when it will.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::account::{AccountId, Place};
use crate::chance::{Topic, within};
use crate::world::World;

/// The oldest report that an account holds from the start, in seconds: AWS would make a new one after four hours.
const OLDEST_FRESH: u64 = 3 * 3_600 + 1_800;

/// The youngest report that an account holds from the start, in seconds.
const YOUNGEST_FRESH: u64 = 60;

/// What Generate answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    Started,
    InProgress,
    Complete,
}

/// What Get answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    NotPresent,
    InProgress,
    /// Made at this time since 1970.
    Ready {
        unix_seconds: u64,
    },
}

/// The reports of all accounts: for each, when the one that was asked for is ready.
#[derive(Debug)]
pub(crate) struct Reports {
    ready_at: Mutex<Vec<Option<Instant>>>,
}

impl Reports {
    pub(crate) fn new(accounts: usize) -> Self {
        Self { ready_at: Mutex::new(vec![None; accounts]) }
    }

    pub(crate) fn generate(&self, world: &World, account: AccountId, place: Place, now: Instant) -> Generation {
        match self.get(world, account, place, now) {
            Report::Ready { .. } => Generation::Complete,
            Report::InProgress => Generation::InProgress,
            Report::NotPresent => {
                let mut ready_at = self.ready_at.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(ready_at) = ready_at.get_mut(world.layout.position(place)) {
                    *ready_at = Some(now + duration(world, account));
                }
                Generation::Started
            }
        }
    }

    pub(crate) fn get(&self, world: &World, account: AccountId, place: Place, now: Instant) -> Report {
        let ready_at = self.ready_at.lock().unwrap_or_else(PoisonError::into_inner);
        match ready_at.get(world.layout.position(place)).copied().flatten() {
            Some(ready_at) if ready_at <= now => Report::Ready { unix_seconds: world.clock.unix_seconds(ready_at) },
            Some(_) => Report::InProgress,
            None => fresh(world, account),
        }
    }

    pub(crate) fn reset(&self) {
        self.ready_at.lock().unwrap_or_else(PoisonError::into_inner).fill(None);
    }
}

/// What an account has before anybody asked for a report.
fn fresh(world: &World, account: AccountId) -> Report {
    let mut draws = world.seed.draws(Topic::FreshReport, [account.number()]);
    if !within(&mut draws, world.settings.fresh_share) {
        return Report::NotPresent;
    }
    let age = draws.u64(YOUNGEST_FRESH..=OLDEST_FRESH);
    Report::Ready { unix_seconds: world.clock.began_unix_seconds().saturating_sub(age) }
}

/// How long a report of this account takes to be made.
fn duration(world: &World, account: AccountId) -> Duration {
    let settings = &world.settings;
    let mut slow = world.seed.draws(Topic::SlowGeneration, [account.number()]);
    if within(&mut slow, settings.slow_generation_share) {
        return settings.slow_generation;
    }
    let spread = settings.generation_high.saturating_sub(settings.generation_low);
    let fraction = world.seed.draws(Topic::Generation, [account.number()]).f64();
    settings.generation_low + spread.mul_f64(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn world(settings: Settings) -> World {
        World::new(settings).unwrap()
    }

    fn place(index: u32) -> (AccountId, Place) {
        (AccountId::new(0, index), Place { organization: 0, index })
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_is_made_once_asked_for() {
        let world = world(Settings::default());
        let (account, at) = place(3);
        let now = Instant::now();
        let get = |now| world.reports.get(&world, account, at, now);
        let generate = |now| world.reports.generate(&world, account, at, now);
        assert_eq!(get(now), Report::NotPresent);
        assert_eq!(generate(now), Generation::Started);
        assert_eq!(get(now), Report::InProgress);
        assert_eq!(generate(now + Duration::from_millis(1_999)), Generation::InProgress);
        let later = now + Duration::from_millis(4_001);
        assert!(matches!(get(later), Report::Ready { .. }));
        assert_eq!(generate(later), Generation::Complete);
        let (other, elsewhere) = place(4);
        assert_eq!(world.reports.get(&world, other, elsewhere, later), Report::NotPresent);
        world.reports.reset();
        assert_eq!(get(later), Report::NotPresent);
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_takes_its_accounts_time_and_is_dated_when_it_was_ready() {
        let world = world(Settings { slow_generation_share: 0.2, ..Settings::default() });
        let now = Instant::now();
        let slow = (0..100)
            .map(place)
            .filter(|(account, at)| {
                assert_eq!(world.reports.generate(&world, *account, *at, now), Generation::Started);
                let ready = |ms| world.reports.get(&world, *account, *at, now + Duration::from_millis(ms));
                assert_eq!(ready(1_999), Report::InProgress);
                match ready(4_001) {
                    Report::Ready { unix_seconds } => {
                        assert!((2..=4).contains(&(unix_seconds - world.clock.unix_seconds(now))));
                        false
                    }
                    state => {
                        assert_eq!(state, Report::InProgress);
                        assert_eq!(ready(59_999), Report::InProgress);
                        assert!(matches!(ready(60_000), Report::Ready { .. }));
                        true
                    }
                }
            })
            .count();
        assert!((10..=30).contains(&slow), "{slow} of 100 accounts at a share of 0.2");
    }

    #[tokio::test(start_paused = true)]
    async fn some_accounts_hold_a_report_from_the_start() {
        let world = world(Settings { fresh_share: 0.5, ..Settings::default() });
        let now = Instant::now();
        let began = world.clock.began_unix_seconds();
        let ready = (0..100)
            .map(place)
            .filter(|(account, at)| match world.reports.get(&world, *account, *at, now) {
                Report::Ready { unix_seconds } => {
                    assert!((60..4 * 3_600).contains(&(began - unix_seconds)));
                    assert_eq!(world.reports.generate(&world, *account, *at, now), Generation::Complete);
                    true
                }
                state => {
                    assert_eq!(state, Report::NotPresent);
                    false
                }
            })
            .count();
        assert!((35..=65).contains(&ready), "{ready} of 100 accounts at a share of 0.5");
    }
}
