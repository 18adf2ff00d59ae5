//! S3: reports in a bucket.

mod leftovers;
mod multipart;
mod trial;

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{AggregatedBytes, ByteStream, ByteStreamError};
use aws_sdk_s3::types::ServerSideEncryption;

use jiff::Timestamp;

use leftovers::Leftovers;
use multipart::{CALL_TIMEOUT, PART_BYTES, Upload, within};

use super::config::timeouts;
use super::error::call_error;
use super::whole_answer::WholeAnswer;
use crate::account::AccountId;
use crate::error::{CallError, CallErrorKind, StoreError};
use crate::gate::Gate;
use crate::ports::{Body, ReportStore};

const PUT_OBJECT: &str = "s3:PutObject";
const GET_OBJECT: &str = "s3:GetObject";
const DELETE_OBJECT: &str = "s3:DeleteObject";

/// The slowest line that a body is sent over: a quarter of 2 Mbit/s, since four parts share it. The SDK ends what stands
/// still while it is sent, and the run what it has no time for.
const SLOWEST_BYTES_PER_SECOND: u64 = 64 * 1024;

/// User metadata that names the one call that wrote the object.
const WRITE_ID: &str = "write-id";

/// User metadata of an object that is the newest of its kind: the time of the run that it is of.
const RUN_TIME: &str = "run-time";

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
    leftovers: Arc<Mutex<Leftovers>>,
}

impl fmt::Debug for S3 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("S3").field("bucket", &self.bucket.name).finish_non_exhaustive()
    }
}

impl S3 {
    pub(super) fn new(config: &SdkConfig, gate: Arc<Gate>, bucket: Bucket) -> Self {
        let config = aws_sdk_s3::config::Builder::from(config)
            .timeout_config(timeouts(CALL_TIMEOUT))
            .interceptor(WholeAnswer)
            .build();
        Self { client: Client::from_conf(config), gate, bucket, part_bytes: PART_BYTES, leftovers: Arc::default() }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.bucket.prefix)
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
        run_time: Option<Timestamp>,
    ) -> Result<(), CallError> {
        let (body, size) = match body {
            Body::Bytes(bytes) => (ByteStream::from(bytes.to_vec()), bytes.len() as u64),
            Body::File(path) => (open(path).await?, size_of(path).unwrap_or_default()),
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
        if let Some(time) = run_time {
            request = request.metadata(RUN_TIME, time.to_string());
        }
        match Box::pin(request.customize().config_override(within(upload_timeout(size))).send()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(call_error(PUT_OBJECT, &error)),
        }
    }

    /// The file of a body that is so large that it goes in parts, and its size.
    fn in_parts<'a>(&self, body: Body<'a>) -> Option<(&'a Path, u64)> {
        let Body::File(path) = body else { return None };
        let size = size_of(path)?;
        (size > self.part_bytes).then_some((path, size))
    }

    /// An object's bytes, as they come; they have to begin within the time of any call.
    async fn get(&self, name: &str) -> Result<ByteStream, CallError> {
        let request = self.client.get_object().bucket(&self.bucket.name).key(self.key(name));
        let sent = Box::pin(request.expected_bucket_owner(self.expected_owner()).send());
        Ok(sent.await.map_err(|error| call_error(GET_OBJECT, &error))?.body)
    }

    async fn metadata_of(&self, name: &str) -> Result<HashMap<String, String>, CallError> {
        let request = self.client.head_object().bucket(&self.bucket.name).key(self.key(name));
        let request = request.expected_bucket_owner(self.expected_owner());
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(within(CALL_TIMEOUT)).send());
            async { sent.await.map_err(|error| call_error(GET_OBJECT, &error)) }
        };
        Ok(self.gate.call(GET_OBJECT, None, attempt).await?.metadata.unwrap_or_default())
    }

    /// Whether the object was written by the call of this id. Where it cannot be read it is not known to be.
    async fn was_written_by(&self, name: &str, write_id: &str) -> bool {
        self.metadata_of(name)
            .await
            .is_ok_and(|metadata| metadata.get(WRITE_ID).is_some_and(|written| written == write_id))
    }

    async fn overwrite(
        &self,
        name: &str,
        content_type: &str,
        body: Body<'_>,
        run_time: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        if let Some((path, size)) = self.in_parts(body) {
            let write_id = &new_write_id();
            let upload = Upload { name, content_type, path, size, creates: false, write_id, run_time };
            return Ok(self.upload_in_parts(upload).await?);
        }
        Ok(self.gate.call_briefly(PUT_OBJECT, || self.put(name, content_type, body, None, run_time)).await?)
    }
}

fn size_of(path: &Path) -> Option<u64> {
    Some(std::fs::metadata(path).ok()?.len())
}

/// For one attempt that carries a body of this size. One that is never answered must leave time for another.
fn upload_timeout(bytes: u64) -> Duration {
    CALL_TIMEOUT + Duration::from_secs(bytes / SLOWEST_BYTES_PER_SECOND)
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
            let upload = Upload { name, content_type, path, size, creates: true, write_id: &write_id, run_time: None };
            return Ok(self.upload_in_parts(upload).await?);
        }
        let unanswered = AtomicBool::new(false);
        let attempt = || async {
            let written = self.put(name, content_type, body, Some(&write_id), None).await;
            if matches!(&written, Err(error) if error.kind == CallErrorKind::Unavailable) {
                unanswered.store(true, Ordering::Relaxed);
            }
            written
        };
        match self.gate.call_briefly(PUT_OBJECT, attempt).await {
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
        self.overwrite(name, content_type, body, None).await
    }

    async fn replace_newest(
        &self,
        name: &str,
        content_type: &str,
        body: Body<'_>,
        run_time: Timestamp,
    ) -> Result<(), StoreError> {
        self.overwrite(name, content_type, body, Some(run_time)).await
    }

    async fn run_time_of(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        match self.metadata_of(name).await {
            Ok(metadata) => Ok(metadata.get(RUN_TIME).and_then(|time| time.parse().ok())),
            // S3 answers 403 for an absent object to those who may not list the bucket.
            Err(error) if matches!(error.kind, CallErrorKind::NotFound | CallErrorKind::Denied) => Ok(None),
            Err(error) => Err(error.into()),
        }
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

    fn found_whole(&self, name: &str, body: Body<'_>) {
        if self.in_parts(body).is_some() {
            self.is_whole(self.key(name));
        }
    }

    async fn tidy_up(&self) {
        self.end_leftovers().await;
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        let request = self.client.delete_object().bucket(&self.bucket.name).key(self.key(name));
        let request = request.expected_bucket_owner(self.expected_owner());
        let attempt = || {
            let sent = Box::pin(request.clone().send());
            async { sent.await.map_err(|error| call_error(DELETE_OBJECT, &error)) }
        };
        match self.gate.call_briefly(DELETE_OBJECT, attempt).await {
            Err(error) if error.kind != CallErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn location(&self, name: &str) -> String {
        format!("s3://{}/{}", self.bucket.name, self.key(name))
    }
}

#[cfg(test)]
mod tests;
