//! A run without its work: every account is entered as a run enters it, and each action that the run needs there is tried
//! once. Nothing is written.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use futures::stream::StreamExt;
use tokio::time::Instant;

use super::Run;
use super::entry::{Entry, with_member_role};
use super::organizations::{NotEntered, OrganizationToScan, enter_all, own};
use super::sweep::{Probed, outcome_of, sweep};
use crate::account::{Account, AccountId, Organization, Partition};
use crate::config::{Job, TagSource, TenantsTable};
use crate::error::{CallError, CallErrorKind, RunError};
use crate::ledger::{Outcome, Sum};
use crate::ports::{Caller, CredentialReports, Organizations, Regions, Tenants};
use crate::scan::Limits;
use crate::session_policy::SessionPolicy;
use crate::tenant::{RejectedTenant, Tenant, select};

/// Accounts of an Organization, as the Tagging API calls them.
const ACCOUNTS: &str = "organizations:account";

/// A call that was refused, as a plain value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The IAM action.
    pub(crate) action: &'static str,
    pub(crate) kind: CallErrorKind,
    /// What the service said.
    pub(crate) said: String,
}

impl From<&CallError> for Refusal {
    fn from(error: &CallError) -> Self {
        Self { action: error.action, kind: error.kind, said: error.chain() }
    }
}

impl Refusal {
    /// Whether a run goes on without it: of an account whose regions it may not list, it asks those that every account has.
    pub(crate) fn is_made_up_for(&self) -> bool {
        self.action == "account:ListRegions" && self.kind == CallErrorKind::Denied
    }
}

/// One action that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) action: &'static str,
    /// None where it is allowed.
    pub(crate) refusal: Option<Refusal>,
}

/// What came of trying an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tried {
    NotEntered(Refusal),
    Entered(Vec<Step>),
}

/// An account of an Organization and what came of it.
#[derive(Debug)]
pub(crate) struct Rehearsed {
    pub(crate) account: Account,
    pub(crate) outcome: Outcome,
    /// What the ledger would say.
    pub(crate) detail: String,
    /// None where it was skipped or not reached.
    pub(crate) tried: Option<Tried>,
}

impl Rehearsed {
    /// Whether it was left out on purpose.
    pub(crate) fn is_skipped(&self) -> bool {
        self.outcome.sum() == Sum::Skipped
    }
}

/// An Organization and all that came of it.
#[derive(Debug)]
pub(crate) struct RehearsedOrganization {
    pub(crate) accounts: Vec<Rehearsed>,
    /// Why not every account could be listed.
    pub(crate) listing_problem: Option<String>,
    /// Why tags cannot be read one by one; none where they can, or need not.
    pub(crate) tags: Option<Refusal>,
    /// The same for many at once.
    pub(crate) tags_in_bulk: Option<Refusal>,
}

/// The tenants of a table, and who of them could be entered.
#[derive(Debug)]
pub(crate) struct EnteredTenants<S> {
    pub(crate) scanned: u64,
    pub(crate) selected: usize,
    pub(crate) rejected: Vec<RejectedTenant>,
    pub(crate) entered: Vec<(Tenant, Result<Entered<S>, NotIn>)>,
}

/// An Organization that was entered.
#[derive(Debug, Clone)]
pub(crate) struct Entered<S>(OrganizationToScan<S>);

impl<S> Entered<S> {
    pub(crate) fn organization(&self) -> &Organization {
        &self.0.organization
    }

    pub(crate) fn listed_from(&self) -> AccountId {
        self.0.listed_from
    }

    pub(crate) fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }
}

/// Why a tenant was not entered.
#[derive(Debug)]
pub(crate) enum NotIn {
    /// Its role lets nobody in.
    Role { role_arn: String, refusal: Refusal },
    /// Its Organization may not be described.
    Organization(Refusal),
    /// It is in no Organization.
    InNone,
    /// It is a member of this one.
    MemberOf(Organization),
    /// It did not come to an end.
    Ended(String),
}

impl From<NotEntered> for NotIn {
    fn from(reason: NotEntered) -> Self {
        match reason {
            NotEntered::Role { role_arn, error } => Self::Role { role_arn, refusal: (&error).into() },
            NotEntered::Organization(error) if error.kind == CallErrorKind::NotInOrganization => Self::InNone,
            NotEntered::Organization(error) => Self::Organization((&error).into()),
            NotEntered::NotManagement(organization) => Self::MemberOf(organization),
            NotEntered::Ended(reason) => Self::Ended(reason),
        }
    }
}

/// The Organization of the caller.
pub(crate) async fn own_organization<W: Organizations>(
    world: &W,
    run: &Run<'_>,
    caller: &Caller<W::Session>,
) -> Result<Entered<W::Session>, Refusal> {
    own(world, run, caller).await.map(Entered).map_err(|error| match &error {
        RunError::Organization(error) => error.into(),
        other => {
            Refusal { action: "organizations:DescribeOrganization", kind: CallErrorKind::Other, said: other.chain() }
        }
    })
}

