//! What needs no AWS: credential reports that are at hand, their findings, digest and page, and lists of exemptions.

pub(crate) mod digest;
mod earlier;
pub(crate) mod exemptions;
pub(crate) mod findings;
mod input;
mod report_files;
mod reports;

use std::io;
use std::process::ExitCode;

use crate::arguments::{NOTHING_WRITTEN, USAGE, say};

/// Why a command ends without an answer.
#[derive(Debug)]
pub(crate) enum Problem {
    /// What was asked for makes no sense: an option, a setting, a file that is not there.
    Usage(String),
    /// It went wrong on the way.
    Failed(String),
    /// Nobody reads standard output any more, which is no reason to complain.
    NobodyReads,
}

impl Problem {
    /// Of writing to `place`.
    fn writing(place: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyReads,
            _ => Self::Failed(format!("{place} cannot be written: {error}")),
        }
    }

    /// Says what it is, and gives the exit code.
    pub(crate) fn tell(&self) -> ExitCode {
        match self {
            Self::Usage(problem) => {
                say(&format!("orgscan: {problem}"));
                ExitCode::from(USAGE)
            }
            Self::Failed(problem) => {
                say(&format!("orgscan: {problem}"));
                ExitCode::from(NOTHING_WRITTEN)
            }
            Self::NobodyReads => ExitCode::from(NOTHING_WRITTEN),
        }
    }
}
