//! A world in memory for the tests of jobs: Organizations, roles, regions, credential reports, tenants, a bucket and an
//! outbox, with planned faults.
//!
//! It refuses what AWS refuses: a session can do no more than its session policy and its role allow, a role that is not
//! there or does not trust the caller is denied, a member account cannot list its Organization. It does not know
//! quotas, the expiry of sessions, or the number of pages of tags and tenants; it retries nothing, so a planned throttle
//! is what is left after the retries of a call.
//!
//! ```
//! use orgscan::testing::{Fault, MemoryAccount, MemoryOrganization, MemoryRole, MemoryWorld};
//! use orgscan::error::CallErrorKind;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let reader = MemoryRole::new("OrgReportReader").trusts(9);
//! let world = MemoryWorld::new(9).with_organization(
//!     MemoryOrganization::new("o-acme", MemoryAccount::new(1, "Management"))
//!         .account(MemoryAccount::new(2, "Payments").tag("env", "prod").active_in("eu-west-1"))
//!         .account(MemoryAccount::new(3, "Closed").state("CLOSED"))
//!         .role_in_management(reader.clone())
//!         .role_in_members(&reader),
//! );
//! world.plan(Fault::once("tag:GetResources", CallErrorKind::Throttled).in_account(2).in_region("eu-west-1"));
//! # }
//! ```

#![expect(clippy::panic, reason = "a world that is set up wrongly must fail its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::account::{Account, AccountId, AccountState, OrgId, Partition};
use crate::ledger::{LedgerRow, Outcome};
use crate::ports::{CallCounts, Clock, CountsCalls};

mod account;
mod calls;
mod clock;
mod fault;
mod looked_at;
mod mailer;
mod organization;
mod report;
mod report_text;
mod session;
mod store;
mod tenants;
#[cfg(test)]
mod tests;

pub use account::MemoryAccount;
pub use calls::{ACTIONS, Answer, Request, Watermark};
pub use clock::MemoryClock;
pub use fault::{Fault, FaultKind, Times};
pub use looked_at::{MemoryBucket, MemorySes};
pub use mailer::MemoryMailer;
pub use organization::MemoryOrganization;
pub use report::MemoryReport;
pub use report_text::{ReportUser, report};
pub use session::{AssumedRole, MemoryRole, MemorySession};
pub use store::{MemoryStore, StoredObject};
pub use tenants::MemoryTenant;

use calls::Calls;

/// When a world begins, unless a test says otherwise.
pub const START: &str = "2026-11-21T06:00:00Z";

/// An account id from its twelve digits or, with leading zeros, from a number. Panics where it is none.
pub fn account_id(id: impl fmt::Display) -> AccountId {
    let text = id.to_string();
    match format!("{text:0>12}").parse() {
        Ok(id) => id,
        Err(error) => panic!("{text}: {error}"),
    }
}

/// The ledger's row of an account that is covered, without a name, in the Organization `o-a`. Panics where the id is none.
pub fn ledger_row(id: impl fmt::Display) -> LedgerRow {
    LedgerRow {
        account: Account {
            id: account_id(id),
            name: String::new(),
            state: AccountState::Active,
            ou_path: String::new(),
        },
        org_id: OrgId::new("o-a"),
        outcome: Outcome::Reported,
        attempts: 1,
        duration: Duration::ZERO,
        report_generated_time: None,
        regions_denied: Vec::new(),
        regions_not_enabled: Vec::new(),
        detail: String::new(),
    }
}

/// A time from its RFC 3339 text. Panics where it is none.
pub fn timestamp(text: &str) -> Timestamp {
    match text.parse() {
        Ok(time) => time,
        Err(error) => panic!("{error}"),
    }
}

/// All that a job needs from the world, in memory. A clone is the same world.
#[derive(Debug, Clone)]
#[must_use]
pub struct MemoryWorld(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    calls: Calls,
    store: MemoryStore,
    mailer: MemoryMailer,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    caller: AccountId,
    caller_may: Option<BTreeSet<String>>,
    partition: Partition,
    accounts: BTreeMap<AccountId, MemoryAccount>,
    organizations: Vec<organization::Kept>,
    organization_of: BTreeMap<AccountId, usize>,
    tenants: BTreeMap<String, Vec<MemoryTenant>>,
    assumed: Vec<AssumedRole>,
    buckets: BTreeMap<String, MemoryBucket>,
    ses: MemorySes,
}

impl State {
    fn account(&self, id: AccountId) -> &MemoryAccount {
        self.accounts.get(&id).unwrap_or_else(|| panic!("there is no account {id}"))
    }

    fn account_mut(&mut self, id: AccountId) -> &mut MemoryAccount {
        self.accounts.get_mut(&id).unwrap_or_else(|| panic!("there is no account {id}"))
    }
}

