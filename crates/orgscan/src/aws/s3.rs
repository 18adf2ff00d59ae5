//! S3: reports in a bucket.

mod multipart;

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{AggregatedBytes, ByteStream, ByteStreamError};
use aws_sdk_s3::types::ServerSideEncryption;

use multipart::{CALL_TIMEOUT, OpenUpload, PART_BYTES, Upload, within};

use super::config::timeouts;
use super::error::call_error;
use crate::account::AccountId;
use crate::error::{CallError, CallErrorKind, StoreError};
use crate::gate::Gate;
use crate::ports::{Body, ReportStore};

const PUT_OBJECT: &str = "s3:PutObject";
const GET_OBJECT: &str = "s3:GetObject";
const DELETE_OBJECT: &str = "s3:DeleteObject";

/// For one attempt that carries a body: a large report over a slow line. The SDK ends one that stands still long before,
/// and the run ends one that it has no time for.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(5);

/// User metadata that names the one call that wrote the object.
const WRITE_ID: &str = "write-id";

/// Where in S3 reports go.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// The bucket's name.
    pub name: String,
    /// What every key begins with: empty, or ending with `/`.
    pub prefix: String,
    /// The account that must own the bucket; sent with every call, so that nothing goes to a stranger's bucket.
    pub expected_owner: AccountId,
    /// The KMS key that encrypts every object; none: as the bucket does it.
    pub kms_key_arn: Option<String>,
}

/// Objects in a bucket.
#[derive(Clone)]
pub struct S3 {
    client: Client,
    gate: Arc<Gate>,
    bucket: Bucket,
    part_bytes: u64,
    /// Uploads that were cut off.
    abandoned: Arc<Mutex<Vec<OpenUpload>>>,
}

impl fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("S3").field("bucket", &self.bucket.name).finish_non_exhaustive()
    }
}

impl S3 {
    pub(super) fn new(config: &SdkConfig, gate: Arc<Gate>, bucket: Bucket) -> Self {
        let config = aws_sdk_s3::config::Builder::from(config).timeout_config(timeouts(UPLOAD_TIMEOUT)).build();
        Self { client: Client::from_conf(config), gate, bucket, part_bytes: PART_BYTES, abandoned: Arc::default() }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.bucket.prefix)
    }

    fn abandoned(&self) -> MutexGuard<'_, Vec<OpenUpload>> {
        self.abandoned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expected_owner(&self) -> String {
        self.bucket.expected_owner.to_string()
    }

    /// One attempt to write an object: with a write id only where there is none yet.
    async fn put(
        &self,
        name: &str,
        content_type: &str,
        body: Body<'_>,
        write_id: Option<&str>,
    ) -> Result<(), CallError> {
        let body = match body {
            Body::Bytes(bytes) => ByteStream::from(bytes.to_vec()),
            Body::File(path) => open(path).await?,
        };
        let mut request = self
            .client
            .put_object()
            .bucket(&self.bucket.name)
            .key(self.key(name))
            .expected_bucket_owner(self.expected_owner())
            .content_type(content_type)
            .body(body);
        if let Some(key) = &self.bucket.kms_key_arn {
            request = request.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(key);
        }
        if let Some(write_id) = write_id {
            request = request.if_none_match("*").metadata(WRITE_ID, write_id);
        }
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(call_error(PUT_OBJECT, &error)),
        }
    }

    /// The file of a body that is so large that it goes in parts, and its size.
    fn in_parts<'a>(&self, body: Body<'a>) -> Option<(&'a Path, u64)> {
        let Body::File(path) = body else { return None };
        let size = std::fs::metadata(path).ok()?.len();
        (size > self.part_bytes).then_some((path, size))
    }

    /// An object's bytes, as they come.
    async fn get(&self, name: &str) -> Result<ByteStream, CallError> {
        let request = self.client.get_object().bucket(&self.bucket.name).key(self.key(name));
        let sent = Box::pin(request.expected_bucket_owner(self.expected_owner()).send());
        Ok(sent.await.map_err(|error| call_error(GET_OBJECT, &error))?.body)
    }

    /// Whether the object was written by the call of this id. Where it cannot be read it is not known to be.
    async fn was_written_by(&self, name: &str, write_id: &str) -> bool {
        let request = self.client.head_object().bucket(&self.bucket.name).key(self.key(name));
        let request = request.expected_bucket_owner(self.expected_owner());
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(within(CALL_TIMEOUT)).send());
            async { sent.await.map_err(|error| call_error(GET_OBJECT, &error)) }
        };
        self.gate.call(GET_OBJECT, None, attempt).await.is_ok_and(|head| {
            head.metadata().and_then(|metadata| metadata.get(WRITE_ID)).is_some_and(|written| written == write_id)
        })
    }
}

