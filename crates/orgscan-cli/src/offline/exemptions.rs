//! `orgscan exemptions check`: what a list of exemptions says, entry by entry.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use orgscan::exemption::{Exemptions, ExplainedEntry, Standing};
use serde_json::{Value, json};

use super::Problem;
use super::reports::{moment, now};
use crate::arguments::groups::TERMINAL;
use crate::arguments::{PARTIAL, examples};
use crate::print::{ended, print_json};

#[derive(Debug, Subcommand)]
pub(crate) enum ExemptionsCommand {
    /// Explain each entry of a list: what it exempts, until when and why, or what is wrong with it.
    #[command(after_help = examples::EXEMPTIONS_CHECK)]
    Check(CheckArguments),
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The list, a JSON array.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The day to check for, a date or an RFC 3339 time; by default today.
    #[arg(long, value_name = "DATE|TIME", value_parser = moment)]
    as_of: Option<Timestamp>,

    /// Print the entries as JSON.
    #[arg(long, help_heading = TERMINAL)]
    json: bool,
}

/// Explains a list; the exit code says whether every entry can be used.
pub(crate) fn run(command: &ExemptionsCommand) -> Result<ExitCode, Problem> {
    let ExemptionsCommand::Check(arguments) = command;
    let content = std::fs::read(&arguments.file)
        .map_err(|error| Problem::Usage(format!("{} cannot be read: {error}", arguments.file.display())))?;
    let today = arguments.as_of.unwrap_or_else(now).to_zoned(TimeZone::UTC).date();
    let list = Exemptions::parse(&content).explain(today);
    let standing = |standing: Standing| match standing {
        Standing::InForce => "in force",
        Standing::Expired => "expired",
        Standing::Malformed => "malformed",
    };
    let is_well_formed = list.is_well_formed();
    let exit_code = |is_printed| if is_well_formed { ended(is_printed) } else { ExitCode::from(PARTIAL) };
    if arguments.json {
        let entry = |entry: &ExplainedEntry| json!({"number": entry.number, "standing": standing(entry.standing), "text": entry.text});
        let entries: Vec<Value> = list.entries.iter().map(entry).collect();
        return Ok(exit_code(print_json(&json!({"entries": entries, "problem": list.problem}))));
    }
    let mut out = io::stdout().lock();
    let mut lines: Vec<String> = list
        .entries
        .iter()
        .map(|entry| format!("{}. {}: {}", entry.number, standing(entry.standing), entry.text))
        .collect();
    lines.extend(list.problem.clone());
    if lines.is_empty() {
        lines.push("the list is empty: nothing is exempted".to_owned());
    }
    for line in lines {
        writeln!(out, "{line}").map_err(|error| Problem::writing("standard output", &error))?;
    }
    Ok(exit_code(true))
}
