//! Credentials, with the clients and quotas that go with them.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_account as account;
use aws_sdk_iam as iam;
use aws_sdk_organizations as organizations;
use aws_sdk_sts as sts;
use aws_sdk_sts::config::IdentityCache;

use crate::gate::Quota;

/// Credentials to call with. Cheap to clone; clones share their clients and quotas.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    config: SdkConfig,
    quotas: Quotas,
    account: OnceLock<account::Client>,
    iam: OnceLock<iam::Client>,
    organizations: OnceLock<organizations::Client>,
    sts: OnceLock<sts::Client>,
}

/// What AWS allows one caller, or a little less ("Quotas for AWS Organizations", "AWS Account Management endpoints and
/// quotas", "IAM and AWS STS quotas"). A client of the Tagging API has its own, see [`super::tagging`].
pub(super) struct Quotas {
    pub(super) assume_role: Quota,
    pub(super) describe_organization: Quota,
    pub(super) list_accounts: Quota,
    pub(super) list_regions: Quota,
    pub(super) list_tags: Quota,
}

impl Quotas {
    fn new() -> Self {
        Self {
            assume_role: Quota::new(600.0, 600),
            describe_organization: Quota::new(1.0, 2),
            list_accounts: Quota::new(8.0, 12),
            list_regions: Quota::new(5.0, 5),
            list_tags: Quota::new(10.0, 15),
        }
    }
}

impl Session {
    /// The session of the process itself: its credentials may be renewed, so they are asked of the provider.
    pub(super) fn of_process(config: SdkConfig) -> Self {
        Self(Arc::new(Inner {
            config,
            quotas: Quotas::new(),
            account: OnceLock::new(),
            iam: OnceLock::new(),
            organizations: OnceLock::new(),
            sts: OnceLock::new(),
        }))
    }

    /// A session of an assumed role. Its credentials never change, so it has no identity cache: the shared one holds
    /// 64 identities and would go round and round.
    pub(super) fn of_role(&self, credentials: Credentials) -> Self {
        let config = self.0.config.to_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(credentials));
        Self::of_process(config.identity_cache(IdentityCache::no_cache()).build())
    }

    /// What clients that are not kept are built from.
    pub(super) fn config(&self) -> &SdkConfig {
        &self.0.config
    }

    pub(super) fn quotas(&self) -> &Quotas {
        &self.0.quotas
    }

    pub(super) fn account(&self) -> &account::Client {
        self.0.account.get_or_init(|| account::Client::new(&self.0.config))
    }

    pub(super) fn iam(&self) -> &iam::Client {
        self.0.iam.get_or_init(|| iam::Client::new(&self.0.config))
    }

    pub(super) fn organizations(&self) -> &organizations::Client {
        self.0.organizations.get_or_init(|| organizations::Client::new(&self.0.config))
    }

    pub(super) fn sts(&self) -> &sts::Client {
        self.0.sts.get_or_init(|| sts::Client::new(&self.0.config))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Session")
    }
}
