//! `orgscan findings`: what is wrong with credential reports that are at hand, and a gate for pipelines.

use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use orgscan::assessment::{Assessment, Change, Sink};
use orgscan::config::FormulaGuard;
use orgscan::finding::{Finding, Status};
use orgscan::findings_format::{FindingsTable, JsonLines, OcsfEvents};
use orgscan::rule::Severity;
use orgscan::text::{counted, number, one_line};

use super::Problem;
use super::reports::{ReportArguments, Reports};
use crate::arguments::groups::TERMINAL;
use crate::arguments::{COMPLETE, FOUND, PARTIAL, is_quiet, note, say};

/// Longest name in a line for people.
const NAME_CHARACTERS: usize = 64;

/// Longest detail in a line for people.
const DETAIL_CHARACTERS: usize = 200;

#[derive(Debug, Args)]
pub(crate) struct FindingsArguments {
    #[command(flatten)]
    reports: ReportArguments,

    /// How findings are printed: for people, or as JSON lines, CSV, or OCSF JSON lines for other programs.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,

    /// The same as --format jsonl.
    #[arg(long, conflicts_with = "format", help_heading = TERMINAL)]
    json: bool,

    /// End with exit code 3 where there is a new or open finding of this severity, or a worse one; else with 2 where some
    /// of the report could not be judged.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Jsonl,
    Csv,
    Ocsf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Critical,
    High,
    Medium,
    Low,
}

impl FailOn {
    fn severity(self) -> Severity {
        match self {
            Self::Critical => Severity::Critical,
            Self::High => Severity::High,
            Self::Medium => Severity::Medium,
            Self::Low => Severity::Low,
        }
    }
}

/// Prints the findings, and answers with the gate's exit code.
pub(crate) fn run(arguments: &FindingsArguments) -> Result<ExitCode, Problem> {
    let reports = Reports::open(&arguments.reports)?;
    let (as_of, cis_version) = (reports.as_of, reports.config.audit.cis_version);
    let guard = reports.config.formula_guard == FormulaGuard::All;
    let lack_something = reports.lack_something();
    let out = BufWriter::new(io::stdout().lock());
    let closed = |error: io::Error| Problem::writing("standard output", &error);
    let (assessment, out) = match if arguments.json { Format::Jsonl } else { arguments.format } {
        Format::Table => {
            let mut lines = Lines::default();
            let (assessment, _) = reports.assess(&mut lines)?;
            (assessment, lines.print(out).map_err(closed)?)
        }
        Format::Jsonl => {
            let mut lines = JsonLines::new(out);
            let (assessment, _) = reports.assess(&mut lines)?;
            (assessment, lines.finish().map_err(closed)?)
        }
        Format::Csv => {
            let mut table = FindingsTable::new(out, guard).map_err(closed)?;
            let (assessment, _) = reports.assess(&mut table)?;
            (assessment, table.finish().map_err(closed)?)
        }
        Format::Ocsf => {
            let mut lines = OcsfEvents::new(out, as_of, cis_version);
            let (assessment, _) = reports.assess(&mut lines)?;
            (assessment, lines.finish().map_err(closed)?)
        }
    };
    flush(out).map_err(closed)?;
    tell(&assessment);
    Ok(ExitCode::from(match arguments.fail_on {
        Some(fail_on) if has_found(&assessment, fail_on) => FOUND,
        Some(_) if lack_something || is_judged_in_part(&assessment) => {
            say("orgscan: some of the report could not be judged, so there may be such findings that are not known");
            PARTIAL
        }
        _ => COMPLETE,
    }))
}

fn flush(mut out: BufWriter<StdoutLock<'_>>) -> io::Result<()> {
    out.flush()
}

fn has_found(assessment: &Assessment, fail_on: FailOn) -> bool {
    let as_bad = Severity::ALL.into_iter().filter(|severity| *severity <= fail_on.severity());
    as_bad.map(|severity| assessment.counts.to_act_on(severity)).sum::<u64>() > 0
}

/// A report without rows is none that AWS made: each has its account's root user.
fn is_judged_in_part(assessment: &Assessment) -> bool {
    assessment.totals.rows == 0 || assessment.accounts_judged_in_part > 0
}

/// Says on standard error what it amounts to.
fn tell(assessment: &Assessment) {
    if is_quiet() {
        return;
    }
    let counts = &assessment.counts;
    let by_severity: Vec<String> = Severity::ALL
        .into_iter()
        .map(|severity| format!("{} {}", number(counts.to_act_on(severity)), severity.as_str()))
        .collect();
    let to_act_on = counts.with_status(Status::New) + counts.with_status(Status::Open);
    let change = match &assessment.change {
        Change::Since(_) => format!(
            "; {} new, {} resolved since the run before",
            number(counts.with_status(Status::New)),
            number(counts.with_status(Status::Resolved))
        ),
        Change::First | Change::Unknown(_) => String::new(),
    };
    let exempted = match counts.with_status(Status::Exempted) {
        0 => String::new(),
        exempted => format!(", {} exempted", number(exempted)),
    };
    say(&format!(
        "{} ({}){exempted} in {}{change}; as of {}, CIS {}",
        counted(to_act_on, "finding", "findings"),
        by_severity.join(", "),
        counted(assessment.totals.rows, "row", "rows"),
        assessment.as_of,
        assessment.cis_version.as_str()
    ));
    let exemptions = assessment.exemptions.iter().flat_map(|review| &review.problems);
    for text in assessment.notes.iter().chain(exemptions) {
        note(text);
    }
}

/// Findings for people: collected, since the worst come first.
#[derive(Debug, Default)]
struct Lines(Vec<Finding<'static>>);

impl Sink for Lines {
    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.0.push(finding.clone().into_owned());
        Ok(())
    }
}

impl Lines {
    fn print<W: Write>(mut self, mut out: W) -> io::Result<W> {
        self.0.sort_by_key(|finding| (!finding.status.counts(), finding.severity));
        for finding in &self.0 {
            let id = one_line(&finding.account_id, NAME_CHARACTERS);
            let account = match &*finding.account_name {
                "" => id,
                name => format!("{id} {}", one_line(name, NAME_CHARACTERS)),
            };
            writeln!(
                out,
                "{:<8}  {:<8}  {:<16}  {account}  {}  {}",
                finding.severity.as_str(),
                finding.status.as_str(),
                one_line(&finding.rule, NAME_CHARACTERS),
                one_line(&finding.user, NAME_CHARACTERS),
                one_line(&finding.detail, DETAIL_CHARACTERS),
            )?;
        }
        Ok(out)
    }
}
