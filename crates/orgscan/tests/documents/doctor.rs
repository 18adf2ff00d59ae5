//! docs/terminal.md: what `orgscan doctor` looks at, and how a command may end.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::markdown::{first_names, table};
use super::{document, root};

const TERMINAL: &str = "docs/terminal.md";

/// The sources of a module: its file, and those in the folder of its name but for tests.
fn sources(module: &str) -> Vec<PathBuf> {
    let file = root().join(module);
    let folder = file.with_extension("");
    let inside = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    let is_source = |path: &PathBuf| path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs");
    std::iter::once(file.clone()).chain(inside.filter(is_source)).collect()
}

/// The ids of checks: the first argument of what makes one, or the constant that stands for it.
fn ids(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    // A module's own tests stand at its end.
    let code = text.split("#[cfg(test)]").next().unwrap();
    let mut ids = BTreeSet::new();
    for (_, rest) in code.match_indices("Check::").map(|(at, found)| code.split_at(at + found.len())) {
        let Some((constructor, arguments)) = rest.split_once('(') else { continue };
        let constructors = ["ok", "failed", "not_answered", "not_examined", "warning", "unknown", "skipped"];
        if !constructors.contains(&constructor) {
            continue;
        }
        let first = arguments.split(',').next().unwrap_or_default().trim();
        let named = format!("const {first}: &str = \"");
        let literal = first.strip_prefix('"').or_else(|| code.split_once(&named).map(|(_, rest)| rest));
        ids.extend(literal.and_then(|text| text.split('"').next()).map(str::to_owned));
        // Each constant of that name, where several functions have one.
        ids.extend(code.split(&named).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    }
    ids
}

#[test]
fn every_check_of_the_doctor_is_described() {
    let rows = table(&document(TERMINAL), "## Before the first run", "| check | what is looked at |");
    let documented: BTreeSet<String> = first_names(&rows).into_iter().map(str::to_owned).collect();
    let modules = ["crates/orgscan/src/doctor.rs", "crates/orgscan-cli/src/doctor.rs"];
    let known: BTreeSet<String> = modules.into_iter().flat_map(sources).flat_map(|path| ids(&path)).collect();
    assert_eq!(documented, known);
}
