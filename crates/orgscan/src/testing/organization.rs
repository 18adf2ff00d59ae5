//! Organizations of the in-memory world: their listing, their tags and their regions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures::stream::{self, Stream};

use crate::account::{Account, AccountId, OrgId, Organization};
use crate::error::{CallError, CallErrorKind};
use crate::ports::{Organizations, Regions, Tags};

use super::calls::failed;
use super::{MemoryAccount, MemoryRole, MemorySession, MemoryWorld, Request, State, account_id};

/// The role that Organizations makes in each account it creates.
pub(super) const CREATED_WITH: &str = "OrganizationAccountAccessRole";

/// Most accounts that one page of `ListAccounts` has (Organizations API reference).
const ACCOUNTS_PER_PAGE: usize = 20;

/// Most resources that one page of `GetResources` has (Tagging API reference).
const RESOURCES_PER_PAGE: usize = 100;

/// An Organization.
///
/// Each member account that is not invited gets `OrganizationAccountAccessRole`, which trusts the management account;
/// the management account itself has no such role, as on AWS.
#[derive(Debug, Clone)]
#[must_use]
pub struct MemoryOrganization {
    id: OrgId,
    management: MemoryAccount,
    members: Vec<MemoryAccount>,
    delegated: BTreeSet<AccountId>,
    page_size: usize,
    empty_pages: BTreeSet<usize>,
    order: Option<u64>,
    bulk_tags_fail: Option<CallErrorKind>,
}

impl MemoryOrganization {
    /// An Organization of its management account alone.
    pub fn new(id: &str, management: MemoryAccount) -> Self {
        Self {
            id: OrgId::new(id),
            management,
            members: Vec::new(),
            delegated: BTreeSet::new(),
            page_size: ACCOUNTS_PER_PAGE,
            empty_pages: BTreeSet::new(),
            order: None,
            bulk_tags_fail: None,
        }
    }

    /// Adds a member account.
    pub fn account(mut self, account: MemoryAccount) -> Self {
        self.members.push(account);
        self
    }

    /// Adds member accounts.
    pub fn accounts(mut self, accounts: impl IntoIterator<Item = MemoryAccount>) -> Self {
        self.members.extend(accounts);
        self
    }

    /// Makes a member a delegated administrator, which may list accounts and tags.
    pub fn delegated_administrator(mut self, account: impl fmt::Display) -> Self {
        self.delegated.insert(account_id(account));
        self
    }

    /// Puts this role in the management account.
    pub fn role_in_management(mut self, role: MemoryRole) -> Self {
        self.management = self.management.role(role);
        self
    }

    /// Puts this role in every member account that was added so far.
    pub fn role_in_members(mut self, role: &MemoryRole) -> Self {
        self.members = self.members.into_iter().map(|account| account.role(role.clone())).collect();
        self
    }

    /// How many accounts a page of `ListAccounts` has.
    pub fn page_size(self, accounts: usize) -> Self {
        assert!((1..=ACCOUNTS_PER_PAGE).contains(&accounts), "a page has 1 to {ACCOUNTS_PER_PAGE} accounts");
        Self { page_size: accounts, ..self }
    }

    /// Makes these pages of `ListAccounts` (counted from 0) empty ones that others follow.
    pub fn empty_pages(self, pages: &[usize]) -> Self {
        Self { empty_pages: pages.iter().copied().collect(), ..self }
    }

    /// Lists accounts in an order of its own, not management account first and then as they were added.
    pub fn shuffled(self, seed: u64) -> Self {
        Self { order: Some(seed), ..self }
    }

    /// The Tagging API fails like this when it is asked for account tags; resources are not concerned.
    pub fn bulk_tags_fail(self, kind: CallErrorKind) -> Self {
        Self { bulk_tags_fail: Some(kind), ..self }
    }
}

/// An Organization as the world keeps it.
#[derive(Debug)]
pub(super) struct Kept {
    organization: Organization,
    delegated: BTreeSet<AccountId>,
    pages: Vec<Vec<AccountId>>,
    bulk_tags_fail: Option<CallErrorKind>,
}

impl Kept {
    fn is_administered_from(&self, account: AccountId) -> bool {
        self.organization.management_account == account || self.delegated.contains(&account)
    }
}

