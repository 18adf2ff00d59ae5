//! What is read from a document: tables, headings, links, code.

use std::collections::BTreeMap;

/// The rows of the first table with this header line below a heading, as cells.
pub(super) fn table(document: &str, heading: &str, header: &str) -> Vec<Vec<String>> {
    let heading = format!("\n{heading}\n");
    let header = format!("\n{header}\n");
    let below = document.split_once(&heading).map(|(_, below)| below).unwrap_or_default();
    let rows = below.split_once(&header).map(|(_, rows)| rows);
    assert!(rows.is_some(), "the document has no {heading:?} with {header:?}");
    let rows = rows.unwrap_or_default();
    let rows = rows.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The names between backticks in a cell.
pub(super) fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Those in the first cells of a table.
pub(super) fn first_names(rows: &[Vec<String>]) -> Vec<&str> {
    rows.iter().filter_map(|row| row.first()).flat_map(|cell| names(cell)).collect()
}

/// The lines outside of blocks of code, each with its number from 1.
pub(super) fn prose(document: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut is_code = false;
    for (number, line) in document.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push((number + 1, line));
        }
    }
    assert!(!is_code, "a block of code has no end");
    lines
}

/// The anchors of the headings, as GitHub makes them: letters and digits in small, blanks as hyphens, and a number where
/// one is there already.
pub(super) fn anchors(document: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = Vec::new();
    for (_, line) in prose(document) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let kept = title.trim().chars().filter(|one| one.is_alphanumeric() || matches!(one, ' ' | '-' | '_'));
        let anchor = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let count = seen.entry(anchor.clone()).or_default();
        anchors.push(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
        *count += 1;
    }
    anchors
}

/// The targets of the links and pictures of a line.
pub(super) fn links(line: &str) -> Vec<&str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link).collect()
}

/// The commands of a document: what stands in its blocks for a shell.
pub(super) fn commands(document: &str) -> String {
    document.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect()
}

#[test]
fn anchors_are_what_github_makes_of_headings() {
    let document = "# One `two`: three\n\n```sh\n# no heading\n```\n\n## Deploy\n### Deploy\n#no heading\n";
    assert_eq!(anchors(document), ["one-two-three", "deploy", "deploy-1"]);
}
