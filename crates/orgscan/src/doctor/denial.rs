//! Why AWS denied something, where its message says so (IAM user guide, "Troubleshoot access denied error messages"), and what
//! to do where no policy that allows it helps.

use serde_json::json;

use super::commands;
use super::diagnosis::Fix;
use crate::account::AccountId;

/// How a message tells that a statement denies, and not that one is missing that allows.
const EXPLICIT: &str = "explicit deny";

/// The policy that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeniedBy {
    /// A policy of the Organization, which no role can get round.
    ServiceControlPolicy,
    /// The same for resources.
    ResourceControlPolicy,
    PermissionsBoundary,
    /// The one that was given when the session began.
    SessionPolicy,
    /// That of the VPC endpoint that the request came through.
    VpcEndpointPolicy,
    /// That of the caller itself.
    IdentityPolicy,
    /// A bucket policy or the like.
    ResourcePolicy,
    /// The trust policy of the role that was to be assumed.
    TrustPolicy,
    /// One that denies it, and the message does not say of which kind it is.
    AnyPolicy,
    /// The message does not say.
    Unsaid,
}

/// A denial, as its message tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Denial {
    pub(super) by: DeniedBy,
    /// Whether a statement denies it, which none that allows it outweighs; else such a one is missing.
    pub(super) is_explicit: bool,
}

impl Denial {
    /// Reads a service's message.
    pub(super) fn read(message: &str) -> Self {
        Self { by: DeniedBy::read(message), is_explicit: message.contains(EXPLICIT) }
    }

    /// One word for the cause of a check.
    pub(super) fn cause(self) -> &'static str {
        match self.by {
            DeniedBy::IdentityPolicy if self.is_explicit => DeniedBy::AnyPolicy.cause(),
            by => by.cause(),
        }
    }
}

/// What somebody was denied, and where.
#[derive(Debug)]
pub(super) struct Denied<'a> {
    pub(super) denial: Denial,
    pub(super) action: &'a str,
    /// As policies name them.
    pub(super) principal: &'a str,
    /// What they asked for, as a reader sees it.
    pub(super) resource: &'a str,
    /// The principal's account, and that of what they asked for.
    pub(super) accounts: (AccountId, AccountId),
    /// Where the policies of the Organization are looked at, if that is known.
    pub(super) management: Option<AccountId>,
}

