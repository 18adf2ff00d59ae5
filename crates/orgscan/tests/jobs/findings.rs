//! The audit's findings: what is written of them, how they change from run to run, and when they are mailed.

use orgscan::error::CallErrorKind;
use orgscan::event::Event;
use orgscan::ports::{Body, ReportStore};
use orgscan::summary::{FindingCounts, Status, Summary};
use orgscan::testing::{
    Fault, FaultKind, MemoryAccount, MemoryOrganization, MemoryReport, MemoryRole, MemoryWorld, ReportUser, report,
    timestamp,
};
use serde_json::Value;

use super::{Trial, rows};

const DAYS: [&str; 3] = ["2026-11-21T06:00:00Z", "2026-11-22T06:00:00Z", "2026-11-23T06:00:00Z"];

/// A user with a password and no MFA: one finding.
fn without_mfa(name: &str) -> ReportUser {
    ReportUser::new(name).password("2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z")
}

fn account(id: u64, users: impl IntoIterator<Item = ReportUser>) -> MemoryAccount {
    MemoryAccount::new(id, format!("account {id}")).report(MemoryReport::fresh(report(id, users)))
}

/// The management account, 1, without findings, and account 2 with alice and bob, account 3 with carol.
fn world() -> MemoryWorld {
    let reader = MemoryRole::new("OrgReader").trusts(1);
    MemoryWorld::new(1).with_organization(
        MemoryOrganization::new("o-one", account(1, []))
            .accounts([account(2, [without_mfa("alice"), without_mfa("bob")]), account(3, [without_mfa("carol")])])
            .role_in_members(&reader),
    )
}

fn on(day: &str) -> Event {
    Event { scheduled_time: Some(timestamp(day)), ..Event::default() }
}

async fn run(world: &MemoryWorld, day: &str) -> Summary {
    Trial::audit().event(on(day)).summary(world).await
}

fn counts(summary: &Summary) -> FindingCounts {
    summary.organizations.first().unwrap().finding_counts.unwrap()
}

fn name(kind: &str, day: &str) -> String {
    let stamp = if day == "latest" { day.to_owned() } else { day.replace(':', "-") };
    match kind {
        "jsonl" => format!("aws-000000000001-findings-{stamp}.jsonl"),
        other => format!("aws-000000000001-credential-report-{stamp}{other}"),
    }
}

/// User, status and first day of every line of the findings.
fn findings(world: &MemoryWorld, day: &str) -> Vec<String> {
    let text = world.store().text(&name("jsonl", day));
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|line| ["user", "status", "since"].map(|field| line[field].as_str().unwrap().to_owned()).join(" "))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn every_form_of_the_findings_is_written_and_becomes_the_newest() {
    let world = world();
    let summary = run(&world, DAYS[0]).await;
    assert_eq!(summary.status, Status::Complete, "{summary:?}");
    assert_eq!(counts(&summary), FindingCounts { new: 3, high: 3, ..FindingCounts::default() });
    assert_eq!(findings(&world, DAYS[0]), ["alice new 2026-11-21", "bob new 2026-11-21", "carol new 2026-11-21"]);
    for kind in ["jsonl", "-findings.csv", "-findings.ocsf.jsonl", ".html"] {
        let (own, latest) = (name(kind, DAYS[0]), name(kind, "latest"));
        assert_eq!(world.store().text(&own), world.store().text(&latest), "{kind}");
    }
    assert_eq!(rows(&world.store().text(&name("-findings.csv", "latest"))).len(), 3);
    assert_eq!(world.store().text(&name("-findings.ocsf.jsonl", "latest")).lines().count(), 3);
    let organization = summary.organizations.first().unwrap();
    assert_eq!(organization.findings, Some(format!("s3://memory/{}", name("jsonl", DAYS[0]))));
    assert_eq!(organization.page, Some(format!("s3://memory/{}", name(".html", DAYS[0]))));
    let page = world.store().object(&name(".html", "latest")).unwrap();
    assert_eq!(page.content_type, "text/html; charset=utf-8");
}