impl MemoryWorld {
    /// A world in which the process's own credentials belong to `caller`. Unless an Organization has that account, it
    /// is in none.
    pub fn new(caller: impl fmt::Display) -> Self {
        let caller = account_id(caller);
        let calls = Calls::new(timestamp(START));
        let accounts = BTreeMap::from([(caller, MemoryAccount::new(caller, "Caller"))]);
        Self(Arc::new(Shared {
            store: MemoryStore::of(calls.clone()),
            mailer: MemoryMailer::of(calls.clone()),
            calls,
            state: Mutex::new(State {
                caller,
                caller_may: None,
                partition: Partition::new("aws"),
                accounts,
                organizations: Vec::new(),
                organization_of: BTreeMap::new(),
                tenants: BTreeMap::new(),
                assumed: Vec::new(),
                buckets: BTreeMap::new(),
                ses: MemorySes::default(),
            }),
        }))
    }

    /// Adds an Organization. Panics where one of its accounts is in another one already.
    pub fn with_organization(self, organization: MemoryOrganization) -> Self {
        self.state().add_organization(organization);
        self
    }

    /// Adds items to a tenants table, which is there from then on, even without items.
    pub fn with_tenants(self, table: &str, items: impl IntoIterator<Item = MemoryTenant>) -> Self {
        self.state().tenants.entry(table.to_owned()).or_default().extend(items);
        self
    }

    /// Sets the partition; without it, it is `aws`.
    pub fn partition(self, name: &str) -> Self {
        self.state().partition = Partition::new(name);
        self
    }

    /// Sets all AWS actions that the process's own credentials may do with Organizations, accounts and roles; without
    /// it, they may do all.
    pub fn caller_may(self, actions: &[&str]) -> Self {
        self.state().caller_may = Some(actions.iter().map(|action| (*action).to_owned()).collect());
        self
    }

    /// Begins at this time, now.
    pub fn beginning_at(self, start: &str) -> Self {
        self.0.calls.set_start(timestamp(start));
        self
    }

    /// How long each call takes; without it, no time at all.
    pub fn latency(self, latency: Duration) -> Self {
        self.0.calls.set_latency(latency);
        self
    }

    /// How long each call of one action takes.
    pub fn latency_of(self, action: &'static str, latency: Duration) -> Self {
        assert!(ACTIONS.contains(&action), "{action} is not an action of the in-memory world");
        self.0.calls.set_latency_of(action, latency);
        self
    }

    /// Adds up to `most` to the latency of each call, the same in every run of a test.
    pub fn jitter(self, seed: u64, most: Duration) -> Self {
        self.0.calls.set_jitter(seed, most);
        self
    }

    /// Plans a fault; earlier ones come first.
    pub fn plan(&self, fault: Fault) {
        self.0.calls.plan(fault);
    }

    /// Faults that were to happen a number of times and did not happen as often.
    pub fn unused_faults(&self) -> Vec<Fault> {
        self.0.calls.unused_faults()
    }

    /// Changes an account, between two runs or while one is going. The change cannot move it or list it anew.
    pub fn change(&self, id: impl fmt::Display, change: impl FnOnce(MemoryAccount) -> MemoryAccount) {
        let id = account_id(id);
        let changed = change(self.state().account(id).clone());
        *self.state().account_mut(id) = changed;
    }

    /// Where its objects go.
    pub fn store(&self) -> &MemoryStore {
        &self.0.store
    }

    /// Where its mail goes.
    pub fn mailer(&self) -> &MemoryMailer {
        &self.0.mailer
    }

    /// Its clock.
    pub fn clock(&self) -> MemoryClock {
        self.0.calls.clock()
    }

    /// The process's own credentials, without a call.
    pub fn own_session(&self) -> MemorySession {
        let state = self.state();
        MemorySession::of_process(state.caller, state.caller_may.clone())
    }

    /// Every call that was made, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.0.calls.requests()
    }

    /// How many calls of an action were made. Panics where no call has this action.
    pub fn calls_of(&self, action: &str) -> usize {
        assert!(ACTIONS.contains(&action), "{action} is not an action of the in-memory world");
        self.requests().iter().filter(|request| request.action == action).count()
    }

    /// Every role that was assumed or was to be, in order, with what was done with it.
    pub fn assumed(&self) -> Vec<AssumedRole> {
        let mut assumed = self.state().assumed.clone();
        for request in self.requests() {
            if let Some(role) = request.session.checked_sub(1).and_then(|at| assumed.get_mut(at)) {
                role.used.insert(request.action);
            }
        }
        assumed
    }

    /// The highest numbers of calls in flight.
    pub fn watermark(&self) -> Watermark {
        self.0.calls.watermark()
    }

    fn calls(&self) -> &Calls {
        &self.0.calls
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CountsCalls for MemoryWorld {
    fn take_call_counts(&self) -> CallCounts {
        self.0.calls.take_counts()
    }
}

impl Clock for MemoryWorld {
    fn now(&self) -> Timestamp {
        self.clock().now()
    }
}
