//! What a request to S3 asks for: method, path, query and headers say it.

use std::borrow::Cow;

use hyper::Method;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;

use crate::call::Input;
use crate::form;
use crate::operation::Operation;

/// What follows a bucket's name in the name of its host.
const HOST_OF_BUCKETS: &str = ".localhost";

/// What user metadata begins with.
const METADATA: &str = "x-amz-meta-";

/// A request about an object or a bucket.
#[derive(Debug)]
pub(crate) struct ObjectRequest {
    pub(crate) bucket: String,
    /// Empty where it is about the bucket.
    pub(crate) key: String,
    /// What the keys begin with that are listed.
    pub(crate) prefix: String,
    pub(crate) upload_id: Option<String>,
    pub(crate) part_number: Option<u32>,
    /// The account that must own the bucket, where the caller says so.
    pub(crate) expected_owner: Option<String>,
    /// Whether an object of the name must not be there.
    pub(crate) only_new: bool,
    /// The first byte that is wanted, and the last.
    pub(crate) range: Option<(u64, Option<u64>)>,
    /// Whether the body is in chunks with signatures or a trailer.
    pub(crate) is_chunked: bool,
    /// The size of the body without its chunks.
    pub(crate) decoded_length: Option<u64>,
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) metadata: Vec<(HeaderName, HeaderValue)>,
}

impl ObjectRequest {
    /// The name under which the object is stored.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }
}

/// Understands a request by its head.
pub(crate) fn operation_and_request(head: &Parts) -> (Operation, Input) {
    let (bucket, key) = bucket_and_key(head);
    let query = head.uri.query().unwrap_or_default();
    let upload_id = form::value(query, "uploadId").map(Cow::into_owned);
    let uploads = form::value(query, "uploads").is_some();
    let operation = match (head.method.clone(), key.is_empty(), upload_id.is_some(), uploads) {
        (Method::GET, true, false, true) => Operation::ListMultipartUploads,
        (Method::POST, false, false, true) => Operation::CreateMultipartUpload,
        (Method::POST, false, true, false) => Operation::CompleteMultipartUpload,
        (Method::PUT, false, true, false) if !is_copy(&head.headers) => Operation::UploadPart,
        (Method::DELETE, false, true, false) => Operation::AbortMultipartUpload,
        (Method::PUT, false, false, false) if !is_copy(&head.headers) && is_of_whole(query) => Operation::PutObject,
        (Method::GET, false, false, false) if is_of_whole(query) => Operation::GetObject,
        (Method::HEAD, false, false, false) if is_of_whole(query) => Operation::HeadObject,
        (Method::DELETE, false, false, false) if is_of_whole(query) => Operation::DeleteObject,
        _ => Operation::Unknown,
    };
    if operation == Operation::Unknown {
        return (operation, Input::Unknown(format!("{} {}", head.method, head.uri)));
    }
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let is_chunked = header("content-encoding").is_some_and(|encodings| encodings.contains("aws-chunked"))
        || header("x-amz-content-sha256").is_some_and(|hash| hash.starts_with("STREAMING-"));
    let request = ObjectRequest {
        bucket,
        key,
        prefix: form::value(query, "prefix").unwrap_or_default().into_owned(),
        upload_id,
        part_number: form::value(query, "partNumber").and_then(|number| number.parse().ok()),
        expected_owner: header("x-amz-expected-bucket-owner").map(str::to_owned),
        only_new: header("if-none-match") == Some("*"),
        range: header("range").and_then(range),
        is_chunked,
        decoded_length: header("x-amz-decoded-content-length").and_then(|length| length.parse().ok()),
        content_type: head.headers.get("content-type").cloned(),
        metadata: metadata(&head.headers),
    };
    (operation, Input::Object(request))
}

/// The bucket is in the host's name or begins the path.
fn bucket_and_key(head: &Parts) -> (String, String) {
    let path = form::path(head.uri.path());
    let path = path.strip_prefix('/').unwrap_or(&path);
    let host = head.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let in_host = host.strip_suffix(HOST_OF_BUCKETS).filter(|bucket| !bucket.is_empty());
    let in_path = || path.split_once('/').unwrap_or((path, ""));
    let (bucket, key) = in_host.map_or_else(in_path, |bucket| (bucket, path));
    (bucket.to_owned(), key.to_owned())
}

