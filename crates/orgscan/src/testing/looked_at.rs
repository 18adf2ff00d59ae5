//! What an examination looks at in memory: roles and their trust policies, buckets, and SES.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use crate::account::{AccountId, Partition};
use crate::config::Output;
use crate::doctor::{BucketSeen, Buckets, MailService, RoleSeen, Roles, SendingAccount};
use crate::error::{CallError, CallErrorKind};

use super::calls::failed;
use super::{MemoryRole, MemorySession, MemoryWorld, Request, account_id};

const ABORT: &str = "s3:AbortMultipartUpload";
const LIST_UPLOADS: &str = "s3:ListBucketMultipartUploads";

/// A bucket: whose it is, and where.
#[derive(Debug, Clone)]
#[must_use]
pub struct MemoryBucket {
    pub(super) name: String,
    owner: AccountId,
    region: String,
}

impl MemoryBucket {
    /// A bucket in eu-west-1.
    pub fn new(name: &str, owner: impl fmt::Display) -> Self {
        Self { name: name.to_owned(), owner: account_id(owner), region: "eu-west-1".to_owned() }
    }

    /// Sets the region.
    pub fn region(self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self }
    }
}

/// What SES knows: nothing is verified, and the account is out of the sandbox with 50,000 mails a day.
#[derive(Debug, Clone)]
#[must_use]
pub struct MemorySes {
    identities: BTreeMap<String, bool>,
    configuration_sets: BTreeSet<String>,
    account: SendingAccount,
}

impl Default for MemorySes {
    fn default() -> Self {
        Self {
            identities: BTreeMap::new(),
            configuration_sets: BTreeSet::new(),
            account: SendingAccount {
                has_production_access: true,
                is_enabled: true,
                most_in_24_hours: 50_000.0,
                sent_in_24_hours: 0.0,
            },
        }
    }
}

impl MemorySes {
    /// Knows an address or a domain, verified or not.
    pub fn identity(mut self, identity: &str, is_verified: bool) -> Self {
        self.identities.insert(identity.to_owned(), is_verified);
        self
    }

    /// Has a configuration set.
    pub fn configuration_set(mut self, name: &str) -> Self {
        self.configuration_sets.insert(name.to_owned());
        self
    }

    /// Sets the account's state.
    pub fn account(self, account: SendingAccount) -> Self {
        Self { account, ..self }
    }

    /// Is in the sandbox, with 200 mails a day.
    pub fn sandbox(mut self) -> Self {
        self.account.has_production_access = false;
        self.account.most_in_24_hours = 200.0;
        self
    }
}

impl MemoryWorld {
    /// Adds a bucket, or replaces the one of the same name.
    pub fn with_bucket(self, bucket: MemoryBucket) -> Self {
        self.state().buckets.insert(bucket.name.clone(), bucket);
        self
    }

    /// Sets what SES knows.
    pub fn with_ses(self, ses: MemorySes) -> Self {
        self.state().ses = ses;
        self
    }

    /// The bucket that is there, for who says whose it is.
    fn bucket(&self, name: &str, owner: Option<AccountId>) -> (Option<String>, Result<(), CallErrorKind>) {
        let state = self.state();
        let Some(bucket) = state.buckets.get(name) else { return (None, Err(CallErrorKind::NotFound)) };
        let is_owned = owner.is_none_or(|owner| owner == bucket.owner);
        (Some(bucket.region.clone()), if is_owned { Ok(()) } else { Err(CallErrorKind::Denied) })
    }

    async fn asked_of_ses(&self, action: &'static str, resource: &str) -> Result<MemorySes, CallError> {
        let call = self.calls().begin(Request::of_process(action, resource)).await?;
        call.answer(Ok(self.state().ses.clone()))
    }
}

impl MemoryRole {
    /// Its trust policy, as IAM shows it.
    fn trust(&self, partition: &Partition) -> Value {
        let trusted: Vec<String> =
            self.trusted.iter().map(|account| format!("arn:{partition}:iam::{account}:root")).collect();
        let mut statement = json!({"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"});
        if let Some(external_id) = &self.external_id {
            statement["Condition"] = json!({"StringEquals": {"sts:ExternalId": external_id}});
        }
        for (operator, key, value) in &self.shown_conditions {
            statement["Condition"][operator.as_str()][key.as_str()] = value.as_str().into();
        }
        json!({"Version": "2012-10-17", "Statement": [statement]})
    }
}

