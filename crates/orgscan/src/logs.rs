//! The log of a process: where it goes, and what may be in it whatever level is asked for.
//!
//! The AWS SDK logs whole requests and answers at `debug` and `trace`, the credentials of sessions and the rows of reports among
//! them, and a panic says what it stumbled over. Neither may be in a log, so of others than this workspace's own crates only
//! warnings are, and of a panic only its place.

use std::io;
use std::str::FromStr;

use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::invocation::process_environment;

/// The crates whose every line is looked through for secrets by tests; `orgscan` is also the beginning of `orgscan_cli`.
const OWN: [&str; 3] = ["orgscan", "account_metadata", "credential_report"];

/// The runtime's spans say which request a line belongs to; below that it logs events.
const RUNTIME: &str = "lambda_runtime";

/// What may be logged at the most.
pub fn most() -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(OWN.map(|own| (own, LevelFilter::TRACE)))
        .with_target(RUNTIME, LevelFilter::INFO)
}

/// Logs a panic's place, and not its message, which may hold what is read.
pub fn hide_messages_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "a place that is not known".to_owned(), ToString::to_string);
        tracing::error!(place, "an internal error at {place}");
    }));
}

/// Begins the log of a Lambda function on standard output: at the level and in the format that the function's logging
/// configuration says, `AWS_LAMBDA_LOG_LEVEL` and `AWS_LAMBDA_LOG_FORMAT`, or else at that of `RUST_LOG`, or `info`.
pub fn begin_in_function() {
    let level = process_environment("AWS_LAMBDA_LOG_LEVEL").or_else(|| process_environment("RUST_LOG"));
    let level = level.and_then(|level| LevelFilter::from_str(&level).ok()).unwrap_or(LevelFilter::INFO);
    let wanted = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    let lines = tracing_subscriber::fmt::layer().with_target(false).without_time().with_writer(io::stdout);
    let is_json =
        process_environment("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"));
    let lines = if is_json { lines.json().boxed() } else { lines.boxed() };
    registry().with(lines.with_filter(most())).with(wanted).init();
    hide_messages_of_panics();
}
