//! One invocation of a Lambda function, as plain values: what was asked for, until when, and what is answered.
//!
//! Knows nothing of the Lambda runtime; the functions' crates hand its values over.

use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use crate::error::RunError;
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
    async fn the_request_names_the_run_where_the_event_does_not() {
        let now: Timestamp = NOW.parse().unwrap();
        let read = |payload: Value| Invocation::read(&payload, "request-1", 600_000, now);
        assert_eq!(read(json!({})).unwrap().event.run_id.as_deref(), Some("request-1"));
        assert_eq!(read(json!({"run_id": "mine"})).unwrap().event.run_id.as_deref(), Some("mine"));
        assert_eq!(read(json!({"scheduled_time": 5})).unwrap_err().code(), "EventInvalid");
    }
}
