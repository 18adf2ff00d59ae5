//! Why a role lets the caller not in, and what mends that.
//!
//! AWS answers one and the same denial for a role that is not there, that does not trust the caller, or asks for another
//! external id. Where the account can be looked into through another role, the cause is told; elsewhere all that may be it.

use std::slice;

use serde_json::{Value, json};

use super::caller::Examined;
use super::commands;
use super::denial::{Denial, Denied, DeniedBy};
use super::diagnosis::{Check, Fix};
use super::ports::RoleSeen;
use super::trust::{Asker, Verdict, foreign_border, kept_conditions, verdict, with_statement_of};
use crate::account::AccountId;
use crate::config::ORGANIZATION_ROLE;
use crate::jobs::rehearsal::Refusal;
use crate::policies;

/// A role that lets the asker not in.
pub(super) struct ClosedRole<'a> {
    pub(super) check: &'static str,
    /// Whom the check is about, as a reader sees it.
    pub(super) subject: String,
    pub(super) account: AccountId,
    /// As the setting has it, with its path.
    pub(super) role_name: &'a str,
    pub(super) role_arn: String,
    /// What the role needs to do, by the names of inline policies.
    pub(super) policies: Vec<(String, Value)>,
    pub(super) asker: Examined,
    pub(super) external_id: Option<&'a str>,
    /// What lets the asker assume it: the statement, and the name of an inline policy for it.
    pub(super) may_assume: (String, Value),
    /// The management account of the role's Organization, where it is known.
    pub(super) management: Option<AccountId>,
    /// The item that has the external id; none: a setting has it.
    pub(super) tenant: Option<TenantItem<'a>>,
}

/// The item of a tenant.
#[derive(Debug, Clone, Copy)]
pub(super) struct TenantItem<'a> {
    pub(super) table: &'a str,
    pub(super) tenant: AccountId,
    /// The account of the table.
    pub(super) account: AccountId,
}

/// What looking into the account showed.
#[derive(Debug)]
pub(super) enum Look {
    /// The role is not there.
    Absent,
    /// This is the role.
    Seen(RoleSeen),
    /// Nobody may look, for this reason.
    Unseen(String),
}

