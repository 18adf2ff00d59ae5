use super::*;
use crate::account::Place;
use crate::call::{Input, RequestId};
use crate::operation::Service;

const START: Duration = Duration::ZERO;

const LAYOUT: Layout = Layout { organizations: 2, accounts: 100 };

fn call(operation: Operation, index: u32) -> Call {
    let caller = AccountId::new(0, index);
    Call {
        operation,
        protocol: operation.service().protocol(),
        caller,
        is_assumed: true,
        place: Place { organization: 0, index },
        region: Some(Region::US_EAST_1),
        about: caller,
        input: Input::Nothing,
        page_fault: None,
        request_id: RequestId(0),
        signature: Default::default(),
    }
}

fn plan(rules: &[FaultRule]) -> Plan {
    Plan::new(rules, LAYOUT, Seed(1)).unwrap()
}

fn rule(operation: &str) -> FaultRule {
    FaultRule::new(operation, Fault::Throttle)
}

/// To which of so many calls the only rule's fault happens.
fn hits(plan: &Plan, call: &Call, calls: usize) -> Vec<usize> {
    (0..calls).filter(|_| plan.pick(call, START).is_some()).collect()
}

fn first_hits(rule: FaultRule) -> Vec<usize> {
    hits(&plan(&[rule]), &call(Operation::GetCredentialReport, 3), 8)
}

#[test]
fn a_rule_fits_by_operation_account_and_region() {
    let get = call(Operation::GetCredentialReport, 3);
    let name = "iam:GetCredentialReport";
    let account = |id: &str| FaultRule { account: Some(id.to_owned()), ..rule(name) };
    let region = |name_of_region: &str| FaultRule { region: Some(name_of_region.to_owned()), ..rule(name) };
    for (rule, fits) in [
        (rule(name), true),
        (rule("*"), true),
        (rule("iam:GenerateCredentialReport"), false),
        (account("100000000003"), true),
        (account("100000000004"), false),
        (region("us-east-1"), true),
        (region("eu-west-1"), false),
    ] {
        assert_eq!(plan(std::slice::from_ref(&rule)).pick(&get, START).is_some(), fits, "{rule:?}");
    }
    assert_eq!(plan(&[rule("*")]).pick(&call(Operation::Unknown, 3), START), None);
}

#[test]
fn the_account_is_the_one_that_a_call_is_about() {
    let plan = plan(&[FaultRule { account: Some("100000000003".to_owned()), ..rule("sts:AssumeRole") }]);
    let assume = call(Operation::AssumeRole, 0);
    assert_eq!(plan.pick(&assume, START), None);
    assert_eq!(plan.pick(&Call { about: AccountId::new(0, 3), ..assume }, START), Some(Fault::Throttle));
}

