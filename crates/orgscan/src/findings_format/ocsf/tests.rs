use serde_json::{Value, json};

use super::super::examples;
use super::*;
use crate::finding::Status;
use crate::rule::{Rule, Severity};

/// 2026-11-21T06:00:00Z and 2026-11-01T00:00:00Z, in milliseconds.
const TIME: i64 = 1_795_240_800_000;
const SINCE: i64 = 1_793_491_200_000;

fn event(finding: &Finding<'_>) -> Value {
    let time = Timestamp::from_millisecond(TIME).unwrap();
    assert_eq!(time.to_string(), "2026-11-21T06:00:00Z");
    let mut events = OcsfEvents::new(Vec::new(), time, CisVersion::V7);
    events.finding(finding).unwrap();
    let line = events.finish().unwrap();
    let (end, event) = line.split_last().unwrap();
    assert!(*end == b'\n' && !event.contains(end));
    serde_json::from_slice(event).unwrap()
}

#[test]
fn a_finding_is_an_event_with_all_that_the_schema_has_a_place_for() {
    let finding = examples::plain();
    assert_eq!(
        event(&finding),
        json!({
            "activity_id": 2,
            "activity_name": "Update",
            "category_uid": 2,
            "category_name": "Findings",
            "class_uid": 2003,
            "class_name": "Compliance Finding",
            "type_uid": 200_302,
            "type_name": "Compliance Finding: Update",
            "time": TIME,
            "severity_id": 3,
            "severity": "Medium",
            "status_id": 2,
            "status": "In Progress",
            "status_code": "open",
            "message": "Access key not in use: Access key 2 was last used 45 days ago.",
            "metadata": {
                "version": "1.5.0",
                "product": {"name": "orgscan", "vendor_name": "orgscan", "version": env!("CARGO_PKG_VERSION")},
                "profiles": ["cloud"],
                "event_code": "unused-key",
            },
            "finding_info": {
                "uid": finding.identity().to_hex(),
                "title": "Access key not in use",
                "desc": "Access key 2 was last used 45 days ago.",
                "types": [
                    "Software and Configuration Checks/Industry and Regulatory Standards/CIS AWS Foundations Benchmark"
                ],
                "analytic": {"type_id": 1, "type": "Rule", "uid": "unused-key", "name": "Access key not in use"},
                "created_time": SINCE,
                "first_seen_time": SINCE,
                "last_seen_time": TIME,
            },
            "compliance": {
                "standards": ["CIS AWS Foundations Benchmark 7.0.0"],
                "requirements": ["2.11"],
                "control": "2.11",
                "status_id": 3,
                "status": "Fail",
                "status_details": ["Access key 2 was last used 45 days ago."],
            },
            "resources": [{
                "uid": "arn:aws:iam::000000000012:user/alice",
                "name": "alice",
                "type": "AwsIamUser",
                "cloud_partition": "aws",
                "region": "us-east-1",
            }],
            "cloud": {
                "provider": "AWS",
                "region": "us-east-1",
                "account": {"uid": "000000000012", "name": "Sandbox", "type_id": 10, "type": "AWS Account"},
                "org": {"uid": "o-a", "ou_uid": "ou-b-c"},
            },
            "remediation": {"desc": "Deactivate the key, and delete it once nobody misses it."},
            "unmapped": {
                "credential": "access_key_2",
                "since": "2026-11-01",
                "age_days": 45,
                "ou_path": "o-a/r-b/ou-b-c/",
                "covered": true,
            },
        })
    );
}

