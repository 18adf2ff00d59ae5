//! Finds out before the first run what will not work, and says how to mend it.
//!
//! An examination does what a run does up to where it would write, and changes nothing. Its calls:
//!
//! * `sts:GetCallerIdentity`; `organizations:DescribeOrganization` and `ListAccounts`; with a tenants table `dynamodb:Scan`.
//! * `sts:AssumeRole` for each account as a run assumes it, with its external id and session policy; then
//!   `iam:GetCredentialReport` and `iam:GenerateCredentialReport`, which is a read to IAM, or `account:ListRegions`, one page
//!   of `tag:GetResources` in the first region that answers; in each Organization `organizations:ListTagsForResource` once,
//!   and one page of the accounts' tags, as the settings have them read.
//! * `iam:GetRole` of the caller's own role, for its path.
//! * Where a role cannot be assumed, and only in a terminal: `sts:AssumeRole` of another role of that account, whose session
//!   may do nothing but `iam:GetRole`, to see why.
//! * `HeadBucket`, and where that is denied `ListBuckets`; for each kind of name `CreateMultipartUpload`, `UploadPart` of one
//!   byte and at once `AbortMultipartUpload`, which leave no object and need what writing one needs;
//!   `ListMultipartUploads`; `GetObject` of one byte.
//! * `ses:GetEmailIdentity`, `ses:GetAccount`, `ses:GetConfigurationSet`. No mail is sent.
//!
//! What a run needs and was not answered is a failure. What a run does not ask, and may not be asked by a function whose role
//! has no right to look, is unknown and none; so is what cannot be tried without doing it.

mod accounts;
mod caller;
mod commands;
mod denial;
mod diagnosis;
mod estimate;
mod examination;
mod look;
mod mail;
mod pattern;
mod ports;
mod roles;
mod scope;
mod secrets;
mod storage;
mod table;
mod tenants;
mod trust;

use std::sync::Arc;

use tokio::time::Instant;

use self::caller::Examined;
pub use self::diagnosis::{Check, Diagnosis, ExaminedCaller, Fix, State, Status};
pub use self::estimate::{Estimate, MEMORY_MB, Room, Size, TIMEOUT_SECONDS, estimate};
use self::examination::Examination;
pub use self::ports::{BucketSeen, Buckets, MailService, RoleSeen, Roles, SendingAccount};
pub use self::table::{Paint, table};
use crate::account::Partition;
use crate::config::{Config, Job, SETTINGS};
use crate::error::CallErrorKind;
use crate::event::Event;
use crate::jobs::Run;
use crate::policies;
use crate::ports::{Caller, Clock, CredentialReports, Documents, Organizations, Regions, Tenants};
use crate::progress::Progress;
use crate::scan::Stop;

/// What an examination needs from the world.
pub trait World:
    Organizations + Regions + CredentialReports + Tenants + Documents + Clock + Roles + Buckets + MailService
{
}

impl<W> World for W where
    W: Organizations + Regions + CredentialReports + Tenants + Documents + Clock + Roles + Buckets + MailService
{
}

/// A job to examine.
#[derive(Debug)]
pub struct JobToExamine {
    /// The job.
    pub job: Job,
    /// Its settings, or every problem of them.
    pub settings: Result<Config, Vec<String>>,
}

/// How to examine.
#[derive(Debug)]
pub struct Options {
    /// The role of member accounts through which they are looked into where theirs lets nobody in; none: nobody looks.
    pub look_through: Option<String>,
    /// What a function may use.
    pub room: Room,
    /// The function's name, where there is one.
    pub function: Option<String>,
    /// Which accounts and tenants; everything where it names none.
    pub event: Event,
    /// When the process ends.
    pub deadline: Option<Instant>,
    /// Lets no further account begin.
    pub stop: Stop,
    /// Moves as accounts are examined.
    pub progress: Arc<Progress>,
}