impl State {
    pub(super) fn add_organization(&mut self, organization: MemoryOrganization) {
        let MemoryOrganization { id, management, members, delegated, page_size, empty_pages, order, bulk_tags_fail } =
            organization;
        let management_account = management.id;
        let mut ids = vec![management_account];
        let root = format!("{id}/r-{}/", id.as_str().trim_start_matches("o-"));
        self.add_member(management, &root);
        for mut member in members {
            if !member.invited && !member.roles.contains_key(CREATED_WITH) {
                member = member.role(MemoryRole::new(CREATED_WITH).trusts(management_account));
            }
            ids.push(member.id);
            self.add_member(member, &root);
        }
        for id in &ids {
            let other = self.organization_of.insert(*id, self.organizations.len());
            assert!(other.is_none(), "account {id} is in two Organizations or twice in one");
        }
        if let Some(seed) = order {
            fastrand::Rng::with_seed(seed).shuffle(&mut ids);
        }
        let mut pages: Vec<Vec<AccountId>> = ids.chunks(page_size).map(<[AccountId]>::to_vec).collect();
        for at in empty_pages {
            pages.insert(at.min(pages.len()), Vec::new());
        }
        let organization = Organization { id, management_account };
        self.organizations.push(Kept { organization, delegated, pages, bulk_tags_fail });
    }

    fn add_member(&mut self, mut account: MemoryAccount, root: &str) {
        account.ou_path.get_or_insert_with(|| root.to_owned());
        self.accounts.insert(account.id, account);
    }

    fn organization_of(&self, session: &MemorySession, action: &'static str) -> Result<&Kept, CallError> {
        let kept = self.organization_of.get(&session.account()).and_then(|at| self.organizations.get(*at));
        kept.ok_or_else(|| failed(action, CallErrorKind::NotInOrganization))
    }

    /// The Organization, for what only its management account and its delegated administrators may do.
    fn administered(&self, session: &MemorySession, action: &'static str) -> Result<&Kept, CallError> {
        session.check(action)?;
        let kept = self.organization_of(session, action)?;
        if kept.is_administered_from(session.account()) { Ok(kept) } else { Err(failed(action, CallErrorKind::Denied)) }
    }

    /// One page of accounts, and whether another follows.
    fn page_of_accounts(&self, session: &MemorySession, page: usize) -> Result<(Vec<Account>, bool), CallError> {
        let kept = self.administered(session, "organizations:ListAccounts")?;
        let ids = kept.pages.get(page).map(Vec::as_slice).unwrap_or_default();
        let accounts = ids.iter().filter_map(|id| self.accounts.get(id)).map(MemoryAccount::listed).collect();
        Ok((accounts, page + 1 < kept.pages.len()))
    }

    fn tags_in_bulk(&self, session: &MemorySession, region: &str) -> Result<BTreeMap<AccountId, Tags>, CallError> {
        let action = "tag:GetResources";
        session.check(action)?;
        let Ok(kept) = self.organization_of(session, action) else { return Ok(BTreeMap::new()) };
        if let Some(kind) = kept.bulk_tags_fail {
            return Err(failed(action, kind));
        }
        // Elsewhere the Tagging API knows no accounts, and says so with an empty list.
        if region != self.partition.global_region() || !kept.is_administered_from(session.account()) {
            return Ok(BTreeMap::new());
        }
        let accounts = kept.pages.iter().flatten().filter_map(|id| self.accounts.get(id));
        Ok(accounts.filter(|account| account.is_in_bulk()).map(|account| (account.id, account.tags.clone())).collect())
    }

    fn tags_of_account(&self, session: &MemorySession, account: AccountId) -> Result<Tags, CallError> {
        let action = "organizations:ListTagsForResource";
        self.administered(session, action)?;
        if self.organization_of.get(&account) != self.organization_of.get(&session.account()) {
            return Err(failed(action, CallErrorKind::NotFound));
        }
        Ok(self.account(account).tags.clone())
    }

    fn enabled_regions(&self, session: &MemorySession) -> Result<Vec<String>, CallError> {
        session.check("account:ListRegions")?;
        Ok(self.regions_of(self.account(session.account())))
    }

    fn regions_of(&self, account: &MemoryAccount) -> Vec<String> {
        let defaults = || self.partition.default_regions().iter().map(|region| (*region).to_owned()).collect();
        let mut regions = account.regions.clone().unwrap_or_else(defaults);
        regions.sort_unstable();
        regions
    }

