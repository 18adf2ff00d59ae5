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
    let bad = "x\u{1b}[2Jy\n\u{202e}z";
    let fix = Fix::explained(bad).run_in(bad, vec![bad.to_owned()]).set(bad, bad);
    let mut check = Check::failed("settings", bad, "setting", bad).mended_by(fix);
    check.id = bad.to_owned();
    check.jobs = vec![bad.to_owned()];
    let shown = table(&Diagnosis::conclude(None, vec![check], Vec::new()), 80, Paint::Plain);
    assert!(!shown.chars().any(|one| one == '\u{1b}' || one == '\u{202e}'), "{shown:?}");
}