async fn open(path: &Path) -> Result<ByteStream, CallError> {
    ByteStream::from_path(path).await.map_err(open_failed)
}

fn open_failed(error: ByteStreamError) -> CallError {
    CallError::new(PUT_OBJECT, CallErrorKind::Other).with_source(error)
}

fn broke_off(error: ByteStreamError) -> CallError {
    CallError::new(GET_OBJECT, CallErrorKind::Unavailable).with_source(error)
}

fn new_write_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

impl ReportStore for S3 {
    async fn create(&self, name: &str, content_type: &str, body: Body<'_>) -> Result<(), StoreError> {
        let write_id = new_write_id();
        if let Some((path, size)) = self.in_parts(body) {
            let upload = Upload { name, content_type, path, size, creates: true, write_id: &write_id };
            return Ok(self.upload_in_parts(upload).await?);
        }
        let unanswered = AtomicBool::new(false);
        let attempt = || async {
            let written = self.put(name, content_type, body, Some(&write_id)).await;
            if matches!(&written, Err(error) if error.kind == CallErrorKind::Unavailable) {
                unanswered.store(true, Ordering::Relaxed);
            }
            written
        };
        match self.gate.call(PUT_OBJECT, None, attempt).await {
            // An attempt whose answer was lost may be what is there now.
            Err(error)
                if error.kind == CallErrorKind::AlreadyExists
                    && unanswered.load(Ordering::Relaxed)
                    && self.was_written_by(name, &write_id).await =>
            {
                Ok(())
            }
            written => Ok(written?),
        }
    }

    async fn replace(&self, name: &str, content_type: &str, body: Body<'_>) -> Result<(), StoreError> {
        if let Some((path, size)) = self.in_parts(body) {
            let upload = Upload { name, content_type, path, size, creates: false, write_id: &new_write_id() };
            return Ok(self.upload_in_parts(upload).await?);
        }
        Ok(self.gate.call(PUT_OBJECT, None, || self.put(name, content_type, body, None)).await?)
    }

    async fn read(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let attempt =
            || async { self.get(name).await?.collect().await.map(AggregatedBytes::to_vec).map_err(broke_off) };
        Ok(self.gate.call(GET_OBJECT, None, attempt).await?)
    }

    async fn read_to_file(&self, name: &str, path: &Path) -> Result<(), StoreError> {
        let not_kept = |error| CallError::new(GET_OBJECT, CallErrorKind::Other).with_source(error);
        let attempt = || async {
            let mut body = self.get(name).await?;
            let mut file = File::create(path).map_err(not_kept)?;
            while let Some(bytes) = body.try_next().await.map_err(broke_off)? {
                file.write_all(&bytes).map_err(not_kept)?;
            }
            Ok(())
        };
        Ok(self.gate.call(GET_OBJECT, None, attempt).await?)
    }

