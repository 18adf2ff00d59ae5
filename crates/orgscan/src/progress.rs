//! How far a run is, for whoever watches it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How far back the pace looks: long enough for accounts that wait for a report and come in waves, short enough to follow a
/// throttle.
const PACE_WINDOW: Duration = Duration::from_secs(30);

/// Counters that a run moves and a terminal reads.
#[derive(Debug, Default)]
pub struct Progress {
    listed: AtomicU64,
    done: AtomicU64,
    failed: AtomicU64,
    listings: AtomicU64,
    listings_ended: AtomicU64,
}

/// What the counters say at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Accounts listed so far.
    pub listed: u64,
    /// Accounts that have an outcome.
    pub done: u64,
    /// Of these, not covered.
    pub failed: u64,
    /// Whether every Organization's listing has ended.
    pub listed_all: bool,
}

impl Progress {
    /// Notes an account that was listed.
    pub fn listed(&self) {
        self.listed.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes an account's outcome.
    pub fn done(&self, failed: bool) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(failed), Ordering::Relaxed);
    }

    /// Notes that an account that had failed is covered after all.
    pub fn recovered(&self) {
        self.failed.fetch_sub(1, Ordering::Relaxed);
    }

    /// Notes how many Organizations will be listed.
    pub fn listings(&self, organizations: usize) {
        self.listings.store(organizations as u64, Ordering::Relaxed);
    }

    /// Notes that an Organization's listing has ended.
    pub fn listing_ended(&self) {
        self.listings_ended.fetch_add(1, Ordering::Relaxed);
    }

    /// Reads the counters.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            listed: self.listed.load(Ordering::Relaxed),
            done: self.done.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            listed_all: self.listings.load(Ordering::Relaxed) > 0
                && self.listings.load(Ordering::Relaxed) == self.listings_ended.load(Ordering::Relaxed),
        }
    }
}

/// How fast a run goes, by what its counters said of late.
#[derive(Debug, Default)]
pub struct Pace {
    /// When, since the run began, and how many accounts had an outcome then.
    samples: VecDeque<(Duration, u64)>,
}

impl Pace {
    /// Takes in what the counters say at a moment of the run; moments come in order.
    pub fn add(&mut self, elapsed: Duration, snapshot: Snapshot) {
        self.samples.push_back((elapsed, snapshot.done));
        // One sample that is older than the window is its beginning.
        while self.samples.get(1).is_some_and(|(then, _)| elapsed.saturating_sub(*then) >= PACE_WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Accounts a second; none as long as there is nothing to tell it by.
    pub fn per_second(&self) -> Option<f64> {
        let ((began, first), (ended, last)) = self.samples.front().zip(self.samples.back())?;
        let seconds = ended.saturating_sub(*began).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown to one decimal")]
        let accounts = last.saturating_sub(*first) as f64;
        (seconds >= 1.0 && accounts > 0.0).then(|| accounts / seconds)
    }

    /// How long it will take; none as long as more accounts may be listed, or nothing moves.
    pub fn left(&self, snapshot: Snapshot) -> Option<Duration> {
        let open = snapshot.listed.saturating_sub(snapshot.done);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let seconds = open as f64 / self.per_second()?;
        snapshot.listed_all.then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(done: u64, listed_all: bool) -> Snapshot {
        Snapshot { listed: 1_000, done, failed: 0, listed_all }
    }

    #[test]
    fn the_pace_is_that_of_the_last_half_minute_and_says_how_long_it_takes() {
        let mut pace = Pace::default();
        pace.add(Duration::ZERO, at(0, false));
        assert_eq!((pace.per_second(), pace.left(at(0, true))), (None, None), "nothing moves yet");
        for second in 1..=100 {
            // Ten a second for a minute, then five.
            let done = if second <= 60 { second * 10 } else { 600 + (second - 60) * 5 };
            pace.add(Duration::from_secs(second), at(done, false));
            if second == 50 {
                assert_eq!(pace.per_second(), Some(10.0));
            }
        }
        assert_eq!(pace.per_second(), Some(5.0), "what is older than the window is forgotten");
        assert_eq!(pace.left(at(800, false)), None, "more may be listed");
        assert_eq!(pace.left(at(800, true)), Some(Duration::from_secs(40)));
        assert_eq!(pace.left(at(1_000, true)), Some(Duration::ZERO));
        assert!(pace.samples.len() <= 32, "{}", pace.samples.len());
    }

    #[test]
    fn a_run_that_stands_still_has_no_pace() {
        let mut pace = Pace::default();
        for second in 0..100 {
            pace.add(Duration::from_secs(second), at(7, true));
        }
        assert_eq!((pace.per_second(), pace.left(at(7, true))), (None, None));
    }

    #[test]
    fn all_is_listed_when_the_last_listing_ended() {
        let progress = Progress::default();
        assert!(!progress.snapshot().listed_all);
        progress.listings(2);
        progress.listing_ended();
        assert!(!progress.snapshot().listed_all);
        progress.listing_ended();
        assert!(progress.snapshot().listed_all);
    }
}