    /// One page of resources, and whether another follows.
    fn page_of_resources(
        &self,
        session: &MemorySession,
        region: &str,
        resource_types: &[String],
        page: usize,
    ) -> Result<(Vec<String>, bool), CallError> {
        let action = "tag:GetResources";
        let account = self.account(session.account());
        if account.not_enabled_regions.contains(region) || !self.regions_of(account).iter().any(|one| one == region) {
            return Err(failed(action, CallErrorKind::RegionNotEnabled));
        }
        session.check(action)?;
        if account.denied_regions.contains(region) {
            return Err(failed(action, CallErrorKind::Denied));
        }
        let pages = account.resources.get(region).map(Vec::as_slice).unwrap_or_default();
        let wanted = |arn: &&String| resource_types.is_empty() || resource_types.iter().any(|one| is_of_type(arn, one));
        let arns = pages.get(page).map(Vec::as_slice).unwrap_or_default().iter().filter(wanted).cloned().collect();
        Ok((arns, page + 1 < pages.len()))
    }
}

/// Whether a type filter (`ec2` or `ec2:instance`) lets an ARN through.
fn is_of_type(arn: &str, wanted: &str) -> bool {
    let mut fields = arn.splitn(6, ':').skip(2);
    let service = fields.next().unwrap_or_default();
    let resource = fields.nth(2).unwrap_or_default();
    let kind = match resource.split_once(['/', ':']) {
        Some((kind, _)) => kind,
        None if service == "s3" => "bucket",
        None => resource,
    };
    wanted == service || wanted.strip_prefix(service).and_then(|rest| rest.strip_prefix(':')) == Some(kind)
}

impl Organizations for MemoryWorld {
    async fn organization(&self, session: &MemorySession) -> Result<Organization, CallError> {
        let action = "organizations:DescribeOrganization";
        let call = self.calls().begin(Request::of(session, action)).await?;
        let answer = session
            .check(action)
            .and_then(|()| self.state().organization_of(session, action).map(|kept| kept.organization.clone()));
        call.answer(answer)
    }

    fn accounts(&self, session: &MemorySession) -> impl Stream<Item = Result<Vec<Account>, CallError>> + Send {
        stream::try_unfold(Some(0), move |page| async move {
            let Some(page) = page else { return Ok(None) };
            let call = self.calls().begin(Request::of(session, "organizations:ListAccounts")).await?;
            let (accounts, more) = call.answer(self.state().page_of_accounts(session, page))?;
            Ok(Some((accounts, more.then_some(page + 1))))
        })
    }

    async fn tags_in_bulk<T: Send>(
        &self,
        session: &MemorySession,
        region: &str,
        keep: impl Fn(Tags) -> T + Send + Sync,
    ) -> Result<BTreeMap<AccountId, T>, CallError> {
        let mut tags = None;
        let mut answered = 0;
        loop {
            let request = Request { region: Some(region.to_owned()), ..Request::of(session, "tag:GetResources") };
            let call = self.calls().begin(request).await?;
            let all = match tags.take() {
                None => call.answer(self.state().tags_in_bulk(session, region))?,
                Some(all) => call.answer(Ok(all))?,
            };
            answered += RESOURCES_PER_PAGE;
            if answered >= all.len() {
                return Ok(all.into_iter().map(|(account, tags)| (account, keep(tags))).collect());
            }
            tags = Some(all);
        }
    }

    async fn tags_of_account(&self, session: &MemorySession, account: AccountId) -> Result<Tags, CallError> {
        let request = Request { account: Some(account), ..Request::of(session, "organizations:ListTagsForResource") };
        let call = self.calls().begin(request).await?;
        call.answer(self.state().tags_of_account(session, account))
    }
}

impl Regions for MemoryWorld {
    async fn enabled_regions(&self, session: &MemorySession) -> Result<Vec<String>, CallError> {
        let call = self.calls().begin(Request::of(session, "account:ListRegions")).await?;
        call.answer(self.state().enabled_regions(session))
    }

    fn tagged_resources(
        &self,
        session: &MemorySession,
        region: &str,
        resource_types: &[String],
    ) -> impl Stream<Item = Result<Vec<String>, CallError>> + Send {
        stream::try_unfold(Some(0), move |page| async move {
            let Some(page) = page else { return Ok(None) };
            let request = Request { region: Some(region.to_owned()), ..Request::of(session, "tag:GetResources") };
            let call = self.calls().begin(request).await?;
            let (arns, more) = call.answer(self.state().page_of_resources(session, region, resource_types, page))?;
            Ok(Some((arns, more.then_some(page + 1))))
        })
    }
}
