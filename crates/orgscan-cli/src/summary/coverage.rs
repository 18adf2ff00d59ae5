//! What is missing, why, and what to do about it.

use std::collections::BTreeMap;

use orgscan::ledger::{Outcome, Sum};
use orgscan::summary::{OrganizationSummary, Summary};
use orgscan::text::{counted, number};

use super::line::{Ink, Line};

/// Outcomes that have a line of their own.
const OUTCOMES: usize = 3;

/// What an operator does about accounts that ended so; none where they are not missed.
fn advice(outcome: Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Reported | Outcome::SkippedState | Outcome::SkippedExcluded => return None,
        Outcome::ReportedPartially => "the ledger's detail says what is not known",
        Outcome::AssumeDenied => "deploy the role or mend its trust: orgscan doctor",
        Outcome::Denied => "let the role do it: orgscan policy member-role",
        Outcome::Throttled => "run again, or with a lower QUOTA_PERCENT",
        Outcome::ReportTimeout => "run again: AWS has the report by then",
        Outcome::Timeout => "run again, or raise ACCOUNT_TIMEOUT_SECONDS",
        Outcome::MalformedReport => "look at what AWS answered, in malformed/",
        Outcome::ServiceError => "run again; the ledger has what AWS answered",
        Outcome::NotAttempted => "run again: these accounts come first",
    })
}

/// At most five lines.
pub(super) fn missing(summary: &Summary) -> Vec<Line> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (outcome, count) in summary.organizations.iter().flat_map(|one| &one.outcomes) {
        *counts.entry(outcome).or_default() += count;
    }
    let mut missing: Vec<(u64, Outcome, &str)> = counts
        .into_iter()
        .filter_map(|(name, count)| Outcome::of_name(name).map(|outcome| (count, outcome)))
        .filter_map(|(count, outcome)| advice(outcome).map(|advice| (count, outcome, advice)))
        .collect();
    // What is not covered at all comes before what is covered in part.
    missing.sort_by_key(|(count, outcome, _)| (outcome.sum() != Sum::Failed, std::cmp::Reverse(*count)));
    let mut lines: Vec<Line> = missing
        .iter()
        .take(OUTCOMES)
        .map(|(count, outcome, advice)| {
            let count = format!("  {:>7} ", number(*count));
            Line::new().inked(Ink::Bad, &count).text(&format!("{:<20}{advice}", outcome.as_str()))
        })
        .collect();
    let others: u64 = missing.iter().skip(OUTCOMES).map(|(count, ..)| count).sum();
    if others > 0 {
        lines.push(Line::of(&format!("  {:>7} with other outcomes: see the coverage ledger", number(others))));
    }
    lines.extend(most(&summary.organizations));
    lines
}

/// Where most is missing, of several Organizations.
fn most(organizations: &[OrganizationSummary]) -> Option<Line> {
    let incomplete: Vec<&OrganizationSummary> = organizations.iter().filter(|one| !one.is_covered()).collect();
    if organizations.len() < 2 {
        return None;
    }
    let worst = incomplete.iter().max_by_key(|one| one.accounts.failed)?;
    Some(Line::of(&format!(
        "  in {} Organizations, most in that of {}: {} of {} failed",
        number(incomplete.len() as u64),
        worst.management_account_id,
        number(worst.accounts.failed),
        counted(worst.accounts.listed, "account", "accounts")
    )))
}

/// At most two lines.
pub(super) fn tenants(summary: &Summary) -> Vec<Line> {
    let Some(tenants) = &summary.tenants else { return Vec::new() };
    let Some(first) = tenants.rejected.first() else { return Vec::new() };
    let rejected = tenants.rejected.len() as u64;
    let id = if first.tenant_id.is_empty() { "(no id)" } else { &first.tenant_id };
    let more = if rejected > 1 { "; --json has the others" } else { "" };
    vec![
        Line::new().inked(
            Ink::Bad,
            &format!(
                "Tenants: {} selected of {}, {} rejected{more}",
                number(tenants.selected),
                counted(tenants.scanned, "item", "items"),
                number(rejected)
            ),
        ),
        Line::of(&format!("  {id}: {}", first.reason)),
    ]
}
