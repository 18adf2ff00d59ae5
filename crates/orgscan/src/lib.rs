//! What both functions and the `orgscan` command share: the model, the sweep, the jobs and the way to AWS.
//!
//! ```text
//! event ─► config ─► jobs::organizations ─► jobs::sweep ─► scan ─► probe per account (regions │ credential report)
//!                                               │                      │ ports ◄── aws (the SDK) │ testing (in memory)
//!                                               ▼                      ▼
//!                                            ledger               spool ─► table ─► jobs::publish ─► digest ─► summary
//! ```
//!
//! * Model: [`account`], [`tenant`], [`region`], [`credential_report`], [`ledger`], [`summary`] know no async and none of
//!   our traits.
//! * [`scan`] is the only fan-out; [`gate`] bounds, repeats and counts requests; neither knows accounts or AWS.
//! * [`ports`] say what a job needs from the world. Jobs know ports and plain values.
//! * `aws` (feature `aws`) is the only module that knows an SDK type; without the feature the crate builds no SDK at all.
//!
//! Invariants, each held by tests:
//!
//! * Every account that was listed has one row in the ledger: `listed = reported + skipped + failed`.
//! * What one account does, be it a panic, changes no other account's row.
//! * "Absent" and "unknown" are told apart in every output.
//! * An assumed session can do what its step needs and nothing else.

#[cfg(feature = "aws")]
pub mod aws;

pub mod account;
mod advice;
pub mod assessment;
pub mod backoff;
pub mod config;
pub mod credential_report;
pub mod credential_row;
pub mod digest;
pub mod doctor;
pub mod error;
pub mod event;
pub mod exemption;
pub mod finding;
pub mod findings_format;
pub mod formula_guard;
pub mod gate;
mod gzip;
pub mod invocation;
pub mod jobs;
pub mod judgement;
pub mod ledger;
#[cfg(feature = "logs")]
pub mod logs;
pub mod merged_report;
pub mod metrics;
pub mod names;
pub mod paging;
pub mod policies;
pub mod ports;
pub mod progress;
mod rates;
pub mod region;
pub mod report_page;
pub mod rule;
pub mod scan;
#[cfg(feature = "schema")]
pub mod schema;
pub mod session_policy;
pub mod spool;
pub mod summary;
pub mod table;
pub mod tenant;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
pub mod text;
mod tidy_csv;
pub mod trend;
