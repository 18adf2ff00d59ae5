//! What uploads in parts leave behind where nobody ends them, and its end: S3 keeps, and charges for, the parts of an upload
//! that is neither completed nor aborted.
//!
//! A write that the deadline cuts off cannot abort its upload, so that is remembered. A process that was killed remembers
//! nothing: whoever finds its object whole afterwards lists the uploads of that key and aborts them. An upload that is under
//! way in another process at that time is of no use either, since its object is whole. That process finds its upload gone,
//! repeats the write, and finds the object that is there, or replaces it and ends nobody's work: each process that ends
//! others' uploads of a key is done with its own, so that there are never more repeats than processes.

use std::sync::{MutexGuard, PoisonError};

use super::S3;
use super::multipart::{CALL_TIMEOUT, within};
use crate::aws::error::call_error;
use crate::error::{CallError, CallErrorKind};

const ABORT: &str = "s3:AbortMultipartUpload";
const LIST: &str = "s3:ListBucketMultipartUploads";

/// An upload that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenUpload {
    pub(super) key: String,
    pub(super) id: String,
}

/// What is to be ended, and what is not.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    /// Uploads of this process that go on.
    under_way: Vec<OpenUpload>,
    /// Uploads of this process that were cut off.
    abandoned: Vec<OpenUpload>,
    /// The keys of objects that are whole: of what else is uploaded to them nothing comes any more.
    whole: Vec<String>,
}

/// An upload under way. Dropped before its end, it is remembered as abandoned.
#[derive(Debug)]
pub(super) struct UnderWay<'a> {
    store: &'a S3,
    upload: OpenUpload,
    has_ended: bool,
}

impl UnderWay<'_> {
    /// It was completed or aborted.
    pub(super) fn end(mut self) {
        self.has_ended = true;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut leftovers = self.store.leftovers();
        leftovers.under_way.retain(|one| *one != self.upload);
        if !self.has_ended {
            leftovers.abandoned.push(self.upload.clone());
        }
    }
}

