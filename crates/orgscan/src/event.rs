//! The event that starts a run, whoever sends it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::account::AccountId;

/// What an event asks for. The default asks for everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The time that object names carry, so that a repeated delivery writes the same names.
    pub scheduled_time: Option<Timestamp>,
    /// A name for the run.
    pub run_id: Option<String>,
    /// Only these tenants.
    pub tenant_ids: Option<BTreeSet<AccountId>>,
    /// Only these accounts.
    pub account_ids: Option<BTreeSet<AccountId>>,
    /// False: no mail.
    pub notify: Option<bool>,
    /// True: check what would be scanned, write and mail nothing.
    pub dry_run: bool,
}
