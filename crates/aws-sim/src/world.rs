//! The world that is stood in for, and all of its state.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::account::Layout;
use crate::call::RequestId;
use crate::chance::{Seed, Topic};
use crate::clock::Clock;
use crate::counts::{Counters, Counts};
use crate::faults::Plan;
use crate::quotas::Quotas;
use crate::report_state::Reports;
use crate::s3::Store;
use crate::settings::Settings;

/// A world.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) layout: Layout,
    pub(crate) seed: Seed,
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
    pub(crate) quotas: Quotas,
    pub(crate) reports: Reports,
    pub(crate) plan: Plan,
    pub(crate) store: Store,
    calls: AtomicU64,
}

impl World {
    /// Makes a world, or says which setting cannot be.
    pub(crate) fn new(settings: Settings) -> io::Result<Self> {
        let cannot_be = |problem: String| io::Error::new(io::ErrorKind::InvalidInput, problem);
        settings.check().map_err(cannot_be)?;
        let (layout, seed) = (settings.layout(), Seed(settings.seed));
        Ok(Self {
            layout,
            seed,
            clock: Clock::start(),
            counters: Arc::default(),
            quotas: Quotas::default(),
            reports: Reports::new(layout.total()),
            plan: Plan::new(&settings.faults, layout, settings.fault_seed.map_or(seed, Seed)).map_err(cannot_be)?,
            store: Store::new()?,
            calls: AtomicU64::new(0),
            settings,
        })
    }

    /// The id of the next call.
    pub(crate) fn next_request_id(&self) -> RequestId {
        RequestId(self.calls.fetch_add(1, Ordering::Relaxed))
    }

    /// How long the answer to a call takes at least to leave.
    pub(crate) fn latency(&self, call: RequestId) -> Duration {
        let Settings { latency, jitter, .. } = self.settings;
        if jitter.is_zero() {
            return latency;
        }
        let fraction = self.seed.draws(Topic::Latency, [call.0]).f64();
        (latency + jitter.mul_f64(2.0 * fraction)).saturating_sub(jitter)
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut counts = self.counters.read();
        counts.objects = self.store.sizes();
        counts.open_uploads = self.store.open_uploads();
        counts
    }

    /// Back to the beginning. Calls that are being answered still are.
    pub(crate) fn reset(&self) {
        self.counters.reset();
        self.quotas.reset();
        self.reports.reset();
        self.plan.reset();
        self.store.reset();
        self.calls.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn latencies_are_spread_evenly_and_repeat() {
        let world = || World::new(Settings::default()).unwrap();
        let latencies = |world: &World| -> Vec<Duration> { (0..1_000).map(|n| world.latency(RequestId(n))).collect() };
        let drawn = latencies(&world());
        assert_eq!(drawn, latencies(&world()));
        assert!(drawn.iter().all(|latency| (20..=40).contains(&latency.as_millis())), "{drawn:?}");
        let mean = drawn.iter().sum::<Duration>() / 1_000;
        assert!((29..=31).contains(&mean.as_millis()), "{mean:?}");
        assert!(drawn.iter().any(|latency| latency.as_millis() < 22));
        let short = World::new(Settings { latency: Duration::from_millis(5), ..Settings::default() }).unwrap();
        assert!(latencies(&short).iter().all(|latency| latency.as_millis() <= 15));
    }

    #[tokio::test]
    async fn faults_may_be_drawn_from_a_seed_of_their_own() {
        let plan = |seed, fault_seed| {
            let settings = Settings { seed, fault_seed, ..Settings::default() };
            format!("{:?}", World::new(settings).unwrap().plan)
        };
        assert_eq!(plan(5, None), plan(1, Some(5)));
        assert_ne!(plan(1, Some(5)), plan(1, Some(6)));
    }

    #[tokio::test]
    async fn settings_that_cannot_be_are_refused() {
        let problem = World::new(Settings { accounts: 0, ..Settings::default() }).unwrap_err();
        assert_eq!(problem.kind(), io::ErrorKind::InvalidInput);
    }
}
