//! README.md, template.yaml and CHANGELOG.md say what the code does: names, defaults, columns, outcomes, permissions.
#![expect(clippy::unwrap_used, reason = "a test may end with a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use orgscan::config::{CisVersion, SETTINGS};
use orgscan::error::{CallError, CallErrorKind, RunError, StoreError};
use orgscan::ledger::{Outcome, Sum};
use orgscan::rule::Rule;
use orgscan::session_policy::SessionPolicy;
use orgscan::table::{FINDINGS_COLUMNS, INVENTORY_COLUMNS, LEDGER_COLUMNS, MERGED_LEADING_COLUMNS};

/// A document at the root of the workspace.
fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)).unwrap()
}

/// The rows of the first table with this header line below a heading, as cells.
fn table(readme: &str, heading: &str, header: &str) -> Vec<Vec<String>> {
    let heading = format!("\n{heading}\n");
    let header = format!("\n{header}\n");
    assert!(readme.contains(&heading) && readme.contains(&header), "README has no {heading} with {header}");
    let below = readme.split_once(&heading).unwrap().1;
    let table = below.split_once(&header).unwrap().1;
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The names between backticks in a cell.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn first_names(rows: &[Vec<String>]) -> Vec<&str> {
    rows.iter().filter_map(|row| row.first()).flat_map(|cell| names(cell)).collect()
}

/// A section of template.yaml: the lines below a line of its own, as far as they are indented more.
fn section<'a>(template: &'a str, title: &str) -> Vec<&'a str> {
    let lines: Vec<&str> = template.lines().collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if line.trim() != title {
            continue;
        }
        let depth = indentation(line);
        let rest = lines.iter().skip(number + 1);
        found.extend(rest.take_while(|line| line.is_empty() || indentation(line) > depth).copied());
    }
    assert!(!found.is_empty(), "template.yaml has no {title}");
    found
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Environment variables of both functions with the parameters that set them.
fn template_variables(template: &str) -> BTreeMap<&str, &str> {
    let variables = section(template, "Variables:");
    variables.into_iter().filter_map(|line| line.trim().split_once(": ")).collect()
}

/// Parameters with their defaults, those that are not empty.
fn template_defaults(template: &str) -> BTreeMap<&str, &str> {
    let mut parameter = "";
    let mut defaults = BTreeMap::new();
    for line in section(template, "Parameters:") {
        match (indentation(line), line.trim().split_once(':')) {
            (2, Some((name, _))) => parameter = name,
            (4, Some(("Default", value))) => {
                let value = value.trim().trim_matches('\'').trim_matches('"');
                if !value.is_empty() {
                    defaults.insert(parameter, value);
                }
            }
            _ => {}
        }
    }
    defaults
}

#[test]
fn the_readme_lists_every_setting_with_its_function_and_default() {
    let readme = document("README.md");
    let rows = table(&readme, "## Settings", "| variable | function | default | meaning |");
    let documented: Vec<[String; 3]> =
        rows.iter().map(|row| [0, 1, 2].map(|column| row[column].replace('`', ""))).collect();
    let known: Vec<[String; 3]> = SETTINGS
        .iter()
        .map(|setting| {
            let function = match setting.jobs {
                [one] => one.as_str(),
                _ => "both",
            };
            [setting.variable.to_owned(), function.to_owned(), setting.default.text().to_owned()]
        })
        .collect();
    assert_eq!(documented, known);
}

#[test]
fn the_template_sets_only_what_is_a_setting() {
    let template = document("template.yaml");
    let known: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.variable).collect();
    for variable in template_variables(&template).keys() {
        assert!(known.contains(variable), "{variable} is no setting");
    }
}

#[test]
fn a_default_of_the_template_is_the_settings_own() {
    let template = document("template.yaml");
    let defaults = template_defaults(&template);
    let mut compared = 0;
    for (variable, value) in template_variables(&template) {
        // The template names the roles that the stacks beside it make, where the settings' own defaults are what accounts
        // have without them.
        if matches!(variable, "MEMBER_ROLE_NAME" | "CROSS_ACCOUNT_ROLE_NAME") {
            continue;
        }
        let parameter = value.rsplit_once("!Ref ").map_or("", |(_, name)| name.split(',').next().unwrap_or_default());
        if let Some(default) = defaults.get(parameter) {
            let setting = SETTINGS.iter().find(|setting| setting.variable == variable).unwrap();
            assert_eq!(*default, setting.default.text(), "{parameter} and {variable}");
            compared += 1;
        }
    }
    assert!(compared >= 10, "only {compared} defaults were found to compare");
}

#[test]
fn the_readme_lists_the_columns_of_every_table() {
    let readme = document("README.md");
    let header = "| column | content |";
    assert_eq!(first_names(&table(&readme, "### Inventory", header)), INVENTORY_COLUMNS);
    assert_eq!(first_names(&table(&readme, "### Coverage ledger", header)), LEDGER_COLUMNS);
    assert_eq!(first_names(&table(&readme, "### Findings", header)), FINDINGS_COLUMNS);
    let merged = table(&readme, "### Merged credential report", header);
    assert_eq!(first_names(&merged).get(..MERGED_LEADING_COLUMNS.len()).unwrap(), MERGED_LEADING_COLUMNS);
}

