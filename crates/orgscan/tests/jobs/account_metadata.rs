//! The inventory.

use std::time::Duration;

use orgscan::error::CallErrorKind;
use orgscan::event::Event;
use orgscan::summary::Status;
use orgscan::testing::{
    Fault, FaultKind, MemoryAccount, MemoryOrganization, MemoryRole, MemoryTenant, MemoryWorld, account_id,
};

use super::{STAMP, Trial, column, fate, row_of, rows, tenant};

pub(super) const TENANTS: &str = "tenants";

pub(super) fn reader() -> MemoryRole {
    MemoryRole::new("OrgReader").trusts(9)
}

/// An Organization with the reader everywhere.
pub(super) fn organization(id: &str, management: MemoryAccount, members: Vec<MemoryAccount>) -> MemoryOrganization {
    MemoryOrganization::new(id, management).role_in_management(reader()).accounts(members).role_in_members(&reader())
}

/// The world of one tenant, account 1.
pub(super) fn world(members: Vec<MemoryAccount>) -> MemoryWorld {
    MemoryWorld::new(9)
        .with_organization(organization("o-one", MemoryAccount::new(1, "Management").tag("env", "root"), members))
        .with_tenants(TENANTS, [tenant(1)])
}

pub(super) fn report(world: &MemoryWorld) -> String {
    world.store().text(&format!("aws-000000000001-account-metadata-report-{STAMP}.csv"))
}

pub(super) fn ledger(world: &MemoryWorld) -> String {
    world.store().text(&format!("aws-000000000001-account-metadata-report-{STAMP}-coverage.csv"))
}

#[tokio::test(start_paused = true)]
async fn an_inventory_has_every_account_with_its_tags_and_regions() {
    let world = world(vec![
        MemoryAccount::new(3, "Pay, \"ments\"").tag("Environment", "prod").tag("AIDE-ID", "A-7").active_in("us-east-1"),
        MemoryAccount::new(2, "=cmd()").active_in("eu-west-1").active_in("us-east-1"),
        MemoryAccount::new(4, "Closed 账户").state("SUSPENDED").tag("ENV", "old"),
    ]);
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    assert_eq!(
        report(&world),
        "Account_Id,Account_Name,Org_ID,Tenant_Name,CSP,Billing_Account_State,Region_Group,Regions,Tenant_ID,\
         Environment,Aide_ID\r\n\
         000000000001,Management,o-one,000000000001,AWS,ACTIVE,,,000000000001,root,\r\n\
         000000000002,=cmd(),o-one,000000000001,AWS,ACTIVE,multi,\"eu-west-1,us-east-1\",000000000001,,\r\n\
         000000000003,\"Pay, \"\"ments\"\"\",o-one,000000000001,AWS,ACTIVE,US,us-east-1,000000000001,prod,A-7\r\n\
         000000000004,Closed 账户,o-one,000000000001,AWS,SUSPENDED,,,000000000001,old,\r\n"
    );
    assert_eq!(column(&ledger(&world), "outcome"), ["reported", "reported", "reported", "skipped_state"]);
    assert_eq!(column(&ledger(&world), "attempts"), ["1", "1", "1", "0"]);
}

#[tokio::test(start_paused = true)]
async fn the_newest_objects_are_written_last_and_are_the_same_bytes() {
    let world = world(vec![MemoryAccount::new(2, "a")]);
    Trial::inventory().summary(&world).await;
    let stem = "aws-000000000001-account-metadata-report";
    assert_eq!(
        world.store().names(),
        [
            format!("{stem}-{STAMP}.csv"),
            format!("{stem}-{STAMP}-coverage.csv"),
            format!("{stem}-latest.csv"),
            format!("{stem}-latest-coverage.csv")
        ]
    );
    assert_eq!(world.store().text(&format!("{stem}-latest.csv")), report(&world));
}

#[tokio::test(start_paused = true)]
async fn the_same_world_gives_the_same_bytes_in_whatever_order_it_answers() {
    let members = || (2..40).map(|id| MemoryAccount::new(id, format!("a{id}")).active_in("us-east-1")).collect();
    let ordered = world(members());
    let shuffled = MemoryWorld::new(9)
        .with_organization(
            organization("o-one", MemoryAccount::new(1, "Management").tag("env", "root"), members())
                .shuffled(7)
                .page_size(3)
                .empty_pages(&[0, 2, 5]),
        )
        .with_tenants(TENANTS, [tenant(1)])
        .jitter(3, Duration::from_millis(400));
    Trial::inventory().summary(&ordered).await;
    Trial::inventory().summary(&shuffled).await;
    assert_eq!(rows(&report(&ordered)).len(), 39);
    assert_eq!(report(&ordered), report(&shuffled));
}

