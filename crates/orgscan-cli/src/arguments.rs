//! What the command line says.

mod account_ids;
pub(crate) mod colour;
pub(crate) mod groups;
pub(crate) mod job;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use orgscan::error::RunError;

use crate::completions::CompletionsArguments;
use crate::manual::ManualArguments;
use crate::offline::digest::DigestArguments;
use crate::offline::exemptions::ExemptionsCommand;
use crate::offline::findings::FindingsArguments;
use crate::policy::PolicyArguments;
use crate::schema::SchemaArguments;
use crate::settings::SettingsArguments;
use groups::TerminalArguments;
use job::JobArguments;

/// Everything that should be covered is.
pub(crate) const COMPLETE: u8 = 0;
/// Nothing was written.
pub(crate) const NOTHING_WRITTEN: u8 = 1;
/// Something is missing, and the ledger or a note says what.
pub(crate) const PARTIAL: u8 = 2;
/// There are findings that `--fail-on` asks about.
pub(crate) const FOUND: u8 = 3;
/// The command line, the settings or the event cannot be used (`EX_USAGE` of sysexits.h).
pub(crate) const USAGE: u8 = 64;
/// A second Ctrl-C ended the command at once.
pub(crate) const INTERRUPTED: u8 = 130;

/// Inventory and credential report of every account of an AWS Organization, and what is wrong with the credentials.
#[derive(Debug, Parser)]
#[command(
    name = "orgscan",
    version,
    after_help = "Settings are environment variables, and those of a file .env in this folder or above it; `orgscan \
                  settings` lists them.\nExit codes: 0 complete, 2 partial (the coverage ledger says what is missing; with \
                  --fail-on some of the report could not be judged), 1 nothing was written, 3 there are findings that \
                  --fail-on asks about, 64 the command line, a setting or the event cannot be used."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) terminal: TerminalArguments,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Every account of every tenant's Organization with its tags and active regions, one CSV per Organization.
    AccountMetadata(JobArguments),
    /// The IAM credential report of every account of an Organization, merged into one CSV.
    CredentialReport(JobArguments),
    /// What is wrong with the credentials of reports that are at hand, without AWS.
    Findings(FindingsArguments),
    /// The digest, as HTML or text, and the report page of reports that are at hand, without AWS.
    Digest(DigestArguments),
    /// Lists of exemptions.
    #[command(subcommand)]
    Exemptions(ExemptionsCommand),
    /// List all settings, with their defaults.
    Settings(SettingsArguments),
    /// Print the least-privilege policies of every role, for the settings there are.
    Policy(PolicyArguments),
    /// Print the JSON Schema of an event, a summary or a finding, or the columns of every CSV.
    Schema(SchemaArguments),
    /// Print what lets a shell complete the command line.
    Completions(CompletionsArguments),
    /// Print the manual page of orgscan or of one of its commands.
    Man(ManualArguments),
}

/// Reads the command line. Where there is nothing to run, what there is to say is printed, and the exit code returned.
pub(crate) fn parse() -> Result<Arguments, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let parsed = Arguments::command().color(colour::named_in(&words)).try_get_matches_from(&words);
    parsed.and_then(|matches| Arguments::from_arg_matches(&matches)).map_err(|error| {
        let wanted = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        // With nobody to read it there is nobody to tell either.
        if error.print().is_err() {
            return ExitCode::from(NOTHING_WRITTEN);
        }
        ExitCode::from(if wanted { COMPLETE } else { USAGE })
    })
}

/// What is wrong with what was asked for, a sentence that begins with the name of the flag or the setting.
pub(crate) fn problem(text: String) -> RunError {
    RunError::Settings { problems: vec![text] }
}

/// Writes a line for people, to standard error; a closed one is no reason to stop a scan.
pub(crate) fn say(line: &str) {
    if writeln!(std::io::stderr(), "{line}").is_err() {
        tracing::debug!("standard error is closed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(line: &[&str]) -> Option<JobArguments> {
        match Arguments::try_parse_from(line).ok()?.command {
            Command::AccountMetadata(arguments) | Command::CredentialReport(arguments) => Some(arguments),
            _ => None,
        }
    }

    #[test]
    fn a_bucket_may_have_a_name_and_excludes_a_folder() {
        assert_eq!(job(&["orgscan", "account-metadata"]).unwrap().bucket, None);
        assert_eq!(job(&["orgscan", "account-metadata", "--bucket"]).unwrap().bucket.as_deref(), Some(""));
        assert_eq!(job(&["orgscan", "account-metadata", "--bucket=b"]).unwrap().bucket.as_deref(), Some("b"));
        assert!(job(&["orgscan", "account-metadata", "--bucket", "--output-dir", "x"]).is_none());
    }

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
