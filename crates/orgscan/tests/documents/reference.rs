//! Parts of documents that are made from the code: compared with it, and made anew by `make settings-reference`.

use std::fs;

use super::root;

/// The variable that has such parts written in place of compared.
const UPDATE: &str = "ORGSCAN_UPDATE_REFERENCE";
const END: &str = "<!-- end -->";

/// Holds the part of a document that begins with the comment `<!-- name: … -->` against what it should be.
pub(super) fn hold(path: &str, name: &str, expected: &str) {
    let file = root().join(path);
    let document = fs::read_to_string(&file).unwrap();
    let (before, rest) = document.split_once(&format!("<!-- {name}: ")).unwrap();
    let (comment, rest) = rest.split_once(" -->\n").unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let expected = format!("\n{expected}\n");
    if written == expected {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests is no setting of the functions")]
    let updates = std::env::var(UPDATE).is_ok();
    assert!(updates, "{path} has other {name} than the code: `make settings-reference` writes\n{expected}");
    let made = format!("{before}<!-- {name}: {comment} -->\n{expected}{END}{after}");
    fs::write(file, made).unwrap();
}

/// A table.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    let rule: Vec<String> = header.iter().map(|_| "---".to_owned()).collect();
    let rows = rows.iter().map(|row| {
        assert!(row.iter().all(|cell| !cell.contains(['|', '\n'])), "{row:?} does not fit a table");
        line(row)
    });
    [line(&header), line(&rule)].into_iter().chain(rows).collect()
}
