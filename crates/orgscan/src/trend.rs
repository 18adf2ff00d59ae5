//! How the findings of an Organization went over its runs: a few numbers for each run, kept in one small object.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::assessment::{Assessment, FindingLines, Unusable};
use crate::finding::Status;
use crate::rule::Severity;

/// Runs that are kept: a year of daily ones, and a month.
const KEPT_RUNS: usize = 400;

/// The numbers of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendRun {
    /// The run's time, to the second.
    pub time: Timestamp,
    /// Critical findings that somebody has to act on.
    pub critical: u64,
    /// High ones.
    pub high: u64,
    /// Medium ones.
    pub medium: u64,
    /// Low ones.
    pub low: u64,
    /// Findings that the run before did not have; none where that is not known.
    pub new: Option<u64>,
    /// Findings that were gone; none where that is not known.
    pub resolved: Option<u64>,
    /// Findings that were exempted.
    pub exempted: u64,
}

/// The runs of an Organization, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trend {
    /// The runs.
    pub runs: Vec<TrendRun>,
}

/// A run's time as names have it.
pub fn to_the_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

impl TrendRun {
    /// The numbers of an assessment.
    pub fn of(assessment: &Assessment) -> Self {
        let counts = &assessment.counts;
        let compared = |status| assessment.is_compared().then(|| counts.with_status(status));
        Self {
            time: to_the_second(assessment.as_of),
            critical: counts.to_act_on(Severity::Critical),
            high: counts.to_act_on(Severity::High),
            medium: counts.to_act_on(Severity::Medium),
            low: counts.to_act_on(Severity::Low),
            new: compared(Status::New),
            resolved: compared(Status::Resolved),
            exempted: counts.with_status(Status::Exempted),
        }
    }

    /// The numbers of a file of findings, of the run of this time.
    ///
    /// # Errors
    /// It is no such file.
    pub fn of_findings(findings: &Path, time: Timestamp) -> Result<Self, Unusable> {
        let mut by_severity = [0; Severity::ALL.len()];
        let mut by_status = [0; Status::ALL.len()];
        let mut lines = FindingLines::open(findings)?;
        while let Some(finding) = lines.read()? {
            let severity = by_severity.get_mut(finding.severity as usize);
            if let Some(count) = severity.filter(|_| finding.status.counts()) {
                *count += 1;
            }
            if let Some(count) = by_status.get_mut(finding.status as usize) {
                *count += 1;
            }
        }
        let [critical, high, medium, low] = by_severity;
        let [new, _open, resolved, exempted] = by_status;
        Ok(Self { time, critical, high, medium, low, new: Some(new), resolved: Some(resolved), exempted })
    }
}

impl Trend {
    /// The time of its newest run.
    pub fn newest(&self) -> Option<Timestamp> {
        self.runs.iter().map(|run| run.time).max()
    }

    /// Adds a run in its place; one of the same time is replaced.
    pub fn add(&mut self, run: TrendRun) {
        self.runs.retain(|one| one.time != run.time);
        self.runs.push(run);
        self.runs.sort_by_key(|one| one.time);
        let surplus = self.runs.len().saturating_sub(KEPT_RUNS);
        self.runs.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(second: i64, high: u64) -> TrendRun {
        let time = Timestamp::from_second(second).unwrap();
        TrendRun { time, critical: 0, high, medium: 0, low: 0, new: None, resolved: None, exempted: 0 }
    }

    #[test]
    fn runs_are_in_the_order_of_their_times_whatever_order_they_come_in() {
        let mut trend = Trend::default();
        for (second, high) in [(20, 1), (10, 2), (30, 3), (20, 4)] {
            trend.add(run(second, high));
        }
        assert_eq!(
            trend.runs.iter().map(|run| run.high).collect::<Vec<_>>(),
            [2, 4, 3],
            "the same time is the same run"
        );
        assert_eq!(trend.newest(), Timestamp::from_second(30).ok());
        assert_eq!(Trend::default().newest(), None);
    }

    #[test]
    fn a_trend_keeps_its_newest_runs() {
        let mut trend = Trend::default();
        for second in 0..i64::try_from(KEPT_RUNS).unwrap() + 5 {
            trend.add(run(second, 0));
        }
        assert_eq!(trend.runs.len(), KEPT_RUNS);
        assert_eq!(trend.runs.first().map(|run| run.time), Timestamp::from_second(5).ok());
    }

    #[test]
    fn the_numbers_of_a_run_are_counted_from_its_file() {
        let line = |severity: &str, status: &str| {
            format!(
                r#"{{"account_id":"1","account_name":"","ou_path":"","user":"u","user_arn":"a","rule":"r","credential":"mfa","severity":"{severity}","cis":null,"status":"{status}","since":"2026-11-21","detail":"d"}}"#
            )
        };
        let lines =
            [("critical", "new"), ("high", "open"), ("high", "resolved"), ("medium", "exempted"), ("high", "new")];
        let file = tempfile::NamedTempFile::new().unwrap();
        let text: Vec<String> = lines.iter().map(|(severity, status)| line(severity, status)).collect();
        std::fs::write(file.path(), text.join("\n")).unwrap();
        let time = Timestamp::UNIX_EPOCH;
        let counted = TrendRun::of_findings(file.path(), time).unwrap();
        let expected =
            TrendRun { time, critical: 1, high: 2, medium: 0, low: 0, new: Some(2), resolved: Some(1), exempted: 1 };
        assert_eq!(counted, expected);
    }

    #[test]
    fn a_trend_is_json_that_later_runs_read() {
        let trend = Trend { runs: vec![run(1_795_240_800, 3)] };
        let text = serde_json::to_string(&trend).unwrap();
        assert_eq!(
            text,
            r#"{"runs":[{"time":"2026-11-21T06:00:00Z","critical":0,"high":3,"medium":0,"low":0,"new":null,"resolved":null,"exempted":0}]}"#
        );
        assert_eq!(serde_json::from_str::<Trend>(&text).unwrap(), trend);
    }
}
