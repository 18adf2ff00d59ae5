//! Whether a bucket could be used, tried without leaving anything in it.

use std::borrow::Cow;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::head_bucket::HeadBucketError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;

use super::leftovers::OpenUpload;
use super::multipart::Upload;
use super::{Bucket, CALL_TIMEOUT, GET_OBJECT, PUT_OBJECT, S3, new_write_id, within};
use crate::account::AccountId;
use crate::aws::World;
use crate::aws::error::call_error;
use crate::config::Output;
use crate::doctor::{BucketSeen, Buckets};
use crate::error::CallError;

/// What asking for a bucket needs (S3 API reference, `HeadBucket`).
const LIST_BUCKET: &str = "s3:ListBucket";

/// What listing one's own buckets needs (S3 API reference, `ListBuckets`).
const LIST_ALL_MY_BUCKETS: &str = "s3:ListAllMyBuckets";

/// Every answer about a bucket says where it is.
const REGION: &str = "x-amz-bucket-region";

impl Buckets for World {
    async fn bucket_is_there(&self, bucket: &str, owner: Option<AccountId>) -> BucketSeen {
        let request = Client::new(&self.config).head_bucket().bucket(bucket);
        let request = request.set_expected_bucket_owner(owner.map(|owner| owner.to_string()));
        let mut region = None;
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(within(CALL_TIMEOUT)).send());
            async { Ok(sent.await) }
        };
        // A redirect and a denial tell the region too, so every answer is looked at here.
        let answer = match self.gate.call(LIST_BUCKET, None, attempt).await {
            Ok(Ok(seen)) => {
                region = seen.bucket_region().map(str::to_owned);
                Ok(())
            }
            Ok(Err(error)) => {
                region = region_of(&error).map(Cow::into_owned);
                Err(call_error(LIST_BUCKET, &error))
            }
            Err(error) => Err(error),
        };
        BucketSeen { region, answer }
    }

    async fn is_own_bucket(&self, bucket: &str) -> Result<bool, CallError> {
        // The first page is enough: of all names that begin so, the bucket's own is the first.
        let request = Client::new(&self.config).list_buckets().prefix(bucket).max_buckets(1);
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(within(CALL_TIMEOUT)).send());
            async { sent.await.map_err(|error| call_error(LIST_ALL_MY_BUCKETS, &error)) }
        };
        let listed = self.gate.call(LIST_ALL_MY_BUCKETS, None, attempt).await?;
        Ok(listed.buckets().iter().any(|one| one.name() == Some(bucket)))
    }

    async fn try_to_write(&self, output: &Output, owner: AccountId, name: &str) -> Result<(), CallError> {
        let store = self.s3_of(output, owner);
        let write_id = new_write_id();
        let upload = Upload {
            name,
            content_type: "text/csv",
            path: std::path::Path::new(""),
            size: 0,
            creates: true,
            write_id: &write_id,
            run_time: None,
        };
        let open = store.begin_upload(upload).await?;
        let under_way = store.under_way(open.clone());
        let sent = store.send_one_byte(&open).await;
        let aborted = store.try_to_abort(&open).await;
        under_way.end();
        sent.and(aborted)
    }

    async fn try_to_find_uploads(&self, output: &Output, owner: AccountId, name: &str) -> Result<(), CallError> {
        let store = self.s3_of(output, owner);
        store.list_uploads(&store.key(name)).await.map(drop)
    }

    async fn try_to_read(&self, output: &Output, owner: AccountId, name: &str) -> Result<(), CallError> {
        let store = self.s3_of(output, owner);
        let request = store.client.get_object().bucket(&store.bucket.name).key(store.key(name));
        let request = request.expected_bucket_owner(owner.to_string()).range("bytes=0-0");
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(within(CALL_TIMEOUT)).send());
            async { sent.await.map(drop).map_err(|error| call_error(GET_OBJECT, &error)) }
        };
        match self.gate.call(GET_OBJECT, None, attempt).await {
            // What is not there, or is empty, may be read.
            Err(error) if matches!(error.code.as_deref(), Some("NoSuchKey" | "InvalidRange")) => Ok(()),
            answer => answer,
        }
    }
}

