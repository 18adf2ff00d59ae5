//! A store that keeps its objects in memory.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::account::AccountId;
use crate::error::{CallErrorKind, StoreError};
use crate::ports::{Body, Documents, ReportStore};

use super::calls::{Calls, failed};
use super::{Fault, MemoryWorld, Request, START, timestamp};

/// An object as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// The time of the run that it is of, where it is the newest of its kind.
    pub run_time: Option<Timestamp>,
}

/// A bucket in memory; clones are the same bucket.
#[derive(Debug, Clone)]
#[must_use]
pub struct MemoryStore {
    calls: Calls,
    objects: Arc<Mutex<Vec<StoredObject>>>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty bucket of no world.
    pub fn new() -> Self {
        Self::of(Calls::new(timestamp(START)))
    }

    pub(super) fn of(calls: Calls) -> Self {
        Self { calls, objects: Arc::default() }
    }

    /// Plans a fault, as [`MemoryWorld::plan`] does.
    pub fn plan(&self, fault: Fault) {
        self.calls.plan(fault);
    }

    /// Names and bytes, in the order of writing: one that was replaced stands where it was written last.
    pub fn objects(&self) -> Vec<(String, Vec<u8>)> {
        self.kept().iter().map(|object| (object.name.clone(), object.content.clone())).collect()
    }

    /// Names in the order of writing.
    pub fn names(&self) -> Vec<String> {
        self.kept().iter().map(|object| object.name.clone()).collect()
    }

    /// One object.
    pub fn object(&self, name: &str) -> Option<StoredObject> {
        self.kept().iter().find(|object| object.name == name).cloned()
    }

    /// One object as text. Panics where it is not there or not UTF-8.
    pub fn text(&self, name: &str) -> String {
        let Some(object) = self.object(name) else { panic!("no object {name}; there are {:?}", self.names()) };
        match String::from_utf8(object.content) {
            Ok(text) => text,
            Err(error) => panic!("{name} is not UTF-8: {error}"),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<StoredObject>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn put(
        &self,
        name: &str,
        content_type: &str,
        body: Body<'_>,
        replace: bool,
        run_time: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let call = self.calls.begin(Request::of_process("s3:PutObject", name)).await?;
        let content = match body {
            Body::Bytes(bytes) => bytes.to_vec(),
            Body::File(path) => std::fs::read(path).map_err(StoreError::Folder)?,
        };
        let mut objects = self.kept();
        if !replace && objects.iter().any(|object| object.name == name) {
            return Ok(call.answer(Err(failed("s3:PutObject", CallErrorKind::AlreadyExists)))?);
        }
        objects.retain(|object| object.name != name);
        objects.push(StoredObject { name: name.to_owned(), content_type: content_type.to_owned(), content, run_time });
        Ok(call.answer(Ok(()))?)
    }
}

impl ReportStore for MemoryStore {
    async fn create(&self, name: &str, content_type: &str, body: Body<'_>) -> Result<(), StoreError> {
        self.put(name, content_type, body, false, None).await
    }

    async fn replace(&self, name: &str, content_type: &str, body: Body<'_>) -> Result<(), StoreError> {
        self.put(name, content_type, body, true, None).await
    }

    async fn replace_newest(
        &self,
        name: &str,
        content_type: &str,
        body: Body<'_>,
        run_time: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(name, content_type, body, true, Some(run_time)).await
    }

    async fn run_time_of(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let call = self.calls.begin(Request::of_process("s3:GetObject", name)).await?;
        Ok(call.answer(Ok(self.object(name).and_then(|object| object.run_time)))?)
    }

    async fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let call = self.calls.begin(Request::of_process("s3:GetObject", name)).await?;
        let content = self.object(name).map(|object| object.content);
        Ok(call.answer(content.ok_or_else(|| failed("s3:GetObject", CallErrorKind::NotFound)))?)
    }

    async fn read_to_file(&self, name: &str, path: &Path) -> Result<(), StoreError> {
        let content = self.read(name).await?;
        std::fs::write(path, content).map_err(StoreError::Folder)
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        let call = self.calls.begin(Request::of_process("s3:DeleteObject", name)).await?;
        self.kept().retain(|object| object.name != name);
        Ok(call.answer(Ok(()))?)
    }

    fn location(&self, name: &str) -> String {
        format!("s3://memory/{name}")
    }
}

impl Documents for MemoryWorld {
    /// Documents are objects of the world's bucket, `s3://memory/…`; there is nothing else.
    async fn document(&self, location: &str, _owner: AccountId) -> Result<Vec<u8>, StoreError> {
        self.store().read(location.strip_prefix("s3://memory/").unwrap_or(location)).await
    }
}

impl ReportStore for MemoryWorld {
    async fn create(&self, name: &str, content_type: &str, body: Body<'_>) -> Result<(), StoreError> {
        self.store().create(name, content_type, body).await
    }

    async fn replace(&self, name: &str, content_type: &str, body: Body<'_>) -> Result<(), StoreError> {
        self.store().replace(name, content_type, body).await
    }

    async fn replace_newest(
        &self,
        name: &str,
        content_type: &str,
        body: Body<'_>,
        run_time: Timestamp,
    ) -> Result<(), StoreError> {
        self.store().replace_newest(name, content_type, body, run_time).await
    }

    async fn run_time_of(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        self.store().run_time_of(name).await
    }

    async fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        self.store().read(name).await
    }

    async fn read_to_file(&self, name: &str, path: &Path) -> Result<(), StoreError> {
        self.store().read_to_file(name, path).await
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.store().remove(name).await
    }

    fn location(&self, name: &str) -> String {
        self.store().location(name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::FaultKind;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_store_creates_once_replaces_and_keeps_the_order_of_writing() {
        let store = MemoryStore::new();
        let csv = "text/csv";
        store.create("a.csv", csv, Body::Bytes(b"1")).await.unwrap();
        let again = store.create("a.csv", csv, Body::Bytes(b"2")).await.unwrap_err();
        assert!(again.is_already_there());
        assert_eq!(store.read("a.csv").await.unwrap(), b"1", "what was there is untouched");

        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "3").unwrap();
        store.replace("latest.csv", csv, Body::File(file.path())).await.unwrap();
        store.replace("a.csv", "text/plain", Body::Bytes(b"4")).await.unwrap();
        assert_eq!(store.objects(), [("latest.csv".into(), b"3".to_vec()), ("a.csv".into(), b"4".to_vec())]);
        assert_eq!(store.object("a.csv").unwrap().content_type, "text/plain");
        assert_eq!(store.text("a.csv"), "4");

        store.remove("a.csv").await.unwrap();
        store.remove("a.csv").await.unwrap();
        assert!(store.read("a.csv").await.unwrap_err().is_absent());
        assert_eq!(store.names(), ["latest.csv"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_can_fail_for_one_object_and_lose_an_answer() {
        let world = MemoryWorld::new(1);
        world.plan(Fault::always("s3:PutObject", CallErrorKind::Denied).on("coverage"));
        world.plan(Fault::once("s3:PutObject", FaultKind::AnswerLost(CallErrorKind::Unavailable)));
        let body = Body::Bytes(b"1");
        assert!(world.create("coverage.csv", "text/csv", body).await.is_err());
        assert!(!world.create("a.csv", "text/csv", body).await.unwrap_err().is_already_there());
        assert!(world.create("a.csv", "text/csv", body).await.unwrap_err().is_already_there(), "it was written");
        assert_eq!(world.store().names(), ["a.csv"]);
        assert_eq!(world.calls_of("s3:PutObject"), 3);
    }
}
