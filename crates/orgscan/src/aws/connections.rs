//! One pool of connections for all clients: without it each client of each account would have its own.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::config::Job;

/// A connection that idles for longer is closed: a function that was frozen finds the others dead on waking.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Connections in flight and idle, so that half of the 1,024 file descriptors that Lambda allows stay free.
const CONNECTIONS: usize = 480;

/// Idle connections however many are in flight. With the most that `MAX_IN_FLIGHT` allows, 900, it fits into Lambda's bound.
const LEAST_IDLE: usize = 96;

/// How many hosts a job talks to at most: one behind an endpoint of the user's own. Every region is one for an inventory
/// (34 in the largest partition, see [`crate::region`]); besides there are STS, Organizations, Account Management, DynamoDB
/// and S3, or STS, Organizations, IAM, DynamoDB, S3 and SES.
fn hosts(job: Job, has_own_endpoint: bool) -> usize {
    match job {
        _ if has_own_endpoint => 1,
        Job::AccountMetadata => 39,
        Job::CredentialReport => 6,
    }
}

type Timeouts = (Option<Duration>, Option<Duration>);

/// Connectors by their timeouts: credential providers have others than the services.
struct Connections {
    idle_per_host: usize,
    connectors: Mutex<Vec<(Timeouts, SharedHttpConnector)>>,
}

impl Connections {
    fn shared(idle_per_host: usize) -> SharedHttpClient {
        SharedHttpClient::new(Self { idle_per_host: idle_per_host.max(1), connectors: Mutex::default() })
    }
}

/// For the few calls that find the credentials of the process.
pub(super) fn of_credentials() -> SharedHttpClient {
    Connections::shared(1)
}

/// For all services. As many idle connections are kept per host as there is room for beside those in flight.
pub(super) fn of_services(job: Job, max_in_flight: NonZeroUsize, has_own_endpoint: bool) -> SharedHttpClient {
    Connections::shared(idle_per_host(max_in_flight, hosts(job, has_own_endpoint)))
}

fn idle_per_host(max_in_flight: NonZeroUsize, hosts: usize) -> usize {
    CONNECTIONS.saturating_sub(max_in_flight.get()).max(LEAST_IDLE) / hosts
}

impl fmt::Debug for Connections {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connections")
    }
}

impl HttpClient for Connections {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = connectors.iter().find(|(of, _)| *of == timeouts) {
            return connector.clone();
        }
        let mut builder = Connector::builder()
            .connector_settings(settings.clone())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(self.idle_per_host)
            // HTTPS_PROXY and NO_PROXY, as the SDK's default client reads them.
            .proxy_config(ProxyConfig::from_env());
        builder.set_sleep_impl(components.sleep_impl());
        let connector = SharedHttpConnector::new(builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build());
        connectors.push((timeouts, connector.clone()));
        connector
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_stay_within_what_lambda_allows() {
        for (max_in_flight, most) in [(1, 512), (200, 512), (400, 512), (900, 1_000)] {
            for job in [Job::AccountMetadata, Job::CredentialReport] {
                for has_own_endpoint in [false, true] {
                    let hosts = hosts(job, has_own_endpoint);
                    let idle = idle_per_host(NonZeroUsize::new(max_in_flight).unwrap(), hosts);
                    assert!(idle >= 2, "{idle} idle connections per host for {job:?} at {max_in_flight}");
                    assert!(max_in_flight + idle * hosts <= most, "{job:?} at {max_in_flight}");
                }
            }
        }
    }
}
