//! Findings read back from JSON lines, one at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::credential_report::LONGEST_RECORD;
use crate::finding::Finding;

/// Longest line that can be a finding. What it says of a user comes from one record, each byte of which takes 6 where JSON
/// has no other way to write it; what it has besides, account name and path first, has 3,000 bytes at most.
const LONGEST_LINE: u64 = 7 * LONGEST_RECORD as u64;

/// Why a file of findings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It cannot be read.
    #[error("the findings cannot be read")]
    Unreadable(#[from] io::Error),
    /// A line is no finding.
    #[error("line {line} of the findings is no finding")]
    NotAFinding {
        /// The line, counted from 1.
        line: u64,
    },
}

/// The findings of a file.
#[derive(Debug)]
pub struct FindingLines {
    reader: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl FindingLines {
    /// Begins with a file at its first line.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(path: &Path) -> Result<Self, Unusable> {
        Ok(Self { reader: BufReader::new(File::open(path)?), line: Vec::new(), number: 0 })
    }

    /// The next finding; none at the end.
    ///
    /// # Errors
    /// The line is no finding.
    pub fn read(&mut self) -> Result<Option<Finding<'_>>, Unusable> {
        self.line.clear();
        if io::Read::take(&mut self.reader, LONGEST_LINE).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let line = self.number;
        serde_json::from_slice(&self.line).map(Some).map_err(|_| Unusable::NotAFinding { line })
    }

    /// The number of the line that was read last, counted from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}
