//! One pool of connections for all clients: without it each client of each account would have its own.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// A connection that idles for longer is closed: a function that was frozen finds the others dead on waking.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Idle connections kept per host; a Lambda function has 1,024 file descriptors, and every region is a host.
const IDLE_PER_HOST: usize = 32;

pub(super) fn shared() -> SharedHttpClient {
    SharedHttpClient::new(Connections::default())
}

type Timeouts = (Option<Duration>, Option<Duration>);

/// Connectors by their timeouts: credential providers have others than the services.
#[derive(Default)]
struct Connections {
    connectors: Mutex<Vec<(Timeouts, SharedHttpConnector)>>,
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
            .pool_max_idle_per_host(IDLE_PER_HOST)
            // HTTPS_PROXY and NO_PROXY, as the SDK's default client reads them.
            .proxy_config(ProxyConfig::from_env());
        builder.set_sleep_impl(components.sleep_impl());
        let connector = SharedHttpConnector::new(builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build());
        connectors.push((timeouts, connector.clone()));
        connector
    }
}