#[test]
fn what_is_not_known_of_a_finding_is_left_out_of_its_event() {
    let finding = examples::hostile();
    let event = event(&finding);
    assert_eq!(event["compliance"], json!({"status_id": 2, "status": "Warning", "status_details": ["-"]}));
    assert_eq!(
        event["status_detail"],
        "The account was not read, or not in full, this time, so this is what an earlier run found."
    );
    assert_eq!(
        event["finding_info"],
        json!({
            "uid": finding.identity().to_hex(),
            "title": "rule-of-tomorrow",
            "desc": "-",
            "types": ["Software and Configuration Checks/AWS Security Best Practices"],
            "analytic": {"type_id": 1, "type": "Rule", "uid": "rule-of-tomorrow", "name": "rule-of-tomorrow"},
        })
    );
    assert_eq!(
        event["resources"],
        json!([{"uid": "", "name": "a,\"b\"\r\n<img src=x>\u{202e}\u{0}中", "type": "AwsIamUser"}])
    );
    assert_eq!(
        event["cloud"],
        json!({
            "provider": "AWS",
            "account": {"uid": "000000000012", "name": "=1+1", "type_id": 10, "type": "AWS Account"},
        })
    );
    assert_eq!(event.get("remediation"), None);
    assert_eq!(
        event["unmapped"],
        json!({"credential": "access_key_2", "since": "some day", "ou_path": "", "covered": false})
    );
}

#[test]
fn the_status_of_a_finding_is_its_activity_its_status_and_its_compliance() {
    for (status, activity, type_name, of_event, compliance, is_seen) in [
        (Status::New, 1, "Compliance Finding: Create", (1, "New"), (3, "Fail"), true),
        (Status::Open, 2, "Compliance Finding: Update", (2, "In Progress"), (3, "Fail"), true),
        (Status::Exempted, 2, "Compliance Finding: Update", (3, "Suppressed"), (3, "Fail"), true),
        (Status::Resolved, 3, "Compliance Finding: Close", (4, "Resolved"), (1, "Pass"), false),
    ] {
        let event = event(&Finding { status, ..examples::plain() });
        assert_eq!(event["activity_id"], activity, "{status:?}");
        assert_eq!(event["type_uid"], 200_300 + activity, "{status:?}");
        assert_eq!(event["type_name"], type_name);
        assert_eq!((&event["status_id"], &event["status"]), (&json!(of_event.0), &json!(of_event.1)));
        assert_eq!(event["status_code"], status.as_str());
        assert_eq!(event["compliance"]["status_id"], compliance.0, "{status:?}");
        assert_eq!(event["compliance"]["status"], compliance.1, "{status:?}");
        assert_eq!(event["finding_info"].get("last_seen_time"), is_seen.then_some(&json!(TIME)), "{status:?}");
    }
}

#[test]
fn an_event_is_as_severe_as_its_finding() {
    for (severity, id, name) in [
        (Severity::Critical, 5, "Critical"),
        (Severity::High, 4, "High"),
        (Severity::Medium, 3, "Medium"),
        (Severity::Low, 2, "Low"),
    ] {
        let event = event(&Finding { severity, ..examples::plain() });
        assert_eq!((&event["severity_id"], &event["severity"]), (&json!(id), &json!(name)));
    }
}

#[test]
fn an_event_about_a_root_user_is_about_the_account_and_has_its_partition() {
    for (partition, region) in [
        ("aws", "us-east-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-eusc", "eusc-de-east-1"),
    ] {
        let event = event(&Finding {
            user: "<root_account>".into(),
            user_arn: format!("arn:{partition}:iam::000000000012:root").into(),
            ou_path: "o-a/".into(),
            ..examples::plain()
        });
        let [resource] = event["resources"].as_array().unwrap().as_slice() else { panic!("one resource") };
        assert_eq!(resource["type"], "AwsAccount");
        assert_eq!(resource["cloud_partition"], partition);
        assert_eq!((&resource["region"], &event["cloud"]["region"]), (&json!(region), &json!(region)));
        assert_eq!(event["cloud"]["org"], json!({"uid": "o-a"}));
    }
}

#[test]
fn every_rule_has_words_in_its_events() {
    for rule in Rule::ALL {
        let event = event(&Finding { rule: rule.id().into(), ..examples::plain() });
        assert_eq!(event["finding_info"]["title"], rule.title());
        assert_eq!(event["remediation"]["desc"], rule.remedy());
        assert_eq!(event["metadata"]["event_code"], rule.id());
    }
}
