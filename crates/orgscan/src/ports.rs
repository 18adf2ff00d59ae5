//! What a job needs from the world, as small traits.
//!
//! `aws` implements them with the SDK, [`crate::testing`] (feature `test-util`) in memory. No method retries above what its
//! implementation promises: a call that is answered with a throttle or a server error is repeated below these traits,
//! and what comes out is final for this attempt.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::path::Path;

use futures::stream::Stream;
use jiff::Timestamp;

use crate::account::{Account, AccountId, Organization, Partition};
use crate::error::{CallError, StoreError};
use crate::session_policy::SessionPolicy;
use crate::tenant::{TenantFilter, TenantItem};

/// Who the process itself is.
#[derive(Debug, Clone)]
pub struct Caller<S> {
    /// Its ARN, as STS tells it: of a user, or of a role's session.
    pub arn: String,
    /// The account its credentials belong to.
    pub account: AccountId,
    /// The partition of its ARN.
    pub partition: Partition,
    /// Its own credentials.
    pub session: S,
}

/// A role to assume. `Debug` leaves the external id out.
#[derive(Clone)]
pub struct RoleToAssume {
    /// The account the role is in.
    pub account: AccountId,
    /// The role's ARN.
    pub role_arn: String,
    /// The name the session has in the other account's CloudTrail, 2 to 64 of `[\w+=,.@-]`.
    pub session_name: String,
    /// Sent where it is set.
    pub external_id: Option<String>,
    /// All that the session may do.
    pub policy: SessionPolicy,
}

impl fmt::Debug for RoleToAssume {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RoleToAssume").field("role_arn", &self.role_arn).finish_non_exhaustive()
    }
}

/// Credentials to call with: the process's own, and those of roles it assumes.
pub trait Sessions: Send + Sync {
    /// Credentials, with whatever is needed to call with them. Cheap to clone; its `Debug` shows no secret.
    type Session: Clone + fmt::Debug + Send + Sync + 'static;

    /// Who the process itself is (`sts:GetCallerIdentity`).
    fn caller(&self) -> impl Future<Output = Result<Caller<Self::Session>, CallError>> + Send;

    /// Assumes a role with the credentials of `via` (`sts:AssumeRole`), one call.
    fn assume_role(
        &self,
        via: &Self::Session,
        role: &RoleToAssume,
    ) -> impl Future<Output = Result<Self::Session, CallError>> + Send;
}

/// The tags of one account or resource, keys exactly as AWS has them.
pub type Tags = BTreeMap<String, String>;

/// An Organization, seen from its management account or a delegated administrator.
pub trait Organizations: Sessions {
    /// The Organization the session's account is in (`organizations:DescribeOrganization`).
    fn organization(&self, session: &Self::Session) -> impl Future<Output = Result<Organization, CallError>> + Send;

    /// Every account, page by page as they are answered (`organizations:ListAccounts`). Empty pages are passed on as
    /// empty vectors; the stream ends after the last page or after its first error.
    fn accounts(&self, session: &Self::Session) -> impl Stream<Item = Result<Vec<Account>, CallError>> + Send;

    /// The tags of all accounts that were ever tagged, in bulk (`tag:GetResources` for `organizations:account` in
    /// `region`, the partition's global region): of each what `keep` makes of them, since an account may have fifty. An
    /// account that was never tagged is not in it.
    fn tags_in_bulk<T: Send>(
        &self,
        session: &Self::Session,
        region: &str,
        keep: impl Fn(Tags) -> T + Send + Sync,
    ) -> impl Future<Output = Result<BTreeMap<AccountId, T>, CallError>> + Send;

    /// The tags of one account, all pages (`organizations:ListTagsForResource`).
    fn tags_of_account(
        &self,
        session: &Self::Session,
        account: AccountId,
    ) -> impl Future<Output = Result<Tags, CallError>> + Send;
}

/// The regions of the session's own account.
pub trait Regions: Sessions {
    /// The regions that are enabled in it, all pages, sorted (`account:ListRegions`).
    fn enabled_regions(&self, session: &Self::Session) -> impl Future<Output = Result<Vec<String>, CallError>> + Send;

    /// The ARNs of its tagged and once tagged resources in one region, page by page (`tag:GetResources`); pages are
    /// small, since the first proof ends the search, and may be empty. Dropping the stream stops the paging. A token
    /// that was answered before ends it with [`crate::error::CallErrorKind::EndlessPages`].
    fn tagged_resources(
        &self,
        session: &Self::Session,
        region: &str,
        resource_types: &[String],
    ) -> impl Stream<Item = Result<Vec<String>, CallError>> + Send;
}

/// What `GetCredentialReport` answered.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialReport {
    /// The report's bytes, as AWS made them.
    pub content: Vec<u8>,
    /// When AWS made it.
    pub generated_time: Option<Timestamp>,
}

impl fmt::Debug for CredentialReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CredentialReport")
            .field("size_bytes", &self.content.len())
            .field("generated_time", &self.generated_time)
            .finish()
    }
}

