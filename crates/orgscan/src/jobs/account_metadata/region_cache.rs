//! Regions of the last run, for accounts whose regions rarely change.
//!
//! The newest inventory has the regions, and its ledger the time each account's were learnt; together they are the cache,
//! so there is nothing else to keep, to secure or to expire.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::account::AccountId;
use crate::jobs::Run;
use crate::jobs::publish::{Publication, soon};
use crate::jobs::sweep::Probed;
use crate::ledger::{LedgerRow, Outcome};
use crate::names::Edition;
use crate::ports::ReportStore;
use crate::table;

/// What is remembered; empty where the cache is off.
#[derive(Debug, Default)]
pub(super) struct RegionCache {
    on: bool,
    accounts: HashMap<AccountId, (Vec<String>, LedgerRow)>,
    /// The fixed regions of the settings: what is remembered of others is of other settings.
    asked: Option<Vec<String>>,
}

impl RegionCache {
    /// Reads the newest inventory and its ledger. Without them, or where they cannot be read, nothing is remembered.
    pub(super) async fn load<S: ReportStore>(
        store: &S,
        run: &Run<'_>,
        publication: &Publication<'_>,
        now: Timestamp,
    ) -> Self {
        let lifetime = run.config.inventory.region_cache;
        if lifetime.is_zero() || !run.config.inventory.region_detection {
            return Self::default();
        }
        let (report, management_account) = (publication.report, publication.management_account);
        let inventory = soon(run, store.read(&report.csv(management_account, Edition::Latest))).await;
        let ledger = soon(run, store.read(&report.coverage_csv(management_account, Edition::Latest))).await;
        let (Ok(inventory), Ok(ledger)) = (inventory, ledger) else {
            return Self { on: true, ..Self::default() };
        };
        let is_young =
            |time: Timestamp| std::time::Duration::try_from(now.duration_since(time)).is_ok_and(|age| age < lifetime);
        let mut learnt: HashMap<AccountId, LedgerRow> = table::read_ledger(&ledger)
            .unwrap_or_default()
            .into_iter()
            .filter(|row| row.outcome == Outcome::Reported)
            .filter(|row| row.report_generated_time.is_some_and(is_young))
            .map(|row| (row.account.id, row))
            .collect();
        let accounts = table::read_regions(&inventory)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(account, regions)| learnt.remove(&account).map(|row| (account, (regions, row))))
            .collect();
        Self { on: true, accounts, asked: run.config.inventory.regions.clone() }
    }

    /// What is remembered about an account.
    pub(super) fn regions_of(&self, account: AccountId) -> Option<Probed<Vec<String>>> {
        let (regions, row) = self.accounts.get(&account)?;
        if self.asked.as_ref().is_some_and(|asked| !regions.iter().all(|region| asked.contains(region))) {
            return None;
        }
        Some(Probed {
            report_generated_time: row.report_generated_time,
            regions_denied: row.regions_denied.clone(),
            regions_not_enabled: row.regions_not_enabled.clone(),
            details: if row.detail.is_empty() { Vec::new() } else { vec![row.detail.clone()] },
            ..Probed::reported(regions.clone())
        })
    }

    /// Notes when an account's regions were learnt, where the cache is on.
    pub(super) fn stamp(&self, probed: Probed<Vec<String>>, now: Timestamp) -> Probed<Vec<String>> {
        let learnt = self.on && probed.found.is_some();
        Probed { report_generated_time: learnt.then_some(now), ..probed }
    }
}
