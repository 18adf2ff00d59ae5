//! How long a run takes and what it costs: near what was measured, and what does not fit.

use orgscan::config::{Config, Job, Place};
use orgscan::doctor::{Check, Diagnosis, Fix, MEMORY_MB, Room, Size, State, Status, TIMEOUT_SECONDS, estimate};
use orgscan::testing::{MemoryAccount, MemoryWorld};

use super::{Visit, check, organization, world};

fn config(job: Job, more: &[(&str, &str)]) -> Config {
    let all = [("DYNAMO_TABLE_NAME", "tenants"), ("CROSS_ACCOUNT_ROLE_NAME", "r")];
    let lookup =
        |name: &str| more.iter().chain(&all).find(|(one, _)| *one == name).map(|(_, value)| (*value).to_owned());
    Config::from_lookup(job, Place::Terminal, &lookup).unwrap()
}

fn seconds(job: Job, accounts: u64, more: &[(&str, &str)], room: Room) -> f64 {
    estimate(job, &config(job, more), &[Size { listed: accounts, to_enter: accounts }], room).seconds
}

#[test]
fn an_estimate_is_near_what_was_measured() {
    // docs/performance.md, quotas on. Tags one by one are for accounts without one, of which the benchmark has none.
    let bulk = &[("TAG_SOURCE", "tagging")];
    for (job, accounts, measured) in [
        (Job::CredentialReport, 100, 5.4),
        (Job::CredentialReport, 1_000, 9.7),
        (Job::CredentialReport, 10_000, 71.6),
        (Job::AccountMetadata, 1_000, 5.4),
        (Job::AccountMetadata, 10_000, 61.7),
    ] {
        let estimated = seconds(job, accounts, bulk, Room::default());
        assert!(
            (estimated / measured - 1.0).abs() < 0.25,
            "{job:?} of {accounts}: {estimated} s, measured {measured} s"
        );
    }
}

#[test]
fn less_memory_quotas_and_tags_one_by_one_take_longer_and_tenants_beside_each_other_do_not() {
    let job = Job::AccountMetadata;
    let usual = seconds(job, 10_000, &[], Room::default());
    assert!(seconds(job, 10_000, &[("QUOTA_PERCENT", "50")], Room::default()) > 1.8 * usual);
    assert!(seconds(job, 10_000, &[("TAG_SOURCE", "organizations")], Room::default()) > 900.0);
    assert!(seconds(job, 10_000, &[], Room { memory_mb: 128, ..Room::default() }) > 200.0);
    let half = Size { listed: 5_000, to_enter: 5_000 };
    let two = estimate(job, &config(job, &[]), &[half, half], Room::default());
    assert!(two.seconds < usual && two.accounts == 10_000, "{two:?}");
}

#[tokio::test(start_paused = true)]
async fn time_that_is_too_short_and_memory_that_is_too_little_are_named() {
    let room = |memory_mb, timeout_seconds, is_function| Room { memory_mb, timeout_seconds, is_function };
    for (room, time, memory) in [
        (Room::default(), State::Ok, State::Ok),
        (room(512, 60, true), State::Ok, State::Warning),
        (room(128, 49, true), State::Failed, State::Warning),
        (room(MEMORY_MB, 49, false), State::Warning, State::Ok),
    ] {
        let diagnosis = Visit { room, ..Visit::audit() }.examine(&world()).await;
        let found = ["lambda-time", "lambda-memory"].map(|id| check(&diagnosis, id, "credential-report").state);
        assert_eq!(found, [time, memory], "{room:?}: {:#?}", diagnosis.checks);
        for fix in diagnosis.checks.iter().filter_map(|check| check.fix.as_ref()) {
            for command in &fix.commands {
                let expected = "aws lambda update-function-configuration --function-name orgscan-credential-report --";
                assert!(command.starts_with(expected) && command.ends_with(" --region eu-west-1"), "{command}");
                assert!(fix.explanation.ends_with("a stack that is called orgscan)"), "{}", fix.explanation);
            }
        }
    }
}

#[test]
fn the_function_of_an_estimate_is_that_of_the_template() {
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../template.yaml")).unwrap();
    assert!(template.contains(&format!("\n    Timeout: {TIMEOUT_SECONDS}\n")));
    assert!(template.contains(&format!("\n    MemorySize: {MEMORY_MB}\n")));
}

#[test]
fn an_answer_that_is_too_long_for_lambda_keeps_what_failed_first() {
    let check = |number: u32| {
        Check::failed("account-role", format!("{number:012}"), "role-absent", "the role is not there")
            .mended_by(Fix::explained("make it").run_in(number, vec!["aws iam create-role".repeat(40)]))
    };
    let ok = (0..5_000).map(|number| Check::ok("account-actions", format!("{number:012}"), "fine"));
    let mut diagnosis = Diagnosis::conclude(None, (0..5_000).map(check).chain(ok).collect(), Vec::new());
    let whole = diagnosis.clone();
    diagnosis.shorten(usize::MAX);
    assert_eq!(diagnosis, whole);
    diagnosis.shorten(500_000);
    assert!(serde_json::to_vec(&diagnosis).unwrap().len() < 500_000);
    assert_eq!((diagnosis.status, diagnosis.checks[0].clone()), (Status::Failed, whole.checks[0].clone()));
    assert!(diagnosis.checks[30].fix.is_none());
    let last = diagnosis.checks.last().unwrap();
    assert!(last.found.contains(" further checks do not fit into the answer"), "{}", last.found);
}

#[tokio::test(start_paused = true)]
async fn a_function_says_of_no_more_roles_how_to_open_them_than_its_answer_has_room_for() {
    let shut = (4..5_504).map(|id| MemoryAccount::new(id, "Shut"));
    let world = MemoryWorld::new(1).with_organization(organization().accounts(shut));
    let mended = async |is_function: bool| {
        let visit = Visit { room: Room { is_function, ..Room::default() }, ..Visit::audit().without_looking() };
        let diagnosis = visit.examine(&world).await;
        let closed = diagnosis.checks.into_iter().filter(|check| check.cause.as_deref() == Some("role-closed"));
        let (mended, rest): (Vec<Check>, Vec<Check>) = closed.partition(|check| !check.candidates.is_empty());
        assert_eq!(mended.len() + rest.len(), 5_500);
        // Those that come first, in whichever order they came.
        assert!(mended.iter().all(|one| rest.iter().all(|other| one.subject < other.subject)));
        mended
    };
    let mended_in_function = mended(true).await;
    assert_eq!((mended_in_function.len(), mended(false).await.len()), (5_000, 5_500));
    // Lambda, "Quotas": the longest answer.
    assert!(serde_json::to_vec(&mended_in_function).unwrap().len() > 6 * 1024 * 1024);
}