impl World {
    fn s3_of(&self, output: &Output, owner: AccountId) -> S3 {
        self.s3(Bucket {
            name: output.bucket.clone().unwrap_or_default(),
            prefix: output.prefix.clone(),
            expected_owner: owner,
            kms_key_arn: output.kms_key_arn.clone(),
        })
    }
}

impl S3 {
    /// A part, to which S3 needs to decrypt with the key with which the upload was begun.
    async fn send_one_byte(&self, open: &OpenUpload) -> Result<(), CallError> {
        let attempt = || {
            let request = self
                .client
                .upload_part()
                .bucket(&self.bucket.name)
                .key(&open.key)
                .upload_id(&open.id)
                .expected_bucket_owner(self.bucket.expected_owner.to_string())
                .part_number(1)
                .checksum_algorithm(ChecksumAlgorithm::Crc32)
                .body(ByteStream::from_static(b"x"));
            let sent = Box::pin(request.customize().config_override(within(CALL_TIMEOUT)).send());
            async { sent.await.map(drop).map_err(|error| call_error(PUT_OBJECT, &error)) }
        };
        self.gate.call(PUT_OBJECT, None, attempt).await
    }
}

fn region_of(error: &SdkError<HeadBucketError, HttpResponse>) -> Option<Cow<'_, str>> {
    error.raw_response()?.headers().get(REGION).map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Answer, Canned, ok, s3_error, world};
    use crate::error::CallErrorKind;

    fn owner() -> AccountId {
        "000000000012".parse().unwrap()
    }

    fn output() -> Output {
        Output {
            bucket: Some("reports".into()),
            prefix: "org/".into(),
            kms_key_arn: Some("arn:aws:kms:eu-west-1:000000000012:key/k".into()),
            ..Output::default()
        }
    }

    fn begun() -> Answer {
        ok("<InitiateMultipartUploadResult><UploadId>u-1</UploadId></InitiateMultipartUploadResult>")
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_is_asked_for_by_its_name_and_its_owner() {
        let in_region = vec![(REGION, "eu-west-1".to_owned())];
        let canned = Canned::new([
            Answer::Http(200, in_region.clone(), String::new()),
            Answer::Http(403, in_region, String::new()),
        ]);
        let world = world(&canned);
        let seen = world.bucket_is_there("reports", None).await;
        assert!(seen.answer.is_ok());
        assert_eq!(seen.region.as_deref(), Some("eu-west-1"));
        let seen = world.bucket_is_there("reports", Some(owner())).await;
        assert_eq!(seen.answer.unwrap_err().kind, CallErrorKind::Denied);
        assert_eq!(seen.region.as_deref(), Some("eu-west-1"), "a denial tells the region too");
        let sent = canned.sent();
        assert!(sent.iter().all(|one| one.method == "HEAD"));
        assert_eq!(sent[0].header("x-amz-expected-bucket-owner"), "");
        assert_eq!(sent[1].header("x-amz-expected-bucket-owner"), "000000000012");
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_that_is_elsewhere_or_nowhere_is_told_apart() {
        let redirect = Answer::Http(301, vec![(REGION, "us-east-2".to_owned())], String::new());
        let canned = Canned::new([redirect, Answer::Http(404, Vec::new(), String::new())]);
        let world = world(&canned);
        let seen = world.bucket_is_there("reports", None).await;
        assert_eq!(seen.region.as_deref(), Some("us-east-2"));
        assert!(seen.answer.is_err());
        let seen = world.bucket_is_there("reports", None).await;
        assert_eq!(seen.answer.unwrap_err().kind, CallErrorKind::NotFound);
    }

    #[tokio::test(start_paused = true)]
    async fn ones_own_buckets_are_listed_by_name() {
        let listed = |name: &str| {
            ok(format!(
                "<ListAllMyBucketsResult><Buckets><Bucket><Name>{name}</Name></Bucket></Buckets></ListAllMyBucketsResult>"
            ))
        };
        let canned = Canned::new([listed("reports"), listed("reports-of-others"), s3_error(403, "AccessDenied")]);
        let world = world(&canned);
        assert!(world.is_own_bucket("reports").await.unwrap());
        assert!(!world.is_own_bucket("reports").await.unwrap());
        assert_eq!(world.is_own_bucket("reports").await.unwrap_err().kind, CallErrorKind::Denied);
        assert!(canned.sent()[0].uri.contains("prefix=reports"), "{}", canned.sent()[0].uri);
    }

    #[tokio::test(start_paused = true)]
    async fn writing_is_tried_with_an_upload_of_one_byte_that_is_begun_and_aborted() {
        let canned = Canned::new([begun(), ok(""), Answer::Http(204, Vec::new(), String::new())]);
        world(&canned).try_to_write(&output(), owner(), "a.csv").await.unwrap();
        let sent = canned.sent();
        let methods: Vec<&str> = sent.iter().map(|one| one.method.as_str()).collect();
        assert_eq!(methods, ["POST", "PUT", "DELETE"]);
        assert_eq!(sent[1].body, "x");
        for one in &sent[1..] {
            assert!(one.uri.contains("uploadId=u-1"), "{}", one.uri);
        }
        for one in &sent {
            assert_eq!(one.path(), "/org/a.csv");
            assert_eq!(one.header("x-amz-expected-bucket-owner"), "000000000012");
        }
        assert_eq!(sent[0].header("x-amz-server-side-encryption"), "aws:kms");
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_may_not_decrypt_and_an_upload_that_stays_open_are_told() {
        let denied = |message: &str| {
            Answer::Http(
                403,
                Vec::new(),
                format!("<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"),
            )
        };
        let gone = || Answer::Http(204, Vec::new(), String::new());
        let canned = Canned::new([begun(), denied("not authorized to perform: kms:Decrypt"), gone()]);
        let error = world(&canned).try_to_write(&output(), owner(), "a.csv").await.unwrap_err();
        assert!(error.chain().contains("kms:Decrypt"), "{}", error.chain());
        assert_eq!(canned.left(), 0, "it is aborted all the same");

        let canned = Canned::new([begun(), ok(""), denied("no")]);
        let error = world(&canned).try_to_write(&output(), owner(), "a.csv").await.unwrap_err();
        assert_eq!((error.action, error.kind), ("s3:AbortMultipartUpload", CallErrorKind::Denied));
    }

    #[tokio::test(start_paused = true)]
    async fn uploads_that_were_left_open_are_looked_for() {
        let canned = Canned::new([ok("<ListMultipartUploadsResult></ListMultipartUploadsResult>")]);
        world(&canned).try_to_find_uploads(&output(), owner(), "a.csv").await.unwrap();
        assert!(canned.only().uri.contains("prefix=org%2Fa.csv"), "{}", canned.only().uri);
        let canned = Canned::new([s3_error(403, "AccessDenied")]);
        let error = world(&canned).try_to_find_uploads(&output(), owner(), "a.csv").await.unwrap_err();
        assert_eq!(error.action, "s3:ListBucketMultipartUploads");
    }

    #[tokio::test(start_paused = true)]
    async fn reading_is_tried_with_one_byte_and_an_absent_object_may_be_read() {
        for (answer, expected) in [
            (ok("x"), None),
            (s3_error(404, "NoSuchKey"), None),
            (s3_error(416, "InvalidRange"), None),
            (s3_error(403, "AccessDenied"), Some(CallErrorKind::Denied)),
        ] {
            let canned = Canned::new([answer]);
            let read = world(&canned).try_to_read(&output(), owner(), "a.csv").await;
            assert_eq!(read.err().map(|error| error.kind), expected);
            assert_eq!(canned.only().header("range"), "bytes=0-0");
        }
    }
}
