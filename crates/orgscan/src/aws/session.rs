//! Credentials, with the clients that call with them and the quotas that go with them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_account as account;
use aws_sdk_iam as iam;
use aws_sdk_organizations as organizations;
use aws_sdk_resourcegroupstagging as tagging;
use aws_sdk_sts as sts;
use aws_sdk_sts::config::IdentityCache;

use super::quotas::{Allowance, Quotas};

/// Credentials to call with. Cheap to clone; clones share their quotas, and all sessions of a process their clients.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    clients: Arc<Clients>,
    /// None for the process's own, which the clients have.
    credentials: Option<SharedCredentialsProvider>,
    quotas: Quotas,
}

/// One client per service, and one of the Tagging API per region, whoever calls: a client of its own would cost each account
/// as much as all of its calls, in time and in memory.
struct Clients {
    config: SdkConfig,
    allowance: Allowance,
    account: OnceLock<account::Client>,
    iam: OnceLock<iam::Client>,
    organizations: OnceLock<organizations::Client>,
    sts: OnceLock<sts::Client>,
    tagging: Mutex<BTreeMap<String, tagging::Client>>,
}

impl Session {
    /// The session of the process itself: its credentials may be renewed, so they are asked of the provider.
    pub(super) fn of_process(config: SdkConfig, allowance: Allowance) -> Self {
        let clients = Arc::new(Clients {
            config,
            allowance,
            account: OnceLock::new(),
            iam: OnceLock::new(),
            organizations: OnceLock::new(),
            sts: OnceLock::new(),
            tagging: Mutex::default(),
        });
        Self(Arc::new(Inner { clients, credentials: None, quotas: Quotas::new(allowance) }))
    }

    /// A session of an assumed role. Its credentials never change.
    pub(super) fn of_role(&self, credentials: Credentials) -> Self {
        let clients = Arc::clone(&self.0.clients);
        let quotas = Quotas::new(clients.allowance);
        Self(Arc::new(Inner { clients, credentials: Some(SharedCredentialsProvider::new(credentials)), quotas }))
    }

    pub(super) fn allowance(&self) -> Allowance {
        self.0.clients.allowance
    }

    pub(super) fn quotas(&self) -> &Quotas {
        &self.0.quotas
    }

    pub(super) fn account(&self) -> &account::Client {
        let clients = &self.0.clients;
        clients.account.get_or_init(|| account::Client::new(&clients.config))
    }

    pub(super) fn iam(&self) -> &iam::Client {
        let clients = &self.0.clients;
        clients.iam.get_or_init(|| iam::Client::new(&clients.config))
    }

    pub(super) fn organizations(&self) -> &organizations::Client {
        let clients = &self.0.clients;
        clients.organizations.get_or_init(|| organizations::Client::new(&clients.config))
    }

    pub(super) fn sts(&self) -> &sts::Client {
        let clients = &self.0.clients;
        clients.sts.get_or_init(|| sts::Client::new(&clients.config))
    }

    pub(super) fn tagging(&self, region: &str) -> tagging::Client {
        let clients = &self.0.clients;
        let mut by_region = clients.tagging.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = by_region.get(region) {
            return client.clone();
        }
        let config = clients.config.to_builder().region(Region::new(region.to_owned())).build();
        let client = tagging::Client::new(&config);
        by_region.insert(region.to_owned(), client.clone());
        client
    }
}

/// Every service has a configuration of its own type for the same thing.
macro_rules! signs_for {
    ($($method:ident: $sdk:ident),+ $(,)?) => {
        impl Session {
            $(
                /// What one call is configured with, so that it is signed with the credentials of this session. They are
                /// taken as they are: the cache that a client keeps holds 64 identities and would go round and round.
                pub(super) fn $method(&self) -> $sdk::config::Builder {
                    match &self.0.credentials {
                        Some(credentials) => $sdk::config::Builder::new()
                            .credentials_provider(credentials.clone())
                            .identity_cache(IdentityCache::no_cache()),
                        None => $sdk::config::Builder::new(),
                    }
                }
            )+
        }
    };
}

signs_for! {
    signed_for_account: account,
    signed_for_iam: iam,
    signed_for_organizations: organizations,
    signed_for_sts: sts,
    signed_for_tagging: tagging,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Session")
    }
}
