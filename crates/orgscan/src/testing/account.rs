//! Accounts of the in-memory world, and what is in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::account::{Account, AccountId, AccountState};
use crate::ports::Tags;

use super::{MemoryReport, MemoryRole, account_id, report};

/// An account. As it is made it is ACTIVE, has no tags and no tagged resources, its partition's default regions, and a
/// credential report of its root user alone that is absent until it is generated, which takes two seconds.
#[derive(Debug, Clone)]
#[must_use]
pub struct MemoryAccount {
    pub(super) id: AccountId,
    name: String,
    state: Option<String>,
    status: Option<String>,
    pub(super) ou_path: Option<String>,
    pub(super) tags: Tags,
    bulk: Bulk,
    pub(super) roles: BTreeMap<String, MemoryRole>,
    pub(super) invited: bool,
    pub(super) regions: Option<Vec<String>>,
    pub(super) resources: BTreeMap<String, Vec<Vec<String>>>,
    pub(super) denied_regions: BTreeSet<String>,
    pub(super) not_enabled_regions: BTreeSet<String>,
    pub(super) report: MemoryReport,
}

/// Whether the Tagging API lists the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bulk {
    WhereTagged,
    Always,
    Never,
}

impl MemoryAccount {
    /// An account; a number is an id with leading zeros.
    pub fn new(id: impl fmt::Display, name: impl Into<String>) -> Self {
        let id = account_id(id);
        Self {
            id,
            name: name.into(),
            state: Some("ACTIVE".into()),
            status: None,
            ou_path: None,
            tags: Tags::new(),
            bulk: Bulk::WhereTagged,
            roles: BTreeMap::new(),
            invited: false,
            regions: None,
            resources: BTreeMap::new(),
            denied_regions: BTreeSet::new(),
            not_enabled_regions: BTreeSet::new(),
            report: MemoryReport::absent(report(id, [])),
        }
    }

    /// Its id.
    pub fn id(&self) -> AccountId {
        self.id
    }

    /// Answers this `State`, and no `Status`.
    pub fn state(self, state: impl Into<String>) -> Self {
        Self { state: Some(state.into()), status: None, ..self }
    }

    /// Answers `State` and `Status` exactly so. With neither answered the account works like an active one.
    pub fn answers(self, state: Option<&str>, status: Option<&str>) -> Self {
        Self { state: state.map(String::from), status: status.map(String::from), ..self }
    }

    /// Its OU path, `o-…/r-…/ou-…/`; empty: AWS answers none. Without it the account is right under the root.
    pub fn ou_path(self, path: impl Into<String>) -> Self {
        Self { ou_path: Some(path.into()), ..self }
    }

    /// Adds a tag.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Was tagged once: the bulk listing has it, even without a tag.
    pub fn once_tagged(self) -> Self {
        Self { bulk: Bulk::Always, ..self }
    }

    /// The bulk listing does not have it, whatever its tags.
    pub fn not_in_bulk(self) -> Self {
        Self { bulk: Bulk::Never, ..self }
    }

    /// Adds a role, or replaces the one of the same name.
    pub fn role(mut self, role: MemoryRole) -> Self {
        self.roles.insert(role.name.clone(), role);
        self
    }

    /// Takes a role away.
    pub fn without_role(mut self, name: &str) -> Self {
        self.invited |= name == super::organization::CREATED_WITH;
        self.roles.remove(name);
        self
    }

    /// Was invited, not created by the Organization: it has no `OrganizationAccountAccessRole`.
    pub fn invited(self) -> Self {
        self.without_role(super::organization::CREATED_WITH)
    }

    /// Sets the regions that are enabled in it.
    pub fn regions(self, regions: &[&str]) -> Self {
        Self { regions: Some(regions.iter().map(|region| (*region).to_owned()).collect()), ..self }
    }

    /// Sets its tagged resources of one region: ARNs, in pages that may be empty.
    pub fn resources<P, A>(mut self, region: impl Into<String>, pages: P) -> Self
    where
        P: IntoIterator,
        P::Item: IntoIterator<Item = A>,
        A: Into<String>,
    {
        let pages = pages.into_iter().map(|page| page.into_iter().map(Into::into).collect()).collect();
        self.resources.insert(region.into(), pages);
        self
    }

    /// Has one tagged instance in this region, which proves it.
    pub fn active_in(self, region: &str) -> Self {
        let arn = format!("arn:aws:ec2:{region}:{}:instance/i-0", self.id);
        self.resources(region, [[arn]])
    }

    /// A service control policy denies this region.
    pub fn denied_in(mut self, region: impl Into<String>) -> Self {
        self.denied_regions.insert(region.into());
        self
    }

    /// Its session tokens are unknown in this region, though it may be listed as enabled.
    pub fn not_enabled_in(mut self, region: impl Into<String>) -> Self {
        self.not_enabled_regions.insert(region.into());
        self
    }

    /// Sets its credential report.
    pub fn report(self, report: MemoryReport) -> Self {
        Self { report, ..self }
    }

    /// Whether a role can be assumed in it: it is neither suspended, closed nor half signed up.
    pub(super) fn can_be_entered(&self) -> bool {
        let state = AccountState::from_answer(self.state.as_deref(), self.status.as_deref());
        state.can_be_entered() || matches!(state, AccountState::NotAnswered | AccountState::Other(_))
    }

    pub(super) fn is_in_bulk(&self) -> bool {
        match self.bulk {
            Bulk::WhereTagged => !self.tags.is_empty(),
            Bulk::Always => true,
            Bulk::Never => false,
        }
    }

    /// The account as `ListAccounts` answers it.
    pub(super) fn listed(&self) -> Account {
        let path = self.ou_path.as_deref().filter(|path| !path.is_empty());
        let paths: Vec<String> = path.map(|path| format!("{path}{}/", self.id)).into_iter().collect();
        Account {
            id: self.id,
            name: self.name.clone(),
            state: AccountState::from_answer(self.state.as_deref(), self.status.as_deref()),
            ou_path: Account::ou_path_of(&paths, self.id),
        }
    }
}
