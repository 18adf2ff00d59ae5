//! A clock that stands still with tokio's.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::ports::Clock;

/// Starts at a given time and goes as tokio's clock goes, so a test under paused time sees one consistent time.
#[derive(Debug, Clone, Copy)]
pub struct MemoryClock {
    start: Timestamp,
    began: Instant,
}

impl MemoryClock {
    /// A clock that shows `start` now. Make it inside the runtime of the test, or it follows another clock.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, began: Instant::now() }
    }

    /// How long it has been going.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The time it showed at the beginning.
    pub fn start(&self) -> Timestamp {
        self.start
    }
}

impl Clock for MemoryClock {
    fn now(&self) -> Timestamp {
        self.start.saturating_add(self.elapsed()).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_goes_exactly_as_tokios_clock_goes() {
        let clock = MemoryClock::starting_at("2026-11-21T06:00:00Z".parse().unwrap());
        assert_eq!(clock.now().to_string(), "2026-11-21T06:00:00Z");
        tokio::time::sleep(Duration::from_millis(90_500)).await;
        assert_eq!(clock.now().to_string(), "2026-11-21T06:01:30.5Z");
        assert_eq!(clock.now(), clock.now(), "paused time stands still");
    }
}
