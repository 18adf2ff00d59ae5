//! Planned faults, as a client meets them.

use std::io::ErrorKind;
use std::time::Duration;

use aws_sim::{AccountId, Fault, FaultRule, OperationCounts, Settings, Sim};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::client::{Client, Failed, Reply, exchange};

fn start(rules: Vec<FaultRule>) -> (Sim, Client) {
    let sim = Sim::start(Settings { faults: rules, fresh_share: 1.0, ..Settings::immediate() }).unwrap();
    let client = Client::of(&sim);
    (sim, client)
}

fn rule(operation: &str, fault: Fault) -> FaultRule {
    FaultRule::new(operation, fault)
}

async fn put(client: &Client) -> Result<Reply, Failed> {
    client.try_send("PUT", "/bucket/key", &[], "content").await
}

async fn get(client: &Client) -> Result<Reply, Failed> {
    client.try_send("GET", "/bucket/key", &[], "").await
}

#[tokio::test]
async fn a_wrong_signature_is_told_with_what_the_request_was_signed_with() {
    let (_sim, client) = start(vec![rule("s3:GetObject", Fault::WrongSignature)]);
    let refused = client.send("GET", "/bucket/key", &[("x-amz-security-token", "a/token==")], "").await;
    let said = refused.element("Message");
    for part in
        ["authorization:AWS4-HMAC-SHA256 Credential=AKIATEST/", "a/token==", "a%2Ftoken%3D%3D", "X-Amz-Signature=0"]
    {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[tokio::test]
async fn a_refusal_comes_in_the_protocol_of_the_operation_and_changes_nothing() {
    for (fault, organizations, sts, account, s3) in [
        (
            Fault::Throttle,
            (400, "TooManyRequestsException"),
            (400, "Throttling"),
            (429, "TooManyRequestsException"),
            (503, "SlowDown"),
        ),
        (
            Fault::Error500,
            (500, "ServiceException"),
            (500, "InternalFailure"),
            (500, "InternalServerException"),
            (500, "InternalError"),
        ),
        (
            Fault::Error503,
            (503, "ServiceUnavailableException"),
            (503, "ServiceUnavailable"),
            (503, "ServiceUnavailableException"),
            (503, "ServiceUnavailable"),
        ),
        (
            Fault::WrongSignature,
            (400, "InvalidSignatureException"),
            (403, "SignatureDoesNotMatch"),
            (403, "InvalidSignatureException"),
            (403, "SignatureDoesNotMatch"),
        ),
        (
            Fault::AccessDenied,
            (400, "AccessDeniedException"),
            (403, "AccessDenied"),
            (403, "AccessDeniedException"),
            (403, "AccessDenied"),
        ),
        (
            Fault::ExpiredToken,
            (400, "ExpiredTokenException"),
            (403, "ExpiredToken"),
            (403, "ExpiredTokenException"),
            (400, "ExpiredToken"),
        ),
        (
            Fault::ClockSkew,
            (400, "InvalidSignatureException"),
            (403, "SignatureDoesNotMatch"),
            (403, "InvalidSignatureException"),
            (403, "RequestTimeTooSkewed"),
        ),
    ] {
        let (sim, client) = start(vec![rule("*", fault)]);
        let named = |(status, code): (u16, &str)| (status, code.to_owned());
        assert_eq!(client.organizations("ListAccounts", &json!({})).await.error(), named(organizations));
        assert_eq!(client.sts("GetCallerIdentity").await.error(), named(sts));
        assert_eq!(client.send("POST", "/listRegions", &[], "{}").await.error(), named(account));
        assert_eq!(put(&client).await.unwrap().error(), named(s3));
        assert_eq!(sim.object("bucket", "key"), None);
        let counts = OperationCounts { calls: 1, throttled: 0, faulted: 1, succeeded: 0 };
        assert_eq!(sim.counts().of("s3:PutObject"), counts);
    }
}

#[tokio::test]
async fn a_fault_happens_to_the_calls_of_its_rule_only() {
    let account = AccountId::new(0, 3);
    let denied = FaultRule { account: Some(account.to_string()), ..rule("sts:AssumeRole", Fault::AccessDenied) };
    let once = FaultRule { first: Some(1), ..rule("iam:GetCredentialReport", Fault::Throttle) };
    let (sim, client) = start(vec![denied, once]);
    assert_eq!(client.assume_role(account).await.error(), (403, "AccessDenied".to_owned()));
    for index in [4, 5] {
        let member = client.in_account(AccountId::new(0, index)).await;
        assert_eq!(member.iam("GetCredentialReport").await.error(), (400, "Throttling".to_owned()));
        assert_eq!(member.iam("GetCredentialReport").await.status, 200);
    }
    let counts = OperationCounts { calls: 4, throttled: 0, faulted: 2, succeeded: 2 };
    assert_eq!(sim.counts().of("iam:GetCredentialReport"), counts);
}

#[tokio::test]
async fn a_reset_before_the_answer_loses_the_answer_and_not_the_work() {
    let (sim, client) = start(vec![FaultRule { first: Some(1), ..rule("s3:PutObject", Fault::ResetBeforeAnswer) }]);
    assert_eq!(put(&client).await.unwrap_err().0, Some(ErrorKind::ConnectionReset));
    assert_eq!(sim.object("bucket", "key").unwrap(), b"content");
    let counts = OperationCounts { calls: 1, throttled: 0, faulted: 1, succeeded: 0 };
    assert_eq!(sim.counts().of("s3:PutObject"), counts);
    let again = client.send("PUT", "/bucket/key", &[("if-none-match", "*")], "content").await;
    assert_eq!(again.error(), (412, "PreconditionFailed".to_owned()));
}

#[tokio::test]
async fn an_answer_without_a_body_breaks_off_as_well() {
    for fault in [Fault::ResetInBody, Fault::TruncatedBody] {
        let (sim, client) = start(vec![rule("s3:PutObject", fault), rule("s3:HeadObject", fault)]);
        assert!(put(&client).await.is_err(), "{fault:?}");
        assert_eq!(sim.object("bucket", "key").unwrap(), b"content");
        assert!(client.try_send("HEAD", "/bucket/key", &[], "").await.is_err(), "{fault:?}");
    }
}

#[tokio::test]
async fn an_upload_that_is_refused_is_taken_in_first() {
    let (_sim, client) = start(vec![FaultRule { first: Some(1), ..rule("s3:PutObject", Fault::Throttle) }]);
    let mut connections = JoinSet::new();
    let mut sender = client.connect(&mut connections).await;
    for status in [503, 200] {
        let request = client.request("PUT", "/bucket/key", &[], vec![b'x'; 8 * 1024 * 1024]);
        assert_eq!(exchange(&mut sender, request).await.unwrap().status, status, "on the same connection");
    }
}

#[tokio::test]
async fn a_reset_begins_the_plan_again() {
    let (sim, client) = start(vec![FaultRule { first: Some(1), ..rule("s3:PutObject", Fault::Throttle) }]);
    for _ in 0..2 {
        assert_eq!(put(&client).await.unwrap().status, 503);
        assert_eq!(put(&client).await.unwrap().status, 200);
        sim.reset();
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_answer() {
    for (fault, kind) in [(Fault::ResetInBody, Some(ErrorKind::ConnectionReset)), (Fault::TruncatedBody, None)] {
        let (_sim, client) = start(vec![rule("s3:GetObject", fault), rule("iam:GetCredentialReport", fault)]);
        put(&client).await.unwrap();
        let broken = get(&client).await.unwrap_err();
        if kind.is_some() {
            assert_eq!(broken.0, kind, "{fault:?}");
        }
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let report = client.try_send("POST", "/", &form, "Action=GetCredentialReport&Version=2010-05-08").await;
        assert!(report.is_err(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_call_that_hangs_ends_when_the_client_goes() {
    let (sim, client) = start(vec![FaultRule { first: Some(1), ..rule("s3:PutObject", Fault::Hang) }]);
    let large = client.try_send("PUT", "/bucket/key", &[], vec![b'x'; 8 * 1024 * 1024]);
    assert!(timeout(Duration::from_millis(500), large).await.is_err());
    assert_eq!(sim.object("bucket", "key"), None);
    assert_eq!(put(&client).await.unwrap().status, 200, "others are answered meanwhile");
    let began = Instant::now();
    while sim.counts().connections.open > 0 {
        assert!(began.elapsed() < Duration::from_secs(5), "the connection stays open");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_slow_body_is_whole_in_the_end() {
    let (_sim, client) = start(vec![rule("s3:GetObject", Fault::SlowBody { seconds: 0.5 })]);
    put(&client).await.unwrap();
    let began = Instant::now();
    assert_eq!(get(&client).await.unwrap().text(), "content");
    assert!(began.elapsed() >= Duration::from_millis(500));
}

#[tokio::test]
async fn an_answer_may_be_a_page_or_half() {
    let (_sim, client) = start(vec![
        FaultRule { first: Some(1), ..rule("*", Fault::WrongContentType) },
        rule("*", Fault::MalformedBody),
    ]);
    let page = client.organizations("ListAccounts", &json!({})).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html"));
    assert!(page.text().starts_with("<!DOCTYPE html>"));
    let half = client.organizations("ListAccounts", &json!({})).await;
    assert_eq!((half.status.as_u16(), half.header("content-type")), (200, "application/x-amz-json-1.1"));
    assert!(half.text().starts_with("{\"Accounts\"") && serde_json::from_slice::<Value>(&half.body).is_err());
}

/// The tokens that so many pages of accounts have, and how many accounts each.
async fn listed(client: &Client, most: usize) -> (Vec<Value>, Vec<usize>) {
    let (mut tokens, mut sizes, mut token) = (Vec::new(), Vec::new(), Value::Null);
    for _ in 0..most {
        let page = client.organizations("ListAccounts", &json!({"NextToken": token})).await.json();
        token = page["NextToken"].clone();
        sizes.push(page["Accounts"].as_array().unwrap().len());
        tokens.push(token.clone());
        if token.is_null() {
            break;
        }
    }
    (tokens, sizes)
}

#[tokio::test]
async fn pages_go_wrong_as_planned() {
    let list = "organizations:ListAccounts";
    let (_sim, client) =
        start(vec![FaultRule { first: Some(2), after: Some(1), ..rule(list, Fault::EmptyPageWithToken) }]);
    let (_, sizes) = listed(&client, 20).await;
    assert_eq!(sizes, [20, 0, 0, 20, 20, 20, 20]);

    let (_sim, client) = start(vec![rule(list, Fault::RepeatedToken)]);
    let (tokens, _) = listed(&client, 6).await;
    assert!(tokens.len() == 6 && tokens.iter().all(|token| *token == tokens[0] && token.is_string()), "{tokens:?}");

    let (_sim, client) = start(vec![rule(list, Fault::AlternatingTokens)]);
    let (tokens, _) = listed(&client, 6).await;
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!((&tokens[..2], &tokens[..2]), (&tokens[2..4], &tokens[4..6]));

    let (_sim, client) = start(vec![rule(list, Fault::InvalidNextToken)]);
    let first = client.organizations("ListAccounts", &json!({})).await.json();
    let second = client.organizations("ListAccounts", &json!({"NextToken": first["NextToken"]})).await;
    assert_eq!(second.error(), (400, "InvalidInputException".to_owned()));
    assert_eq!(second.json()["Reason"], "INVALID_NEXT_TOKEN");
}

#[tokio::test]
async fn every_paged_operation_can_repeat_its_token() {
    let (_sim, client) = start(vec![rule("*", Fault::RepeatedToken)]);
    let resources = async |token: &Value| {
        client.get_resources(&json!({"PaginationToken": token})).await.json()["PaginationToken"].clone()
    };
    let regions = async |token: &Value| {
        let body = json!({"NextToken": token}).to_string();
        client.send("POST", "/listRegions", &[], body).await.json()["NextToken"].clone()
    };
    let tags = async |token: &Value| {
        let body = json!({"ResourceId": "100000000001", "NextToken": token});
        client.organizations("ListTagsForResource", &body).await.json()["NextToken"].clone()
    };
    let tenants = async |token: &Value| {
        client.scan(&json!({"ExclusiveStartKey": token})).await.json()["LastEvaluatedKey"].clone()
    };
    let first = [resources(&json!("")).await, regions(&Value::Null).await, tags(&Value::Null).await];
    assert!(first.iter().all(|token| token.as_str().is_some_and(|token| !token.is_empty())), "{first:?}");
    assert_eq!([resources(&first[0]).await, regions(&first[1]).await, tags(&first[2]).await], first);
    let key = tenants(&Value::Null).await;
    assert!(key.is_object());
    assert_eq!(tenants(&key).await, key);
}

#[test]
fn a_rule_that_cannot_be_is_refused_by_name() {
    let settings = Settings { faults: vec![rule("iam:ListUsers", Fault::Hang)], ..Settings::immediate() };
    let refused = Sim::start(settings).unwrap_err();
    assert_eq!(refused.to_string(), "fault rule 1: the operation iam:ListUsers is not known");
}
