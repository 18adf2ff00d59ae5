//! One invocation of a Lambda function, as plain values: what was asked for, until when, and what is answered.
//!
//! Knows nothing of the Lambda runtime; the functions' crates hand its values over.

use std::future::Future;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use crate::error::{CallError, CallErrorKind, RunError};
use crate::event::Event;
use crate::metrics;
use crate::summary::Summary;

/// What an invocation asks for.
#[derive(Debug)]
pub struct Invocation {
    /// The event, with the request's id as `run_id` where it names none.
    pub event: Event,
    /// When the process is stopped; none where the caller gave no usable deadline.
    pub deadline: Option<Instant>,
}

impl Invocation {
    /// Reads the payload and the deadline (milliseconds since 1970) of an invocation.
    ///
    /// # Errors
    /// The event cannot be used.
    pub fn read(payload: &Value, request_id: &str, deadline_ms: u64, now: Timestamp) -> Result<Self, RunError> {
        let (mut event, warnings) = Event::parse(payload)?;
        for warning in warnings {
            tracing::warn!("{warning}");
        }
        if event.run_id.is_none() {
            event.run_id = Some(request_id.to_owned());
        }
        Ok(Self { event, deadline: deadline(deadline_ms, now) })
    }

    /// Waits for what depends on the caller's identity, for half of the time that is left: without it nothing can be done,
    /// and an error says more than the end of the process.
    ///
    /// # Errors
    /// Those of what is waited for, and that there was no answer in time.
    pub async fn identify<T>(&self, asked: impl Future<Output = Result<T, RunError>>) -> Result<T, RunError> {
        let Some(deadline) = self.deadline else { return asked.await };
        let too_late = CallError::new("sts:GetCallerIdentity", CallErrorKind::Unavailable);
        let left = deadline.saturating_duration_since(Instant::now());
        tokio::time::timeout(left / 2, asked)
            .await
            .unwrap_or_else(|_elapsed| Err(RunError::Identity(too_late.with_source("the deadline came first"))))
    }
}

/// Runs to the end. A panic, whose message may hold what was read, becomes an error that says nothing of it.
///
/// # Errors
/// That of the run, or [`RunError::Internal`].
pub async fn run_to_the_end<T>(run: impl Future<Output = Result<T, RunError>>) -> Result<T, RunError> {
    AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(|_panic| Err(RunError::Internal))
}

/// One variable of the process's environment. Settings are read through it once, at the beginning.
#[expect(clippy::disallowed_methods, reason = "this is the one reading of the environment")]
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The function's answer; writes the metrics of a run that was no trial to standard output, where CloudWatch finds them.
pub fn answer(function_name: &str, summary: &Summary, now: Timestamp) -> Value {
    // A trial is no run: its metrics would hide that no report was made.
    if summary.dry_run {
        return serde_json::to_value(summary).unwrap_or_default();
    }
    let metrics = metrics::of_run(function_name, summary, now);
    if let Err(error) = writeln!(std::io::stdout(), "{metrics}") {
        tracing::warn!("the metrics of the run could not be written: {error}");
    }
    serde_json::to_value(summary).unwrap_or_default()
}

/// The deadline on tokio's clock. One that lies before the invocation began is none: local stand-ins of Lambda give a
/// number of milliseconds where Lambda gives a time, and stopping at once would help nobody.
fn deadline(deadline_ms: u64, now: Timestamp) -> Option<Instant> {
    let left = i64::try_from(deadline_ms).ok().map(|deadline| deadline - now.as_millisecond());
    if let Some(left) = left.and_then(|left| u64::try_from(left).ok()) {
        return Instant::now().checked_add(Duration::from_millis(left));
    }
    tracing::warn!(
        deadline_ms,
        "the invocation's deadline lies before its beginning; the run goes on without a deadline"
    );
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-11-21T06:00:00Z";

    #[tokio::test(start_paused = true)]
    async fn a_deadline_is_a_time_to_come_or_none() {
        let now: Timestamp = NOW.parse().unwrap();
        let now_ms = u64::try_from(now.as_millisecond()).unwrap();
        for (deadline_ms, left) in [
            (now_ms + 900_000, Some(Duration::from_mins(15))),
            (now_ms, Some(Duration::ZERO)),
            (now_ms - 1, None),
            (600_000, None),
            (0, None),
            (u64::MAX, None),
        ] {
            let found = deadline(deadline_ms, now).map(|deadline| deadline - Instant::now());
            assert_eq!(found, left, "{deadline_ms}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_identity_that_is_never_told_is_not_waited_for_until_the_process_ends() {
        let now: Timestamp = NOW.parse().unwrap();
        let now_ms = u64::try_from(now.as_millisecond()).unwrap();
        let invocation = Invocation::read(&Value::Null, "request-1", now_ms + 5_000, now).unwrap();
        let began = Instant::now();
        let error = invocation.identify(std::future::pending::<Result<(), RunError>>()).await.unwrap_err();
        assert_eq!((error.code(), began.elapsed()), ("IdentityUnknown", Duration::from_millis(2_500)));
        assert_eq!(invocation.identify(std::future::ready(Ok(1))).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_request_names_the_run_where_the_event_does_not() {
        let now: Timestamp = NOW.parse().unwrap();
        let read = |payload: Value| Invocation::read(&payload, "request-1", 600_000, now);
        assert_eq!(read(json!({})).unwrap().event.run_id.as_deref(), Some("request-1"));
        assert_eq!(read(json!({"run_id": "mine"})).unwrap().event.run_id.as_deref(), Some("mine"));
        assert_eq!(read(json!({"scheduled_time": 5})).unwrap_err().code(), "EventInvalid");
    }
}
