//! What a run says on standard output: a summary for people, or the same as JSON.

use std::io::{self, Write};
use std::process::ExitCode;

use orgscan::config::SETTINGS;
use orgscan::summary::Summary;

use crate::arguments::{COMPLETE, NOTHING_WRITTEN, say};

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
            "{} ({}): {} accounts listed, {} reported, {} skipped, {} failed",
            organization.org_id,
            organization.management_account_id,
            accounts.listed,
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
    }
    if let Some(tenants) = &summary.tenants {
        lines.push(format!(
            "{} items in the tenants table, {} tenants selected, {} rejected",
            tenants.scanned,
            tenants.selected,
            tenants.rejected.len()
        ));
        for rejected in &tenants.rejected {
            let tenant_id = if rejected.tenant_id.is_empty() { "(no id)" } else { &rejected.tenant_id };
            lines.push(format!("  {tenant_id}: {}", rejected.reason));
        }
    }
    if let Some(mail) = &summary.mail {
        lines.push(format!("{} mails to {} recipients", mail.sent, mail.recipients));
    }
    lines.extend(summary.warnings.iter().map(|warning| format!("warning: {warning}")));
    let calls: u64 = summary.api_calls.values().sum();
    lines.push(format!(
        "{}: {} API calls ({} throttled) in {:.1} s",
        summary.status.as_str(),
        calls,
        summary.throttled_calls,
        std::time::Duration::from_millis(summary.duration_ms).as_secs_f64()
    ));
    lines.join("\n")
}

/// Prints every setting.
pub(crate) fn settings() -> ExitCode {
    let mut out = io::stdout().lock();
    let printed = SETTINGS.iter().try_for_each(|setting| {
        let jobs: Vec<&str> = setting.jobs.iter().map(|job| job.as_str()).collect();
        let default = setting.default.text();
        writeln!(out, "{}\n  {}\n  {}; default: {default}", setting.variable, setting.meaning, jobs.join(", "))
    });
    match printed {
        Ok(()) => ExitCode::from(COMPLETE),
        Err(_closed) => ExitCode::from(NOTHING_WRITTEN),
    }
}
