//! What a run needs and gets no answer to is no success: nobody knows what would become of the run.

use std::time::Duration;

use orgscan::doctor::{Check, Diagnosis, Paint, State, Status, table};
use orgscan::error::CallErrorKind;
use orgscan::testing::{Fault, FaultKind, MemoryBucket, MemoryTenant};

use super::{Visit, check, only_failure, world};

fn causes(diagnosis: &Diagnosis) -> Vec<(&str, &str)> {
    let failed = diagnosis.checks.iter().filter(|check| check.state == State::Failed);
    failed.map(|check| (check.id.as_str(), check.cause.as_deref().unwrap_or_default())).collect()
}

#[tokio::test(start_paused = true)]
async fn no_call_that_a_run_makes_may_go_without_an_answer() {
    for (action, id) in [
        ("organizations:DescribeOrganization", "organization"),
        ("organizations:ListAccounts", "organization"),
        ("sts:AssumeRole", "account-role"),
        ("iam:GetCredentialReport", "account-actions"),
        ("s3:ListBucket", "bucket"),
        ("s3:PutObject", "bucket-write"),
        ("s3:AbortMultipartUpload", "bucket-write"),
        ("s3:ListBucketMultipartUploads", "bucket-uploads"),
        ("s3:GetObject", "bucket-read"),
    ] {
        let world = world().with_bucket(MemoryBucket::new("reports", 1));
        world.plan(Fault::always(action, CallErrorKind::Unavailable));
        let diagnosis = Visit::audit().with("OUTPUT_BUCKET", "reports").examine(&world).await;
        let causes = causes(&diagnosis);
        assert!(!causes.is_empty() && causes.iter().all(|one| *one == (id, "not-answered")), "{action}: {causes:?}");
        assert!(diagnosis.checks[0].fix.is_some(), "{action}");
        assert_eq!(diagnosis.estimates.is_empty(), id == "organization", "{action}");
        let shown = table(&diagnosis, 100, Paint::Plain);
        assert!(shown.contains(&format!("\n✗ {} could not be examined: ", causes.len())), "{action}: {shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_and_a_tenant_that_give_no_answer_are_failures_too() {
    for (action, id) in [("dynamodb:Scan", "tenants-table"), ("organizations:DescribeOrganization", "tenant")] {
        let world = world().with_tenants("tenants", [MemoryTenant::new("000000000001")]);
        world.plan(Fault::always(action, CallErrorKind::Throttled));
        let diagnosis = Visit::inventory().examine(&world).await;
        let failed = only_failure(&diagnosis);
        assert_eq!((failed.id.as_str(), failed.cause.as_deref()), (id, Some("not-answered")));
    }
}

#[tokio::test(start_paused = true)]
async fn accounts_whose_turn_did_not_come_are_counted_beside_what_failed() {
    let world = world();
    world.plan(Fault::always("sts:AssumeRole", FaultKind::Delay(Duration::from_mins(1))).on("000000000003"));
    world.plan(Fault::always("iam:GetCredentialReport", CallErrorKind::Denied).in_account(2));
    let visit = Visit { interrupted: Some(Duration::from_secs(1)), ..Visit::audit() };
    let diagnosis = visit.examine(&world).await;
    assert_eq!(diagnosis.status, Status::Failed);
    let late = check(&diagnosis, "account-role", "000000000003");
    assert_eq!((late.state, late.cause.as_deref()), (State::Failed, Some("not-examined")));
    let shown = table(&diagnosis, 100, Paint::Plain);
    assert!(shown.contains("✗ 1 check failed, 1 could not be examined: "), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn tags_that_are_read_one_by_one_where_many_give_no_answer_are_a_warning_and_no_failure() {
    let world = world().with_tenants("tenants", [MemoryTenant::new("000000000001")]);
    world.plan(Fault::always("tag:GetResources", CallErrorKind::Throttled).in_region("us-east-1"));
    let of = |source: &str| Visit::inventory().with("REGION_DETECTION", "off").with("TAG_SOURCE", source);
    let diagnosis = of("auto").examine(&world).await;
    let tags = check(&diagnosis, "account-tags", "o-acme");
    assert_eq!((tags.state, tags.cause.as_deref()), (State::Warning, Some("bulk-not-answered")));
    let shown = table(&diagnosis, 100, Paint::Plain);
    assert!(shown.contains("\n✓ Nothing failed: 1 warnings, "), "{shown}");
    let only = of("tagging").examine(&world).await;
    assert_eq!(only_failure(&only).cause.as_deref(), Some("not-answered"));
}

#[test]
fn only_what_failed_is_counted_as_not_examined_whatever_an_answer_says() {
    let warning = Check { state: State::Warning, ..Check::not_answered("account-tags", "o-acme", "throttled") };
    let shown = |checks: Vec<Check>| table(&Diagnosis::conclude(None, checks, Vec::new()), 100, Paint::Plain);
    assert!(shown(vec![warning.clone()]).ends_with("✓ Nothing failed: 1 warnings\n"));
    let failed = Check::failed("bucket", "reports", "bucket-owner", "not of account 1");
    assert!(shown(vec![warning, failed]).ends_with("✗ 1 check failed: 1 warnings\n"));
}
