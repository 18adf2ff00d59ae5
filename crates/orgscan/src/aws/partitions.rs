//! Both jobs in every partition, to their ends: which hosts they call, for which region their requests are signed, and
//! which ARNs they name.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::canned::{Answer, Canned, Sent, json_error, ok, s3_error, world_in};
use super::{Bucket, World};
use crate::config::{Config, Job, Place};
use crate::event::Event;
use crate::jobs::{Run, account_metadata, credential_report};
use crate::ports::Clock;
use crate::scan::Stop;
use crate::summary::{Status, Summary};

const CALLER: &str = "111111111111";
const MEMBER: &str = "222222222222";
const TENANT: &str = "333333333333";

/// A partition as its users see it, written out from AWS General Reference ("Service endpoints") and the partitions' own
/// guides.
struct Expected {
    partition: &'static str,
    /// Where the functions run: not where the global services are, if there are several regions.
    region: &'static str,
    suffix: &'static str,
    /// Organizations, Account Management and the accounts' tags.
    global_region: &'static str,
    iam: (&'static str, &'static str),
    default_regions: &'static [&'static str],
    console: Option<&'static str>,
}

const EXPECTED: [Expected; 8] = [
    Expected {
        partition: "aws",
        region: "eu-west-1",
        suffix: "amazonaws.com",
        global_region: "us-east-1",
        iam: ("iam.amazonaws.com", "us-east-1"),
        default_regions: &[
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ca-central-1",
            "eu-central-1",
            "eu-north-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
        console: Some("https://console.aws.amazon.com/s3/"),
    },
    Expected {
        partition: "aws-us-gov",
        region: "us-gov-east-1",
        suffix: "amazonaws.com",
        global_region: "us-gov-west-1",
        iam: ("iam.us-gov.amazonaws.com", "us-gov-west-1"),
        default_regions: &["us-gov-east-1", "us-gov-west-1"],
        console: Some("https://console.amazonaws-us-gov.com/s3/"),
    },
    Expected {
        partition: "aws-cn",
        region: "cn-north-1",
        suffix: "amazonaws.com.cn",
        global_region: "cn-northwest-1",
        iam: ("iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        default_regions: &["cn-north-1", "cn-northwest-1"],
        console: Some("https://console.amazonaws.cn/s3/"),
    },
    Expected {
        partition: "aws-eusc",
        region: "eusc-de-east-1",
        suffix: "amazonaws.eu",
        global_region: "eusc-de-east-1",
        iam: ("iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        default_regions: &["eusc-de-east-1"],
        console: Some("https://eusc-de-east-1.console.amazonaws-eusc.eu/s3/"),
    },
    Expected {
        partition: "aws-iso",
        region: "us-iso-west-1",
        suffix: "c2s.ic.gov",
        global_region: "us-iso-east-1",
        iam: ("iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
        default_regions: &["us-iso-east-1", "us-iso-west-1"],
        console: None,
    },
    Expected {
        partition: "aws-iso-b",
        region: "us-isob-west-1",
        suffix: "sc2s.sgov.gov",
        global_region: "us-isob-east-1",
        iam: ("iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
        default_regions: &["us-isob-east-1", "us-isob-west-1"],
        console: None,
    },
    Expected {
        partition: "aws-iso-e",
        region: "eu-isoe-west-1",
        suffix: "cloud.adc-e.uk",
        global_region: "eu-isoe-west-1",
        iam: ("iam.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
        default_regions: &["eu-isoe-west-1"],
        console: None,
    },
    Expected {
        partition: "aws-iso-f",
        region: "us-isof-east-1",
        suffix: "csp.hci.ic.gov",
        global_region: "us-isof-south-1",
        iam: ("iam.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"),
        default_regions: &["us-isof-east-1", "us-isof-south-1"],
        console: None,
    },
];

/// The operation that a request asks for. REST services say it in their path.
fn operation(sent: &Sent) -> String {
    match sent.operation().as_str() {
        "/listRegions" => "ListRegions".to_owned(),
        "/v2/email/outbound-emails" => "SendEmail".to_owned(),
        path if path.starts_with('/') => sent.method.clone(),
        named => named.to_owned(),
    }
}

/// The account that `organizations:DescribeOrganization` is asked in: the caller's own, or the tenant's.
fn answer(partition: &str, regions: &Answer, sent: &Sent) -> Answer {
    let is_member = !sent.header("x-amz-security-token").is_empty();
    match operation(sent).as_str() {
        "GetCallerIdentity" => ok(format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{CALLER}</Account>\
             <Arn>arn:{partition}:sts::{CALLER}:assumed-role/a/b</Arn></GetCallerIdentityResult>\
             </GetCallerIdentityResponse>"
        )),
        "AssumeRole" => ok("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAX</AccessKeyId>\
             <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>2126-11-22T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"),
        "Scan" => ok(json!({"Items": [{"tenant_id": {"S": TENANT}}], "Count": 1, "ScannedCount": 1}).to_string()),
        "DescribeOrganization" => {
            let management = if is_member { TENANT } else { CALLER };
            ok(json!({"Organization": {"Id": "o-a1", "MasterAccountId": management}}).to_string())
        }
        "ListAccounts" => ok(json!({"Accounts": [{"Id": MEMBER, "Name": "member", "State": "ACTIVE"}]}).to_string()),
        "GetResources" => {
            let region = sent.signing_region();
            let arn = if sent.body.contains("organizations:account") {
                format!("arn:{partition}:organizations::{TENANT}:account/o-a1/{MEMBER}")
            } else {
                format!("arn:{partition}:s3:::bucket-in-{region}")
            };
            let tagged = json!({"ResourceARN": arn, "Tags": [{"Key": "Environment", "Value": "prod"}]});
            ok(json!({"ResourceTagMappingList": [tagged], "PaginationToken": ""}).to_string())
        }
        "ListRegions" => regions.clone(),
        "GetCredentialReport" => ok("<GetCredentialReportResponse><GetCredentialReportResult>\
             <Content>dXNlcixhcm4scGFzc3dvcmRfZW5hYmxlZCxtZmFfYWN0aXZlCmFsaWNlLGFybix0cnVlLGZhbHNlCg==</Content>\
             <GeneratedTime>2126-11-22T00:00:00Z</GeneratedTime></GetCredentialReportResult>\
             </GetCredentialReportResponse>"),
        "SendEmail" => ok(json!({"MessageId": "m-1"}).to_string()),
        "GET" if sent.uri.contains("uploads") => ok("<ListMultipartUploadsResult></ListMultipartUploadsResult>"),
        "GET" => s3_error(404, "NoSuchKey"),
        "HEAD" => Answer::Http(404, Vec::new(), String::new()),
        "PUT" | "DELETE" => ok(""),
        other => panic!("nothing answers {other}: {sent:?}"),
    }
}

async fn run(world: &World, job: Job) -> Summary {
    let setting = |name: &str| {
        let value = match name {
            "OUTPUT_BUCKET" => "reports",
            "MEMBER_ROLE_NAME" => "Reader",
            "CROSS_ACCOUNT_ROLE_NAME" if job == Job::AccountMetadata => "path/Management",
            "DYNAMO_TABLE_NAME" if job == Job::AccountMetadata => "tenants",
            "MAIL_SENDER" | "MAIL_RECIPIENTS" => "reports@example.com",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let config = Config::from_lookup(job, Place::Lambda, &setting).unwrap();
    let expected_owner = CALLER.parse().unwrap();
    let bucket = Bucket { name: "reports".into(), prefix: String::new(), expected_owner, kms_key_arn: None };
    let (event, store) = (Event::default(), world.s3(bucket));
    let run = Run::new(&config, &event, world.now(), None, Stop::never(), Arc::default());
    let ended = match job {
        Job::AccountMetadata => account_metadata::run(world, &store, &run).await,
        Job::CredentialReport => credential_report::run(world, &store, &world.ses(), &run).await,
    };
    ended.unwrap_or_else(|error| panic!("{}", error.chain()))
}

/// A run in a partition that answers `account:ListRegions` with `regions`: its summary and all that it sent.
async fn ran_in(of: &Expected, job: Job, regions: Answer) -> (Summary, Vec<Sent>) {
    let partition = of.partition;
    let canned = Canned::answering(move |sent| answer(partition, &regions, sent));
    let summary = run(&world_in(of.region, &canned), job).await;
    (summary, canned.sent())
}

/// Operation, host and region of the signature of all requests.
fn places(sent: &[Sent]) -> BTreeSet<(String, String, String)> {
    sent.iter().map(|one| (operation(one), one.host().to_owned(), one.signing_region().to_owned())).collect()
}

fn place(operation: &str, host: impl Into<String>, region: &str) -> (String, String, String) {
    (operation.to_owned(), host.into(), region.to_owned())
}

/// The ARNs of the roles that were assumed.
fn roles(sent: &[Sent]) -> BTreeSet<String> {
    let assumed = sent.iter().filter(|one| operation(one) == "AssumeRole");
    assumed.map(|one| one.input()["RoleArn"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_inventory_calls_the_hosts_of_its_partition_and_asks_of_its_default_regions() {
    for of in &EXPECTED {
        let Expected { partition, region, suffix, global_region, .. } = of;
        for denied in [json_error(403, "AccessDeniedException"), Answer::NoSuchHost] {
            let (summary, sent) = ran_in(of, Job::AccountMetadata, denied.clone()).await;
            assert_eq!(summary.status, Status::Complete, "{partition}, {denied:?}: {summary:?}");
            let mut expected: BTreeSet<_> = of
                .default_regions
                .iter()
                .chain([global_region])
                .map(|region| place("GetResources", format!("tagging.{region}.{suffix}"), region))
                .collect();
            for name in ["GetCallerIdentity", "AssumeRole"] {
                expected.insert(place(name, format!("sts.{region}.{suffix}"), region));
            }
            expected.insert(place("Scan", format!("dynamodb.{region}.{suffix}"), region));
            for name in ["DescribeOrganization", "ListAccounts"] {
                expected.insert(place(name, format!("organizations.{global_region}.{suffix}"), global_region));
            }
            expected.insert(place("ListRegions", format!("account.{global_region}.{suffix}"), global_region));
            for method in ["GET", "PUT"] {
                expected.insert(place(method, format!("reports.s3.{region}.{suffix}"), region));
            }
            let called: BTreeSet<_> = places(&sent).into_iter().filter(|(name, ..)| name != "HEAD").collect();
            assert_eq!(called, expected, "{partition}");
            assert_eq!(
                roles(&sent),
                BTreeSet::from([
                    format!("arn:{partition}:iam::{TENANT}:role/path/Management"),
                    format!("arn:{partition}:iam::{MEMBER}:role/Reader"),
                ])
            );
            let report = sent.iter().find(|one| one.body.contains("Region_Group")).unwrap();
            let line = report.body.lines().nth(1).unwrap();
            for region in of.default_regions {
                assert!(line.contains(region), "a bucket of {region} is in no region's ARN: {line}");
            }
            assert!(line.contains("prod"), "its tags: {line}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn regions_that_an_account_has_enabled_are_asked_whatever_the_partition() {
    for of in EXPECTED.iter().filter(|of| of.partition != "aws") {
        let enabled = of.default_regions.last().unwrap();
        let regions = json!({"Regions": [{"RegionName": enabled, "RegionOptStatus": "ENABLED_BY_DEFAULT"}]});
        let (_, sent) = ran_in(of, Job::AccountMetadata, ok(regions.to_string())).await;
        let asked: BTreeSet<&str> = sent
            .iter()
            .filter(|one| operation(one) == "GetResources" && !one.body.contains("organizations:account"))
            .map(Sent::signing_region)
            .collect();
        assert_eq!(asked, BTreeSet::from([*enabled]), "{}", of.partition);
    }
}

#[tokio::test(start_paused = true)]
async fn an_audit_calls_the_hosts_of_its_partition_and_links_to_its_console() {
    for of in &EXPECTED {
        let Expected { partition, region, suffix, global_region, .. } = of;
        let (summary, sent) = ran_in(of, Job::CredentialReport, Answer::NoSuchHost).await;
        assert_eq!(summary.status, Status::Complete, "{partition}: {summary:?}");
        let called = places(&sent);
        for expected in [
            place("AssumeRole", format!("sts.{region}.{suffix}"), region),
            place("ListAccounts", format!("organizations.{global_region}.{suffix}"), global_region),
            place("GetCredentialReport", of.iam.0, of.iam.1),
            place("PUT", format!("reports.s3.{region}.{suffix}"), region),
            place("SendEmail", format!("email.{region}.{suffix}"), region),
        ] {
            assert!(called.contains(&expected), "{partition}: {expected:?} is not in {called:#?}");
        }
        assert_eq!(roles(&sent), BTreeSet::from([format!("arn:{partition}:iam::{MEMBER}:role/Reader")]));
        let mail = sent.iter().find(|one| operation(one) == "SendEmail").unwrap().input();
        let html = mail["Content"]["Simple"]["Body"]["Html"]["Data"].as_str().unwrap();
        match of.console {
            Some(console) => assert!(html.contains(console), "{partition}: {html}"),
            None => assert!(!html.contains("/s3/object/"), "{partition}: {html}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_the_partition_does_not_have_is_said_to_be_missing() {
    let of = EXPECTED.iter().find(|of| of.partition == "aws-cn").unwrap();
    let without = |missing: &'static str| {
        Canned::answering(move |sent| match operation(sent) {
            name if name == missing => Answer::NoSuchHost,
            _ => answer("aws-cn", &Answer::NoSuchHost, sent),
        })
    };
    let canned = without("SendEmail");
    let summary = run(&world_in(of.region, &canned), Job::CredentialReport).await;
    assert_eq!(summary.status, Status::Partial);
    let said = summary.warnings.join("\n");
    assert!(said.contains("ses:SendEmail: the service is not in this region or partition, or host names"), "{said}");
    assert!(canned.sent().iter().any(|one| one.method == "PUT"), "the reports are written all the same");
}
