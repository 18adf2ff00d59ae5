//! What keeps the caller out of a role: its trust policy, policies above it, or a path; nothing opens a role further than to
//! the caller, and a function tells no secret of it.

use orgscan::config::Job;
use orgscan::error::CallErrorKind;
use orgscan::testing::{Fault, FaultKind, MemoryAccount, MemoryRole, MemoryWorld};

use super::{Visit, check, only_failure, organization, reader, remedy, world};

/// The usual Organization, with an account 4 as it is given.
fn with(account: MemoryAccount) -> MemoryWorld {
    MemoryWorld::new(1).with_organization(organization().account(account))
}

/// The Reader of account 3 in the usual Organization, whose trust policy shows a condition, and which STS denies.
fn denied_with(operator: &str, key: &str, value: &str) -> MemoryWorld {
    let world = world();
    let role = reader().shows_condition(operator, key, value);
    world.change(3, |account| account.role(role));
    world.plan(Fault::always("sts:AssumeRole", CallErrorKind::Denied).on("000000000003:role/Reader"));
    world
}

#[tokio::test(start_paused = true)]
async fn a_role_that_trusts_the_organization_points_to_the_callers_own_policy_and_stays_as_it_is() {
    let diagnosis = Visit::audit().examine(&denied_with("StringEquals", "aws:PrincipalOrgID", "o-acme")).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("caller-policy"));
    assert!(remedy(failed).0[0].starts_with("aws iam put-role-policy --role-name orgscan "));

    let diagnosis = Visit::audit().examine(&denied_with("StringEquals", "aws:PrincipalOrgID", "o-other")).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("trust-organization"));
    assert!(failed.found.contains("trusts o-other only") && failed.found.ends_with("is of o-acme"), "{}", failed.found);
    assert!(remedy(failed).0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_role_of_the_same_name_with_another_path_is_another_principal() {
    let cause_of = async |world: &MemoryWorld| {
        let diagnosis = Visit::audit().examine(world).await;
        let failed = only_failure(&diagnosis);
        (failed.cause.clone().unwrap(), remedy(failed).0[0].clone())
    };
    let (bare, pathed) = ("arn:aws:iam::000000000001:role/orgscan", "arn:aws:iam::000000000001:role/team/orgscan");
    let session = "arn:aws:sts::000000000001:assumed-role/orgscan/test";
    for (wanted, own) in [(bare, pathed), (pathed, bare), (session, bare)] {
        let world = denied_with("ArnEquals", "aws:PrincipalArn", wanted);
        let role = own.split_once(":role/").unwrap().1;
        world.change(1, |account| account.role(MemoryRole::new(role)));
        let (cause, command) = cause_of(&world).await;
        assert_eq!(cause, "trust", "{wanted} {own}");
        assert!(command.starts_with("aws iam update-assume-role-policy ") && command.contains(own), "{command}");
    }
    for reason in [CallErrorKind::Denied, CallErrorKind::Throttled] {
        let world = denied_with("ArnEquals", "aws:PrincipalArn", pathed);
        world.plan(Fault::always("iam:GetRole", reason).in_account(1));
        assert_eq!(cause_of(&world).await.0, "caller-policy", "its path is not known, and may be that one");
    }
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_may_not_hold_is_never_taken_away() {
    let world = denied_with("Bool", "aws:MultiFactorAuthPresent", "true");
    let diagnosis = Visit::audit().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.cause.as_deref(), &failed.fix), (Some("trust-condition"), &None));
    assert!(failed.found.ends_with("on a condition on aws:MultiFactorAuthPresent, which may not hold"));
    let [allow, meet] = failed.candidates.as_slice() else { panic!("{failed:#?}") };
    assert!(allow.commands[0].starts_with("aws iam put-role-policy --role-name orgscan "), "{allow:?}");
    assert!(meet.commands.is_empty(), "{meet:?}");
}

#[tokio::test(start_paused = true)]
async fn a_statement_for_another_external_id_keeps_the_border_of_the_organization() {
    let role = reader().external_id("theirs").shows_condition("StringEquals", "aws:PrincipalOrgID", "o-acme");
    let diagnosis =
        Visit::audit().with("EXTERNAL_ID", "ours").examine(&with(MemoryAccount::new(4, "S").role(role))).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("external-id"));
    let added = failed.fix.as_ref().unwrap().policy.as_ref().unwrap();
    let condition = &added["Condition"]["StringEquals"];
    assert_eq!((&condition["aws:PrincipalOrgID"], &condition["sts:ExternalId"]), (&"o-acme".into(), &"ours".into()));
    assert!(remedy(failed).0[0].contains(&added.to_string()));
}

