//! Member accounts: whether each is entered and may be read, and why not.

use orgscan::account::Partition;
use orgscan::config::Job;
use orgscan::doctor::State;
use orgscan::error::CallErrorKind;
use orgscan::testing::{Fault, FaultKind, MemoryAccount, MemoryOrganization, MemoryRole, MemoryWorld, Request};

use super::{Visit, check, only_failure, organization, reader, remedy, world};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"ExactCallers","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::000000000001:root"]},"Action":"sts:AssumeRole","Condition":{"ArnEquals":{"aws:PrincipalArn":["arn:aws:iam::000000000001:role/orgscan"]}}}]}"#;
const PERMISSIONS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"FetchCredentialReport","Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GetCredentialReport"],"Resource":["*"]}]}"#;

/// The usual Organization, with an account 4 as it is given.
fn with(account: MemoryAccount) -> MemoryWorld {
    MemoryWorld::new(1).with_organization(organization().account(account))
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_there_is_made_with_the_trust_and_the_permissions_it_needs() {
    let diagnosis = Visit::audit().examine(&with(MemoryAccount::new(4, "New"))).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("account-role", Some("role-absent")));
    assert_eq!(failed.found, "the role arn:aws:iam::000000000004:role/Reader is not there");
    assert_eq!(failed.subject, "000000000004 New");
    let (commands, settings, account) = remedy(failed);
    assert_eq!(
        commands,
        [
            format!("aws iam create-role --role-name Reader --assume-role-policy-document '{TRUST}'"),
            format!(
                "aws iam put-role-policy --role-name Reader --policy-name orgscan-credential-report --policy-document \
                 '{PERMISSIONS}'"
            ),
        ]
    );
    assert_eq!((account, settings.len()), (Some("000000000004"), 0));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_does_not_trust_the_caller_goes_on_to_trust_whom_it_trusts() {
    let world = with(MemoryAccount::new(4, "Shut").role(MemoryRole::new("Reader").trusts(2)));
    let diagnosis = Visit::audit().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("trust"));
    assert!(failed.found.ends_with("does not trust arn:aws:iam::000000000001:role/orgscan"), "{}", failed.found);
    let (commands, _, account) = remedy(failed);
    assert_eq!(account, Some("000000000004"));
    let expected = "aws iam update-assume-role-policy --role-name Reader --policy-document \
                    '{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\
                    [\"arn:aws:iam::000000000002:root\"]},\"Action\":\"sts:AssumeRole\"},{\"Sid\":\"ExactCallers\"";
    assert!(commands[0].starts_with(expected), "{}", commands[0]);
}

#[tokio::test(start_paused = true)]
async fn an_external_id_that_no_setting_has_is_a_setting_to_make() {
    let world = with(MemoryAccount::new(4, "Shared").role(reader().external_id("between-us")));
    let diagnosis = Visit::audit().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("external-id"));
    assert!(!failed.found.contains("between-us"), "{}", failed.found);
    let (commands, settings, _) = remedy(failed);
    assert!(commands.is_empty());
    assert_eq!(settings["EXTERNAL_ID"], "between-us");

    let mended = Visit::audit().with("EXTERNAL_ID", "between-us").examine(&world).await;
    assert_eq!(mended.status, orgscan::doctor::Status::Ok);
}

