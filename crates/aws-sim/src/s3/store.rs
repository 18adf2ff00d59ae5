//! Where objects and uploads are kept: their contents in files, the rest in memory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::header::{HeaderName, HeaderValue};
use tempfile::TempDir;
use tokio::fs::File;

/// A file with content: an object that was put, or a part of one. The file goes with it.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(super) path: PathBuf,
    pub(super) size: u64,
}

impl Piece {
    pub(crate) fn at(path: PathBuf, size: u64) -> Self {
        Self { path, size }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        // The folder is removed in the end, and all that is in it.
        let _removed = fs::remove_file(&self.path);
    }
}

/// An object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) pieces: Vec<Arc<Piece>>,
    pub(super) size: u64,
    pub(super) etag: String,
    pub(super) description: Description,
    /// When it was written, in seconds since 1970.
    pub(super) written: u64,
}

/// What a caller says about an object beside its content.
#[derive(Debug, Clone)]
pub(super) struct Description {
    pub(super) content_type: Option<HeaderValue>,
    pub(super) metadata: Vec<(HeaderName, HeaderValue)>,
}

/// A part of an upload.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) piece: Arc<Piece>,
    pub(super) etag: String,
}

/// An upload in parts that is not complete.
#[derive(Debug)]
pub(super) struct Upload {
    /// The object's `bucket/key`.
    pub(super) name: String,
    pub(super) description: Description,
    /// When it began, in seconds since 1970.
    pub(super) began: u64,
    pub(super) parts: BTreeMap<u32, Part>,
}

/// Objects by `bucket/key`, and uploads by id.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) objects: BTreeMap<String, Arc<Object>>,
    pub(super) uploads: BTreeMap<String, Upload>,
}

impl Contents {
    /// Makes the object the one of its name, unless it must be new and is not.
    pub(super) fn insert(&mut self, name: String, object: Object, only_new: bool) -> Result<(), AlreadyThere> {
        if only_new && self.objects.contains_key(&name) {
            return Err(AlreadyThere);
        }
        self.objects.insert(name, Arc::new(object));
        Ok(())
    }
}

/// There is an object of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AlreadyThere;

/// All objects and uploads.
#[derive(Debug)]
pub(crate) struct Store {
    folder: TempDir,
    contents: Mutex<Contents>,
    files: AtomicU64,
}

impl Store {
    pub(crate) fn new() -> io::Result<Self> {
        let folder = TempDir::with_prefix("aws-sim-")?;
        Ok(Self { folder, contents: Mutex::default(), files: AtomicU64::new(0) })
    }

    /// An empty file.
    pub(super) async fn new_piece(&self) -> io::Result<(Piece, File)> {
        let number = self.number();
        let piece = Piece::at(self.folder.path().join(number.to_string()), 0);
        let file = File::create_new(&piece.path).await?;
        Ok((piece, file))
    }

    /// A number that was not given out before.
    pub(super) fn number(&self) -> u64 {
        self.files.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sizes(&self) -> BTreeMap<String, u64> {
        self.contents().objects.iter().map(|(name, object)| (name.clone(), object.size)).collect()
    }

    pub(crate) fn open_uploads(&self) -> usize {
        self.contents().uploads.len()
    }

    /// The content of an object; none where there is no such object.
    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        let object = self.contents().objects.get(name).cloned()?;
        let pieces: io::Result<Vec<Vec<u8>>> = object.pieces.iter().map(|piece| fs::read(&piece.path)).collect();
        Some(pieces.ok()?.concat())
    }

    pub(crate) fn reset(&self) {
        *self.contents() = Contents::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_goes_with_the_last_that_needs_it() {
        let store = Store::new().unwrap();
        let (piece, _file) = store.new_piece().await.unwrap();
        let path = piece.path().to_owned();
        let object = Object {
            pieces: vec![Arc::new(piece)],
            size: 0,
            etag: String::new(),
            description: Description { content_type: None, metadata: Vec::new() },
            written: 0,
        };
        store.contents().insert("bucket/key".to_owned(), object, true).unwrap();
        let reader = store.contents().objects["bucket/key"].clone();
        store.reset();
        assert!(path.exists(), "an object that is being read is there to its end");
        drop(reader);
        assert!(!path.exists());
        let folder = store.folder.path().to_owned();
        drop(store);
        assert!(!folder.exists());
    }
}
