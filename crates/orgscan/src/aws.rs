//! AWS: the only place that knows an SDK. One file per service, one method per operation.
//!
//! Every request goes through one [`Gate`], which bounds, repeats and counts; the SDK's own retries are off, since
//! their budget is shared by all accounts of a process and one throttled account would starve the others. All clients
//! share one pool of connections.

mod account;
mod config;
mod connections;
mod documents;
mod dynamodb;
mod error;
mod examination;
mod iam;
mod mail_service;
mod organizations;
mod profiles;
mod quotas;
mod s3;
mod scrub;
mod session;
mod sesv2;
mod sts;
mod tagging;
mod whole_answer;

#[cfg(test)]
mod canned;
#[cfg(test)]
mod partitions;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use aws_config::SdkConfig;
use jiff::Timestamp;

use crate::config::{Config, Job, Output};
use crate::error::RunError;
use crate::gate::Gate;
use crate::ports::{CallCounts, Clock, CountsCalls, Sessions};

use quotas::Allowance;

pub use examination::{examine_from_settings, examine_function};
pub use s3::{Bucket, S3};
pub use session::Session;
pub use sesv2::Ses;

/// AWS, as the credentials of the process see it. Cheap to clone; clones share their gate and its counts.
#[derive(Clone)]
pub struct World {
    config: SdkConfig,
    gate: Arc<Gate>,
    own: Session,
}

impl World {
    /// Finds region, credentials and endpoints as every AWS tool does: environment, profile, instance; what `access` names
    /// goes before. Nothing is asked of AWS yet.
    ///
    /// # Errors
    /// Where no region is set, or a profile is named that is not there.
    pub async fn load(job: Job, settings: &Config, access: &Access) -> Result<Self, NoAccess> {
        let config = config::load(job, settings.max_in_flight, access).await?;
        Ok(Self::new(config, settings.max_in_flight, Allowance::percent(settings.quota_percent)))
    }

    fn new(config: SdkConfig, max_in_flight: NonZeroUsize, allowance: Allowance) -> Self {
        let own = Session::of_process(config.clone(), allowance);
        Self { config, gate: Arc::new(Gate::new(max_in_flight)), own }
    }

    /// The region of the process.
    pub fn region(&self) -> &str {
        self.config.region().map_or("", |region| region.as_ref())
    }

    /// The bucket of the settings. Its owner is the process's own account where the settings name none, so that account is
    /// learnt first.
    ///
    /// # Errors
    /// The settings name no bucket, or the process's own account cannot be learnt.
    pub async fn bucket(&self, output: &Output) -> Result<S3, RunError> {
        let Some(name) = output.bucket.clone() else {
            return Err(RunError::Settings { problems: vec!["OUTPUT_BUCKET: it is not set".to_owned()] });
        };
        let expected_owner = match output.expected_bucket_owner {
            Some(owner) => owner,
            None => self.caller().await.map_err(RunError::Identity)?.account,
        };
        let (prefix, kms_key_arn) = (output.prefix.clone(), output.kms_key_arn.clone());
        Ok(self.s3(Bucket { name, prefix, expected_owner, kms_key_arn }))
    }

    /// Objects in a bucket, with the credentials of the process.
    pub fn s3(&self, bucket: Bucket) -> S3 {
        S3::new(&self.config, Arc::clone(&self.gate), bucket)
    }

    /// Mail, with the credentials of the process.
    pub fn ses(&self) -> Ses {
        Ses::new(&self.config, Arc::clone(&self.gate))
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("World").field("region", &self.region()).finish_non_exhaustive()
    }
}

impl CountsCalls for World {
    fn take_call_counts(&self) -> CallCounts {
        self.gate.take_counts()
    }
}

/// What somebody names in place of what the environment says; the default names nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The profile of the AWS configuration files whose credentials and region are used.
    pub profile: Option<String>,
    /// The region, whatever the profile says.
    pub region: Option<String>,
}

/// AWS cannot be asked at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAccess {
    /// No AWS region is set anywhere.
    #[error(
        "AWS_REGION: no AWS region is set; name one with --region, set AWS_REGION, or set `region` in {}",
        .profile.as_ref().map_or_else(|| "the profile".to_owned(), |name| format!("the profile {name}"))
    )]
    Region {
        /// The profile that was asked for, where one was.
        profile: Option<String>,
    },
    /// The profile that is asked for is not there.
    #[error(
        "--profile, AWS_PROFILE: there is no profile {name} in the AWS configuration files, ~/.aws/config and \
         ~/.aws/credentials, which have {}", .known.join(", ")
    )]
    Profile {
        /// What was asked for.
        name: String,
        /// Some of those that there are, sorted; a word where there is none.
        known: Vec<String>,
    },
    /// The AWS configuration files cannot be read.
    #[error("--profile, AWS_PROFILE: the AWS configuration files cannot be read: {0}")]
    Profiles(String),
}

impl From<NoAccess> for RunError {
    fn from(error: NoAccess) -> Self {
        Self::Settings { problems: vec![error.to_string()] }
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        system_time()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the Clock port's one reading of the system's clock")]
fn system_time() -> Timestamp {
    Timestamp::now()
}

/// A service's time as ours; none where it is outside what a calendar has.
fn timestamp(time: &aws_smithy_types::DateTime) -> Option<Timestamp> {
    let nanosecond = i32::try_from(time.subsec_nanos()).ok()?;
    Timestamp::new(time.secs(), nanosecond).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use canned::{Canned, world};

    #[test]
    fn nothing_that_is_printed_shows_a_credential() {
        let world = world(&Canned::new([]));
        let printed = format!("{world:?} {:?} {:?}", world.own, world.ses());
        assert!(!printed.contains("AKIA") && !printed.contains(canned::SECRET), "{printed}");
    }

    #[test]
    fn a_missing_region_is_a_setting_that_is_missing() {
        let error = RunError::from(NoAccess::Region { profile: None });
        assert_eq!(error.code(), "SettingsInvalid");
        assert!(error.to_string().contains("AWS_REGION"));
    }

    #[test]
    fn a_time_keeps_its_fraction() {
        let time = aws_smithy_types::DateTime::from_secs_and_nanos(1_795_240_800, 250_000_000);
        assert_eq!(timestamp(&time).unwrap().to_string(), "2026-11-21T06:00:00.25Z");
        assert_eq!(timestamp(&aws_smithy_types::DateTime::from_secs(i64::MAX)), None);
    }
}
