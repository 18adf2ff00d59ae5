//! What a run says on standard output: a summary for people, or the same as JSON.

use std::io::{self, Write};

use orgscan::summary::{FindingCounts, Summary};
use orgscan::text::counted;

use crate::arguments::say;

/// Prints a summary.
pub(crate) fn summary(summary: &Summary, json: bool) {
    let text = if json { serde_json::to_string_pretty(summary).unwrap_or_default() } else { for_people(summary) };
    if let Err(error) = writeln!(io::stdout(), "{text}") {
        say(&format!("orgscan: the summary cannot be printed: {error}"));
    }
}

fn for_people(summary: &Summary) -> String {
    let mut lines = Vec::new();
    for organization in &summary.organizations {
        let accounts = organization.accounts;
        lines.push(format!(
            "{} ({}): {} listed, {} reported, {} skipped, {} failed",
            organization.org_id,
            organization.management_account_id,
            counted(accounts.listed, "account", "accounts"),
            accounts.reported,
            accounts.skipped,
            accounts.failed
        ));
        let other: Vec<String> = organization
            .outcomes
            .iter()
            .filter(|(outcome, _)| **outcome != "reported")
            .map(|(outcome, count)| format!("{count} {outcome}"))
            .collect();
        if !other.is_empty() {
            lines.push(format!("  {}", other.join(", ")));
        }
        lines.extend(organization.report.iter().map(|location| format!("  report    {location}")));
        lines.extend(organization.coverage.iter().map(|location| format!("  coverage  {location}")));
        if let Some(counts) = &organization.finding_counts {
            let FindingCounts { new, open, resolved, exempted, critical, high, medium, low } = counts;
            lines.push(format!(
                "  findings: {new} new, {open} open, {resolved} resolved, {exempted} exempted; to act on: {critical} critical, \
                 {high} high, {medium} medium, {low} low"
            ));
        }
        lines.extend(organization.findings.iter().map(|location| format!("  findings  {location}")));
        lines.extend(organization.page.iter().map(|location| format!("  page      {location}")));
    }
    if let Some(tenants) = &summary.tenants {
        lines.push(format!(
            "{} in the tenants table, {} selected, {} rejected",
            counted(tenants.scanned, "item", "items"),
            counted(tenants.selected, "tenant", "tenants"),
            tenants.rejected.len()
        ));
        for rejected in &tenants.rejected {
            let tenant_id = if rejected.tenant_id.is_empty() { "(no id)" } else { &rejected.tenant_id };
            lines.push(format!("  {tenant_id}: {}", rejected.reason));
        }
    }
    if let Some(mail) = &summary.mail {
        let (sent, recipients) =
            (counted(mail.sent, "mail", "mails"), counted(mail.recipients, "recipient", "recipients"));
        lines.push(format!("{sent} to {recipients}"));
    }
    lines.extend(summary.warnings.iter().map(|warning| format!("warning: {warning}")));
    let calls: u64 = summary.api_calls.values().sum();
    lines.push(format!(
        "{}: {} ({} throttled) in {:.1} s",
        summary.status.as_str(),
        counted(calls, "API call", "API calls"),
        summary.throttled_calls,
        std::time::Duration::from_millis(summary.duration_ms).as_secs_f64()
    ));
    lines.join("\n")
}
