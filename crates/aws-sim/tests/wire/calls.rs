//! Each operation, and that it answers what an SDK would understand.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sim::{AccountId, Settings, Sim};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::client::Client;

fn start(settings: Settings) -> (Sim, Client) {
    let sim = Sim::start(settings).unwrap();
    let client = Client::of(&sim);
    (sim, client)
}

fn texts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_assumed_role_is_in_its_account() {
    let (_sim, client) = start(Settings::immediate());
    assert_eq!(client.sts("GetCallerIdentity").await.element("Account"), "100000000000");
    let session = client.assume_role(AccountId::new(0, 42)).await;
    assert_eq!(session.element("Arn"), "arn:aws:sts::100000000042:assumed-role/Reader/run-1");
    assert!(session.element("Expiration").ends_with('Z') && !session.element("SessionToken").is_empty());
    let member = client.in_account(AccountId::new(0, 42)).await;
    let identity = member.sts("GetCallerIdentity").await;
    assert_eq!(identity.element("Account"), "100000000042");
    assert!(identity.element("Arn").starts_with("arn:aws:sts::100000000042:assumed-role/"));
    let stranger = client.assume_role(AccountId::new(0, 100)).await;
    assert_eq!(stranger.error(), (403, "AccessDenied".to_owned()));
}

