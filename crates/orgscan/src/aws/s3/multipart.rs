//! Multipart uploads: a large report goes to S3 in parts, of which only a few are under way, so that a part that fails is
//! all that is sent again.
//!
//! An upload that does not come to its end is aborted: S3 keeps, and charges for, the parts of one that is not. Where the
//! deadline cuts a write off there is nobody left to do it, so uploads that are open are remembered, and
//! [`S3::abort_open_uploads`] ends them.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, ServerSideEncryption};
use futures::stream;

use super::{PUT_OBJECT, S3, WRITE_ID, open_failed};
use crate::aws::error::{call_error, unreadable};
use crate::error::{CallError, CallErrorKind};
use crate::scan::{Limits, Outcome, Stop, scan};

const ABORT: &str = "s3:AbortMultipartUpload";

/// A file that is larger goes in parts of this size. S3 takes parts of 5 MiB to 5 GiB, 10,000 of them ("Amazon S3
/// multipart upload limits"), so this reaches 156 GiB.
pub(super) const PART_BYTES: u64 = 16 * 1024 * 1024;

/// Parts under way at a time: enough to fill a function's network, and few connections.
const PARTS_AT_A_TIME: NonZeroUsize = match NonZeroUsize::new(4) {
    Some(parts) => parts,
    None => NonZeroUsize::MIN,
};

/// An upload that was begun and neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenUpload {
    key: String,
    id: String,
}

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
}

impl S3 {
    /// Uploads a file in parts.
    pub(super) async fn upload_in_parts(&self, upload: Upload<'_>) -> Result<(), CallError> {
        let open = self.begin_upload(upload).await?;
        self.uploads().push(open.clone());
        let completed = match self.upload_parts(upload, &open).await {
            Ok(parts) => self.complete_upload(upload, &open, parts).await,
            Err(error) => Err(error),
        };
        if let Err(error) = &completed {
            tracing::warn!(object = open.key, "the upload of {} is aborted: {}", open.key, error.chain());
            self.abort_upload(&open).await;
        }
        self.uploads().retain(|one| *one != open);
        completed
    }

    /// Aborts what writes that were cut off have left open. What cannot be aborted is logged.
    pub(super) async fn abort_open_uploads(&self) {
        let open = self.uploads().clone();
        for upload in open {
            self.abort_upload(&upload).await;
            self.uploads().retain(|one| *one != upload);
        }
    }

    async fn begin_upload(&self, upload: Upload<'_>) -> Result<OpenUpload, CallError> {
        let key = self.key(upload.name);
        let mut request = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket.name)
            .key(&key)
            .expected_bucket_owner(self.expected_owner())
            .content_type(upload.content_type)
            .metadata(WRITE_ID, upload.write_id);
        if let Some(kms_key) = &self.bucket.kms_key_arn {
            request = request.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(kms_key);
        }
        let attempt = || {
            let sent = Box::pin(request.clone().send());
            async { sent.await.map_err(|error| call_error(PUT_OBJECT, &error)) }
        };
        match self.gate.call(PUT_OBJECT, None, attempt).await?.upload_id {
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
        // One part that fails for good fails the upload, but the few beside it are not cut off in the middle.
        let scanned = scan(stream::iter(parts), &limits, |(index, number)| async move {
            let start = index * self.part_bytes;
            self.upload_part(upload.path, open, number, start, (upload.size - start).min(self.part_bytes)).await
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
                .body(part.build().await.map_err(open_failed)?);
            Box::pin(request.send()).await.map_err(|error| call_error(PUT_OBJECT, &error))
        };
        let answer = self.gate.call(PUT_OBJECT, None, attempt).await?;
        // An upload that was begun with checksums is completed only with those of its parts.
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag)
            .set_checksum_crc32(answer.checksum_crc32)
            .set_checksum_crc32_c(answer.checksum_crc32_c)
            .set_checksum_crc64_nvme(answer.checksum_crc64_nvme)
            .set_checksum_sha1(answer.checksum_sha1)
            .set_checksum_sha256(answer.checksum_sha256)
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
            let sent = Box::pin(request.clone().send());
            async { sent.await.map(drop).map_err(|error| call_error(PUT_OBJECT, &error)) }
        };
        match self.gate.call(PUT_OBJECT, None, attempt).await {
            // Completed by an attempt whose answer was lost: the upload is gone, or its object is there.
            Err(error)
                if matches!(error.kind, CallErrorKind::NotFound | CallErrorKind::AlreadyExists)
                    && self.was_written_by(upload.name, upload.write_id).await =>
            {
                Ok(())
            }
            // Completing cannot be repeated once the upload is gone, but the whole write can.
            Err(error) if error.kind == CallErrorKind::NotFound => {
                Err(CallError::new(PUT_OBJECT, CallErrorKind::Unavailable).with_source(error))
            }
            completed => completed,
        }
    }

    async fn abort_upload(&self, open: &OpenUpload) {
        let request = self
            .client
            .abort_multipart_upload()
            .bucket(&self.bucket.name)
            .key(&open.key)
            .upload_id(&open.id)
            .expected_bucket_owner(self.expected_owner());
        let attempt = || {
            let sent = Box::pin(request.clone().send());
            async { sent.await.map(drop).map_err(|error| call_error(ABORT, &error)) }
        };
        match self.gate.call(ABORT, None, attempt).await {
            Err(error) if error.kind != CallErrorKind::NotFound => {
                let (key, id, why) = (&open.key, &open.id, error.chain());
                tracing::warn!(object = key, "the upload {id} of {key} is left open and costs storage: {why}");
            }
            _ => {}
        }
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
