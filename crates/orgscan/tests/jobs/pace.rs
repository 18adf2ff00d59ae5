//! How a run spends its time: what goes on side by side, what is learnt, and that nothing is asked without a pause.

use std::sync::Arc;
use std::time::Duration;

use orgscan::error::CallErrorKind;
use orgscan::progress::Progress;
use orgscan::summary::Status;
use orgscan::testing::{
    Fault, FaultKind, MemoryAccount, MemoryOrganization, MemoryReport, MemoryRole, MemoryWorld, Request, account_id,
    report,
};
use tokio::time::Instant;

use crate::{STAMP, Trial, column, tenant};

/// The Organization of account 1, which the process is in, with these members.
fn world(members: Vec<MemoryAccount>) -> MemoryWorld {
    let reader = MemoryRole::new("OrgReader").trusts(1);
    let organization = MemoryOrganization::new("o-one", MemoryAccount::new(1, "M"))
        .role_in_management(reader.clone())
        .accounts(members)
        .role_in_members(&reader);
    MemoryWorld::new(1).with_organization(organization).with_tenants("tenants", [tenant(1)])
}

#[tokio::test(start_paused = true)]
async fn tags_are_read_while_regions_are() {
    let world = world(vec![MemoryAccount::new(2, "a").tag("env", "a").not_in_bulk()]);
    let slow = || FaultKind::Delay(Duration::from_secs(10));
    world.plan(Fault::always("organizations:ListTagsForResource", slow()));
    world.plan(Fault::always("sts:AssumeRole", slow()));
    let began = Instant::now();
    let summary = Trial::inventory().summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn accounts_are_scanned_while_others_are_still_listed() {
    let world = world((2..=80).map(|id| MemoryAccount::new(id, "a")).collect());
    // Four pages, each of which takes as long as a report.
    world.plan(Fault::always("organizations:ListAccounts", FaultKind::Delay(Duration::from_secs(3))));
    let began = Instant::now();
    Trial::audit().summary(&world).await;
    assert_eq!(world.calls_of("iam:GenerateCredentialReport"), 80);
    assert!(began.elapsed() < Duration::from_secs(16), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn that_all_is_listed_is_known_while_accounts_are_still_scanned() {
    let takes = Duration::from_secs(9);
    let members =
        (2..=50).map(|id| MemoryAccount::new(id, "a").report(MemoryReport::absent(report(id, [])).takes(takes)));
    let world = world(members.collect());
    let progress = Arc::new(Progress::default());
    let trial = Trial::audit();
    let mut run = std::pin::pin!(trial.run_watched(&world, &progress));
    assert!(tokio::time::timeout(Duration::from_secs(4), &mut run).await.is_err(), "it still runs");
    let seen = progress.snapshot();
    assert!(seen.listed_all && seen.listed == 50 && seen.done < 50, "{seen:?}");
    run.await.unwrap();
    assert!(progress.snapshot().listed_all);
}

#[tokio::test(start_paused = true)]
async fn how_long_reports_take_is_learnt_within_the_run() {
    fastrand::seed(1);
    let takes = Duration::from_secs(9);
    let members =
        (2..=800).map(|id| MemoryAccount::new(id, "a").report(MemoryReport::absent(report(id, [])).takes(takes)));
    let world = world(members.collect());
    // Twenty accounts a second, so that the first ones are done long before the last ones begin.
    world.plan(Fault::always("organizations:ListAccounts", FaultKind::Delay(Duration::from_secs(1))));
    Trial::audit().summary(&world).await;
    // Each account costs a call that finds no report, and one that finds it. Those of the first ten seconds cost another
    // seven or so, since nothing is known yet; if nothing were learnt, all of them would.
    let calls = world.calls_of("iam:GetCredentialReport");
    assert!(calls < 800 * 5, "{calls} calls for 800 accounts");
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_said_to_be_ready_and_is_not_is_asked_for_with_pauses() {
    let world = world(vec![]);
    world.plan(Fault::once("iam:GetCredentialReport", CallErrorKind::NotFound));
    world.plan(Fault::once("iam:GetCredentialReport", CallErrorKind::NotReady).times(3));
    let began = Instant::now();
    let summary = Trial::audit().summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    assert!(began.elapsed() >= Duration::from_millis(600), "{:?}", began.elapsed());
    assert_eq!(world.calls_of("iam:GetCredentialReport"), 5);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_cannot_be_written_in_time_leaves_time_for_its_ledger() {
    let world = world(vec![]);
    world.store().plan(Fault::once("s3:PutObject", FaultKind::Hang));
    let began = Instant::now();
    let summary = Trial::audit().deadline(100).summary(&world).await;
    assert_eq!(summary.status, Status::Partial, "{summary:?}");
    assert!(began.elapsed() < Duration::from_secs(100), "{:?}", began.elapsed());
    let organization = summary.organizations.first().unwrap();
    assert!(organization.report.is_none() && organization.coverage.is_some(), "{organization:?}");
    assert!(!world.store().names().iter().any(|name| name.contains("latest")), "{:?}", world.store().names());
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_was_left_without_its_report_gives_way_to_that_of_the_report() {
    let world = world(vec![MemoryAccount::new(2, "a")]);
    world.store().plan(Fault::once("s3:PutObject", FaultKind::Hang));
    let trial = Trial::audit().scheduled().deadline(100);
    assert_eq!(trial.summary(&world).await.status, Status::Partial);
    world.change(2, |account| account.state("SUSPENDED"));
    let summary = trial.summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    let ledger = world.store().text(&format!("aws-000000000001-credential-report-{STAMP}-coverage.csv"));
    assert_eq!(column(&ledger, "outcome"), ["reported", "skipped_state"]);
}

/// When each call of an action was made in an account.
fn times(world: &MemoryWorld, action: &str, account: u64) -> Vec<Duration> {
    let is_meant = |request: &Request| request.action == action && request.account == Some(account_id(account));
    world.requests().into_iter().filter(is_meant).map(|request| request.at).collect()
}

#[tokio::test(start_paused = true)]
async fn a_report_is_asked_for_at_once_and_again_after_a_pause_each_and_three_times_at_the_most() {
    let world = world(vec![MemoryAccount::new(2, "a")]);
    let never_there = |kind| Fault::always("iam:GetCredentialReport", kind).in_account(2);
    world.plan(never_there(CallErrorKind::NotFound));
    Trial::audit().summary(&world).await;
    let (gets, generations) =
        (times(&world, "iam:GetCredentialReport", 2), times(&world, "iam:GenerateCredentialReport", 2));
    assert_eq!(generations.len(), 6, "three in each of two passes");
    for pass in generations.chunks(3) {
        let asked_before = gets.iter().rev().find(|at| **at <= pass[0]).unwrap();
        assert_eq!(pass[0], *asked_before, "the first is asked for as soon as there is none");
        assert!(pass[1] >= pass[0] + Duration::from_millis(500) && pass[2] >= pass[1] + Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_that_somebody_else_is_having_made_is_waited_for_and_not_asked_for_again() {
    let world = world(vec![MemoryAccount::new(2, "a").report(MemoryReport::fresh(report(2, [])))]);
    world.plan(Fault::once("iam:GetCredentialReport", CallErrorKind::NotReady).in_account(2));
    let summary = Trial::audit().summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    let gets = times(&world, "iam:GetCredentialReport", 2);
    assert!(gets[1] >= gets[0] + Duration::from_millis(100), "it is asked for again at once: {gets:?}");
    assert_eq!(times(&world, "iam:GenerateCredentialReport", 2).len(), 0);
}
