//! The inventory: every account of every tenant's Organization with its tags and active regions, one CSV per
//! Organization.

mod foreign_regions;
mod region_cache;
mod regions;
mod tags;

use futures::future::join;
use futures::stream;

use self::region_cache::RegionCache;
use self::tags::AccountTags;
use super::Run;
use super::conclude::{Covered, OrganizationEnd, conclude};
use super::entry::{Entry, with_member_role};
use super::left_undone::LeftUndone;
use super::listing::listed_accounts;
use super::organizations::{OrganizationToScan, ToScan, organizations_to_scan};
use super::publish::{Editions, Publication, Published, publish};
use super::read_back::read_back;
use super::sweep::{Probed, Swept, sweep};
use crate::account::Account;
use crate::config::{FormulaGuard, Job};
use crate::error::RunError;
use crate::ledger::LedgerRow;
use crate::names::Report;
use crate::ports::{Body, Caller, Clock, CountsCalls, Organizations, Regions, ReportStore, Tenants};
use crate::scan::{Limits, scan};
use crate::session_policy::SessionPolicy;
use crate::summary::Summary;
use crate::table::{self, InventoryRow};

/// What the inventory needs from the world.
pub trait World: Organizations + Regions + Tenants + Clock + CountsCalls {}

impl<W: Organizations + Regions + Tenants + Clock + CountsCalls> World for W {}

/// Runs the inventory.
///
/// # Errors
/// Nothing useful could be done: see [`RunError`]. Accounts and tenants that failed are data in the summary.
pub async fn run<W: World, S: ReportStore>(world: &W, store: &S, run: &Run<'_>) -> Result<Summary, RunError> {
    // Counts of an earlier run in the same process are not this run's.
    drop(world.take_call_counts());
    let caller = run.before_listing("sts:GetCallerIdentity", world.caller()).await.map_err(RunError::Identity)?;
    tracing::info!(account.id = %caller.account, "run {} of account-metadata begins", run.id);
    let policy = with_member_role(run, &caller, SessionPolicy::inventory_of_organization());
    let ToScan { organizations, tenants } = organizations_to_scan(world, run, &caller, &policy).await?;

    let limits = run.limits(Job::AccountMetadata, organizations.len());
    let job = Inventory { world, store, run, limits, caller: &caller };
    let scanned = scan(stream::iter(organizations), &run.organization_limits(), |one| job.organization(one)).await;
    let mut summary = conclude(run, scanned, tenants, false, &world.take_call_counts())?;
    summary.warnings.extend(foreign_regions::warnings(&run.config.inventory, &caller.partition));
    Ok(summary)
}

struct Inventory<'a, W: World, S> {
    world: &'a W,
    store: &'a S,
    run: &'a Run<'a>,
    limits: Limits,
    caller: &'a Caller<W::Session>,
}

impl<W: World, S: ReportStore> Inventory<'_, W, S> {
    async fn organization(&self, scanned: OrganizationToScan<W::Session>) -> OrganizationEnd {
        let run = self.run;
        let publication = Publication {
            report: Report::AccountMetadata,
            management_account: scanned.organization.management_account,
            time_stamp: &run.time_stamp,
        };
        if let Some(before) = read_back(self.store, run, &publication).await {
            let mut covered =
                Covered::new(run, &scanned.organization, &before.ledger, before.published, before.warnings);
            covered.set_listed_whole(before.is_whole);
            return OrganizationEnd::Covered(Box::new(covered));
        }

        let cache = RegionCache::load(self.store, run, &publication, self.world.now()).await;
        let entry = Entry::new(self.world, run, self.caller, &scanned, SessionPolicy::regions_of_account());
        let mut warnings = Vec::new();
        let (listed, accounts) = listed_accounts();
        let before = LeftUndone::look(self.store, run, &publication);
        let sweeping = sweep(self.world, run, &self.limits, &scanned, Some(listed), before, |account| {
            self.probe(&entry, &cache, account)
        });
        let tagging = tags::read(self.world, run, self.caller, &scanned, accounts, &mut warnings);
        let (swept, tags) = join(sweeping, tagging).await;
        let had_left_undone = swept.had_left_undone;
        let (mut accounts, problem) = match swept.listed() {
            Ok(listed) => listed,
            Err(reason) => return OrganizationEnd::NotListed(reason),
        };
        warnings.extend(problem.iter().map(|problem| publication.not_newest(problem)));
        note_missing_tags(&mut accounts, &tags);
        let left = LeftUndone::of_ledger(accounts.iter().map(|one| &one.row));

        let published = if run.event.dry_run {
            Published::default()
        } else {
            match self.tables(&scanned, &accounts, &tags) {
                Ok((report, ledger)) => {
                    let editions = Editions::of(run, problem.is_none(), &left, had_left_undone);
                    publish(self.store, run, &publication, Body::Bytes(&report), &ledger, editions).await
                }
                Err(error) => Published::failed(&publication, error.into()),
            }
        };
        warnings.extend(left.warning(&publication, &published));
        let ledger: Vec<LedgerRow> = accounts.into_iter().map(|one| one.row).collect();
        let mut covered = Covered::new(run, &scanned.organization, &ledger, published, warnings);
        covered.set_listed_whole(problem.is_none());
        OrganizationEnd::Covered(Box::new(covered))
    }

    async fn probe(&self, entry: &Entry<'_, W>, cache: &RegionCache, account: Account) -> Probed<Vec<String>> {
        let settings = &self.run.config.inventory;
        if !settings.region_detection {
            return Probed::reported(Vec::new());
        }
        if let (Some(remembered), false) = (cache.regions_of(account.id), self.run.event.dry_run) {
            return remembered;
        }
        let session = match entry.enter(account.id).await {
            Ok(session) => session,
            Err(error) => return Probed::not_entered(&error),
        };
        if self.run.event.dry_run {
            return Probed::reported(Vec::new());
        }
        let probed = regions::detect(self.world, self.run, &session, &self.caller.partition).await;
        cache.stamp(probed, self.world.now())
    }

    fn tables(
        &self,
        scanned: &OrganizationToScan<W::Session>,
        accounts: &[Swept<Vec<String>>],
        tags: &AccountTags,
    ) -> csv::Result<(Vec<u8>, Vec<u8>)> {
        let settings = &self.run.config.inventory;
        let guard = self.run.config.formula_guard == FormulaGuard::All;
        let rows = accounts.iter().map(|one| {
            let account = &one.row.account;
            let regions = one.found.as_deref().unwrap_or_default();
            let values = tags.values(account.id);
            InventoryRow {
                account,
                org_id: scanned.organization.id.as_str(),
                management_account: scanned.organization.management_account.to_string(),
                region_group: settings.region_groups.group_of(regions),
                regions,
                environment: values.map_or("", |values| &values.environment),
                aide_id: values.map_or("", |values| &values.aide_id),
            }
        });
        let report = table::inventory(rows, guard)?;
        let ledger: Vec<&LedgerRow> = accounts.iter().map(|one| &one.row).collect();
        Ok((report, table::ledger(ledger, guard)?))
    }
}

/// An account whose tags are not known is covered in part only.
fn note_missing_tags(accounts: &mut [Swept<Vec<String>>], tags: &AccountTags) {
    for one in accounts {
        if let Some(problem) = tags.problem(one.row.account.id) {
            one.row.is_only_part();
            one.row.add_detail(problem);
        }
    }
}
