//! The tenants table, and the management accounts that it names.

use orgscan::doctor::{State, Status};
use orgscan::error::CallErrorKind;
use orgscan::tenant::Attribute;
use orgscan::testing::{Fault, FaultKind, MemoryAccount, MemoryOrganization, MemoryRole, MemoryTenant, MemoryWorld};

use super::{Visit, check, only_failure, remedy};

fn manager() -> MemoryRole {
    MemoryRole::new("Manager").trusts(9)
}

/// The caller is 9, outside of an Organization that 10 manages.
fn world(tenants: impl IntoIterator<Item = MemoryTenant>) -> MemoryWorld {
    let organization = MemoryOrganization::new("o-ten", MemoryAccount::new(10, "Ten"))
        .role_in_management(manager())
        .account(MemoryAccount::new(11, "Eleven").role(MemoryRole::new("Reader").trusts(9)));
    MemoryWorld::new(9).with_organization(organization).with_tenants("tenants", tenants)
}

fn ten() -> MemoryTenant {
    MemoryTenant::new("000000000010")
}

#[tokio::test(start_paused = true)]
async fn tenants_are_counted_and_entered() {
    let diagnosis = Visit::inventory().examine(&world([ten(), ten().text("tenant_status", "Gone")])).await;
    assert_eq!(diagnosis.status, Status::Ok, "{:#?}", diagnosis.checks);
    let table = check(&diagnosis, "tenants-table", "tenants");
    assert_eq!(table.found, "2 items scanned, 1 tenant selected by the filter, 0 rejected");
    let tenant = check(&diagnosis, "tenant", "000000000010");
    assert_eq!(
        (tenant.state, tenant.found.as_str()),
        (State::Ok, "its management account is entered, and manages o-ten")
    );
}

