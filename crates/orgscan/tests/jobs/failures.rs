//! Runs that cannot be done, and runs that are cut short.

use std::time::Duration;

use orgscan::error::CallErrorKind;
use orgscan::event::Event;
use orgscan::scan::Stop;
use orgscan::summary::Status;
use orgscan::testing::{Fault, MemoryAccount, MemoryOrganization, MemoryRole, MemoryWorld, account_id};

use super::{STAMP, Trial, column, tenant};

fn members(count: u64) -> MemoryOrganization {
    let role = MemoryRole::new("OrgReader").trusts(1);
    MemoryOrganization::new("o-one", MemoryAccount::new(1, "M"))
        .accounts((2..=count).map(|id| MemoryAccount::new(id, "a")))
        .role_in_members(&role)
}

async fn code(trial: Trial, world: &MemoryWorld) -> (&'static str, String) {
    let error = trial.run(world).await.unwrap_err();
    (error.code(), error.chain())
}

#[tokio::test(start_paused = true)]
async fn every_way_to_lose_a_run_has_its_code_and_says_what_to_do() {
    let world = MemoryWorld::new(1).with_organization(members(3));
    world.plan(Fault::once("sts:GetCallerIdentity", CallErrorKind::Denied));
    let (name, text) = code(Trial::audit(), &world).await;
    assert_eq!(name, "IdentityUnknown");
    assert!(text.contains("sts:GetCallerIdentity"), "{text}");

    let (name, text) = code(Trial::inventory(), &world).await;
    assert_eq!(name, "TenantsUnreadable");
    assert!(text.contains("tenants") && text.contains("dynamodb:Scan"), "{text}");

    let empty = MemoryWorld::new(1).with_organization(members(3)).with_tenants("tenants", []);
    let (name, text) = code(Trial::inventory(), &empty).await;
    assert_eq!(name, "TenantsEmpty");
    assert!(text.contains("DYNAMO_TABLE_NAME"), "{text}");

    let foreign = MemoryWorld::new(1).with_organization(members(3)).with_tenants("tenants", [tenant(77)]);
    let (name, text) = code(Trial::inventory(), &foreign).await;
    assert_eq!(name, "NoOrganization");
    assert!(text.contains("000000000077"), "{text}");

    let alone = MemoryWorld::new(5);
    let (name, text) = code(Trial::audit(), &alone).await;
    assert_eq!(name, "OrganizationUnreadable");
    assert!(text.contains("organizations:DescribeOrganization"), "{text}");

    let no_bucket = MemoryWorld::new(1).with_organization(members(3));
    no_bucket.store().plan(Fault::always("s3:PutObject", CallErrorKind::Denied));
    let (name, text) = code(Trial::audit(), &no_bucket).await;
    assert_eq!(name, "StoreFailed");
    assert!(text.contains("s3:PutObject was denied"), "{text}");

    let (name, _) = code(Trial::audit().with("MAX_IN_FLIGHT", "none"), &no_bucket).await;
    assert_eq!(name, "SettingsInvalid");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_names_tenants_needs_a_table() {
    let world = MemoryWorld::new(1).with_organization(members(3));
    let event = Event { tenant_ids: Some([account_id(1)].into()), ..Event::default() };
    let (name, text) = code(Trial::audit().event(event), &world).await;
    assert_eq!(name, "EventInvalid");
    assert!(text.contains("tenant_ids"), "{text}");
    assert!(world.store().names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_table_without_an_active_tenant_is_a_complete_run_of_nothing() {
    let world = MemoryWorld::new(1)
        .with_organization(members(3))
        .with_tenants("tenants", [tenant(1).text("tenant_status", "Inactive")]);
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.status, Status::Complete);
    assert!(summary.organizations.is_empty());
    assert_eq!(summary.tenants.unwrap().scanned, 1);
    assert_eq!(summary.warnings, ["TENANT_FILTER selects no tenant of the table's 1 item: nothing was scanned"]);
    assert!(world.store().names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_for_a_while_is_waited_for_without_scanning_again() {
    let world = MemoryWorld::new(1).with_organization(members(3));
    world.store().plan(Fault::once("s3:PutObject", CallErrorKind::Unavailable).times(5));
    let summary = Trial::audit().summary(&world).await;
    assert_eq!(summary.status, Status::Complete);
    assert_eq!(world.calls_of("organizations:ListAccounts"), 1);
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_what_there_is_is_written_and_every_account_is_accounted_for() {
    let world = MemoryWorld::new(1)
        .with_organization(members(200).page_size(20))
        .latency_of("organizations:ListAccounts", Duration::from_secs(20));
    let started = tokio::time::Instant::now();
    let summary = Trial::audit().deadline(120).summary(&world).await;
    assert!(started.elapsed() < Duration::from_mins(2), "{:?}", started.elapsed());
    assert_eq!(summary.status, Status::Partial);
    let text = world.store().text(&format!("aws-000000000001-credential-report-{STAMP}-coverage.csv"));
    let outcomes = column(&text, "outcome");
    assert_eq!(outcomes.len() as u64, summary.accounts().listed);
    assert_eq!(outcomes.iter().filter(|one| one.starts_with("reported")).count(), 60);
    assert!(outcomes.iter().filter(|one| *one == "not_attempted").count() >= 20, "{outcomes:?}");
    assert!(summary.warnings.iter().any(|one| one.contains("not every account could be listed")));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_nearer_than_the_reserve_still_gives_a_ledger() {
    let world = MemoryWorld::new(1).with_organization(members(5));
    let summary = Trial::audit().deadline(3).summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    assert_eq!(summary.organizations.first().unwrap().outcomes.get("not_attempted"), Some(&5));

    let world = MemoryWorld::new(1)
        .with_organization(members(5))
        .with_tenants("tenants", [tenant(1)])
        .latency(Duration::from_millis(100));
    let summary = Trial::inventory().deadline(6).summary(&world).await;
    assert_eq!(summary.organizations.first().unwrap().outcomes.get("not_attempted"), Some(&5));
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_lets_no_account_begin_and_writes_what_there_is() {
    let world = MemoryWorld::new(1)
        .with_organization(members(100).page_size(20))
        .latency_of("organizations:ListAccounts", Duration::from_secs(4));
    let stop = Stop::when(tokio::time::sleep(Duration::from_secs(9)));
    let summary = Trial::audit().stop(stop).summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    assert_eq!(summary.accounts().listed, 100);
    assert_eq!(summary.accounts().reported, 40);
    assert!(summary.warnings.iter().any(|one| one.contains("interrupted")));
    // Report, ledger, findings in three forms, and the page; none of them is the newest. And what the next run begins with.
    assert_eq!(world.store().names().iter().filter(|name| name.contains(STAMP)).count(), 6);
    let others: Vec<_> = world.store().names().into_iter().filter(|name| !name.contains(STAMP)).collect();
    assert_eq!(others, ["aws-000000000001-credential-report-unfinished-coverage.csv"]);
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_and_so_are_those_that_were_throttled() {
    let world = MemoryWorld::new(1).with_organization(members(3));
    world.plan(Fault::once("iam:GetCredentialReport", CallErrorKind::Throttled).in_account(2));
    let summary = Trial::audit().summary(&world).await;
    assert_eq!(summary.throttled_calls, 1);
    assert_eq!(summary.api_calls.get("sts:AssumeRole"), Some(&3));
    assert!(summary.duration_ms < 60_000);
}
