//! Waits that grow, with jitter, on tokio's clock.

use std::time::Duration;

/// Waits that double from `first` up to `longest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Waits from `first` up to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// The longest that the wait before repeat `repeat` (counted from 1) can be.
    pub fn ceiling(&self, repeat: u32) -> Duration {
        let doublings = repeat.saturating_sub(1).min(31);
        self.first.checked_mul(1 << doublings).map_or(self.longest, |wait| wait.min(self.longest))
    }

    /// The wait before repeat `repeat`: anything up to its ceiling, so that many callers that failed together do not come
    /// back together.
    pub fn jittered(&self, repeat: u32) -> Duration {
        self.ceiling(repeat).mul_f64(fastrand::f64())
    }

    /// The same with at least half of the ceiling, for polls that make no sense at once.
    pub fn half_jittered(&self, repeat: u32) -> Duration {
        self.ceiling(repeat).mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
        let ceilings: Vec<u64> = (0..8).map(|repeat| backoff.ceiling(repeat).as_secs()).collect();
        assert_eq!(ceilings, [1, 1, 2, 4, 8, 10, 10, 10]);
        assert_eq!(backoff.ceiling(u32::MAX), Duration::from_secs(10));
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));
        for _ in 0..1_000 {
            assert!(backoff.jittered(3) <= Duration::from_secs(4));
            let poll = backoff.half_jittered(3);
            assert!((Duration::from_secs(2)..=Duration::from_secs(4)).contains(&poll));
        }
    }
}
