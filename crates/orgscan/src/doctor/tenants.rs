//! The tenants table: what is in it, and whether each tenant's management account is entered.

use super::caller::Examined;
use super::commands;
use super::diagnosis::{Check, Fix};
use super::look::Looker;
use super::ports::Roles;
use super::roles::{ClosedRole, TenantItem};
use crate::account::AccountId;
use crate::config::{Config, Job, TenantsTable};
use crate::error::CallErrorKind;
use crate::jobs::rehearsal::{EnteredTenants, NotIn, Refusal};
use crate::policies;
use crate::tenant::Tenant;
use crate::text::counted;

/// A value of `tenant_status` and the like that no filter lets through.
const RETIRED: &str = "Retired";

/// What a table is judged by.
pub(super) struct TenantsTableChecks<'a> {
    pub(super) job: Job,
    pub(super) config: &'a Config,
    pub(super) table: &'a TenantsTable,
    pub(super) caller: &'a Examined,
}

impl TenantsTableChecks<'_> {
    /// The table cannot be read.
    pub(super) fn unreadable(&self, refusal: &Refusal) -> Check {
        const ID: &str = "tenants-table";
        let name = &self.table.name;
        match refusal.kind {
            CallErrorKind::Denied => self.caller.denied(ID, name, self.job, self.config, refusal),
            CallErrorKind::NotFound => {
                let found = format!("there is no table {name} in {}", self.caller.region);
                let make = commands::aws(
                    "dynamodb",
                    "create-table",
                    &[
                        "--table-name",
                        name,
                        "--attribute-definitions",
                        "AttributeName=tenant_id,AttributeType=S",
                        "--key-schema",
                        "AttributeName=tenant_id,KeyType=HASH",
                        "--billing-mode",
                        "PAY_PER_REQUEST",
                        "--region",
                        &self.caller.region,
                    ],
                );
                let fix =
                    Fix::explained("set DYNAMO_TABLE_NAME to the table of tenants, or make it and put the tenants in")
                        .run_in(self.caller.account, vec![make]);
                Check::failed(ID, name, "table-absent", found).mended_by(fix)
            }
            _ => Check::not_answered(ID, name, refusal.said.clone()),
        }
    }

    /// The table, and its items that name no tenant.
    pub(super) fn read<S>(&self, tenants: &EnteredTenants<S>) -> Vec<Check> {
        let name = &self.table.name;
        let rejected = tenants.rejected.len();
        let found = format!(
            "{} scanned, {} selected by the filter, {rejected} rejected",
            counted(tenants.scanned, "item", "items"),
            counted(tenants.selected as u64, "tenant", "tenants"),
        );
        let check = if tenants.scanned == 0 {
            let fix = Fix::explained("put an item for each tenant into the table, or correct DYNAMO_TABLE_NAME");
            Check::failed("tenants-table", name, "table-empty", format!("{found}: the table is empty")).mended_by(fix)
        } else if tenants.selected == 0 {
            let fix = Fix::explained("correct TENANT_FILTER, or the items' attributes that it names");
            let found = format!("{found}: nothing would be scanned");
            Check::failed("tenants-table", name, "none-selected", found).mended_by(fix)
        } else {
            Check::ok("tenants-table", name, found)
        };
        let rejections = tenants.rejected.iter().map(|one| {
            let subject = if one.tenant_id.is_empty() { "(no tenant_id)" } else { &one.tenant_id };
            let fix = Fix::explained(format!("correct the item in {name}, or let TENANT_FILTER leave it out"));
            Check::failed("tenant", subject, "item-malformed", one.reason.clone()).mended_by(fix)
        });
        std::iter::once(check).chain(rejections).collect()
    }

    /// A tenant that cannot be entered.
    pub(super) async fn not_entered<W: Roles>(&self, tenant: &Tenant, reason: &NotIn, looker: &Looker<'_, W>) -> Check {
        let id = tenant.management_account;
        match reason {
            NotIn::Role { role_arn, refusal } if refusal.kind == CallErrorKind::Denied => {
                let configured = self.config.external_id.as_ref().map(|id| id.0.as_str());
                let role = self.closed_role(id, role_arn, tenant.external_id.as_deref().or(configured));
                let look = looker.look(id, &self.table.management_role).await;
                let demanded = role.demanded(&look).and_then(|ids| ids.into_iter().next());
                role.explain(refusal, &look, demanded.as_deref())
            }
            // Its own Organization the caller reads without a role.
            NotIn::Organization(refusal) if refusal.kind == CallErrorKind::Denied && id == self.caller.account => {
                self.caller.denied("tenant", &id.to_string(), self.job, self.config, refusal)
            }
            NotIn::Organization(refusal) if refusal.kind == CallErrorKind::Denied => {
                let of = (self.job, self.config);
                self.caller.management_role_denied("tenant", &id.to_string(), of, id, refusal)
            }
            NotIn::Role { refusal, .. } | NotIn::Organization(refusal) => {
                Check::not_answered("tenant", id.to_string(), refusal.said.clone()).in_account(id)
            }
            NotIn::InNone => self.retire(id, "it is in no Organization", None),
            NotIn::MemberOf(organization) => {
                let management = organization.management_account;
                let found = format!("it is a member of {}, whose management account is {management}", organization.id);
                self.retire(id, &found, Some(management))
            }
            NotIn::Ended(reason) => Check::not_examined("tenant", id.to_string(), reason.clone()).in_account(id),
        }
    }

    fn closed_role<'a>(&'a self, id: AccountId, role_arn: &str, external_id: Option<&'a str>) -> ClosedRole<'a> {
        let policy = policies::of_management_role(self.job, self.config, &self.caller.partition);
        let place = self.caller.place();
        let caller = policies::of_caller(self.job, self.config, &place);
        let statement =
            caller.statements.iter().find(|one| one.sid == "AssumeManagementRoles").map(policies::Statement::to_json);
        let statement = statement.unwrap_or_else(|| {
            super::roles::assume_statement(self.caller.partition.as_str(), &self.table.management_role)
        });
        ClosedRole {
            check: "tenant",
            subject: id.to_string(),
            account: id,
            role_name: &self.table.management_role,
            role_arn: role_arn.to_owned(),
            policies: vec![(format!("orgscan-{}", self.job.as_str()), policy.to_json())],
            asker: self.caller.clone(),
            external_id,
            may_assume: (format!("orgscan-{}-AssumeManagementRoles", self.job.as_str()), statement),
            management: Some(id),
            tenant: Some(TenantItem { table: &self.table.name, tenant: id, account: self.caller.account }),
        }
    }

    /// An item that names an account which manages no Organization is kept, and no longer let through by the filter.
    fn retire(&self, id: AccountId, found: &str, management: Option<AccountId>) -> Check {
        let filter = &self.table.filter.0;
        let attribute = filter.keys().find(|name| name.ends_with("status")).or(filter.keys().next());
        let instead = match management {
            Some(management) => format!("; where the table has no tenant {management} yet, add one"),
            None => String::new(),
        };
        let mut fix = Fix::explained(format!(
            "take the item out of what TENANT_FILTER lets through (the command is for a table whose key is tenant_id)\
             {instead}"
        ));
        if let Some(attribute) = attribute {
            let command = commands::set_of_tenant(&self.table.name, id, attribute, RETIRED, &self.caller.region);
            fix = fix.run_in(self.caller.account, vec![command]);
        }
        let found = format!("not a management account: {found}");
        Check::failed("tenant", id.to_string(), "not-management", found).in_account(id).mended_by(fix)
    }
}
