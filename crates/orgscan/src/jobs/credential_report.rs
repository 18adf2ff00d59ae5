//! The audit: the IAM credential report of every account of an Organization, merged into one CSV, and a digest by mail.

mod before;
mod digest_mail;
mod exemption_list;
mod fetch;
mod findings;
mod generation_time;
mod mail_marker;
mod merge;

use std::fs::File;
use std::path::Path;

use futures::stream;

use self::digest_mail::{DigestMail, Mailing};
use self::exemption_list::ListOfRun;
use self::fetch::{Fetched, Fetcher};
use self::merge::merge;
use super::Run;
use super::conclude::{Covered, OrganizationEnd, conclude};
use super::entry::{Entry, with_member_role};
use super::left_undone::LeftUndone;
use super::organizations::{OrganizationToScan, ToScan, organizations_to_scan};
use super::publish::{Editions, Publication, Published, create, log_not_written, publish, too_slow};
use super::read_back::read_back;
use super::sweep::{Probed, Swept, sweep};
use crate::account::Account;
use crate::assessment::Coverage;
use crate::config::{FormulaGuard, Job};
use crate::error::{RunError, StoreError};
use crate::ledger::{LedgerRow, Outcome};
use crate::names::Report;
use crate::ports::{
    Body, Caller, Clock, CountsCalls, CredentialReports, Documents, Mailer, Organizations, ReportStore, Tenants,
};
use crate::scan::{self, Limits, scan};
use crate::session_policy::SessionPolicy;
use crate::spool::{Spool, Spooled};
use crate::summary::Summary;
use crate::table;

/// What the audit needs from the world.
pub trait World: Organizations + CredentialReports + Tenants + Documents + Clock + CountsCalls {}

impl<W: Organizations + CredentialReports + Tenants + Documents + Clock + CountsCalls> World for W {}

/// The media type of bytes that were to be a report and are none.
const BYTES: &str = "application/octet-stream";

/// Runs the audit.
///
/// # Errors
/// Nothing useful could be done: see [`RunError`]. Accounts and tenants that failed are data in the summary.
pub async fn run<W: World, S: ReportStore, M: Mailer>(
    world: &W,
    store: &S,
    mailer: &M,
    run: &Run<'_>,
) -> Result<Summary, RunError> {
    // Counts of an earlier run in the same process are not this run's.
    drop(world.take_call_counts());
    let caller = run.before_listing("sts:GetCallerIdentity", world.caller()).await.map_err(RunError::Identity)?;
    tracing::info!(account.id = %caller.account, "run {} of credential-report begins", run.id);
    let policy = with_member_role(run, &caller, SessionPolicy::reports_of_organization());
    let ToScan { organizations, tenants } = organizations_to_scan(world, run, &caller, &policy).await?;

    let exemptions = Box::pin(ListOfRun::load(world, run, caller.account, organizations.len())).await;
    let spool = Spool::new().map_err(RunError::Spool)?;
    let mail = DigestMail::new(store, mailer, run);
    let fetcher = Fetcher::new(world, &spool);
    let limits = run.limits(Job::CredentialReport, organizations.len());
    let job = Audit {
        world,
        store,
        mail: mail.as_ref(),
        run,
        limits,
        caller: &caller,
        spool: &spool,
        fetcher: &fetcher,
        exemptions: exemptions.as_ref(),
    };
    let scanned = scan(stream::iter(organizations), &run.organization_limits(), |one| job.organization(one)).await;
    let mut summary = conclude(run, scanned, tenants, mail.is_some(), &world.take_call_counts())?;
    if let Some(exemptions) = exemptions {
        exemptions.conclude(&mut summary);
    }
    Ok(summary)
}

struct Audit<'a, W: World, S, M> {
    world: &'a W,
    store: &'a S,
    mail: Option<&'a DigestMail<'a, S, M>>,
    run: &'a Run<'a>,
    limits: Limits,
    caller: &'a Caller<W::Session>,
    spool: &'a Spool,
    fetcher: &'a Fetcher<'a, W>,
    exemptions: Option<&'a ListOfRun>,
}

