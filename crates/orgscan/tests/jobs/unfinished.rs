//! Runs that end before every account had its turn, and the runs after them.

use std::time::Duration;

use orgscan::error::CallErrorKind;
use orgscan::event::Event;
use orgscan::scan::Stop;
use orgscan::summary::{Status, Summary};
use orgscan::testing::{
    Fault, FaultKind, MemoryAccount, MemoryOrganization, MemoryRole, MemoryWorld, START, account_id, timestamp,
};
use tokio::time::Instant;

use crate::{STAMP, Trial, column, rows, tenant};

const UNFINISHED: &str = "aws-000000000001-credential-report-unfinished-coverage.csv";

const SIGN: &str = "the next run begins with them";

/// The Organization of account 1, each of whose 99 other accounts takes a second.
fn world() -> MemoryWorld {
    let reader = MemoryRole::new("OrgReader").trusts(1);
    let organization = MemoryOrganization::new("o-one", MemoryAccount::new(1, "M"))
        .role_in_management(reader.clone())
        .accounts((2..=100).map(|id| MemoryAccount::new(id, "a")))
        .role_in_members(&reader);
    MemoryWorld::new(1)
        .with_organization(organization)
        .with_tenants("tenants", [tenant(1)])
        .latency_of("sts:AssumeRole", Duration::from_secs(1))
}

/// An audit at this hour.
fn audit(hour: u8) -> Trial {
    let time = timestamp(&START.replace("T06", &format!("T{hour:02}")));
    Trial::audit().event(Event { scheduled_time: Some(time), ..Event::default() })
}

fn stamp(hour: u8) -> String {
    STAMP.replace("T06", &format!("T{hour:02}"))
}

/// The accounts whose roles were assumed from this number of roles on, as the last digits of their ids.
fn assumed(world: &MemoryWorld, from: usize) -> Vec<u64> {
    let of_arn = |arn: &str| arn.split(':').nth(4).unwrap().parse().unwrap();
    let assumed = world.requests().into_iter().filter(|request| request.action == "sts:AssumeRole");
    assumed.skip(from).map(|request| of_arn(request.resource.as_deref().unwrap())).collect()
}

fn with_outcome(ledger: &str, outcome: &str) -> Vec<u64> {
    let found = rows(ledger).into_iter().filter(|row| row["outcome"] == outcome);
    found.map(|row| row["account_id"].parse().unwrap()).collect()
}

fn says_so(summary: &Summary) -> bool {
    summary.warnings.iter().any(|warning| warning.contains(SIGN))
}

/// Whom the run did not reach, as its summary says.
fn who(summary: &Summary) -> &str {
    let warning = summary.warnings.iter().find(|warning| warning.contains(SIGN)).unwrap();
    let (_, who) = warning.split_once("this run did not reach ").unwrap();
    who.split_once(';').unwrap().0
}

/// Lets no account begin after two pages of twenty; the other three are listed within the grace.
async fn first_run(world: &MemoryWorld, trial: Trial) -> Summary {
    world.plan(Fault::always("organizations:ListAccounts", FaultKind::Delay(Duration::from_secs(2))).times(5));
    let summary = trial.with("DEADLINE_RESERVE_SECONDS", "30").deadline(35).summary(world).await;
    assert_eq!(summary.status, Status::Partial);
    summary
}

