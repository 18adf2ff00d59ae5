//! Multipart uploads: a large report goes to S3 in parts, of which only a few are under way, so that a part that fails is
//! all that is sent again.
//!
//! An upload that does not come to its end is aborted, by this process or a later one: see [`super::leftovers`]. What nobody
//! writes again, the bucket's lifecycle rule ends.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_s3::config::Builder;
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, ServerSideEncryption};
use futures::stream;
use jiff::Timestamp;

use super::leftovers::OpenUpload;
use super::{PUT_OBJECT, RUN_TIME, S3, WRITE_ID, open_failed, upload_timeout};
use crate::aws::config::timeouts;
use crate::aws::error::{call_error, unreadable};
use crate::error::{CallError, CallErrorKind};
use crate::scan::{Limits, Outcome, Stop, scan};

/// A file that is larger goes in parts of this size. S3 takes parts of 5 MiB to 5 GiB, 10,000 of them ("Amazon S3
/// multipart upload limits"), so this reaches 48 GiB. A part that fails is sent again whole, so parts are small.
pub(super) const PART_BYTES: u64 = 5 * 1024 * 1024;

/// Parts under way at a time: enough to fill a function's network, and few connections.
const PARTS_AT_A_TIME: NonZeroUsize = match NonZeroUsize::new(4) {
    Some(parts) => parts,
    None => NonZeroUsize::MIN,
};

/// For a call that only says something: S3 may take its time to put many parts together.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(15);
const COMPLETION_TIMEOUT: Duration = Duration::from_mins(1);

/// What is uploaded and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Upload<'a> {
    pub(super) name: &'a str,
    pub(super) content_type: &'a str,
    pub(super) path: &'a Path,
    pub(super) size: u64,
    /// Whether an object that is there already is left alone.
    pub(super) creates: bool,
    pub(super) write_id: &'a str,
    /// The time of the run that the object is of, where it is the newest of its kind.
    pub(super) run_time: Option<Timestamp>,
}