    async fn tidy_up(&self) {
        self.abort_abandoned_uploads().await;
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        let request = self.client.delete_object().bucket(&self.bucket.name).key(self.key(name));
        let request = request.expected_bucket_owner(self.expected_owner());
        let attempt = || {
            let sent = Box::pin(request.clone().send());
            async { sent.await.map_err(|error| call_error(DELETE_OBJECT, &error)) }
        };
        match self.gate.call(DELETE_OBJECT, None, attempt).await {
            Err(error) if error.kind != CallErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn location(&self, name: &str) -> String {
        format!("s3://{}/{}", self.bucket.name, self.key(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Answer, Canned, Sent, ok, s3_error, world};

    fn store(canned: &Canned, kms_key_arn: Option<&str>) -> S3 {
        world(canned).s3(Bucket {
            name: "reports".into(),
            prefix: "org/".into(),
            expected_owner: "000000000012".parse().unwrap(),
            kms_key_arn: kms_key_arn.map(str::to_owned),
        })
    }

    fn is_about_the_object(sent: &Sent, method: &str) {
        assert_eq!((sent.method.as_str(), sent.path().as_str()), (method, "/org/a/b.csv"));
        assert!(sent.host().starts_with("reports.s3.eu-west-1."), "{}", sent.host());
        assert_eq!(sent.header("x-amz-expected-bucket-owner"), "000000000012");
    }

    async fn create(store: &S3) -> Result<(), StoreError> {
        store.create("a/b.csv", "text/csv", Body::Bytes(b"x,y")).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_created_object_must_not_be_there_and_is_encrypted_as_told() {
        let canned = Canned::new([ok("")]);
        create(&store(&canned, Some("arn:aws:kms:eu-west-1:000000000012:key/k"))).await.unwrap();
        let sent = canned.only();
        is_about_the_object(&sent, "PUT");
        assert_eq!(sent.header("if-none-match"), "*");
        assert_eq!(sent.header("content-type"), "text/csv");
        assert_eq!(sent.header("x-amz-server-side-encryption"), "aws:kms");
        assert_eq!(
            sent.header("x-amz-server-side-encryption-aws-kms-key-id"),
            "arn:aws:kms:eu-west-1:000000000012:key/k"
        );
        assert_eq!(sent.body, "x,y");
    }

    #[tokio::test(start_paused = true)]
    async fn a_replaced_object_may_be_there_and_the_bucket_encrypts_it() {
        let canned = Canned::new([ok("")]);
        store(&canned, None).replace("a/b.csv", "text/csv", Body::Bytes(b"x,y")).await.unwrap();
        let sent = canned.only();
        is_about_the_object(&sent, "PUT");
        assert_eq!((sent.header("if-none-match"), sent.header("x-amz-server-side-encryption")), ("", ""));
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_is_sent_from_disk_and_again_after_a_failure() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, b"from disk").unwrap();
        let canned = Canned::new([s3_error(503, "SlowDown"), ok("")]);
        store(&canned, None).create("a/b.csv", "text/csv", Body::File(file.path())).await.unwrap();
        assert_eq!(canned.sent().len(), 2);
        for sent in canned.sent() {
            assert!(sent.body.contains("from disk"), "{}", sent.body);
        }
        let missing = store(&canned, None).replace("a", "text/csv", Body::File(Path::new("/nowhere/at/all"))).await;
        assert!(matches!(missing, Err(StoreError::Call(error)) if error.kind == CallErrorKind::Other));
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_that_is_there_stays_and_is_told() {
        let canned = Canned::new([s3_error(412, "PreconditionFailed")]);
        assert!(create(&store(&canned, None)).await.unwrap_err().is_already_there());
        assert_eq!(canned.sent().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn two_writers_at_once_are_told_apart_by_trying_again() {
        let stranger = Answer::Http(200, vec![("x-amz-meta-write-id", "another".into())], String::new());
        let canned =
            Canned::new([s3_error(409, "ConditionalRequestConflict"), s3_error(412, "PreconditionFailed"), stranger]);
        assert!(create(&store(&canned, None)).await.unwrap_err().is_already_there());
        is_about_the_object(&canned.sent()[2], "HEAD");
    }

    #[tokio::test(start_paused = true)]
    async fn an_own_write_whose_answer_was_lost_is_a_success() {
        let own = Answer::Echo("x-amz-meta-write-id");
        let canned = Canned::new([Answer::Reset, s3_error(412, "PreconditionFailed"), own]);
        create(&store(&canned, None)).await.unwrap();
        let unreadable =
            Canned::new([Answer::Reset, s3_error(412, "PreconditionFailed"), s3_error(403, "AccessDenied")]);
        assert!(create(&store(&unreadable, None)).await.unwrap_err().is_already_there());
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_is_read_and_an_absent_one_is_told() {
        let canned = Canned::new([ok("x,y")]);
        assert_eq!(store(&canned, None).read("a/b.csv").await.unwrap(), b"x,y");
        is_about_the_object(&canned.only(), "GET");
        let cases = [(404, "NoSuchKey", true), (404, "NoSuchBucket", false), (403, "AccessDenied", false)];
        for (status, code, absent) in cases {
            let canned = Canned::new([s3_error(status, code)]);
            assert_eq!(store(&canned, None).read("a/b.csv").await.unwrap_err().is_absent(), absent, "{code}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_is_read_into_a_file_and_again_from_its_beginning_after_a_failure() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "what was there before").unwrap();
        let canned = Canned::new([s3_error(503, "SlowDown"), ok("x,y")]);
        store(&canned, None).read_to_file("a/b.csv", file.path()).await.unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "x,y");
        is_about_the_object(&canned.sent()[1], "GET");
        let absent = store(&Canned::new([s3_error(404, "NoSuchKey")]), None).read_to_file("a", file.path()).await;
        assert!(absent.unwrap_err().is_absent());
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_is_removed_and_an_absent_one_is_no_error() {
        let canned = Canned::new([Answer::Http(204, Vec::new(), String::new())]);
        store(&canned, None).remove("a/b.csv").await.unwrap();
        is_about_the_object(&canned.only(), "DELETE");
        store(&Canned::new([s3_error(404, "NoSuchKey")]), None).remove("a/b.csv").await.unwrap();
        assert!(store(&Canned::new([s3_error(403, "AccessDenied")]), None).remove("a/b.csv").await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_strangers_bucket_is_denied_and_the_chain_says_so() {
        let error = create(&store(&Canned::new([s3_error(403, "AccessDenied")]), None)).await.unwrap_err();
        assert_eq!(crate::error::chain(&error), "s3:PutObject was denied (AccessDenied): the service says why");
    }

    #[test]
    fn a_location_is_a_uri() {
        assert_eq!(store(&Canned::new([]), None).location("a/b.csv"), "s3://reports/org/a/b.csv");
    }
}
