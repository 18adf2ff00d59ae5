//! The deadline of a function, and Ctrl-C, while there are Organizations left: what was found is still told.

use std::time::Duration;

use orgscan::doctor::{Diagnosis, Paint, State, table};
use orgscan::testing::{
    Fault, FaultKind, MemoryAccount, MemoryBucket, MemoryOrganization, MemoryRole, MemoryTenant, MemoryWorld,
};
use tokio::time::Instant;

use super::{Visit, check};

/// Of these, 45 seconds are kept back, and the first 15 of them are for what is under way.
const DEADLINE: Duration = Duration::from_mins(1);
const CUT: Duration = Duration::from_secs(30);

/// The caller is 9, and tenants are 10, 20 and 30, with an account each.
fn world() -> MemoryWorld {
    let tenants = [10_u64, 20, 30];
    let items = tenants.map(|id| MemoryTenant::new(format!("{id:012}")));
    let world = MemoryWorld::new(9).with_tenants("tenants", items).with_bucket(MemoryBucket::new("reports", 9));
    tenants.into_iter().fold(world, |world, id| {
        world.with_organization(
            MemoryOrganization::new(&format!("o-{id}"), MemoryAccount::new(id, "Management"))
                .role_in_management(MemoryRole::new("Manager").trusts(9))
                .account(MemoryAccount::new(id + 1, "Member").role(MemoryRole::new("Reader").trusts(9))),
        )
    })
}

fn function() -> Visit {
    Visit { deadline: Some(DEADLINE), ..Visit::inventory().without_looking() }
}

/// The checks of an Organization but for its overview, and their causes.
fn causes<'a>(diagnosis: &'a Diagnosis, organization: &str) -> Vec<(&'a str, Option<&'a str>)> {
    let is_of = |subject: &str| subject == format!("o-{organization}");
    let found = diagnosis.checks.iter().filter(|check| check.id != "accounts" && is_of(&check.subject));
    found.map(|check| (check.id.as_str(), check.cause.as_deref())).collect()
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_what_is_left_is_told_and_nothing_more_is_asked() {
    let world = world();
    world.plan(Fault::always("sts:AssumeRole", FaultKind::Hang).on(":role/Reader"));
    world.plan(Fault::always("organizations:ListTagsForResource", FaultKind::Hang));
    let began = Instant::now();
    let diagnosis = function().examine(&world).await;
    assert_eq!(began.elapsed(), CUT);
    assert_eq!(check(&diagnosis, "account-role", "000000000011").cause.as_deref(), Some("not-examined"));
    assert_eq!(causes(&diagnosis, "10"), [("account-tags", Some("not-answered")), ("organization", None)]);
    for organization in ["20", "30"] {
        assert_eq!(causes(&diagnosis, organization), [("organization", Some("not-examined"))]);
    }
    assert_eq!(world.calls_of("organizations:ListAccounts"), 2, "tried, and listed, of the first alone");
    let shown = table(&diagnosis, 200, Paint::Plain);
    assert!(shown.contains("deadline came before its accounts were listed; the same of 1 more (o-30)"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_listing_and_tags_that_are_not_answered_end_with_the_time_for_them() {
    for (action, id) in [
        ("organizations:ListAccounts", "organization"),
        ("organizations:ListTagsForResource", "account-tags"),
        ("tag:GetResources", "account-tags"),
    ] {
        let world = world();
        world.plan(Fault::always(action, FaultKind::Hang));
        let began = Instant::now();
        let diagnosis = function().with("REGION_DETECTION", "off").with("TAG_SOURCE", "auto").examine(&world).await;
        assert_eq!(began.elapsed(), CUT, "{action}");
        assert!(check(&diagnosis, id, "o-10").found.ends_with("the deadline came first"), "{action}: {diagnosis:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_begins_late_has_what_is_left_of_the_grace() {
    let world = world();
    world.plan(Fault::once("s3:PutObject", FaultKind::Delay(Duration::from_secs(20))));
    world.plan(Fault::always("organizations:ListAccounts", FaultKind::Hang).after(1));
    let began = Instant::now();
    let diagnosis = function().with("OUTPUT_BUCKET", "reports").examine(&world).await;
    assert_eq!(began.elapsed(), CUT);
    assert_eq!(check(&diagnosis, "accounts", "o-10").cause.as_deref(), Some("listing"));
    assert_eq!(causes(&diagnosis, "20"), [("organization", Some("not-examined"))]);
}

#[tokio::test(start_paused = true)]
async fn time_that_is_nearer_than_what_is_kept_back_still_lists_and_says_how_much_is_needed() {
    let visit = Visit { deadline: Some(Duration::from_secs(10)), ..function() };
    let diagnosis = visit.examine(&world()).await;
    assert_eq!(check(&diagnosis, "account-role", "000000000011").cause.as_deref(), Some("not-examined"));
    assert_ne!(check(&diagnosis, "lambda-time", "account-metadata").state, State::Skipped);
}

#[tokio::test(start_paused = true)]
async fn after_ctrl_c_no_further_organization_is_listed() {
    let world = world();
    world.plan(Fault::always("organizations:ListAccounts", FaultKind::Delay(Duration::from_secs(10))));
    let visit = Visit { interrupted: Some(Duration::from_secs(1)), ..Visit::inventory() };
    let began = Instant::now();
    let diagnosis = visit.examine(&world).await;
    assert!(began.elapsed() <= Duration::from_secs(20), "{:?}", began.elapsed());
    for organization in ["20", "30"] {
        assert_eq!(causes(&diagnosis, organization), [("organization", Some("not-examined"))]);
        let found = &check(&diagnosis, "organization", &format!("o-{organization}")).found;
        assert_eq!(found, "the interrupt came before its accounts were listed");
    }
}
