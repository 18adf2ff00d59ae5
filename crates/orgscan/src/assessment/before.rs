//! The findings of the run before, as what this run's are compared with.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;

use super::Change;
use super::lines::{FindingLines, Unusable};
use crate::finding::{Finding, Identity, Status};

/// What there is of a run before.
#[derive(Debug)]
pub struct Before {
    change: Change,
    known: HashMap<Identity, Known>,
    findings: Option<PathBuf>,
    is_same_run: bool,
}

/// A finding of the run before.
#[derive(Debug, Clone, Copy)]
struct Known {
    since: Date,
    status: Status,
    seen: bool,
}

/// How a finding stands to the run before, exemptions aside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared {
    pub(super) status: Status,
    pub(super) since: Date,
    pub(super) was_exempted: bool,
}

impl Before {
    /// There was no run before.
    pub fn first() -> Self {
        Self::without_findings(Change::First)
    }

    /// There may have been one, and it cannot be compared with; `why` is a sentence fragment.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::without_findings(Change::Unknown(why.into()))
    }

    fn without_findings(change: Change) -> Self {
        Self { change, known: HashMap::new(), findings: None, is_same_run: false }
    }

    /// The findings of the run before, in a file of JSON lines that stays there until the assessment ends. Its time, where
    /// it is known.
    ///
    /// # Errors
    /// The file is not such findings; one line that is none makes all of it unusable, since what is missing would look
    /// new.
    pub fn run(findings: &Path, time: Option<Timestamp>) -> Result<Self, Unusable> {
        LoadingBefore::run(findings, time)?.read_to_end()
    }

    pub(crate) fn change(&self) -> &Change {
        &self.change
    }

    /// Status and first day of a finding of this run, seen on `today`; exemptions come on top.
    pub(super) fn compare(&mut self, identity: Identity, today: Date) -> Compared {
        let fresh = if matches!(self.change, Change::Unknown(_)) { Status::Open } else { Status::New };
        let Some(known) = self.known.get_mut(&identity) else {
            return Compared { status: fresh, since: today, was_exempted: false };
        };
        known.seen = true;
        let status = match known.status {
            // What an earlier delivery of the same run found gone is there after all.
            Status::Resolved => fresh,
            status if self.is_same_run => status,
            _ => Status::Open,
        };
        // A clock that went back must not make a finding younger than it is.
        let since = known.since.min(today);
        Compared { status, since, was_exempted: !self.is_same_run && known.status == Status::Exempted }
    }

    /// Whether these are of this very run.
    pub(super) fn is_same_run(&self) -> bool {
        self.is_same_run
    }

    /// The findings again, where there are any that this run does not have.
    pub(super) fn unseen_lines(&self) -> Result<Option<FindingLines>, Unusable> {
        match &self.findings {
            Some(findings) if self.known.values().any(|known| !known.seen) => Ok(Some(FindingLines::open(findings)?)),
            _ => Ok(None),
        }
    }

    /// Whether this run does not have it.
    pub(super) fn is_unseen(&self, finding: &Finding<'_>) -> bool {
        self.known.get(&finding.identity()).is_some_and(|known| !known.seen)
    }
}

/// Findings of a run that are being read, for callers that have other things to do.
#[derive(Debug)]
pub struct LoadingBefore {
    before: Before,
    lines: FindingLines,
}

impl LoadingBefore {
    /// Begins with the findings of the run before, as [`Before::run`] does.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn run(findings: &Path, time: Option<Timestamp>) -> Result<Self, Unusable> {
        Self::of(findings, Change::Since(time), false)
    }

    /// Begins with the findings of this very run, made by an earlier delivery of its event: what they say of change stands.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn same_run(findings: &Path, change: Change) -> Result<Self, Unusable> {
        Self::of(findings, change, true)
    }

    fn of(findings: &Path, change: Change, is_same_run: bool) -> Result<Self, Unusable> {
        let before = Before { change, known: HashMap::new(), findings: Some(findings.to_owned()), is_same_run };
        Ok(Self { before, lines: FindingLines::open(findings)? })
    }

    /// Reads some more findings, and answers whether there may be more.
    ///
    /// # Errors
    /// The file is not such findings.
    pub fn read_some(&mut self, findings: usize) -> Result<bool, Unusable> {
        let Self { before, lines } = self;
        for _ in 0..findings {
            let line = lines.number() + 1;
            let Some(finding) = lines.read()? else { return Ok(false) };
            let since = finding.since.parse().map_err(|_| Unusable::NotAFinding { line })?;
            if before.is_same_run || finding.status != Status::Resolved {
                before.known.insert(finding.identity(), Known { since, status: finding.status, seen: false });
            }
        }
        Ok(true)
    }

    /// What was read.
    pub fn end(self) -> Before {
        self.before
    }

    pub(super) fn read_to_end(mut self) -> Result<Before, Unusable> {
        while self.read_some(usize::MAX)? {}
        Ok(self.end())
    }
}
