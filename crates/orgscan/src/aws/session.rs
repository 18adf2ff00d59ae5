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

use super::config::{ACCOUNT_ATTEMPT_TIMEOUT, timeouts};
use super::quotas::{Allowance, Quotas};
use super::whole_answer::WholeAnswer;

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
        clients.account.get_or_init(|| account::Client::new(&clients.of_accounts()))
    }

    pub(super) fn iam(&self) -> &iam::Client {
        let clients = &self.0.clients;
        clients.iam.get_or_init(|| {
            let config = iam::config::Builder::from(&clients.of_accounts()).interceptor(WholeAnswer).build();
            iam::Client::from_conf(config)
        })
    }

    pub(super) fn organizations(&self) -> &organizations::Client {
        let clients = &self.0.clients;
        clients.organizations.get_or_init(|| organizations::Client::new(&clients.config))
    }

    pub(super) fn sts(&self) -> &sts::Client {
        let clients = &self.0.clients;
        clients.sts.get_or_init(|| {
            let config = sts::config::Builder::from(&clients.config).interceptor(WholeAnswer).build();
            sts::Client::from_conf(config)
        })
    }

    pub(super) fn tagging(&self, region: &str) -> tagging::Client {
        let clients = &self.0.clients;
        let mut by_region = clients.tagging.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = by_region.get(region) {
            return client.clone();
        }
        let config = clients.of_accounts().into_builder().region(Region::new(region.to_owned())).build();
        let client = tagging::Client::new(&config);
        by_region.insert(region.to_owned(), client.clone());
        client
    }
}

impl Clients {
    /// What clients have that call in member accounts.
    fn of_accounts(&self) -> SdkConfig {
        self.config.to_builder().timeout_config(timeouts(ACCOUNT_ATTEMPT_TIMEOUT)).build()
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

#[cfg(test)]
mod tests {
    use futures::stream::StreamExt;

    use super::super::canned::{Canned, json_error, session, world};
    use super::*;
    use crate::account::Partition;
    use crate::ports::{CredentialReports, Organizations, Regions, RoleToAssume, Sessions};
    use crate::session_policy::SessionPolicy;

    #[tokio::test(start_paused = true)]
    async fn every_call_of_a_session_is_signed_with_its_own_credentials() {
        // Whatever is asked is denied: what counts is who asks.
        let canned = Canned::new((0..9).map(|_| json_error(403, "AccessDeniedException")));
        let world = world(&canned);
        let credentials = Credentials::new("ASIAMEMBEREXAMPLE", "secret", Some("token".to_owned()), None, "test");
        let member = session(&world).of_role(credentials);
        let account = "000000000012".parse().unwrap();
        let role = RoleToAssume {
            account,
            role_arn: Partition::of_arn("arn:aws:sts::000000000012:x").unwrap().role_arn(account, "Reader"),
            session_name: "test".to_owned(),
            external_id: None,
            policy: SessionPolicy::report_of_account(),
        };
        assert!(world.credential_report(&member).await.is_err());
        assert!(world.generate_credential_report(&member).await.is_err());
        assert!(world.enabled_regions(&member).await.is_err());
        assert!(world.organization(&member).await.is_err());
        assert!(world.tags_of_account(&member, account).await.is_err());
        assert!(world.tags_in_bulk(&member, "us-east-1", |tags| tags).await.is_err());
        assert!(world.assume_role(&member, &role).await.is_err());
        assert!(Box::pin(world.accounts(&member)).next().await.unwrap().is_err());
        let regional = Box::pin(world.tagged_resources(&member, "ap-east-1", &[])).next().await;
        assert!(regional.unwrap().is_err());
        assert_eq!(canned.left(), 0);
        for sent in canned.sent() {
            let authorization = sent.header("authorization");
            assert!(authorization.contains("Credential=ASIAMEMBEREXAMPLE/"), "{}: {authorization}", sent.operation());
            assert_eq!(sent.header("x-amz-security-token"), "token", "{}", sent.operation());
        }
        assert!(canned.sent().last().unwrap().header("authorization").contains("/ap-east-1/tagging/"));
    }
}
