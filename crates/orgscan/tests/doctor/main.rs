//! Examinations of a world in memory: each thing that can be wrong is named, with what mends it, and nothing is changed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must fail")]

mod accounts;
mod cut_off;
mod mail;
mod scope;
mod size;
mod storage;
mod table;
mod tenants;
mod trust;
mod unanswered;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use orgscan::config::{Config, Job, Place};
use orgscan::doctor::{Check, Diagnosis, JobToExamine, Options, Room, State, Status, examine};
use orgscan::error::{CallErrorKind, RunError};
use orgscan::event::Event;
use orgscan::progress::Progress;
use orgscan::scan::Stop;
use orgscan::testing::{Fault, MemoryAccount, MemoryOrganization, MemoryRole, MemoryWorld};
use tokio::time::Instant;

const REGION: &str = "eu-west-1";

/// An examination to be tried.
struct Visit {
    jobs: Vec<Job>,
    settings: BTreeMap<&'static str, String>,
    look_through: Option<String>,
    room: Room,
    event: Event,
    /// When the process ends.
    deadline: Option<Duration>,
    /// When Ctrl-C is pressed.
    interrupted: Option<Duration>,
}

impl Visit {
    /// Of the audit of the caller's own Organization, through the role `Reader`.
    fn audit() -> Self {
        Self::of(&[Job::CredentialReport]).with("MEMBER_ROLE_NAME", "Reader")
    }

    /// Of the inventory of the tenants in the table `tenants`, through `Manager` and `Reader`.
    fn inventory() -> Self {
        Self::of(&[Job::AccountMetadata])
            .with("DYNAMO_TABLE_NAME", "tenants")
            .with("CROSS_ACCOUNT_ROLE_NAME", "Manager")
            .with("MEMBER_ROLE_NAME", "Reader")
    }

    fn of(jobs: &[Job]) -> Self {
        let look_through = Some("OrganizationAccountAccessRole".to_owned());
        Self {
            jobs: jobs.to_vec(),
            settings: BTreeMap::new(),
            look_through,
            room: Room::default(),
            event: Event::default(),
            deadline: None,
            interrupted: None,
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.insert(name, value.into());
        self
    }

    fn without_looking(self) -> Self {
        Self { look_through: None, ..self }
    }

    async fn examine(&self, world: &MemoryWorld) -> Diagnosis {
        let lookup = |name: &str| self.settings.get(name).cloned();
        let jobs: Vec<JobToExamine> = self
            .jobs
            .iter()
            .map(|job| JobToExamine {
                job: *job,
                settings: Config::from_lookup(*job, Place::Terminal, &lookup).map_err(|error| match error {
                    RunError::Settings { problems } => problems,
                    other => panic!("{other}"),
                }),
            })
            .collect();
        let options = Options {
            look_through: self.look_through.clone(),
            room: self.room,
            function: None,
            event: self.event.clone(),
            deadline: self.deadline.map(|deadline| Instant::now() + deadline),
            stop: self.interrupted.map_or_else(Stop::never, |after| Stop::when(tokio::time::sleep(after))),
            progress: Arc::new(Progress::default()),
        };
        let diagnosis = examine(world, REGION, &jobs, &options, Vec::new()).await;
        assert_harmless(world);
        let failed = diagnosis.checks.iter().any(|check| check.state == State::Failed);
        assert_eq!(diagnosis.status, if failed { Status::Failed } else { Status::Ok });
        diagnosis
    }
}

/// Nothing is written, removed or mailed, whatever is examined.
fn assert_harmless(world: &MemoryWorld) {
    assert_eq!(world.store().names(), Vec::<String>::new());
    assert!(world.mailer().messages().is_empty());
    for changing in ["s3:DeleteObject", "ses:SendEmail"] {
        assert_eq!(world.calls_of(changing), 0, "{changing}");
    }
}

/// The one check that failed. A check for people says the cause in a sentence, one for programs in a word.
fn only_failure(diagnosis: &Diagnosis) -> &Check {
    let failed: Vec<&Check> = diagnosis.checks.iter().filter(|check| check.state == State::Failed).collect();
    match failed.as_slice() {
        [one] => one,
        other => panic!("{} checks failed: {other:#?}", other.len()),
    }
}

/// The check of this name about this subject.
fn check<'a>(diagnosis: &'a Diagnosis, id: &str, subject: &str) -> &'a Check {
    let found = diagnosis.checks.iter().find(|check| check.id == id && check.subject.starts_with(subject));
    found.unwrap_or_else(|| panic!("no {id} of {subject}: {:#?}", diagnosis.checks))
}

/// What mends a check: commands, settings, and the account in which the commands are run.
fn remedy(check: &Check) -> (&[String], &BTreeMap<String, String>, Option<&str>) {
    let fix = check.fix.as_ref().unwrap_or_else(|| panic!("nothing mends {check:#?}"));
    (&fix.commands, &fix.settings, fix.account.as_deref())
}

/// The caller is account 1, which manages accounts 2 and 3, all with the role that the settings name.
fn organization() -> MemoryOrganization {
    MemoryOrganization::new("o-acme", MemoryAccount::new(1, "Management"))
        .account(MemoryAccount::new(2, "Payments").role(reader()))
        .account(MemoryAccount::new(3, "Data").role(reader()))
}

