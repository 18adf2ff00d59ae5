//! Commands of the AWS CLI, quoted for a POSIX shell.

use serde_json::{Value, json};

use crate::account::AccountId;

/// One argument as a shell takes it.
pub(super) fn quoted(argument: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    if !argument.is_empty() && argument.bytes().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

/// `aws SERVICE OPERATION` with its arguments.
pub(super) fn aws(service: &str, operation: &str, arguments: &[&str]) -> String {
    let mut command = format!("aws {service} {operation}");
    for argument in arguments {
        command.push(' ');
        command.push_str(&quoted(argument));
    }
    command
}

/// A role's name without its path, and its path with a slash on either side.
pub(super) fn name_and_path(role_name: &str) -> (&str, String) {
    match role_name.rsplit_once('/') {
        Some((path, name)) => (name, format!("/{}/", path.trim_matches('/'))),
        None => (role_name, "/".to_owned()),
    }
}

pub(super) fn create_role(role_name: &str, trust: &Value) -> String {
    let (name, path) = name_and_path(role_name);
    let document = trust.to_string();
    let mut arguments = vec!["--role-name", name, "--assume-role-policy-document", &document];
    if path != "/" {
        arguments.extend(["--path", &path]);
    }
    aws("iam", "create-role", &arguments)
}

pub(super) fn put_role_policy(role_name: &str, policy_name: &str, policy: &Value) -> String {
    let (name, _) = name_and_path(role_name);
    let document = policy.to_string();
    let arguments = ["--role-name", name, "--policy-name", policy_name, "--policy-document", &document];
    aws("iam", "put-role-policy", &arguments)
}

pub(super) fn put_user_policy(user_name: &str, policy_name: &str, policy: &Value) -> String {
    let document = policy.to_string();
    let arguments = ["--user-name", user_name, "--policy-name", policy_name, "--policy-document", &document];
    aws("iam", "put-user-policy", &arguments)
}

pub(super) fn update_trust(role_name: &str, trust: &Value) -> String {
    let (name, _) = name_and_path(role_name);
    let document = trust.to_string();
    aws("iam", "update-assume-role-policy", &["--role-name", name, "--policy-document", &document])
}

pub(super) fn show_trust(role_name: &str) -> String {
    let (name, _) = name_and_path(role_name);
    let arguments = ["--role-name", name, "--query", "Role.AssumeRolePolicyDocument", "--output", "json"];
    aws("iam", "get-role", &arguments)
}

/// Sets an attribute of a tenant's item, in a table whose key is `tenant_id`.
pub(super) fn set_of_tenant(table: &str, tenant: AccountId, attribute: &str, value: &str, region: &str) -> String {
    let key = json!({"tenant_id": {"S": tenant.to_string()}}).to_string();
    let names = json!({"#attribute": attribute}).to_string();
    let values = json!({":value": {"S": value}}).to_string();
    aws(
        "dynamodb",
        "update-item",
        &[
            "--table-name",
            table,
            "--key",
            &key,
            "--update-expression",
            "SET #attribute = :value",
            "--expression-attribute-names",
            &names,
            "--expression-attribute-values",
            &values,
            "--region",
            region,
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_is_one_for_a_shell() {
        for (argument, expected) in [
            ("plain-1/a:b", "plain-1/a:b"),
            ("", "''"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("$(id) `id` \"x\"", "'$(id) `id` \"x\"'"),
        ] {
            assert_eq!(quoted(argument), expected);
        }
    }

    #[test]
    fn a_path_goes_with_the_role_that_is_made_and_with_no_other_command() {
        let empty = json!({});
        assert_eq!(
            create_role("audit/readers/Reader", &empty),
            "aws iam create-role --role-name Reader --assume-role-policy-document '{}' --path /audit/readers/"
        );
        assert_eq!(create_role("R", &empty), "aws iam create-role --role-name R --assume-role-policy-document '{}'");
        assert_eq!(
            update_trust("audit/Reader", &empty),
            "aws iam update-assume-role-policy --role-name Reader --policy-document '{}'"
        );
    }
}
