//! README.md, template.yaml and CHANGELOG.md say what the code does: names, defaults, columns, outcomes, permissions.
#![expect(clippy::unwrap_used, reason = "a test may end with a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use orgscan::config::{CisVersion, SETTINGS};
use orgscan::ledger::{Outcome, Sum};
use orgscan::rule::Rule;
use orgscan::session_policy::SessionPolicy;
use orgscan::table::{FINDINGS_COLUMNS, INVENTORY_COLUMNS, LEDGER_COLUMNS, MERGED_LEADING_COLUMNS};
use serde_json::Value;

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
        // The template names a role of few permissions, where the setting's own default is what every account has.
        if variable == "MEMBER_ROLE_NAME" {
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

#[test]
fn what_the_readme_links_to_is_there() {
    let readme = document("README.md");
    let links = readme.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
    let files: Vec<&str> = links.filter(|link| !link.starts_with('#') && !link.contains("://")).collect();
    assert!(files.len() > 8, "{files:?}");
    for file in files {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file).is_file(), "{file} is not there");
    }
    let headings: BTreeSet<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .collect();
    for anchor in readme.split("](#").skip(1).filter_map(|rest| rest.split_once(')')).map(|(anchor, _)| anchor) {
        assert!(headings.contains(anchor), "there is no heading #{anchor}");
    }
}

/// All actions of the policies in one section of the README.
fn documented_actions(readme: &str, heading: &str) -> BTreeSet<String> {
    let below = readme.split_once(&format!("\n{heading}\n")).unwrap().1;
    let below = below.split("\n### ").next().unwrap();
    let mut actions = BTreeSet::new();
    for block in below.split("```json\n").skip(1) {
        let policy: Value = serde_json::from_str(block.split("```").next().unwrap()).unwrap();
        let alone = vec![policy.clone()];
        for statement in policy["Statement"].as_array().unwrap_or(&alone) {
            match &statement["Action"] {
                Value::Array(several) => actions.extend(several.iter().filter_map(Value::as_str).map(str::to_owned)),
                one => actions.extend(one.as_str().map(str::to_owned)),
            }
        }
    }
    actions
}

#[test]
fn the_roles_of_the_readme_may_do_what_the_sessions_need_and_no_more() {
    let readme = document("README.md");
    let needed = |policies: [SessionPolicy; 2], more: &[&'static str]| -> BTreeSet<String> {
        let actions = policies.iter().flat_map(SessionPolicy::actions).copied();
        actions.chain(more.iter().copied()).map(str::to_owned).collect()
    };
    assert_eq!(
        documented_actions(&readme, "### Member role"),
        needed([SessionPolicy::regions_of_account(), SessionPolicy::report_of_account()], &[])
    );
    assert_eq!(
        documented_actions(&readme, "### Management role"),
        needed(
            [SessionPolicy::inventory_of_organization(), SessionPolicy::reports_of_organization()],
            &["sts:AssumeRole"]
        )
    );
}

#[test]
fn the_changelog_has_this_version() {
    let heading = format!("\n## {}", env!("CARGO_PKG_VERSION"));
    assert!(document("CHANGELOG.md").contains(&heading), "CHANGELOG.md has no entry for this version");
}
