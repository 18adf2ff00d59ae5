//! Accounts and tenants that are named, and that nobody has.

use orgscan::doctor::{State, Status};
use orgscan::error::CallErrorKind;
use orgscan::event::Event;
use orgscan::testing::{Fault, MemoryAccount, MemoryOrganization, MemoryRole, MemoryTenant, MemoryWorld};

use super::{Visit, check, only_failure, world};

#[tokio::test(start_paused = true)]
async fn an_account_that_no_organization_has_is_named_whoever_asks_for_it() {
    let event = |id: &str| Event { account_ids: Some([id.parse().unwrap()].into()), ..Event::default() };
    let visit = Visit { event: event("999999999999"), ..Visit::audit() };
    let diagnosis = visit.examine(&world()).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.subject.as_str(), failed.cause.as_deref()), ("999999999999", Some("account-unknown")));

    let excluded = Visit::audit().with("ACCOUNTS_EXCLUDE", "000000000003,999999999998").examine(&world()).await;
    assert_eq!(excluded.status, Status::Ok);
    assert_eq!(check(&excluded, "accounts", "999999999998").state, State::Warning);
    assert!(!excluded.checks.iter().any(|check| check.id == "accounts" && check.subject == "000000000003"));

    let there = Visit { event: event("000000000002"), ..Visit::audit() }.examine(&world()).await;
    assert_eq!(there.status, Status::Ok);
}

#[tokio::test(start_paused = true)]
async fn tenants_that_are_named_need_a_table() {
    let event = Event { tenant_ids: Some(["000000000001".parse().unwrap()].into()), ..Event::default() };
    let world = world();
    let diagnosis = Visit { event, ..Visit::audit() }.examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("organization", Some("no-tenants")));
    assert!(world.assumed().is_empty(), "a run would not begin either");
}

#[tokio::test(start_paused = true)]
async fn an_account_may_be_of_a_tenant_that_was_not_entered_or_is_not_among_those_that_are_named() {
    let organization = |id: u64, name: &str| {
        MemoryOrganization::new(name, MemoryAccount::new(id, "T"))
            .role_in_management(MemoryRole::new("Manager").trusts(9))
            .account(MemoryAccount::new(id + 1, "M").role(MemoryRole::new("Reader").trusts(9)))
    };
    let item = |id: &str| MemoryTenant::new(id);
    let world = |items: Vec<MemoryTenant>| {
        let world = MemoryWorld::new(9).with_organization(organization(10, "o-ten"));
        world.with_organization(organization(20, "o-twenty")).with_tenants("tenants", items)
    };
    let both = || vec![item("000000000010"), item("000000000020")];
    let unknown = async |world: &MemoryWorld, tenant: Option<&str>| {
        let ids = |id: &str| Some([id.parse().unwrap()].into());
        let event = Event { account_ids: ids("000000000021"), tenant_ids: tenant.and_then(ids), ..Event::default() };
        let diagnosis = Visit { event, ..Visit::inventory() }.examine(world).await;
        diagnosis.checks.iter().any(|check| check.cause.as_deref() == Some("account-unknown"))
    };
    assert!(!unknown(&world(both()), None).await, "it is there");
    assert!(!unknown(&world(both()), Some("000000000010")).await, "the other tenant has it");
    assert!(unknown(&world(vec![item("000000000010")]), None).await);
    let closed = world(both());
    closed.plan(Fault::always("sts:AssumeRole", CallErrorKind::Denied).on("000000000020:role/Manager"));
    assert!(!unknown(&closed, None).await);
    let malformed = world(vec![item("000000000010"), item("20")]);
    assert!(!unknown(&malformed, None).await);
}