#[tokio::test(start_paused = true)]
async fn status_counts_where_there_is_no_state_and_neither_is_an_error_with_a_row() {
    let world = world(vec![
        MemoryAccount::new(2, "state wins").answers(Some("CLOSED"), Some("SUSPENDED")),
        MemoryAccount::new(3, "status only").answers(None, Some("ACTIVE")).active_in("us-east-1"),
        MemoryAccount::new(4, "neither").answers(None, None).tag("env", "dev"),
    ]);
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    assert_eq!(column(&report(&world), "Billing_Account_State"), ["ACTIVE", "CLOSED", "ACTIVE", ""]);
    let row = row_of(&report(&world), "000000000004");
    assert_eq!(row.get("Environment").unwrap(), "dev");
    let (outcome, detail) = fate(&ledger(&world), "000000000004");
    assert_eq!(outcome, "service_error");
    assert!(detail.contains("neither State nor Status"), "{detail}");
    assert_eq!(row_of(&report(&world), "000000000003").get("Regions").unwrap(), "us-east-1");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_cannot_be_assumed_in_a_member_leaves_its_row_and_touches_no_other() {
    let world = world(vec![
        MemoryAccount::new(2, "a").active_in("us-east-1"),
        MemoryAccount::new(3, "b").tag("env", "prod").active_in("us-east-1"),
        MemoryAccount::new(4, "c").active_in("us-east-1"),
    ]);
    world.change(3, |account| account.without_role("OrgReader"));
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    assert_eq!(column(&ledger(&world), "outcome"), ["reported", "reported", "assume_denied", "reported"]);
    assert_eq!(column(&report(&world), "Regions"), ["", "us-east-1", "", "us-east-1"]);
    assert_eq!(row_of(&report(&world), "000000000003").get("Environment").unwrap(), "prod");
}

#[tokio::test(start_paused = true)]
async fn the_process_own_account_is_read_with_its_own_credentials_wherever_it_is_listed() {
    let world = MemoryWorld::new(9)
        .with_organization(
            MemoryOrganization::new("o-one", MemoryAccount::new(1, "M"))
                .role_in_management(reader())
                .accounts([MemoryAccount::new(2, "a")])
                .role_in_members(&reader())
                .account(MemoryAccount::new(9, "tooling").active_in("us-east-1")),
        )
        .with_tenants(TENANTS, [tenant(1)]);
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    assert_eq!(row_of(&report(&world), "000000000009").get("Regions").unwrap(), "us-east-1");
    assert!(world.assumed().iter().all(|role| role.account != account_id(9)));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_cannot_be_entered_is_rejected_with_its_reason_and_the_others_go_on() {
    let world = MemoryWorld::new(9)
        .with_organization(organization("o-one", MemoryAccount::new(1, "M"), vec![MemoryAccount::new(2, "a")]))
        .with_organization(MemoryOrganization::new("o-two", MemoryAccount::new(11, "no role")))
        .with_tenants(
            TENANTS,
            [
                tenant(1),
                tenant(11),
                tenant(2),
                tenant(1),
                tenant(77),
                MemoryTenant::new("oops").text("tenant_type", "y"),
            ],
        );
    world.change(2, |account| account.role(reader()));
    let summary =
        Trial::inventory().with("TENANT_FILTER", r#"{"tenant_type":["Cloud Usage", "y"]}"#).summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    assert_eq!(summary.organizations.len(), 1);
    let tenants = summary.tenants.unwrap();
    assert_eq!((tenants.scanned, tenants.selected), (6, 4));
    let reasons: Vec<(&str, &str)> =
        tenants.rejected.iter().map(|one| (one.tenant_id.as_str(), one.reason.as_str())).collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    assert!(reasons.iter().any(|(id, why)| *id == "oops" && why.contains("12 digits")));
    assert!(reasons.iter().any(|(id, why)| *id == "000000000002" && why.starts_with("not a management account")));
    assert!(reasons.iter().any(|(id, why)| *id == "000000000011" && why.contains("cannot be assumed")));
    assert!(reasons.iter().any(|(id, why)| *id == "000000000077" && why.contains("cannot be assumed")));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_when_it_is_read_does_not_hold_up_the_run() {
    let world = world(vec![MemoryAccount::new(2, "a")]);
    world.store().plan(Fault::always("s3:GetObject", FaultKind::Hang));
    let started = tokio::time::Instant::now();
    let summary = Trial::inventory().scheduled().with("REGION_CACHE_HOURS", "1").summary(&world).await;
    assert_eq!(summary.status, Status::Complete);
    assert!(started.elapsed() < Duration::from_mins(2), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_excluded_account_has_a_row_of_the_listing_alone_and_is_asked_nothing() {
    let world = world(vec![
        MemoryAccount::new(2, "a").tag("env", "a").active_in("us-east-1"),
        MemoryAccount::new(3, "b").tag("env", "b").active_in("us-east-1"),
    ]);
    let summary = Trial::inventory().with("ACCOUNTS_EXCLUDE", "000000000003").summary(&world).await;
    assert_eq!(summary.status, Status::Complete);
    let row = row_of(&report(&world), "000000000003");
    assert_eq!((row.get("Regions").unwrap().as_str(), row.get("Environment").unwrap().as_str()), ("", ""));
    assert_eq!(fate(&ledger(&world), "000000000003").0, "skipped_excluded");
    assert!(world.assumed().iter().all(|role| role.account != account_id(3)));
}

#[tokio::test(start_paused = true)]
async fn several_organizations_are_scanned_at_the_same_time() {
    let mut world = MemoryWorld::new(9);
    for tens in 1..=5 {
        let members = (1..=3).map(|unit| MemoryAccount::new(tens * 10 + unit, "a")).collect();
        world =
            world.with_organization(organization(&format!("o-{tens}"), MemoryAccount::new(tens * 10, "M"), members));
    }
    let world = world
        .with_tenants(TENANTS, (1..=5).map(|tens| tenant(tens * 10)))
        .latency_of("organizations:ListAccounts", Duration::from_mins(1));
    let started = tokio::time::Instant::now();
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.organizations.len(), 5);
    assert_eq!(summary.accounts().reported, 20);
    assert!(started.elapsed() < Duration::from_secs(70), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_trial_checks_every_role_and_writes_nothing() {
    let world = world(vec![MemoryAccount::new(2, "a"), MemoryAccount::new(3, "b")]);
    world.change(3, |account| account.without_role("OrgReader"));
    let event = Event { dry_run: true, ..Event::default() };
    let summary = Trial::inventory().event(event).summary(&world).await;
    assert!(summary.dry_run);
    assert_eq!(summary.status, Status::Partial);
    assert_eq!(summary.organizations.first().unwrap().outcomes.get("assume_denied"), Some(&1));
    assert!(world.store().names().is_empty());
    assert_eq!(world.calls_of("tag:GetResources") + world.calls_of("organizations:ListTagsForResource"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_breaks_off_is_partial_and_leaves_the_newest_report_alone() {
    let world = MemoryWorld::new(9)
        .with_organization(
            organization("o-one", MemoryAccount::new(1, "M"), (2..9).map(|id| MemoryAccount::new(id, "a")).collect())
                .page_size(3),
        )
        .with_tenants(TENANTS, [tenant(1)]);
    world.plan(Fault::always("organizations:ListAccounts", CallErrorKind::Unavailable).after(2));
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    assert_eq!(summary.accounts().listed, 6);
    assert!(summary.warnings.iter().any(|one| one.contains("not every account could be listed")));
    assert!(world.store().names().iter().all(|name| !name.contains("latest")));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_or_panics_costs_its_account_only() {
    let world = world((2..6).map(|id| MemoryAccount::new(id, "a").active_in("us-east-1")).collect());
    world.plan(Fault::always("sts:AssumeRole", FaultKind::Hang).in_account(3));
    world.plan(Fault::always("sts:AssumeRole", FaultKind::Panic).in_account(4));
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.accounts().listed, 5);
    assert_eq!(column(&ledger(&world), "outcome"), ["reported", "reported", "timeout", "service_error", "reported"]);
}

#[tokio::test(start_paused = true)]
async fn an_account_is_unknown_only_where_no_tenant_that_may_have_it_was_left_out() {
    let world = |rejected: Option<MemoryTenant>| {
        let member = |id: u64| vec![MemoryAccount::new(id, "Member")];
        MemoryWorld::new(9)
            .with_organization(organization("o-one", MemoryAccount::new(1, "One"), member(2)))
            .with_organization(organization("o-two", MemoryAccount::new(3, "Two"), member(4)))
            .with_tenants(TENANTS, [tenant(1), tenant(3)].into_iter().chain(rejected))
    };
    let unknown = async |world: MemoryWorld, tenants: Option<u64>| {
        let event = Event { tenant_ids: tenants.map(|id| [account_id(id)].into()), ..Event::default() };
        let trial = Trial::inventory().with("ACCOUNTS_EXCLUDE", "000000000004,000000000077").event(event);
        trial.summary(&world).await.unknown_accounts
    };
    assert_eq!(unknown(world(None), None).await, ["000000000077"]);
    assert!(unknown(world(None), Some(1)).await.is_empty(), "the other tenant may have them");
    assert!(unknown(world(Some(tenant(5))), None).await.is_empty(), "the one that was rejected may have it");
}
