//! What becomes of a run whose reports cannot be written or whose digest cannot be mailed.
//!
//! Whatever S3 and SES do, the accounts are swept once. What could not be delivered is in the summary, in the log with its
//! cause and what to do, and in a metric; where nothing could be written the function fails.

mod mail;
mod objects;

use std::time::Duration;

use aws_sim::{FaultRule, Settings, Sim};
use orgscan_tests::answer::{self, assert_logs_are_clean};
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::sim::{TENANTS, environment};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::ACCOUNT_METADATA;

const ACCOUNTS: u32 = 6;
const RECIPIENT: &str = "one@example.com";
const MAIL: [(&str, &str); 2] = [("MAIL_SENDER", "audit@example.com"), ("MAIL_RECIPIENTS", RECIPIENT)];

/// Every call to S3 that a run may make.
const S3: [&str; 5] = ["s3:PutObject", "s3:GetObject", "s3:HeadObject", "s3:DeleteObject", "s3:CreateMultipartUpload"];

/// A function whose accounts can be read, and what S3 or SES do to it.
struct Delivery {
    function: Function,
    sim: Sim,
    deadline: Duration,
}

/// What a run came to.
struct Ended {
    answer: Answer,
    elapsed: Duration,
}

impl Delivery {
    fn new(function: &str, deadline: Duration, faults: &Value, more: &[(&str, &str)]) -> Self {
        let faults = FaultRule::list_from_json(&faults.to_string()).unwrap();
        let world = Settings { accounts: ACCOUNTS, users: 3, fresh_share: 1.0, faults, ..Settings::immediate() };
        let sim = Sim::start(world).unwrap();
        let job: &[(&str, &str)] = if function == ACCOUNT_METADATA { &TENANTS } else { &MAIL };
        let settings = [&[("DEADLINE_RESERVE_SECONDS", "10")], job, more].concat();
        Self { function: Function::start(function, &environment(&sim, &settings)), sim, deadline }
    }

    /// Delivers the event, which is the same every time.
    fn run(&mut self) -> Ended {
        let began = Instant::now();
        let event = json!({"scheduled_time": "2026-11-21T06:00:00Z"});
        let answer = self.function.invoke(&event, Deadline::In(self.deadline));
        let elapsed = began.elapsed();
        assert!(elapsed < self.deadline, "{elapsed:?} of {:?}", self.deadline);
        Ended { answer, elapsed }
    }

    /// Ends the function, checks that no account was read twice and that the log shows no address, and returns it.
    fn end(self) -> (String, Sim) {
        let Self { function, sim, .. } = self;
        let logs = function.end_and_read_logs();
        let addresses = [RECIPIENT, "audit@example.com", "somebody@example.com"].map(str::to_owned);
        assert_logs_are_clean(&logs, &addresses.into());
        // The account that the function runs in needs no role.
        assert_eq!(sim.counts().of("sts:AssumeRole").calls, u64::from(ACCOUNTS) - 1, "the sweep is not repeated");
        (logs, sim)
    }
}

impl Ended {
    fn summary(self, status: &str) -> Value {
        let summary = answer::summary(self.answer);
        assert_eq!(answer::status(&summary), status, "{summary}");
        assert_eq!(summary["organizations"][0]["accounts"]["reported"], ACCOUNTS, "{summary}");
        summary
    }

    fn failure(self) -> String {
        match self.answer {
            Answer::Error { error_type, message } if error_type == "StoreFailed" => message,
            other => panic!("it must fail for its store: {other:?}"),
        }
    }
}

/// Asserts that a text has each of these parts.
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

/// The lines of level ERROR.
fn errors(logs: &str) -> String {
    answer::messages(logs, "ERROR").join("\n")
}

/// The metric of the only run that has any; none where the run failed.
fn undelivered(logs: &str) -> Option<u64> {
    let metrics: Vec<Value> = logs
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line.get("_aws").is_some())
        .collect();
    assert!(metrics.len() < 2, "one run has one line of metrics: {metrics:?}");
    metrics.first().map(|metrics| metrics["Undelivered"].as_u64().expect("a count"))
}

/// Rules that make a fault happen to every call to S3, with more of a rule's fields.
fn all_of_s3(fault: &str, more: &Value) -> Value {
    let rule = |operation: &str| {
        let mut rule = json!({"operation": operation, "fault": fault});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    S3.map(rule).into_iter().collect()
}
