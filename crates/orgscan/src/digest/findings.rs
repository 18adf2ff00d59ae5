//! Findings as a reader sees them: under the rule they break, with what to do about it said once.

use super::rest::cut;
use super::wording::severity_word;
use super::{DETAIL_CHARACTERS, NAME_CHARACTERS};
use crate::assessment::{Assessment, Worst};
use crate::credential_row::ROOT_USER;
use crate::finding::Finding;
use crate::rule::{Rule, Severity};
use crate::text::one_line;

/// Longest text of a control or of the id of a rule that this version does not know.
const ID_CHARACTERS: usize = 40;

/// Longest day or account id shown, which have 10 and 12 characters: the file of an earlier run may say anything.
pub(super) const SHORT_CHARACTERS: usize = 12;

/// A finding.
#[derive(Debug)]
pub(super) struct FindingLine {
    severity: Severity,
    title: String,
    tags: String,
    remedy: &'static str,
    pub(super) account_id: String,
    pub(super) account_name: String,
    pub(super) user: String,
    pub(super) detail: String,
    pub(super) since: String,
}

/// Findings that break the same rule.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) severity: &'static str,
    pub(super) colour: &'static str,
    pub(super) title: &'a str,
    /// The rule's id, and its control of the benchmark.
    pub(super) tags: &'a str,
    /// What to do; empty where it was said before.
    pub(super) remedy: &'static str,
    pub(super) lines: Vec<&'a FindingLine>,
}

/// The worst findings of a kind.
#[derive(Debug)]
pub(super) struct FindingList {
    all: u64,
    lines: Vec<FindingLine>,
}

impl FindingList {
    /// At most so many of them.
    pub(super) fn of(worst: &Worst, most: usize, assessment: &Assessment) -> Self {
        let lines = worst.first().into_iter().take(most).map(|finding| FindingLine::of(finding, assessment)).collect();
        Self { all: worst.all(), lines }
    }

    /// The same without what each is about and what to do: they are gone.
    pub(super) fn of_resolved(worst: &Worst, most: usize, assessment: &Assessment) -> Self {
        let mut list = Self::of(worst, most, assessment);
        for line in &mut list.lines {
            line.detail.clear();
            line.remedy = "";
        }
        list
    }

    /// So many of them, the worst first. What to do is said unless it was `told` before.
    pub(super) fn groups<'a>(&'a self, length: usize, told: &mut Vec<&'static str>) -> Vec<Group<'a>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        for line in self.lines.iter().take(length) {
            let is_of = |group: &&mut Group<'_>| group.title == line.title && group.tags == line.tags;
            if let Some(group) = groups.iter_mut().find(is_of) {
                group.lines.push(line);
                continue;
            }
            let is_told = told.contains(&line.remedy);
            told.push(line.remedy);
            groups.push(Group {
                severity: severity_word(line.severity),
                colour: colour(line.severity),
                title: &line.title,
                tags: &line.tags,
                remedy: if is_told { "" } else { line.remedy },
                lines: vec![line],
            });
        }
        groups
    }

    /// What is said of those that are not among the first so many; empty where all are.
    pub(super) fn note(&self, length: usize, place: Option<&str>) -> String {
        cut("the worst ", self.lines.len().min(length) as u64, self.all, place)
    }
}

impl FindingLine {
    fn of(finding: &Finding<'_>, assessment: &Assessment) -> Self {
        let rule = Rule::of_id(&finding.rule);
        let control = match rule {
            Some(rule) => rule.control(assessment.cis_version),
            None => finding.cis.as_deref(),
        };
        let id = one_line(&finding.rule, ID_CHARACTERS);
        let (title, id) = match rule {
            Some(rule) => (rule.title().to_owned(), Some(id)),
            None => (format!("Rule {id}"), None),
        };
        let control = control.map(|control| format!("CIS {}", one_line(control, ID_CHARACTERS)));
        Self {
            severity: finding.severity,
            title,
            tags: [id, control].into_iter().flatten().collect::<Vec<_>>().join(", "),
            remedy: rule.map_or("", Rule::remedy),
            account_id: one_line(&finding.account_id, SHORT_CHARACTERS),
            account_name: one_line(&finding.account_name, NAME_CHARACTERS),
            // No IAM user has a name with a space (IAM quotas, "IAM name requirements").
            user: if finding.user == ROOT_USER {
                "root user".to_owned()
            } else {
                one_line(&finding.user, NAME_CHARACTERS)
            },
            detail: one_line(&finding.detail, DETAIL_CHARACTERS),
            since: one_line(&finding.since, SHORT_CHARACTERS),
        }
    }
}

/// The ground of a severity's word, which is white: it is told by the word, and by the colour besides.
pub(super) fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "#a40e26",
        Severity::High => "#b04500",
        Severity::Medium => "#7d5600",
        Severity::Low => "#57606a",
    }
}