impl<W: World, S: ReportStore, M: Mailer> Audit<'_, W, S, M> {
    async fn organization(&self, scanned: OrganizationToScan<W::Session>) -> OrganizationEnd {
        let publication = Publication {
            report: Report::CredentialReport,
            management_account: scanned.organization.management_account,
            time_stamp: &self.run.time_stamp,
        };
        if let Some(before) = read_back(self.store, self.run, &publication).await {
            let mut covered =
                Covered::new(self.run, &scanned.organization, &before.ledger, before.published, before.warnings);
            covered.set_listed_whole(before.is_whole);
            let newest = before.is_whole && self.run.may_be_newest();
            Box::pin(self.find_and_mail(&mut covered, &scanned, &publication, &before.ledger, &before.report, newest))
                .await;
            return OrganizationEnd::Covered(Box::new(covered));
        }
        self.sweep_and_publish(&scanned, &publication).await
    }

    async fn sweep_and_publish(
        &self,
        scanned: &OrganizationToScan<W::Session>,
        publication: &Publication<'_>,
    ) -> OrganizationEnd {
        let run = self.run;
        let entry = Entry::new(self.world, run, self.caller, scanned, SessionPolicy::report_of_account());
        let before = LeftUndone::look(self.store, run, publication);
        let visit = |account| self.probe(&entry, account);
        let swept = sweep(self.world, run, &self.limits, scanned, None, before, visit).await;
        let had_left_undone = swept.had_left_undone;
        let (mut accounts, problem) = match swept.listed() {
            Ok(listed) => listed,
            Err(reason) => return OrganizationEnd::NotListed(reason),
        };
        let mut warnings: Vec<String> = problem.iter().map(|problem| publication.not_newest(problem)).collect();
        let mut published = Published::default();
        let mut merged = None;
        let mut not_kept = Vec::new();
        if !run.event.dry_run {
            let guard = run.config.formula_guard == FormulaGuard::All;
            let malformed = self.name_malformed(publication, &mut accounts);
            let tables = merge(self.spool, &accounts, guard)
                .await
                .and_then(|report| Ok((report, table::ledger(accounts.iter().map(|one| &one.row), guard)?)));
            match tables {
                Ok((report, ledger)) => {
                    let left = LeftUndone::of_ledger(accounts.iter().map(|one| &one.row));
                    let editions = Editions::of(run, problem.is_none(), &left, had_left_undone);
                    let body = Body::File(report.path());
                    published = publish(self.store, run, publication, body, &ledger, editions).await;
                    warnings.extend(left.warning(publication, &published));
                    merged = Some(report);
                }
                Err(error) => published = Published::failed(publication, error),
            }
            not_kept = self.keep_malformed(malformed).await;
        }
        let ledger: Vec<LedgerRow> = accounts.into_iter().map(|one| one.row).collect();
        let mut covered = Covered::new(run, &scanned.organization, &ledger, published, warnings);
        covered.set_listed_whole(problem.is_none());
        covered.add_undelivered(not_kept);
        if let Some(report) = merged {
            let newest = problem.is_none() && run.may_be_newest();
            Box::pin(self.find_and_mail(&mut covered, scanned, publication, &ledger, report.path(), newest)).await;
        }
        OrganizationEnd::Covered(Box::new(covered))
    }

    async fn probe(&self, entry: &Entry<'_, W>, account: Account) -> Probed<Fetched> {
        let session = match entry.enter(account.id).await {
            Ok(session) => session,
            Err(error) => return Probed::not_entered(&error),
        };
        if self.run.event.dry_run {
            return Probed::without_report(Outcome::Reported, Vec::new());
        }
        self.fetcher.fetch(&session).await
    }

    /// Takes what accounts answered in place of a report out of the merge, and says in the ledger where it will lie.
    fn name_malformed(&self, publication: &Publication<'_>, accounts: &mut [Swept<Fetched>]) -> Vec<(String, Spooled)> {
        let mut malformed = Vec::new();
        for one in accounts.iter_mut().filter(|one| one.row.outcome == Outcome::MalformedReport) {
            let Some(fetched) = one.found.take() else { continue };
            let (management_account, id) = (publication.management_account, one.row.account.id);
            let name = publication.report.malformed(management_account, publication.time_stamp, id);
            one.row.add_detail(&format!("what was answered is kept as {}", self.store.location(&name)));
            malformed.push((name, fetched.entry));
        }
        malformed
    }

    /// Keeps what accounts answered in place of a report, so that somebody can look at it; after the report, which matters
    /// more.
    async fn keep_malformed(&self, malformed: Vec<(String, Spooled)>) -> Vec<String> {
        let kept = scan(stream::iter(malformed), &self.run.write_limits(), async |(name, entry)| {
            let content = self.spool.read(entry).map_err(StoreError::Folder)?;
            create(self.store, self.run, &name, BYTES, Body::Bytes(&content)).await
        })
        .await;
        let problem = |name: &str, outcome| match outcome {
            scan::Outcome::Done(Ok(())) => None,
            scan::Outcome::Done(Err(error)) => Some(log_not_written(&self.store.location(name), &error)),
            _ => Some(log_not_written(&self.store.location(name), &too_slow())),
        };
        kept.visited.into_iter().filter_map(|one| problem(&one.target.0, one.outcome)).collect()
    }

    /// What follows from a merged report: its findings, and the digest.
    async fn find_and_mail(
        &self,
        covered: &mut Covered,
        scanned: &OrganizationToScan<W::Session>,
        publication: &Publication<'_>,
        ledger: &[LedgerRow],
        report: &Path,
        newest: bool,
    ) {
        let account = publication.management_account;
        let subject = findings::Subject {
            organization: &scanned.organization,
            publication,
            report,
            coverage: Coverage::of_ledger(ledger, newest),
            accounts: covered.summary.accounts,
            places: [&covered.published.report, &covered.published.coverage].map(Clone::clone),
            newest: newest && covered.published.is_complete(),
        };
        let mut exemptions = self.exemptions.map(ListOfRun::of_organization);
        let mut found = match findings::find(self.store, self.run, subject, exemptions.as_mut()).await {
            Ok(found) => found,
            Err(problem) => {
                let problem = format!("{account}: there are no findings and no mail: {problem}");
                tracing::error!(error = problem, "{problem}");
                covered.add_undelivered(vec![problem]);
                return;
            }
        };
        if let (Some(of_run), Some(own)) = (self.exemptions, &exemptions) {
            of_run.add(own);
        }
        covered.warnings.extend(found.warnings.iter().cloned());
        covered.summary.set_findings(&found.assessment, found.location.clone(), found.page.clone());
        self.mail(covered, scanned, publication, ledger, report, &found).await;
        // The digest has these in words of its own.
        covered.warnings.extend(found.assessment.notes.iter().map(|note| format!("{account}: {note}")));
        let said = found.warnings.len();
        found.write_rest(self.store, self.run, publication).await;
        covered.complete &= found.complete;
        covered.undelivered += found.undelivered;
        covered.warnings.extend(found.warnings.drain(said..));
    }

    async fn mail(
        &self,
        covered: &mut Covered,
        scanned: &OrganizationToScan<W::Session>,
        publication: &Publication<'_>,
        ledger: &[LedgerRow],
        report: &Path,
        found: &findings::Found,
    ) {
        let Some(mail) = self.mail else { return };
        let console = self.caller.partition.console_host();
        let mailing = Mailing { scanned, publication, covered, ledger, found, console };
        let sent = match File::open(report) {
            Ok(mut report) => mail.send(mailing, &mut report).await,
            Err(error) => {
                let problem = format!("no mail was sent, since the merged report cannot be read again: {error}");
                (covered.mailed.clone(), Some(problem))
            }
        };
        let (mailed, problem) = sent;
        covered.mailed = mailed;
        if let Some(problem) = problem {
            tracing::error!(error = problem, "the digest of {} was not sent: {problem}", scanned.organization.id);
            covered.add_undelivered(vec![format!("{}: {problem}", publication.management_account)]);
        }
    }
}
