//! Finds out before the first run what will not work, and says how to mend it.
//!
//! An examination does what a run does up to where it would write, and changes nothing. Its calls:
//!
//! * `sts:GetCallerIdentity`; `organizations:DescribeOrganization` and `ListAccounts`; with a tenants table `dynamodb:Scan`.
//! * `sts:AssumeRole` for each account as a run assumes it, with its external id and session policy; then
//!   `iam:GetCredentialReport` and `iam:GenerateCredentialReport`, which is a read to IAM, or `account:ListRegions`, one page
//!   of `tag:GetResources`, and `organizations:ListTagsForResource` once in each Organization.
//! * Where a role cannot be assumed, and only in a terminal: `sts:AssumeRole` of another role of that account, whose session
//!   may do nothing but `iam:GetRole`, to see why.
//! * `HeadBucket`, and where that is denied `ListBuckets`; `CreateMultipartUpload` and at once `AbortMultipartUpload`, which leave no object and need what writing
//!   one needs; `GetObject` of one byte.
//! * `ses:GetEmailIdentity`, `ses:GetAccount`, `ses:GetConfigurationSet`. No mail is sent.
//!
//! What may not be asked, as by a function whose role has no right to look, is unknown and no failure.

mod accounts;
mod caller;
mod commands;
mod denial;
mod diagnosis;
mod estimate;
mod look;
mod mail;
mod ports;
mod roles;
mod storage;
mod table;
mod tenants;
mod trust;

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::time::Instant;

