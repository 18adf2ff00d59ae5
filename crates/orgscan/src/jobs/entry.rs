//! Whose credentials enter an account: the caller's own, the management session's, or those of an assumed role.

use super::Run;
use super::organizations::OrganizationToScan;
use crate::account::AccountId;
use crate::config::{MemberRole, TenantsTable, Via};
use crate::error::CallError;
use crate::ports::{Caller, RoleToAssume, Sessions};
use crate::session_policy::SessionPolicy;
use crate::tenant::Tenant;

/// The role of a tenant's management account.
pub(super) fn management_role<S>(
    run: &Run<'_>,
    caller: &Caller<S>,
    table: &TenantsTable,
    tenant: &Tenant,
    external_id: Option<String>,
    policy: SessionPolicy,
) -> RoleToAssume {
    RoleToAssume {
        account: tenant.management_account,
        role_arn: caller.partition.role_arn(tenant.management_account, &table.management_role),
        session_name: run.role_session_name(),
        external_id,
        policy,
    }
}

/// What the management session must be able to do besides its own step: nothing, or assume the member role.
pub(super) fn with_member_role<S>(run: &Run<'_>, caller: &Caller<S>, policy: SessionPolicy) -> SessionPolicy {
    match run.config.member_role.via {
        Via::Caller => policy,
        Via::Management => policy.and_assume(&caller.partition, &run.config.member_role.name),
    }
}

/// The way into the accounts of one Organization.
#[derive(Debug)]
pub(super) struct Entry<'a, W: Sessions> {
    pub(super) world: &'a W,
    pub(super) caller: &'a Caller<W::Session>,
    pub(super) organization: &'a OrganizationToScan<W::Session>,
    pub(super) member_role: &'a MemberRole,
    pub(super) session_name: String,
    pub(super) policy: SessionPolicy,
}

impl<'a, W: Sessions> Entry<'a, W> {
    pub(super) fn new(
        world: &'a W,
        run: &'a Run<'_>,
        caller: &'a Caller<W::Session>,
        organization: &'a OrganizationToScan<W::Session>,
        policy: SessionPolicy,
    ) -> Self {
        Self {
            world,
            caller,
            organization,
            member_role: &run.config.member_role,
            session_name: run.role_session_name(),
            policy,
        }
    }

    /// Credentials in the account. The caller's own account is entered with the caller's own credentials, and the account
    /// that lists the Organization with the session that lists it: no role is assumed into itself.
    ///
    /// # Errors
    /// The role cannot be assumed.
    pub(super) async fn enter(&self, account: AccountId) -> Result<W::Session, CallError> {
        if account == self.caller.account {
            return Ok(self.caller.session.clone());
        }
        if account == self.organization.listed_from {
            return Ok(self.organization.session.clone());
        }
        let via = match self.member_role.via {
            Via::Caller => &self.caller.session,
            Via::Management => &self.organization.session,
        };
        let role = RoleToAssume {
            account,
            role_arn: self.caller.partition.role_arn(account, &self.member_role.name),
            session_name: self.session_name.clone(),
            external_id: self.organization.external_id.clone(),
            policy: self.policy.clone(),
        };
        // Boxed, so that an account which is entered holds nothing of it any more.
        Box::pin(self.world.assume_role(via, &role)).await
    }
}
