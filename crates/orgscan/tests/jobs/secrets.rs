//! What must not be seen: planted in every place that may hold it, and looked for in everything a run leaves.

use orgscan::error::CallErrorKind;
use orgscan::testing::{
    Fault, MemoryAccount, MemoryOrganization, MemoryReport, MemoryRole, MemoryWorld, ReportUser, report,
};

use super::log::Log;
use super::{STAMP, Trial, tenant};

const EXTERNAL_ID: &str = "planted-external-id";
const TENANTS_EXTERNAL_ID: &str = "planted-id-of-tenant";
const RECIPIENT: &str = "planted-recipient@example.com";
const SENDER: &str = "planted-sender@example.com";
const USER: &str = "planted-user";

/// Two tenants: one whose members partly fail, one that cannot be entered.
fn world() -> MemoryWorld {
    let role = |external_id: &str| MemoryRole::new("OrgReader").trusts(9).external_id(external_id);
    let user = |id: u64| MemoryReport::fresh(report(id, [ReportUser::new(USER)]));
    MemoryWorld::new(9)
        .with_organization(
            MemoryOrganization::new("o-one", MemoryAccount::new(10, "M").report(user(10)))
                .role_in_management(role(EXTERNAL_ID))
                .accounts((11..15).map(|id| MemoryAccount::new(id, "a").report(user(id))))
                .role_in_members(&role(EXTERNAL_ID)),
        )
        .with_organization(
            MemoryOrganization::new("o-two", MemoryAccount::new(20, "M")).role_in_management(role("another")),
        )
        .with_tenants("tenants", [tenant(10), tenant(20).text("external_id", TENANTS_EXTERNAL_ID)])
}

#[tokio::test(start_paused = true)]
async fn no_secret_and_no_row_is_in_a_log_a_ledger_a_name_or_a_summary() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For all threads: with one for this thread alone, the other tests' threads decide which lines are worth writing. What
    // they log beside it is looked through as well.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let world = world();
    world.plan(Fault::always("sts:AssumeRole", CallErrorKind::Denied).in_account(11));
    world.plan(Fault::always("iam:GetCredentialReport", CallErrorKind::Throttled).in_account(12));
    let bytes = format!("{USER},not a report").into_bytes();
    world.plan(Fault::always("iam:GetCredentialReport", orgscan::testing::FaultKind::Report(bytes)).in_account(13));
    world.mailer().plan(Fault::once("ses:SendEmail", CallErrorKind::Other));
    let audit = Trial::audit()
        .with("DYNAMO_TABLE_NAME", "tenants")
        .with("CROSS_ACCOUNT_ROLE_NAME", "OrgReader")
        .with("EXTERNAL_ID", EXTERNAL_ID)
        .with("ACCOUNTS_EXCLUDE", "000000000014")
        .with("MAIL_SENDER", SENDER)
        .with("MAIL_RECIPIENTS", RECIPIENT);
    let summary = audit.summary(&world).await;
    let inventory = Trial::inventory().with("EXTERNAL_ID", EXTERNAL_ID).summary(&world).await;

    let mut seen = log.text();
    assert!(seen.contains("account 000000000011: assume_denied"), "the log is empty: {seen}");
    assert!(seen.contains("was not sent"), "the log lacks the mail: {seen}");
    // Who reads warnings alone reads of what is not covered, and of nothing else.
    for (account, level) in [
        ("000000000010: reported", "DEBUG"),
        ("000000000014: skipped_excluded", "DEBUG"),
        ("000000000011: assume_denied", "WARN"),
        ("000000000012: throttled", "WARN"),
    ] {
        let is_about =
            |line: &&str| line.contains(&format!("account {account} ")) || line.contains(&format!("{account}:"));
        let mut lines = seen.lines().filter(is_about).peekable();
        assert!(lines.peek().is_some(), "no line is about {account}");
        assert!(lines.all(|line| line.contains(&format!(" {level} "))), "{account} is not told at {level}");
    }
    seen.push_str(&serde_json::to_string(&summary).unwrap());
    seen.push_str(&serde_json::to_string(&inventory).unwrap());
    let reports = format!("credential-report-{STAMP}.csv");
    let latest = "credential-report-latest.csv";
    for (name, content) in world.store().objects() {
        seen.push_str(&name);
        // The merged report and what was answered in place of one are the only places for a row.
        if !name.ends_with(&reports) && !name.ends_with(latest) && !name.starts_with("malformed/") {
            seen.push_str(&String::from_utf8(content).unwrap());
        }
    }
    for secret in [EXTERNAL_ID, TENANTS_EXTERNAL_ID, RECIPIENT, SENDER, USER] {
        assert!(!seen.contains(secret), "{secret} was seen");
    }
}