/// The tenants, entered as a run enters them.
pub(crate) async fn enter_tenants<W: Organizations + Tenants>(
    world: &W,
    run: &Run<'_>,
    job: Job,
    caller: &Caller<W::Session>,
    table: &TenantsTable,
) -> Result<EnteredTenants<W::Session>, Refusal> {
    let asked = run.before_listing("dynamodb:Scan", world.scan_tenants(&table.name, &table.filter)).await;
    let found = asked.map_err(|error| Refusal::from(&error))?;
    let chosen = select(found.items, run.event.tenant_ids.as_ref());
    let policy = with_member_role(run, caller, of_management_account(job));
    let selected = chosen.tenants.len();
    let entered = enter_all(world, run, caller, table, &policy, chosen.tenants).await;
    let entered =
        entered.into_iter().map(|(tenant, entered)| (tenant, entered.map(Entered).map_err(NotIn::from))).collect();
    Ok(EnteredTenants { scanned: found.scanned, selected, rejected: chosen.rejected, entered })
}

/// Whether accounts may be listed: the first page of them.
pub(crate) async fn try_listing<W: Organizations>(
    world: &W,
    run: &Run<'_>,
    entered: &Entered<W::Session>,
) -> Result<(), Refusal> {
    let first = async { pin!(world.accounts(&entered.0.session)).next().await.transpose() };
    let asked = run.before_listing("organizations:ListAccounts", first).await;
    asked.map(drop).map_err(|error| Refusal::from(&error))
}

/// Tries every account of an Organization.
pub(crate) async fn rehearse<W: Organizations + Regions + CredentialReports>(
    world: &W,
    run: &Run<'_>,
    job: Job,
    caller: &Caller<W::Session>,
    region: &str,
    entered: &Entered<W::Session>,
) -> RehearsedOrganization {
    let scanned = &entered.0;
    let policy = match job {
        Job::AccountMetadata => SessionPolicy::regions_of_account(),
        Job::CredentialReport => SessionPolicy::report_of_account(),
    };
    let entry = Entry::new(world, run, caller, scanned, policy);
    // Organizations come one after the other: to what begins after the deadline only the rest of the grace is left.
    let rest = run.cut().map_or(run.grace, |cut| cut.saturating_duration_since(Instant::now()));
    let limits = Limits { grace: run.grace.min(rest), ..run.limits(Job::AccountMetadata, 1) };
    let regions = RegionsToTry { home: region, partition: &caller.partition, answered: Mutex::default() };
    let swept = sweep(world, run, &limits, scanned, None, std::future::ready(None), |account: Account| {
        let (entry, regions) = (&entry, &regions);
        async move {
            if job == Job::AccountMetadata && !run.config.inventory.region_detection {
                return Probed::reported(Tried::Entered(Vec::new()));
            }
            let session = match entry.enter(account.id).await {
                Ok(session) => session,
                Err(error) => {
                    let tried = Some(Tried::NotEntered((&error).into()));
                    return Probed { found: tried, ..Probed::not_entered(&error) };
                }
            };
            let steps = match job {
                Job::AccountMetadata => try_regions(world, run, &session, regions).await,
                Job::CredentialReport => try_report(world, &session).await,
            };
            probed(steps)
        }
    })
    .await;
    let (tags, tags_in_bulk) = try_tags(world, run, job, &caller.partition, scanned).await;
    let listing_problem = swept.listing_problem;
    let accounts = swept.accounts.into_iter().map(|one| Rehearsed {
        account: one.row.account,
        outcome: one.row.outcome,
        detail: one.row.detail,
        tried: one.found,
    });
    RehearsedOrganization { accounts: accounts.collect(), listing_problem, tags, tags_in_bulk }
}

fn of_management_account(job: Job) -> SessionPolicy {
    match job {
        Job::AccountMetadata => SessionPolicy::inventory_of_organization(),
        Job::CredentialReport => SessionPolicy::reports_of_organization(),
    }
}

fn probed(steps: Vec<Step>) -> Probed<Tried> {
    let refused = steps.iter().filter_map(|step| step.refusal.clone()).find(|refusal| !refusal.is_made_up_for());
    match refused {
        None => Probed::reported(Tried::Entered(steps)),
        Some(refusal) => {
            let outcome = outcome_of(&CallError::new(refusal.action, refusal.kind));
            let found = Some(Tried::Entered(steps));
            Probed { found, ..Probed::without_report(outcome, vec![refusal.said]) }
        }
    }
}