impl S3 {
    fn leftovers(&self) -> MutexGuard<'_, Leftovers> {
        self.leftovers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers an upload for as long as it goes on, and afterwards where it does not come to its end.
    pub(super) fn under_way(&self, upload: OpenUpload) -> UnderWay<'_> {
        self.leftovers().under_way.push(upload.clone());
        UnderWay { store: self, upload, has_ended: false }
    }

    /// Remembers that an object which goes in parts is whole.
    pub(super) fn is_whole(&self, key: String) {
        let whole = &mut self.leftovers().whole;
        if !whole.contains(&key) {
            whole.push(key);
        }
    }

    /// Aborts what writes that were cut off have left open, and what others have of objects that are whole. Uploads of this
    /// process that are under way go on. What cannot be aborted is logged.
    pub(super) async fn end_leftovers(&self) {
        // Taken out one by one, so that what there is no time for is still there the next time.
        loop {
            let Some(upload) = self.leftovers().abandoned.first().cloned() else { break };
            self.abort_upload(&upload).await;
            self.leftovers().abandoned.retain(|one| *one != upload);
        }
        loop {
            let Some(key) = self.leftovers().whole.first().cloned() else { return };
            self.abort_others_uploads(&key).await;
            self.leftovers().whole.retain(|one| *one != key);
        }
    }

    async fn abort_others_uploads(&self, key: &str) {
        match self.list_uploads(key).await {
            Ok(uploads) => {
                for upload in uploads.into_iter().filter(|one| !self.leftovers().under_way.contains(one)) {
                    tracing::info!(object = key, "an upload of {key} that somebody left open is aborted");
                    self.abort_upload(&upload).await;
                }
            }
            Err(error) => {
                let why = error.chain();
                tracing::warn!(
                    object = key,
                    "uploads of {key} that were left open are not looked for, and the bucket's lifecycle rule has to end \
                     them: {why}"
                );
            }
        }
    }

    /// The open uploads of a key: the first thousand, which is what S3 lists at a time, and more than anybody leaves.
    pub(super) async fn list_uploads(&self, key: &str) -> Result<Vec<OpenUpload>, CallError> {
        let request = self
            .client
            .list_multipart_uploads()
            .bucket(&self.bucket.name)
            .prefix(key)
            .expected_bucket_owner(self.expected_owner());
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(within(CALL_TIMEOUT)).send());
            async { sent.await.map_err(|error| call_error(LIST, &error)) }
        };
        let uploads = self.gate.call(LIST, None, attempt).await?.uploads.unwrap_or_default().into_iter();
        let open = uploads.filter_map(|one| Some(OpenUpload { key: one.key?, id: one.upload_id? }));
        Ok(open.filter(|open| open.key == key).collect())
    }

    pub(super) async fn abort_upload(&self, open: &OpenUpload) {
        if let Err(error) = self.try_to_abort(open).await {
            let (key, id, why) = (&open.key, &open.id, error.chain());
            tracing::warn!(object = key, "the upload {id} of {key} is left open and costs storage: {why}");
        }
    }

    /// Aborts an upload; one that is gone is aborted.
    pub(super) async fn try_to_abort(&self, open: &OpenUpload) -> Result<(), CallError> {
        let request = self
            .client
            .abort_multipart_upload()
            .bucket(&self.bucket.name)
            .key(&open.key)
            .upload_id(&open.id)
            .expected_bucket_owner(self.expected_owner());
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(within(CALL_TIMEOUT)).send());
            async { sent.await.map(drop).map_err(|error| call_error(ABORT, &error)) }
        };
        match self.gate.call(ABORT, None, attempt).await {
            Err(error) if error.kind == CallErrorKind::NotFound => Ok(()),
            aborted => aborted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Bucket;
    use super::*;
    use crate::aws::canned::{Answer, Canned, ok, s3_error, world};

    fn store(canned: &Canned) -> S3 {
        world(canned).s3(Bucket {
            name: "reports".into(),
            prefix: String::new(),
            expected_owner: "000000000012".parse().unwrap(),
            kms_key_arn: None,
        })
    }

    fn upload(key: &str, id: &str) -> OpenUpload {
        OpenUpload { key: key.into(), id: id.into() }
    }

    fn listing(uploads: &[(&str, &str)]) -> Answer {
        let one = |(key, id): &(&str, &str)| format!("<Upload><Key>{key}</Key><UploadId>{id}</UploadId></Upload>");
        let uploads: String = uploads.iter().map(one).collect();
        ok(format!("<ListMultipartUploadsResult>{uploads}</ListMultipartUploadsResult>"))
    }

    fn gone() -> Answer {
        Answer::Http(204, Vec::new(), String::new())
    }

    /// Method and upload of every request.
    fn requests(canned: &Canned) -> Vec<(String, String)> {
        let id = |uri: &str| uri.split(['?', '&']).find_map(|pair| pair.strip_prefix("uploadId=")).map(str::to_owned);
        canned.sent().iter().map(|sent| (sent.method.clone(), id(&sent.uri).unwrap_or_default())).collect()
    }

    fn pair(method: &str, id: &str) -> (String, String) {
        (method.to_owned(), id.to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_left_of_a_whole_object_is_aborted_and_of_other_keys_and_by_ourselves_is_not() {
        let canned = Canned::new([listing(&[("a.csv", "u-1"), ("a.csv.old", "u-2"), ("a.csv", "u-3")]), gone()]);
        let store = store(&canned);
        let own = store.under_way(upload("a.csv", "u-3"));
        store.is_whole("a.csv".into());
        store.is_whole("a.csv".into());
        store.end_leftovers().await;
        assert_eq!(requests(&canned), [pair("GET", ""), pair("DELETE", "u-1")]);
        let sent = canned.sent();
        assert!(sent[0].uri.contains("uploads") && sent[0].uri.contains("prefix=a.csv"), "{}", sent[0].uri);
        assert_eq!(sent[0].header("x-amz-expected-bucket-owner"), "000000000012");
        store.end_leftovers().await;
        assert_eq!(canned.sent().len(), 2, "it was looked for once");
        own.end();
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_that_may_not_be_listed_stops_nothing() {
        let canned = Canned::new([s3_error(403, "AccessDenied"), listing(&[("b.csv", "u-1")]), gone()]);
        let store = store(&canned);
        store.is_whole("a.csv".into());
        store.is_whole("b.csv".into());
        store.end_leftovers().await;
        assert_eq!(requests(&canned), [pair("GET", ""), pair("GET", ""), pair("DELETE", "u-1")]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_somebody_else_ended_meanwhile_is_no_trouble() {
        let canned =
            Canned::new([listing(&[("a.csv", "u-1"), ("a.csv", "u-2")]), s3_error(404, "NoSuchUpload"), gone()]);
        let store = store(&canned);
        store.is_whole("a.csv".into());
        store.end_leftovers().await;
        assert_eq!(requests(&canned), [pair("GET", ""), pair("DELETE", "u-1"), pair("DELETE", "u-2")]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_is_cut_off_is_aborted_and_one_that_ended_or_goes_on_is_not() {
        let canned = Canned::new([gone()]);
        let store = store(&canned);
        let (cut_off, ended) = (store.under_way(upload("a", "u-1")), store.under_way(upload("b", "u-2")));
        let goes_on = store.under_way(upload("c", "u-3"));
        drop(cut_off);
        ended.end();
        store.end_leftovers().await;
        assert_eq!(requests(&canned), [pair("DELETE", "u-1")]);
        store.end_leftovers().await;
        assert_eq!(canned.left(), 0);
        goes_on.end();
    }
}
