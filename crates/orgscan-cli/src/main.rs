//! The `orgscan` command: both jobs from a terminal, with the terminal's AWS credentials, and what needs no AWS.

mod arguments;
mod completions;
mod doctor;
mod environment_file;
mod folder;
mod manual;
mod offline;
mod policy;
mod print;
mod run;
mod schema;
mod settings;
mod summary;
mod watch;

use std::process::ExitCode;

fn main() -> ExitCode {
    match arguments::parse() {
        Ok(arguments) => run::run(&arguments),
        Err(exit_code) => exit_code,
    }
}