impl S3 {
    /// Uploads a file in parts.
    pub(super) async fn upload_in_parts(&self, upload: Upload<'_>) -> Result<(), CallError> {
        let open = self.begin_upload(upload).await?;
        let under_way = self.under_way(open.clone());
        let completed = match self.upload_parts(upload, &open).await {
            Ok(parts) => self.complete_upload(upload, &open, parts).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &completed {
            tracing::warn!(object = open.key, "the upload of {} is aborted: {}", open.key, error.chain());
            self.abort_upload(&open).await;
        }
        under_way.end();
        if completed.as_ref().err().is_none_or(|error| error.kind == CallErrorKind::AlreadyExists) {
            self.is_whole(open.key);
        }
        completed
    }

    pub(super) async fn begin_upload(&self, upload: Upload<'_>) -> Result<OpenUpload, CallError> {
        let key = self.key(upload.name);
        let mut request = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket.name)
            .key(&key)
            .expected_bucket_owner(self.expected_owner())
            .content_type(upload.content_type)
            // Parts are sent with this checksum, and only an upload that says so may be completed with theirs.
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .metadata(WRITE_ID, upload.write_id);
        if let Some(time) = upload.run_time {
            request = request.metadata(RUN_TIME, time.to_string());
        }
        if let Some(kms_key) = &self.bucket.kms_key_arn {
            request = request.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(kms_key);
        }
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(within(CALL_TIMEOUT)).send());
            async { sent.await.map_err(|error| call_error(PUT_OBJECT, &error)) }
        };
        match self.gate.call_briefly(PUT_OBJECT, attempt).await?.upload_id {
            Some(id) => Ok(OpenUpload { key, id }),
            None => Err(unreadable(PUT_OBJECT, "the answer has no upload id")),
        }
    }

    async fn upload_parts(&self, upload: Upload<'_>, open: &OpenUpload) -> Result<Vec<CompletedPart>, CallError> {
        let parts = (0..upload.size.div_ceil(self.part_bytes)).zip(1..);
        let limits = Limits {
            open: PARTS_AT_A_TIME,
            visit_timeout: Duration::MAX,
            deadline: None,
            stop: Stop::never(),
            grace: Duration::MAX,
        };
        // One part that fails for good fails the upload: the few beside it come to their end, and no other begins.
        let has_failed = AtomicBool::new(false);
        let scanned = scan(stream::iter(parts), &limits, |(index, number)| {
            let has_failed = &has_failed;
            async move {
                if has_failed.load(Ordering::Relaxed) {
                    return Err(CallError::new(PUT_OBJECT, CallErrorKind::Other).with_source("another part failed"));
                }
                let start = index * self.part_bytes;
                let length = (upload.size - start).min(self.part_bytes);
                let part = self.upload_part(upload.path, open, number, start, length).await;
                has_failed.fetch_or(part.is_err(), Ordering::Relaxed);
                part
            }
        })
        .await;
        let done = scanned.visited.into_iter().map(|part| match part.outcome {
            Outcome::Done(part) => part,
            _ => Err(CallError::new(PUT_OBJECT, CallErrorKind::Other).with_source("an internal error ended a part")),
        });
        done.collect()
    }

    async fn upload_part(
        &self,
        path: &Path,
        open: &OpenUpload,
        number: i32,
        start: u64,
        length: u64,
    ) -> Result<CompletedPart, CallError> {
        let attempt = || async {
            let part = ByteStream::read_from().path(path).offset(start).length(Length::Exact(length));
            let request = self
                .client
                .upload_part()
                .bucket(&self.bucket.name)
                .key(&open.key)
                .upload_id(&open.id)
                .expected_bucket_owner(self.expected_owner())
                .part_number(number)
                .checksum_algorithm(ChecksumAlgorithm::Crc32)
                .body(part.build().await.map_err(open_failed)?);
            let sent = request.customize().config_override(within(upload_timeout(length))).send();
            Box::pin(sent).await.map_err(|error| call_error(PUT_OBJECT, &error))
        };
        let answer = self.gate.call(PUT_OBJECT, None, attempt).await.map_err(gone_is_transient)?;
        // An upload that was begun with checksums is completed only with those of its parts.
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag)
            .set_checksum_crc32(answer.checksum_crc32)
            .build())
    }

    async fn complete_upload(
        &self,
        upload: Upload<'_>,
        open: &OpenUpload,
        parts: Vec<CompletedPart>,
    ) -> Result<(), CallError> {
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket.name)
            .key(&open.key)
            .upload_id(&open.id)
            .expected_bucket_owner(self.expected_owner())
            .set_if_none_match(upload.creates.then(|| "*".to_owned()))
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build());
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(within(COMPLETION_TIMEOUT)).send());
            async { sent.await.map(drop).map_err(|error| call_error(PUT_OBJECT, &error)) }
        };
        match self.gate.call(PUT_OBJECT, None, attempt).await {
            // Completed by an attempt whose answer was lost: the upload is gone, or its object is there.
            Err(error)
                if matches!(
                    error.kind,
                    CallErrorKind::NotFound | CallErrorKind::AlreadyExists | CallErrorKind::Unavailable
                ) && self.was_written_by(upload.name, upload.write_id).await =>
            {
                Ok(())
            }
            completed => completed.map_err(gone_is_transient),
        }
    }
}

/// What one call is configured with so that it ends in time: a whole report may take minutes, a word may not.
pub(super) fn within(attempt: Duration) -> Builder {
    Builder::new().timeout_config(timeouts(attempt))
}