#[tokio::test(start_paused = true)]
async fn what_stands_above_a_role_is_mended_there_and_nowhere_else() {
    for (end, cause, target) in [
        (
            "with an explicit deny in a resource control policy",
            "resource-control-policy",
            Some(
                "aws organizations list-policies-for-target --target-id 000000000003 --filter RESOURCE_CONTROL_POLICY",
            ),
        ),
        (
            "with an explicit deny in a service control policy",
            "service-control-policy",
            Some("aws organizations list-policies-for-target --target-id 000000000001 --filter SERVICE_CONTROL_POLICY"),
        ),
        ("because no session policy allows the sts:AssumeRole action", "session-policy", None),
        ("with an explicit deny in a VPC endpoint policy", "vpc-endpoint-policy", None),
    ] {
        let world = world();
        let says: &'static str =
            Box::leak(format!("User: x is not authorized to perform: sts:AssumeRole {end}").into_boxed_str());
        let says = FaultKind::Says(CallErrorKind::Denied, "AccessDenied", says);
        world.plan(Fault::always("sts:AssumeRole", says).on("000000000003:role/Reader"));
        let diagnosis = Visit::audit().examine(&world).await;
        let failed = only_failure(&diagnosis);
        assert_eq!(failed.cause.as_deref(), Some(cause));
        assert_eq!(remedy(failed).0.first().map(String::as_str), target);
    }
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_denies_is_outweighed_by_none_that_allows() {
    for (end, cause, begins) in [
        (
            "with an explicit deny in an identity-based policy",
            "explicit-deny",
            "a policy of arn:aws:iam::000000000001:role/orgscan itself",
        ),
        ("with an explicit deny", "explicit-deny", "a policy of arn:aws:iam::000000000001:role/orgscan"),
        (
            "with an explicit deny in the role trust policy",
            "trust-denies",
            "the trust policy of arn:aws:iam::000000000003:role/Reader denies",
        ),
    ] {
        let world = world();
        let says: &'static str =
            Box::leak(format!("User: x is not authorized to perform: sts:AssumeRole {end}").into_boxed_str());
        let says = FaultKind::Says(CallErrorKind::Denied, "AccessDenied", says);
        world.plan(Fault::always("sts:AssumeRole", says).on("000000000003:role/Reader"));
        let diagnosis = Visit::audit().examine(&world).await;
        let failed = only_failure(&diagnosis);
        assert_eq!(failed.cause.as_deref(), Some(cause));
        let fix = failed.fix.as_ref().unwrap();
        assert!(fix.explanation.starts_with(begins), "{}", fix.explanation);
        assert_eq!((fix.commands.len(), &fix.policy), (0, &None), "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_whose_trust_nobody_saw_is_never_given_another() {
    let visit = Visit::of(&[Job::CredentialReport]);
    let world = with(MemoryAccount::new(4, "Invited").invited());
    let diagnosis = visit.examine(&world).await;
    let failed = only_failure(&diagnosis);
    let [create, trust, allow] = failed.candidates.as_slice() else { panic!("{failed:#?}") };
    assert!(create.explanation.contains("another role in MEMBER_ROLE_NAME"), "{}", create.explanation);
    let trusting = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::000000000001:root"]},"Action":"sts:AssumeRole"}]}"#;
    assert_eq!(
        create.commands[0],
        format!(
            "aws iam create-role --role-name OrganizationAccountAccessRole --assume-role-policy-document '{trusting}'"
        ),
        "as AWS Organizations makes it"
    );
    assert!(create.commands[1].contains("iam:GetCredentialReport"), "{create:?}");
    assert_eq!(
        trust.commands,
        [
            "aws iam get-role --role-name OrganizationAccountAccessRole --query Role.AssumeRolePolicyDocument --output json"
        ]
    );
    let statement = trust.policy.as_ref().unwrap();
    assert_eq!(statement["Condition"]["ArnEquals"]["aws:PrincipalArn"][0], "arn:aws:iam::000000000001:role/orgscan");
    assert!(statement["Sid"].is_null(), "the role may have one of that name: {statement}");
    assert!(allow.commands[0].starts_with("aws iam put-role-policy --role-name orgscan "), "{allow:?}");
    let shown = orgscan::doctor::table(&diagnosis, 100, orgscan::doctor::Paint::Plain);
    assert!(!shown.contains("update-assume-role-policy"), "{shown}");
    assert!(shown.contains("\n  \"Effect\": \"Allow\",\n"), "the statement to add is shown: {shown}");
}

#[tokio::test(start_paused = true)]
async fn the_role_of_administrators_is_made_for_no_caller_of_another_account() {
    let organization = organization().delegated_administrator(2).account(MemoryAccount::new(4, "Invited").invited());
    let world = MemoryWorld::new(2).with_organization(organization);
    let diagnosis = Visit::of(&[Job::CredentialReport]).examine(&world).await;
    let invited = check(&diagnosis, "account-role", "000000000004");
    let create = &invited.candidates[0];
    assert!(create.explanation.contains("another role in MEMBER_ROLE_NAME"), "{}", create.explanation);
    assert_eq!(create.commands.len(), 0, "{create:?}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_may_not_look_at_itself_is_told_that_its_path_may_lack() {
    let world = with(MemoryAccount::new(4, "New"));
    let knowing = Visit::audit().examine(&world).await;
    assert!(!remedy_explained(&knowing).contains("without a path"));
    world.plan(Fault::always("iam:GetRole", CallErrorKind::Denied).in_account(1));
    let diagnosis = Visit::audit().examine(&world).await;
    assert!(remedy_explained(&diagnosis).contains("role/orgscan is written without a path"));
}

fn remedy_explained(diagnosis: &orgscan::doctor::Diagnosis) -> &str {
    &only_failure(diagnosis).fix.as_ref().unwrap().explanation
}

#[tokio::test(start_paused = true)]
async fn a_functions_answer_has_no_external_id_and_no_address() {
    let organization =
        organization().account(MemoryAccount::new(4, "Shared").role(reader().external_id("another-one")));
    let visit = Visit::audit()
        .without_looking()
        .with("EXTERNAL_ID", "between-us")
        .with("MAIL_SENDER", "Audit <audit@example.com>")
        .with("MAIL_RECIPIENTS", "one@example.com,gone@example.com");
    let mut diagnosis = visit.examine(&MemoryWorld::new(1).with_organization(organization)).await;
    let secrets = ["between-us", "audit@example.com", "one@example.com", "gone@example.com"];
    let shown = serde_json::to_string(&diagnosis).unwrap();
    assert!(shown.contains(secrets[0]) && shown.contains(secrets[1]), "a terminal shows them: {shown}");
    diagnosis.hide_secrets(secrets[1..].iter().copied());
    let shown = serde_json::to_string(&diagnosis).unwrap();
    for secret in secrets {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}
