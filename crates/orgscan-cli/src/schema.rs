//! `orgscan schema`: what is read and written, for programs.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use orgscan::schema;

use crate::print::{ended, print_json};

#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// What to describe.
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The event that a function takes, and --event.
    Event,
    /// What a function answers, and a run with --json prints.
    Summary,
    /// A line of the findings, aws-*-findings-*.jsonl.
    Findings,
    /// What orgscan doctor prints with --json.
    Diagnosis,
    /// The columns of every CSV, by the name of the report.
    Columns,
}

/// Prints a JSON Schema, or the columns.
pub(crate) fn run(arguments: &SchemaArguments) -> ExitCode {
    ended(print_json(&match arguments.what {
        What::Event => schema::event(),
        What::Summary => schema::summary(),
        What::Findings => schema::finding(),
        What::Diagnosis => schema::diagnosis(),
        What::Columns => schema::columns(),
    }))
}
