//! Digests that cannot be mailed.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Delivery, assert_says, errors, undelivered};
use crate::CREDENTIAL_REPORT;

const SEND: &str = "ses:SendEmail";
const MARKER: &str = "-mail.json";

fn delivery(faults: &Value) -> Delivery {
    Delivery::new(CREDENTIAL_REPORT, Duration::from_mins(15), faults, &[])
}

/// A digest that SES does not take: everything else is delivered, and the cause is said with what to do.
fn assert_not_mailed(fault: &str, says: &[&str]) {
    let mut delivery = delivery(&json!([{"operation": SEND, "fault": fault}]));
    let summary = delivery.run().summary("partial");
    assert_eq!((&summary["undelivered"], &summary["mail"]["sent"]), (&json!(1), &json!(0)), "{summary}");
    assert_says(&summary["warnings"].to_string(), &["100000000000: 1 recipients got no mail: ses:SendEmail"]);
    assert_says(&summary["warnings"].to_string(), says);
    let (logs, sim) = delivery.end();
    assert_eq!(undelivered(&logs), Some(1));
    assert_says(&errors(&logs), &["the digest of o-sim0000000 was not sent", SEND]);
    assert_says(&errors(&logs), says);
    let counts = sim.counts();
    for name in ["credential-report-latest.csv", "credential-report-latest-coverage.csv", "findings-latest.jsonl"] {
        assert!(counts.objects.keys().any(|key| key.ends_with(name)), "{name} is not in {:?}", counts.objects);
    }
    assert!(!counts.objects.keys().any(|key| key.ends_with(MARKER)), "a repeat of the event mails");
    if fault != "throttle" {
        assert_eq!(counts.of(SEND).calls, 1, "{fault}: what SES may have taken is not sent again");
    }
}

#[test]
fn a_mail_that_is_throttled_a_few_times_is_sent() {
    let mut delivery = delivery(&json!([{"operation": SEND, "first": 3, "fault": "throttle"}]));
    let summary = delivery.run().summary("complete");
    assert_eq!(summary["mail"]["sent"], 1, "{summary}");
    let (logs, sim) = delivery.end();
    assert_eq!((undelivered(&logs), sim.counts().of(SEND).calls), (Some(0), 4));
}

#[test]
fn a_mail_that_is_throttled_for_good_is_given_up() {
    assert_not_mailed("throttle", &["was throttled", "the sending quota of SES is used up"]);
}

#[test]
fn a_mail_that_is_rejected_says_what_to_do() {
    assert_not_mailed("message-rejected", &["MessageRejected", "look at its account dashboard"]);
}

#[test]
fn an_account_in_the_sandbox_is_told_how_to_leave_it() {
    assert_not_mailed("address-not-verified", &["not verified", "SES sandbox", "request production access"]);
}

#[test]
fn an_account_whose_sending_is_paused_is_told_where_to_resume() {
    assert_not_mailed("sending-paused", &["SendingPausedException", "its reputation page says why"]);
}

#[test]
fn a_role_that_may_not_mail_is_told_what_to_allow() {
    assert_not_mailed("access-denied", &["was denied", "allow the function's role ses:SendEmail"]);
}

#[test]
fn a_mail_that_may_have_been_taken_is_not_sent_again() {
    for fault in ["error-503", "error-500", "reset-before-answer"] {
        assert_not_mailed(fault, &["was not answered", "SES may have sent it all the same"]);
    }
}

#[test]
fn a_repeat_of_the_event_mails_what_was_not_mailed_and_sweeps_nothing() {
    let mut delivery = delivery(&json!([{"operation": SEND, "first": 1, "fault": "sending-paused"}]));
    delivery.run().summary("partial");
    let summary = delivery.run().summary("complete");
    assert_eq!(summary["mail"]["sent"], 1, "{summary}");
    let Delivery { function, sim, .. } = delivery;
    drop(function);
    assert_eq!(sim.counts().of("sts:AssumeRole").calls, u64::from(super::ACCOUNTS) - 1);
    assert_eq!(sim.counts().of("iam:GetCredentialReport").calls, u64::from(super::ACCOUNTS));
}
