//! Standard output: what a command answers.

use std::io::{self, Write};

use serde_json::Value;

use crate::arguments::say;

/// Prints text as it is. That nobody reads it is no reason to complain; that it cannot be written is.
pub(crate) fn print(text: &[u8]) {
    let written = io::stdout().write_all(text).and_then(|()| io::stdout().flush());
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        say(&format!("orgscan: standard output cannot be written: {error}"));
    }
}

/// Prints JSON that people can read.
pub(crate) fn print_json(value: &Value) {
    print(format!("{value:#}\n").as_bytes());
}
