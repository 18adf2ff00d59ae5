//! Who is examined, and how what it lacks is granted to it.

use serde_json::{Value, json};

use super::commands;
use super::denial::{Denial, Denied};
use super::diagnosis::{Check, Fix};
use crate::account::{AccountId, Partition};
use crate::config::{Config, Job};
use crate::jobs::rehearsal::Refusal;
use crate::policies::{self, Place};

/// The caller, as policies name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Examined {
    /// The role or user.
    pub(super) principal: String,
    pub(super) account: AccountId,
    pub(super) partition: Partition,
    pub(super) region: String,
    /// Its Organization, where it is known.
    pub(super) organization: Option<String>,
    /// Whether the principal may have a path that nobody told.
    pub(super) may_have_path: bool,
}

impl Examined {
    pub(super) fn place(&self) -> Place {
        Place { partition: self.partition.clone(), region: self.region.clone(), account: self.account }
    }

    /// What kind of identity it is: `user`, `role` or `root`, and its name with its path.
    fn kind_and_name(&self) -> (&str, &str) {
        let resource = self.principal.splitn(6, ':').nth(5).unwrap_or_default();
        resource.split_once('/').unwrap_or((resource, ""))
    }

    pub(super) fn is_root_user(&self) -> bool {
        self.kind_and_name().0 == "root"
    }

    /// How an action is granted to it that a job needs.
    pub(super) fn grant(&self, job: Job, config: &Config, action: &str) -> Fix {
        let policy = policies::of_caller(job, config, &self.place());
        let Some(statement) = policy.statement_for(action) else {
            return Fix::explained(format!("allow {} the action {action}", self.principal));
        };
        let name = format!("orgscan-{}-{}", job.as_str(), statement.sid);
        self.grant_statement(&name, statement.to_json(), action)
    }

    /// How a statement is added to what it may do.
    pub(super) fn grant_statement(&self, policy_name: &str, statement: Value, action: &str) -> Fix {
        self.grant_statements(policy_name, &[statement], action)
    }

    /// The same for several, of which the first is for the action.
    pub(super) fn grant_statements(&self, policy_name: &str, statements: &[Value], action: &str) -> Fix {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let (kind, name) = self.kind_and_name();
        let allow = format!("allow {} the action {action}", self.principal);
        let fix = match kind {
            "user" => {
                let (name, _) = commands::name_and_path(name);
                let command = commands::put_user_policy(name, policy_name, &document);
                Fix::explained(allow).run_in(self.account, vec![command])
            }
            // Its policies are those of the permission set; IAM lets nobody change them in the account.
            "role" if name.starts_with("aws-reserved/") => {
                Fix::explained(format!("{allow}: add the statement to its permission set in IAM Identity Center"))
            }
            "role" => Fix::explained(allow)
                .run_in(self.account, vec![commands::put_role_policy(name, policy_name, &document)]),
            _ => Fix::explained(format!("{allow}: use a role or a user that has the statement")),
        };
        fix.with_policy(document["Statement"][0].clone())
    }

    /// A check that failed since the caller itself was denied an action.
    pub(super) fn denied(&self, id: &str, subject: &str, job: Job, config: &Config, refusal: &Refusal) -> Check {
        Check::failed(id, subject, Denial::read(&refusal.said).cause(), refusal.said.clone())
            .of_action(refusal.action)
            .in_account(self.account)
            .mended_by(self.mended(subject, job, config, refusal))
    }

    /// What mends that the caller itself was denied an action on something.
    pub(super) fn mended(&self, resource: &str, job: Job, config: &Config, refusal: &Refusal) -> Fix {
        let owner = config.output.expected_bucket_owner.filter(|_| refusal.action.starts_with("s3:"));
        let denied = Denied {
            denial: Denial::read(&refusal.said),
            action: refusal.action,
            principal: &self.principal,
            resource,
            accounts: (self.account, owner.unwrap_or(self.account)),
            management: None,
        };
        denied.mended_elsewhere().unwrap_or_else(|| self.grant(job, config, refusal.action))
    }

    /// A check that failed since the role in a management account was denied what lists the Organization.
    pub(super) fn management_role_denied(
        &self,
        id: &str,
        subject: &str,
        (job, config): (Job, &Config),
        management: AccountId,
        refusal: &Refusal,
    ) -> Check {
        let role = config.tenants.as_ref().map_or("", |table| table.management_role.as_str());
        let denied = Denied {
            denial: Denial::read(&refusal.said),
            action: refusal.action,
            principal: &self.partition.role_arn(management, role),
            resource: subject,
            accounts: (management, management),
            management: Some(management),
        };
        let fix = denied.mended_elsewhere().unwrap_or_else(|| {
            let policy = policies::of_management_role(job, config, &self.partition).to_json();
            let command = commands::put_role_policy(role, &format!("orgscan-{}", job.as_str()), &policy);
            Fix::explained(format!("allow the role {role} in account {management} what it needs"))
                .run_in(management, vec![command])
        });
        Check::failed(id, subject, denied.denial.cause(), refusal.said.clone())
            .in_account(management)
            .of_action(refusal.action)
            .mended_by(fix)
    }
}
