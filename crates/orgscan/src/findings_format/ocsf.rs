//! Findings as events of the Open Cybersecurity Schema Framework, class Compliance Finding (2003), one a line, which
//! Security Lake and most other collectors of findings take.
//!
//! What the schema has no place for is in `unmapped`. A finding that was carried on, since its account was not read or
//! not in full, has the compliance status `Warning`: it was not evaluated this time.

mod event;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use jiff::Timestamp;

use super::Lines;
use crate::assessment::Sink;
use crate::config::CisVersion;
use crate::finding::Finding;
use event::{Event, Run};

/// The version of the schema that events follow.
pub const OCSF_VERSION: &str = "1.5.0";

/// Writes findings as OCSF events.
#[derive(Debug)]
pub struct OcsfEvents<W> {
    lines: Lines<W>,
    run: Run,
}

impl<W: Write> OcsfEvents<W> {
    /// Events in `to`, of a run of this time that followed this version of the benchmark.
    pub fn new(to: W, time: Timestamp, cis_version: CisVersion) -> Self {
        let standard = format!("CIS AWS Foundations Benchmark {}", cis_version.as_str());
        Self { lines: Lines::new(to), run: Run { time: time.as_millisecond(), standard } }
    }

    /// Ends the events and gives back what they were written to.
    ///
    /// # Errors
    /// What is left of them cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.lines.finish()
    }
}

impl<W: Write> Sink for OcsfEvents<W> {
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let identity = finding.identity().to_hex();
        let message = format!("{}: {}", event::title(finding), finding.detail);
        self.lines.write(&Event::of(finding, &self.run, &identity, &message))
    }
}
