//! What the command line says.

pub(crate) mod account_ids;
pub(crate) mod colour;
pub(crate) mod examples;
pub(crate) mod groups;
pub(crate) mod job;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use orgscan::error::RunError;
use orgscan::text::one_line;

use crate::completions::CompletionsArguments;
use crate::doctor::DoctorArguments;
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
    after_help = examples::ORGSCAN
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
    #[command(after_help = examples::ACCOUNT_METADATA)]
    AccountMetadata(JobArguments),
    /// The IAM credential report of every account of an Organization, merged into one CSV.
    #[command(after_help = examples::CREDENTIAL_REPORT)]
    CredentialReport(JobArguments),
    /// What will not work, before the first run, and how to mend it; changes nothing.
    #[command(after_help = examples::DOCTOR)]
    Doctor(DoctorArguments),
    /// What is wrong with the credentials of reports that are at hand, without AWS.
    #[command(after_help = examples::FINDINGS)]
    Findings(FindingsArguments),
    /// The digest, as HTML or text, and the report page of reports that are at hand, without AWS.
    #[command(after_help = examples::DIGEST)]
    Digest(DigestArguments),
    /// Lists of exemptions.
    #[command(subcommand, after_help = examples::EXEMPTIONS)]
    Exemptions(ExemptionsCommand),
    /// List all settings, with their defaults.
    #[command(after_help = examples::SETTINGS)]
    Settings(SettingsArguments),
    /// Print the least-privilege policies of every role, for the settings there are.
    #[command(after_help = examples::POLICY)]
    Policy(PolicyArguments),
    /// Print the JSON Schema of what is read and written, or the columns of every CSV.
    #[command(after_help = examples::SCHEMA)]
    Schema(SchemaArguments),
    /// Print what lets a shell complete the command line.
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArguments),
    /// Print the manual page of orgscan or of one of its commands.
    #[command(after_help = examples::MAN)]
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

/// Whether `--quiet` was given: only what is wrong is said.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Says from now on only what is wrong.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Writes a line for people, to standard error; a closed one is no reason to stop a scan. What could move the cursor or
/// forge a line, such as in the name of an account, is taken out of it.
pub(crate) fn say(line: &str) {
    if writeln!(std::io::stderr(), "{}", one_line(line, usize::MAX)).is_err() {
        tracing::debug!("standard error is closed");
    }
}

/// Whether only what is wrong is said.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Says what somebody may want to know and need not, unless `--quiet` was given.
pub(crate) fn note(text: &str) {
    if !is_quiet() {
        say(&format!("note: {text}"));
    }
}

#[cfg(test)]
mod tests;
