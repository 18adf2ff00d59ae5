//! Accounts and tenants that are named, and that nobody has.

use orgscan::doctor::{State, Status};
use orgscan::event::Event;

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
