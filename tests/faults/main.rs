//! Both functions under faults: every operation with every fault, and seeded runs with faults at random.
//!
//! Each part writes its table to `target/faults/`, and `make faults` prints them with their sums.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on ends")]

mod chaos;
mod matrix;
mod sums;

use std::sync::Mutex;

/// Deadlines are of the real clock, so only one part runs at a time.
static TURN: Mutex<()> = Mutex::new(());
