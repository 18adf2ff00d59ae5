//! The operations that are known, by their IAM actions, and the services they belong to.

/// How a service takes requests and gives answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// `awsJson1_0`: the target in a header, JSON both ways.
    Json10,
    /// `awsJson1_1`: the same with another content type.
    Json11,
    /// `restJson1`: the target in the path, the error code in a header.
    RestJson,
    /// `awsQuery`: a form, and XML.
    Query,
    /// `restXml`: method, path and headers, and XML.
    RestXml,
}

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    AccountManagement,
    DynamoDb,
    Iam,
    Organizations,
    S3,
    Ses,
    Sts,
    Tagging,
}

impl Service {
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::DynamoDb => Protocol::Json10,
            Self::Organizations | Self::Tagging => Protocol::Json11,
            Self::AccountManagement | Self::Ses => Protocol::RestJson,
            Self::Iam | Self::Sts => Protocol::Query,
            Self::S3 => Protocol::RestXml,
        }
    }
}

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    AbortMultipartUpload,
    AssumeRole,
    CompleteMultipartUpload,
    CreateMultipartUpload,
    DeleteObject,
    DescribeOrganization,
    GenerateCredentialReport,
    GetCallerIdentity,
    GetCredentialReport,
    GetObject,
    GetResources,
    HeadObject,
    ListAccounts,
    ListMultipartUploads,
    ListRegions,
    ListTagsForResource,
    PutObject,
    Scan,
    SendEmail,
    Unknown,
    UploadPart,
}

impl Operation {
    pub(crate) const ALL: [Self; 21] = [
        Self::AbortMultipartUpload,
        Self::AssumeRole,
        Self::CompleteMultipartUpload,
        Self::CreateMultipartUpload,
        Self::DeleteObject,
        Self::DescribeOrganization,
        Self::GenerateCredentialReport,
        Self::GetCallerIdentity,
        Self::GetCredentialReport,
        Self::GetObject,
        Self::GetResources,
        Self::HeadObject,
        Self::ListAccounts,
        Self::ListMultipartUploads,
        Self::ListRegions,
        Self::ListTagsForResource,
        Self::PutObject,
        Self::Scan,
        Self::SendEmail,
        Self::Unknown,
        Self::UploadPart,
    ];

    /// The operation's name as in an IAM action, which for some of S3's is not the action that permits them.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AbortMultipartUpload => "s3:AbortMultipartUpload",
            Self::AssumeRole => "sts:AssumeRole",
            Self::CompleteMultipartUpload => "s3:CompleteMultipartUpload",
            Self::CreateMultipartUpload => "s3:CreateMultipartUpload",
            Self::DeleteObject => "s3:DeleteObject",
            Self::DescribeOrganization => "organizations:DescribeOrganization",
            Self::GenerateCredentialReport => "iam:GenerateCredentialReport",
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
            Self::GetCredentialReport => "iam:GetCredentialReport",
            Self::GetObject => "s3:GetObject",
            Self::GetResources => "tag:GetResources",
            Self::HeadObject => "s3:HeadObject",
            Self::ListAccounts => "organizations:ListAccounts",
            Self::ListMultipartUploads => "s3:ListMultipartUploads",
            Self::ListRegions => "account:ListRegions",
            Self::ListTagsForResource => "organizations:ListTagsForResource",
            Self::PutObject => "s3:PutObject",
            Self::Scan => "dynamodb:Scan",
            Self::SendEmail => "ses:SendEmail",
            Self::Unknown => "unknown",
            Self::UploadPart => "s3:UploadPart",
        }
    }

    /// The service it belongs to; an operation that is not known counts as one of S3, which takes every path.
    pub(crate) fn service(self) -> Service {
        match self {
            Self::AssumeRole | Self::GetCallerIdentity => Service::Sts,
            Self::DescribeOrganization | Self::ListAccounts | Self::ListTagsForResource => Service::Organizations,
            Self::GenerateCredentialReport | Self::GetCredentialReport => Service::Iam,
            Self::GetResources => Service::Tagging,
            Self::ListRegions => Service::AccountManagement,
            Self::Scan => Service::DynamoDb,
            Self::SendEmail => Service::Ses,
            Self::AbortMultipartUpload
            | Self::CompleteMultipartUpload
            | Self::CreateMultipartUpload
            | Self::DeleteObject
            | Self::GetObject
            | Self::HeadObject
            | Self::ListMultipartUploads
            | Self::PutObject
            | Self::Unknown
            | Self::UploadPart => Service::S3,
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == name)
    }

    /// Whether its answers come in pages.
    pub(crate) fn is_paged(self) -> bool {
        matches!(
            self,
            Self::ListAccounts | Self::ListTagsForResource | Self::ListRegions | Self::GetResources | Self::Scan
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_by_its_name_and_stands_at_its_position() {
        for (position, operation) in Operation::ALL.into_iter().enumerate() {
            assert_eq!(Operation::of_name(operation.name()), Some(operation));
            assert_eq!(operation as usize, position, "counters are found by position");
        }
        assert_eq!(Operation::of_name("sts:AssumeRoot"), None);
    }
}
