//! The gate every AWS request passes: a permit for being in flight, a token of its quota, repeats of what is transient,
//! and the counts.
//!
//! Knows neither accounts nor AWS. A wait, for a token or before a repeat, holds no permit: thousands of accounts may
//! wait while `max_in_flight` requests run.

use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::error::{CallError, CallErrorKind};
use crate::ports::CallCounts;

/// How often a call is sent at most. Throttles and failures are waited out for about half a minute, since the accounts share
/// quotas that recover within seconds, and where one call in five fails, three attempts would fail for one account in fifty.
const ATTEMPTS: u32 = 7;

/// How often a call is sent at most of which nothing was heard for long, since it gets the second pass, whose host has no
/// address, which is seldom a matter of time, or whose caller repeats it too, and knows how much time there is.
const FEW_ATTEMPTS: u32 = 3;

/// A failure that comes later than this is one of silence.
const SILENCE: Duration = Duration::from_secs(5);

/// The waits between attempts: 0.3 s doubling up to 10 s, each with full jitter.
const REPEATS: Backoff = Backoff::new(Duration::from_millis(300), Duration::from_secs(10));

/// Bounds, repeats and counts requests. Shared by all calls of a process.
#[derive(Debug)]
pub struct Gate {
    in_flight: Semaphore,
    counts: Mutex<CallCounts>,
}

impl Gate {
    /// A gate that lets `max_in_flight` requests run at a time.
    pub fn new(max_in_flight: NonZeroUsize) -> Self {
        let permits = max_in_flight.get().min(Semaphore::MAX_PERMITS);
        Self { in_flight: Semaphore::new(permits), counts: Mutex::default() }
    }