impl ClosedRole<'_> {
    /// The check of a role that was looked at, or was to be. `demanded` is the external id to go on with where the settings
    /// have none.
    pub(super) fn explain(&self, refusal: &Refusal, look: &Look, demanded: Option<&str>) -> Check {
        let denial = Denial::read(&refusal.said);
        let denied = Denied {
            denial,
            action: refusal.action,
            principal: &self.asker.principal,
            resource: &self.role_arn,
            accounts: (self.asker.account, self.account),
            // That of the asker is another one where the asker is of another Organization.
            management: self.management.filter(|_| denial.by == DeniedBy::ResourceControlPolicy),
        };
        // What a role itself lacks, for its own policy is its trust policy, shows when it is looked at.
        let is_of_role = matches!(denial.by, DeniedBy::TrustPolicy | DeniedBy::ResourcePolicy);
        let elsewhere = if is_of_role && !denial.is_explicit { None } else { denied.mended_elsewhere() };
        match (elsewhere, look) {
            (Some(fix), _) if is_of_role => self.failed("trust-denies", &refusal.said).mended_by(fix),
            (Some(fix), _) => self.failed(denial.cause(), &refusal.said).mended_by(fix),
            (None, _) if denial.by == DeniedBy::IdentityPolicy => self.caller_may_not(&refusal.said),
            (None, Look::Absent) => {
                let found = format!("the role {} is not there", self.role_arn);
                self.failed("role-absent", &found).mended_by(self.create())
            }
            (None, Look::Seen(seen)) => self.explain_trust(refusal, seen, demanded),
            (None, Look::Unseen(why)) => self.guess(refusal, why),
        }
    }

    /// The external ids that the role asks for, where it is that which keeps the asker out.
    pub(super) fn demanded(&self, look: &Look) -> Option<Vec<String>> {
        let Look::Seen(seen) = look else { return None };
        match self.verdict(seen) {
            Verdict::ExternalId(demanded) => Some(demanded),
            _ => None,
        }
    }

    fn verdict(&self, seen: &RoleSeen) -> Verdict {
        verdict(&seen.trust, &self.as_asker(&self.asker.account.to_string()))
    }

    fn as_asker<'a>(&'a self, account: &'a str) -> Asker<'a> {
        let Examined { principal, organization, may_have_path, .. } = &self.asker;
        let organization = organization.as_deref();
        Asker { principal, may_have_path: *may_have_path, account, external_id: self.external_id, organization }
    }

    fn explain_trust(&self, refusal: &Refusal, seen: &RoleSeen, demanded: Option<&str>) -> Check {
        let (role_arn, principal) = (&self.role_arn, &self.asker.principal);
        if seen.arn != *role_arn {
            let setting = seen.arn.split(":role/").nth(1).unwrap_or_default().to_owned();
            let found = format!("the role is {}, with a path that the setting of its name lacks", seen.arn);
            let fix = Fix::explained("name the role with its path").set(self.setting(), setting);
            return self.failed("role-path", &found).mended_by(fix);
        }
        match self.verdict(seen) {
            Verdict::Trusted => self.caller_may_not(&refusal.said),
            Verdict::NotNamed => {
                let found = format!("the role {role_arn} does not trust {principal}");
                match foreign_border(&seen.trust, &self.as_asker(&self.asker.account.to_string())) {
                    // A statement that keeps it lets nobody in, and one without it opens the role further.
                    Some(wanted) => self.of_another_organization(&format!("{found}, and"), &wanted),
                    None => self.failed("trust", &found).mended_by(self.trust_too(&seen.trust, self.external_id)),
                }
            }
            Verdict::ExternalId(_) if self.external_id.is_some() => {
                let found = format!("the role {role_arn} asks for another external id than the one that is set");
                self.failed("external-id", &found).mended_by(self.trust_too(&seen.trust, self.external_id))
            }
            Verdict::ExternalId(wanted) => {
                let found = format!("the role {role_arn} asks for an external id, and none is set");
                let fix = match demanded {
                    Some(demanded) if wanted.iter().any(|one| one == demanded) => self.send(demanded),
                    other => self.trust_too(&seen.trust, other),
                };
                self.failed("external-id", &found).mended_by(fix)
            }
            Verdict::OtherOrganization(wanted) => {
                self.of_another_organization(&format!("the role {role_arn}"), &wanted)
            }
            Verdict::Condition(key) => {
                let found =
                    format!("the role {role_arn} lets {principal} in on a condition on {key}, which may not hold");
                let mut allow = self.allow_assume();
                allow.explanation = format!("if it holds: {}", allow.explanation);
                // A statement without it would take the protection away.
                let meet = Fix::explained(format!(
                    "if it does not: meet the condition on {key}, or change it in the role's trust policy"
                ));
                self.failed("trust-condition", &found).perhaps_mended_by(vec![allow, meet])
            }
            Verdict::Denied => {
                let found = format!("the trust policy of {role_arn} denies {principal}");
                let fix = Fix::explained("take the denying statement out of the role's trust policy");
                self.failed("trust-denies", &found).mended_by(fix)
            }
        }
    }

    /// `of_role` says which role it is, up to whom it trusts.
    fn of_another_organization(&self, of_role: &str, wanted: &[String]) -> Check {
        let principal = &self.asker.principal;
        let own = self.asker.organization.as_deref().unwrap_or_default();
        let wanted = wanted.join(", ");
        let found = format!("{of_role} trusts {wanted} only (aws:PrincipalOrgID), and {principal} is of {own}");
        let fix = Fix::explained(format!(
            "where {own} is the Organization that is meant, a statement of the role's trust policy has to name {principal} and \
             ask for {own} in aws:PrincipalOrgID (CallerRoleArns and OrganizationId of stacks/member-role.yaml and \
             stacks/management-role.yaml)"
        ));
        self.failed("trust-organization", &found).mended_by(fix)
    }

    fn guess(&self, refusal: &Refusal, why: &str) -> Check {
        let found = format!("the role {} cannot be assumed, and AWS does not say why ({why})", self.role_arn);
        let mut create = self.create();
        create.explanation = format!("if the role is not there: {}", create.explanation);
        let mut allow = self.allow_assume();
        allow.explanation = format!("if the role trusts {}: {}", self.asker.principal, allow.explanation);
        self.failed("role-closed", &found).of_action(refusal.action).perhaps_mended_by(vec![
            create,
            self.add_to_unseen_trust(),
            allow,
        ])
    }

    fn caller_may_not(&self, said: &str) -> Check {
        let found = format!("{} may not assume the role {}: {said}", self.asker.principal, self.role_arn);
        self.failed("caller-policy", &found).of_action("sts:AssumeRole").mended_by(self.allow_assume())
    }

    fn failed(&self, cause: &str, found: &str) -> Check {
        Check::failed(self.check, self.subject.clone(), cause, found).in_account(self.account)
    }

    fn setting(&self) -> &'static str {
        if self.check == "tenant" { "CROSS_ACCOUNT_ROLE_NAME" } else { "MEMBER_ROLE_NAME" }
    }

    fn create(&self) -> Fix {
        if self.role_name == ORGANIZATION_ROLE {
            return self.create_of_the_organization();
        }
        let trust = policies::trust(slice::from_ref(&self.asker.principal), self.external_id);
        let make = "make the role; stacks/member-role.yaml as a StackSet makes it in many accounts at once";
        self.with_path(Fix::explained(make).run_in(self.account, self.creating(&trust)))
    }

    /// A role of the name by which administrators come into an account is for all of the management account, as AWS
    /// Organizations makes it: one that trusts the asker alone would stand where they look for theirs. It has no more
    /// permissions than a run needs.
    fn create_of_the_organization(&self) -> Fix {
        let stack = if self.check == "tenant" { "stacks/management-role.yaml" } else { "stacks/member-role.yaml" };
        let other = format!(
            "better name another role in {}, one for this alone, which {stack} makes, as a StackSet in many accounts at once: \
             through {ORGANIZATION_ROLE} the administrators of the management account come in",
            self.setting()
        );
        let Some(management) = self.management.filter(|management| *management == self.asker.account) else {
            return Fix::explained(other);
        };
        let whole = format!("arn:{}:iam::{management}:root", self.asker.partition);
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": [whole]}, "Action": "sts:AssumeRole"}]});
        let as_there = "the commands make it for the whole management account, as AWS Organizations does, and let it do what \
                        a run needs";
        Fix::explained(format!("{other}; {as_there}")).run_in(self.account, self.creating(&trust))
    }

    fn creating(&self, trust: &Value) -> Vec<String> {
        let put = |(name, policy): &(String, Value)| commands::put_role_policy(self.role_name, name, policy);
        std::iter::once(commands::create_role(self.role_name, trust)).chain(self.policies.iter().map(put)).collect()
    }

    /// Nobody saw whom the role trusts: what replaces its trust policy could take the last way into the account away.
    fn add_to_unseen_trust(&self) -> Fix {
        let principal = &self.asker.principal;
        let mut statement = policies::trust(slice::from_ref(principal), self.external_id)["Statement"][0].clone();
        // The role may have a statement of that name.
        if let Some(fields) = statement.as_object_mut() {
            fields.retain(|name, _| name != "Sid");
        }
        let fix = Fix::explained(format!(
            "if the role is there and does not trust {principal}, or asks for another external id: add the statement to those \
             of its trust policy, which the command shows, and leave them as they are"
        ));
        self.with_path(fix.run_in(self.account, vec![commands::show_trust(self.role_name)]).with_policy(statement))
    }

    /// Makes the role trust the asker, and everyone it trusts already.
    fn trust_too(&self, trust: &Value, external_id: Option<&str>) -> Fix {
        let mut addition = policies::trust(slice::from_ref(&self.asker.principal), external_id);
        for (operator, keys) in kept_conditions(trust, &self.as_asker(&self.asker.account.to_string())) {
            for (key, values) in keys.as_object().into_iter().flatten() {
                addition["Statement"][0]["Condition"][operator.as_str()][key.as_str()] = values.clone();
            }
        }
        let whole = with_statement_of(trust, &addition);
        let fix = Fix::explained("add the caller to the role's trust policy")
            .run_in(self.account, vec![commands::update_trust(self.role_name, &whole)])
            .with_policy(addition["Statement"][0].clone());
        self.with_path(fix)
    }

    /// Sends an external id from now on.
    fn send(&self, external_id: &str) -> Fix {
        let send = "send the external id that the role asks for";
        let Some(TenantItem { table, tenant, account }) = self.tenant else {
            return Fix::explained(send).set("EXTERNAL_ID", external_id);
        };
        // Another tenant's role may ask for another one.
        let region = &self.asker.region;
        let command = commands::set_of_tenant(table, tenant, "external_id", external_id, region);
        let explained = format!(
            "{send}: put it into the item of the tenant {tenant} (the command is for a table whose \
             key is tenant_id)"
        );
        Fix::explained(explained).run_in(account, vec![command])
    }

    /// Says that the trust policy may have to be completed.
    fn with_path(&self, fix: Fix) -> Fix {
        if !self.asker.may_have_path {
            return fix;
        }
        let explanation = format!(
            "{}; {} is written without a path, since it could not look at itself (iam:GetRole): where it has one, put it in",
            fix.explanation, self.asker.principal
        );
        Fix { explanation, ..fix }
    }

    fn allow_assume(&self) -> Fix {
        let (name, statement) = &self.may_assume;
        self.asker.grant_statement(name, statement.clone(), "sts:AssumeRole")
    }
}

/// The statement that lets somebody assume a role of this name where no policy of a job has one.
pub(super) fn assume_statement(partition: &str, role_name: &str) -> Value {
    json!({
        "Sid": "AssumeRoles", "Effect": "Allow", "Action": ["sts:AssumeRole"],
        "Resource": [format!("arn:{partition}:iam::*:role/{role_name}")],
    })
}
