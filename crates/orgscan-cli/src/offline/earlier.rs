//! Findings of earlier runs, as the run before and as a trend.

use std::path::PathBuf;

use jiff::Timestamp;
use orgscan::assessment::Before;
use orgscan::config::AccountSelection;
use orgscan::error::chain;
use orgscan::names::time_in;
use orgscan::text::counted;
use orgscan::trend::{Trend, TrendRun, to_the_second};

use super::Problem;
use super::input::ByPath;
use crate::arguments::note;

/// What there is of earlier runs.
#[derive(Debug)]
pub(super) struct Earlier {
    /// The newest of them.
    pub(super) before: Before,
    /// All whose time is known.
    pub(super) trend: Trend,
    /// Holds the file that `before` reads until the assessment ends.
    pub(super) newest: Option<ByPath>,
}

/// The findings of one.
#[derive(Debug)]
struct Run {
    /// What its name says.
    time: Option<Timestamp>,
    findings: ByPath,
}

impl Earlier {
    /// Looks at the runs before `as_of`; what is not older is left out. What is broken makes a run unknown and stops
    /// nothing.
    pub(super) fn look(previous: &[PathBuf], as_of: Timestamp, selection: &AccountSelection) -> Result<Self, Problem> {
        let mut runs = previous
            .iter()
            .map(|path| {
                let findings = ByPath::new(path, selection)?;
                Ok(Run { time: time_in(&findings.file_name()), findings })
            })
            .collect::<Result<Vec<Run>, Problem>>()?;
        if runs.is_empty() {
            return Ok(Self { before: Before::first(), trend: Trend::default(), newest: None });
        }
        put_in_order(&mut runs)?;
        let given = runs.len();
        // Names have whole seconds.
        runs.retain(|run| run.time.is_none_or(|time| time < to_the_second(as_of)));
        let left_out = given - runs.len();
        if left_out > 0 {
            let files = counted(left_out as u64, "file of findings is", "files of findings are");
            note(&format!("{files} not of a run before {as_of}, and left out"));
        }
        let newest = runs.pop();
        let mut trend = Trend::default();
        for Run { time, findings } in &runs {
            add(&mut trend, *time, findings);
        }
        let before = match &newest {
            None => Before::unknown(format!("no findings of a run before {as_of} are at hand")),
            Some(Run { time, findings }) => match Before::run(findings.readable(), *time) {
                Ok(before) => {
                    add(&mut trend, *time, findings);
                    before
                }
                Err(error) => Before::unknown(format!("{}: {}", findings.file_name(), chain(&error))),
            },
        };
        Ok(Self { before, trend, newest: newest.map(|run| run.findings) })
    }
}

/// Puts runs in the order of their times. One alone needs none.
fn put_in_order(runs: &mut [Run]) -> Result<(), Problem> {
    if runs.len() < 2 {
        return Ok(());
    }
    if let Some(run) = runs.iter().find(|run| run.time.is_none()) {
        return Err(Problem::Usage(format!(
            "{}: where findings of several runs are given, each name needs the run's time, such as 2026-11-21T06-00-00Z",
            run.findings.name()
        )));
    }
    runs.sort_by_key(|run| run.time);
    for (one, other) in runs.iter().zip(runs.iter().skip(1)) {
        if one.time == other.time {
            return Err(Problem::Usage(format!(
                "{} and {} are of the same time: name the findings of a run once",
                one.findings.name(),
                other.findings.name()
            )));
        }
    }
    Ok(())
}

/// Adds a run that says when it was.
fn add(trend: &mut Trend, time: Option<Timestamp>, findings: &ByPath) {
    let Some(time) = time else { return };
    match TrendRun::of_findings(findings.readable(), time) {
        Ok(run) => trend.add(run),
        Err(error) => {
            note(&format!("the trend lacks a run, {}: {}", findings.name(), chain(&error)));
        }
    }
}
