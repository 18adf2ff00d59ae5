//! The promises of the in-memory world itself: a fake that lies is worse than none.

use std::time::Duration;

use futures::{Stream, StreamExt, TryStreamExt, future};

use super::*;
use crate::account::{Account, AccountState};
use crate::error::{CallError, CallErrorKind};
use crate::ports::{CredentialReports, Organizations, Regions, RoleToAssume, Sessions};
use crate::session_policy::SessionPolicy;

const CALLER: u64 = 9;
const EXTERNAL_ID: &str = "between-us";

/// What an account's report answers: its bytes, or why there is none.
async fn get(world: &MemoryWorld, session: &MemorySession) -> Result<String, CallErrorKind> {
    match world.credential_report(session).await {
        Ok(report) => Ok(String::from_utf8(report.content).unwrap()),
        Err(error) => Err(error.kind),
    }
}

/// One Organization of five accounts that the process enters from outside.
fn organization() -> MemoryOrganization {
    let reader = MemoryRole::new("OrgReportReader").trusts(CALLER).external_id(EXTERNAL_ID);
    MemoryOrganization::new("o-acme", MemoryAccount::new(1, "Management"))
        .account(MemoryAccount::new(2, "Payments").tag("env", "prod").ou_path("o-acme/r-acme/ou-1/"))
        .account(MemoryAccount::new(3, "Suspended").state("SUSPENDED").once_tagged())
        .account(MemoryAccount::new(4, "Closed").answers(None, Some("SUSPENDED")).tag("env", "old").not_in_bulk())
        .account(MemoryAccount::new(5, "Unknown").answers(None, None).invited())
        .role_in_management(reader.clone())
        .role_in_members(&reader)
}

fn world() -> MemoryWorld {
    MemoryWorld::new(CALLER).with_organization(organization())
}

fn role(account: u64, name: &str, policy: SessionPolicy) -> RoleToAssume {
    let account = account_id(account);
    RoleToAssume {
        account,
        role_arn: Partition::new("aws").role_arn(account, name),
        session_name: "orgscan-test".into(),
        external_id: Some(EXTERNAL_ID.into()),
        policy,
    }
}

fn kind<T>(answer: Result<T, CallError>) -> Option<CallErrorKind> {
    answer.err().map(|error| error.kind)
}

/// The first page of a stream, which is then dropped.
async fn first<T>(pages: impl Stream<Item = T>) -> T {
    std::pin::pin!(pages).next().await.unwrap()
}