#[tokio::test(start_paused = true)]
async fn another_external_id_than_the_one_that_is_set_is_mended_in_the_role() {
    let world = with(MemoryAccount::new(4, "Shared").role(reader().external_id("theirs")));
    let diagnosis = Visit::audit().with("EXTERNAL_ID", "ours").examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("external-id"));
    let (commands, settings, account) = remedy(failed);
    assert!(settings.is_empty());
    assert_eq!(account, Some("000000000004"));
    assert!(commands[0].contains(r#""StringEquals":{"sts:ExternalId":"ours"}"#), "{}", commands[0]);
}

#[tokio::test(start_paused = true)]
async fn of_different_external_ids_the_commonest_is_set_and_the_other_role_takes_it_too() {
    let shared = |id: u64, external_id: &str| MemoryAccount::new(id, "S").role(reader().external_id(external_id));
    let organization = organization().accounts([shared(4, "odd"), shared(5, "usual"), shared(6, "usual")]);
    let diagnosis = Visit::audit().examine(&MemoryWorld::new(1).with_organization(organization)).await;
    for account in ["000000000005", "000000000006"] {
        assert_eq!(remedy(check(&diagnosis, "account-role", account)).1["EXTERNAL_ID"], "usual");
    }
    let (commands, settings, _) = remedy(check(&diagnosis, "account-role", "000000000004"));
    assert!(settings.is_empty() && commands[0].contains(r#""sts:ExternalId":"usual""#), "{commands:?}");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_trusts_the_caller_points_to_the_callers_own_policy() {
    let world = world();
    world.plan(Fault::always("sts:AssumeRole", CallErrorKind::Denied).on("000000000003:role/Reader"));
    let diagnosis = Visit::audit().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("caller-policy"));
    let (commands, _, account) = remedy(failed);
    assert_eq!(account, Some("000000000001"), "the caller's own account");
    let beginning =
        "aws iam put-role-policy --role-name orgscan --policy-name orgscan-credential-report-AssumeMemberRoles";
    assert!(commands[0].starts_with(beginning), "{}", commands[0]);
    assert_eq!(failed.fix.as_ref().unwrap().policy.as_ref().unwrap()["Resource"][0], "arn:aws:iam::*:role/Reader");
}

#[tokio::test(start_paused = true)]
async fn where_nobody_may_look_every_cause_has_its_command() {
    let world = with(MemoryAccount::new(4, "Invited").invited());
    let looked = Visit::audit().examine(&world).await;
    let blind = Visit::audit().without_looking().examine(&world).await;
    for diagnosis in [&looked, &blind] {
        let failed = only_failure(diagnosis);
        assert_eq!((failed.cause.as_deref(), failed.fix.as_ref()), (Some("role-closed"), None));
        let beginnings = ["aws iam create-role", "aws iam get-role", "aws iam put-role-policy"];
        assert_eq!(failed.candidates.len(), beginnings.len());
        for (candidate, beginning) in failed.candidates.iter().zip(beginnings) {
            assert!(candidate.commands[0].starts_with(beginning) && candidate.explanation.starts_with("if "));
        }
    }
    assert_eq!(
        world.calls_of("iam:GetRole"),
        2,
        "the caller's own role is looked at in either; into the account nobody gets"
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_looks_may_do_nothing_but_look() {
    let world = with(MemoryAccount::new(4, "New"));
    Visit::audit().examine(&world).await;
    let looks: Vec<_> =
        world.assumed().into_iter().filter(|role| role.role_arn.ends_with("OrganizationAccountAccessRole")).collect();
    assert_eq!(looks.len(), 1, "only what is shut is looked into");
    assert_eq!(
        (looks[0].policy.actions(), looks[0].account.to_string()),
        (&["iam:GetRole"][..], "000000000004".into())
    );
}

#[tokio::test(start_paused = true)]
async fn an_action_that_is_missing_is_granted_to_the_role_whose_session_lacks_it() {
    let world = with(MemoryAccount::new(4, "Half").role(reader().allows(&["iam:GetCredentialReport"])));
    let diagnosis = Visit::audit().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("account-actions", Some("action-missing")));
    assert_eq!(failed.action.as_deref(), Some("iam:GenerateCredentialReport"));
    let (commands, _, account) = remedy(failed);
    assert_eq!(account, Some("000000000004"));
    let put = "aws iam put-role-policy --role-name Reader --policy-name orgscan-credential-report --policy-document";
    assert_eq!(commands, [format!("{put} '{PERMISSIONS}'")]);
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_lacks_in_its_own_account_is_granted_to_the_caller() {
    let own = [
        "organizations:DescribeOrganization",
        "organizations:ListAccounts",
        "sts:AssumeRole",
        "iam:GetCredentialReport",
    ];
    let world = world().caller_may(&own);
    let diagnosis = Visit::audit().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.subject, "000000000001 Management");
    let (commands, _, account) = remedy(failed);
    assert_eq!(account, Some("000000000001"));
    assert!(commands[0].starts_with("aws iam put-role-policy --role-name orgscan "), "{}", commands[0]);
    assert!(commands[0].contains("FetchOwnReport"));
}

#[tokio::test(start_paused = true)]
async fn a_service_control_policy_is_named_and_no_role_is_changed_for_it() {
    let world = world();
    let denied = "User: x is not authorized to perform: iam:GetCredentialReport on resource: * with an explicit deny in a \
                  service control policy";
    let says = FaultKind::Says(CallErrorKind::Denied, "AccessDenied", denied);
    world.plan(Fault::always("iam:GetCredentialReport", says).in_account(3));
    let diagnosis = Visit::audit().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("service-control-policy"));
    let fix = failed.fix.as_ref().unwrap();
    assert_eq!(
        fix.commands,
        ["aws organizations list-policies-for-target --target-id 000000000003 --filter SERVICE_CONTROL_POLICY"]
    );
    assert_eq!(fix.account.as_deref(), Some("000000000001"), "the management account");
    assert_eq!(
        fix.policy.as_ref().unwrap()["Condition"]["ArnNotLike"]["aws:PrincipalArn"][0],
        "arn:aws:iam::000000000003:role/Reader"
    );
}

#[tokio::test(start_paused = true)]
async fn what_no_policy_of_a_role_can_allow_has_no_command_that_allows_it() {
    let said = |end: &str| -> FaultKind {
        let said = format!("User: x is not authorized to perform: iam:GetCredentialReport on resource: * {end}");
        FaultKind::Says(CallErrorKind::Denied, "AccessDenied", Box::leak(said.into_boxed_str()))
    };
    let denied = async |end: &str, account: u64| {
        let world = world();
        world.plan(Fault::always("iam:GetCredentialReport", said(end)).in_account(account));
        let diagnosis = Visit::audit().examine(&world).await;
        let failed = only_failure(&diagnosis);
        (failed.cause.clone().unwrap(), failed.fix.clone().unwrap())
    };
    for account in [1, 3] {
        let (cause, fix) = denied("with an explicit deny in an identity-based policy", account).await;
        assert_eq!((cause.as_str(), fix.commands.len(), &fix.policy), ("explicit-deny", 0, &None));
        assert!(fix.explanation.contains("meet the condition of the statement that denies it"), "{}", fix.explanation);
        let (cause, _) = denied("because no identity-based policy allows the action", account).await;
        assert_eq!(cause, "action-missing");
    }
    let (cause, fix) = denied("because no service control policy allows the action", 3).await;
    assert_eq!(cause, "service-control-policy");
    assert!(fix.explanation.contains("one that allows it is missing"), "{}", fix.explanation);
    let policy = fix.policy.unwrap();
    assert_eq!((&policy["Effect"], &policy["Condition"]), (&"Allow".into(), &serde_json::Value::Null));

    let world = world();
    world.plan(Fault::always("s3:GetObject", said("with an explicit deny in an identity-based policy")));
    let diagnosis = Visit::audit().with("EXEMPTIONS", "s3://memory/list.json").examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), remedy(failed).0.len()), ("exemptions", 0));
}

