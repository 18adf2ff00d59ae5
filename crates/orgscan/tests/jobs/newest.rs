//! Which run's report is the newest, when events are repeated and come late.

use orgscan::error::CallErrorKind;
use orgscan::event::Event;
use orgscan::ports::ReportStore;
use orgscan::summary::{Status, Summary};
use orgscan::testing::{Fault, MemoryAccount, MemoryWorld};

use super::Trial;
use super::account_metadata::world;

/// The inventory of the event of a day.
async fn on_day(world: &MemoryWorld, day: &str) -> Summary {
    let event = Event { scheduled_time: Some(day.parse().unwrap()), ..Event::default() };
    Trial::inventory().event(event).summary(world).await
}

const EARLIER: &str = "2026-11-19T06:00:00Z";
const LATER: &str = "2026-11-20T06:00:00Z";

fn objects_of(world: &MemoryWorld, day: &str) -> [Vec<u8>; 2] {
    let stem = format!("aws-000000000001-account-metadata-report-{}", day.replace(':', "-"));
    ["", "-coverage"].map(|kind| world.store().object(&format!("{stem}{kind}.csv")).unwrap().content)
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_delivered_late_leaves_the_newest_objects_of_a_later_one() {
    let world = world(vec![MemoryAccount::new(2, "a")]);
    on_day(&world, LATER).await;
    world.change(2, |account| account.tag("env", "changed"));
    // For the first time, and again.
    for _ in 0..2 {
        let late = on_day(&world, EARLIER).await;
        assert_eq!(late.status, Status::Complete);
        assert!(late.warnings.iter().any(|one| one.contains("of a later event")), "{:?}", late.warnings);
        assert_ne!(objects_of(&world, EARLIER), objects_of(&world, LATER));
        assert!(objects_of(&world, "latest") == objects_of(&world, LATER));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_delivery_did_not_make_the_newest_is_made_so_by_the_next() {
    for object in ["-latest.csv", "-latest-coverage.csv"] {
        let world = world(vec![MemoryAccount::new(2, "a")]);
        on_day(&world, EARLIER).await;
        world.change(2, |account| account.tag("env", "changed"));
        world.store().plan(Fault::once("s3:PutObject", CallErrorKind::Denied).on(object));
        assert_eq!(on_day(&world, LATER).await.status, Status::Partial);
        assert_eq!(on_day(&world, LATER).await.status, Status::Complete);
        assert!(objects_of(&world, "latest") == objects_of(&world, LATER), "{object}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_that_has_not_come_yet_keeps_no_run_from_being_the_newest() {
    let world = world(vec![MemoryAccount::new(2, "a")]);
    on_day(&world, "2029-01-01T00:00:00Z").await;
    world.change(2, |account| account.tag("env", "changed"));
    on_day(&world, LATER).await;
    assert!(objects_of(&world, "latest") == objects_of(&world, LATER));
}

#[tokio::test(start_paused = true)]
async fn a_report_that_somebody_removed_to_have_it_made_again_becomes_the_newest_again() {
    let world = world(vec![MemoryAccount::new(2, "a")]);
    on_day(&world, LATER).await;
    world.change(2, |account| account.tag("env", "changed"));
    for name in world.store().names().iter().filter(|name| !name.contains("latest")) {
        world.store().remove(name).await.unwrap();
    }
    on_day(&world, LATER).await;
    assert!(objects_of(&world, "latest") == objects_of(&world, LATER));
}
