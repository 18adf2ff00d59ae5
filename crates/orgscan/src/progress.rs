//! How far a run is, for whoever watches it.

use std::sync::atomic::{AtomicU64, Ordering};

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

#[cfg(test)]
mod tests {
    use super::*;

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