/// The IAM credential report of the session's own account.
pub trait CredentialReports: Sessions {
    /// Fetches the report (`iam:GetCredentialReport`). [`NotFound`], [`Expired`] and [`NotReady`] are what the report
    /// loop acts on.
    ///
    /// [`NotFound`]: crate::error::CallErrorKind::NotFound
    /// [`Expired`]: crate::error::CallErrorKind::Expired
    /// [`NotReady`]: crate::error::CallErrorKind::NotReady
    fn credential_report(
        &self,
        session: &Self::Session,
    ) -> impl Future<Output = Result<CredentialReport, CallError>> + Send;

    /// Asks for a new report (`iam:GenerateCredentialReport`); true when AWS says that one is ready already.
    fn generate_credential_report(
        &self,
        session: &Self::Session,
    ) -> impl Future<Output = Result<bool, CallError>> + Send;
}

/// What a scan of the tenants table found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantScan {
    /// Items that DynamoDB looked at, before the filter.
    pub scanned: u64,
    /// Items that the filter let through, in the order they came.
    pub items: Vec<TenantItem>,
}

/// The tenants table.
pub trait Tenants: Send + Sync {
    /// Scans the table with the filter, every page (`dynamodb:Scan`).
    fn scan_tenants(
        &self,
        table: &str,
        filter: &TenantFilter,
    ) -> impl Future<Output = Result<TenantScan, CallError>> + Send;
}

/// The body of an object.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// In memory.
    Bytes(&'a [u8]),
    /// A file on disk, for what may be large.
    File(&'a Path),
}

/// Where reports go: a bucket or a local folder. Names are relative, with `/` between their parts.
pub trait ReportStore: Send + Sync {
    /// Writes an object that must not exist yet; [`StoreError::is_already_there`] tells that it does, and then it is
    /// untouched.
    fn create(
        &self,
        name: &str,
        content_type: &str,
        body: Body<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes an object whether it exists or not.
    fn replace(
        &self,
        name: &str,
        content_type: &str,
        body: Body<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reads an object; [`StoreError::is_absent`] tells that there is none.
    fn read(&self, name: &str) -> impl Future<Output = Result<Vec<u8>, StoreError>> + Send;

    /// Reads an object that may be large into a file, which is made or replaced; [`StoreError::is_absent`] tells that there
    /// is no such object.
    fn read_to_file(&self, name: &str, path: &Path) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes an object that is the newest of its kind whether it exists or not, and keeps the time of the run that it is of
    /// with it, where the store can.
    fn replace_newest(
        &self,
        name: &str,
        content_type: &str,
        body: Body<'_>,
        _run_time: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.replace(name, content_type, body)
    }

    /// The time that is kept with the newest object of its kind; none where there is no such object, or no time.
    fn run_time_of(&self, _name: &str) -> impl Future<Output = Result<Option<Timestamp>, StoreError>> + Send {
        std::future::ready(Ok(None))
    }

    /// Tells of an object that another process has written whole. What a process that was killed has left of it half done is
    /// ended by [`ReportStore::tidy_up`].
    fn found_whole(&self, _name: &str, _body: Body<'_>) {}

    /// Ends what writes have left half done that were cut off, or killed with their process, where there is such a thing.
    fn tidy_up(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Removes an object; one that is not there is no error.
    fn remove(&self, name: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Where a reader finds the object: an `s3://` URI or a path.
    fn location(&self, name: &str) -> String;
}

/// Reads documents that operators keep, wherever they keep them.
pub trait Documents: Send + Sync {
    /// Reads a whole document: an `s3://bucket/key` URI (`s3:GetObject`), whose bucket `owner` must own, else a path.
    fn document(&self, location: &str, owner: AccountId) -> impl Future<Output = Result<Vec<u8>, StoreError>> + Send;
}

/// A file that goes with a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, at most 255 characters.
    pub file_name: String,
    /// Its media type.
    pub content_type: String,
    /// Its bytes, not yet base64.
    pub content: Vec<u8>,
}

/// A mail to one group of recipients. `Debug` shows neither addresses nor text.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The verified identity it comes from.
    pub sender: String,
    /// At most 50 (SES quota per message).
    pub recipients: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The HTML body.
    pub html: String,
    /// The text body, with the same content.
    pub text: String,
    /// The attachment, where there is one.
    pub attachment: Option<Attachment>,
    /// The message id that mail programs take for the beginning of the thread (`References`, RFC 5322).
    pub thread: String,
    /// The SES configuration set, where one is used.
    pub configuration_set: Option<String>,
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Message").field("recipients", &self.recipients.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Attachment")
            .field("file_name", &self.file_name)
            .field("size_bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}

/// Sends mail.
pub trait Mailer: Send + Sync {
    /// Sends one message and answers its id (`ses:SendEmail`). It is not idempotent: the implementation repeats only
    /// what was surely not accepted.
    fn send(&self, message: &Message) -> impl Future<Output = Result<String, CallError>> + Send;
}

/// How many calls of one action were made in this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CallCount {
    /// Requests sent, repeats included.
    pub calls: u64,
    /// Of these, answered with a throttle.
    pub throttled: u64,
}

/// Calls by IAM action.
pub type CallCounts = BTreeMap<&'static str, CallCount>;

/// Counts the calls of a run.
pub trait CountsCalls: Send + Sync {
    /// The calls since the counts were last taken, which sets them to zero.
    fn take_call_counts(&self) -> CallCounts;
}

/// The clock, as a value: production reads the system's, tests give their own.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}
