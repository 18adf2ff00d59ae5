//! The documents and the templates say what the code does: names, defaults, columns, outcomes, permissions, links.
#![expect(clippy::unwrap_used, reason = "a test may end with a panic")]

mod deployment;
mod doctor;
mod limits;
mod links;
mod markdown;
mod operations;
mod outputs;
mod permissions;
mod reference;
mod settings;
mod template;

use std::fs;
use std::path::PathBuf;

/// The folder of the workspace.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A document, by its path in the workspace.
fn document(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_changelog_has_this_version() {
    let heading = format!("\n## {}", env!("CARGO_PKG_VERSION"));
    assert!(document("CHANGELOG.md").contains(&heading), "CHANGELOG.md has no entry for this version");
}
