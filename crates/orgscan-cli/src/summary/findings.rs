//! What is wrong, the worst first, and what changed.

use orgscan::rule::Severity;
use orgscan::summary::{Comparison, FindingCounts, Summary, WorstFinding};
use orgscan::text::{counted, number};

use super::line::{Ink, Line, columns_of, padded};

/// Findings that have a line of their own.
const FINDINGS: usize = 4;

/// What an account and a user get at most: the rest is for what is wrong.
const NAME_COLUMNS: usize = 18;

/// At most six lines; none where nothing was judged.
pub(super) fn of(summary: &Summary) -> Vec<Line> {
    let judged = || summary.organizations.iter().filter_map(|one| one.finding_counts.map(|counts| (one, counts)));
    if judged().next().is_none() {
        return Vec::new();
    }
    let sum = |count: fn(&FindingCounts) -> u64| judged().map(|(_, counts)| count(&counts)).sum::<u64>();
    let [critical, high, medium, low] =
        [sum(|of| of.critical), sum(|of| of.high), sum(|of| of.medium), sum(|of| of.low)];
    let mut lines = vec![match critical + high + medium + low {
        0 => Line::new().text("Findings: ").inked(Ink::Good, "none to act on"),
        _ => Line::of(&format!(
            "Findings to act on: {} critical, {} high, {} medium, {} low",
            number(critical),
            number(high),
            number(medium),
            number(low)
        )),
    }];
    let mut worst: Vec<&WorstFinding> = judged().flat_map(|(one, _)| &one.worst).collect();
    worst.sort_by_key(|finding| finding.severity);
    lines.extend(table(worst.get(..FINDINGS).unwrap_or(&worst)));
    let [new, open, resolved, exempted] =
        [sum(|of| of.new), sum(|of| of.open), sum(|of| of.resolved), sum(|of| of.exempted)];
    let is = |comparison| judged().all(|(one, _)| one.comparison == Some(comparison));
    let unknown = judged().filter(|(one, _)| one.comparison == Some(Comparison::Unknown)).count() as u64;
    lines.push(Line::of(&if is(Comparison::FirstRun) {
        format!("  the first run: {} new, {} exempted; the next one says what changed", number(new), number(exempted))
    } else if unknown > 0 {
        format!(
            "  what changed is not known in {}: see the warnings",
            counted(unknown, "Organization", "Organizations")
        )
    } else {
        format!(
            "  changes: {} new, {} resolved; {} still open, {} exempted",
            number(new),
            number(resolved),
            number(open),
            number(exempted)
        )
    }));
    lines
}

fn table(findings: &[&WorstFinding]) -> Vec<Line> {
    let account = |finding: &WorstFinding| match finding.account_name.as_str() {
        "" => finding.account_id.clone(),
        name => name.to_owned(),
    };
    let widest = |cells: &mut dyn Iterator<Item = String>| {
        cells.map(|cell| columns_of(&cell)).max().unwrap_or_default().min(NAME_COLUMNS)
    };
    let account_columns = widest(&mut findings.iter().map(|finding| account(finding)));
    let user_columns = widest(&mut findings.iter().map(|finding| finding.user.clone()));
    let line = |finding: &&WorstFinding| {
        let ink = if finding.severity <= Severity::High { Ink::Worst } else { Ink::Bad };
        let status = if finding.status == orgscan::finding::Status::New { "new" } else { "" };
        Line::new()
            .text("  ")
            .inked(ink, &padded(finding.severity.as_str(), 8))
            .text(&format!(" {status:<3}  "))
            .text(&format!("{}  ", padded(&account(finding), account_columns)))
            .text(&format!("{}  ", padded(&finding.user, user_columns)))
            .text(&finding.title)
    };
    findings.iter().map(line).collect()
}