#[tokio::test]
async fn every_account_is_listed_once_and_the_management_account_first() {
    let (_sim, client) = start(Settings { organizations: 2, accounts: 45, ..Settings::immediate() });
    let management = client.in_account(AccountId::new(1, 0)).await;
    let (mut pages, mut ids, mut token) = (Vec::new(), Vec::new(), Value::Null);
    loop {
        let page =
            management.organizations("ListAccounts", &json!({"NextToken": token, "MaxResults": 20})).await.json();
        for account in page["Accounts"].as_array().unwrap() {
            let id = account["Id"].as_str().unwrap();
            assert_eq!((account["State"].as_str(), account["Status"].as_str()), (Some("ACTIVE"), Some("ACTIVE")));
            assert_eq!(account["Arn"], format!("arn:aws:organizations::100001000000:account/o-sim0000001/{id}"));
            let path = account["Paths"][0].as_str().unwrap();
            assert!(path.starts_with("o-sim0000001/r-sim0/") && path.ends_with(&format!("/{id}/")), "{path}");
            assert!(account["JoinedTimestamp"].is_u64() && account["Email"].is_string() && account["Name"].is_string());
            ids.push(id.to_owned());
        }
        pages.push(page["Accounts"].as_array().unwrap().len());
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(pages, [20, 20, 5]);
    let expected: Vec<String> = (0..45).map(|index| AccountId::new(1, index).to_string()).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn an_organization_is_described_to_all_and_listed_to_its_management_account() {
    let (_sim, client) = start(Settings { organizations: 2, ..Settings::immediate() });
    let member = client.in_account(AccountId::new(1, 5)).await;
    let organization = member.organizations("DescribeOrganization", &json!({})).await.json();
    assert_eq!(organization["Organization"]["Id"], "o-sim0000001");
    assert_eq!(organization["Organization"]["MasterAccountId"], "100001000000");
    let denied = (400, "AccessDeniedException".to_owned());
    assert_eq!(member.organizations("ListAccounts", &json!({})).await.error(), denied);
    let tags = json!({"ResourceId": "100001000005"});
    assert_eq!(member.organizations("ListTagsForResource", &tags).await.error(), denied);
    let (not_found, invalid) = ("TargetNotFoundException".to_owned(), "InvalidInputException".to_owned());
    assert_eq!(client.organizations("ListTagsForResource", &tags).await.error(), (400, not_found));
    let too_many = client.organizations("ListAccounts", &json!({"MaxResults": 21})).await;
    assert_eq!(too_many.error(), (400, invalid.clone()));
    let unknown_token = client.organizations("ListAccounts", &json!({"NextToken": "x"})).await;
    assert_eq!(unknown_token.error(), (400, invalid));
    assert_eq!(unknown_token.json()["Reason"], "INVALID_NEXT_TOKEN");
}

#[tokio::test]
async fn tags_are_the_same_in_bulk_and_one_by_one() {
    let (_sim, client) = start(Settings { accounts: 250, tagged_share: 0.8, ..Settings::immediate() });
    let (mut bulk, mut sizes, mut token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let types = ["organizations:account"];
        let body = json!({"ResourceTypeFilters": types, "ResourcesPerPage": 100, "PaginationToken": token});
        let page = client.get_resources(&body).await.json();
        let resources = page["ResourceTagMappingList"].as_array().unwrap();
        sizes.push(resources.len());
        bulk.extend(resources.iter().map(|it| (it["ResourceARN"].as_str().unwrap().to_owned(), it["Tags"].clone())));
        page["PaginationToken"].as_str().unwrap().clone_into(&mut token);
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(sizes.len(), 2, "100 of about 200 a page: {sizes:?}");
    for index in 0..250 {
        let account = AccountId::new(0, index);
        let tags = client.organizations("ListTagsForResource", &json!({"ResourceId": account.to_string()})).await;
        let tags = tags.json()["Tags"].clone();
        let arn = format!("arn:aws:organizations::100000000000:account/o-sim0000000/{account}");
        match bulk.iter().find(|(found, _)| *found == arn) {
            Some((_, in_bulk)) => {
                assert_eq!(tags, *in_bulk);
                assert_eq!(texts(&tags, "Key"), ["Environment", "aide-id"]);
            }
            None => assert_eq!(tags, json!([])),
        }
    }
    let elsewhere = client.in_region("eu-west-1");
    let body = json!({"ResourceTypeFilters": ["organizations:account"]});
    assert_eq!(elsewhere.get_resources(&body).await.json()["ResourceTagMappingList"], json!([]));
}

#[tokio::test]
async fn an_account_may_have_as_many_and_as_long_tags_as_there_can_be() {
    let (_sim, client) = start(Settings { tagged_share: 1.0, tags: 50, ..Settings::immediate() });
    let tags = client.organizations("ListTagsForResource", &json!({"ResourceId": "100000000001"})).await.json();
    let keys = texts(&tags["Tags"], "Key");
    assert_eq!((keys.len(), &keys[48..]), (50, &["Environment", "aide-id"][..]));
    assert!(keys[..48].iter().all(|key| key.len() == 128));
    assert!(texts(&tags["Tags"], "Value")[..48].iter().all(|value| value.chars().count() == 256));
}

#[tokio::test]
async fn suspended_accounts_are_listed_as_such() {
    let settings = Settings { accounts: 20, suspended_share: 0.5, ..Settings::immediate() };
    let states = async |settings: Settings| {
        let (_sim, client) = start(settings);
        let page = client.organizations("ListAccounts", &json!({})).await.json();
        texts(&page["Accounts"], "State").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let some = states(settings.clone()).await;
    let suspended = some.iter().filter(|state| *state == "SUSPENDED").count();
    assert!(some[0] == "ACTIVE" && (4..=15).contains(&suspended), "{some:?}");
    let all = states(Settings { suspended_share: 1.0, suspended_management: true, ..settings }).await;
    assert_eq!(all, vec!["SUSPENDED"; 20]);
}

#[tokio::test]
async fn regions_are_filtered_and_paged() {
    let (_sim, client) = start(Settings { regions: 19, ..Settings::immediate() });
    let list = async |client: &Client, body: Value| client.send("POST", "/listRegions", &[], body.to_string()).await;
    let enabled = json!({"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"], "MaxResults": 50});
    let page = list(&client, enabled).await.json();
    assert_eq!(page["Regions"].as_array().unwrap().len(), 19);
    assert_eq!(page["NextToken"], Value::Null);
    let first = list(&client, json!({})).await.json();
    let second = list(&client, json!({"NextToken": first["NextToken"]})).await.json();
    let both: BTreeSet<&str> = [&first, &second].iter().flat_map(|it| texts(&it["Regions"], "RegionName")).collect();
    assert_eq!(both.len(), 34);
    assert_eq!(list(&client, json!({"AccountId": "100000000001"})).await.status, 200);
    let member = client.in_account(AccountId::new(0, 1)).await;
    let of_another = list(&member, json!({"AccountId": "100000000002"})).await;
    assert_eq!(of_another.error(), (403, "AccessDeniedException".to_owned()));
    assert_eq!(list(&client, json!({"MaxResults": 51})).await.error(), (400, "ValidationException".to_owned()));
}

#[tokio::test]
async fn resources_are_those_of_account_and_region_and_some_first_pages_are_empty() {
    let (_sim, client) = start(Settings::immediate());
    let (mut active, mut empty_first, mut pairs) = (0, 0, 0);
    for index in 1..21 {
        let account = AccountId::new(0, index);
        for region in ["us-east-1", "eu-west-1", "ap-south-1", "sa-east-1", "us-west-2"] {
            let member = client.in_account(account).await.in_region(region);
            let (mut arns, mut token, mut number) = (Vec::new(), String::new(), 0);
            loop {
                let body = json!({"ResourcesPerPage": 10, "PaginationToken": token});
                let page = member.get_resources(&body).await.json();
                let found = texts(&page["ResourceTagMappingList"], "ResourceARN");
                empty_first += usize::from(number == 0 && found.is_empty() && page["PaginationToken"] != "");
                arns.extend(found.into_iter().map(str::to_owned));
                page["PaginationToken"].as_str().unwrap().clone_into(&mut token);
                number += 1;
                if token.is_empty() {
                    break;
                }
                assert!(number < 4, "resources of {account} in {region} do not end");
            }
            let (global, regional): (Vec<String>, Vec<String>) =
                arns.into_iter().partition(|arn| arn.starts_with("arn:aws:iam::"));
            assert_eq!(global.len(), usize::from(region == "us-east-1"));
            assert!(regional.len() <= 10);
            for arn in &regional {
                assert!(arn.contains(&format!(":{region}:{account}:")), "{arn}");
            }
            active += usize::from(!regional.is_empty());
            pairs += 1;
        }
    }
    assert!((20..=40).contains(&active), "{active} of {pairs} regions have resources at a share of 0.3");
    assert!((4..=18).contains(&empty_first), "{empty_first} of {pairs} first pages are empty at a share of 0.1");
    let not_enabled = client.in_region("af-south-1").get_resources(&json!({})).await;
    assert_eq!(not_enabled.error(), (400, "UnrecognizedClientException".to_owned()));
}

#[tokio::test]
async fn a_credential_report_is_asked_for_made_and_got() {
    let generation = Duration::from_secs(1);
    let settings = Settings { generation_low: generation, generation_high: generation, ..Settings::immediate() };
    let (sim, client) = start(settings);
    let member = client.in_account(AccountId::new(0, 9)).await;
    assert_eq!(member.iam("GetCredentialReport").await.error(), (410, "ReportNotPresent".to_owned()));
    let asked = Instant::now();
    assert_eq!(member.iam("GenerateCredentialReport").await.element("State"), "STARTED");
    assert_eq!(member.iam("GetCredentialReport").await.error(), (404, "ReportInProgress".to_owned()));
    assert_eq!(member.iam("GenerateCredentialReport").await.element("State"), "INPROGRESS");
    let report = loop {
        let reply = member.iam("GetCredentialReport").await;
        if reply.status == 200 {
            break reply;
        }
        assert!(asked.elapsed() < Duration::from_secs(10), "the report is never made");
        sleep(Duration::from_millis(20)).await;
    };
    assert!(asked.elapsed() >= generation);
    assert_eq!(member.iam("GenerateCredentialReport").await.element("State"), "COMPLETE");
    assert_eq!(report.element("ReportFormat"), "text/csv");
    let text = String::from_utf8(STANDARD.decode(report.element("Content")).unwrap()).unwrap();
    assert_eq!(text.split('\n').count(), 8);
    assert!(text.starts_with("user,arn,") && text.contains("\n<root_account>,arn:aws:iam::100000000009:root,"));
    let counts = sim.counts().of("iam:GenerateCredentialReport");
    assert_eq!((counts.calls, counts.succeeded), (3, 3));
}

#[tokio::test]
async fn each_organization_is_a_tenant() {
    let (_sim, client) = start(Settings { organizations: 230, accounts: 1, ..Settings::immediate() });
    let (mut sizes, mut ids, mut key) = (Vec::new(), BTreeSet::new(), Value::Null);
    loop {
        let page = client.scan(&json!({"TableName": "tenants", "ExclusiveStartKey": key})).await;
        assert_eq!(page.header("content-type"), "application/x-amz-json-1.0");
        let page = page.json();
        for item in page["Items"].as_array().unwrap() {
            assert_eq!(item["tenant_type"], json!({"S": "Cloud Usage"}));
            assert_eq!(item["tenant_status"], json!({"S": "Active"}));
            assert_eq!(item["cloud_service_provider"], json!({"S": "AWS"}));
            ids.insert(item["tenant_id"]["S"].as_str().unwrap().to_owned());
        }
        sizes.push(page["Count"].as_u64().unwrap());
        key = page["LastEvaluatedKey"].clone();
        if key.is_null() {
            break;
        }
    }
    assert_eq!(sizes, [100, 100, 30]);
    let expected: BTreeSet<String> = (0..230).map(|number| AccountId::new(number, 0).to_string()).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn mail_is_taken_and_other_operations_are_not_known() {
    let (sim, client) = start(Settings::immediate());
    let sent = client.send("POST", "/v2/email/outbound-emails", &[], "{}").await;
    assert!(!sent.json()["MessageId"].as_str().unwrap().is_empty());
    assert_eq!(sim.counts().of("ses:SendEmail").succeeded, 1);
    let unknown = (501, "NotImplemented".to_owned());
    assert_eq!(client.iam("ListUsers").await.error(), unknown);
    assert_eq!(client.organizations("ListRoots", &json!({})).await.error(), unknown);
    assert_eq!(client.target("DynamoDB_20120810.PutItem", &json!({})).await.error(), unknown);
    assert_eq!(client.send("GET", "/bucket?list-type=2", &[], "").await.error(), unknown);
    let counts = sim.counts().of("unknown");
    assert_eq!((counts.calls, counts.succeeded), (4, 0));
    let unreadable = client.send("POST", "/", &[("x-amz-target", "DynamoDB_20120810.Scan")], "{").await;
    assert_eq!(unreadable.error(), (400, "SerializationException".to_owned()));
}
