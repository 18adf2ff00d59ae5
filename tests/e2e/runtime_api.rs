//! The runtime API itself, with a stub in place of a function.

use std::time::Duration;

use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::process::{Environment, environment};
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::tools;
use serde_json::json;

/// Nothing listens there, and the stub calls nobody.
const NOWHERE: (&str, &str) = ("AWS_ENDPOINT_URL", "http://127.0.0.1:9");

fn stub(settings: &Environment) -> Function {
    let script = tools::workspace().join("tests/e2e/stub_function.py");
    let python = tools::test_programs().join("python");
    Function::start_program("stub", &python, &[script.to_str().unwrap()], settings)
}

#[test]
fn a_function_gets_its_event_with_lambdas_headers_and_a_clean_environment() {
    let mut function = stub(&environment([NOWHERE, ("OUTPUT_BUCKET", "a-bucket")]));
    let Answer::Response(answer) = function.invoke(&json!({"a": [1, null]}), Deadline::In(Duration::from_mins(1)))
    else {
        panic!("the stub answers")
    };
    assert_eq!(answer["event"], json!({"a": [1, null]}));
    let headers = &answer["headers"];
    assert_eq!(headers["lambda-runtime-aws-request-id"], "00000000-0000-4000-8000-000000000001");
    let arn = headers["lambda-runtime-invoked-function-arn"].as_str().unwrap();
    assert!(arn.ends_with(":function:stub"), "{arn}");
    assert!(headers["lambda-runtime-trace-id"].as_str().unwrap().starts_with("Root=1-"));
    let deadline: u64 = headers["lambda-runtime-deadline-ms"].as_str().unwrap().parse().unwrap();
    assert!(deadline > 1_700_000_000_000, "the deadline is a time since the epoch: {deadline}");
    let names: Vec<&String> = answer["environment"].as_object().unwrap().keys().collect();
    assert_eq!(answer["environment"]["OUTPUT_BUCKET"], "a-bucket");
    assert!(!names.iter().any(|name| name.starts_with("CARGO") || *name == "HOME"), "{names:?}");

    let Answer::Response(answer) = function.invoke(&json!(null), Deadline::Exactly(600_000)) else {
        panic!("the stub answers again")
    };
    assert_eq!(answer["event"], json!(null));
    assert_eq!(answer["headers"]["lambda-runtime-deadline-ms"], "600000");
    let logs = function.end_and_read_logs();
    assert_eq!(logs, "the stub starts\nthe stub answered\nthe stub answered\n");
}

#[test]
fn an_error_of_a_function_is_its_answer_and_the_next_event_is_served() {
    let mut function = stub(&environment([NOWHERE]));
    let failed = Answer::Error { error_type: "StubError".to_owned(), message: "told to fail".to_owned() };
    assert_eq!(function.invoke(&json!("fail"), Deadline::LONGEST), failed);
    assert!(matches!(function.invoke(&json!({}), Deadline::LONGEST), Answer::Response(_)));
}

#[test]
fn a_function_that_cannot_start_or_exits_is_an_error() {
    let mut function = stub(&environment([NOWHERE, ("STUB", "fails to start")]));
    let failed = Answer::Error { error_type: "StubInit".to_owned(), message: "settings are missing".to_owned() };
    assert_eq!(function.invoke(&json!({}), Deadline::LONGEST), failed);

    let mut function = stub(&environment([NOWHERE]));
    let Answer::Error { error_type, message } = function.invoke(&json!("exit"), Deadline::LONGEST) else {
        panic!("the stub exits")
    };
    assert_eq!(error_type, "Runtime.ExitError");
    assert!(message.contains('7') && message.contains("the stub exits"), "{message}");
}