/// Whether the query asks for the object itself and not for its tags, its access control list and so on.
fn is_of_whole(query: &str) -> bool {
    query.split('&').all(|field| field.is_empty() || field.starts_with("x-id=") || field.starts_with("response-"))
}

fn is_copy(headers: &HeaderMap) -> bool {
    headers.contains_key("x-amz-copy-source")
}

/// `bytes=FIRST-LAST` or `bytes=FIRST-`. Other forms count as none, which S3 allows a server.
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let first = first.parse().ok()?;
    if last.is_empty() { Some((first, None)) } else { Some((first, Some(last.parse().ok()?))) }
}

fn metadata(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let of_user = headers.iter().filter(|(name, _)| name.as_str().starts_with(METADATA));
    of_user.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn understood(method: &str, uri: &str, headers: &[(&str, &str)]) -> (Operation, Option<ObjectRequest>) {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (operation, input) = operation_and_request(&request.body(()).unwrap().into_parts().0);
        match input {
            Input::Object(request) => (operation, Some(request)),
            _ => (operation, None),
        }
    }

    #[test]
    fn operations_are_told_apart_by_method_and_query() {
        for (method, uri, operation) in [
            ("PUT", "/b/k", Operation::PutObject),
            ("PUT", "/b/k?x-id=PutObject", Operation::PutObject),
            ("PUT", "/b/k?partNumber=2&uploadId=u", Operation::UploadPart),
            ("GET", "/b/k/l?x-id=GetObject", Operation::GetObject),
            ("HEAD", "/b/k", Operation::HeadObject),
            ("DELETE", "/b/k", Operation::DeleteObject),
            ("DELETE", "/b/k?uploadId=u", Operation::AbortMultipartUpload),
            ("POST", "/b/k?uploads", Operation::CreateMultipartUpload),
            ("POST", "/b/k?uploadId=u", Operation::CompleteMultipartUpload),
            ("GET", "/b?uploads", Operation::ListMultipartUploads),
            ("GET", "/b/k?tagging", Operation::Unknown),
            ("GET", "/b?list-type=2", Operation::Unknown),
            ("PUT", "/b", Operation::Unknown),
            ("PATCH", "/b/k", Operation::Unknown),
        ] {
            assert_eq!(understood(method, uri, &[]).0, operation, "{method} {uri}");
        }
        assert_eq!(understood("PUT", "/b/k", &[("x-amz-copy-source", "b/l")]).0, Operation::Unknown);
    }

    #[test]
    fn the_bucket_is_in_the_path_or_in_the_host() {
        let name = |uri, host| understood("GET", uri, &[("host", host)]).1.unwrap().name();
        assert_eq!(name("/b/k%20l/m", "127.0.0.1:4566"), "b/k l/m");
        assert_eq!(name("/b/k", "localhost:4566"), "b/k");
        assert_eq!(name("/k/l", "b.c.localhost:4566"), "b.c/k/l");
    }

    #[test]
    fn headers_say_the_rest() {
        let headers = [
            ("if-none-match", "*"),
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("x-amz-decoded-content-length", "12"),
            ("x-amz-meta-write-id", "abc"),
            ("content-type", "text/csv"),
            ("x-amz-expected-bucket-owner", "100000000000"),
        ];
        let request = understood("PUT", "/b/k", &headers).1.unwrap();
        assert!(request.only_new && request.is_chunked);
        assert_eq!(request.decoded_length, Some(12));
        assert_eq!(request.metadata.len(), 1);
        assert_eq!(request.expected_owner.unwrap(), "100000000000");
        assert_eq!(request.content_type.unwrap(), "text/csv");
        for (text, range) in
            [("bytes=0-9", Some((0, Some(9)))), ("bytes=5-", Some((5, None))), ("bytes=-5", None), ("0-9", None)]
        {
            assert_eq!(understood("GET", "/b/k", &[("range", text)]).1.unwrap().range, range, "{text}");
        }
    }
}