/// A session in an account's `OrgReportReader` for everything that a job does there.
async fn enter(world: &MemoryWorld, account: u64, policy: SessionPolicy) -> MemorySession {
    world.assume_role(&world.own_session(), &role(account, "OrgReportReader", policy)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_role_opens_only_to_those_it_trusts_and_only_where_the_account_works() {
    let world = world();
    let own = world.caller().await.unwrap().session;
    let policy = SessionPolicy::report_of_account();
    let reader = |account| role(account, "OrgReportReader", policy.clone());
    let denied = Some(CallErrorKind::Denied);
    let malformed = Some(CallErrorKind::Other);
    let cases = [
        ("as it should be", reader(2), None),
        ("neither State nor Status answered", reader(5), None),
        ("the management account", reader(1), None),
        ("suspended", reader(3), denied),
        ("closed, as Status spells it", reader(4), denied),
        ("no such account", reader(77), denied),
        ("no such role", role(2, "Nobody", policy.clone()), denied),
        ("not trusted", role(2, "OrganizationAccountAccessRole", policy.clone()), denied),
        ("no external id", RoleToAssume { external_id: None, ..reader(2) }, denied),
        ("another external id", RoleToAssume { external_id: Some("other".into()), ..reader(2) }, denied),
        ("an external id of one character", RoleToAssume { external_id: Some("x".into()), ..reader(2) }, malformed),
        ("a session name with a space", RoleToAssume { session_name: "a b".into(), ..reader(2) }, malformed),
        ("an ARN of another account", RoleToAssume { account: account_id(1), ..reader(2) }, malformed),
    ];
    for (what, role, expected) in cases {
        assert_eq!(kind(world.assume_role(&own, &role).await), expected, "{what}");
    }
    assert_eq!(world.assumed().iter().filter(|one| one.granted).count(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_role_of_created_accounts_is_in_them_and_not_in_the_management_or_an_invited_account() {
    let world = MemoryWorld::new(1).with_organization(organization());
    let own = world.own_session();
    for (account, expected) in [(2, None), (1, Some(CallErrorKind::Denied)), (5, Some(CallErrorKind::Denied))] {
        let role = role(account, "OrganizationAccountAccessRole", SessionPolicy::report_of_account());
        assert_eq!(kind(world.assume_role(&own, &role).await), expected, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_does_what_its_policy_and_its_role_allow_and_nothing_else() {
    let world = world();
    let denied = Some(CallErrorKind::Denied);
    let session = enter(&world, 2, SessionPolicy::report_of_account()).await;
    assert_eq!(kind(world.generate_credential_report(&session).await), None);
    assert_eq!(kind(world.enabled_regions(&session).await), denied);
    assert_eq!(kind(world.organization(&session).await), denied);
    assert_eq!(kind(first(world.tagged_resources(&session, "eu-west-1", &[])).await), denied);

    world.change(2, |account| {
        account.role(MemoryRole::new("OrgReportReader").trusts(CALLER).allows(&["iam:GetCredentialReport"]))
    });
    let session = enter(&world, 2, SessionPolicy::report_of_account()).await;
    assert_eq!(kind(world.generate_credential_report(&session).await), denied);

    let [first, second] = world.assumed().try_into().unwrap();
    assert_eq!((first.via_session, first.session, first.account), (0, 1, account_id(2)));
    assert_eq!(first.external_id.as_deref(), Some(EXTERNAL_ID));
    assert_eq!(first.policy, SessionPolicy::report_of_account());
    assert_eq!(second.used.into_iter().collect::<Vec<_>>(), ["iam:GenerateCredentialReport"]);
}

#[tokio::test(start_paused = true)]
async fn a_chained_session_assumes_only_the_role_its_policy_names() {
    let world = world();
    let partition = Partition::new("aws");
    let policy = SessionPolicy::reports_of_organization();
    let member = role(2, "OrganizationAccountAccessRole", SessionPolicy::report_of_account());

    let without = enter(&world, 1, policy.clone()).await;
    assert_eq!(kind(world.assume_role(&without, &member).await), Some(CallErrorKind::Denied));
    let other = enter(&world, 1, policy.clone().and_assume(&partition, "OrgReportReader")).await;
    assert_eq!(kind(world.assume_role(&other, &member).await), Some(CallErrorKind::Denied));
    let with = enter(&world, 1, policy.and_assume(&partition, "OrganizationAccountAccessRole")).await;
    let session = world.assume_role(&with, &member).await.unwrap();
    assert_eq!((session.account(), session.role()), (account_id(2), Some("OrganizationAccountAccessRole")));
    assert_eq!(world.assumed().last().unwrap().via_account, account_id(1));
}

#[tokio::test(start_paused = true)]
async fn the_process_may_be_limited_too_and_its_debug_shows_no_secret() {
    let world = MemoryWorld::new(1).with_organization(organization()).caller_may(&["organizations:ListAccounts"]);
    let own = world.own_session();
    assert_eq!(kind(world.organization(&own).await), Some(CallErrorKind::Denied));
    assert_eq!(world.accounts(&own).try_collect::<Vec<_>>().await.unwrap().len(), 1);
    assert_eq!(world.caller().await.unwrap().account, account_id(1), "nothing can deny GetCallerIdentity");
    assert!(!format!("{own:?}").contains("ListAccounts"));
}

#[tokio::test(start_paused = true)]
async fn an_organization_is_listed_in_pages_from_its_management_account_alone() {
    let organization = organization().page_size(2).empty_pages(&[0, 2]).delegated_administrator(2);
    let world = MemoryWorld::new(CALLER).with_organization(organization);
    let policy = SessionPolicy::inventory_of_organization();
    let management = enter(&world, 1, policy.clone()).await;
    let pages: Vec<Vec<Account>> = world.accounts(&management).try_collect().await.unwrap();
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [0, 2, 0, 2, 1]);
    assert_eq!(world.calls_of("organizations:ListAccounts"), 5);
    let accounts: Vec<Account> = pages.into_iter().flatten().collect();
    let read: Vec<(&str, &AccountState, &str)> =
        accounts.iter().map(|one| (one.name.as_str(), &one.state, one.ou_path.as_str())).collect();
    assert_eq!(
        read,
        [
            ("Management", &AccountState::Active, "o-acme/r-acme/"),
            ("Payments", &AccountState::Active, "o-acme/r-acme/ou-1/"),
            ("Suspended", &AccountState::Suspended, "o-acme/r-acme/"),
            ("Closed", &AccountState::Suspended, "o-acme/r-acme/"),
            ("Unknown", &AccountState::NotAnswered, "o-acme/r-acme/"),
        ]
    );
    assert_eq!(world.organization(&management).await.unwrap().management_account, account_id(1));

    let member = enter(&world, 5, policy.clone()).await;
    assert_eq!(world.organization(&member).await.unwrap().id.as_str(), "o-acme");
    assert_eq!(kind(first(world.accounts(&member)).await), Some(CallErrorKind::Denied));
    assert_eq!(kind(world.tags_of_account(&member, account_id(2)).await), Some(CallErrorKind::Denied));
    let delegated = enter(&world, 2, policy).await;
    assert_eq!(world.accounts(&delegated).count().await, 5);
    let outside = world.own_session();
    assert_eq!(kind(world.organization(&outside).await), Some(CallErrorKind::NotInOrganization));
}

#[tokio::test(start_paused = true)]
async fn a_listing_ends_after_its_first_error() {
    let world = MemoryWorld::new(1).with_organization(organization().page_size(1).shuffled(7));
    world.plan(Fault::once("organizations:ListAccounts", CallErrorKind::Throttled).after(2));
    let own = world.own_session();
    let pages: Vec<_> = world.accounts(&own).map(|page| page.map_err(|error| error.kind)).collect().await;
    assert_eq!(pages.len(), 3);
    assert_eq!(pages[2], Err(CallErrorKind::Throttled));
}

#[tokio::test(start_paused = true)]
async fn bulk_tags_have_only_what_was_ever_tagged() {
    let world = MemoryWorld::new(1).with_organization(organization());
    let own = world.own_session();
    let bulk = world.tags_in_bulk(&own, "us-east-1", |tags| tags).await.unwrap();
    assert_eq!(bulk.keys().copied().collect::<Vec<_>>(), [account_id(2), account_id(3)]);
    assert_eq!(bulk[&account_id(2)]["env"], "prod");
    assert!(world.tags_in_bulk(&own, "eu-west-1", |tags| tags).await.unwrap().is_empty());
    assert_eq!(world.tags_of_account(&own, account_id(4)).await.unwrap()["env"], "old");
    assert_eq!(kind(world.tags_of_account(&own, account_id(77)).await), Some(CallErrorKind::NotFound));

    let refusing = MemoryWorld::new(1).with_organization(organization().bulk_tags_fail(CallErrorKind::Denied));
    let own = refusing.own_session();
    assert_eq!(kind(refusing.tags_in_bulk(&own, "us-east-1", |tags| tags).await), Some(CallErrorKind::Denied));
    assert_eq!(kind(first(refusing.tagged_resources(&own, "us-east-1", &[])).await), None);
}

#[tokio::test(start_paused = true)]
async fn bulk_tags_are_asked_for_a_hundred_accounts_at_a_time() {
    let many = (2..=202).map(|id| MemoryAccount::new(id, "Member").tag("env", "dev"));
    let organization = MemoryOrganization::new("o-many", MemoryAccount::new(1, "Management")).accounts(many);
    let world = MemoryWorld::new(1).with_organization(organization);
    assert_eq!(world.tags_in_bulk(&world.own_session(), "us-east-1", |tags| tags).await.unwrap().len(), 201);
    assert_eq!(world.calls_of("tag:GetResources"), 3);
}

#[tokio::test(start_paused = true)]
async fn resources_come_in_their_pages_and_closed_regions_are_told_apart() {
    let world = world();
    let instance = "arn:aws:ec2:eu-west-1:000000000002:instance/i-1";
    world.change(2, |account| {
        account
            .regions(&["us-east-1", "eu-west-1", "eu-west-2", "sa-east-1"])
            .resources("eu-west-1", [vec![], vec!["arn:aws:s3:::logs"], vec![instance]])
            .denied_in("eu-west-2")
            .not_enabled_in("sa-east-1")
    });
    let session = enter(&world, 2, SessionPolicy::regions_of_account()).await;
    assert_eq!(world.enabled_regions(&session).await.unwrap(), ["eu-west-1", "eu-west-2", "sa-east-1", "us-east-1"]);

    let cases: [(&[&str], Vec<Vec<&str>>); 5] = [
        (&[], vec![vec![], vec!["arn:aws:s3:::logs"], vec![instance]]),
        (&["ec2:instance"], vec![vec![], vec![], vec![instance]]),
        (&["ec2", "s3:bucket"], vec![vec![], vec!["arn:aws:s3:::logs"], vec![instance]]),
        (&["s3"], vec![vec![], vec!["arn:aws:s3:::logs"], vec![]]),
        (&["ec2:volume"], vec![vec![], vec![], vec![]]),
    ];
    for (types, expected) in cases {
        let types: Vec<String> = types.iter().map(|one| (*one).to_owned()).collect();
        let pages: Vec<Vec<String>> =
            world.tagged_resources(&session, "eu-west-1", &types).try_collect().await.unwrap();
        assert_eq!(pages, expected, "{types:?}");
    }
    let before = world.calls_of("tag:GetResources");
    let page = first(world.tagged_resources(&session, "eu-west-1", &[])).await;
    assert_eq!(page.unwrap(), [""; 0]);
    assert_eq!(world.calls_of("tag:GetResources"), before + 1, "a dropped stream asks no more");

    for (region, expected) in [
        ("us-east-1", None),
        ("eu-west-2", Some(CallErrorKind::Denied)),
        ("sa-east-1", Some(CallErrorKind::RegionNotEnabled)),
        ("af-south-1", Some(CallErrorKind::RegionNotEnabled)),
    ] {
        let answer = first(world.tagged_resources(&session, region, &[])).await;
        assert_eq!(kind(answer), expected, "{region}");
    }
}

#[tokio::test(start_paused = true)]
async fn faults_happen_in_their_order_where_they_were_planned() {
    let world = world();
    world.change(2, |account| account.report(MemoryReport::fresh("real")));
    let session = enter(&world, 2, SessionPolicy::report_of_account()).await;
    let get_report = "iam:GetCredentialReport";
    world.plan(Fault::always(get_report, CallErrorKind::Denied).in_account(5));
    world.plan(Fault::once(get_report, CallErrorKind::Throttled).times(2));
    world.plan(Fault::once(get_report, FaultKind::Delay(Duration::from_secs(30))));
    world.plan(Fault::once(get_report, FaultKind::Report(b"planned".to_vec())));
    world.plan(Fault::once(get_report, CallErrorKind::Expired).after(1));
    world.plan(Fault::once("s3:PutObject", CallErrorKind::Unavailable));

    assert_eq!(get(&world, &session).await, Err(CallErrorKind::Throttled));
    assert_eq!(get(&world, &session).await, Err(CallErrorKind::Throttled));
    assert_eq!(get(&world, &session).await, Ok("real".into()));
    assert_eq!(world.now().to_string(), "2026-11-21T06:00:30Z", "a delayed answer");
    assert_eq!(get(&world, &session).await, Ok("planned".into()));
    assert_eq!(get(&world, &session).await, Ok("real".into()));
    assert_eq!(get(&world, &session).await, Err(CallErrorKind::Expired));
    assert_eq!(world.unused_faults().iter().map(|one| one.action).collect::<Vec<_>>(), ["s3:PutObject"]);

    let counts = world.take_call_counts();
    assert_eq!((counts[get_report].calls, counts[get_report].throttled), (6, 2));
    assert!(world.take_call_counts().is_empty(), "taking sets to zero");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_call_is_in_flight_until_it_is_dropped_and_a_panic_leaves_the_world_usable() {
    let world = MemoryWorld::new(1);
    let own = world.own_session();
    world.plan(Fault::once("account:ListRegions", FaultKind::Hang));
    world.plan(Fault::once("account:ListRegions", FaultKind::Panic));
    let hour = Duration::from_hours(1);
    assert!(tokio::time::timeout(hour, world.enabled_regions(&own)).await.is_err(), "it never answers");
    let panicking = std::panic::AssertUnwindSafe(world.enabled_regions(&own));
    assert!(future::FutureExt::catch_unwind(panicking).await.is_err());
    assert_eq!(world.enabled_regions(&own).await.unwrap().len(), 17);
    let answers: Vec<Answer> = world.requests().iter().map(|request| request.answer).collect();
    assert_eq!(answers, [Answer::None, Answer::None, Answer::Given]);
    assert_eq!(world.watermark().of("account:ListRegions"), 1, "what is dropped is no longer in flight");
}

#[tokio::test(start_paused = true)]
async fn the_watermark_is_the_highest_number_of_calls_in_flight() {
    let world = MemoryWorld::new(1)
        .latency(Duration::from_millis(100))
        .latency_of("account:ListRegions", Duration::from_secs(1));
    let own = world.own_session();
    let regions = future::try_join3(
        world.enabled_regions(&own),
        world.enabled_regions(&own),
        world.generate_credential_report(&own),
    );
    regions.await.unwrap();
    world.enabled_regions(&own).await.unwrap();
    assert_eq!(world.watermark().of("account:ListRegions"), 2);
    assert_eq!(world.watermark().of("iam:GenerateCredentialReport"), 1);
    assert_eq!(world.watermark().of("tag:GetResources"), 0);
    assert_eq!(world.watermark().all(), 3);
    assert_eq!(world.clock().elapsed(), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn jitter_is_the_same_for_the_same_seed() {
    let mut times = Vec::new();
    for seed in [1, 1, 2] {
        let world = MemoryWorld::new(1).jitter(seed, Duration::from_mins(1));
        for _ in 0..3 {
            world.enabled_regions(&world.own_session()).await.unwrap();
        }
        times.push(world.clock().elapsed().as_secs());
    }
    assert_eq!(times[0], times[1]);
    assert_ne!(times[0], times[2]);
}

#[test]
#[should_panic(expected = "is not an action")]
fn a_fault_of_an_action_that_no_call_has_is_refused() {
    drop(Fault::once("iam:GetCredentialReports", CallErrorKind::Denied));
}

#[test]
#[should_panic(expected = "in two Organizations")]
fn an_account_is_in_one_organization() {
    let organization = MemoryOrganization::new("o-acme", MemoryAccount::new(1, "Management"));
    drop(MemoryWorld::new(CALLER).with_organization(organization.account(MemoryAccount::new(1, "Twice"))));
}
