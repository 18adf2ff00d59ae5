//! The end of an assessment: what the run before had and this one does not.

use std::collections::HashSet;

use super::coverage::Fate;
use super::{Assessment, AssessmentError, Assessor, Before, Coverage, FindingLines, NotCovered, Sink};
use crate::finding::Status;

/// An assessment whose reports are read, and that looks at what the run before had besides.
#[derive(Debug)]
pub struct Ending<'a> {
    assessor: Assessor<'a>,
    before: Before,
    lines: Option<FindingLines>,
    coverage: Coverage,
    not_read: HashSet<String>,
    carried: u64,
}

impl<'a> Ending<'a> {
    pub(super) fn new(assessor: Assessor<'a>, before: Before, lines: Option<FindingLines>, coverage: Coverage) -> Self {
        Self { assessor, before, lines, coverage, not_read: HashSet::new(), carried: 0 }
    }

    /// Looks at some more findings of the run before, and answers whether there may be more.
    ///
    /// # Errors
    /// A sink, or the findings cannot be read again.
    pub fn read_some(&mut self, findings: usize, sink: &mut dyn Sink) -> Result<bool, AssessmentError> {
        let Self { assessor, before, lines: Some(lines), coverage, not_read, carried } = self else { return Ok(false) };
        for _ in 0..findings {
            let Some(mut finding) = lines.read()? else { return Ok(false) };
            if !before.is_unseen(&finding) {
                continue;
            }
            let was = finding.status;
            if !before.is_same_run() {
                match coverage.fate(&finding.account_id) {
                    Fate::Read => finding.status = Status::Resolved,
                    Fate::Left => {
                        finding.status = Status::Resolved;
                        finding.detail = "the account is not in the Organization any more".into();
                    }
                    Fate::NotRead => finding.status = Status::Open,
                }
                finding.covered = finding.status == Status::Resolved;
            }
            if !finding.covered {
                let was_exempted = was == Status::Exempted && !before.is_same_run();
                assessor.exempt(&mut finding);
                assessor.no_longer_exempted += u64::from(was_exempted && finding.status != Status::Exempted);
                *carried += 1;
                if !not_read.contains(&*finding.account_id) {
                    not_read.insert(finding.account_id.clone().into_owned());
                }
            }
            assessor.count(&finding);
            if finding.status == Status::Resolved {
                assessor.resolved.add(&finding);
            }
            sink.finding(&finding)?;
        }
        Ok(true)
    }

    /// What it all amounts to.
    pub fn conclude(self) -> Assessment {
        let not_covered = NotCovered { accounts: self.not_read.len() as u64, findings: self.carried };
        self.assessor.conclude(self.before.change().clone(), not_covered)
    }
}
