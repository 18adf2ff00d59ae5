//! The spool: a file in the temporary folder that holds what accounts answered until all of it is merged, so that memory
//! does not grow with the number of accounts.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

/// Where something lies in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spooled {
    start: u64,
    length: usize,
}

/// A file that only grows, and that goes when it is dropped.
#[derive(Debug)]
pub struct Spool {
    file: Mutex<(File, u64)>,
}

impl Spool {
    /// An empty spool, as a nameless file.
    ///
    /// # Errors
    /// The temporary folder does not take it.
    pub fn new() -> io::Result<Self> {
        Ok(Self { file: Mutex::new((tempfile::tempfile()?, 0)) })
    }

    /// Adds bytes at its end. They are a few KB each, and the page cache takes them without a wait.
    ///
    /// # Errors
    /// The temporary folder is full or gone.
    pub fn add(&self, content: &[u8]) -> io::Result<Spooled> {
        let mut guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, end) = &mut *guard;
        let start = *end;
        file.seek(SeekFrom::Start(start))?;
        file.write_all(content)?;
        // Only whole entries count: after a failed write the next one begins where this one did.
        *end += content.len() as u64;
        Ok(Spooled { start, length: content.len() })
    }

    /// Reads what was added.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self, entry: Spooled) -> io::Result<Vec<u8>> {
        let mut guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, _) = &mut *guard;
        file.seek(SeekFrom::Start(entry.start))?;
        let mut content = vec![0; entry.length];
        file.read_exact(&mut content)?;
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_read_back_in_any_order() {
        let spool = Spool::new().unwrap();
        let entries: Vec<Spooled> =
            ["first", "", "third, longer"].iter().map(|content| spool.add(content.as_bytes()).unwrap()).collect();
        for (entry, expected) in entries.iter().zip(["first", "", "third, longer"]).rev() {
            assert_eq!(spool.read(*entry).unwrap(), expected.as_bytes());
        }
    }
}
