//! Both functions and the `orgscan` command, end to end, against AWS stand-ins on 127.0.0.1.
//!
//! The binaries are the release build (`make build`); the stand-ins install themselves into `target/`.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on ends")]

mod bad_input;
mod calls;
mod cargo_lambda;
mod completions;
mod deadlines;
mod delivery;
mod demo_world;
mod deploy;
mod doctor;
mod documents;
mod events;
mod fan_out;
mod least_privilege;
mod mail;
mod numbers;
mod offline;
mod package;
mod policies;
mod repeats;
mod runtime_api;
mod schemas;
mod secrets;
mod templates;
mod terminal;
mod worlds;

const ACCOUNT_METADATA: &str = "account-metadata";
const CREDENTIAL_REPORT: &str = "credential-report";
const FUNCTIONS: [&str; 2] = [ACCOUNT_METADATA, CREDENTIAL_REPORT];
