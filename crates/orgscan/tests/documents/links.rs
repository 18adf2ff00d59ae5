//! Links lead somewhere, and files that documents name are there.

use std::fs;
use std::path::{Path, PathBuf};

use super::markdown::{anchors, links, names, prose};
use super::root;

/// What is made or installed, and what is not ours.
const PASSED_OVER: [&str; 5] = ["target", "node_modules", ".git", ".aws-sam", "corpus"];

fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() && !PASSED_OVER.contains(&name.as_str()) {
            documents(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// Every document of the workspace with its text.
fn all() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    documents(&root(), &mut found);
    found.sort();
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).unwrap())).collect()
}

/// What is wrong with a link from a document.
fn problem(from: &Path, link: &str) -> Option<String> {
    if let Some((scheme, rest)) = link.split_once("://") {
        let (host, _) = rest.split_once('/').unwrap_or((rest, ""));
        let is_host = host.contains('.') && host.chars().all(|one| one.is_ascii_alphanumeric() || ".-".contains(one));
        return (scheme != "https" || !is_host).then(|| "is no https address".to_owned());
    }
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let file = if file.is_empty() { from.to_owned() } else { from.parent()?.join(file) };
    if !file.exists() {
        return Some("leads to no file".to_owned());
    }
    let anchor = anchor?;
    let known = anchors(&fs::read_to_string(&file).unwrap());
    (!known.iter().any(|one| one == anchor)).then(|| "leads to no heading".to_owned())
}

#[test]
fn every_link_leads_somewhere() {
    let mut problems = Vec::new();
    let mut checked = 0;
    for (path, text) in all() {
        for (number, line) in prose(&text) {
            for link in links(line) {
                checked += 1;
                let place = || format!("{}:{number}: {link}", path.strip_prefix(root()).unwrap().display());
                problems.extend(problem(&path, link).map(|problem| format!("{} {problem}", place())));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(checked > 100, "only {checked} links were found");
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let readme = root().join("README.md");
    for (link, is_good) in [
        ("docs/deploy.md", true),
        ("docs/deploy.md#updates", true),
        ("#documents", true),
        ("https://docs.aws.amazon.com/x#y", true),
        ("docs/none.md", false),
        ("docs/deploy.md#none", false),
        ("#none", false),
        ("http://docs.aws.amazon.com", false),
        ("https:///x", false),
    ] {
        assert_eq!(problem(&readme, link).is_none(), is_good, "{link}");
    }
}

/// Whether a name in a document is that of a file of ours: its first part is a folder here, or it is a document.
fn names_a_file(name: &str) -> bool {
    let is_plain = name.chars().all(|one| one.is_ascii_alphanumeric() || "._-/".contains(one));
    let first = name.split('/').next().unwrap_or_default();
    let of_ours = name.contains('/')
        && !["", ".", ".."].contains(&first)
        && !PASSED_OVER.contains(&first)
        && root().join(first).is_dir();
    is_plain && (of_ours || [".md", ".yaml", ".toml"].iter().any(|end| name.ends_with(end)))
}

#[test]
fn every_file_that_is_named_is_there() {
    let mut problems = Vec::new();
    let mut checked = 0;
    for (path, text) in all() {
        for (number, line) in prose(&text) {
            for name in names(line).into_iter().filter(|name| names_a_file(name)) {
                checked += 1;
                if !root().join(name).exists() && !path.with_file_name(name).exists() {
                    problems.push(format!("{}:{number}: {name}", path.strip_prefix(root()).unwrap().display()));
                }
            }
        }
    }
    assert!(problems.is_empty(), "these files are not there:\n{}", problems.join("\n"));
    assert!(checked > 10, "only {checked} files were named");
}
