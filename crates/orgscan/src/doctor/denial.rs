//! Why AWS denied something, where its message says so (IAM user guide, "Troubleshoot access denied error messages").

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
    /// That of the caller itself allows it not, or forbids it.
    IdentityPolicy,
    /// A bucket policy or the like.
    ResourcePolicy,
    /// The trust policy of the role that was to be assumed.
    TrustPolicy,
    /// The message does not say.
    Unsaid,
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
        } else {
            Self::Unsaid
        }
    }

    /// Whether no policy of the caller, nor of what it asks for, changes the answer.
    pub(super) fn stands_above(self) -> bool {
        match self {
            Self::ServiceControlPolicy
            | Self::ResourceControlPolicy
            | Self::PermissionsBoundary
            | Self::SessionPolicy
            | Self::VpcEndpointPolicy => true,
            Self::IdentityPolicy | Self::ResourcePolicy | Self::TrustPolicy | Self::Unsaid => false,
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
            ("on resource: x", DeniedBy::Unsaid),
        ] {
            assert_eq!(DeniedBy::read(&format!("User: a is not authorized to perform: b {end}")), expected);
        }
    }
}
