//! What is said and counted of what could not be delivered.

use orgscan::error::CallErrorKind;
use orgscan::summary::Status;
use orgscan::testing::{
    Fault, FaultKind, MemoryAccount, MemoryOrganization, MemoryReport, MemoryRole, MemoryWorld, ReportUser, report,
};

use super::Trial;

const REPORT: &str = "aws-000000000001-credential-report-2026-11-21T06-00-00Z.csv";

/// One Organization of two accounts, the second of which has so many users.
fn world(users: u32) -> MemoryWorld {
    let reader = MemoryRole::new("OrgReader").trusts(1);
    let account = |id: u64, users: u32| {
        let users = (0..users).map(|number| ReportUser::new(format!("user-{number}")));
        MemoryAccount::new(id, format!("account {id}")).report(MemoryReport::fresh(report(id, users)))
    };
    MemoryWorld::new(1).with_organization(
        MemoryOrganization::new("o-one", account(1, 0)).accounts([account(2, users)]).role_in_members(&reader),
    )
}

#[tokio::test(start_paused = true)]
async fn every_object_and_every_digest_that_is_not_delivered_is_counted() {
    let world = world(1);
    world.store().plan(Fault::always("s3:PutObject", CallErrorKind::Denied).on(".html"));
    world.store().plan(Fault::always("s3:PutObject", CallErrorKind::Denied).on("-mail.json"));
    let trial = Trial::audit().with("MAIL_SENDER", "a@example.com").with("MAIL_RECIPIENTS", "b@example.com");
    let summary = trial.scheduled().summary(&world).await;
    assert_eq!((summary.status, summary.undelivered), (Status::Partial, 2), "{:?}", summary.warnings);
    for part in ["2026-11-21T06-00-00Z.html could not be written", "no mail was sent, since", "EXPECTED_BUCKET_OWNER"] {
        assert!(summary.warnings.iter().any(|one| one.contains(part)), "{part}: {:?}", summary.warnings);
    }
    assert!(summary.warnings.iter().all(|one| !one.contains("could not be written") || one.contains("memory")));
}

#[tokio::test(start_paused = true)]
async fn an_assessment_that_would_outlive_the_deadline_is_cut_and_the_ledger_is_there() {
    let world = world(5_000);
    // The report is waited for until there is just time for the ledger.
    world.store().plan(Fault::always("s3:PutObject", FaultKind::Hang).on(REPORT));
    let summary = Trial::audit().scheduled().deadline(60).summary(&world).await;
    assert_eq!((summary.status, summary.undelivered), (Status::Partial, 2), "{:?}", summary.warnings);
    assert!(summary.organizations.first().unwrap().coverage.is_some(), "{summary:?}");
    let cut = "there are no findings and no mail: the deadline came first";
    assert!(summary.warnings.iter().any(|one| one.contains(cut)), "{:?}", summary.warnings);
}