impl Denied<'_> {
    /// What to do where no policy of the principal's own that allows the action changes the answer; none: one may.
    pub(super) fn mended_elsewhere(&self) -> Option<Fix> {
        let Self { denial, action, principal, resource, .. } = *self;
        let (account, resource_account) = self.accounts;
        let what = match (denial.by, denial.is_explicit) {
            (DeniedBy::ServiceControlPolicy, _) => {
                return Some(self.in_the_organization("SERVICE_CONTROL_POLICY", account));
            }
            // It goes by what is asked for, whoever asks.
            (DeniedBy::ResourceControlPolicy, _) => {
                return Some(self.in_the_organization("RESOURCE_CONTROL_POLICY", resource_account));
            }
            (DeniedBy::PermissionsBoundary, false) => {
                format!("the permissions boundary of {principal} has to allow {action} too")
            }
            (DeniedBy::SessionPolicy, false) => format!(
                "the policy with which the session of {principal} was made has to allow {action} too: begin the session \
                 without it, or with one that does"
            ),
            (DeniedBy::VpcEndpointPolicy, false) => format!(
                "let the policy of the VPC endpoint through which the request goes allow {principal} the action {action}"
            ),
            (DeniedBy::ResourcePolicy, false) => format!(
                "let the policy of {resource} itself allow {principal} the action {action}: no policy of the caller's own \
                 changes that"
            ),
            (by, true) => format!(
                "{} denies {action}, and no policy that allows it changes that: meet the condition of the statement that \
                 denies it, such as one on MFA, let it except {principal}, or take it out",
                self.whose(by)
            ),
            (DeniedBy::IdentityPolicy | DeniedBy::TrustPolicy | DeniedBy::AnyPolicy | DeniedBy::Unsaid, false) => {
                return None;
            }
        };
        Some(Fix::explained(what))
    }

    /// Which policy it is that denies.
    fn whose(&self, by: DeniedBy) -> String {
        let Self { principal, resource, .. } = self;
        match by {
            DeniedBy::PermissionsBoundary => format!("the permissions boundary of {principal}"),
            DeniedBy::SessionPolicy => format!("the policy with which the session of {principal} was made"),
            DeniedBy::VpcEndpointPolicy => "the policy of the VPC endpoint through which the request goes".to_owned(),
            DeniedBy::ResourcePolicy => format!("the policy of {resource} itself"),
            DeniedBy::TrustPolicy => format!("the trust policy of {resource}"),
            DeniedBy::IdentityPolicy => {
                format!("a policy of {principal} itself, of its groups, or of its permission set")
            }
            _ => format!("a policy of {principal}, of its Organization, or of {resource}"),
        }
    }

    fn in_the_organization(&self, kind: &str, target: AccountId) -> Fix {
        let Self { denial, action, principal, .. } = *self;
        let list = commands::aws(
            "organizations",
            "list-policies-for-target",
            &["--target-id", &target.to_string(), "--filter", kind],
        );
        let what = if denial.is_explicit {
            format!(
                "exempt {principal} in the policy of the Organization that denies {action}: add the condition to its \
                 statement"
            )
        } else {
            format!(
                "no policy of the Organization denies {action}, and one that allows it is missing: the root, each \
                 organizational unit on the way to the account and the account itself need one that does, as \
                 FullAWSAccess or RCPFullAWSAccess"
            )
        };
        let mut fix = Fix::explained(format!(
            "{what}; in the management account of {target}, the command shows the policies that are attached to the account \
             itself, others are inherited from its organizational units",
        ));
        if denial.is_explicit {
            fix = fix.with_policy(json!({"Condition": {"ArnNotLike": {"aws:PrincipalArn": [principal]}}}));
        } else if denial.by == DeniedBy::ServiceControlPolicy {
            fix = fix.with_policy(json!({"Effect": "Allow", "Action": [action], "Resource": "*"}));
        }
        match self.management {
            Some(management) => fix.run_in(management, vec![list]),
            None => Fix { commands: vec![list], ..fix },
        }
    }
}

impl DeniedBy {
    /// Reads a service's message.
    pub(super) fn read(message: &str) -> Self {
        let says = |kind: &str| message.contains(kind);
        if says("service control policy") {
            Self::ServiceControlPolicy
        } else if says("resource control policy") {
            Self::ResourceControlPolicy
        } else if says("permissions boundary") {
            Self::PermissionsBoundary
        } else if says("session policy") {
            Self::SessionPolicy
        } else if says("VPC endpoint policy") {
            Self::VpcEndpointPolicy
        } else if says("trust policy") {
            Self::TrustPolicy
        } else if says("identity-based policy") {
            Self::IdentityPolicy
        } else if says("resource-based policy") {
            Self::ResourcePolicy
        } else if says(EXPLICIT) {
            Self::AnyPolicy
        } else {
            Self::Unsaid
        }
    }

