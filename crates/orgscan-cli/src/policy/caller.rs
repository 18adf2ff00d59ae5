//! Who runs the job: named on the command line, or as STS knows them.

use std::cell::OnceCell;

use orgscan::account::Partition;
use orgscan::aws::World;
use orgscan::config::{Config, Job};
use orgscan::error::RunError;
use orgscan::invocation::process_environment;
use orgscan::policies::{Place, principal};
use orgscan::ports::Sessions as _;

use crate::arguments::groups::AwsArguments;
use crate::arguments::problem;
use crate::run::set_up;

/// Those who run the job. STS is asked once, and only where somebody has to know.
pub(super) struct Callers<'a> {
    named: &'a [String],
    aws: &'a AwsArguments,
    asked: OnceCell<(String, Place)>,
}

/// The ARN of a role, a user or a role's session.
pub(super) fn arn(text: &str) -> Result<String, String> {
    let account = text.split(':').nth(4).and_then(|account| account.parse::<orgscan::account::AccountId>().ok());
    let is_caller = ["role/", "user/", "assumed-role/"]
        .iter()
        .any(|kind| text.splitn(6, ':').nth(5).is_some_and(|resource| resource.starts_with(kind)));
    if Partition::of_arn(text).is_some() && account.is_some() && is_caller {
        Ok(text.to_owned())
    } else {
        Err("the ARN of a role or a user is expected, arn:PARTITION:iam::ACCOUNT_ID:role/NAME".to_owned())
    }
}

impl<'a> Callers<'a> {
    pub(super) fn new(named: &'a [String], aws: &'a AwsArguments) -> Self {
        Self { named, aws, asked: OnceCell::new() }
    }

    /// Where they are.
    pub(super) fn place(&self, job: Job, config: &Config) -> Result<Place, RunError> {
        let Some(arn) = self.named.first() else { return Ok(self.ask(job, config)?.1.clone()) };
        let region = self
            .aws
            .region
            .clone()
            .or_else(|| process_environment("AWS_REGION"))
            .or_else(|| process_environment("AWS_DEFAULT_REGION"))
            .filter(|region| !region.is_empty());
        let place = Partition::of_arn(arn).zip(arn.split(':').nth(4).and_then(|account| account.parse().ok()));
        match (place, region) {
            (Some((partition, account)), Some(region)) => Ok(Place { partition, region, account }),
            (None, _) => Err(problem(format!("--caller-arn: {arn} is no ARN of a role or a user"))),
            (_, None) => Err(problem("AWS_REGION: --caller-arn needs a region; name it with --region".to_owned())),
        }
    }

    /// The partition they are in.
    pub(super) fn partition(&self, job: Job, config: &Config) -> Result<Partition, RunError> {
        match self.named.first().and_then(|arn| Partition::of_arn(arn)) {
            Some(partition) => Ok(partition),
            None => Ok(self.ask(job, config)?.1.partition.clone()),
        }
    }

    /// As a trust policy calls them.
    pub(super) fn principals(&self, job: Job, config: &Config) -> Result<Vec<String>, RunError> {
        if self.named.is_empty() {
            return Ok(vec![principal(&self.ask(job, config)?.0)]);
        }
        Ok(self.named.iter().map(|arn| principal(arn)).collect())
    }

    fn ask(&self, job: Job, config: &Config) -> Result<&(String, Place), RunError> {
        if let Some(asked) = self.asked.get() {
            return Ok(asked);
        }
        let asked = set_up()?.block_on(async {
            let world = World::load(job, config, &self.aws.access()).await?;
            let caller = world.caller().await.map_err(RunError::Identity)?;
            let region = world.region().to_owned();
            Ok::<_, RunError>((caller.arn, Place { partition: caller.partition, region, account: caller.account }))
        })?;
        Ok(self.asked.get_or_init(|| asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_a_role_a_user_or_a_session_of_any_partition() {
        for good in [
            "arn:aws:iam::111122223333:role/orgscan",
            "arn:aws-us-gov:iam::111122223333:user/ann",
            "arn:aws-cn:sts::111122223333:assumed-role/orgscan/session",
        ] {
            assert_eq!(arn(good).as_deref(), Ok(good));
        }
        for bad in ["", "orgscan", "arn:aws:iam::1:role/x", "arn:aws:iam::111122223333:root", "arn:aws:s3:::bucket"] {
            assert!(arn(bad).is_err(), "{bad}");
        }
    }
}
