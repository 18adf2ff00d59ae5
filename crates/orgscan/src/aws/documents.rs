//! Documents that operators keep: an object of any bucket of the expected owner, or a file.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::AggregatedBytes;

use super::World;
use super::config::timeouts;
use super::error::call_error;
use crate::account::AccountId;
use crate::error::{CallError, CallErrorKind, StoreError};
use crate::ports::Documents;

const GET_OBJECT: &str = "s3:GetObject";

/// For one attempt: a document is small.
const READ_TIMEOUT: Duration = Duration::from_secs(15);

/// What people keep by hand is far smaller; anything else is not meant.
const LARGEST_BYTES: i64 = 5_000_000;

impl Documents for World {
    async fn document(&self, location: &str, owner: AccountId) -> Result<Vec<u8>, StoreError> {
        let Some((bucket, key)) = location.strip_prefix("s3://").and_then(|place| place.split_once('/')) else {
            return std::fs::read(location).map_err(StoreError::Folder);
        };
        let config = aws_sdk_s3::config::Builder::from(&self.config).timeout_config(timeouts(READ_TIMEOUT)).build();
        let request =
            Client::from_conf(config).get_object().bucket(bucket).key(key).expected_bucket_owner(owner.to_string());
        let attempt = || {
            let sent = Box::pin(request.clone().send());
            async {
                let answer = sent.await.map_err(|error| call_error(GET_OBJECT, &error))?;
                if answer.content_length().is_some_and(|bytes| bytes > LARGEST_BYTES) {
                    let error = CallError::new(GET_OBJECT, CallErrorKind::Other);
                    return Err(error.with_source("the object is larger than 5 MB"));
                }
                answer
                    .body
                    .collect()
                    .await
                    .map(AggregatedBytes::to_vec)
                    .map_err(|error| CallError::new(GET_OBJECT, CallErrorKind::Unavailable).with_source(error))
            }
        };
        Ok(self.gate.call(GET_OBJECT, None, attempt).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, ok, s3_error, world};

    fn owner() -> AccountId {
        "000000000012".parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_is_read_from_its_bucket_with_the_expected_owner() {
        let canned = Canned::new([s3_error(503, "SlowDown"), ok("[]")]);
        let content = world(&canned).document("s3://rules/team/exemptions.json", owner()).await.unwrap();
        assert_eq!(content, b"[]");
        for sent in canned.sent() {
            assert_eq!((sent.method.as_str(), sent.path().as_str()), ("GET", "/team/exemptions.json"));
            assert!(sent.host().starts_with("rules.s3."), "{}", sent.host());
            assert_eq!(sent.header("x-amz-expected-bucket-owner"), "000000000012");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_is_read_as_it_is_and_one_that_is_not_there_is_absent() {
        let world = world(&Canned::new([]));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"[1]").unwrap();
        assert_eq!(world.document(file.path().to_str().unwrap(), owner()).await.unwrap(), b"[1]");
        assert!(world.document("/nowhere/exemptions.json", owner()).await.unwrap_err().is_absent());
    }
}