fn step<T>(action: &'static str, answer: Result<T, CallError>) -> Step {
    Step { action, refusal: answer.err().map(|error| (&error).into()) }
}

/// A report that is not there, or not yet, may be fetched.
async fn try_report<W: CredentialReports>(world: &W, session: &W::Session) -> Vec<Step> {
    let fetched = match world.credential_report(session).await {
        Err(error)
            if matches!(error.kind, CallErrorKind::NotFound | CallErrorKind::Expired | CallErrorKind::NotReady) =>
        {
            Ok(())
        }
        answer => answer.map(drop),
    };
    vec![
        step("iam:GetCredentialReport", fetched),
        step("iam:GenerateCredentialReport", world.generate_credential_report(session).await),
    ]
}

/// In which order regions are tried.
struct RegionsToTry<'a> {
    /// That of the process.
    home: &'a str,
    partition: &'a Partition,
    /// The one that answered last: policies of an Organization deny the same regions to all its accounts.
    answered: Mutex<Option<String>>,
}

impl RegionsToTry<'_> {
    /// Those that are known, the likeliest to answer first.
    fn order(&self, known: &[String]) -> Vec<String> {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let likely = [answered.as_deref(), Some(self.home), Some(self.partition.global_region())];
        let mut order: Vec<String> = Vec::with_capacity(known.len());
        let likely = likely.into_iter().flatten().filter(|region| known.iter().any(|one| one == region));
        for region in likely.chain(known.iter().map(String::as_str)) {
            if !order.iter().any(|one| one == region) {
                order.push(region.to_owned());
            }
        }
        order
    }

    fn has_answered(&self, region: String) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(region);
    }
}

/// One page of one region. Policies of an Organization often deny regions, which a run takes as they are, so that all are
/// tried until one answers.
async fn try_regions<W: Regions>(
    world: &W,
    run: &Run<'_>,
    session: &W::Session,
    regions: &RegionsToTry<'_>,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let defaults = || regions.partition.default_regions().iter().map(|region| (*region).to_owned()).collect();
    let known: Vec<String> = match &run.config.inventory.regions {
        Some(fixed) => fixed.clone(),
        None => match world.enabled_regions(session).await {
            Ok(enabled) => {
                steps.push(step("account:ListRegions", Ok(())));
                enabled
            }
            // A partition without Account Management has no region to opt in to either.
            Err(error) if error.kind == CallErrorKind::NoSuchHost => defaults(),
            Err(error) => {
                steps.push(step::<()>("account:ListRegions", Err(error)));
                defaults()
            }
        },
    };
    let mut refused: Option<CallError> = None;
    for region in regions.order(&known) {
        let mut pages = pin!(world.tagged_resources(session, &region, &run.config.inventory.resource_types));
        match pages.next().await {
            None | Some(Ok(_)) => {
                regions.has_answered(region.clone());
                refused = None;
                break;
            }
            // What failed for another reason may answer in the run.
            Some(Err(error)) if refused.as_ref().is_none_or(|first| rank(&error) > rank(first)) => {
                refused = Some(error);
            }
            Some(Err(_)) => {}
        }
    }
    // Regions that the settings name may be such as an account has not.
    let is_harmless = |error: &CallError| rank(error) == 0 && run.config.inventory.regions.is_some();
    let refused = refused.filter(|error| !is_harmless(error));
    steps.push(step("tag:GetResources", refused.map_or(Ok(()), Err)));
    steps
}

/// Which of the answers of several regions stands for all, as in a run.
fn rank(error: &CallError) -> u8 {
    match error.kind {
        CallErrorKind::RegionNotEnabled => 0,
        CallErrorKind::Denied => 1,
        _ => 2,
    }
}

/// The tags of the management account itself stand for those of all: by themselves, and as a page of all.
async fn try_tags<W: Organizations + Regions>(
    world: &W,
    run: &Run<'_>,
    job: Job,
    partition: &Partition,
    scanned: &OrganizationToScan<W::Session>,
) -> (Option<Refusal>, Option<Refusal>) {
    if job != Job::AccountMetadata {
        return (None, None);
    }
    let source = run.config.inventory.tag_source;
    let one_by_one = if source == TagSource::Tagging {
        None
    } else {
        let asked = world.tags_of_account(&scanned.session, scanned.organization.management_account);
        let answer = run.before_listing("organizations:ListTagsForResource", asked).await;
        answer.err().map(|error| (&error).into())
    };
    let in_bulk = if source == TagSource::Organizations {
        None
    } else {
        let accounts = [ACCOUNTS.to_owned()];
        let region = partition.global_region();
        let first =
            async { pin!(world.tagged_resources(&scanned.session, region, &accounts)).next().await.transpose() };
        run.before_listing("tag:GetResources", first).await.err().map(|error| (&error).into())
    };
    (one_by_one, in_bulk)
}
