//! Standard output: what a command answers.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::Value;

use crate::arguments::{COMPLETE, NOTHING_WRITTEN, say};

/// Prints text as it is, and says whether it could. That nobody reads it is no reason to complain; that it cannot be
/// written, as on a full disk, is.
#[must_use]
pub(crate) fn print(text: &[u8]) -> bool {
    let written = io::stdout().write_all(text).and_then(|()| io::stdout().flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            say(&format!("orgscan: standard output cannot be written: {error}"));
            false
        }
        _ => true,
    }
}

/// Prints JSON that people can read, as [`print()`] does.
#[must_use]
pub(crate) fn print_json(value: &Value) -> bool {
    print(format!("{value:#}\n").as_bytes())
}

/// What a command ends with that does nothing but print.
pub(crate) fn ended(is_printed: bool) -> ExitCode {
    ExitCode::from(if is_printed { COMPLETE } else { NOTHING_WRITTEN })
}
