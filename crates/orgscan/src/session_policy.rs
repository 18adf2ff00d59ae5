//! Session policies: all that an assumed session may do, whatever the role could.
//!
//! Sent with every AssumeRole, so that even a session of `OrganizationAccountAccessRole`, an administrator, can do only
//! what its step needs.

use serde_json::json;

use crate::account::Partition;

/// An inline session policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPolicy {
    actions: Vec<&'static str>,
    assumable: Option<String>,
}

impl SessionPolicy {
    /// What a session in a management account needs in order to list the Organization.
    pub(crate) const LIST_ORGANIZATION: [&str; 2] =
        ["organizations:DescribeOrganization", "organizations:ListAccounts"];

    /// What reads the tags of accounts, in bulk and one by one.
    pub(crate) const READ_ACCOUNT_TAGS: [&str; 2] = ["organizations:ListTagsForResource", "tag:GetResources"];

    /// What finds an account's active regions.
    pub(crate) const FIND_REGIONS: [&str; 2] = ["account:ListRegions", "tag:GetResources"];

    /// What fetches an account's credential report.
    pub(crate) const FETCH_REPORT: [&str; 2] = ["iam:GenerateCredentialReport", "iam:GetCredentialReport"];

    fn of(groups: &[&[&'static str]]) -> Self {
        let mut actions: Vec<&'static str> = groups.concat();
        actions.sort_unstable();
        actions.dedup();
        Self { actions, assumable: None }
    }

    /// For a tenant's management account, to list accounts, tags and regions.
    pub fn inventory_of_organization() -> Self {
        Self::of(&[&Self::LIST_ORGANIZATION, &Self::READ_ACCOUNT_TAGS, &Self::FIND_REGIONS])
    }

    /// For a member account, to find its regions.
    pub fn regions_of_account() -> Self {
        Self::of(&[&Self::FIND_REGIONS])
    }

    /// For a tenant's management account, to list accounts and fetch its own report.
    pub fn reports_of_organization() -> Self {
        Self::of(&[&Self::LIST_ORGANIZATION, &Self::FETCH_REPORT])
    }

    /// For a member account, to fetch its report.
    pub fn report_of_account() -> Self {
        Self::of(&[&Self::FETCH_REPORT])
    }

    /// For an account that is only looked into, to see why its role lets nobody in.
    pub fn look_at_roles() -> Self {
        Self::of(&[&["iam:GetRole"]])
    }

    /// For a management account through which others are looked into.
    pub fn only_assume(partition: &Partition, role_name: &str) -> Self {
        Self::of(&[]).and_assume(partition, role_name)
    }

    /// Adds that the session may assume the role of this name in any account of the partition: member roles are
    /// reached through the management account.
    #[must_use]
    pub fn and_assume(mut self, partition: &Partition, role_name: &str) -> Self {
        self.assumable = Some(format!("arn:{partition}:iam::*:role/{role_name}"));
        self
    }

    /// The actions it allows on every resource, sorted.
    pub fn actions(&self) -> &[&'static str] {
        &self.actions
    }

    /// The policy as STS takes it; far below the 2,048 characters that STS allows.
    pub fn to_json(&self) -> String {
        let mut statements = Vec::new();
        if !self.actions.is_empty() {
            statements.push(json!({"Effect": "Allow", "Action": self.actions, "Resource": "*"}));
        }
        if let Some(role) = &self.assumable {
            statements.push(json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}));
        }
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_session_can_do_its_step_and_nothing_else() {
        assert_eq!(
            SessionPolicy::report_of_account().to_json(),
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GetCredentialReport"],"Resource":"*"}]}"#
        );
        assert_eq!(SessionPolicy::regions_of_account().actions(), ["account:ListRegions", "tag:GetResources"]);
    }

    #[test]
    fn a_session_that_only_assumes_has_no_empty_statement() {
        assert_eq!(
            SessionPolicy::only_assume(&Partition::new("aws"), "Reader").to_json(),
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/Reader"}]}"#
        );
    }

    #[test]
    fn the_longest_policy_fits_what_sts_takes() {
        let partition = Partition::new("aws-us-gov");
        let policy = SessionPolicy::inventory_of_organization().and_assume(&partition, &"r".repeat(64));
        assert!(policy.to_json().len() < 2048);
        assert!(policy.to_json().contains("arn:aws-us-gov:iam::*:role/"));
    }
}