    /// One word for the cause of a check.
    pub(super) fn cause(self) -> &'static str {
        match self {
            Self::ServiceControlPolicy => "service-control-policy",
            Self::ResourceControlPolicy => "resource-control-policy",
            Self::PermissionsBoundary => "permissions-boundary",
            Self::SessionPolicy => "session-policy",
            Self::VpcEndpointPolicy => "vpc-endpoint-policy",
            Self::IdentityPolicy | Self::Unsaid => "action-missing",
            Self::AnyPolicy => "explicit-deny",
            Self::ResourcePolicy => "resource-policy",
            Self::TrustPolicy => "trust",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_policy_that_decided() {
        for (end, expected) in [
            ("with an explicit deny in a service control policy", DeniedBy::ServiceControlPolicy),
            ("because no service control policy allows the iam:GetRole action", DeniedBy::ServiceControlPolicy),
            ("with an explicit deny in a resource control policy", DeniedBy::ResourceControlPolicy),
            ("because no permissions boundary allows the iam:GetRole action", DeniedBy::PermissionsBoundary),
            ("because no session policy allows the s3:PutObject action", DeniedBy::SessionPolicy),
            ("with an explicit deny in a session policy", DeniedBy::SessionPolicy),
            ("because no VPC endpoint policy allows the s3:PutObject action", DeniedBy::VpcEndpointPolicy),
            ("with an explicit deny in a VPC endpoint policy", DeniedBy::VpcEndpointPolicy),
            ("because no identity-based policy allows the sts:AssumeRole action", DeniedBy::IdentityPolicy),
            ("because no resource-based policy allows the s3:PutObject action", DeniedBy::ResourcePolicy),
            ("because no role trust policy allows the sts:AssumeRole action", DeniedBy::TrustPolicy),
            ("with an explicit deny in an identity-based policy", DeniedBy::IdentityPolicy),
            ("with an explicit deny in the role trust policy", DeniedBy::TrustPolicy),
            ("on resource: x with an explicit deny", DeniedBy::AnyPolicy),
            ("on resource: x", DeniedBy::Unsaid),
        ] {
            assert_eq!(DeniedBy::read(&format!("User: a is not authorized to perform: b {end}")), expected);
        }
    }

    #[test]
    fn only_an_implicit_denial_by_ones_own_policy_is_mended_by_allowing() {
        let account: AccountId = "000000000009".parse().unwrap();
        let mended = |end: &str| {
            let denied = Denied {
                denial: Denial::read(&format!("User: a is not authorized to perform: s3:PutObject {end}")),
                action: "s3:PutObject",
                principal: "arn:aws:iam::000000000009:role/Audit",
                resource: "reports",
                accounts: (account, account),
                management: None,
            };
            (denied.denial.cause(), denied.mended_elsewhere())
        };
        for end in ["because no identity-based policy allows the s3:PutObject action", "on resource: x"] {
            assert_eq!(mended(end), ("action-missing", None), "{end}");
        }
        for (end, cause, whose) in [
            (
                "with an explicit deny in an identity-based policy",
                "explicit-deny",
                "a policy of arn:aws:iam::000000000009",
            ),
            ("with an explicit deny", "explicit-deny", "a policy of arn:aws:iam::000000000009"),
            ("with an explicit deny in a permissions boundary", "permissions-boundary", "the permissions boundary of "),
            ("with an explicit deny in a session policy", "session-policy", "the policy with which the session of "),
            (
                "with an explicit deny in a VPC endpoint policy",
                "vpc-endpoint-policy",
                "the policy of the VPC endpoint ",
            ),
            ("with an explicit deny in a resource-based policy", "resource-policy", "the policy of reports itself "),
        ] {
            let (said, fix) = mended(end);
            let fix = fix.unwrap();
            assert_eq!((said, fix.commands.len(), &fix.policy), (cause, 0, &None), "{end}");
            assert!(fix.explanation.starts_with(whose), "{end}: {}", fix.explanation);
            assert!(fix.explanation.contains(" denies s3:PutObject"), "{end}: {}", fix.explanation);
        }
        let lacking = mended("because no service control policy allows the s3:PutObject action").1.unwrap();
        assert!(lacking.explanation.contains("one that allows it is missing"), "{}", lacking.explanation);
        assert_eq!(lacking.policy.unwrap()["Effect"], "Allow");
        let denying = mended("with an explicit deny in a service control policy").1.unwrap();
        assert!(denying.explanation.starts_with("exempt arn:aws:iam::000000000009:role/Audit "), "{denying:?}");
        assert!(denying.policy.unwrap()["Condition"]["ArnNotLike"].is_object());
    }
}
