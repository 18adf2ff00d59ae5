//! The regions and tags of the inventory.

use std::collections::BTreeSet;
use std::time::Duration;

use orgscan::error::CallErrorKind;
use orgscan::summary::Status;
use orgscan::testing::{Fault, MemoryAccount, MemoryWorld, account_id};

use super::account_metadata::{TENANTS, ledger, organization, report, world};
use super::{Trial, column, fate, row_of, tenant};

#[tokio::test(start_paused = true)]
async fn regions_are_told_apart_as_active_empty_denied_and_not_enabled() {
    let everywhere = |page: &str| vec![Vec::<String>::new(), vec![page.to_owned()]];
    let world = world(vec![
        MemoryAccount::new(2, "proof on a later page").resources("eu-west-1", everywhere("arn:aws:s3:::bucket")),
        MemoryAccount::new(3, "global service only")
            .resources("us-east-1", everywhere("arn:aws:cloudfront::000000000003:distribution/E1")),
        MemoryAccount::new(4, "denied by an SCP").active_in("us-east-1").denied_in("eu-west-1"),
        MemoryAccount::new(5, "not enabled").active_in("us-east-1").not_enabled_in("eu-west-1"),
        MemoryAccount::new(6, "denied everywhere").denied_in("eu-west-1").denied_in("us-east-1"),
    ]);
    Trial::inventory().summary(&world).await;
    assert_eq!(column(&report(&world), "Regions"), ["", "eu-west-1", "", "us-east-1", "us-east-1", ""]);
    assert_eq!(column(&ledger(&world), "regions_denied"), ["", "", "", "eu-west-1", "", "eu-west-1,us-east-1"]);
    assert_eq!(column(&ledger(&world), "regions_not_enabled"), ["", "", "", "", "eu-west-1", ""]);
    assert_eq!(
        column(&ledger(&world), "outcome"),
        ["reported", "reported", "reported", "reported", "reported", "denied"]
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_fixed_list_an_account_is_asked_in_its_enabled_regions_or_in_the_default_ones() {
    let world = world(vec![
        MemoryAccount::new(2, "opted in").regions(&["us-east-1", "me-south-1"]).active_in("me-south-1"),
        MemoryAccount::new(3, "list denied").active_in("eu-north-1"),
        MemoryAccount::new(4, "list broken").active_in("eu-north-1"),
    ]);
    world.plan(Fault::always("account:ListRegions", CallErrorKind::Denied).in_account(3));
    world.plan(Fault::always("account:ListRegions", CallErrorKind::Other).in_account(4));
    Trial::inventory().with("REGIONS", "").summary(&world).await;
    assert_eq!(column(&report(&world), "Regions"), ["", "me-south-1", "eu-north-1", "eu-north-1"]);
    assert_eq!(fate(&ledger(&world), "000000000003").0, "reported");
    assert!(fate(&ledger(&world), "000000000003").1.contains("17 regions"));
    assert_eq!(fate(&ledger(&world), "000000000004").0, "reported_partially");
    let asked: BTreeSet<Option<String>> = world
        .requests()
        .into_iter()
        .filter(|request| request.action == "tag:GetResources" && request.account == Some(account_id(2)))
        .map(|request| request.region)
        .collect();
    assert_eq!(asked.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_fails_makes_the_account_partial_and_the_second_look_heals_what_passes() {
    let world = world(vec![MemoryAccount::new(2, "a").active_in("us-east-1"), MemoryAccount::new(3, "b")]);
    world.plan(Fault::always("tag:GetResources", CallErrorKind::EndlessPages).in_account(2).in_region("eu-west-1"));
    world.plan(Fault::once("sts:AssumeRole", CallErrorKind::Throttled).in_account(3));
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    let (outcome, detail) = fate(&ledger(&world), "000000000002");
    assert_eq!(outcome, "reported_partially");
    assert!(detail.contains("eu-west-1"), "{detail}");
    assert_eq!(row_of(&report(&world), "000000000002").get("Regions").unwrap(), "us-east-1");
    assert_eq!(fate(&ledger(&world), "000000000003").0, "reported");
    assert_eq!(column(&ledger(&world), "attempts"), ["1", "1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_failed_for_a_while_is_looked_at_again_and_what_was_learnt_is_kept() {
    let member = |id: u64| MemoryAccount::new(id, "a").active_in("us-east-1").active_in("eu-west-1");
    let world = world(vec![member(2), member(3), member(4)]);
    let unavailable = |fault: Fault| fault.in_region("eu-west-1");
    world.plan(unavailable(Fault::once("tag:GetResources", CallErrorKind::Unavailable).in_account(2)));
    world.plan(unavailable(Fault::always("tag:GetResources", CallErrorKind::Unavailable).in_account(3)));
    world.plan(unavailable(Fault::always("tag:GetResources", CallErrorKind::Throttled).in_account(4)));
    world.plan(Fault::always("sts:AssumeRole", CallErrorKind::Throttled).in_account(4).after(1));
    Trial::inventory().summary(&world).await;
    assert_eq!(
        column(&ledger(&world), "outcome"),
        ["reported", "reported", "reported_partially", "reported_partially"]
    );
    let both = "eu-west-1,us-east-1";
    assert_eq!(column(&report(&world), "Regions")[1..], [both, "us-east-1", "us-east-1"]);
    assert_eq!(column(&ledger(&world), "attempts"), ["1", "2", "2", "1"], "the second of the last one learnt nothing");
}

#[tokio::test(start_paused = true)]
async fn tags_that_the_bulk_listing_lacks_are_asked_one_by_one_up_to_the_limit() {
    let members = || {
        vec![
            MemoryAccount::new(2, "in bulk").tag("env", "a"),
            MemoryAccount::new(3, "missing there").tag("env", "b").not_in_bulk(),
            MemoryAccount::new(4, "also missing").tag("env", "c").not_in_bulk(),
        ]
    };
    let all = world(members());
    Trial::inventory().summary(&all).await;
    assert_eq!(column(&report(&all), "Environment"), ["root", "a", "b", "c"]);
    assert_eq!(all.calls_of("organizations:ListTagsForResource"), 2);

    let limited = world(members());
    let summary = Trial::inventory().with("TAG_VERIFY_LIMIT", "1").summary(&limited).await;
    assert_eq!(column(&report(&limited), "Environment"), ["root", "a", "b", ""]);
    assert!(summary.warnings.iter().any(|one| one.contains("TAG_VERIFY_LIMIT")), "{:?}", summary.warnings);
}

#[tokio::test(start_paused = true)]
async fn where_bulk_is_denied_all_tags_come_one_by_one_and_unknown_ones_are_said() {
    let members = vec![MemoryAccount::new(2, "a").tag("env", "a"), MemoryAccount::new(3, "b").tag("env", "b")];
    let world = MemoryWorld::new(9)
        .with_organization(
            organization("o-one", MemoryAccount::new(1, "M"), members).bulk_tags_fail(CallErrorKind::Denied),
        )
        .with_tenants(TENANTS, [tenant(1)]);
    world.plan(Fault::always("organizations:ListTagsForResource", CallErrorKind::Denied).in_account(3));
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    assert_eq!(column(&report(&world), "Environment"), ["", "a", ""]);
    let (outcome, detail) = fate(&ledger(&world), "000000000003");
    assert_eq!(outcome, "reported_partially");
    assert!(detail.contains("organizations:ListTagsForResource was denied"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn an_account_in_which_no_region_answered_does_not_look_idle() {
    let world = world(vec![
        MemoryAccount::new(2, "a").denied_in("eu-west-1").not_enabled_in("us-east-1"),
        MemoryAccount::new(3, "b").denied_in("eu-west-1"),
    ]);
    world.plan(Fault::always("tag:GetResources", CallErrorKind::Throttled).in_account(3).in_region("us-east-1"));
    Trial::inventory().summary(&world).await;
    assert_eq!(column(&ledger(&world), "outcome"), ["reported", "denied", "throttled"]);
}

/// An inventory that asks each account for its regions.
fn of_all_regions() -> Trial {
    let mut trial = Trial::inventory();
    trial.settings.remove("REGIONS");
    trial
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_known_in_no_region_does_not_look_idle() {
    for (trial, expected) in [(of_all_regions(), "reported_partially"), (Trial::inventory(), "reported")] {
        let world = world(vec![MemoryAccount::new(2, "a").not_enabled_in("eu-west-1"), MemoryAccount::new(3, "b")]);
        world.plan(Fault::always("tag:GetResources", CallErrorKind::RegionNotEnabled).in_account(3));
        trial.summary(&world).await;
        let (outcome, detail) = fate(&ledger(&world), "000000000003");
        assert_eq!(outcome, expected, "{detail}: REGIONS may be regions that few accounts have enabled");
        assert_eq!(
            detail.contains("answered of every region that it is not enabled"),
            expected != "reported",
            "{detail}"
        );
        assert_eq!(fate(&ledger(&world), "000000000002").0, "reported");
    }
}

#[tokio::test(start_paused = true)]
async fn without_account_management_the_regions_by_default_are_asked_and_nothing_is_missing() {
    let world = world(vec![MemoryAccount::new(2, "a").active_in("sa-east-1")]);
    world.plan(Fault::always("account:ListRegions", CallErrorKind::NoSuchHost));
    let summary = of_all_regions().summary(&world).await;
    assert_eq!(summary.status, Status::Complete);
    assert_eq!(column(&report(&world), "Regions")[1], "sa-east-1");
    let (outcome, detail) = fate(&ledger(&world), "000000000002");
    assert_eq!(outcome, "reported");
    assert!(detail.starts_with("account:ListRegions: the service is not in this region or partition, or "), "{detail}");
    assert!(detail.ends_with("the 17 regions that are enabled by default were asked"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn without_region_detection_no_member_is_entered() {
    let world = world(vec![MemoryAccount::new(2, "a").active_in("us-east-1")]);
    let summary = Trial::inventory().with("REGION_DETECTION", "off").summary(&world).await;
    assert_eq!(summary.status, Status::Complete);
    assert_eq!(column(&report(&world), "Regions"), ["", ""]);
    assert_eq!(world.calls_of("sts:AssumeRole"), 1);
}

#[tokio::test(start_paused = true)]
async fn regions_of_the_last_run_are_used_again_while_they_are_young() {
    let world = world(vec![MemoryAccount::new(2, "a").active_in("us-east-1")]);
    let trial = Trial::inventory().with("REGION_CACHE_HOURS", "24");
    trial.summary(&world).await;
    world.change(2, |account| account.active_in("eu-west-1"));
    let asked = world.calls_of("tag:GetResources");
    tokio::time::advance(Duration::from_hours(23)).await;
    let again = trial.summary(&world).await;
    let latest = world.store().text("aws-000000000001-account-metadata-report-latest.csv");
    assert_eq!(row_of(&latest, "000000000002").get("Regions").unwrap(), "us-east-1");
    assert_eq!(world.calls_of("tag:GetResources"), asked + 1, "only the tags in bulk are asked for: {again:?}");

    // The age counts from when the regions were learnt, not from the run that used them last.
    tokio::time::advance(Duration::from_hours(2)).await;
    trial.summary(&world).await;
    let latest = world.store().text("aws-000000000001-account-metadata-report-latest.csv");
    assert_eq!(row_of(&latest, "000000000002").get("Regions").unwrap(), "eu-west-1,us-east-1");
}