#[test]
fn the_readme_says_of_every_outcome_what_to_do() {
    let rows = table(&document("README.md"), "### Coverage ledger", "| outcome | counts as | meaning | what to do |");
    let documented: Vec<(&str, &str)> = rows.iter().map(|row| (row[0].trim_matches('`'), row[1].as_str())).collect();
    let known: Vec<(&str, &str)> = Outcome::ALL
        .iter()
        .map(|outcome| {
            let sum = match outcome.sum() {
                Sum::Reported => "reported",
                Sum::Skipped => "skipped",
                Sum::Failed => "failed",
            };
            (outcome.as_str(), sum)
        })
        .collect();
    assert_eq!(documented, known);
    assert!(rows.iter().all(|row| row.len() == 4 && !row[3].is_empty()));
}

#[test]
fn the_readme_lists_every_rule_with_its_severity_and_controls() {
    let header = "| rule | severity | is a finding when | CIS 7.0.0 | CIS 6.0.0 | CIS 5.0.0 |";
    let rows = table(&document("README.md"), "### Findings", header);
    let documented: Vec<[&str; 5]> =
        rows.iter().map(|row| [0, 1, 3, 4, 5].map(|column| row[column].trim_matches('`'))).collect();
    let known: Vec<[&str; 5]> = Rule::ALL
        .iter()
        .map(|rule| {
            let control = |version| rule.control(version).unwrap_or("–");
            let [seven, six, five] = [CisVersion::V7, CisVersion::V6, CisVersion::V5].map(control);
            [rule.id(), rule.severity().as_str(), seven, six, five]
        })
        .collect();
    assert_eq!(documented, known);
}

/// The headings of a document, as links name them.
fn headings(text: &str) -> BTreeSet<String> {
    let titles = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    titles.map(|title| title.to_lowercase().replace(' ', "-")).collect()
}

#[test]
fn what_the_documents_link_to_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (folder, name) in [(".", "README.md"), ("docs", "deploy.md")] {
        let text = std::fs::read_to_string(root.join(folder).join(name)).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
        let links: Vec<&str> = links.filter(|link| !link.contains("://")).collect();
        assert!(links.len() > 5, "{name}: {links:?}");
        for link in links {
            let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
            let file = root.join(folder).join(if file.is_empty() { name } else { file });
            assert!(file.is_file(), "{name} links to {link}, which is not there");
            if let Some(anchor) = anchor {
                let target = std::fs::read_to_string(&file).unwrap();
                assert!(headings(&target).contains(anchor), "{name} links to {link}, and there is no such heading");
            }
        }
    }
}

/// All actions that the policies of a template grant; trust policies are none of them.
fn granted_actions(template: &str) -> BTreeSet<String> {
    let words = section(template, "PolicyDocument:").into_iter().flat_map(str::split_whitespace);
    let actions = words.filter(|word| {
        let parts = word.split_once(':');
        parts.is_some_and(|(service, action)| {
            service.chars().all(|one| one.is_ascii_lowercase())
                && action.starts_with(|one: char| one.is_ascii_uppercase())
                && action.chars().all(|one| one.is_ascii_alphabetic())
        })
    });
    actions.map(str::to_owned).collect()
}

#[test]
fn the_roles_of_the_stacks_may_do_what_the_sessions_need_and_no_more() {
    let needed = |policies: [SessionPolicy; 2], more: &[&'static str]| -> BTreeSet<String> {
        let actions = policies.iter().flat_map(SessionPolicy::actions).copied();
        actions.chain(more.iter().copied()).map(str::to_owned).collect()
    };
    assert_eq!(
        granted_actions(&document("stacks/member-role.yaml")),
        needed([SessionPolicy::regions_of_account(), SessionPolicy::report_of_account()], &[])
    );
    assert_eq!(
        granted_actions(&document("stacks/management-role.yaml")),
        needed(
            [SessionPolicy::inventory_of_organization(), SessionPolicy::reports_of_organization()],
            &["sts:AssumeRole"]
        )
    );
}

/// The commands of a document: what stands in its blocks for a shell.
fn commands(text: &str) -> String {
    text.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect()
}

#[test]
fn the_commands_of_the_deployment_name_parameters_outputs_and_resources_that_there_are() {
    let commands = commands(&document("docs/deploy.md"));
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
                assert!(parameters.contains(name), "docs/deploy.md has {name}, which no template has");
                found += 1;
            }
        }
    }
    assert!(found > 20, "only {found} names were found to compare");
}

#[test]
fn the_changelog_has_this_version() {
    let heading = format!("\n## {}", env!("CARGO_PKG_VERSION"));
    assert!(document("CHANGELOG.md").contains(&heading), "CHANGELOG.md has no entry for this version");
}

/// One error of every kind that ends a run.
fn run_errors() -> [RunError; 10] {
    let call = || CallError::new("sts:GetCallerIdentity", CallErrorKind::Other);
    let disk = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    [
        RunError::Settings { problems: vec![] },
        RunError::Event { problems: vec![] },
        RunError::Identity(call()),
        RunError::Tenants { table: String::new(), source: call() },
        RunError::NoTenants { table: String::new() },
        RunError::Organization(call()),
        RunError::NoOrganization { reasons: vec![] },
        RunError::Store { location: String::new(), advice: None, source: StoreError::Folder(disk()) },
        RunError::Spool(disk()),
        RunError::Internal,
    ]
}

#[test]
fn what_to_do_about_every_outcome_and_every_error_is_in_the_documentation() {
    let operations = document("docs/operations.md");
    let outcomes = Outcome::ALL.into_iter().filter(|outcome| outcome.sum() == Sum::Failed).map(Outcome::as_str);
    let errors = run_errors();
    for name in outcomes.chain(errors.iter().map(RunError::code)) {
        assert!(operations.contains(&format!("`{name}`")), "docs/operations.md does not say what to do about {name}");
    }
}
