//! The sweep's core, and the only fan-out in the workspace: visits many targets at once and loses none.
//!
//! Knows neither accounts nor AWS. Targets are visited while they still arrive. Every target that arrived has exactly one
//! [`Outcome`], whatever its visit did, and the outcomes come in the order the targets came.
//!
//! The task that polls the visits does nothing else: no call and no I/O of its own runs between them, so a slow consumer
//! cannot starve a visit. Requests in flight are bounded elsewhere ([`crate::gate`]), so most of the visits that are
//! open are waiting.

use std::future::Future;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Either, Shared, select};
use futures::stream::{FuturesUnordered, Stream, StreamExt};
use tokio::time::{Instant, Timeout};

/// What became of one target's visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<R> {
    /// The visit ended by itself; whether well or badly is in its result.
    Done(R),
    /// The visit panicked.
    Panicked,
    /// The visit took longer than one may.
    TimedOut,
    /// The deadline, or a stop, cut the visit off.
    CutOff,
    /// The deadline, or a stop, came before its turn.
    NotReached,
}

/// One target and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visited<T, R> {
    /// The target.
    pub target: T,
    /// What became of it.
    pub outcome: Outcome<R>,
    /// From the beginning of the visit to its end; zero where it was not reached.
    pub duration: Duration,
}

impl<T, R> Visited<T, R> {
    /// A target whose turn did not come.
    pub fn not_reached(target: T) -> Self {
        Self { target, outcome: Outcome::NotReached, duration: Duration::ZERO }
    }
}

/// What a scan gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned<T, R> {
    /// One per target that arrived, in the order they arrived.
    pub visited: Vec<Visited<T, R>>,
    /// Whether the targets came to their end; false where the cut came first.
    pub targets_ended: bool,
}

/// A signal that lets no further visit begin. Cheap to clone; [`Stop::never`] never comes.
#[derive(Clone)]
pub struct Stop(Shared<BoxFuture<'static, ()>>);

impl std::fmt::Debug for Stop {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Stop").field(&self.is_set()).finish()
    }
}

impl Stop {
    /// A stop that comes when the future is done.
    pub fn when(signal: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(signal.boxed().shared())
    }

    /// A stop that never comes.
    pub fn never() -> Self {
        Self::when(std::future::pending())
    }

    /// Whether it came. True only once somebody waited for it, as every scan does.
    pub fn is_set(&self) -> bool {
        self.0.peek().is_some()
    }

    /// Waits for it.
    pub fn wait(&self) -> impl Future<Output = ()> + Send + 'static {
        self.0.clone()
    }
}

/// Lets every other visit go on before this one does: for long work that waits for nothing.
pub async fn give_way() {
    let mut gave_way = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut gave_way, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The bounds of a scan.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Visits begun and not ended, most of them waiting.
    pub open: NonZeroUsize,
    /// How long one visit may take, waiting included.
    pub visit_timeout: Duration,
    /// No visit begins after it.
    pub deadline: Option<Instant>,
    /// The same, on demand.
    pub stop: Stop,
    /// How long visits that are under way may go on after the deadline or the stop.
    pub grace: Duration,
}

/// Visits every target, at most `limits.open` at a time.
///
/// After the deadline or the stop no visit begins; those under way have `limits.grace` to end, and targets that still
/// arrive in that time are noted as not reached.
pub async fn scan<T, R, S, V, F>(targets: S, limits: &Limits, visit: V) -> Scanned<T, R>
where
    T: Clone,
    S: Stream<Item = T>,
    V: Fn(T) -> F,
    F: Future<Output = R>,
{
    let mut targets = pin!(targets);
    let mut targets_ended = false;
    let mut visited: Vec<Visited<T, R>> = Vec::new();
    let mut starts: Vec<Option<Instant>> = Vec::new();
    let mut open = FuturesUnordered::new();

    let mut last_start = pin!(last_start(limits));
    let mut stopped = false;
    let mut cut = pin!(tokio::time::sleep(Duration::MAX));

    std::future::poll_fn(|context| {
        loop {
            let mut moved = false;
            if !stopped && last_start.as_mut().poll(context).is_ready() {
                stopped = true;
                // A grace that no clock can hold is one without an end.
                if let Some(end) = Instant::now().checked_add(limits.grace) {
                    cut.as_mut().reset(end);
                }
            }
            while let Poll::Ready(Some((index, outcome))) = open.poll_next_unpin(context) {
                moved = true;
                settle(&mut visited, &starts, index, outcome);
            }
            while !targets_ended && (stopped || open.len() < limits.open.get()) {
                match targets.as_mut().poll_next(context) {
                    Poll::Pending => break,
                    Poll::Ready(None) => targets_ended = true,
                    Poll::Ready(Some(target)) => {
                        if stopped {
                            starts.push(None);
                        } else {
                            let visit = tokio::time::timeout(limits.visit_timeout, visit(target.clone()));
                            open.push(guarded(visited.len(), visit));
                            starts.push(Some(Instant::now()));
                            moved = true;
                        }
                        visited.push(Visited::not_reached(target));
                    }
                }
            }
            if targets_ended && open.is_empty() {
                return Poll::Ready(());
            }
            if stopped && cut.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            if !moved {
                return Poll::Pending;
            }
        }
    })
    .await;

    drop(open);
    for index in 0..visited.len() {
        let unsettled = visited.get(index).is_some_and(|one| matches!(one.outcome, Outcome::NotReached));
        if unsettled && starts.get(index).is_some_and(Option::is_some) {
            settle(&mut visited, &starts, index, Outcome::CutOff);
        }
    }
    Scanned { visited, targets_ended }
}

