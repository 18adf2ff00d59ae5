//! The audit.

use std::time::Duration;

use orgscan::error::CallErrorKind;
use orgscan::event::Event;
use orgscan::ports::{Body, ReportStore};
use orgscan::summary::Status;
use orgscan::testing::{
    Fault, FaultKind, MemoryAccount, MemoryOrganization, MemoryReport, MemoryRole, MemoryWorld, ReportUser, account_id,
    report, timestamp,
};

use super::{STAMP, Trial, column, fate, row_of, rows, tenant};

fn reader() -> MemoryRole {
    MemoryRole::new("OrgReader").trusts(1)
}

/// The caller is the management account, 1, and has no role of its own to assume.
pub(super) fn world(members: Vec<MemoryAccount>) -> MemoryWorld {
    let management = MemoryAccount::new(1, "Management").report(MemoryReport::fresh(report(1, [])));
    MemoryWorld::new(1)
        .with_organization(MemoryOrganization::new("o-one", management).accounts(members).role_in_members(&reader()))
}

fn member(id: u64) -> MemoryAccount {
    MemoryAccount::new(id, format!("account {id}"))
}

fn merged(world: &MemoryWorld) -> String {
    world.store().text(&format!("aws-000000000001-credential-report-{STAMP}.csv"))
}

fn ledger(world: &MemoryWorld) -> String {
    world.store().text(&format!("aws-000000000001-credential-report-{STAMP}-coverage.csv"))
}

#[tokio::test(start_paused = true)]
async fn reports_of_all_accounts_are_merged_with_the_management_account_first() {
    let world = world(vec![
        member(3).report(MemoryReport::absent(report(3, [ReportUser::new("zoe"), ReportUser::new("adam")]))),
        member(2).report(MemoryReport::stale(report(2, [ReportUser::new("a, \"b\"").mfa()]))),
        member(4).state("SUSPENDED"),
        member(5).state("PENDING_CLOSURE"),
    ]);
    let summary = Trial::audit().summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    let text = merged(&world);
    assert!(text.starts_with(
        "account_id,account_name,org_id,ou_path,account_state,report_generated_time,user,arn,user_creation_time,"
    ));
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains('\n'));
    assert_eq!(
        column(&text, "user"),
        ["<root_account>", "<root_account>", "a, \"b\"", "<root_account>", "adam", "zoe", "<root_account>"]
    );
    assert_eq!(
        column(&text, "account_id").into_iter().map(|id| id.trim_start_matches('0').to_owned()).collect::<Vec<_>>(),
        ["1", "2", "2", "3", "3", "3", "5"]
    );
    assert_eq!(column(&ledger(&world), "outcome"), ["reported", "reported", "reported", "skipped_state", "reported"]);
    assert_eq!(row_of(&ledger(&world), "000000000001").get("report_generated_time").unwrap(), "2026-11-21T05:00:00Z");
}

#[tokio::test(start_paused = true)]
async fn the_management_account_is_read_with_the_callers_own_credentials() {
    let world = world(vec![member(2)]);
    Trial::audit().summary(&world).await;
    let assumed: Vec<_> = world.assumed().into_iter().map(|role| role.account).collect();
    assert_eq!(assumed, [account_id(2)]);
}

