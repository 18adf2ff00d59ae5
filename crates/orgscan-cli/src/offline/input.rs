//! Files that are read: named once, and readable more than once.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use orgscan::config::AccountSelection;
use serde_json::Value;
use tempfile::{NamedTempFile, TempPath};

use super::Problem;

/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Whether a path stands for standard input.
pub(super) fn is_standard_input(path: &Path) -> bool {
    path == Path::new(STANDARD_INPUT)
}

/// How a file is called in what people read.
pub(super) fn name_of(path: &Path) -> String {
    if is_standard_input(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// That a file cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::Usage(format!("{} cannot be read: {error}", name_of(path)))
}

/// Opens a file that can be read again from its beginning. What is no regular file, such as a pipe or standard input, is
/// copied to a nameless one that goes with the process.
pub(super) fn open(path: &Path) -> Result<File, Problem> {
    let opened = || {
        if is_standard_input(path) {
            return copied(&mut io::stdin().lock());
        }
        let mut file = File::open(path)?;
        if file.metadata()?.is_file() { Ok(file) } else { copied(&mut file) }
    };
    opened().map_err(|error| unreadable(path, &error))
}

fn copied(from: &mut impl io::Read) -> io::Result<File> {
    let mut copy = tempfile::tempfile()?;
    io::copy(from, &mut copy)?;
    copy.rewind()?;
    Ok(copy)
}

/// A file of findings that is opened by its path, more than once. What is no regular file is a copy, which goes when this is
/// dropped; and so is one of which only some accounts are meant, since the others' findings would be carried on.
#[derive(Debug)]
pub(super) struct ByPath {
    path: PathBuf,
    copy: Option<TempPath>,
}

impl ByPath {
    /// Fails where it cannot be opened.
    pub(super) fn new(path: &Path, selection: &AccountSelection) -> Result<Self, Problem> {
        let copy = || {
            let mut file = File::open(path)?;
            let is_whole = *selection == AccountSelection::default();
            if is_whole && file.metadata()?.is_file() {
                return Ok(None);
            }
            let mut copy = NamedTempFile::new()?;
            if is_whole {
                io::copy(&mut file, &mut copy)?;
            } else {
                copy_lines(&mut BufReader::new(file), &mut BufWriter::new(&mut copy), selection)?;
            }
            Ok(Some(copy.into_temp_path()))
        };
        let copy = copy().map_err(|error| unreadable(path, &error))?;
        Ok(Self { path: path.to_owned(), copy })
    }

    /// How people call it.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Its own name without the folders.
    pub(super) fn file_name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Where it can be read.
    pub(super) fn readable(&self) -> &Path {
        self.copy.as_deref().unwrap_or(&self.path)
    }
}

/// Copies the findings of some accounts. A line that is no finding goes along, for its reader to complain of.
fn copy_lines(from: &mut impl BufRead, to: &mut impl Write, selection: &AccountSelection) -> io::Result<()> {
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        let finding: Option<Value> = serde_json::from_slice(&line).ok();
        let account = finding.as_ref().and_then(|finding| finding.get("account_id")?.as_str());
        if account.is_none_or(|account| selection.has(account)) {
            to.write_all(&line)?;
        }
        line.clear();
    }
    to.flush()
}

/// What a path leads to, as far as it is there: two paths to the same file are the same place.
pub(super) fn place_of(path: &Path) -> PathBuf {
    let there = || path.canonicalize().ok();
    let beside = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    there().or_else(beside).unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_to_the_same_file_are_the_same_place_whether_it_is_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("inner")).unwrap();
        for there in [false, true] {
            if there {
                std::fs::write(path("x"), "").unwrap();
            }
            assert_eq!(place_of(&path("x")), place_of(&path("inner/../x")), "{there}");
            assert_ne!(place_of(&path("x")), place_of(&path("inner/x")), "{there}");
        }
        assert_eq!(place_of(Path::new("no-such-file")), place_of(Path::new("./no-such-file")));
        assert_eq!(place_of(Path::new("/nowhere/x")), Path::new("/nowhere/x"));
    }
}
