//! Reports that cannot be written.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Delivery, all_of_s3, assert_says, errors, undelivered};
use crate::{ACCOUNT_METADATA, CREDENTIAL_REPORT, FUNCTIONS};

const QUARTER: Duration = Duration::from_mins(15);
const KEY: (&str, &str) = ("KMS_KEY_ARN", "arn:aws:kms:us-east-1:100000000000:key/1234abcd");

#[test]
fn an_outage_of_half_a_minute_is_waited_out() {
    const OUTAGE: Duration = Duration::from_secs(30);
    let faults = all_of_s3("error-503", &json!({"seconds": OUTAGE.as_secs()}));
    let mut delivery = Delivery::new(CREDENTIAL_REPORT, QUARTER, &faults, &[]);
    let ended = delivery.run();
    // The stand-in began to count a little before the run did.
    assert!((OUTAGE * 3 / 4..OUTAGE * 3).contains(&ended.elapsed), "{:?}", ended.elapsed);
    let summary = ended.summary("complete");
    assert_eq!(summary["mail"]["sent"], 1, "{summary}");
    assert!(summary.get("undelivered").is_none(), "{summary}");
    let (logs, sim) = delivery.end();
    assert_eq!((undelivered(&logs), errors(&logs).as_str()), (Some(0), ""));
    assert!(sim.counts().objects.keys().any(|key| key.ends_with("credential-report-latest.csv")));
}

#[test]
fn a_bucket_that_is_down_for_good_fails_the_function_before_its_deadline() {
    for function in FUNCTIONS {
        let faults = all_of_s3("error-503", &json!({}));
        let mut delivery = Delivery::new(function, Duration::from_secs(20), &faults, &[]);
        let message = delivery.run().failure();
        assert_says(&message, &["s3://reports/aws-100000000000-", "ServiceUnavailable", "repeat the event"]);
        let (logs, sim) = delivery.end();
        assert_says(&errors(&logs), &["s3://reports/aws-100000000000-", "-coverage.csv could not be written"]);
        // Without a marker the repeat of the event could not know that it was mailed.
        assert_eq!((undelivered(&logs), sim.counts().of("ses:SendEmail").calls), (None, 0));
    }
}

/// A cause that no repeat helps: the function fails at once, and says what to do.
fn assert_fails_at_once(function: &str, faults: &Value, settings: &[(&str, &str)], says: &[&str]) {
    let mut delivery = Delivery::new(function, QUARTER, faults, settings);
    let ended = delivery.run();
    assert!(ended.elapsed < Duration::from_secs(10), "{:?}: it is tried again and again", ended.elapsed);
    let message = ended.failure();
    assert_says(&message, &["nothing could be written", "s3://reports/aws-100000000000-", "s3:PutObject"]);
    assert_says(&message, says);
    let (logs, sim) = delivery.end();
    assert_says(&errors(&logs), says);
    let counts = sim.counts();
    assert!(counts.objects.is_empty(), "{:?}", counts.objects);
    assert_eq!(counts.of("ses:SendEmail").calls, 0, "no mail speaks of a report that is not there");
}

#[test]
fn a_bucket_that_may_not_be_written_fails_the_function_at_once() {
    let denied = all_of_s3("access-denied", &json!({}));
    for function in FUNCTIONS {
        assert_fails_at_once(function, &denied, &[], &["was denied", "allow the function's role to read and write"]);
    }
}

#[test]
fn a_bucket_of_somebody_else_fails_the_function_at_once() {
    let stranger = [("EXPECTED_BUCKET_OWNER", "100000000001")];
    for function in FUNCTIONS {
        assert_fails_at_once(function, &json!([]), &stranger, &["was denied", "see that EXPECTED_BUCKET_OWNER is"]);
    }
}

#[test]
fn a_key_that_may_not_be_used_fails_the_function_at_once() {
    let faults = json!([{"operation": "s3:PutObject", "fault": "kms-denied"}]);
    assert_fails_at_once(ACCOUNT_METADATA, &faults, &[KEY], &["kms:GenerateDataKey and kms:Decrypt on the KMS key"]);
    let faults = json!([{"operation": "s3:PutObject", "fault": "kms-disabled"}]);
    assert_fails_at_once(
        CREDENTIAL_REPORT,
        &faults,
        &[KEY],
        &["KMS.DisabledException", "enable it, or set KMS_KEY_ARN"],
    );
}

#[test]
fn one_object_that_is_not_written_is_named_and_counted_and_the_rest_is_there() {
    let faults = json!([{"operation": "s3:PutObject", "object": "-coverage.csv", "fault": "kms-denied"}]);
    let mut delivery = Delivery::new(CREDENTIAL_REPORT, QUARTER, &faults, &[KEY]);
    let summary = delivery.run().summary("partial");
    let name = "aws-100000000000-credential-report-2026-11-21T06-00-00Z-coverage.csv";
    assert_says(&summary["warnings"].to_string(), &[name, "could not be written", "kms:GenerateDataKey and"]);
    assert!(summary["organizations"][0]["coverage"].is_null(), "{summary}");
    // The mail goes out all the same.
    assert_eq!((&summary["undelivered"], &summary["mail"]["sent"]), (&json!(1), &json!(1)), "{summary}");
    let (logs, sim) = delivery.end();
    assert_eq!(undelivered(&logs), Some(1));
    assert_says(&errors(&logs), &[name, "s3:PutObject was denied", "kms:GenerateDataKey and"]);
    let objects = sim.counts().objects;
    assert!(objects.keys().any(|key| key.ends_with("credential-report-2026-11-21T06-00-00Z.csv")), "{objects:?}");
    assert!(!objects.keys().any(|key| key.ends_with("-latest.csv")), "a report without its ledger is not the newest");
}

#[test]
fn a_report_that_is_not_written_is_mailed_all_the_same() {
    let report = "credential-report-2026-11-21T06-00-00Z.csv";
    let faults = json!([{"operation": "s3:PutObject", "object": report, "fault": "access-denied"}]);
    let mut delivery = Delivery::new(CREDENTIAL_REPORT, QUARTER, &faults, &[]);
    let summary = delivery.run().summary("partial");
    assert_says(&summary["warnings"].to_string(), &[report, "EXPECTED_BUCKET_OWNER"]);
    assert_eq!((&summary["undelivered"], &summary["mail"]["sent"]), (&json!(1), &json!(1)), "{summary}");
    let (logs, _sim) = delivery.end();
    assert_eq!(undelivered(&logs), Some(1));
}