#[test]
fn the_first_calls_of_each_account_are_hit_after_those_that_go_well() {
    let name = "iam:GetCredentialReport";
    assert_eq!(first_hits(rule(name)), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(first_hits(FaultRule { first: Some(2), ..rule(name) }), [0, 1]);
    assert_eq!(first_hits(FaultRule { after: Some(5), ..rule(name) }), [5, 6, 7]);
    assert_eq!(first_hits(FaultRule { first: Some(2), after: Some(3), ..rule(name) }), [3, 4]);
    assert_eq!(first_hits(FaultRule { first: Some(0), ..rule(name) }), [0; 0]);

    let plan = plan(&[FaultRule { first: Some(1), ..rule(name) }]);
    for index in 0..5 {
        let call = call(Operation::GetCredentialReport, index);
        assert_eq!(hits(&plan, &call, 3), [0], "each account has a first call");
    }
    plan.reset();
    assert_eq!(hits(&plan, &call(Operation::GetCredentialReport, 0), 3), [0]);
}

#[test]
fn a_share_of_calls_is_hit_and_the_same_ones_each_time() {
    let rules = [FaultRule { share: Some(0.2), ..rule("*") }];
    let hits_of = |seed| -> Vec<Vec<usize>> {
        let plan = Plan::new(&rules, LAYOUT, Seed(seed)).unwrap();
        (0..50).map(|index| hits(&plan, &call(Operation::GetCredentialReport, index), 20)).collect()
    };
    let drawn = hits_of(1);
    let count = drawn.iter().flatten().count();
    assert!((150..=250).contains(&count), "{count} of 1,000 calls at a share of 0.2");
    assert_eq!(drawn, hits_of(1));
    assert_ne!(drawn, hits_of(2));
    assert_eq!(first_hits(FaultRule { share: Some(0.0), ..rule("*") }), [0; 0]);
}

#[test]
fn the_first_rule_that_is_due_happens() {
    let name = "iam:GetCredentialReport";
    let plan = plan(&[
        FaultRule { first: Some(1), ..FaultRule::new(name, Fault::Error500) },
        FaultRule { first: Some(2), ..FaultRule::new(name, Fault::Hang) },
    ]);
    let call = call(Operation::GetCredentialReport, 1);
    let picked: Vec<Option<Fault>> = (0..4).map(|_| plan.pick(&call, START)).collect();
    assert_eq!(picked, [Some(Fault::Error500), Some(Fault::Hang), Some(Fault::Hang), None]);
}

#[test]
fn faults_of_pages_happen_to_pages() {
    let everywhere = plan(&[FaultRule::new("*", Fault::EmptyPageWithToken)]);
    assert_eq!(everywhere.pick(&call(Operation::GetCredentialReport, 1), START), None);
    assert_eq!(everywhere.pick(&call(Operation::Scan, 1), START), Some(Fault::EmptyPageWithToken));

    let token = plan(&[FaultRule::new("dynamodb:Scan", Fault::InvalidNextToken)]);
    let mut scan = call(Operation::Scan, 1);
    scan.input = Input::of_json(Operation::Scan, b"{}");
    assert_eq!(token.pick(&scan, START), None, "the first page has no token");
    scan.input = Input::of_json(Operation::Scan, br#"{"ExclusiveStartKey": {"tenant_id": {"S": "page-100-next"}}}"#);
    assert_eq!(token.pick(&scan, START), Some(Fault::InvalidNextToken));
}

#[test]
fn rules_that_cannot_be_are_named() {
    let paged = FaultRule::new("iam:GetCredentialReport", Fault::RepeatedToken);
    let slow = FaultRule::new("*", Fault::SlowBody { seconds: -1.0 });
    for (rule, problem) in [
        (rule("iam:ListUsers"), "the operation iam:ListUsers is not known"),
        (rule("unknown"), "the operation unknown is not known"),
        (paged, "iam:GetCredentialReport does not answer in pages"),
        (FaultRule { account: Some("100000000100".to_owned()), ..rule("*") }, "there is no account 100000000100"),
        (FaultRule { region: Some("moon-1".to_owned()), ..rule("*") }, "there is no region moon-1"),
        (FaultRule { share: Some(1.5), ..rule("*") }, "share is 1.5, and must be 0 to 1"),
        (slow, "a body of -1 seconds cannot be sent"),
    ] {
        let rules = [FaultRule::new("*", Fault::Throttle), rule];
        assert_eq!(Plan::new(&rules, LAYOUT, Seed(1)).unwrap_err(), format!("fault rule 2: {problem}"));
    }
}

#[test]
fn rules_are_read_from_json() {
    let json = r#"[
        {"operation": "iam:GetCredentialReport", "account": "100000000003", "first": 2, "fault": "error-503"},
        {"operation": "*", "region": "eu-west-1", "share": 0.5, "after": 1, "fault": {"slow-body": {"seconds": 2.5}}}
    ]"#;
    let rules = [
        FaultRule {
            account: Some("100000000003".to_owned()),
            first: Some(2),
            ..FaultRule::new("iam:GetCredentialReport", Fault::Error503)
        },
        FaultRule {
            region: Some("eu-west-1".to_owned()),
            share: Some(0.5),
            after: Some(1),
            ..FaultRule::new("*", Fault::SlowBody { seconds: 2.5 })
        },
    ];
    assert_eq!(FaultRule::list_from_json(json).unwrap(), rules);
    let names = [
        "throttle",
        "error-500",
        "error-503",
        "access-denied",
        "expired-token",
        "clock-skew",
        "reset-before-answer",
        "reset-in-body",
        "hang",
        "truncated-body",
        "wrong-content-type",
        "empty-page-with-token",
        "repeated-token",
        "alternating-tokens",
        "invalid-next-token",
        "malformed-body",
    ];
    for name in names {
        let json = format!(r#"[{{"operation": "*", "fault": "{name}"}}]"#);
        let rules = FaultRule::list_from_json(&json).unwrap();
        assert_eq!(serde_json::to_value(&rules).unwrap(), serde_json::from_str::<serde_json::Value>(&json).unwrap());
    }
    for json in [
        r#"[{"operation": "*", "fault": "boom"}]"#,
        r#"[{"operation": "*", "fault": "throttle", "acount": "100000000003"}]"#,
        r#"[{"fault": "throttle"}]"#,
        r#"[{"operation": "*", "fault": "slow-body"}]"#,
    ] {
        assert!(FaultRule::list_from_json(json).is_err(), "{json}");
    }
}

#[test]
fn a_refusal_is_the_services_own() {
    let refusal = |fault: Fault, operation| {
        let problem = fault.problem(&call(operation, 1)).unwrap();
        (problem.status, problem.code)
    };
    for (operation, throttled, expired, skewed) in [
        (
            Operation::ListAccounts,
            (400, "TooManyRequestsException"),
            (400, "ExpiredTokenException"),
            (400, "InvalidSignatureException"),
        ),
        (Operation::AssumeRole, (400, "Throttling"), (403, "ExpiredToken"), (403, "SignatureDoesNotMatch")),
        (Operation::GetCredentialReport, (400, "Throttling"), (403, "ExpiredToken"), (403, "SignatureDoesNotMatch")),
        (
            Operation::GetResources,
            (400, "ThrottledException"),
            (400, "ExpiredTokenException"),
            (400, "InvalidSignatureException"),
        ),
        (
            Operation::ListRegions,
            (429, "TooManyRequestsException"),
            (403, "ExpiredTokenException"),
            (403, "InvalidSignatureException"),
        ),
        (Operation::PutObject, (503, "SlowDown"), (400, "ExpiredToken"), (403, "RequestTimeTooSkewed")),
    ] {
        assert_eq!(refusal(Fault::Throttle, operation), throttled);
        assert_eq!(refusal(Fault::ExpiredToken, operation), expired);
        assert_eq!(refusal(Fault::ClockSkew, operation), skewed);
        assert_eq!(refusal(Fault::Error500, operation).0, 500);
        assert_eq!(refusal(Fault::Error503, operation).0, 503);
    }
    let invalid = |service| Problem::invalid_token(service);
    assert_eq!(invalid(Service::Organizations).reason, Some("INVALID_NEXT_TOKEN"));
    assert_eq!(invalid(Service::Tagging).code, "PaginationTokenExpiredException");
    for fault in [Fault::Hang, Fault::ResetInBody, Fault::MalformedBody, Fault::RepeatedToken] {
        assert_eq!(fault.problem(&call(Operation::Scan, 1)), None, "{fault:?} refuses nothing");
    }
}

#[test]
fn a_rule_with_seconds_is_over_after_them() {
    let plan = plan(&[FaultRule { seconds: Some(30.0), ..rule("*") }]);
    let call = call(Operation::GetCredentialReport, 3);
    let picked = [0, 29, 30, 31].map(|second| plan.pick(&call, Duration::from_secs(second)).is_some());
    assert_eq!(picked, [true, true, false, false]);
}

#[test]
fn a_rule_about_an_object_is_of_s3_only() {
    let of_ledgers = FaultRule { object: Some("-coverage".to_owned()), ..rule("*") };
    assert_eq!(plan(std::slice::from_ref(&of_ledgers)).pick(&call(Operation::GetCredentialReport, 3), START), None);
    let problem = Plan::new(&[FaultRule { operation: "dynamodb:Scan".to_owned(), ..of_ledgers }], LAYOUT, Seed(1));
    assert_eq!(problem.unwrap_err(), "fault rule 1: dynamodb:Scan is not about an object");
}

#[test]
fn what_one_service_answers_happens_to_no_other() {
    let problem = Plan::new(&[FaultRule::new("s3:PutObject", Fault::SendingPaused)], LAYOUT, Seed(1)).unwrap_err();
    assert_eq!(problem, "fault rule 1: this fault does not happen to s3:PutObject");
    let everywhere = plan(&[FaultRule::new("*", Fault::AddressNotVerified)]);
    assert_eq!(everywhere.pick(&call(Operation::Scan, 1), START), None);
    assert_eq!(everywhere.pick(&call(Operation::SendEmail, 1), START), Some(Fault::AddressNotVerified));
}
