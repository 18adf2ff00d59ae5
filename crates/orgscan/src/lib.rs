//! What both functions and the `orgscan` command share.

pub mod account;
pub mod config;
pub mod error;
pub mod event;
pub mod ledger;
pub mod names;
pub mod ports;
pub mod region;
pub mod session_policy;
pub mod summary;
pub mod tenant;