use self::accounts::Ward;
use self::caller::Examined;
pub use self::diagnosis::{Check, Diagnosis, ExaminedCaller, Fix, State, Status};
pub use self::estimate::{Estimate, MEMORY_MB, Room, Size, TIMEOUT_SECONDS, estimate};
use self::look::Looker;
pub use self::ports::{BucketSeen, Buckets, MailService, RoleSeen, Roles, SendingAccount};
use self::storage::Shelf;
pub use self::table::{Paint, table};
use self::tenants::Register;
use crate::account::{AccountId, Partition};
use crate::config::{Config, Job, SETTINGS};
use crate::error::CallErrorKind;
use crate::event::Event;
use crate::exemption::Exemptions;
use crate::jobs::Run;
use crate::jobs::rehearsal::{self, Entered, NotIn, Refusal};
use crate::names;
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
pub struct Patient {
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
    patients: &[Patient],
    options: &Options,
    known: Vec<Check>,
) -> Diagnosis {
    let mut checks = known;
    for patient in patients {
        checks.extend(settings(patient));
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
    let examined = identify(world, &caller, region, options).await;
    checks.extend(identity(&caller.arn, &examined));
    let mut estimates = Vec::new();
    for patient in patients {
        let Ok(config) = &patient.settings else { continue };
        let event = Event { doctor: true, ..options.event.clone() };
        let (stop, progress) = (options.stop.clone(), Arc::clone(&options.progress));
        let run = Run::new(config, &event, world.now(), options.deadline, stop, progress);
        let examination =
            Examination { world, job: patient.job, config, run: &run, caller: &caller, examined: &examined, options };
        let (mut found, estimate) = Box::pin(examination.checks()).await;
        for check in &mut found {
            check.jobs.push(patient.job.as_str().to_owned());
        }
        checks.extend(found);
        estimates.push(estimate);
    }
    let caller = ExaminedCaller {
        arn: caller.arn,
        account: caller.account.to_string(),
        partition: caller.partition.to_string(),
        region: region.to_owned(),
    };
    Diagnosis::conclude(Some(caller), checks, estimates)
}

fn settings(patient: &Patient) -> Vec<Check> {
    let job = patient.job.as_str();
    let mut checks: Vec<Check> = match &patient.settings {
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

/// How policies name the caller. STS leaves the path of a role out, and the role itself has it.
async fn identify<W: World>(world: &W, caller: &Caller<W::Session>, region: &str, options: &Options) -> Examined {
    let mut principal = policies::principal(&caller.arn);
    let is_role = caller.arn.contains(":assumed-role/");
    if let (true, true, Some(name)) = (is_role, options.look_through.is_some(), principal.rsplit('/').next())
        && let Ok(role) = world.role(&caller.session, name.trim_start_matches('*')).await
    {
        principal = role.arn;
    }
    Examined { principal, account: caller.account, partition: caller.partition.clone(), region: region.to_owned() }
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

struct Examination<'a, W: World> {
    world: &'a W,
    job: Job,
    config: &'a Config,
    run: &'a Run<'a>,
    caller: &'a Caller<W::Session>,
    examined: &'a Examined,
    options: &'a Options,
}

impl<W: World> Examination<'_, W> {
    async fn checks(&self) -> (Vec<Check>, Estimate) {
        let Self { world, job, config, .. } = *self;
        let (mut checks, organizations) = match &config.tenants {
            Some(_) => self.tenants().await,
            None => self.own_organization().await,
        };
        // Before the accounts, which may take all the time there is.
        checks.extend(self.storage(&organizations).await);
        if job == Job::CredentialReport {
            if let Some(mail) = &config.audit.mail {
                checks.extend(mail::checks(world, mail, self.examined).await);
            } else {
                checks.push(Check::skipped("ses-sender", "MAIL_SENDER", "it is not set: no digest is mailed"));
            }
            checks.extend(self.exemptions().await);
        }
        let mut sizes = Vec::new();
        for entered in &organizations {
            let (found, size) = self.organization(entered).await;
            checks.extend(found);
            sizes.push(size);
        }
        let estimate = estimate(job, config, &sizes, self.options.room);
        if organizations.is_empty() {
            checks.push(Check::skipped("lambda-time", job.as_str(), "no Organization could be read"));
        } else {
            let function = self.options.function.as_deref().unwrap_or(job.as_str());
            checks.extend(estimate::checks(&estimate, config, self.options.room, function));
        }
        (checks, estimate)
    }

    async fn own_organization(&self) -> (Vec<Check>, Vec<Entered<W::Session>>) {
        let account = self.caller.account.to_string();
        match rehearsal::own_organization(self.world, self.run, self.caller).await {
            Ok(entered) => (Vec::new(), vec![entered]),
            Err(refusal) => (vec![self.unreadable_organization(&account, &refusal)], Vec::new()),
        }
    }

    fn unreadable_organization(&self, subject: &str, refusal: &Refusal) -> Check {
        const ID: &str = "organization";
        match refusal.kind {
            CallErrorKind::Denied => self.examined.denied(ID, subject, self.job, self.config, refusal),
            CallErrorKind::NotInOrganization => {
                let fix = Fix::explained(
                    "use credentials of the management account or a delegated administrator, or set DYNAMO_TABLE_NAME",
                );
                Check::failed(ID, subject, "no-organization", "the account is in no Organization").mended_by(fix)
            }
            _ => Check::unknown(ID, subject, refusal.said.clone()),
        }
    }

    async fn tenants(&self) -> (Vec<Check>, Vec<Entered<W::Session>>) {
        let Some(table) = &self.config.tenants else { return (Vec::new(), Vec::new()) };
        let register = Register { job: self.job, config: self.config, table, caller: self.examined };
        let tenants = match rehearsal::enter_tenants(self.world, self.run, self.job, self.caller, table).await {
            Ok(tenants) => tenants,
            Err(refusal) => return (vec![register.unreadable(&refusal)], Vec::new()),
        };
        let mut checks = register.read(&tenants);
        let mut organizations = Vec::new();
        for (tenant, entered) in tenants.entered {
            match entered {
                Ok(entered) => {
                    let found = format!("its management account is entered, and manages {}", entered.organization().id);
                    let check = Check::ok("tenant", tenant.management_account.to_string(), found);
                    checks.push(check.in_account(tenant.management_account));
                    organizations.push(entered);
                }
                Err(reason) => {
                    let through = self.options.look_through.as_deref();
                    // Only what a role may be behind is worth a look.
                    let through = through.filter(|_| matches!(reason, NotIn::Role { .. }));
                    let looker = Looker::of_caller(self.world, self.caller, through, tenant.external_id.as_deref());
                    checks.push(register.not_entered(&tenant, &reason, &looker).await);
                }
            }
        }
        (checks, organizations)
    }

    async fn organization(&self, entered: &Entered<W::Session>) -> (Vec<Check>, Size) {
        let organization = entered.organization();
        let subject = organization.id.to_string();
        if let Err(refusal) = rehearsal::try_listing(self.world, entered).await {
            return (vec![self.unlistable(entered, &subject, &refusal)], Size::default());
        }
        let role = if organization.management_account == entered.listed_from() {
            "the management account"
        } else {
            "a delegated administrator, which may list accounts"
        };
        let found = format!("{} is {role}", entered.listed_from());
        let mut checks = vec![Check::ok("organization", &subject, found).in_account(entered.listed_from())];
        let region = &self.examined.region;
        let rehearsed =
            Box::pin(rehearsal::rehearse(self.world, self.run, self.job, self.caller, region, entered)).await;
        let through = self.options.look_through.as_deref();
        let mut looker = Looker::of_caller(self.world, self.caller, through, entered.external_id());
        if let Some(table) = &self.config.tenants {
            let management = organization.management_account;
            looker = looker.of_management(self.caller, management, &table.management_role).await;
        }
        let ward = Ward {
            job: self.job,
            config: self.config,
            caller: self.examined,
            entered,
            stop: self.options.stop.clone(),
        };
        checks.extend(ward.checks(&rehearsed, &looker).await);
        let listed = rehearsed.accounts.len() as u64;
        let skipped = rehearsed.accounts.iter().filter(|one| one.is_skipped()).count() as u64;
        (checks, Size { listed, to_enter: listed - skipped })
    }

    /// Neither the management account nor a delegated administrator, or without the right to list.
    fn unlistable(&self, entered: &Entered<W::Session>, subject: &str, refusal: &Refusal) -> Check {
        const ID: &str = "organization";
        let management = entered.organization().management_account;
        let is_management = entered.listed_from() == management;
        if refusal.kind != CallErrorKind::Denied {
            return Check::unknown(ID, subject, refusal.said.clone());
        }
        if entered.listed_from() == self.caller.account {
            let mut check = self.examined.denied(ID, subject, self.job, self.config, refusal);
            if !is_management {
                check.found = format!(
                    "account {} is neither the management account ({management}) nor a delegated administrator, or may \
                     not list accounts: {}",
                    self.caller.account, check.found
                );
                let delegate = commands::aws(
                    "organizations",
                    "register-delegated-administrator",
                    &["--account-id", &self.caller.account.to_string(), "--service-principal", "account.amazonaws.com"],
                );
                let mut candidates = vec![
                    Fix::explained(
                        "if it is no delegated administrator: use credentials of the management account, or make it one",
                    )
                    .run_in(management, vec![delegate]),
                ];
                candidates.extend(check.fix.take());
                check.candidates = candidates;
                check.cause = Some("cannot-list".to_owned());
            }
            return check;
        }
        let role = self.config.tenants.as_ref().map_or("", |table| table.management_role.as_str());
        let policy = policies::of_management_role(self.job, self.config, &self.caller.partition);
        let name = format!("orgscan-{}", self.job.as_str());
        let command = commands::put_role_policy(role, &name, &policy.to_json());
        let fix = Fix::explained(format!("allow the role {role} in account {management} what it needs"))
            .run_in(management, vec![command]);
        Check::failed(ID, subject, "action-missing", refusal.said.clone())
            .in_account(management)
            .of_action(refusal.action)
            .mended_by(fix)
    }

    async fn storage(&self, organizations: &[Entered<W::Session>]) -> Vec<Check> {
        let Some(bucket) = self.config.output.bucket.as_deref() else { return Vec::new() };
        let of_organization = organizations.first().map(|entered| entered.organization().management_account);
        let time_stamp = names::time_stamp(self.world.now());
        let shelf = Shelf {
            job: self.job,
            config: self.config,
            caller: self.examined,
            bucket,
            management_account: of_organization.unwrap_or(self.caller.account),
            time_stamp: &time_stamp,
        };
        shelf.checks(self.world).await
    }

    async fn exemptions(&self) -> Option<Check> {
        const ID: &str = "exemptions";
        let location = self.config.audit.exemptions.as_deref()?;
        let owner: AccountId = self.config.output.expected_bucket_owner.unwrap_or(self.caller.account);
        Some(match self.world.document(location, owner).await {
            Ok(content) => {
                let today = self.world.now().to_zoned(TimeZone::UTC).date();
                let list = Exemptions::parse(&content);
                let explained = list.explain(today);
                match explained.problem {
                    Some(problem) => Check::failed(ID, location, "exemptions-malformed", problem)
                        .mended_by(Fix::explained("`orgscan exemptions check FILE` explains each entry")),
                    None if !explained.is_well_formed() => Check::warning(
                        ID,
                        location,
                        "exemptions-malformed",
                        "some entries are malformed and exempt nothing",
                    )
                    .mended_by(Fix::explained("`orgscan exemptions check FILE` explains each entry")),
                    None => Check::ok(ID, location, format!("{} entries can be read", explained.entries.len())),
                }
            }
            Err(error) => {
                let found = crate::error::chain(&error);
                let fix = match &error {
                    crate::error::StoreError::Call(call) if call.kind == CallErrorKind::Denied => {
                        self.examined.grant(self.job, self.config, "s3:GetObject")
                    }
                    _ => Fix::explained("put the list there, or correct EXEMPTIONS"),
                };
                Check::failed(ID, location, "exemptions-unreadable", found).mended_by(fix)
            }
        })
    }
}
