//! One mail per event: deliveries at once, and deliveries that are killed while they mail.

use std::time::Duration;

use futures::future::{join, join3};
use orgscan::ports::{Body, ReportStore};
use orgscan::summary::Status;
use orgscan::testing::{Fault, FaultKind, MemoryWorld};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::STAMP;
use super::credential_report::{mailing, world};

fn name() -> String {
    format!("aws-000000000001-credential-report-{STAMP}-mail.json")
}

/// What another delivery keeps in the marker.
async fn write(world: &MemoryWorld, is_open: bool, recipients: u64, beats: u32, was_taken_over: bool) {
    let ids: Vec<&str> = (recipients > 0).then_some("theirs").into_iter().collect();
    let marker = json!({
        "delivery": "other",
        "mailed": {"sent": ids.len(), "recipients": recipients, "message_ids": ids},
        "is_open": is_open,
        "beats": beats,
        "was_taken_over": was_taken_over,
    });
    let content = marker.to_string();
    world.store().replace(&name(), "application/json", Body::Bytes(content.as_bytes())).await.unwrap();
}

fn messages(world: &MemoryWorld) -> usize {
    world.mailer().messages().len()
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_a_killed_delivery_began_is_sent_by_the_next_and_that_is_noted() {
    let world = world(vec![]);
    write(&world, true, 0, 0, false).await;
    let summary = mailing().scheduled().summary(&world).await;
    assert_eq!((summary.status, messages(&world)), (Status::Complete, 1), "{:?}", summary.warnings);
    let again = mailing().scheduled().summary(&world).await;
    assert_eq!((again.mail, messages(&world)), (summary.mail, 1));
}

#[tokio::test(start_paused = true)]
async fn nobody_gets_a_third_mail() {
    let world = world(vec![]);
    write(&world, true, 0, 0, true).await;
    let summary = mailing().scheduled().summary(&world).await;
    assert_eq!((summary.status, messages(&world)), (Status::Partial, 0));
    assert!(summary.warnings.iter().any(|one| one.contains(&name())), "{:?}", summary.warnings);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_goes_on_where_another_ended_mails_only_who_is_left() {
    for is_open in [true, false] {
        let world = world(vec![]);
        write(&world, is_open, 1, 0, false).await;
        let summary = mailing().scheduled().summary(&world).await;
        let mail = summary.mail.unwrap();
        assert_eq!((mail.sent, mail.recipients, mail.message_ids.len()), (2, 2, 2));
        assert_eq!(world.mailer().messages().pop().unwrap().recipients, ["two@example.com"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_still_mails_is_waited_for() {
    let world = world(vec![]);
    write(&world, true, 0, 0, false).await;
    let mails_for_a_minute = async {
        for beat in 1..=20 {
            sleep(Duration::from_secs(3)).await;
            write(&world, true, 0, beat, false).await;
        }
        write(&world, false, 2, 20, false).await;
    };
    let trial = mailing().scheduled();
    let began = Instant::now();
    let (summary, ()) = join(trial.summary(&world), mails_for_a_minute).await;
    assert!(began.elapsed() > Duration::from_mins(1), "{:?}", began.elapsed());
    assert_eq!((summary.status, messages(&world)), (Status::Complete, 0));
    assert_eq!(summary.mail.unwrap().message_ids, ["theirs"]);
}

#[tokio::test(start_paused = true)]
async fn there_is_an_answer_before_the_deadline_while_another_delivery_mails() {
    let world = world(vec![]);
    write(&world, true, 0, 0, false).await;
    let began = Instant::now();
    let summary = mailing().scheduled().deadline(10).summary(&world).await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!((summary.status, messages(&world)), (Status::Partial, 0));
    assert!(summary.warnings.iter().any(|one| one.contains("no time to wait")), "{:?}", summary.warnings);
}

#[tokio::test(start_paused = true)]
async fn deliveries_at_once_send_one_mail_however_long_ses_takes() {
    let world = world(vec![]).latency_of("ses:SendEmail", Duration::from_secs(50));
    let trial = mailing().scheduled();
    let (one, two, three) = join3(trial.summary(&world), trial.summary(&world), trial.summary(&world)).await;
    assert_eq!(messages(&world), 1);
    for summary in [one, two, three] {
        assert_eq!(summary.status, Status::Complete, "{:?}", summary.warnings);
        assert_eq!(summary.mail.unwrap().message_ids, ["message-1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn deliveries_at_once_after_one_was_killed_send_one_mail() {
    let world = world(vec![]);
    write(&world, true, 0, 0, false).await;
    let trial = mailing().scheduled();
    join3(trial.summary(&world), trial.summary(&world), trial.summary(&world)).await;
    assert_eq!(messages(&world), 1);
}

#[tokio::test(start_paused = true)]
async fn a_marker_that_cannot_be_changed_while_mail_is_sent_stops_no_mail() {
    let world = world(vec![]).latency_of("ses:SendEmail", Duration::from_secs(20));
    world.store().plan(Fault::once("s3:PutObject", FaultKind::Hang).on("-mail.json").after(1));
    let summary = mailing().scheduled().summary(&world).await;
    assert_eq!((summary.status, messages(&world)), (Status::Complete, 1), "{:?}", summary.warnings);
}
