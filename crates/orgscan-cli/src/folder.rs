//! Reports in a local folder.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use orgscan::error::StoreError;
use orgscan::ports::{Body, ReportStore};
use tempfile::NamedTempFile;

/// A folder; it is made when the first report is written. Files are the user's alone: a credential report is personal
/// data.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes the body beside its place, so that it appears there whole or not at all.
    fn write_beside(path: &Path, body: Body<'_>) -> io::Result<NamedTempFile> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        match body {
            Body::Bytes(bytes) => file.write_all(bytes)?,
            Body::File(source) => {
                io::copy(&mut fs::File::open(source)?, file.as_file_mut())?;
            }
        }
        file.as_file().sync_all()?;
        Ok(file)
    }
}

impl ReportStore for Folder {
    async fn create(&self, name: &str, _content_type: &str, body: Body<'_>) -> Result<(), StoreError> {
        let path = self.path(name);
        let file = Self::write_beside(&path, body).map_err(StoreError::Folder)?;
        file.persist_noclobber(path).map(drop).map_err(|error| StoreError::Folder(error.error))
    }

    async fn replace(&self, name: &str, _content_type: &str, body: Body<'_>) -> Result<(), StoreError> {
        let path = self.path(name);
        let file = Self::write_beside(&path, body).map_err(StoreError::Folder)?;
        file.persist(path).map(drop).map_err(|error| StoreError::Folder(error.error))
    }

    async fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        fs::read(self.path(name)).map_err(StoreError::Folder)
    }

    async fn read_to_file(&self, name: &str, path: &Path) -> Result<(), StoreError> {
        fs::copy(self.path(name), path).map(drop).map_err(StoreError::Folder)
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::Folder(error)),
            _ => Ok(()),
        }
    }

    fn location(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().join("not/yet/there"));
        (root, folder)
    }

    #[tokio::test]
    async fn an_object_is_created_once_and_replaced_at_will() {
        let (_root, folder) = folder();
        assert!(folder.read("a.csv").await.unwrap_err().is_absent());
        folder.create("a.csv", "text/csv", Body::Bytes(b"first")).await.unwrap();
        let refused = folder.create("a.csv", "text/csv", Body::Bytes(b"second")).await.unwrap_err();
        assert!(refused.is_already_there());
        assert_eq!(folder.read("a.csv").await.unwrap(), b"first");
        folder.replace("a.csv", "text/csv", Body::Bytes(b"third")).await.unwrap();
        assert_eq!(folder.read("a.csv").await.unwrap(), b"third");
        folder.remove("a.csv").await.unwrap();
        folder.remove("a.csv").await.unwrap();
        assert!(folder.read("a.csv").await.is_err());
    }

    #[tokio::test]
    async fn a_name_may_have_folders_and_nothing_else_is_left_beside_it() {
        let (_root, folder) = folder();
        let source = tempfile::NamedTempFile::new().unwrap();
        fs::write(source.path(), b"large").unwrap();
        folder.create("malformed/x", "application/octet-stream", Body::File(source.path())).await.unwrap();
        let names: Vec<_> =
            fs::read_dir(folder.path("malformed")).unwrap().map(|one| one.unwrap().file_name()).collect();
        assert_eq!(names, ["x"]);
        assert_eq!(folder.read("malformed/x").await.unwrap(), b"large");
    }
}