fn reader() -> MemoryRole {
    MemoryRole::new("Reader").trusts(1)
}

fn world() -> MemoryWorld {
    MemoryWorld::new(1).with_organization(organization())
}

#[tokio::test(start_paused = true)]
async fn where_all_is_well_nothing_fails_and_every_account_is_named() {
    let diagnosis = Visit::audit().examine(&world()).await;
    assert_eq!(diagnosis.status, Status::Ok, "{:#?}", diagnosis.checks);
    for account in ["000000000001", "000000000002", "000000000003"] {
        assert_eq!(check(&diagnosis, "account-actions", account).state, State::Ok);
    }
    assert_eq!(check(&diagnosis, "organization", "o-acme").found, "000000000001 is the management account");
    let caller = diagnosis.caller.as_ref().unwrap();
    assert_eq!(
        (caller.account.as_str(), caller.partition.as_str(), caller.region.as_str()),
        ("000000000001", "aws", REGION)
    );
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_is_the_same_after_it_was_json() {
    let world = world();
    world.plan(Fault::always("iam:GetCredentialReport", CallErrorKind::Denied).in_account(2));
    let diagnosis = Visit::audit().examine(&world).await;
    let text = serde_json::to_string(&diagnosis).unwrap();
    assert_eq!(serde_json::from_str::<Diagnosis>(&text).unwrap(), diagnosis);
}

#[tokio::test(start_paused = true)]
async fn every_problem_of_the_settings_is_a_check_and_the_rest_is_examined() {
    let visit = Visit::audit().with("UNUSED_DAYS", "soon").with("KMS_KEY_ARN", "a-key");
    let visit = Visit { jobs: vec![Job::CredentialReport, Job::AccountMetadata], ..visit };
    let diagnosis = visit.examine(&world()).await;
    let subjects: Vec<&str> = diagnosis
        .checks
        .iter()
        .filter(|check| check.id == "settings" && check.state == State::Failed)
        .map(|check| check.subject.as_str())
        .collect();
    assert_eq!(subjects, ["CROSS_ACCOUNT_ROLE_NAME", "DYNAMO_TABLE_NAME", "KMS_KEY_ARN", "UNUSED_DAYS"]);
    let fix = check(&diagnosis, "settings", "UNUSED_DAYS").fix.as_ref().unwrap();
    assert!(fix.explanation.starts_with("set UNUSED_DAYS: ") && fix.explanation.ends_with("Unset: 45."), "{fix:?}");
    let of_both = check(&diagnosis, "settings", "KMS_KEY_ARN");
    assert_eq!(of_both.jobs, ["credential-report", "account-metadata"]);
    assert_eq!(check(&diagnosis, "identity", "arn:").state, State::Ok);
}

#[tokio::test(start_paused = true)]
async fn without_an_identity_nothing_else_is_asked() {
    let world = world();
    world.plan(Fault::always("sts:GetCallerIdentity", CallErrorKind::Denied));
    let diagnosis = Visit::audit().examine(&world).await;
    assert_eq!(only_failure(&diagnosis).cause.as_deref(), Some("no-identity"));
    assert_eq!((diagnosis.caller.clone(), world.requests().len()), (None, 1));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_wrong_is_told_as_such() {
    let world = world();
    let says = orgscan::testing::FaultKind::Says(CallErrorKind::Other, "RequestTimeTooSkewed", "too large");
    world.plan(Fault::always("sts:GetCallerIdentity", says));
    assert_eq!(only_failure(&Visit::audit().examine(&world).await).cause.as_deref(), Some("clock"));
}

#[tokio::test(start_paused = true)]
async fn a_region_of_another_partition_is_named() {
    let world = MemoryWorld::new(1)
        .partition("aws-cn")
        .with_organization(MemoryOrganization::new("o-acme", MemoryAccount::new(1, "Management")));
    let diagnosis = Visit::audit().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("region", Some("partition")));
    assert_eq!(remedy(failed).1["AWS_REGION"], "cn-northwest-1");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_may_not_list_is_told_why() {
    let delegated = |organization: MemoryOrganization| MemoryWorld::new(2).with_organization(organization);
    let diagnosis = Visit::audit().examine(&delegated(organization())).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("organization", Some("cannot-list")));
    assert_eq!(
        failed.candidates[0].commands,
        [
            "aws organizations enable-aws-service-access --service-principal account.amazonaws.com",
            "aws organizations register-delegated-administrator --account-id 000000000002 --service-principal \
             account.amazonaws.com"
        ]
    );
    assert!(failed.candidates[0].explanation.contains("change the contacts and regions of all members"));
    assert_eq!(failed.candidates[0].account.as_deref(), Some("000000000001"));
    assert!(failed.candidates[1].commands[0].contains("organizations:ListAccounts"));

    let organization = organization().delegated_administrator(2);
    let diagnosis = Visit::audit().examine(&delegated(organization)).await;
    let found = &check(&diagnosis, "organization", "o-acme").found;
    assert_eq!(found, "000000000002 is a delegated administrator, which may list accounts");

    let alone = Visit::audit().examine(&MemoryWorld::new(7)).await;
    assert_eq!(only_failure(&alone).cause.as_deref(), Some("no-organization"));
}