#[tokio::test(start_paused = true)]
async fn a_delegated_administrator_enters_the_management_account_through_its_role() {
    let reader = MemoryRole::new("OrgReader").trusts(5);
    let world = MemoryWorld::new(5).with_organization(
        MemoryOrganization::new("o-one", member(1))
            .role_in_management(reader.clone())
            .accounts([member(2), member(5)])
            .role_in_members(&reader)
            .delegated_administrator(5),
    );
    let summary = Trial::audit().summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    assert_eq!(summary.organizations.first().unwrap().management_account_id, "000000000001");
    let mut assumed: Vec<_> = world.assumed().into_iter().map(|role| role.account).collect();
    assumed.sort();
    assert_eq!(assumed, [account_id(1), account_id(2)]);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_report_is_taken_as_it_is_and_an_old_one_is_made_again() {
    let world = world(vec![
        member(2).report(MemoryReport::of_age(report(2, []), Duration::from_mins(239))),
        member(3).report(MemoryReport::of_age(report(3, []), Duration::from_hours(4))),
        member(4).report(MemoryReport::expired(report(4, []))),
    ]);
    Trial::audit().summary(&world).await;
    assert_eq!(column(&ledger(&world), "outcome"), ["reported"; 4]);
    assert_eq!(column(&ledger(&world), "detail"), [""; 4], "there is nothing odd about them");
    assert_eq!(world.calls_of("iam:GenerateCredentialReport"), 2);
    // Two accounts held a fresh one: one call each.
    let gets = |id: u64| {
        let id = account_id(id);
        world
            .requests()
            .into_iter()
            .filter(|request| request.action == "iam:GetCredentialReport" && request.account == Some(id))
            .count()
    };
    assert_eq!((gets(1), gets(2)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_report_that_takes_long_is_waited_for_and_one_that_never_comes_is_a_timeout() {
    let world = world(vec![
        member(2).report(MemoryReport::absent(report(2, [])).takes(Duration::from_secs(40))),
        member(3).report(MemoryReport::absent(report(3, [])).takes(Duration::from_secs(100_000))),
    ]);
    let started = tokio::time::Instant::now();
    Trial::audit().summary(&world).await;
    assert_eq!(fate(&ledger(&world), "000000000002").0, "reported");
    let (outcome, detail) = fate(&ledger(&world), "000000000003");
    assert_eq!(outcome, "report_timeout");
    assert!(detail.contains("120 seconds"), "{detail}");
    assert_eq!(row_of(&ledger(&world), "000000000003").get("attempts").unwrap(), "2");
    assert!(started.elapsed() < Duration::from_mins(6), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_old_date_after_a_new_report_is_taken_and_said() {
    let world = world(vec![
        member(2).report(MemoryReport::absent(report(2, [])).generated_time(Some(timestamp("2015-02-02T20:02:02Z")))),
    ]);
    let summary = Trial::audit().summary(&world).await;
    assert_eq!(summary.status, Status::Complete);
    let (outcome, detail) = fate(&ledger(&world), "000000000002");
    assert_eq!(outcome, "reported");
    assert!(detail.contains("2015-02-02T20:02:02Z"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn every_answer_of_iam_becomes_its_outcome() {
    let world = world((2..9).map(member).collect());
    let get = |kind, id: u64| Fault::always("iam:GetCredentialReport", kind).in_account(id);
    world.plan(get(CallErrorKind::Denied, 2));
    world.plan(get(CallErrorKind::Throttled, 3));
    world.plan(get(CallErrorKind::Unavailable, 4));
    world.plan(Fault::always("iam:GenerateCredentialReport", CallErrorKind::Denied).in_account(5));
    world.plan(Fault::always("iam:GenerateCredentialReport", CallErrorKind::Throttled).in_account(6));
    world.plan(get(CallErrorKind::NotFound, 7));
    let summary = Trial::audit().summary(&world).await;
    assert_eq!(
        column(&ledger(&world), "outcome"),
        ["reported", "denied", "throttled", "service_error", "denied", "throttled", "report_timeout", "reported"]
    );
    assert_eq!(summary.accounts().failed, 6);
    // What is final is not tried again, what may pass is.
    assert_eq!(column(&ledger(&world), "attempts"), ["1", "1", "2", "2", "1", "2", "2", "1"]);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_denied_in_the_middle_stops_nobody() {
    let world = world((2..30).map(member).collect());
    world.change(15, |account| account.without_role("OrgReader"));
    let summary = Trial::audit().summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    assert_eq!(summary.accounts().reported, 28);
    assert_eq!(fate(&ledger(&world), "000000000015").0, "assume_denied");
    assert_eq!(rows(&merged(&world)).len(), 28);
}

#[tokio::test(start_paused = true)]
async fn columns_are_merged_by_name_and_a_column_that_one_lacks_is_empty() {
    let with = |columns: &str, row: &str| MemoryReport::fresh(format!("{columns}\n{row}"));
    let world = world(vec![
        member(2).report(with("arn,user,zz_new", "arn:aws:iam::000000000002:user/b,b,1")),
        member(3).report(with("user,arn,additional_credentials_info", "c,arn:aws:iam::000000000003:user/c,2 more")),
    ]);
    Trial::audit().summary(&world).await;
    let text = merged(&world);
    let header = text.lines().next().unwrap();
    assert!(header.ends_with("cert_2_active,cert_2_last_rotated,additional_credentials_info,zz_new"), "{header}");
    let two = row_of(&text, "000000000002");
    assert_eq!((two.get("user").unwrap().as_str(), two.get("zz_new").unwrap().as_str()), ("b", "1"));
    assert_eq!(two.get("additional_credentials_info").unwrap(), "");
    assert_eq!(row_of(&text, "000000000003").get("additional_credentials_info").unwrap(), "2 more");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_report_is_kept_beside_the_ledger() {
    let world = world(vec![member(2), member(3)]);
    let page = b"<html>busy</html>".to_vec();
    world.plan(Fault::always("iam:GetCredentialReport", FaultKind::Report(page.clone())).in_account(2));
    let summary = Trial::audit().summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    let (outcome, detail) = fate(&ledger(&world), "000000000002");
    assert_eq!(outcome, "malformed_report");
    assert!(detail.starts_with("what AWS answered is no credential report: "), "{detail}");
    let name = format!("malformed/aws-000000000001-credential-report-{STAMP}-000000000002");
    assert!(detail.contains(&name), "{detail}");
    assert_eq!(world.store().object(&name).unwrap().content, page);
    assert_eq!(column(&merged(&world), "account_id"), ["000000000001", "000000000003"]);
}

#[tokio::test(start_paused = true)]
async fn with_a_tenants_table_every_tenants_organization_is_read_in_one_run() {
    let management = MemoryRole::new("OrgReader").trusts(9);
    let organization = |id: &str, first: u64| {
        MemoryOrganization::new(id, member(first))
            .role_in_management(management.clone())
            .accounts([member(first + 1), member(first + 2)])
    };
    let world = MemoryWorld::new(9)
        .with_organization(organization("o-one", 10))
        .with_organization(organization("o-two", 20))
        .with_tenants("tenants", [tenant(10), tenant(20)]);
    // The members' own role, which Organizations makes, trusts their management account only.
    let trial = Trial::of(orgscan::config::Job::CredentialReport)
        .with("DYNAMO_TABLE_NAME", "tenants")
        .with("CROSS_ACCOUNT_ROLE_NAME", "OrgReader");
    let summary = trial.summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    assert_eq!(summary.accounts().reported, 6);
    for id in [10, 20] {
        let text = world.store().text(&format!("aws-{id:012}-credential-report-{STAMP}.csv"));
        assert_eq!(rows(&text).len(), 3);
    }
}

pub(super) fn mailing() -> Trial {
    Trial::audit().with("MAIL_SENDER", "audit@example.com").with("MAIL_RECIPIENTS", "one@example.com,two@example.com")
}

#[tokio::test(start_paused = true)]
async fn the_digest_goes_to_all_with_the_guarded_report_attached() {
    let user = ReportUser::new("=cmd<b>").password("2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z");
    let world = world(vec![member(2).report(MemoryReport::fresh(report(2, [user])))]);
    let summary = mailing().summary(&world).await;
    let mail = summary.mail.unwrap();
    assert_eq!((mail.sent, mail.recipients, mail.message_ids.len()), (1, 2, 1));
    let message = world.mailer().messages().pop().unwrap();
    assert_eq!(message.sender, "audit@example.com");
    assert_eq!(message.recipients, ["one@example.com", "two@example.com"]);
    assert!(message.html.contains("o-one") && message.text.contains("o-one"));
    assert!(!message.html.contains("=cmd<b>") && message.html.contains("=cmd&"));
    let attachment = message.attachment.unwrap();
    assert_eq!(attachment.file_name, format!("aws-000000000001-credential-report-{STAMP}.csv"));
    let attached = String::from_utf8(attachment.content).unwrap();
    assert_eq!(attached, merged(&world).replace(",=cmd<b>,", ",'=cmd<b>,"));
    assert_ne!(attached, merged(&world));
}

#[tokio::test(start_paused = true)]
async fn more_than_fifty_recipients_take_more_than_one_message() {
    let world = world(vec![]);
    let recipients: Vec<String> = (0..120).map(|number| format!("r{number}@example.com")).collect();
    let summary = mailing().with("MAIL_RECIPIENTS", recipients.join(",")).summary(&world).await;
    let mail = summary.mail.unwrap();
    assert_eq!((mail.sent, mail.recipients), (3, 120));
    let sizes: Vec<usize> = world.mailer().messages().iter().map(|message| message.recipients.len()).collect();
    assert_eq!(sizes, [50, 50, 20]);
}

#[tokio::test(start_paused = true)]
async fn the_same_event_twice_is_one_report_and_one_mail() {
    let world = world(vec![member(2), member(3)]);
    world.plan(Fault::always("sts:AssumeRole", CallErrorKind::Denied).in_account(3));
    let trial = mailing().scheduled();
    let first = trial.summary(&world).await;
    let names = world.store().names();
    let calls = world.calls_of("iam:GetCredentialReport");
    let second = trial.summary(&world).await;
    assert_eq!(world.calls_of("iam:GetCredentialReport"), calls, "nothing is scanned again");
    assert_eq!(world.mailer().messages().len(), 1);
    let in_order = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(in_order(world.store().names()), in_order(names));
    let (one, other) = (first.organizations.first().unwrap(), second.organizations.first().unwrap());
    assert_eq!(one, other);
    assert_eq!(first.status, second.status);
    assert_eq!(first.mail, second.mail);
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_was_not_taken_is_said_and_tried_again_with_the_next_delivery() {
    let world = world(vec![member(2)]);
    world.mailer().plan(Fault::once("ses:SendEmail", CallErrorKind::Other));
    let trial = mailing().scheduled();
    let summary = trial.summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    assert!(summary.warnings.iter().any(|one| one.contains("ses:SendEmail")), "{:?}", summary.warnings);
    assert!(summary.organizations.first().unwrap().report.is_some());
    assert!(world.store().names().iter().all(|name| !name.ends_with("-mail.json")));

    let again = trial.summary(&world).await;
    assert_eq!(again.mail.unwrap().sent, 1);
    assert_eq!(world.mailer().messages().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn recipients_that_got_no_mail_get_it_with_the_next_delivery_and_nobody_twice() {
    let world = world(vec![]);
    let recipients: Vec<String> = (0..120).map(|number| format!("r{number}@example.com")).collect();
    let trial = mailing().with("MAIL_RECIPIENTS", recipients.join(",")).scheduled();
    world.mailer().plan(Fault::once("ses:SendEmail", CallErrorKind::Other).after(1));
    let first = trial.summary(&world).await;
    assert_eq!((first.status, first.mail.unwrap().recipients), (Status::Partial, 50));
    let second = trial.summary(&world).await;
    assert_eq!((second.status, second.mail.unwrap().recipients), (Status::Complete, 120));
    let mut mailed: Vec<String> =
        world.mailer().messages().into_iter().flat_map(|message| message.recipients).collect();
    mailed.sort();
    let mut expected = recipients;
    expected.sort();
    assert_eq!(mailed, expected);
}

#[tokio::test(start_paused = true)]
async fn a_marker_whose_creation_was_answered_late_is_our_own() {
    let world = world(vec![]);
    let lost = Fault::once("s3:PutObject", FaultKind::AnswerLost(CallErrorKind::Unavailable));
    world.store().plan(lost.on("-mail.json"));
    let summary = mailing().scheduled().summary(&world).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    assert_eq!(world.mailer().messages().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_report_without_its_ledger_is_replaced_so_that_both_are_of_one_sweep() {
    let world = world(vec![member(2)]);
    let name = format!("aws-000000000001-credential-report-{STAMP}.csv");
    world.store().create(&name, "text/csv", Body::Bytes(b"left by a run that was killed")).await.unwrap();
    let summary = Trial::audit().scheduled().summary(&world).await;
    assert_eq!(summary.status, Status::Complete);
    assert_eq!(column(&merged(&world), "account_id"), ["000000000001", "000000000002"]);
    assert_eq!(column(&ledger(&world), "outcome"), ["reported", "reported"]);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_broke_off_stays_partial_when_the_event_comes_again() {
    let management = MemoryAccount::new(1, "Management").report(MemoryReport::fresh(report(1, [])));
    let world = MemoryWorld::new(1).with_organization(
        MemoryOrganization::new("o-one", management)
            .accounts((2..30).map(member))
            .role_in_members(&reader())
            .page_size(10),
    );
    world.plan(Fault::always("organizations:ListAccounts", CallErrorKind::Unavailable).after(1));
    let first = Trial::audit().scheduled().summary(&world).await;
    let second = Trial::audit().scheduled().summary(&world).await;
    assert_eq!((first.status, second.status), (Status::Partial, Status::Partial));
    assert!(world.store().names().iter().all(|name| !name.contains("latest")));
    assert!(fate(&ledger(&world), "000000000001").1.contains("not every account could be listed"));
}

#[tokio::test(start_paused = true)]
async fn a_run_of_named_accounts_is_not_the_newest_and_a_name_nobody_has_is_said() {
    let world = world(vec![member(2), member(3)]);
    let named = [account_id(2), account_id(77)].into();
    let summary = Trial::audit().event(Event { account_ids: Some(named), ..Event::default() }).summary(&world).await;
    assert_eq!(summary.status, Status::Partial);
    assert!(summary.warnings.iter().any(|one| one.contains("000000000077")), "{:?}", summary.warnings);
    assert_eq!(column(&merged(&world), "account_id"), ["000000000002"]);
    // Nor does the whole run of the same time take it for its own.
    let again = Trial::audit().scheduled().summary(&world).await;
    assert_eq!(again.status, Status::Partial);
    assert!(world.store().names().iter().all(|name| !name.contains("latest")));
}

#[tokio::test(start_paused = true)]
async fn no_mail_goes_out_where_the_event_or_the_settings_do_not_want_it() {
    for (trial, notify) in [(mailing(), Some(false)), (Trial::audit(), None), (Trial::audit(), Some(true))] {
        let world = world(vec![member(2)]);
        let summary = trial.event(Event { notify, ..Event::default() }).summary(&world).await;
        assert_eq!(summary.mail, None);
        assert!(world.mailer().messages().is_empty());
    }
}
