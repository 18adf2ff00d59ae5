//! What the log of a process holds at its most talkative.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

#[path = "jobs/log.rs"]
mod log;

use log::Log;
use orgscan::error::RunError;
use orgscan::invocation::run_to_the_end;
use orgscan::logs;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

#[tokio::test]
async fn neither_what_the_sdk_says_of_requests_nor_a_panics_message_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    tracing_subscriber::registry().with(lines.with_filter(logs::most())).init();
    logs::hide_messages_of_panics();

    tracing::trace!(target: "orgscan::jobs", "an own line");
    tracing::info!(target: "lambda_runtime::layers", "a line of the runtime");
    tracing::warn!(target: "aws_config", "a warning of the SDK");
    tracing::debug!(target: "lambda_runtime", "PLANTED");
    tracing::info!(target: "aws_smithy_runtime", "PLANTED");
    tracing::trace!(target: "hyper", "PLANTED");
    let ended: Result<(), RunError> = run_to_the_end(async { panic!("it stumbled over PLANTED") }).await;
    assert_eq!(ended.unwrap_err().code(), "InternalError");

    let text = log.text();
    for line in ["an own line", "a line of the runtime", "a warning of the SDK", "an internal error at"] {
        assert!(text.contains(line), "{line} is missing: {text}");
    }
    assert!(text.contains("tests/logs.rs:"), "{text}");
    assert!(!text.contains("PLANTED"), "{text}");
}
