//! Time, quotas, counts, and back to the beginning.

use std::time::Duration;

use aws_sim::{AccountId, Counts, OperationCounts, Settings, Sim};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::client::{Client, exchange};

fn start(settings: Settings) -> (Sim, Client) {
    let sim = Sim::start(settings).unwrap();
    let client = Client::of(&sim);
    (sim, client)
}

#[tokio::test]
async fn an_answer_takes_its_time_and_holds_up_no_other() {
    let latency = Duration::from_millis(200);
    let (sim, client) = start(Settings { latency, ..Settings::immediate() });
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let client = client.clone();
        calls.spawn(async move { client.sts("GetCallerIdentity").await.status });
    }
    assert!(calls.join_all().await.into_iter().all(|status| status == 200));
    let took = began.elapsed();
    assert!((latency..latency * 8).contains(&took), "50 calls at once took {took:?}");
    assert_eq!(sim.counts().connections.most_open, 50);
}

#[tokio::test]
async fn a_slow_account_answers_its_report_late_and_the_rest_in_time() {
    let slow = Duration::from_millis(500);
    let (_sim, client) = start(Settings { fresh_share: 1.0, slow_share: 1.0, slow, ..Settings::immediate() });
    let member = client.in_account(AccountId::new(0, 1)).await;
    let began = Instant::now();
    assert_eq!(member.iam("GenerateCredentialReport").await.element("State"), "COMPLETE");
    assert!(began.elapsed() < slow);
    assert_eq!(member.iam("GetCredentialReport").await.status, 200);
    assert!(began.elapsed() >= slow);
}

#[tokio::test]
async fn a_quota_refuses_in_the_words_of_its_service() {
    let (sim, client) = start(Settings { quotas: true, ..Settings::immediate() });
    let mut errors = Vec::new();
    for _ in 0..3 {
        let reply = client.organizations("DescribeOrganization", &json!({})).await;
        errors.extend((reply.status != 200).then(|| reply.error()));
    }
    assert_eq!(errors, [(400, "TooManyRequestsException".to_owned())]);
    let counts = OperationCounts { calls: 3, throttled: 1, faulted: 0, succeeded: 2 };
    assert_eq!(sim.counts().of("organizations:DescribeOrganization"), counts);
    let regions = async |client: &Client| client.send("POST", "/listRegions", &[], "{}").await;
    let members = [client.in_account(AccountId::new(0, 1)).await, client.in_account(AccountId::new(0, 2)).await];
    for member in &members {
        let mut throttled = Vec::new();
        for _ in 0..8 {
            let reply = regions(member).await;
            throttled.extend((reply.status != 200).then(|| reply.error()));
        }
        assert!((1..=3).contains(&throttled.len()), "5 at once and 5 a second: {throttled:?}");
        assert_eq!(throttled[0], (429, "TooManyRequestsException".to_owned()));
    }
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let (sim, client) = start(Settings::immediate());
    let mut connections = JoinSet::new();
    let mut sender = client.connect(&mut connections).await;
    for number in 0..100 {
        let (method, path) = if number % 2 == 0 { ("PUT", "/bucket/key") } else { ("GET", "/bucket/key") };
        let reply = exchange(&mut sender, client.request(method, path, &[], "content")).await.unwrap();
        assert_eq!(reply.status, 200);
    }
    let counts = sim.counts();
    assert_eq!((counts.connections.open, counts.connections.accepted), (1, 1));
    assert_eq!((counts.of("s3:PutObject").succeeded, counts.of("s3:GetObject").succeeded), (50, 50));
}

#[tokio::test]
async fn counts_are_answered_and_set_back() {
    let (sim, client) = start(Settings { quotas: true, ..Settings::immediate() });
    let member = client.in_account(AccountId::new(0, 7)).await;
    for _ in 0..3 {
        client.organizations("DescribeOrganization", &json!({})).await;
    }
    member.iam("GenerateCredentialReport").await;
    client.send("PUT", "/bucket/key", &[], "content").await;
    client.send("POST", "/bucket/large?uploads", &[], "").await;
    let answered: Counts = serde_json::from_slice(&client.send("GET", "/_sim/counts", &[], "").await.body).unwrap();
    assert_eq!(answered.of("sts:AssumeRole").calls, 1);
    assert_eq!(answered.accounts_called, 2);
    assert_eq!(answered.open_uploads, 1);
    assert_eq!(answered.objects, [("bucket/key".to_owned(), 7)].into());
    assert_eq!(answered.calls, sim.counts().calls);

    assert_eq!(client.send("POST", "/_sim/reset", &[], "").await.status, 204);
    let counts = sim.counts();
    assert!(counts.calls.is_empty() && counts.objects.is_empty(), "{counts:?}");
    assert_eq!((counts.accounts_called, counts.open_uploads), (0, 0));
    assert_eq!(member.iam("GetCredentialReport").await.error(), (410, "ReportNotPresent".to_owned()));
    assert_eq!(client.organizations("DescribeOrganization", &json!({})).await.status, 200, "the quota is full again");
    assert_eq!(sim.object("bucket", "key"), None);
    assert_eq!(client.send("GET", "/_sim/reset", &[], "").await.status, 404);
}

#[tokio::test]
async fn a_stopped_stand_in_answers_nobody() {
    let (sim, client) = start(Settings::immediate());
    let mut connections = JoinSet::new();
    let mut sender = client.connect(&mut connections).await;
    assert!(exchange(&mut sender, client.request("PUT", "/bucket/key", &[], "content")).await.is_ok());
    drop(sim);
    let request = client.request("GET", "/bucket/key", &[], "");
    let exchanged = timeout(Duration::from_secs(5), exchange(&mut sender, request)).await;
    assert!(exchanged.unwrap().is_err());
}

#[tokio::test]
async fn two_stand_ins_with_the_same_settings_answer_the_same() {
    let settings = || Settings { fresh_share: 1.0, ..Settings::immediate() };
    let mut answers = Vec::new();
    for settings in [settings(), settings(), Settings { seed: 2, ..settings() }] {
        let (_sim, client) = start(settings);
        let accounts = client.organizations("ListAccounts", &json!({})).await;
        let report = client.in_account(AccountId::new(0, 3)).await.iam("GetCredentialReport").await;
        answers.push((accounts.json(), report.element("Content").to_owned()));
    }
    assert_eq!(answers[0], answers[1]);
    assert_ne!(answers[0].0, answers[2].0);
    assert_ne!(answers[0].1, answers[2].1);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let refused = Sim::start(Settings { regions: 0, ..Settings::default() }).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
    let sim = Sim::start(Settings::immediate()).unwrap();
    let taken = Sim::start(Settings { port: sim.address().port(), ..Settings::immediate() }).unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
}