#[tokio::test(start_paused = true)]
async fn the_next_run_begins_with_the_accounts_that_were_not_reached() {
    let world = world();
    let summary = first_run(&world, audit(6)).await;
    assert_eq!(who(&summary), "60 accounts");
    let ledger = world.store().text(&format!("aws-000000000001-credential-report-{}-coverage.csv", stamp(6)));
    assert_eq!(world.store().text(UNFINISHED), ledger);
    let took: Vec<bool> = column(&ledger, "duration_ms").iter().map(|duration| duration != "0").collect();
    let was_visited: Vec<bool> = column(&ledger, "attempts").iter().map(|attempts| attempts != "0").collect();
    assert_eq!(
        took[1..],
        was_visited[1..],
        "whoever was entered took a second, and nobody else took any time: {ledger}"
    );
    let not_reached = with_outcome(&ledger, "not_attempted");
    assert_eq!((rows(&ledger).len(), not_reached.len()), (100, 60), "{ledger}");

    let before = assumed(&world, 0).len();
    let summary = audit(7).summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    assert_eq!(assumed(&world, before)[..60], not_reached);
    assert_eq!(assumed(&world, before).len(), 99);
    assert!(!says_so(&summary));
    let ledger = world.store().text(&format!("aws-000000000001-credential-report-{}-coverage.csv", stamp(7)));
    assert_eq!(world.store().text(UNFINISHED), ledger, "nothing is left for the run after it");
    assert!(with_outcome(&ledger, "not_attempted").is_empty());
    let ids = column(&ledger, "account_id");
    assert!(ids.is_sorted(), "the order of visits is not that of the rows: {ids:?}");

    let (before, writes) = (assumed(&world, 0).len(), world.store().names());
    audit(8).summary(&world).await;
    assert_eq!(assumed(&world, before), (2..=100).collect::<Vec<u64>>());
    let written = |names: &[String]| names.iter().position(|name| name == UNFINISHED);
    assert_eq!(written(&world.store().names()), written(&writes), "it is not written again");
}

#[tokio::test(start_paused = true)]
async fn accounts_that_were_never_listed_come_first_too() {
    let world = world();
    world.plan(Fault::always("organizations:ListAccounts", FaultKind::Error(CallErrorKind::Denied)).after(2).times(1));
    let summary = audit(6).summary(&world).await;
    assert_eq!((summary.status, summary.accounts().listed), (Status::Partial, 40));
    assert_eq!(who(&summary), "accounts that it could not list");

    let before = assumed(&world, 0).len();
    let summary = audit(7).summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    let order = assumed(&world, before);
    assert_eq!(order[..60], (41..=100).collect::<Vec<u64>>());
    assert_eq!(order[60..], (2..=40).collect::<Vec<u64>>());
}