impl Roles for MemoryWorld {
    async fn role(&self, session: &MemorySession, name: &str) -> Result<RoleSeen, CallError> {
        const GET_ROLE: &str = "iam:GetRole";
        let request = Request { resource: Some(name.to_owned()), ..Request::of(session, GET_ROLE) };
        let call = self.calls().begin(request).await?;
        let answer = session.check(GET_ROLE).and_then(|()| {
            let state = self.state();
            let of_name = |role: &&MemoryRole| role.name.rsplit('/').next() == Some(name);
            let account = state.account(session.account());
            let found = account.roles.values().find(of_name);
            let role = found.ok_or_else(|| failed(GET_ROLE, CallErrorKind::NotFound))?;
            let arn = state.partition.role_arn(session.account(), &role.name);
            Ok(RoleSeen { arn, trust: role.trust(&state.partition) })
        });
        call.answer(answer)
    }
}

impl Buckets for MemoryWorld {
    async fn bucket_is_there(&self, bucket: &str, owner: Option<AccountId>) -> BucketSeen {
        const LIST_BUCKET: &str = "s3:ListBucket";
        let (region, answer) = self.bucket(bucket, owner);
        let answer = match self.calls().begin(Request::of_process(LIST_BUCKET, bucket)).await {
            Ok(call) => call.answer(answer.map_err(|kind| failed(LIST_BUCKET, kind))),
            Err(error) => Err(error),
        };
        BucketSeen { region, answer }
    }

    async fn is_own_bucket(&self, bucket: &str) -> Result<bool, CallError> {
        let call = self.calls().begin(Request::of_process("s3:ListAllMyBuckets", bucket)).await?;
        let caller = self.state().caller;
        call.answer(Ok(self.bucket(bucket, Some(caller)).1.is_ok()))
    }

    async fn try_to_write(&self, output: &Output, owner: AccountId, name: &str) -> Result<(), CallError> {
        let bucket = output.bucket.as_deref().unwrap_or_default();
        let request = Request::of_process("s3:PutObject", format!("{bucket}/{}{name}", output.prefix));
        let call = self.calls().begin(request.clone()).await?;
        call.answer(self.bucket(bucket, Some(owner)).1.map_err(|kind| failed("s3:PutObject", kind)))?;
        self.calls().begin(Request { action: ABORT, ..request }).await?.answer(Ok(()))
    }

    async fn try_to_find_uploads(&self, output: &Output, _owner: AccountId, name: &str) -> Result<(), CallError> {
        let bucket = output.bucket.as_deref().unwrap_or_default();
        let request = Request::of_process(LIST_UPLOADS, format!("{bucket}/{}{name}", output.prefix));
        self.calls().begin(request).await?.answer(Ok(()))
    }

    async fn try_to_read(&self, output: &Output, owner: AccountId, name: &str) -> Result<(), CallError> {
        let bucket = output.bucket.as_deref().unwrap_or_default();
        let request = Request::of_process("s3:GetObject", format!("{bucket}/{}{name}", output.prefix));
        let call = self.calls().begin(request).await?;
        call.answer(self.bucket(bucket, Some(owner)).1.map_err(|kind| failed("s3:GetObject", kind)))
    }
}

impl MailService for MemoryWorld {
    async fn is_verified(&self, identity: &str) -> Result<bool, CallError> {
        const GET_IDENTITY: &str = "ses:GetEmailIdentity";
        let ses = self.asked_of_ses(GET_IDENTITY, identity).await?;
        ses.identities.get(identity).copied().ok_or_else(|| failed(GET_IDENTITY, CallErrorKind::NotFound))
    }

    async fn sending_account(&self) -> Result<SendingAccount, CallError> {
        Ok(self.asked_of_ses("ses:GetAccount", "").await?.account)
    }

    async fn configuration_set(&self, name: &str) -> Result<(), CallError> {
        const GET_SET: &str = "ses:GetConfigurationSet";
        let ses = self.asked_of_ses(GET_SET, name).await?;
        if ses.configuration_sets.contains(name) { Ok(()) } else { Err(failed(GET_SET, CallErrorKind::NotFound)) }
    }
}