    /// Runs one operation: takes a token of `quota` and a permit, runs `attempt`, gives the permit back, and repeats what
    /// is transient with jittered waits. A throttled answer also slows `quota` down.
    ///
    /// # Errors
    /// The last attempt's error.
    pub async fn call<T, A, F>(&self, action: &'static str, quota: Option<&Quota>, attempt: A) -> Result<T, CallError>
    where
        A: FnMut() -> F + Send,
        F: Future<Output = Result<T, CallError>> + Send,
        T: Send,
    {
        self.repeat(ATTEMPTS, action, quota, attempt).await
    }

    /// The same with few repeats, for a caller that repeats it too.
    ///
    /// # Errors
    /// The last attempt's error.
    pub async fn call_briefly<T, A, F>(&self, action: &'static str, attempt: A) -> Result<T, CallError>
    where
        A: FnMut() -> F + Send,
        F: Future<Output = Result<T, CallError>> + Send,
        T: Send,
    {
        self.repeat(FEW_ATTEMPTS, action, None, attempt).await
    }

    async fn repeat<T, A, F>(
        &self,
        attempts: u32,
        action: &'static str,
        quota: Option<&Quota>,
        mut attempt: A,
    ) -> Result<T, CallError>
    where
        A: FnMut() -> F + Send,
        F: Future<Output = Result<T, CallError>> + Send,
        T: Send,
    {
        let (mut failed, mut silent) = (0, 0);
        loop {
            let (answer, took) = self.once(action, quota, attempt()).await;
            let error = match answer {
                Err(error) if error.kind.is_transient() => error,
                answer => return answer,
            };
            failed += 1;
            silent += u32::from(took > SILENCE || error.kind == CallErrorKind::NoSuchHost);
            if failed >= attempts || silent >= FEW_ATTEMPTS {
                return Err(error);
            }
            tokio::time::sleep(REPEATS.jittered(failed)).await;
        }
    }

    /// Runs one operation that must not be repeated.
    ///
    /// # Errors
    /// The attempt's error.
    pub async fn call_once<T, F>(&self, action: &'static str, quota: Option<&Quota>, attempt: F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>> + Send,
        T: Send,
    {
        self.once(action, quota, attempt).await.0
    }

    /// The answer, and how long it took from when the request was sent.
    async fn once<T, F>(
        &self,
        action: &'static str,
        quota: Option<&Quota>,
        attempt: F,
    ) -> (Result<T, CallError>, Duration)
    where
        F: Future<Output = Result<T, CallError>> + Send,
        T: Send,
    {
        if let Some(quota) = quota {
            quota.take().await;
        }
        let permit = self.in_flight.acquire().await;
        let began = Instant::now();
        let answer = attempt.await;
        let took = began.elapsed();
        drop(permit);
        let throttled = matches!(&answer, Err(error) if error.kind == CallErrorKind::Throttled);
        self.count(action, throttled);
        if let Some(quota) = quota {
            if throttled { quota.slow_down() } else { quota.speed_up() }
        }
        (answer, took)
    }

    /// The calls since the counts were last taken, by action.
    pub fn take_counts(&self) -> CallCounts {
        std::mem::take(&mut *lock(&self.counts))
    }

    fn count(&self, action: &'static str, throttled: bool) {
        let mut counts = lock(&self.counts);
        let count = counts.entry(action).or_default();
        count.calls += 1;
        count.throttled += u64::from(throttled);
    }
}

/// A token bucket on tokio's clock: so many calls per second, so many at once after a rest.
///
/// Callers queue in the order they ask. A throttle that is answered all the same halves the rate, down to an eighth;
/// every answered call wins a little of it back.
#[derive(Debug)]
pub struct Quota {
    full_interval: Duration,
    burst: u32,
    state: Mutex<QuotaState>,
}

#[derive(Debug)]
struct QuotaState {
    /// When the bucket would be full again if nobody took a token any more.
    full_at: Option<Instant>,
    interval: Duration,
}

impl Quota {
    /// `per_second` calls per second, and up to `burst` at once.
    pub fn new(per_second: f64, burst: u32) -> Self {
        let full_interval = Duration::from_secs_f64(per_second.max(0.001).recip());
        let state = Mutex::new(QuotaState { full_at: None, interval: full_interval });
        Self { full_interval, burst: burst.max(1), state }
    }

    /// Waits for a token. A wait that is dropped gives its token back, so that accounts that were cut off do not slow
    /// the others down.
    async fn take(&self) {
        let (ready, reserved) = self.reserve(Instant::now());
        let mut reservation = Reservation { quota: self, reserved: Some(reserved) };
        tokio::time::sleep_until(ready).await;
        reservation.reserved = None;
    }

    /// Reserves the next token: says when it may be used, and how much of the bucket's time it takes (the generic cell
    /// rate algorithm).
    fn reserve(&self, now: Instant) -> (Instant, Duration) {
        let mut state = lock(&self.state);
        let tolerance = state.interval * (self.burst - 1);
        let full_at = state.full_at.map_or(now, |full_at| full_at.max(now));
        let ready = full_at.checked_sub(tolerance).map_or(now, |ready| ready.max(now));
        state.full_at = Some(full_at + state.interval);
        (ready, state.interval)
    }

    /// Who waits behind keeps its turn, so that for a moment two may come together; the rate over the whole wait holds.
    fn give_back(&self, reserved: Duration) {
        let mut state = lock(&self.state);
        state.full_at = state.full_at.and_then(|full_at| full_at.checked_sub(reserved));
    }

    fn slow_down(&self) {
        let mut state = lock(&self.state);
        state.interval = (state.interval * 2).min(self.full_interval * 8);
    }

    fn speed_up(&self) {
        let mut state = lock(&self.state);
        if state.interval > self.full_interval {
            state.interval = state.interval.mul_f64(0.95).max(self.full_interval);
        }
    }
}

/// A token that is waited for, and given back where the wait is dropped.
struct Reservation<'a> {
    quota: &'a Quota,
    reserved: Option<Duration>,
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if let Some(reserved) = self.reserved {
            self.quota.give_back(reserved);
        }
    }
}

/// A lock whose holder panicked is as good as any: what it guards is whole between two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

    use futures::stream::{FuturesUnordered, StreamExt};

    use super::*;

    const ACTION: &str = "iam:GetCredentialReport";

    fn gate(max_in_flight: usize) -> Gate {
        Gate::new(NonZeroUsize::new(max_in_flight).unwrap())
    }

