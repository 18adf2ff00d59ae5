//! Who is examined, and how what it lacks is granted to it.

use serde_json::{Value, json};

use super::commands;
use super::denial::DeniedBy;
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
        let denied_by = DeniedBy::read(&refusal.said);
        let check = Check::failed(id, subject, denied_by.cause(), refusal.said.clone()).of_action(refusal.action);
        let fix = match denied_by {
            above if above.stands_above() => {
                let owner = config.output.expected_bucket_owner.filter(|_| refusal.action.starts_with("s3:"));
                exempt(above, refusal.action, &self.principal, (self.account, owner.unwrap_or(self.account)), None)
            }
            DeniedBy::ResourcePolicy => Fix::explained(format!(
                "let the policy of {subject} itself allow {} the action {}: no policy of the caller's own changes that",
                self.principal, refusal.action
            )),
            _ => self.grant(job, config, refusal.action),
        };
        check.in_account(self.account).mended_by(fix)
    }
}

/// What to do about a policy that stands above those of a role. The accounts are that of the principal and that of what it
/// asks for; `management` is the account that the Organization's policies are looked at in, where it is known.
pub(super) fn exempt(
    denied_by: DeniedBy,
    action: &str,
    principal: &str,
    (account, resource_account): (AccountId, AccountId),
    management: Option<AccountId>,
) -> Fix {
    let (kind, target) = match denied_by {
        DeniedBy::PermissionsBoundary => {
            return Fix::explained(format!("the permissions boundary of {principal} has to allow {action} too"));
        }
        DeniedBy::SessionPolicy => {
            return Fix::explained(format!(
                "the policy with which the session of {principal} was made has to allow {action} too: begin the session \
                 without it, or with one that does"
            ));
        }
        DeniedBy::VpcEndpointPolicy => {
            return Fix::explained(format!(
                "let the policy of the VPC endpoint through which the request goes allow {principal} the action {action}"
            ));
        }
        // It goes by what is asked for, whoever asks.
        DeniedBy::ResourceControlPolicy => ("RESOURCE_CONTROL_POLICY", resource_account),
        _ => ("SERVICE_CONTROL_POLICY", account),
    };
    let list = commands::aws(
        "organizations",
        "list-policies-for-target",
        &["--target-id", &target.to_string(), "--filter", kind],
    );
    let fix = Fix::explained(format!(
        "exempt {principal} in the policy of the Organization that denies {action}: add the condition to its statement; in \
         the management account of {target}, the command shows the policies that are attached to the account itself, others \
         are inherited from its organizational units",
    ))
    .with_policy(json!({"Condition": {"ArnNotLike": {"aws:PrincipalArn": [principal]}}}));
    match management {
        Some(management) => fix.run_in(management, vec![list]),
        None => Fix { commands: vec![list], ..fix },
    }
}
