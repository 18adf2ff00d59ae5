//! The diagnosis as people see it.

use orgscan::doctor::{Check, Diagnosis, Fix, Paint, table};
use orgscan::testing::{MemoryAccount, MemoryBucket, MemoryOrganization, MemoryRole, MemoryWorld};

use super::{Visit, reader};

/// One of everything wrong.
fn world() -> MemoryWorld {
    let shut = |id: u64| MemoryAccount::new(id, format!("Shut {id}"));
    let organization = MemoryOrganization::new("o-acme", MemoryAccount::new(1, "Management"))
        .account(MemoryAccount::new(2, "Payments").role(reader()))
        .account(MemoryAccount::new(3, "Data").role(reader().allows(&["iam:GenerateCredentialReport"])))
        .account(MemoryAccount::new(4, "Shared").role(reader().external_id("between-us")))
        .account(MemoryAccount::new(5, "Other").role(MemoryRole::new("Reader").trusts(7)))
        .accounts((6..=14).map(shut));
    MemoryWorld::new(1).with_organization(organization).with_bucket(MemoryBucket::new("reports", 7))
}

#[tokio::test(start_paused = true)]
async fn a_table_has_a_line_for_each_thing_and_below_it_what_to_do() {
    let visit = Visit::audit()
        .with("OUTPUT_BUCKET", "reports")
        .with("MAIL_SENDER", "audit@example.com")
        .with("MAIL_RECIPIENTS", "one@example.com");
    let diagnosis = visit.examine(&world()).await;
    insta::assert_snapshot!(table(&diagnosis, 100, Paint::Plain));
}

#[test]
fn only_accounts_of_which_the_same_was_found_are_one_line() {
    let check = |id: u64, why: &str| {
        let account = format!("{id:012}");
        let found = format!("the role arn:aws:iam::{account}:role/Reader: {why}");
        Check::failed("account-role", account.clone(), "not-answered", found).in_account(account)
    };
    let checks = vec![check(2, "no host"), check(3, "throttled"), check(4, "no host"), check(5, "no host")];
    let shown = table(&Diagnosis::conclude(None, checks, Vec::new()), 200, Paint::Plain);
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains("FAILED")).collect();
    assert_eq!(lines.len(), 2, "{shown}");
    assert!(lines[0].ends_with("no host; the same of 2 more (000000000004, 000000000005)"), "{shown}");
    assert!(lines[1].ends_with("throttled"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn colours_are_added_to_words_and_take_no_columns() {
    let diagnosis = Visit::audit().examine(&super::world()).await;
    let (plain, painted) = (table(&diagnosis, 60, Paint::Plain), table(&diagnosis, 60, Paint::Colours));
    assert!(plain.contains("✓ ok") && !plain.contains('\u{1b}'));
    assert!(painted.contains("\u{1b}[32m✓ ok"));
    let mut without = painted;
    for code in ["\u{1b}[32m", "\u{1b}[2m", "\u{1b}[0m"] {
        without = without.replace(code, "");
    }
    assert_eq!(without, plain);
    assert!(plain.lines().all(|line| line.chars().count() <= 60 || line.contains("assumed-role")), "{plain}");
}

#[test]
fn what_a_file_says_cannot_move_the_cursor() {
    let bad = "x\u{1b}[2Jy\n\u{9b}2J\u{202e}z";
    let fix = Fix::explained(bad).run_in(bad, vec![bad.to_owned()]).set(bad, bad);
    let mut check = Check::failed("settings", bad, "setting", bad).mended_by(fix);
    check.id = bad.to_owned();
    check.jobs = vec![bad.to_owned()];
    let statement = Fix::explained("allow it").with_policy(serde_json::json!({"Sid": bad, "Action": ["a", "b"]}));
    let check = check.perhaps_mended_by(vec![statement]);
    let shown = table(&Diagnosis::conclude(None, vec![check], Vec::new()), 80, Paint::Plain);
    assert!(!shown.chars().any(|one| matches!(one, '\u{1b}' | '\u{9b}' | '\u{202e}')), "{shown:?}");
    assert!(shown.contains("\n  \"Action\": [\n"), "a statement has its lines: {shown}");
}

#[test]
fn settings_that_differ_from_account_to_account_are_said_to_and_a_list_hides_no_statement() {
    let asks = |account: &str, id: &str| {
        let fix = Fix::explained("send it").set("EXTERNAL_ID", id);
        Check::failed("account-role", account, "external-id", "asks for an id").mended_by(fix)
    };
    let shown = |ids: [&str; 2]| {
        let checks = vec![asks("1", ids[0]), asks("2", ids[1])];
        table(&Diagnosis::conclude(None, checks, Vec::new()), 80, Paint::Plain)
    };
    let said = "--json has what mends each";
    assert!(shown(["one", "two"]).contains(said) && !shown(["one", "one"]).contains(said));

    let list = "aws organizations list-policies-for-target --target-id 000000000003".to_owned();
    let statement = serde_json::json!({"Condition": {"ArnNotLike": {}}});
    let fix = Fix::explained("exempt it").run_in("1", vec![list.clone()]).with_policy(statement);
    let check = Check::failed("account-actions", "3", "service-control-policy", "denied").mended_by(fix);
    let shown = table(&Diagnosis::conclude(None, vec![check], Vec::new()), 40, Paint::Plain);
    assert!(shown.contains(&format!("\n{list}\n")) && shown.contains("ArnNotLike"), "{shown}");
}