/// An upload that is gone cannot be gone on with, but the whole write can be repeated.
fn gone_is_transient(error: CallError) -> CallError {
    match error.kind {
        CallErrorKind::NotFound => CallError::new(PUT_OBJECT, CallErrorKind::Unavailable).with_source(error),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::aws::canned::{Answer, Canned, Sent, ok, s3_error, world};
    use crate::aws::s3::Bucket;
    use crate::error::StoreError;
    use crate::ports::{Body, ReportStore};

    const SMALL_PART: u64 = 1_000;

    fn store(canned: &Canned) -> S3 {
        let store = world(canned).s3(Bucket {
            name: "reports".into(),
            prefix: String::new(),
            expected_owner: "000000000012".parse().unwrap(),
            kms_key_arn: None,
        });
        S3 { part_bytes: SMALL_PART, ..store }
    }

    /// Two parts and a half of zeros.
    fn large_file() -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        File::options().write(true).open(file.path()).unwrap().set_len(SMALL_PART * 5 / 2).unwrap();
        file
    }

    fn begun() -> Answer {
        ok("<InitiateMultipartUploadResult><UploadId>u-1</UploadId></InitiateMultipartUploadResult>")
    }

    fn part(number: u32) -> Answer {
        Answer::Http(
            200,
            vec![("etag", format!("\"e{number}\"")), ("x-amz-checksum-crc32", "AAAAAA==".into())],
            String::new(),
        )
    }

    fn completed() -> Answer {
        ok("<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>")
    }

    async fn create(canned: &Canned) -> Result<(), StoreError> {
        store(canned).create("a.csv", "text/csv", Body::File(large_file().path())).await
    }

    fn steps(canned: &Canned) -> Vec<String> {
        let step = |sent: &Sent| {
            let query = sent.uri.split_once('?').map_or("", |(_, query)| query);
            let number = query.split('&').find_map(|pair| pair.strip_prefix("partNumber="));
            match (sent.method.as_str(), number) {
                ("PUT", Some(number)) => format!("part {number}"),
                ("POST", _) if query.contains("uploads") => "begin".to_owned(),
                ("POST", _) => "complete".to_owned(),
                ("DELETE", _) => "abort".to_owned(),
                (other, _) => other.to_lowercase(),
            }
        };
        let mut steps: Vec<String> = canned.sent().iter().map(step).collect();
        // Parts that are under way together are sent in any order.
        if let Some(first) = steps.get_mut(1..4) {
            first.sort();
        }
        steps
    }

    #[tokio::test]
    async fn a_large_file_is_uploaded_in_parts_and_completed_only_where_nothing_is_there() {
        let canned = Canned::new([begun(), part(1), part(2), part(3), completed()]);
        create(&canned).await.unwrap();
        assert_eq!(steps(&canned), ["begin", "part 1", "part 2", "part 3", "complete"]);
        let sent = canned.sent();
        assert!(!sent[0].header("x-amz-meta-write-id").is_empty());
        assert_eq!(sent[0].header("x-amz-checksum-algorithm"), "CRC32");
        let last_part = sent.iter().find(|one| one.uri.contains("partNumber=3")).unwrap();
        assert_eq!(last_part.header("x-amz-decoded-content-length"), (SMALL_PART / 2).to_string());
        assert_eq!(sent[4].header("if-none-match"), "*");
        for (number, tag) in [(1, "e1"), (2, "e2"), (3, "e3")] {
            assert!(sent[4].body.contains(&format!("<PartNumber>{number}</PartNumber>")), "{}", sent[4].body);
            assert!(sent[4].body.contains(tag), "{}", sent[4].body);
        }
        assert!(sent[4].body.contains("<ChecksumCRC32>AAAAAA==</ChecksumCRC32>"), "{}", sent[4].body);
        assert!(sent.iter().all(|one| one.header("x-amz-expected-bucket-owner") == "000000000012"));
    }

    #[tokio::test]
    async fn a_replaced_object_may_be_there() {
        let canned = Canned::new([begun(), part(1), part(2), part(3), completed()]);
        store(&canned).replace("a.csv", "text/csv", Body::File(large_file().path())).await.unwrap();
        assert_eq!(canned.sent()[4].header("if-none-match"), "");
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_fails_for_a_moment_is_all_that_is_sent_again() {
        let canned = Canned::new([begun(), part(1), s3_error(503, "SlowDown"), part(3), part(2), completed()]);
        create(&canned).await.unwrap();
        let steps = steps(&canned);
        assert_eq!(steps[..4], ["begin", "part 1", "part 2", "part 3"]);
        assert!(steps[4].starts_with("part ") && steps[5..] == ["complete"], "{steps:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_fails_for_good_aborts_the_upload() {
        let gone = || Answer::Http(204, Vec::new(), String::new());
        let canned = Canned::new([begun(), part(1), s3_error(403, "AccessDenied"), part(3), gone()]);
        assert!(create(&canned).await.is_err());
        assert_eq!(steps(&canned), ["begin", "part 1", "part 2", "part 3", "abort"]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_that_is_there_stays_and_the_upload_is_aborted() {
        let stranger = Answer::Http(200, vec![("x-amz-meta-write-id", "another".into())], String::new());
        let there = s3_error(412, "PreconditionFailed");
        let canned = Canned::new([begun(), part(1), part(2), part(3), there, stranger, ok("")]);
        assert!(create(&canned).await.unwrap_err().is_already_there());
        assert_eq!(steps(&canned).last().unwrap(), "abort");
    }

    #[tokio::test(start_paused = true)]
    async fn a_completion_whose_answer_was_lost_is_a_success() {
        let own = Answer::Echo("x-amz-meta-write-id");
        let canned =
            Canned::new([begun(), part(1), part(2), part(3), Answer::Reset, s3_error(404, "NoSuchUpload"), own]);
        create(&canned).await.unwrap();
        assert_eq!(steps(&canned).last().unwrap(), "head");
    }

    #[tokio::test(start_paused = true)]
    async fn a_completion_of_which_no_answer_came_is_a_success_where_its_object_is_there() {
        let own = Answer::Echo("x-amz-meta-write-id");
        let lost = vec![Answer::Reset; 7];
        let canned = Canned::new([begun(), part(1), part(2), part(3)].into_iter().chain(lost).chain([own]));
        create(&canned).await.unwrap();
        assert_eq!(steps(&canned).last().unwrap(), "head");
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_somebody_ended_is_worth_another_try() {
        let canned =
            Canned::new([begun(), s3_error(404, "NoSuchUpload"), part(2), part(3), s3_error(404, "NoSuchUpload")]);
        assert!(create(&canned).await.unwrap_err().is_transient());
    }

    #[tokio::test(start_paused = true)]
    async fn no_part_begins_after_one_that_failed_for_good() {
        let denied = || s3_error(403, "AccessDenied");
        let canned = Canned::new([begun(), denied(), denied(), denied(), denied(), ok("")]);
        let file = tempfile::NamedTempFile::new().unwrap();
        File::options().write(true).open(file.path()).unwrap().set_len(SMALL_PART * 20).unwrap();
        let written = store(&canned).create("a.csv", "text/csv", Body::File(file.path())).await;
        assert!(written.is_err());
        assert_eq!(canned.sent().len(), 1 + PARTS_AT_A_TIME.get() + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_left_is_looked_for_where_the_object_is_whole_and_nowhere_else() {
        let parts = || [begun(), part(1), part(2), part(3)].into_iter();
        let other = Answer::Http(200, vec![("x-amz-meta-write-id", "another".into())], String::new());
        let nothing = || ok("<ListMultipartUploadsResult></ListMultipartUploadsResult>");
        let there = [s3_error(412, "PreconditionFailed"), other, ok(""), nothing()];
        for (canned, last) in [
            (Canned::new(parts().chain([completed(), nothing()])), "get"),
            (Canned::new(parts().chain(there)), "get"),
            (Canned::new(parts().chain([s3_error(403, "AccessDenied"), ok("")])), "abort"),
        ] {
            let (store, file) = (store(&canned), large_file());
            drop(store.create("a.csv", "text/csv", Body::File(file.path())).await);
            store.tidy_up().await;
            assert_eq!((steps(&canned).last().unwrap().as_str(), canned.left()), (last, 0));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_that_another_process_wrote_is_looked_after_where_it_goes_in_parts() {
        let canned = Canned::new([ok("<ListMultipartUploadsResult></ListMultipartUploadsResult>")]);
        let (store, file) = (store(&canned), large_file());
        store.found_whole("small.csv", Body::Bytes(b"small"));
        store.found_whole("a.csv", Body::File(file.path()));
        store.tidy_up().await;
        assert!(canned.only().uri.contains("prefix=a.csv"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_is_cut_off_leaves_no_upload_open() {
        let canned = Canned::new([begun(), Answer::Silence, Answer::Silence, Answer::Silence, ok("")]);
        let (store, file) = (store(&canned), large_file());
        let writing = store.create("a.csv", "text/csv", Body::File(file.path()));
        assert!(tokio::time::timeout(Duration::from_secs(5), writing).await.is_err());
        store.tidy_up().await;
        assert_eq!(steps(&canned).last().unwrap(), "abort");
        store.tidy_up().await;
        assert_eq!(canned.left(), 0);
    }
}
