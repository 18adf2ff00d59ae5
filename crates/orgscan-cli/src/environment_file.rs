//! The file `.env`, whose lines are settings like those of the environment, which go first.

use std::io;
use std::path::{Path, PathBuf};

/// The file's name.
const NAME: &str = ".env";

/// Puts the settings of the nearest `.env`, in this folder or above it, into the environment of the process.
///
/// # Errors
/// A sentence that names the file and, where one is wrong, its line; never what is in it, which may be a secret.
pub(crate) fn load() -> Result<(), String> {
    let Some(path) = find() else { return Ok(()) };
    dotenvy::from_path(&path).map_err(|error| explain(&path, &error))
}

fn find() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())
}

fn explain(path: &Path, error: &dotenvy::Error) -> String {
    let path_shown = path.display();
    match error {
        dotenvy::Error::LineParse(content, _) => {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().position(|line| line.trim() == content.trim());
            let line = line.map_or_else(|| "a line".to_owned(), |index| format!("line {}", index + 1));
            format!("{path_shown}: {line} is not NAME=value; quote values with blanks, or put a # before a remark")
        }
        dotenvy::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            format!("{path_shown} is no UTF-8 text; save it as such")
        }
        dotenvy::Error::Io(error) => {
            format!("{path_shown} cannot be read: {error}; let yourself read it, or start elsewhere")
        }
        other => format!("{path_shown} cannot be used: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_cannot_be_read_is_told_by_its_number_and_not_by_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        std::fs::write(&path, "# a remark\nONE_OF_A_TEST=1\nthe secret word\n").unwrap();
        let error = dotenvy::from_path_iter(&path).unwrap().find_map(Result::err).unwrap();
        let said = explain(&path, &error);
        assert!(said.contains("line 3 is not NAME=value") && !said.contains("secret"), "{said}");
    }

    #[test]
    fn a_file_that_cannot_be_read_says_what_to_do() {
        let path = Path::new("/somewhere/.env");
        for (kind, part) in
            [(io::ErrorKind::PermissionDenied, "let yourself read it"), (io::ErrorKind::InvalidData, "UTF-8")]
        {
            let said = explain(path, &dotenvy::Error::Io(kind.into()));
            assert!(said.starts_with("/somewhere/.env") && said.contains(part), "{said}");
        }
    }
}
