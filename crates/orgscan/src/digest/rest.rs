//! What is said of the entries that a list has no room for: how many they are, and where they can be read.

use super::OrganizationDigest;
use crate::report_page::TABLE_ROW_LIMIT;
use crate::text::{counted, number};

const IN_THE_FINDINGS_FILE: &str = "all of them are in the findings file";
const ON_THE_PAGE: &str = "all of them are on the report page";

/// Where each list can be read in full; none where that is nowhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest {
    /// New and open findings.
    pub(super) findings: Option<&'static str>,
    /// Findings that are gone. The report page's table has rows of this run only.
    pub(super) resolved: Option<&'static str>,
    /// Accounts with findings. Those of accounts that were not read are not in the page's table.
    pub(super) accounts: Option<&'static str>,
    /// Accounts that were not read in full.
    pub(super) gaps: Option<&'static str>,
    is_of_a_run: bool,
    has_page: bool,
    /// How many of the notes are the assessment's: the page has them, the run's summary only the others.
    own_notes: usize,
}

impl Rest {
    pub(super) fn of(organization: &OrganizationDigest<'_>) -> Self {
        let assessment = organization.assessment;
        let is_of_a_run = organization.coverage.is_of_a_run();
        let has_page = organization.page_location.is_some();
        let resolved = organization.findings_location.map(|_| IN_THE_FINDINGS_FILE);
        let findings = resolved.or(match (has_page, is_of_a_run) {
            (true, _) => (assessment.totals.rows <= TABLE_ROW_LIMIT).then_some(ON_THE_PAGE),
            (false, true) => {
                Some("neither the findings file nor the report page, which have all of them, could be written")
            }
            (false, false) => Some("orgscan findings lists all of them"),
        });
        Self {
            findings,
            resolved,
            accounts: findings.filter(|place| *place != ON_THE_PAGE || assessment.not_covered.findings == 0),
            gaps: organization.coverage_location.map(|_| "all of them are in the coverage ledger"),
            is_of_a_run,
            has_page,
            own_notes: assessment.notes.len(),
        }
    }

    /// What is said of the problems with exemptions that are not shown.
    pub(super) fn problems(self, all: usize, shown: usize) -> String {
        self.more(all, shown, "in the run's summary")
    }

    /// What is said of the notes that are not shown.
    pub(super) fn notes(self, all: usize, shown: usize) -> String {
        let place = match (shown < self.own_notes, self.has_page) {
            (false, _) => "in the run's summary",
            (true, true) => "on the report page or in the run's summary",
            (true, false) => "not shown",
        };
        self.more(all, shown, place)
    }

    fn more(self, all: usize, shown: usize, place_of_a_run: &str) -> String {
        // Without a run there is no summary, and the command that lists the findings says these too.
        let place = if self.is_of_a_run { place_of_a_run } else { "not shown; orgscan findings says all of them" };
        match all.saturating_sub(shown) as u64 {
            0 => String::new(),
            more => format!("{} {place}.", counted(more, "more is", "more are")),
        }
    }
}

/// What is said of a list that is cut, and where all of it is; empty where all of it is shown. `which` are shown:
/// `the worst `, or nothing to say of them.
pub(super) fn cut(which: &str, shown: u64, all: u64, place: Option<&str>) -> String {
    if shown == all {
        return String::new();
    }
    let showing = format!("Showing {which}{} of {}", number(shown), number(all));
    match place {
        Some(place) => format!("{showing}; {place}."),
        None => format!("{showing}; {} not shown.", counted(all.saturating_sub(shown), "more is", "more are")),
    }
}
