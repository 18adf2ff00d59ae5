//! What assumed sessions may do, and what goes with each role.

use orgscan::event::Event;
use orgscan::testing::{MemoryAccount, MemoryOrganization, MemoryRole, MemoryWorld, account_id};

use super::{Trial, tenant};

/// Two Organizations, the second with an external id of its own; members trust the process's account, 9.
fn world() -> MemoryWorld {
    let role = |external_id: &str| MemoryRole::new("OrgReader").trusts(9).external_id(external_id);
    let organization = |id: &str, first: u64, external_id: &str| {
        MemoryOrganization::new(id, MemoryAccount::new(first, "M"))
            .role_in_management(role(external_id))
            .account(MemoryAccount::new(first + 1, "a"))
            .role_in_members(&role(external_id))
    };
    MemoryWorld::new(9)
        .with_organization(organization("o-one", 10, "the-usual"))
        .with_organization(organization("o-two", 20, "its-own"))
        .with_tenants("tenants", [tenant(10), tenant(20).text("external_id", "its-own")])
}

fn with_event(trial: Trial) -> Trial {
    trial.with("EXTERNAL_ID", "the-usual").event(Event { run_id: Some("run/1".into()), ..Event::default() })
}

#[tokio::test(start_paused = true)]
async fn every_session_has_a_policy_of_its_step_and_the_external_id_of_its_tenant() {
    let world = world();
    let summary = with_event(Trial::inventory()).summary(&world).await;
    assert_eq!(summary.accounts().reported, 4, "{summary:?}");
    let mut assumed = world.assumed();
    assumed.sort_by_key(|role| role.account);
    assert_eq!(assumed.len(), 4);
    for role in &assumed {
        assert_eq!(role.session_name, "orgscan-run-1");
        let expected = if role.account < account_id(20) { "the-usual" } else { "its-own" };
        assert_eq!(role.external_id.as_deref(), Some(expected));
        let actions = role.policy.actions();
        let is_management = [account_id(10), account_id(20)].contains(&role.account);
        if is_management {
            assert_eq!(
                actions,
                [
                    "account:ListRegions",
                    "organizations:DescribeOrganization",
                    "organizations:ListAccounts",
                    "organizations:ListTagsForResource",
                    "tag:GetResources"
                ]
            );
        } else {
            assert_eq!(actions, ["account:ListRegions", "tag:GetResources"]);
        }
        assert!(!role.policy.to_json().contains("sts:AssumeRole"), "nobody is entered through these sessions");
    }
}

#[tokio::test(start_paused = true)]
async fn the_audit_asks_for_its_two_actions_only() {
    let world = world();
    let trial =
        with_event(Trial::audit()).with("DYNAMO_TABLE_NAME", "tenants").with("CROSS_ACCOUNT_ROLE_NAME", "OrgReader");
    let summary = trial.summary(&world).await;
    assert_eq!(summary.accounts().reported, 4, "{summary:?}");
    for role in world.assumed() {
        let member = [account_id(11), account_id(21)].contains(&role.account);
        let expected: &[&str] = if member {
            &["iam:GenerateCredentialReport", "iam:GetCredentialReport"]
        } else {
            &[
                "iam:GenerateCredentialReport",
                "iam:GetCredentialReport",
                "organizations:DescribeOrganization",
                "organizations:ListAccounts",
            ]
        };
        assert_eq!(role.policy.actions(), expected);
    }
}
