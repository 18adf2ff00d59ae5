//! The end of a run: what became of each Organization, put together into one summary.

use std::collections::BTreeSet;

use super::Run;
use super::organizations::OrganizationToScan;
use super::publish::{Published, nothing_written};
use crate::account::{AccountId, Organization};
use crate::error::RunError;
use crate::ledger::LedgerRow;
use crate::ports::CallCounts;
use crate::scan::{Outcome, Scanned};
use crate::summary::{MailSummary, OrganizationSummary, Status, Summary, TenantsSummary};
use crate::tenant::RejectedTenant;
use crate::text::counted;

/// What became of one Organization.
#[derive(Debug)]
pub(super) enum OrganizationEnd {
    /// Its accounts were listed, all or some.
    Covered(Box<Covered>),
    /// Not one account could be listed, and why.
    NotListed(String),
}

/// An Organization whose accounts were listed.
#[derive(Debug)]
pub(super) struct Covered {
    pub(super) summary: OrganizationSummary,
    pub(super) published: Published,
    pub(super) mailed: MailSummary,
    pub(super) warnings: Vec<String>,
    /// Whether its listing came to its end and all that was to be written and mailed was.
    pub(super) complete: bool,
    /// Objects that could not be written, and the digest where not every recipient got it.
    pub(super) undelivered: u64,
    /// Those of the accounts that the event or the settings name which it has.
    named: BTreeSet<AccountId>,
    /// Whether its listing came to its end, so that it has no other accounts.
    listed_whole: bool,
}

impl Covered {
    pub(super) fn new(
        run: &Run<'_>,
        organization: &Organization,
        ledger: &[LedgerRow],
        published: Published,
        mut warnings: Vec<String>,
    ) -> Self {
        warnings.extend(published.warnings());
        let (report, coverage) = (published.report.clone(), published.coverage.clone());
        Self {
            summary: OrganizationSummary::new(organization, ledger, report, coverage),
            mailed: MailSummary::default(),
            complete: published.is_complete(),
            undelivered: published.undelivered(),
            named: ledger.iter().map(|row| row.account.id).filter(|id| run.mentions(*id)).collect(),
            listed_whole: true,
            published,
            warnings,
        }
    }

    /// Takes in whether its listing came to its end.
    pub(super) fn set_listed_whole(&mut self, whole: bool) {
        self.listed_whole = whole;
        self.complete &= whole;
    }

    /// Takes in what could not be delivered, a sentence each.
    pub(super) fn add_undelivered(&mut self, problems: Vec<String>) {
        self.complete &= problems.is_empty();
        self.undelivered += problems.len() as u64;
        self.warnings.extend(problems);
    }
}

/// Makes the summary of a run.
///
/// # Errors
/// No Organization could be listed, or nothing could be written.
pub(super) fn conclude<S>(
    run: &Run<'_>,
    scanned: Scanned<OrganizationToScan<S>, OrganizationEnd>,
    tenants: Option<TenantsSummary>,
    mails: bool,
    counts: &CallCounts,
) -> Result<Summary, RunError> {
    let mut summary = Summary { tenants, mail: mails.then(MailSummary::default), ..run.summary() };
    let mut all_published = Vec::new();
    let mut not_listed = Vec::new();
    let mut complete = true;
    let mut named = BTreeSet::new();
    let mut listed_whole = true;
    for one in scanned.visited {
        let tenant_id = one.target.organization.management_account.to_string();
        let reason = match one.outcome {
            Outcome::Done(OrganizationEnd::Covered(covered)) => {
                complete &= covered.complete;
                summary.undelivered += covered.undelivered;
                named.extend(covered.named);
                listed_whole &= covered.listed_whole;
                summary.organizations.push(covered.summary);
                summary.warnings.extend(covered.warnings);
                all_published.push(covered.published);
                if let Some(total) = &mut summary.mail {
                    total.sent += covered.mailed.sent;
                    total.recipients += covered.mailed.recipients;
                    total.message_ids.extend(covered.mailed.message_ids);
                }
                continue;
            }
            Outcome::Done(OrganizationEnd::NotListed(reason)) => reason,
            Outcome::NotReached | Outcome::CutOff | Outcome::TimedOut => {
                format!("{} came before its accounts were listed", run.cut_reason())
            }
            Outcome::Panicked => "an internal error ended the scan of its Organization; please report it".to_owned(),
        };
        not_listed.push(RejectedTenant { tenant_id, reason });
    }
    listed_whole &= not_listed.is_empty() && run.event.tenant_ids.is_none();
    if summary.organizations.is_empty() && !not_listed.is_empty() {
        let reasons = not_listed.into_iter().map(|one| format!("{}: {}", one.tenant_id, one.reason)).collect();
        return Err(RunError::NoOrganization { reasons });
    }
    if let Some(tenants) = &mut summary.tenants {
        tenants.rejected.extend(not_listed);
        tenants.rejected.sort();
        let all_entered = tenants.rejected.is_empty();
        complete &= all_entered;
        listed_whole &= all_entered;
        // It may be meant, and looks like a filter that has a typing error.
        if all_entered && tenants.selected == 0 {
            let items = counted(tenants.scanned, "item", "items");
            let warning = format!("TENANT_FILTER selects no tenant of the table's {items}: nothing was scanned");
            summary.warnings.push(warning);
        }
    }
    nothing_written(all_published)?;
    // What was left out, or not listed in full, may have them.
    if listed_whole {
        summary.unknown_accounts = run.mentioned().difference(&named).map(ToString::to_string).collect();
    }
    // A typing error must not look like a complete run.
    for unknown in run.event.account_ids.iter().flatten().filter(|id| !named.contains(id)) {
        complete = false;
        summary.warnings.push(format!("the event names account {unknown}, which no scanned Organization has"));
    }

    if run.stop.is_set() {
        complete = false;
        summary.warnings.push("the run was interrupted: no further account was begun".to_owned());
    }
    complete &= summary.organizations.iter().all(OrganizationSummary::is_covered);
    summary.status = if complete { Status::Complete } else { Status::Partial };
    summary.organizations.sort_by(|one, other| one.management_account_id.cmp(&other.management_account_id));
    summary.set_calls(counts);
    summary.duration_ms = u64::try_from(run.began.elapsed().as_millis()).unwrap_or(u64::MAX);
    log(&summary);
    Ok(summary)
}

fn log(summary: &Summary) {
    let accounts = summary.accounts();
    tracing::info!(
        status = summary.status.as_str(),
        organizations = summary.organizations.len(),
        accounts.listed = accounts.listed,
        accounts.reported = accounts.reported,
        accounts.skipped = accounts.skipped,
        accounts.failed = accounts.failed,
        duration_ms = summary.duration_ms,
        "run {} ended {}: {} accounts listed, {} reported, {} skipped, {} failed",
        summary.run_id,
        summary.status.as_str(),
        accounts.listed,
        accounts.reported,
        accounts.skipped,
        accounts.failed,
    );
}
