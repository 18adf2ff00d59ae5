//! What an examination needs from the world besides what a run does: looking, and trying without leaving anything.

use std::future::Future;

use serde_json::Value;

use crate::account::AccountId;
use crate::config::Output;
use crate::error::CallError;
use crate::ports::Sessions;

/// A role as IAM describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleSeen {
    /// Its ARN, with its path.
    pub arn: String,
    /// Its trust policy.
    pub trust: Value,
}

/// Roles of the session's own account, to look at.
pub trait Roles: Sessions {
    /// One role, by its name without the path (`iam:GetRole`); [`NotFound`](crate::error::CallErrorKind::NotFound) tells that
    /// there is none.
    fn role(&self, session: &Self::Session, name: &str) -> impl Future<Output = Result<RoleSeen, CallError>> + Send;
}

/// What S3 says of a bucket.
#[derive(Debug)]
pub struct BucketSeen {
    /// Where it is; S3 tells it even to who may not look.
    pub region: Option<String>,
    /// Whether it is there, and may be looked at by its name (`s3:ListBucket`).
    pub answer: Result<(), CallError>,
}

/// Buckets, with the credentials of the process.
pub trait Buckets: Send + Sync {
    /// Asks for a bucket (`HeadBucket`), of this owner where one is named.
    fn bucket_is_there(&self, bucket: &str, owner: Option<AccountId>) -> impl Future<Output = BucketSeen> + Send;

    /// Whether the account of the process owns a bucket of this name (`s3:ListAllMyBuckets`).
    fn is_own_bucket(&self, bucket: &str) -> impl Future<Output = Result<bool, CallError>> + Send;

    /// Begins to write an object as a run does, and ends it before anything is written (`CreateMultipartUpload`,
    /// `UploadPart` with one byte and `AbortMultipartUpload`, which need what writing needs, the KMS key included). An
    /// error of `s3:AbortMultipartUpload` tells that the upload was left open.
    fn try_to_write(
        &self,
        output: &Output,
        owner: AccountId,
        name: &str,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Looks for uploads of an object that were left open (`s3:ListBucketMultipartUploads`).
    fn try_to_find_uploads(
        &self,
        output: &Output,
        owner: AccountId,
        name: &str,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Reads the first byte of an object (`s3:GetObject`); one that is not there may be read too.
    fn try_to_read(
        &self,
        output: &Output,
        owner: AccountId,
        name: &str,
    ) -> impl Future<Output = Result<(), CallError>> + Send;
}

/// What SES says of the account in the region.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SendingAccount {
    /// Whether mail may go to any address; not in the sandbox.
    pub has_production_access: bool,
    /// Whether sending is not paused.
    pub is_enabled: bool,
    /// Recipients in 24 hours; negative where there is no limit.
    pub most_in_24_hours: f64,
    /// How many of them there were in the last 24 hours.
    pub sent_in_24_hours: f64,
}

/// SES, to look at.
pub trait MailService: Send + Sync {
    /// Whether an address or a domain is verified (`ses:GetEmailIdentity`);
    /// [`NotFound`](crate::error::CallErrorKind::NotFound) tells that SES does not know it.
    fn is_verified(&self, identity: &str) -> impl Future<Output = Result<bool, CallError>> + Send;

    /// The account's state and quota (`ses:GetAccount`).
    fn sending_account(&self) -> impl Future<Output = Result<SendingAccount, CallError>> + Send;

    /// Whether a configuration set is there (`ses:GetConfigurationSet`).
    fn configuration_set(&self, name: &str) -> impl Future<Output = Result<(), CallError>> + Send;
}
