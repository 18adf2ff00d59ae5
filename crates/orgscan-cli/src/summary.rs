//! What a run says on standard output: a summary that fits a screen, or the same as JSON.
//!
//! A screen has 24 lines of 80 columns, whatever the size of the Organization and however many there are: each part below has a
//! share of the lines, and what does not fit is counted, with the place where it is.

mod coverage;
mod files;
mod findings;
mod line;
#[cfg(test)]
mod tests;

use std::io;
use std::time::Duration;

use clap::ColorChoice;
use orgscan::summary::{Status, Summary};
use orgscan::text::{counted, number};

use crate::arguments::colour;
use crate::print::{print, print_json};
use line::{Ink, Line};

/// Prints a summary, and says whether it could.
#[must_use]
pub(crate) fn show(summary: &Summary, json: bool, color: ColorChoice) -> bool {
    if json {
        return print_json(&serde_json::to_value(summary).unwrap_or_default());
    }
    let is_coloured = colour::is_wanted(color, &io::stdout());
    let text: String = lines(summary).iter().map(|line| line.print(is_coloured) + "\n").collect();
    print(text.as_bytes())
}

/// At most 23 lines, so that the prompt below has its own.
fn lines(summary: &Summary) -> Vec<Line> {
    let mut lines = vec![headline(summary)];
    lines.extend(coverage::missing(summary));
    lines.extend(coverage::tenants(summary));
    lines.extend(findings::of(summary));
    lines.extend(files::of(summary));
    lines.extend(mail(summary));
    lines.extend(warnings(summary));
    lines.push(end(summary));
    lines
}

/// One line.
fn headline(summary: &Summary) -> Line {
    let accounts = summary.accounts();
    let whose = match summary.organizations.as_slice() {
        [one] => one.org_id.clone(),
        several => counted(several.len() as u64, "Organization", "Organizations"),
    };
    let (word, ink) = match (summary.dry_run, summary.status) {
        (true, Status::Complete) => ("Trial, complete", Ink::Good),
        (true, Status::Partial) => ("Trial, partial", Ink::Bad),
        (false, Status::Complete) => ("Complete", Ink::Good),
        (false, Status::Partial) => ("Partial", Ink::Bad),
    };
    let reported = if summary.dry_run { "can be entered" } else { "reported" };
    let rest = format!(
        ": {} of {} {reported}, {} skipped, {} failed, in {whose}",
        number(accounts.reported),
        counted(accounts.listed, "account", "accounts"),
        number(accounts.skipped),
        number(accounts.failed)
    );
    Line::new().inked(ink, word).text(&rest)
}

/// At most one line.
fn mail(summary: &Summary) -> Option<Line> {
    let mail = summary.mail.as_ref()?;
    Some(Line::of(&match mail.sent {
        0 => "Mail: no digest was sent".to_owned(),
        sent => format!(
            "Mail: {} to {}",
            counted(sent, "message", "messages"),
            counted(mail.recipients, "recipient", "recipients")
        ),
    }))
}

/// At most two lines.
fn warnings(summary: &Summary) -> Vec<Line> {
    let Some(first) = summary.warnings.first() else { return Vec::new() };
    let mut lines = vec![Line::new().inked(Ink::Bad, "Warning").text(&format!(": {first}"))];
    if summary.warnings.len() > 1 {
        let others = counted(summary.warnings.len() as u64 - 1, "warning is", "warnings are");
        lines.push(Line::of(&format!("  {others} not shown here; the log and --json have them in full")));
    }
    lines
}

/// One line.
fn end(summary: &Summary) -> Line {
    let calls: u64 = summary.api_calls.values().sum();
    Line::of(&format!(
        "{} ({} throttled) in {:.1} s",
        counted(calls, "API call", "API calls"),
        number(summary.throttled_calls),
        Duration::from_millis(summary.duration_ms).as_secs_f64()
    ))
}