/// Ends when no visit may begin any more.
async fn last_start(limits: &Limits) {
    let stop = pin!(limits.stop.wait());
    match limits.deadline {
        Some(deadline) => {
            let _: Either<_, _> = select(stop, pin!(tokio::time::sleep_until(deadline))).await;
        }
        None => stop.await,
    }
}

/// A visit that cannot take the scan down with it.
async fn guarded<R>(index: usize, visit: Timeout<impl Future<Output = R>>) -> (usize, Outcome<R>) {
    let outcome = match AssertUnwindSafe(visit).catch_unwind().await {
        Ok(Ok(result)) => Outcome::Done(result),
        Ok(Err(_elapsed)) => Outcome::TimedOut,
        Err(_panic) => Outcome::Panicked,
    };
    (index, outcome)
}

fn settle<T, R>(visited: &mut [Visited<T, R>], starts: &[Option<Instant>], index: usize, outcome: Outcome<R>) {
    let began = starts.get(index).copied().flatten();
    if let (Some(entry), Some(began)) = (visited.get_mut(index), began) {
        entry.outcome = outcome;
        entry.duration = began.elapsed();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use futures::stream;

    use super::*;

    fn limits(open: usize) -> Limits {
        Limits {
            open: NonZeroUsize::new(open).unwrap(),
            visit_timeout: Duration::from_mins(1),
            deadline: None,
            stop: Stop::never(),
            grace: Duration::from_secs(5),
        }
    }

    async fn pause(milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }

    fn outcomes<T, R: Clone>(scanned: &Scanned<T, R>) -> Vec<Outcome<R>> {
        scanned.visited.iter().map(|one| one.outcome.clone()).collect()
    }

    #[tokio::test]
    async fn who_gives_way_goes_on_after_every_other() {
        let order = RefCell::new(Vec::new());
        let long_work = async {
            for step in ["first", "second"] {
                order.borrow_mut().push(step);
                give_way().await;
            }
        };
        let other = async { order.borrow_mut().push("other") };
        futures::future::join(long_work, other).await;
        assert_eq!(order.into_inner(), ["first", "other", "second"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_limit_is_reached_and_never_passed() {
        let (running, highest) = (Cell::new(0_usize), Cell::new(0_usize));
        let scanned = scan(stream::iter(0..100), &limits(7), |_| async {
            running.set(running.get() + 1);
            highest.set(highest.get().max(running.get()));
            pause(10).await;
            running.set(running.get() - 1);
        })
        .await;
        assert_eq!(highest.get(), 7);
        assert!(scanned.targets_ended);
        assert!(scanned.visited.iter().all(|one| one.outcome == Outcome::Done(())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_targets_take_the_predicted_time() {
        let started = Instant::now();
        let scanned = scan(stream::iter(0..1_000), &limits(100), |_| pause(20)).await;
        assert_eq!(started.elapsed(), Duration::from_millis(200));
        assert_eq!(scanned.visited.len(), 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn targets_are_visited_while_they_still_arrive() {
        let first_began = Cell::new(None);
        let started = Instant::now();
        let targets = stream::unfold(0_u64, |next| async move {
            pause(1_000).await;
            (next < 10).then_some((next, next + 1))
        });
        scan(targets, &limits(100), |target| {
            if target == 0 {
                first_began.set(Some(started.elapsed()));
            }
            pause(10)
        })
        .await;
        assert_eq!(first_began.get(), Some(Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn outcomes_come_in_the_order_of_the_targets() {
        let scanned = scan(stream::iter([30_u64, 10, 20, 0]), &limits(10), |target| async move {
            pause(target).await;
            target
        })
        .await;
        assert_eq!(outcomes(&scanned), [30, 10, 20, 0].map(Outcome::Done));
        let durations: Vec<u128> = scanned.visited.iter().map(|one| one.duration.as_millis()).collect();
        assert_eq!(durations, [30, 10, 20, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_touches_one_target_only() {
        let scanned = scan(stream::iter(0..3), &limits(2), |target| async move {
            assert!(target != 1, "planned");
            target
        })
        .await;
        assert_eq!(outcomes(&scanned), [Outcome::Done(0), Outcome::Panicked, Outcome::Done(2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_visit_that_hangs_is_timed_out_and_frees_its_place() {
        let started = Instant::now();
        let scanned = scan(stream::iter([true, false, false]), &limits(1), |hangs| async move {
            if hangs {
                std::future::pending::<()>().await;
            }
        })
        .await;
        assert_eq!(outcomes(&scanned), [Outcome::TimedOut, Outcome::Done(()), Outcome::Done(())]);
        assert_eq!(started.elapsed(), Duration::from_mins(1));
    }

    #[tokio::test(start_paused = true)]
    async fn at_the_deadline_running_visits_get_the_grace_and_the_rest_are_not_reached() {
        let limits = Limits { deadline: Some(Instant::now() + Duration::from_secs(10)), ..limits(3) };
        let started = Instant::now();
        // Three begin at once. The first ends before the deadline and gives its place to the fourth, which ends within
        // the grace, as the second does; the third does not.
        let scanned = scan(stream::iter([8_u64, 12, 30, 4, 1, 1]), &limits, |seconds| async move {
            pause(seconds * 1_000).await;
        })
        .await;
        assert_eq!(
            outcomes(&scanned),
            [
                Outcome::Done(()),
                Outcome::Done(()),
                Outcome::CutOff,
                Outcome::Done(()),
                Outcome::NotReached,
                Outcome::NotReached
            ]
        );
        assert_eq!(started.elapsed(), Duration::from_secs(15));
        assert!(scanned.targets_ended);
        assert_eq!(scanned.visited.get(2).map(|one| one.duration), Some(Duration::from_secs(15)));
    }

    #[tokio::test(start_paused = true)]
    async fn targets_that_never_end_are_cut_and_it_is_said() {
        let limits = Limits { deadline: Some(Instant::now() + Duration::from_secs(10)), ..limits(3) };
        let targets = stream::unfold(0_u32, |next| async move {
            pause(1_400).await;
            Some((next, next + 1))
        });
        let scanned = scan(targets, &limits, |_| pause(1)).await;
        assert!(!scanned.targets_ended);
        let reached = scanned.visited.iter().filter(|one| one.outcome == Outcome::Done(())).count();
        let not_reached = scanned.visited.iter().filter(|one| one.outcome == Outcome::NotReached).count();
        assert_eq!((reached, not_reached), (7, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_lets_no_further_visit_begin() {
        let stop = Stop::when(pause(25));
        let limits = Limits { stop: stop.clone(), ..limits(1) };
        let scanned = scan(stream::iter(0..5), &limits, |_| pause(10)).await;
        let expected =
            [Outcome::Done(()), Outcome::Done(()), Outcome::Done(()), Outcome::NotReached, Outcome::NotReached];
        assert_eq!(outcomes(&scanned), expected);
        assert!(stop.is_set());
    }

    #[tokio::test(start_paused = true)]
    async fn a_grace_without_end_lets_every_visit_that_began_end() {
        let limits =
            Limits { deadline: Some(Instant::now() + Duration::from_secs(1)), grace: Duration::MAX, ..limits(1) };
        let scanned = scan(stream::iter(0..2), &limits, |_| pause(50_000)).await;
        assert_eq!(outcomes(&scanned), [Outcome::Done(()), Outcome::NotReached]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_in_the_past_reaches_nothing_and_loses_nothing() {
        let limits = Limits { deadline: Some(Instant::now()), ..limits(10) };
        let scanned = scan(stream::iter(0..4), &limits, |_| pause(10)).await;
        assert_eq!(outcomes(&scanned), vec![Outcome::NotReached; 4]);
        assert!(scanned.targets_ended);
    }
}
