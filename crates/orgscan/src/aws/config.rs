//! What all clients have in common.

use std::num::NonZeroUsize;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::connections;
use super::{Access, NoAccess, profiles};
use crate::config::Job;

/// For a TCP connection and its TLS handshake: the SDK's own default.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// For one attempt of a call with small bodies.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// For one attempt in a member account: one that answers after half a minute is slow and not lost.
pub(super) const ACCOUNT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(40);

pub(super) async fn load(job: Job, max_in_flight: NonZeroUsize, access: &Access) -> Result<SdkConfig, NoAccess> {
    profiles::check(access).await?;
    let sources = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(connections::of_credentials());
    let sources = match &access.profile {
        Some(profile) => sources.profile_name(profile),
        None => sources,
    };
    let sources = match &access.region {
        Some(region) => sources.region(Region::new(region.clone())),
        None => sources,
    };
    let mut loaded = sources.load().await;
    if loaded.region().is_none() {
        return Err(NoAccess::Region { profile: access.profile.clone() });
    }
    if let Some(profile) = &access.profile {
        let credentials = of_profile(profile, loaded.region().cloned());
        loaded = loaded.into_builder().credentials_provider(credentials).build();
    }
    let connections = connections::of_services(job, max_in_flight, loaded.endpoint_url().is_some());
    Ok(settle(loaded.into_builder().http_client(connections).build()))
}

/// The credentials of a profile that was asked for by name, and no others: the SDK's own chain would take those of the
/// environment first, and so another identity than the one that was named. The AWS CLI does the same with `--profile`.
fn of_profile(profile: &str, region: Option<Region>) -> SharedCredentialsProvider {
    let found_with =
        ProviderConfig::without_region().with_region(region).with_http_client(connections::of_credentials());
    SharedCredentialsProvider::new(
        ProfileFileCredentialsProvider::builder().configure(&found_with).profile_name(profile).build(),
    )
}

/// Turns the SDK's retries off and its timeouts on. Credential providers are built before, and keep their own.
pub(super) fn settle(loaded: SdkConfig) -> SdkConfig {
    loaded.into_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts(ATTEMPT_TIMEOUT)).build()
}

/// Timeouts of one attempt. There is none for a whole operation: an operation is one attempt.
pub(super) fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(attempt).build()
}
