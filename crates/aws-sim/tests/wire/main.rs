//! The stand-in as a client sees it, over HTTP.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

mod calls;
mod client;
mod faults;
mod objects;
mod process;
mod state;
