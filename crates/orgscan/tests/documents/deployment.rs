//! The commands that deploy: they name parameters, outputs and resources that the templates have.

use std::collections::BTreeSet;

use super::document;
use super::markdown::commands;
use super::template::indentation;

#[test]
fn the_commands_of_the_deployment_name_parameters_outputs_and_resources_that_there_are() {
    for (path, least) in [("docs/deploy.md", 20), ("docs/getting-started.md", 20)] {
        let commands = commands(&document(path));
        let templates: String =
            ["template.yaml", "stacks/member-role.yaml", "stacks/management-role.yaml"].map(document).concat();
        let parameters: BTreeSet<&str> = templates
            .lines()
            .filter(|line| indentation(line) == 2)
            .filter_map(|line| line.trim().strip_suffix(':'))
            .collect();
        let mut found = 0;
        for word in commands.split(|one: char| one.is_whitespace() || one == ',') {
            let named = word.strip_prefix("ParameterKey=").or_else(|| word.split_once('=').map(|(name, _)| name));
            let output = word.split_once("OutputKey==`").and_then(|(_, rest)| rest.split('`').next());
            for name in named.into_iter().chain(output) {
                // What AWS itself takes is in small letters, or belongs to an option of a StackSet.
                let own = name.starts_with(|one: char| one.is_ascii_uppercase());
                let of_aws = [
                    "Enabled",
                    "Active",
                    "RetainStacksOnAccountRemoval",
                    "OrganizationalUnitIds",
                    "ParameterValue",
                    "FailureTolerancePercentage",
                    "MaxConcurrentPercentage",
                ];
                if own && !of_aws.contains(&name) {
                    assert!(parameters.contains(name), "{path} has {name}, which no template has");
                    found += 1;
                }
            }
        }
        assert!(found > least, "only {found} names were found to compare in {path}");
    }
}