    async fn fails(times: u32, kind: CallErrorKind) -> (Result<u32, CallError>, u32) {
        let sent = AtomicU32::new(0);
        let answer = gate(1)
            .call(ACTION, None, || async {
                let attempt = sent.fetch_add(1, Ordering::Relaxed) + 1;
                if attempt <= times { Err(CallError::new(ACTION, kind)) } else { Ok(attempt) }
            })
            .await;
        (answer, sent.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_transient_is_repeated_and_what_is_final_is_not() {
        assert_eq!(fails(6, CallErrorKind::Throttled).await.0.unwrap(), 7);
        assert_eq!(fails(7, CallErrorKind::Throttled).await.1, 7);
        assert_eq!(fails(6, CallErrorKind::Unavailable).await.0.unwrap(), 7);
        assert_eq!(fails(9, CallErrorKind::Unavailable).await.1, 7);
        assert_eq!(fails(2, CallErrorKind::NoSuchHost).await.0.unwrap(), 3);
        assert_eq!(fails(9, CallErrorKind::NoSuchHost).await.1, 3, "a host without an address seldom gets one");
        for kind in [CallErrorKind::Denied, CallErrorKind::NotReady, CallErrorKind::NotFound, CallErrorKind::Other] {
            assert_eq!(fails(1, kind).await.1, 1, "{kind:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_not_waited_for_as_often_as_a_failure_that_comes_at_once() {
        for (seconds, attempts) in [(5, 7), (6, 3)] {
            let sent = AtomicU32::new(0);
            let gate = gate(1);
            let answer = gate.call(ACTION, None, || async {
                sent.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Err::<(), _>(CallError::new(ACTION, CallErrorKind::Unavailable))
            });
            assert!(answer.await.is_err());
            assert_eq!(sent.into_inner(), attempts, "{seconds} seconds each");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_repeats_a_call_itself_hears_soon_that_it_failed() {
        let sent = AtomicU32::new(0);
        let gate = gate(1);
        let answer = gate.call_briefly(ACTION, || {
            sent.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Err::<(), _>(CallError::new(ACTION, CallErrorKind::Unavailable)))
        });
        assert!(answer.await.is_err());
        assert_eq!(sent.into_inner(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_permitted_requests_are_in_flight() {
        let gate = gate(3);
        let (running, highest) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let calls: FuturesUnordered<_> = (0..20)
            .map(|_| {
                gate.call(ACTION, None, || async {
                    let now = running.fetch_add(1, Ordering::Relaxed) + 1;
                    highest.fetch_max(now, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    running.fetch_sub(1, Ordering::Relaxed);
                    Ok(())
                })
            })
            .collect();
        assert_eq!(calls.collect::<Vec<_>>().await.len(), 20);
        assert_eq!(highest.into_inner(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_before_a_repeat_holds_no_permit() {
        let gate = gate(1);
        let throttled_once = AtomicU32::new(0);
        let started = Instant::now();
        let slow = gate.call(ACTION, None, || async {
            match throttled_once.fetch_add(1, Ordering::Relaxed) {
                0..3 => Err(CallError::new(ACTION, CallErrorKind::Throttled)),
                _ => Ok(()),
            }
        });
        let quick = async {
            for _ in 0..10 {
                gate.call(ACTION, None, || async { Ok(()) }).await.unwrap();
            }
            started.elapsed()
        };
        let (slow, quick_took) = futures::future::join(slow, quick).await;
        slow.unwrap();
        assert_eq!(quick_took, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_quota_lets_its_burst_through_and_then_its_rate() {
        let quota = Quota::new(8.0, 12);
        let started = Instant::now();
        for _ in 0..12 {
            quota.take().await;
        }
        assert_eq!(started.elapsed(), Duration::ZERO);
        for _ in 0..80 {
            quota.take().await;
        }
        let took = started.elapsed();
        assert!((Duration::from_millis(9_950)..Duration::from_millis(10_100)).contains(&took), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_dropped_gives_its_token_back() {
        let quota = Quota::new(1.0, 1);
        quota.take().await;
        let dropped: FuturesUnordered<_> =
            (0..100).map(|_| tokio::time::timeout(Duration::from_millis(10), quota.take())).collect();
        assert!(dropped.collect::<Vec<_>>().await.iter().all(Result::is_err));
        let started = Instant::now();
        quota.take().await;
        assert_eq!(started.elapsed(), Duration::from_millis(990));
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttle_slows_its_quota_down_and_answers_win_it_back() {
        let gate = gate(4);
        let quota = Quota::new(10.0, 1);
        let throttled = gate
            .call_once(ACTION, Some(&quota), async { Err::<(), _>(CallError::new(ACTION, CallErrorKind::Throttled)) })
            .await;
        assert!(throttled.is_err());
        let started = Instant::now();
        gate.call_once(ACTION, Some(&quota), async { Ok(()) }).await.unwrap();
        gate.call_once(ACTION, Some(&quota), async { Ok(()) }).await.unwrap();
        let slowed = started.elapsed();
        assert!(slowed > Duration::from_millis(250), "{slowed:?}");
        for _ in 0..50 {
            gate.call_once(ACTION, Some(&quota), async { Ok(()) }).await.unwrap();
        }
        let started = Instant::now();
        gate.call_once(ACTION, Some(&quota), async { Ok(()) }).await.unwrap();
        assert!(started.elapsed() <= Duration::from_millis(101));
    }

    #[tokio::test(start_paused = true)]
    async fn every_request_is_counted_and_throttles_apart() {
        let gate = gate(1);
        let first = AtomicU32::new(0);
        gate.call(ACTION, None, || async {
            match first.fetch_add(1, Ordering::Relaxed) {
                0 => Err(CallError::new(ACTION, CallErrorKind::Throttled)),
                _ => Ok(()),
            }
        })
        .await
        .unwrap();
        let counts = gate.take_counts();
        let count = counts.get(ACTION).unwrap();
        assert_eq!((count.calls, count.throttled), (2, 1));
        assert!(gate.take_counts().is_empty());
    }
}
