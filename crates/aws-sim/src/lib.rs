//! A stand-in for AWS, for load and faults: an HTTP server that speaks the operations of both jobs, for as many
//! Organizations and accounts as are asked for.
//!
//! Everything it answers follows from [`Settings`] and their seed: accounts, tags, regions, resources, reports, latencies
//! and which calls a [`FaultRule`] happens to. It keeps the published quotas, makes credential reports in their time and
//! counts every call. Answers have the shapes that AWS SDKs parse; what AWS really answers is established elsewhere.
//! Signatures are not checked: an access key that it gave out names its account, and any other is one of the management
//! account of the first Organization.
//!
//! A call goes through `server` (connections), `understanding` (which operation, whose), `dispatch` (counts, quotas,
//! faults), a service, and `sending` (the answer, or what a fault makes of it). Memory: a few dozen bytes for an account,
//! and nothing for a call; objects are files.

mod account;
mod answer;
mod body;
mod call;
mod chance;
mod clock;
mod control;
mod counts;
mod credential_report;
mod dispatch;
mod faults;
mod form;
mod operation;
mod page;
mod problem;
mod quotas;
mod region;
mod report_state;
mod s3;
mod sending;
mod server;
mod services;
mod settings;
mod sim;
mod understanding;
mod wire;
mod world;
mod xml;

pub use account::{AccountId, NotAnAccountId};
pub use counts::{ConnectionCounts, Counts, OperationCounts};
pub use faults::{Fault, FaultRule};
pub use settings::Settings;
pub use sim::Sim;
