//! Which Organizations a run covers: the caller's own, or one per active tenant.

use futures::stream;

use super::Run;
use super::entry::management_role;
use crate::account::{AccountId, Organization};
use crate::config::TenantsTable;
use crate::error::{CallError, CallErrorKind, RunError};
use crate::ports::{Caller, Organizations, Tenants};
use crate::scan::{Outcome, scan};
use crate::session_policy::SessionPolicy;
use crate::summary::TenantsSummary;
use crate::tenant::{RejectedTenant, Tenant, select};

/// An Organization to scan, and the credentials that list it.
#[derive(Debug, Clone)]
pub(super) struct OrganizationToScan<S> {
    pub(super) organization: Organization,
    /// Lists the Organization.
    pub(super) session: S,
    /// The account `session` is in.
    pub(super) listed_from: AccountId,
    /// Goes with every role of this Organization.
    pub(super) external_id: Option<String>,
}

/// The Organizations of a run, and what became of the tenants table where there is one.
pub(super) struct ToScan<S> {
    pub(super) organizations: Vec<OrganizationToScan<S>>,
    pub(super) tenants: Option<TenantsSummary>,
}

/// Finds the Organizations of a run.
///
/// # Errors
/// The table or the caller's Organization cannot be read, or there are tenants and none of them can be entered.
pub(super) async fn organizations_to_scan<W: Organizations + Tenants>(
    world: &W,
    run: &Run<'_>,
    caller: &Caller<W::Session>,
    policy: &SessionPolicy,
) -> Result<ToScan<W::Session>, RunError> {
    let to_scan = match &run.config.tenants {
        Some(table) => of_tenants(world, run, caller, table, policy).await?,
        None if run.event.tenant_ids.is_some() => {
            return Err(RunError::Event {
                problems: vec!["tenant_ids: there are no tenants without DYNAMO_TABLE_NAME".to_owned()],
            });
        }
        None => ToScan { organizations: vec![own(world, run, caller).await?], tenants: None },
    };
    run.progress.listings(to_scan.organizations.len());
    Ok(to_scan)
}

/// The Organization of the caller's account.
pub(super) async fn own<W: Organizations>(
    world: &W,
    run: &Run<'_>,
    caller: &Caller<W::Session>,
) -> Result<OrganizationToScan<W::Session>, RunError> {
    let asked = run.before_listing("organizations:DescribeOrganization", world.organization(&caller.session));
    let organization = asked.await.map_err(RunError::Organization)?;
    Ok(OrganizationToScan {
        organization,
        session: caller.session.clone(),
        listed_from: caller.account,
        external_id: run.external_id(),
    })
}

async fn of_tenants<W: Organizations + Tenants>(
    world: &W,
    run: &Run<'_>,
    caller: &Caller<W::Session>,
    table: &TenantsTable,
    policy: &SessionPolicy,
) -> Result<ToScan<W::Session>, RunError> {
    let found = run
        .before_listing("dynamodb:Scan", world.scan_tenants(&table.name, &table.filter))
        .await
        .map_err(|source| RunError::Tenants { table: table.name.clone(), source })?;
    if found.scanned == 0 {
        return Err(RunError::NoTenants { table: table.name.clone() });
    }
    let selected = select(found.items, run.event.tenant_ids.as_ref());
    let mut summary =
        TenantsSummary { scanned: found.scanned, selected: selected.tenants.len() as u64, rejected: selected.rejected };
    let mut organizations = Vec::new();
    for (tenant, entered) in enter_all(world, run, caller, table, policy, selected.tenants).await {
        let reason = match entered {
            Ok(organization) => {
                organizations.push(organization);
                continue;
            }
            Err(not_entered) => not_entered.reason(),
        };
        let tenant_id = tenant.management_account.to_string();
        tracing::warn!(account.id = tenant_id, reason, "tenant {tenant_id} is rejected: {reason}");
        summary.rejected.push(RejectedTenant { tenant_id, reason });
    }
    summary.rejected.sort();
    if organizations.is_empty() && summary.selected > 0 {
        let reasons = summary.rejected.iter().map(|one| format!("{}: {}", one.tenant_id, one.reason)).collect();
        return Err(RunError::NoOrganization { reasons });
    }
    Ok(ToScan { organizations, tenants: Some(summary) })
}

/// Why the Organization of a tenant cannot be scanned.
#[derive(Debug)]
pub(super) enum NotEntered {
    /// The role in its management account cannot be assumed.
    Role { role_arn: String, error: CallError },
    /// Its Organization cannot be read, or it is in none.
    Organization(CallError),
    /// It is a member of this Organization.
    NotManagement(Organization),
    /// It did not come to an end, for this reason.
    Ended(String),
}

impl NotEntered {
    /// The same as a sentence fragment.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Role { role_arn, error } => format!("its role {role_arn} cannot be assumed: {}", error.chain()),
            Self::Organization(error) if error.kind == CallErrorKind::NotInOrganization => {
                "not a management account: it is in no Organization".to_owned()
            }
            Self::Organization(error) => format!("its Organization cannot be read: {}", error.chain()),
            Self::NotManagement(organization) => format!(
                "not a management account: it is a member of {}, whose management account is {}",
                organization.id, organization.management_account
            ),
            Self::Ended(reason) => reason.clone(),
        }
    }
}

/// Enters the management account of each tenant.
pub(super) async fn enter_all<W: Organizations>(
    world: &W,
    run: &Run<'_>,
    caller: &Caller<W::Session>,
    table: &TenantsTable,
    policy: &SessionPolicy,
    tenants: Vec<Tenant>,
) -> Vec<(Tenant, Result<OrganizationToScan<W::Session>, NotEntered>)> {
    let entered = scan(stream::iter(tenants), &run.entry_limits(), |tenant| {
        enter(world, run, caller, table, policy.clone(), tenant)
    })
    .await;
    let ended = |one: Outcome<Result<_, NotEntered>>| match one {
        Outcome::Done(entered) => entered,
        Outcome::Panicked => {
            Err(NotEntered::Ended("an internal error ended the attempt to enter it; please report it".to_owned()))
        }
        Outcome::TimedOut | Outcome::CutOff => Err(NotEntered::Ended("it could not be entered in time".to_owned())),
        Outcome::NotReached => Err(NotEntered::Ended(format!("{} came before it was entered", run.cut_reason()))),
    };
    entered.visited.into_iter().map(|one| (one.target, ended(one.outcome))).collect()
}

async fn enter<W: Organizations>(
    world: &W,
    run: &Run<'_>,
    caller: &Caller<W::Session>,
    table: &TenantsTable,
    policy: SessionPolicy,
    tenant: Tenant,
) -> Result<OrganizationToScan<W::Session>, NotEntered> {
    let external_id = tenant.external_id.clone().or_else(|| run.external_id());
    let session = if tenant.management_account == caller.account {
        caller.session.clone()
    } else {
        let role = management_role(run, caller, table, &tenant, external_id.clone(), policy);
        let assumed = world.assume_role(&caller.session, &role).await;
        assumed.map_err(|error| NotEntered::Role { role_arn: role.role_arn, error })?
    };
    let organization = world.organization(&session).await.map_err(NotEntered::Organization)?;
    if organization.management_account != tenant.management_account {
        return Err(NotEntered::NotManagement(organization));
    }
    Ok(OrganizationToScan { organization, session, listed_from: tenant.management_account, external_id })
}