#[tokio::test(start_paused = true)]
async fn the_next_run_tells_new_open_and_resolved_and_the_trend_has_both() {
    let world = world();
    run(&world, DAYS[0]).await;
    world.change(2, |account| {
        account.report(MemoryReport::fresh(report(2, [without_mfa("alice"), without_mfa("dora")])))
    });
    let summary = run(&world, DAYS[1]).await;
    assert_eq!(
        findings(&world, DAYS[1]),
        ["alice open 2026-11-21", "dora new 2026-11-22", "carol open 2026-11-21", "bob resolved 2026-11-21"]
    );
    assert_eq!(counts(&summary), FindingCounts { new: 1, open: 2, resolved: 1, high: 3, ..FindingCounts::default() });
    let trend: Value = serde_json::from_str(&world.store().text("aws-000000000001-findings-trend.json")).unwrap();
    let runs = trend["runs"].as_array().unwrap();
    let numbers: Vec<_> = runs.iter().map(|run| (run["time"].as_str().unwrap(), &run["high"], &run["new"])).collect();
    assert_eq!(numbers, [(DAYS[0], &3.into(), &Value::Null), (DAYS[1], &3.into(), &1.into())]);
    run(&world, DAYS[2]).await;
    assert_eq!(findings(&world, DAYS[2]).len(), 3, "what is resolved is told once");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be_read_resolves_nothing() {
    let world = world();
    run(&world, DAYS[0]).await;
    world.plan(Fault::always("iam:GetCredentialReport", CallErrorKind::Denied).in_account(2));
    let summary = run(&world, DAYS[1]).await;
    assert_eq!(summary.status, Status::Partial);
    assert_eq!(findings(&world, DAYS[1]), ["carol open 2026-11-21", "alice open 2026-11-21", "bob open 2026-11-21"]);
    assert!(world.store().text(&name("jsonl", DAYS[1])).contains("\"covered\":false"));
    assert_eq!(counts(&summary).resolved, 0);
}

#[tokio::test(start_paused = true)]
async fn a_missing_or_broken_file_of_the_run_before_makes_the_change_unknown_and_stops_nothing() {
    for broken in [None, Some(&b"{\"not\": \"a finding\"}\n"[..])] {
        let world = world();
        run(&world, DAYS[0]).await;
        let latest = name("jsonl", "latest");
        match broken {
            Some(content) => world.store().replace(&latest, "text/plain", Body::Bytes(content)).await.unwrap(),
            None => world.store().remove(&latest).await.unwrap(),
        }
        let summary = run(&world, DAYS[1]).await;
        assert_eq!(summary.status, Status::Complete, "{summary:?}");
        assert!(summary.warnings.iter().any(|one| one.contains("what changed")), "{:?}", summary.warnings);
        assert_eq!(counts(&summary), FindingCounts { open: 3, high: 3, ..FindingCounts::default() });
        // From then on it is known again.
        assert_eq!(counts(&run(&world, DAYS[2]).await).open, 3);
        assert_eq!(findings(&world, DAYS[2]).first().unwrap(), "alice open 2026-11-22");
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_event_changes_nothing_of_the_findings() {
    let world = world();
    run(&world, DAYS[0]).await;
    world.change(2, |account| account.report(MemoryReport::fresh(report(2, [without_mfa("alice")]))));
    let first = run(&world, DAYS[1]).await;
    let objects = world.store().objects();
    let second = run(&world, DAYS[1]).await;
    assert_eq!(first.organizations, second.organizations);
    assert_eq!(counts(&second).resolved, 1, "what the first delivery found resolved stays so");
    let mut after = world.store().objects();
    let mut before = objects;
    before.sort();
    after.sort();
    assert!(before == after, "a repeated event leaves every object as it was");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_older_than_the_newest_leaves_that_as_it_is() {
    let world = world();
    run(&world, DAYS[1]).await;
    let newest = world.store().text(&name("jsonl", "latest"));
    world.change(2, |account| account.report(MemoryReport::fresh(report(2, []))));
    let summary = run(&world, DAYS[0]).await;
    assert_eq!(world.store().text(&name("jsonl", "latest")), newest);
    assert_eq!(counts(&summary), FindingCounts { open: 1, high: 1, ..FindingCounts::default() });
    assert!(summary.warnings.iter().any(|one| one.contains("not older")), "{:?}", summary.warnings);
}

#[tokio::test(start_paused = true)]
async fn findings_that_cannot_be_written_make_the_run_partial_and_are_never_the_newest() {
    let world = world();
    world.store().plan(Fault::always("s3:PutObject", CallErrorKind::Denied).on("-findings-2026"));
    let summary = run(&world, DAYS[0]).await;
    assert_eq!(summary.status, Status::Partial);
    assert!(summary.warnings.iter().any(|one| one.contains("-findings-2026")), "{:?}", summary.warnings);
    let names = world.store().names();
    assert!(!names.iter().any(|name| name.contains("findings-latest") || name.contains("trend")), "{names:?}");
    assert_eq!(summary.organizations.first().unwrap().findings, None);
}

#[tokio::test(start_paused = true)]
async fn another_form_that_cannot_be_written_makes_the_run_partial_and_nothing_else() {
    let world = world();
    world.store().plan(Fault::always("s3:PutObject", CallErrorKind::Denied).on("-findings.csv"));
    let summary = run(&world, DAYS[0]).await;
    assert_eq!(summary.status, Status::Partial);
    assert!(summary.warnings.iter().any(|one| one.contains("-findings.csv")), "{:?}", summary.warnings);
    for name in [name("jsonl", "latest"), name("-findings.ocsf.jsonl", "latest")] {
        assert!(world.store().names().contains(&name), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_with_large_forms_of_the_findings_does_not_hold_up_the_mail() {
    for object in ["ocsf.jsonl", "-findings.csv", ".html", "-findings-2026"] {
        let world = world();
        world.store().plan(Fault::always("s3:PutObject", FaultKind::Hang).on(object));
        let trial = Trial::audit().with("MAIL_SENDER", "a@example.com").with("MAIL_RECIPIENTS", "b@example.com");
        let summary = trial.event(on(DAYS[0])).deadline(120).summary(&world).await;
        assert_eq!(summary.status, Status::Partial, "{object}");
        assert_eq!(world.mailer().messages().len(), 1, "{object}: {:?}", summary.warnings);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_event_never_takes_an_unknown_change_for_none() {
    // The first delivery does not know what changed, and ends before the trend says so.
    let world = world();
    run(&world, DAYS[0]).await;
    world.store().remove(&name("jsonl", "latest")).await.unwrap();
    world.store().plan(Fault::once("s3:PutObject", CallErrorKind::Denied).on("-trend.json"));
    run(&world, DAYS[1]).await;
    let summary = run(&world, DAYS[1]).await;
    assert!(summary.warnings.iter().any(|one| one.contains("what changed")), "{:?}", summary.warnings);

    // One that knows it does not forget it.
    world.change(2, |account| account.report(MemoryReport::fresh(report(2, []))));
    world.store().plan(Fault::once("s3:PutObject", CallErrorKind::Denied).on("-trend.json"));
    let first = run(&world, DAYS[2]).await;
    assert_eq!(counts(&first).resolved, 2);
    let second = run(&world, DAYS[2]).await;
    assert!(!second.warnings.iter().any(|one| one.contains("what changed")), "{:?}", second.warnings);
    assert_eq!(counts(&second), counts(&first));
}

#[tokio::test(start_paused = true)]
async fn what_was_cut_off_of_the_newest_is_written_by_the_next_delivery() {
    for object in
        ["findings-latest", "-latest.html", "-latest-findings.csv", "-latest-findings.ocsf.jsonl", "-trend.json"]
    {
        let world = world();
        run(&world, DAYS[0]).await;
        world.change(2, |account| account.report(MemoryReport::fresh(report(2, [without_mfa("dora")]))));
        world.store().plan(Fault::once("s3:PutObject", CallErrorKind::Denied).on(object));
        assert_eq!(run(&world, DAYS[1]).await.status, Status::Partial, "{object}");
        let summary = run(&world, DAYS[1]).await;
        assert_eq!((summary.status, counts(&summary).resolved), (Status::Complete, 2), "{object}: {summary:?}");
        for kind in ["jsonl", "-findings.csv", "-findings.ocsf.jsonl", ".html"] {
            let (own, latest) = (name(kind, DAYS[1]), name(kind, "latest"));
            assert_eq!(world.store().text(&own), world.store().text(&latest), "{object}: {kind}");
        }
        let third = run(&world, DAYS[2]).await;
        assert_eq!((counts(&third).new, counts(&third).open), (0, 2), "{object}");
        let digest_of = world.store().text("aws-000000000001-findings-trend.json");
        assert_eq!(digest_of.matches("\"time\"").count(), 3, "{object}: {digest_of}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_trend_that_cannot_be_read_is_not_written_over() {
    let world = world();
    run(&world, DAYS[0]).await;
    let [trend, newest] = ["aws-000000000001-findings-trend.json".to_owned(), name("jsonl", "latest")];
    let before = [world.store().text(&trend), world.store().text(&newest)];
    world.store().plan(Fault::always("s3:GetObject", CallErrorKind::Denied).on("-trend.json"));
    let summary = run(&world, DAYS[1]).await;
    assert!(summary.warnings.iter().any(|one| one.contains("-trend.json")), "{:?}", summary.warnings);
    assert_eq!(summary.status, Status::Partial, "the newest findings are those of the day before");
    assert_eq!([world.store().text(&trend), world.store().text(&newest)], before);
}

#[tokio::test(start_paused = true)]
async fn findings_go_with_the_report_that_is_there() {
    // The ledger could not be written, so the next delivery sweeps again, and its findings are those of its own report.
    let world = world();
    world.store().plan(Fault::once("s3:PutObject", CallErrorKind::Denied).on("-coverage.csv"));
    let first = run(&world, DAYS[0]).await;
    assert_eq!(first.organizations.first().unwrap().findings, None);
    world.change(2, |account| account.report(MemoryReport::fresh(report(2, [without_mfa("dora")]))));
    run(&world, DAYS[0]).await;
    assert_eq!(findings(&world, DAYS[0]), ["dora new 2026-11-21", "carol new 2026-11-21"]);
}

#[tokio::test(start_paused = true)]
async fn findings_that_are_no_longer_exempted_are_a_change_and_mailed() {
    let world = world();
    let list = r#"[{"user": "*", "reason": "all", "until": "2027-01-01"}]"#;
    world.store().replace("rules.json", "application/json", Body::Bytes(list.as_bytes())).await.unwrap();
    let trial = |day: &str| {
        let trial = Trial::audit().with("MAIL_SENDER", "a@example.com").with("MAIL_RECIPIENTS", "b@example.com");
        trial.with("MAIL_WHEN", "changes").event(on(day))
    };
    trial(DAYS[0]).with("EXEMPTIONS", "s3://memory/rules.json").summary(&world).await;
    assert!(world.mailer().messages().is_empty(), "all is exempted");
    let summary = trial(DAYS[1]).summary(&world).await;
    assert_eq!(counts(&summary), FindingCounts { open: 3, high: 3, ..FindingCounts::default() });
    assert_eq!(world.mailer().messages().len(), 1, "the list is gone, and that is told");
}

async fn with_exemptions(world: &MemoryWorld, list: &str) -> Summary {
    world.store().replace("rules.json", "application/json", Body::Bytes(list.as_bytes())).await.unwrap();
    let trial = Trial::audit().with("EXEMPTIONS", "s3://memory/rules.json").event(on(DAYS[0]));
    trial.with("MAIL_SENDER", "a@example.com").with("MAIL_RECIPIENTS", "b@example.com").summary(world).await
}

#[tokio::test(start_paused = true)]
async fn exempted_findings_are_counted_apart_and_every_useless_exemption_is_said() {
    let world = world();
    let list = r#"[{"user": "ali*", "rule": "console-mfa", "reason": "a test account", "until": "2026-11-21"},
                   {"user": "bob", "reason": "was fine", "until": "2026-11-20"},
                   {"user": "nobody", "reason": "left", "until": "2027-11-20"},
                   {"usr": "carol", "reason": "typing error", "until": "2027-11-20"}]"#;
    let summary = with_exemptions(&world, list).await;
    assert_eq!(counts(&summary), FindingCounts { new: 2, exempted: 1, high: 2, ..FindingCounts::default() });
    let message = world.mailer().messages().pop().unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in ["exemption 2", "exemption 3", "exemption 4"] {
        assert!(summary.warnings.iter().any(|one| one.contains(said)), "{said}: {:?}", summary.warnings);
        assert!(words(&message.text).contains(said) && words(&message.html).contains(said), "{said}: {}", message.text);
    }
    assert_eq!(summary.warnings.len(), 3, "{:?}", summary.warnings);
    assert_eq!(summary.status, Status::Complete);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_exemptions_that_cannot_be_read_exempts_nothing_and_is_said() {
    let world = world();
    world.store().plan(Fault::always("s3:GetObject", CallErrorKind::Denied).on("rules.json"));
    let summary = with_exemptions(&world, r#"[{"user": "*", "reason": "all", "until": "2027-01-01"}]"#).await;
    assert_eq!((summary.status, counts(&summary).new), (Status::Partial, 3));
    assert!(summary.warnings.iter().any(|one| one.contains("rules.json")), "{:?}", summary.warnings);
    let message = world.mailer().messages().pop().unwrap();
    assert!(message.text.contains("nothing is exempted"), "{}", message.text);
}

#[tokio::test(start_paused = true)]
async fn an_exemption_for_one_of_several_organizations_is_not_said_to_match_nothing() {
    let management = MemoryRole::new("OrgReader").trusts(9);
    let organization = |id: &str, first: u64, user: &str| {
        MemoryOrganization::new(id, account(first, [without_mfa(user)])).role_in_management(management.clone())
    };
    let world = MemoryWorld::new(9)
        .with_organization(organization("o-one", 10, "alice"))
        .with_organization(organization("o-two", 20, "bob"))
        .with_tenants("tenants", [super::tenant(10), super::tenant(20)]);
    let list = r#"[{"user": "alice", "reason": "r", "until": "2027-01-01"},
                   {"user": "bob", "reason": "r", "until": "2027-01-01"},
                   {"user": "nobody", "reason": "r", "until": "2027-01-01"}]"#;
    world.store().replace("rules.json", "application/json", Body::Bytes(list.as_bytes())).await.unwrap();
    let summary = Trial::of(orgscan::config::Job::CredentialReport)
        .with("DYNAMO_TABLE_NAME", "tenants")
        .with("CROSS_ACCOUNT_ROLE_NAME", "OrgReader")
        .with("EXEMPTIONS", "s3://memory/rules.json")
        .event(on(DAYS[0]))
        .summary(&world)
        .await;
    assert_eq!(summary.warnings.len(), 1, "{:?}", summary.warnings);
    assert!(summary.warnings[0].contains("exemption 3"), "{:?}", summary.warnings);
    let exempted: Vec<u64> = summary.organizations.iter().map(|one| one.finding_counts.unwrap().exempted).collect();
    assert_eq!(exempted, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_digest_is_mailed_when_its_setting_wants_it() {
    // Findings, changes: on the first day all is new, on the second nothing changed, on the third nothing is left.
    for (when, mailed) in [("always", [true; 3]), ("findings", [true, true, false]), ("changes", [true, false, true])] {
        let world = world();
        for (day, expected) in DAYS.iter().zip(mailed) {
            if day == &DAYS[2] {
                for id in [2, 3] {
                    world.change(id, |account| account.report(MemoryReport::fresh(report(id, []))));
                }
            }
            let before = world.mailer().messages().len();
            let trial = Trial::audit()
                .with("MAIL_SENDER", "a@example.com")
                .with("MAIL_RECIPIENTS", "b@example.com")
                .with("MAIL_WHEN", when)
                .event(on(day));
            let summary = trial.summary(&world).await;
            let sent = world.mailer().messages().len() - before;
            assert_eq!(sent, usize::from(expected), "{when} on {day}");
            assert_eq!(summary.mail.unwrap().sent, sent as u64);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn all_digests_of_an_organization_are_in_one_thread() {
    let world = world();
    for day in DAYS {
        let trial = Trial::audit().with("MAIL_SENDER", "a@example.com").with("MAIL_RECIPIENTS", "b@example.com");
        trial.event(on(day)).summary(&world).await;
    }
    let messages = world.mailer().messages();
    let threads: Vec<&str> = messages.iter().map(|message| message.thread.as_str()).collect();
    assert_eq!(threads.len(), 3);
    assert!(threads.iter().all(|thread| *thread == threads[0] && thread.starts_with('<')), "{threads:?}");
    let subjects: Vec<&str> = messages.iter().map(|message| message.subject.as_str()).collect();
    assert!(subjects[0].ends_with(": 3 new, 0 open"), "{subjects:?}");
    assert!(subjects[1].ends_with(": 0 new, 3 open"), "{subjects:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_of_named_accounts_carries_the_others_on_and_is_not_compared_with_later() {
    let world = world();
    run(&world, DAYS[0]).await;
    let newest = world.store().text(&name("jsonl", "latest"));
    let event = Event { account_ids: Some([orgscan::testing::account_id(2)].into()), ..on(DAYS[1]) };
    let summary = Trial::audit().event(event).summary(&world).await;
    assert_eq!((counts(&summary).open, counts(&summary).resolved), (3, 0));
    assert_eq!(world.store().text(&name("jsonl", "latest")), newest);
    let trend = world.store().text("aws-000000000001-findings-trend.json");
    assert!(!trend.contains("2026-11-22"), "{trend}");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_finds_and_writes_nothing() {
    let world = world();
    let event = Event { dry_run: true, ..on(DAYS[0]) };
    let summary = Trial::audit().with("EXEMPTIONS", "s3://memory/none.json").event(event).summary(&world).await;
    assert_eq!(summary.organizations.first().unwrap().finding_counts, None);
    assert!(world.store().names().is_empty() && summary.warnings.is_empty(), "{summary:?}");
}
