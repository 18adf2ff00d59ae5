//! docs/permissions.md: every action that a template grants, by role and statement, and no other.

use std::collections::{BTreeMap, BTreeSet};

use orgscan::session_policy::SessionPolicy;

use super::document;
use super::markdown::{names, table};
use super::template::{self, Statement};

const DOCUMENT: &str = "docs/permissions.md";
const COLUMNS: &str = "| statement | action | on | why | without it |";

/// Rows of a table as statement and action, and what they are on.
type Rows = BTreeMap<(String, String), Vec<String>>;

fn documented(heading: &str, header: &str) -> Rows {
    let mut rows = Rows::new();
    for row in table(&document(DOCUMENT), heading, header) {
        assert!(row.iter().all(|cell| !cell.is_empty()), "{heading}: {row:?}");
        let key = (row[0].trim_matches('`').to_owned(), row[1].trim_matches('`').to_owned());
        assert!(rows.insert(key, row.clone()).is_none(), "{heading}: {row:?} is there twice");
    }
    rows
}

/// What these roles are granted, with the roles that are granted it and the statements' text.
fn granted(path: &str, roles: &[&str]) -> BTreeMap<(String, String), (BTreeSet<String>, String)> {
    let mut granted: BTreeMap<(String, String), (BTreeSet<String>, String)> = BTreeMap::new();
    let statements = template::statements(&document(path));
    for Statement { role, sid, actions, text } in
        statements.into_iter().filter(|one| roles.contains(&one.role.as_str()))
    {
        for action in actions {
            let entry = granted.entry((sid.clone(), action)).or_default();
            entry.0.insert(role.clone());
            entry.1 += &text;
        }
    }
    granted
}

fn compare(heading: &str, header: &str, path: &str, roles: &[&str]) -> Rows {
    let (documented, granted) = (documented(heading, header), granted(path, roles));
    assert_eq!(documented.keys().collect::<Vec<_>>(), granted.keys().collect::<Vec<_>>(), "{heading}");
    for (key, row) in &documented {
        let on = &row[row.len() - 3];
        for name in names(on).into_iter().filter(|name| name.contains(['*', '$'])) {
            let text = &granted[key].1;
            assert!(text.contains(name), "{heading}: {key:?} is on {name}, which the template does not have:\n{text}");
        }
    }
    documented
}

#[test]
fn every_action_of_the_functions_is_listed_with_its_function() {
    const ROLES: [(&str, &str); 2] =
        [("AccountMetadataRole", "account-metadata"), ("CredentialReportRole", "credential-report")];
    let header = "| statement | action | function | on | why | without it |";
    let roles = ROLES.map(|(role, _)| role);
    let rows = compare("## Function roles", header, "template.yaml", &roles);
    let granted = granted("template.yaml", &roles);
    for (key, row) in rows {
        let of: Vec<&str> =
            ROLES.iter().filter(|(role, _)| granted[&key].0.contains(*role)).map(|(_, function)| *function).collect();
        let expected = if of.len() == 2 { "both" } else { of[0] };
        assert_eq!(row[2], expected, "{key:?}");
    }
}

#[test]
fn every_action_of_the_other_roles_is_listed() {
    compare("## Management role", COLUMNS, "stacks/management-role.yaml", &["ManagementRole"]);
    compare("## Member role", COLUMNS, "stacks/member-role.yaml", &["MemberRole"]);
    compare(
        "## Roles that start runs",
        COLUMNS,
        "template.yaml",
        &["AccountMetadataScheduleRole", "CredentialReportScheduleRole"],
    );
    let of_machines = ["AccountMetadataFanOutRole", "CredentialReportFanOutRole"];
    compare("## Roles of the state machines", COLUMNS, "template.yaml", &of_machines);
}

#[test]
fn no_role_is_left_out() {
    let known = [
        "AccountMetadataRole",
        "AccountMetadataScheduleRole",
        "AccountMetadataFanOutRole",
        "CredentialReportRole",
        "CredentialReportScheduleRole",
        "CredentialReportFanOutRole",
    ];
    let roles: BTreeSet<String> =
        template::statements(&document("template.yaml")).into_iter().map(|statement| statement.role).collect();
    assert_eq!(roles, known.map(str::to_owned).into());
}

#[test]
fn the_roles_of_the_stacks_may_do_what_the_sessions_need_and_no_more() {
    let actions = |path: &str| -> BTreeSet<String> {
        template::statements(&document(path)).into_iter().flat_map(|statement| statement.actions).collect()
    };
    let needed = |policies: [SessionPolicy; 2], more: &[&'static str]| -> BTreeSet<String> {
        let actions = policies.iter().flat_map(SessionPolicy::actions).copied();
        actions.chain(more.iter().copied()).map(str::to_owned).collect()
    };
    assert_eq!(
        actions("stacks/member-role.yaml"),
        needed([SessionPolicy::regions_of_account(), SessionPolicy::report_of_account()], &[])
    );
    assert_eq!(
        actions("stacks/management-role.yaml"),
        needed(
            [SessionPolicy::inventory_of_organization(), SessionPolicy::reports_of_organization()],
            &["sts:AssumeRole"]
        )
    );
}

#[test]
fn every_action_that_anything_calls_is_on_the_page() {
    let page = document(DOCUMENT);
    for action in orgscan::testing::ACTIONS {
        assert!(page.contains(&format!("`{action}`")), "{DOCUMENT} does not have {action}");
    }
}