#[tokio::test(start_paused = true)]
async fn an_inventory_does_the_same() {
    let world = world();
    let inventory = |hour: u8| {
        let time = timestamp(&START.replace("T06", &format!("T{hour:02}")));
        Trial::inventory().event(Event { scheduled_time: Some(time), ..Event::default() })
    };
    let summary = first_run(&world, inventory(6)).await;
    assert!(says_so(&summary), "{:?}", summary.warnings);
    let name = UNFINISHED.replace("credential-report", "account-metadata-report");
    let not_reached = with_outcome(&world.store().text(&name), "not_attempted");
    assert_eq!(not_reached.len(), 60);
    let before = assumed(&world, 0).len();
    let summary = inventory(7).summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    assert_eq!(assumed(&world, before)[..60], not_reached);
    assert!(with_outcome(&world.store().text(&name), "not_attempted").is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_did_not_get_a_turn_in_a_second_short_run_is_not_lost_and_comes_next() {
    let world = world();
    first_run(&world, audit(6)).await;
    world.plan(Fault::always("organizations:ListAccounts", FaultKind::Delay(Duration::from_secs(2))));
    // Three pages were listed when no account may begin any more: two of accounts that wait, and one of those that come
    // first.
    let summary = audit(7).with("DEADLINE_RESERVE_SECONDS", "30").deadline(37).summary(&world).await;
    assert_eq!((summary.status, summary.accounts().listed), (Status::Partial, 100));
    let ledger = world.store().text(UNFINISHED);
    let mut expected: Vec<u64> = (1..=40).chain(61..=100).collect();
    assert_eq!(with_outcome(&ledger, "not_attempted"), expected);
    let before = assumed(&world, 0).len();
    assert_eq!(audit(8).summary(&world).await.status, Status::Complete);
    expected.retain(|id| *id != 1);
    assert_eq!(assumed(&world, before)[..79], expected);
}

#[tokio::test(start_paused = true)]
async fn runs_that_are_not_of_every_account_neither_write_nor_use_it() {
    let world = world();
    first_run(&world, audit(6)).await;
    let left = world.store().text(UNFINISHED);
    let reads = |world: &MemoryWorld| {
        let of_it = |request: &&orgscan::testing::Request| request.resource.as_deref() == Some(UNFINISHED);
        world.requests().iter().filter(of_it).count()
    };
    let before = reads(&world);

    let named = Event { account_ids: Some((2..=50).map(account_id).collect()), ..Event::default() };
    Trial::audit().event(named).deadline(3).summary(&world).await;
    Trial::audit().event(Event { dry_run: true, ..Event::default() }).summary(&world).await;
    let repeated = audit(6).summary(&world).await;
    assert!(repeated.warnings.iter().any(|warning| warning.contains("was there already")), "{repeated:?}");
    assert_eq!(reads(&world), before);
    assert_eq!(world.store().text(UNFINISHED), left);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_changes_the_order_only_and_costs_little() {
    for fault in
        [FaultKind::Hang, FaultKind::Error(CallErrorKind::Denied), FaultKind::Error(CallErrorKind::Unavailable)]
    {
        let world = world();
        world.store().plan(Fault::always("s3:GetObject", fault.clone()));
        let began = Instant::now();
        let summary = Trial::audit().deadline(900).summary(&world).await;
        assert_eq!(summary.accounts().reported, 100, "{fault:?}");
        assert!(began.elapsed() < Duration::from_mins(2), "{fault:?} {:?}", began.elapsed());
        let first = world.requests().into_iter().find(|request| request.action == "sts:AssumeRole").unwrap();
        assert!(first.at <= Duration::from_secs(3), "{fault:?} {:?}", first.at);
    }
    let world = world();
    first_run(&world, audit(6)).await;
    let broken = orgscan::ports::Body::Bytes(b"account_id\r\n2\r\n");
    orgscan::ports::ReportStore::replace(world.store(), UNFINISHED, "text/csv", broken).await.unwrap();
    assert_eq!(audit(7).summary(&world).await.status, Status::Complete);
    assert_eq!(rows(&world.store().text(UNFINISHED)).len(), 100, "it is whole again");
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_leaves_the_rest_to_the_next_one() {
    let world = world().latency_of("organizations:ListAccounts", Duration::from_secs(4));
    let stop = Stop::when(tokio::time::sleep(Duration::from_secs(9)));
    let summary = audit(6).stop(stop).summary(&world).await;
    assert!(says_so(&summary), "{:?}", summary.warnings);
    let not_reached = with_outcome(&world.store().text(UNFINISHED), "not_attempted");
    let before = assumed(&world, 0).len();
    audit(7).summary(&world).await;
    assert_eq!(assumed(&world, before)[..not_reached.len()], not_reached);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_before_the_listing_ends_the_run_before_its_deadline() {
    for (trial, action, code) in [
        (Trial::audit(), "sts:GetCallerIdentity", "IdentityUnknown"),
        (Trial::audit(), "organizations:DescribeOrganization", "OrganizationUnreadable"),
        (Trial::audit(), "organizations:ListAccounts", "NoOrganization"),
        (Trial::inventory(), "dynamodb:Scan", "TenantsUnreadable"),
        (Trial::inventory(), "organizations:DescribeOrganization", "NoOrganization"),
    ] {
        for seconds in [1, 5, 20] {
            let world = world();
            world.plan(Fault::always(action, FaultKind::Hang));
            let trial = Trial {
                deadline: Some(Duration::from_secs(seconds)),
                settings: trial.settings.clone(),
                ..Trial::of(trial.job)
            };
            let began = Instant::now();
            let error = trial.run(&world).await.unwrap_err();
            assert_eq!(error.code(), code, "{action}: {}", error.chain());
            assert!(began.elapsed() < Duration::from_secs(seconds), "{action} {:?}", began.elapsed());
        }
    }
}