#[tokio::test(start_paused = true)]
async fn accounts_that_a_run_leaves_out_are_left_out_and_counted() {
    let organization = organization()
        .account(MemoryAccount::new(4, "Closed").state("CLOSED"))
        .account(MemoryAccount::new(5, "Elsewhere"));
    let world = MemoryWorld::new(1).with_organization(organization);
    let diagnosis = Visit::audit().with("ACCOUNTS_EXCLUDE", "000000000005").examine(&world).await;
    assert_eq!(diagnosis.status, orgscan::doctor::Status::Ok);
    assert_eq!(
        check(&diagnosis, "accounts", "o-acme").found,
        "5 accounts listed: 3 ready, 0 not, 1 left out by their state, 1 by the settings"
    );
    assert!(world.assumed().iter().all(|role| role.account < "000000000004".parse().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn an_account_that_denies_one_region_is_read_in_another() {
    let world = MemoryWorld::new(1).with_organization(
        MemoryOrganization::new("o-acme", MemoryAccount::new(1, "Management"))
            .account(MemoryAccount::new(2, "Fenced").role(reader()).denied_in("eu-west-1"))
            .account(MemoryAccount::new(3, "Shut").role(reader().allows(&["account:ListRegions"])))
            .account(MemoryAccount::new(4, "Silent").role(reader().allows(&["tag:GetResources"]))),
    );
    let world = world.with_tenants("tenants", [orgscan::testing::MemoryTenant::new("000000000001")]);
    let diagnosis = Visit::inventory().examine(&world).await;
    assert_eq!(check(&diagnosis, "account-actions", "000000000002").state, State::Ok);
    let shut = only_failure(&diagnosis);
    assert_eq!((shut.subject.as_str(), shut.action.as_deref()), ("000000000003 Shut", Some("tag:GetResources")));
    let silent = check(&diagnosis, "account-actions", "000000000004");
    assert_eq!((silent.state, silent.action.as_deref()), (State::Warning, Some("account:ListRegions")));
    let overview = &check(&diagnosis, "accounts", "o-acme").found;
    assert!(overview.starts_with("4 accounts listed: 3 ready, 1 not, "), "a run reports the silent one: {overview}");
    world.plan(Fault::always("tag:GetResources", CallErrorKind::Throttled).in_account(4));
    let diagnosis = Visit::inventory().examine(&world).await;
    let silent = check(&diagnosis, "account-actions", "000000000004");
    assert_eq!((silent.state, silent.cause.as_deref()), (State::Failed, Some("not-answered")));
    let overview = &check(&diagnosis, "accounts", "o-acme").found;
    assert!(overview.starts_with("4 accounts listed: 2 ready, 2 not, "), "{overview}");
}

#[tokio::test(start_paused = true)]
async fn an_account_in_which_one_region_answers_is_ready_and_that_region_is_asked_first_of_the_next() {
    let defaults = Partition::of_region("eu-west-1");
    let fenced = |id: u64| {
        let regions = defaults.default_regions().iter().filter(|region| **region != "sa-east-1");
        regions.fold(MemoryAccount::new(id, "Fenced").role(reader()), |account, region| account.denied_in(*region))
    };
    let nowhere = fenced(6).denied_in("sa-east-1");
    let organization = MemoryOrganization::new("o-acme", MemoryAccount::new(1, "Management"))
        .accounts((2..=5).map(fenced))
        .account(nowhere);
    let world = MemoryWorld::new(1)
        .with_organization(organization)
        .with_tenants("tenants", [orgscan::testing::MemoryTenant::new("000000000001")]);
    let late = FaultKind::Delay(std::time::Duration::from_secs(10));
    world.plan(Fault::always("sts:AssumeRole", late).on("000000000005"));
    let diagnosis = Visit::inventory().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.account.as_deref(), failed.action.as_deref()), (Some("000000000006"), Some("tag:GetResources")));
    for account in ["000000000002", "000000000003", "000000000004", "000000000005"] {
        assert_eq!(check(&diagnosis, "account-actions", account).state, State::Ok);
    }
    let is_of_last = |one: &Request| one.action == "tag:GetResources" && one.account == "000000000005".parse().ok();
    let regions: Vec<_> = world.requests().into_iter().filter(is_of_last).map(|one| one.region.unwrap()).collect();
    assert_eq!(regions, ["sa-east-1"]);
}

#[tokio::test(start_paused = true)]
async fn tags_of_many_accounts_are_tried_where_the_settings_have_them_read_so() {
    let world = |denied: FaultKind| {
        let world = MemoryWorld::new(1)
            .with_organization(organization())
            .with_tenants("tenants", [orgscan::testing::MemoryTenant::new("000000000001")]);
        world.plan(Fault::always("tag:GetResources", denied).in_account(1).in_region("us-east-1"));
        world
    };
    let of = |source: &str| Visit::inventory().with("REGION_DETECTION", "off").with("TAG_SOURCE", source);
    let diagnosis = of("tagging").examine(&world(CallErrorKind::Denied.into())).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.action.as_deref()), ("account-tags", Some("tag:GetResources")));
    assert!(remedy(failed).0[0].contains("tag:GetResources"));
    let says =
        "User: x is not authorized to perform: tag:GetResources with an explicit deny in a service control policy";
    let fenced = world(FaultKind::Says(CallErrorKind::Denied, "AccessDeniedException", says));
    let diagnosis = of("tagging").examine(&fenced).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("account-tags", Some("service-control-policy")));
    assert!(remedy(failed).0[0].starts_with("aws organizations list-policies-for-target "), "{failed:#?}");
    let diagnosis = of("auto").examine(&world(CallErrorKind::Denied.into())).await;
    assert_eq!(diagnosis.status, orgscan::doctor::Status::Ok, "{:#?}", diagnosis.checks);
    assert_eq!(check(&diagnosis, "account-tags", "o-acme").state, State::Warning);
    let one_by_one = of("organizations").examine(&world(CallErrorKind::Denied.into())).await;
    assert!(one_by_one.checks.iter().all(|check| check.id != "account-tags"));
}

#[tokio::test(start_paused = true)]
async fn one_role_of_both_jobs_is_made_once_with_both_permissions() {
    let world = MemoryWorld::new(1)
        .with_organization(
            MemoryOrganization::new("o-acme", MemoryAccount::new(1, "M")).account(MemoryAccount::new(2, "N")),
        )
        .with_tenants("tenants", [orgscan::testing::MemoryTenant::new("000000000001")]);
    let visit = Visit { jobs: vec![Job::CredentialReport, Job::AccountMetadata], ..Visit::inventory() };
    let diagnosis = visit.examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.jobs, ["credential-report", "account-metadata"]);
    let (commands, ..) = remedy(failed);
    let operations: Vec<&str> = commands.iter().map(|command| command.split(' ').nth(2).unwrap()).collect();
    assert_eq!(operations, ["create-role", "put-role-policy", "put-role-policy"]);
    assert!(commands[1].contains("orgscan-credential-report") && commands[2].contains("orgscan-account-metadata"));
}