#[tokio::test(start_paused = true)]
async fn an_item_that_names_no_account_is_rejected_with_its_reason() {
    let malformed = ten().set("tenant_id", Attribute::OtherType("N"));
    let diagnosis = Visit::inventory().examine(&world([ten(), malformed])).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.subject.as_str(), failed.cause.as_deref()), ("(no tenant_id)", Some("item-malformed")));
    assert!(failed.found.contains("DynamoDB type N"));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_manages_nothing_is_taken_out_of_the_filter_and_kept() {
    let world = world([ten(), MemoryTenant::new("000000000011")]);
    world.change(11, |account| account.role(manager()));
    let diagnosis = Visit::inventory().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.subject.as_str(), failed.cause.as_deref()), ("000000000011", Some("not-management")));
    assert_eq!(
        failed.found,
        "not a management account: it is a member of o-ten, whose management account is 000000000010"
    );
    let (commands, _, account) = remedy(failed);
    assert_eq!(account, Some("000000000009"));
    assert_eq!(
        commands,
        [
            r##"aws dynamodb update-item --table-name tenants --key '{"tenant_id":{"S":"000000000011"}}' --update-expression 'SET #attribute = :value' --expression-attribute-names '{"#attribute":"tenant_status"}' --expression-attribute-values '{":value":{"S":"Retired"}}' --region eu-west-1"##
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_management_role_that_is_not_there_has_the_policy_of_an_organization() {
    let organization = MemoryOrganization::new("o-twenty", MemoryAccount::new(20, "Twenty"));
    let world = world([ten(), MemoryTenant::new("000000000020")]).with_organization(organization);
    let diagnosis = Visit::inventory().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("tenant", Some("role-closed")));
    let create = &failed.candidates[0];
    assert_eq!(create.account.as_deref(), Some("000000000020"));
    assert!(create.commands[0].starts_with("aws iam create-role --role-name Manager "));
    assert!(create.commands[1].contains("organizations:ListAccounts"), "{}", create.commands[1]);
    // The other tenant is examined all the same.
    assert_eq!(check(&diagnosis, "account-actions", "000000000011").state, State::Ok);
}

#[tokio::test(start_paused = true)]
async fn each_tenant_gets_the_external_id_that_its_role_asks_for_into_its_item() {
    let organization = |id: u64, name: &str, external_id: &str| {
        let looked_through = MemoryRole::new("OrganizationAccountAccessRole").trusts(9);
        MemoryOrganization::new(name, MemoryAccount::new(id, "T"))
            .role_in_management(manager().external_id(external_id))
            .role_in_management(looked_through)
    };
    let tenants = [MemoryTenant::new("000000000010"), MemoryTenant::new("000000000020")];
    let world = MemoryWorld::new(9)
        .with_organization(organization(10, "o-ten", "first-id"))
        .with_organization(organization(20, "o-twenty", "second-id"))
        .with_tenants("tenants", tenants);
    let diagnosis = Visit::inventory().examine(&world).await;
    for (tenant, external_id) in [("000000000010", "first-id"), ("000000000020", "second-id")] {
        let failed = check(&diagnosis, "tenant", tenant);
        assert_eq!(failed.cause.as_deref(), Some("external-id"), "{failed:#?}");
        let (commands, settings, account) = remedy(failed);
        assert!(settings.is_empty());
        assert_eq!(account, Some("000000000009"));
        assert_eq!(
            commands,
            [format!(
                r##"aws dynamodb update-item --table-name tenants --key '{{"tenant_id":{{"S":"{tenant}"}}}}' --update-expression 'SET #attribute = :value' --expression-attribute-names '{{"#attribute":"external_id"}}' --expression-attribute-values '{{":value":{{"S":"{external_id}"}}}}' --region eu-west-1"##
            )]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_management_account_is_looked_into_with_the_external_id_of_the_settings() {
    let organization = MemoryOrganization::new("o-ten", MemoryAccount::new(10, "Ten"))
        .role_in_management(MemoryRole::new("Manager").trusts(7))
        .role_in_management(MemoryRole::new("OrganizationAccountAccessRole").trusts(9).external_id("ours"));
    let world = MemoryWorld::new(9).with_organization(organization).with_tenants("tenants", [ten()]);
    let diagnosis = Visit::inventory().with("EXTERNAL_ID", "ours").examine(&world).await;
    assert_eq!(only_failure(&diagnosis).cause.as_deref(), Some("trust"));
}

#[tokio::test(start_paused = true)]
async fn a_table_that_cannot_be_read_is_denied_absent_or_empty() {
    let tried = async |world: MemoryWorld| {
        let diagnosis = Visit::inventory().examine(&world).await;
        let failed = only_failure(&diagnosis);
        assert_eq!(failed.id, "tenants-table");
        (failed.cause.clone().unwrap(), failed.fix.as_ref().unwrap().commands.first().cloned().unwrap_or_default())
    };
    let denied = world([ten()]);
    denied.plan(Fault::always("dynamodb:Scan", CallErrorKind::Denied));
    let (cause, command) = tried(denied).await;
    assert_eq!(cause, "action-missing");
    assert!(command.contains("arn:aws:dynamodb:eu-west-1:000000000009:table/tenants"), "{command}");
    let (cause, command) = tried(MemoryWorld::new(9)).await;
    assert_eq!(cause, "table-absent");
    assert!(command.starts_with("aws dynamodb create-table --table-name tenants "), "{command}");
    assert_eq!(tried(world([])).await.0, "table-empty");
    assert_eq!(tried(world([ten().text("tenant_status", "Gone")])).await.0, "none-selected");
}

#[tokio::test(start_paused = true)]
async fn members_that_are_reached_through_the_management_account_ask_in_its_name() {
    let organization = MemoryOrganization::new("o-ten", MemoryAccount::new(10, "Ten"))
        .role_in_management(manager())
        .account(MemoryAccount::new(11, "Shut").role(MemoryRole::new("Reader").trusts(9)));
    let world = MemoryWorld::new(9).with_organization(organization).with_tenants("tenants", [ten()]);
    let diagnosis = Visit::inventory().with("MEMBER_ROLE_VIA", "management").examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("trust"));
    assert!(failed.found.ends_with("does not trust arn:aws:iam::000000000010:role/Manager"), "{}", failed.found);
}

#[tokio::test(start_paused = true)]
async fn tags_that_may_not_be_read_are_granted_in_the_management_account() {
    let world = world([ten()]);
    let allowed =
        ["organizations:DescribeOrganization", "organizations:ListAccounts", "account:ListRegions", "tag:GetResources"];
    world.change(10, |account| account.role(manager().allows(&allowed)));
    let diagnosis = Visit::inventory().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.account.as_deref()), ("account-tags", Some("000000000010")));
    assert!(remedy(failed).0[0].starts_with("aws iam put-role-policy --role-name Manager "));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_in_which_the_caller_is_itself_is_read_by_the_caller_and_by_no_role() {
    let organization = MemoryOrganization::new("o-nine", MemoryAccount::new(9, "Nine"));
    let tenants = [MemoryTenant::new("000000000009")];
    let world = MemoryWorld::new(9).with_organization(organization).with_tenants("tenants", tenants);
    world.plan(Fault::always("organizations:DescribeOrganization", CallErrorKind::Denied));
    let diagnosis = Visit::inventory().examine(&world).await;
    let failed = only_failure(&diagnosis);
    assert_eq!((failed.id.as_str(), failed.cause.as_deref()), ("tenant", Some("action-missing")));
    let (commands, _, account) = remedy(failed);
    assert_eq!(account, Some("000000000009"));
    assert!(!commands[0].contains("Manager") && commands[0].contains("ReadOwnOrganization"), "{}", commands[0]);
}

#[tokio::test(start_paused = true)]
async fn a_role_in_a_management_account_that_is_bounded_is_granted_nothing() {
    for (action, id) in
        [("organizations:DescribeOrganization", "tenant"), ("organizations:ListAccounts", "organization")]
    {
        let world = world([ten()]);
        let said = format!("User: x is not authorized to perform: {action} because no permissions boundary allows it");
        let said = FaultKind::Says(CallErrorKind::Denied, "AccessDeniedException", Box::leak(said.into_boxed_str()));
        world.plan(Fault::always(action, said).in_account(10));
        let diagnosis = Visit::inventory().examine(&world).await;
        let failed = only_failure(&diagnosis);
        assert_eq!((failed.id.as_str(), failed.cause.as_deref()), (id, Some("permissions-boundary")));
        assert_eq!((remedy(failed).0.len(), failed.action.as_deref()), (0, Some(action)));

        let lacking = self::world([ten()]);
        lacking.plan(Fault::always(action, CallErrorKind::Denied).in_account(10));
        let diagnosis = Visit::inventory().examine(&lacking).await;
        let failed = only_failure(&diagnosis);
        assert_eq!((failed.id.as_str(), failed.cause.as_deref()), (id, Some("action-missing")));
        assert!(remedy(failed).0[0].starts_with("aws iam put-role-policy --role-name Manager "), "{failed:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_for_another_organization_gets_no_statement_that_asks_for_it_too() {
    let shut = MemoryRole::new("Manager").trusts(10).shows_condition("StringEquals", "aws:PrincipalOrgID", "o-ten");
    let organization = MemoryOrganization::new("o-ten", MemoryAccount::new(10, "Ten"))
        .role_in_management(shut)
        .role_in_management(MemoryRole::new("OrganizationAccountAccessRole").trusts(9));
    let own = MemoryOrganization::new("o-msp", MemoryAccount::new(9, "Nine"));
    let world = MemoryWorld::new(9).with_organization(organization).with_organization(own);
    let diagnosis = Visit::inventory().examine(&world.with_tenants("tenants", [ten()])).await;
    let failed = only_failure(&diagnosis);
    assert_eq!(failed.cause.as_deref(), Some("trust-organization"));
    assert!(failed.found.contains("does not trust arn:aws:iam::000000000009:role/orgscan"), "{}", failed.found);
    assert!(
        failed.found.ends_with(
            "trusts o-ten only (aws:PrincipalOrgID), and arn:aws:iam::000000000009:role/orgscan is of o-msp"
        )
    );
    assert!(remedy(failed).0.is_empty());
}