/// Examines these jobs from the region of the process. `known` is what was found out already.
pub async fn examine<W: World>(
    world: &W,
    region: &str,
    jobs: &[JobToExamine],
    options: &Options,
    known: Vec<Check>,
) -> Diagnosis {
    let mut checks = known;
    for job in jobs {
        checks.extend(settings(job));
    }
    let caller = match world.caller().await {
        Ok(caller) => caller,
        Err(error) => {
            let said = error.chain();
            let is_clock =
                ["Skewed", "Signature expired", "Signature not yet current"].iter().any(|one| said.contains(one));
            let (cause, explanation) = if is_clock {
                ("clock", "set this machine's clock: AWS takes requests of the last few minutes only")
            } else {
                ("no-identity", "sign in, or set AWS_PROFILE or the credentials' variables")
            };
            let check = Check::failed("identity", "credentials", cause, said).mended_by(Fix::explained(explanation));
            checks.push(check);
            return Diagnosis::conclude(None, checks, Vec::new());
        }
    };
    let examined = identify(world, &caller, region, jobs).await;
    checks.extend(identity(&caller.arn, &examined));
    let mut estimates = Vec::new();
    for job in jobs {
        let Ok(config) = &job.settings else { continue };
        let event = Event { doctor: true, ..options.event.clone() };
        let (stop, progress) = (options.stop.clone(), Arc::clone(&options.progress));
        let run = Run::new(config, &event, world.now(), options.deadline, stop, progress);
        let examination =
            Examination { world, job: job.job, config, run: &run, caller: &caller, examined: &examined, options };
        let (mut found, estimate) = Box::pin(examination.checks()).await;
        for check in &mut found {
            check.jobs.push(job.job.as_str().to_owned());
        }
        checks.extend(found);
        estimates.extend(estimate);
    }
    let caller = ExaminedCaller {
        arn: caller.arn,
        account: caller.account.to_string(),
        partition: caller.partition.to_string(),
        region: region.to_owned(),
    };
    Diagnosis::conclude(Some(caller), checks, estimates)
}

/// Whether a job's settings can be used, and each problem of them.
pub(crate) fn settings(examined: &JobToExamine) -> Vec<Check> {
    let job = examined.job.as_str();
    let mut checks: Vec<Check> = match &examined.settings {
        Ok(_) => vec![Check::ok("settings", job, "they can be used")],
        Err(problems) => problems
            .iter()
            .map(|problem| {
                let setting = SETTINGS.iter().find(|setting| problem.starts_with(setting.variable));
                let subject = setting.map_or(job, |setting| setting.variable);
                let check = Check::failed("settings", subject, "setting", problem.clone());
                match setting {
                    Some(setting) => check.mended_by(Fix::explained(format!(
                        "set {}: {} Unset: {}.",
                        setting.variable,
                        setting.meaning,
                        setting.default.text()
                    ))),
                    None => check,
                }
            })
            .collect(),
    };
    for check in &mut checks {
        check.jobs.push(job.to_owned());
    }
    checks
}

/// How policies name the caller. STS leaves the path of a role out, and the role itself has it. Its Organization is that of
/// the jobs unless they read a table of tenants.
async fn identify<W: World>(world: &W, caller: &Caller<W::Session>, region: &str, jobs: &[JobToExamine]) -> Examined {
    let mut principal = policies::principal(&caller.arn);
    let mut may_have_path = false;
    if let (true, Some(name)) = (caller.arn.contains(":assumed-role/"), principal.rsplit('/').next()) {
        match world.role(&caller.session, name.trim_start_matches('*')).await {
            Ok(role) => principal = role.arn,
            // The path of the roles of IAM Identity Center is known.
            Err(error) => {
                may_have_path = error.kind != CallErrorKind::NotFound && !principal.contains(":role/aws-reserved/");
            }
        }
    }
    let has_tenants = jobs.iter().any(|job| job.settings.as_ref().is_ok_and(|config| config.tenants.is_some()));
    let organization = if has_tenants { world.organization(&caller.session).await.ok() } else { None };
    Examined {
        principal,
        account: caller.account,
        partition: caller.partition.clone(),
        region: region.to_owned(),
        organization: organization.map(|organization| organization.id.to_string()),
        may_have_path,
    }
}

fn identity(arn: &str, examined: &Examined) -> [Check; 2] {
    let account = examined.account;
    let identity = if examined.is_root_user() {
        let fix = Fix::explained("sign in as a user or a role: the root user can assume no role");
        Check::warning("identity", arn, "root-user", format!("the root user of account {account}")).mended_by(fix)
    } else {
        Check::ok("identity", arn, format!("account {account}, partition {}", examined.partition))
    };
    let region = examined.region.as_str();
    let of_region = Partition::of_region(region);
    let region = if of_region == examined.partition {
        Check::ok("region", region, "bucket, tenants table and mail are looked for here")
    } else {
        let found = format!("it is of the partition {of_region}, the credentials are of {}", examined.partition);
        let fix = Fix::explained("set AWS_REGION to a region of the credentials' partition")
            .set("AWS_REGION", examined.partition.global_region());
        Check::failed("region", region, "partition", found).mended_by(fix)
    };
    [identity, region]
}
