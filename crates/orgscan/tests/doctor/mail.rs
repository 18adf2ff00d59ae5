//! The digest: sender, sandbox, quota and configuration set.

use orgscan::doctor::{Diagnosis, SendingAccount, State, Status};
use orgscan::error::CallErrorKind;
use orgscan::testing::{Fault, MemorySes, MemoryWorld};

use super::{Visit, check, only_failure, remedy, world};

fn visit() -> Visit {
    Visit::audit()
        .with("MAIL_SENDER", "Reports <audit@example.com>")
        .with("MAIL_RECIPIENTS", "one@example.com,two@example.org")
}

async fn with(ses: MemorySes) -> Diagnosis {
    visit().examine(&world().with_ses(ses)).await
}

#[tokio::test(start_paused = true)]
async fn an_address_or_its_domain_is_verified() {
    let visit = visit().with("MAIL_SENDER", "Reports <audit@mail.eu.example.com>");
    for identity in ["audit@mail.eu.example.com", "mail.eu.example.com", "eu.example.com", "example.com"] {
        let world = world().with_ses(MemorySes::default().identity(identity, true));
        let diagnosis = visit.examine(&world).await;
        assert_eq!(diagnosis.status, Status::Ok);
        let sender = check(&diagnosis, "ses-sender", "audit@mail.eu.example.com");
        assert_eq!(sender.found, format!("SES sends from it: {identity} is verified"));
    }
    assert_eq!(check(&Visit::audit().examine(&world()).await, "ses-sender", "MAIL_SENDER").state, State::Skipped);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_ses_does_not_know_is_verified_by_a_command_and_a_link() {
    let diagnosis = with(MemorySes::default()).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("ses-sender", Some("sender-unverified")));
    let (commands, _, account) = remedy(failed);
    assert_eq!(account, Some("000000000001"));
    assert_eq!(commands, ["aws sesv2 create-email-identity --email-identity audit@example.com --region eu-west-1"]);
    assert!(failed.fix.as_ref().unwrap().explanation.contains("follow the link"));
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_waits_for_its_confirmation_is_in_the_way_of_its_domain() {
    let diagnosis = with(MemorySes::default().identity("audit@example.com", false).identity("example.com", true)).await;
    let (commands, ..) = remedy(only_failure(&diagnosis));
    assert!(commands.is_empty());
    let domain = with(MemorySes::default().identity("example.com", false)).await;
    assert!(only_failure(&domain).fix.as_ref().unwrap().explanation.contains("DKIM"));
}

#[tokio::test(start_paused = true)]
async fn in_the_sandbox_every_recipient_has_to_be_verified() {
    let diagnosis = with(MemorySes::default().identity("example.com", true).sandbox()).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.subject.as_str()), ("ses-recipient", "two@example.org"));
    assert_eq!(
        remedy(failed).0,
        ["aws sesv2 create-email-identity --email-identity two@example.org --region eu-west-1"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_paused_account_and_a_quota_that_is_used_up_are_named() {
    let account = |is_enabled, most_in_24_hours, sent_in_24_hours| SendingAccount {
        has_production_access: true,
        is_enabled,
        most_in_24_hours,
        sent_in_24_hours,
    };
    for (account, state, cause) in [
        (account(false, 200.0, 0.0), State::Failed, Some("sending-paused")),
        (account(true, 1.0, 0.0), State::Failed, Some("quota")),
        (account(true, 200.0, 199.0), State::Warning, Some("quota")),
        (account(true, 200.0, 198.0), State::Ok, None),
        (account(true, -1.0, 0.0), State::Ok, None),
    ] {
        let diagnosis = with(MemorySes::default().identity("example.com", true).account(account)).await;
        let found = check(&diagnosis, "ses-account", "eu-west-1");
        assert_eq!((found.state, found.cause.as_deref()), (state, cause), "{account:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_configuration_set_has_to_be_there() {
    let ses = || MemorySes::default().identity("example.com", true);
    let tried = async |ses| visit().with("SES_CONFIGURATION_SET", "digests").examine(&world().with_ses(ses)).await;
    let absent = tried(ses()).await;
    assert_eq!(
        remedy(only_failure(&absent)).0,
        ["aws sesv2 create-configuration-set --configuration-set-name digests --region eu-west-1"]
    );
    assert_eq!(tried(ses().configuration_set("digests")).await.status, Status::Ok);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_answer_does_not_send() {
    for (kind, cause) in [(CallErrorKind::NoSuchHost, "no-such-service"), (CallErrorKind::Unavailable, "not-answered")]
    {
        let world = world().with_ses(MemorySes::default().identity("example.com", true));
        world.plan(Fault::always("ses:GetEmailIdentity", kind));
        let diagnosis = visit().examine(&world).await;
        assert_eq!(diagnosis.status, Status::Failed);
        assert_eq!(check(&diagnosis, "ses-sender", "audit@example.com").cause.as_deref(), Some(cause));
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_asked_is_unknown_with_what_would_allow_it() {
    let world: MemoryWorld = world();
    for action in ["ses:GetEmailIdentity", "ses:GetAccount", "ses:GetConfigurationSet"] {
        world.plan(Fault::always(action, CallErrorKind::Denied));
    }
    let diagnosis = visit().with("SES_CONFIGURATION_SET", "digests").examine(&world).await;
    assert_eq!(diagnosis.status, Status::Ok);
    for (id, subject, action) in [
        ("ses-sender", "audit@example.com", "ses:GetEmailIdentity"),
        ("ses-account", "eu-west-1", "ses:GetAccount"),
        ("ses-configuration-set", "digests", "ses:GetConfigurationSet"),
    ] {
        let found = check(&diagnosis, id, subject);
        assert_eq!((found.state, found.action.as_deref()), (State::Unknown, Some(action)));
        assert_eq!(found.found, format!("it may not be asked; {action} would allow it"));
    }
}
