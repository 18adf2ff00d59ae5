//! S3: objects, whole and in parts.

use aws_sim::{Settings, Sim};

use crate::client::{Client, Reply};

const LEAST_PART: usize = 5 * 1024 * 1024;

fn start() -> (Sim, Client) {
    let sim = Sim::start(Settings::immediate()).unwrap();
    let client = Client::of(&sim);
    (sim, client)
}

/// Bytes that differ from place to place.
fn content(size: usize) -> Vec<u8> {
    (0..size).map(|position| u8::try_from(position * 31 / 7 % 251).unwrap()).collect()
}

#[tokio::test]
async fn an_object_is_written_read_described_and_deleted() {
    let (sim, client) = start();
    let headers = [("content-type", "text/csv"), ("x-amz-meta-write-id", "7")];
    let put = client.send("PUT", "/bucket/a%20b/c.csv?x-id=PutObject", &headers, "one,two").await;
    assert_eq!(put.status, 200);
    assert!(put.header("etag").starts_with('"') && put.header("etag").len() == 34);
    assert_eq!(sim.object("bucket", "a b/c.csv").unwrap(), b"one,two");
    let got = client.send("GET", "/bucket/a%20b/c.csv?x-id=GetObject", &[], "").await;
    assert_eq!(got.text(), "one,two");
    let head = client.send("HEAD", "/bucket/a%20b/c.csv", &[], "").await;
    for reply in [&got, &head] {
        assert_eq!(reply.header("content-type"), "text/csv");
        assert_eq!(reply.header("x-amz-meta-write-id"), "7");
        assert_eq!(reply.header("content-length"), "7");
        assert_eq!(reply.header("etag"), put.header("etag"));
        assert!(reply.header("last-modified").ends_with(" GMT"));
    }
    assert!(head.body.is_empty());
    client.send("PUT", "/bucket/a%20b/c.csv", &[], "").await;
    assert_eq!(sim.object("bucket", "a b/c.csv").unwrap(), b"", "a second write replaces the first");
    assert_eq!(client.send("DELETE", "/bucket/a%20b/c.csv", &[], "").await.status, 204);
    assert_eq!(client.send("DELETE", "/bucket/a%20b/c.csv", &[], "").await.status, 204);
    let missing = client.send("GET", "/bucket/a%20b/c.csv", &[], "").await;
    assert_eq!(missing.error(), (404, "NoSuchKey".to_owned()));
    let no_head = client.send("HEAD", "/bucket/a%20b/c.csv", &[], "").await;
    assert_eq!((no_head.status.as_u16(), no_head.body.len()), (404, 0));
}

#[tokio::test]
async fn a_bucket_of_another_owner_than_is_meant_refuses_every_call() {
    let (sim, client) = start();
    let [owner, other] = ["100000000000", "100000000001"].map(|account| [("x-amz-expected-bucket-owner", account)]);
    assert_eq!(client.send("PUT", "/bucket/key", &owner, "content").await.status, 200);
    for (method, path) in [("PUT", "/bucket/key"), ("GET", "/bucket/key"), ("POST", "/bucket/key?uploads")] {
        let refused = client.send(method, path, &other, "").await;
        assert_eq!(refused.error(), (403, "AccessDenied".to_owned()), "{method} {path}");
    }
    assert_eq!(client.send("DELETE", "/bucket/key", &other, "").await.status, 403);
    assert_eq!(sim.object("bucket", "key").unwrap(), b"content");
}

#[tokio::test]
async fn an_object_is_created_only_where_there_is_none() {
    let (sim, client) = start();
    let only_new = [("if-none-match", "*")];
    assert_eq!(client.send("PUT", "/bucket/key", &only_new, "first").await.status, 200);
    let second = client.send("PUT", "/bucket/key", &only_new, "second").await;
    assert_eq!(second.error(), (412, "PreconditionFailed".to_owned()));
    assert_eq!(sim.object("bucket", "key").unwrap(), b"first");
    client.send("DELETE", "/bucket/key", &[], "").await;
    assert_eq!(client.send("PUT", "/bucket/key", &only_new, "third").await.status, 200);
}

#[tokio::test]
async fn the_bucket_may_be_in_the_hosts_name() {
    let (sim, client) = start();
    let host = format!("bucket.localhost:{}", sim.address().port());
    assert_eq!(client.send("PUT", "/a/b", &[("host", &host)], "content").await.status, 200);
    assert_eq!(sim.object("bucket", "a/b").unwrap(), b"content");
}

#[tokio::test]
async fn a_body_in_chunks_is_stored_without_them() {
    let (sim, client) = start();
    let headers = [
        ("content-encoding", "aws-chunked"),
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "10"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ];
    let body = "6\r\nhello \r\n4\r\n\r\n!?\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    assert_eq!(client.send("PUT", "/bucket/key", &headers, body).await.status, 200);
    assert_eq!(sim.object("bucket", "key").unwrap(), b"hello \r\n!?");
    let short = "6\r\nhello \r\n0\r\n\r\n";
    let refused = client.send("PUT", "/bucket/other", &headers, short).await;
    assert_eq!(refused.error(), (400, "IncompleteBody".to_owned()));
    let cut = client.send("PUT", "/bucket/other", &headers[..2], "6\r\nhello \r\n").await;
    assert_eq!(cut.error(), (400, "IncompleteBody".to_owned()));
    assert_eq!(sim.object("bucket", "other"), None);
}

#[tokio::test]
async fn part_of_an_object_is_read() {
    let (_sim, client) = start();
    client.send("PUT", "/bucket/key", &[], "0123456789").await;
    let range = async |range: &str| client.send("GET", "/bucket/key", &[("range", range)], "").await;
    let middle = range("bytes=3-5").await;
    assert_eq!((middle.status.as_u16(), middle.text()), (206, "345"));
    assert_eq!(middle.header("content-range"), "bytes 3-5/10");
    assert_eq!(range("bytes=8-99").await.text(), "89");
    assert_eq!(range("bytes=8-").await.text(), "89");
    assert_eq!(range("bytes=10-").await.error(), (416, "InvalidRange".to_owned()));
}

/// An upload in parts.
struct Upload {
    client: Client,
    path: String,
}

impl Upload {
    async fn begin(client: &Client, path: &str, headers: &[(&str, &str)]) -> Self {
        let begun = client.send("POST", &format!("{path}?uploads"), headers, "").await;
        let path = format!("{path}?uploadId={}", begun.element("UploadId"));
        Self { client: client.clone(), path }
    }

    async fn part(&self, number: usize, content: impl Into<bytes::Bytes>) -> Reply {
        self.client.send("PUT", &format!("{}&partNumber={number}", self.path), &[], content).await
    }

    async fn complete(&self, parts: &[(usize, &Reply)], headers: &[(&str, &str)]) -> Reply {
        let part = |(number, part): &(usize, &Reply)| {
            let etag = part.header("etag").replace('"', "&quot;");
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        };
        let parts: String = parts.iter().map(part).collect();
        let body = format!("<CompleteMultipartUpload xmlns=\"x\">{parts}</CompleteMultipartUpload>");
        self.client.send("POST", &self.path, headers, body).await
    }
}

#[tokio::test]
async fn parts_become_an_object() {
    let (sim, client) = start();
    let headers = [("content-type", "text/csv"), ("x-amz-meta-write-id", "7")];
    let upload = Upload::begin(&client, "/bucket/large", &headers).await;
    let (first, last) = (content(LEAST_PART + 1), content(300_000));
    let parts = [upload.part(1, first.clone()).await, upload.part(2, last.clone()).await];
    assert_eq!(sim.counts().open_uploads, 1);
    assert!(sim.object("bucket", "large").is_none());
    let listed = client.send("GET", "/bucket?uploads", &[], "").await;
    assert_eq!(listed.element("Key"), "large");
    for (prefix, is_listed) in [("large", true), ("lar", true), ("large.csv", false)] {
        let listed = client.send("GET", &format!("/bucket?uploads&prefix={prefix}"), &[], "").await;
        assert_eq!(listed.text().contains("<Upload>"), is_listed, "{prefix}");
    }
    let done = upload.complete(&[(1, &parts[0]), (2, &parts[1])], &[("if-none-match", "*")]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(done.element("ETag").ends_with("-2&quot;"));
    let whole = [first, last].concat();
    assert!(sim.object("bucket", "large").unwrap() == whole);
    let got = client.send("GET", "/bucket/large", &[], "").await;
    assert!(got.body == whole, "{} of {} bytes", got.body.len(), whole.len());
    assert_eq!((got.header("content-type"), got.header("x-amz-meta-write-id")), ("text/csv", "7"));
    let border = format!("bytes={}-{}", LEAST_PART - 1, LEAST_PART + 2);
    let across = client.send("GET", "/bucket/large", &[("range", &border)], "").await;
    assert_eq!(across.body, whole[LEAST_PART - 1..LEAST_PART + 3]);
    assert_eq!(sim.counts().open_uploads, 0);
    assert!(!client.send("GET", "/bucket?uploads", &[], "").await.text().contains("<Upload>"));
}

#[tokio::test]
async fn parts_that_do_not_fit_are_refused_and_may_be_mended() {
    let (sim, client) = start();
    let upload = Upload::begin(&client, "/bucket/key", &[]).await;
    let small = [upload.part(1, "one").await, upload.part(2, "two").await];
    let refusal = async |parts: &[(usize, &Reply)]| upload.complete(parts, &[]).await.error();
    assert_eq!(refusal(&[(1, &small[0]), (2, &small[1])]).await, (400, "EntityTooSmall".to_owned()));
    assert_eq!(refusal(&[(2, &small[1]), (1, &small[0])]).await, (400, "InvalidPartOrder".to_owned()));
    assert_eq!(refusal(&[(1, &small[1])]).await, (400, "InvalidPart".to_owned()));
    assert_eq!(refusal(&[(3, &small[1])]).await, (400, "InvalidPart".to_owned()));
    assert_eq!(refusal(&[]).await, (400, "MalformedXML".to_owned()));
    assert_eq!(upload.part(0, "x").await.error(), (400, "InvalidArgument".to_owned()));

    let large = upload.part(1, content(LEAST_PART)).await;
    client.send("PUT", "/bucket/key", &[], "there already").await;
    let parts = [(1, &large), (2, &small[1])];
    let exists = upload.complete(&parts, &[("if-none-match", "*")]).await;
    assert_eq!(exists.error(), (412, "PreconditionFailed".to_owned()));
    assert_eq!(upload.complete(&parts, &[]).await.status, 200);
    assert_eq!(sim.object("bucket", "key").unwrap().len(), LEAST_PART + 3);
    assert_eq!(refusal(&parts).await, (404, "NoSuchUpload".to_owned()));
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let (sim, client) = start();
    let upload = Upload::begin(&client, "/bucket/key", &[]).await;
    upload.part(1, "one").await;
    assert_eq!(client.send("DELETE", &upload.path, &[], "").await.status, 204);
    assert_eq!(sim.counts().open_uploads, 0);
    assert_eq!(upload.part(2, "two").await.error(), (404, "NoSuchUpload".to_owned()));
    assert_eq!(client.send("DELETE", &upload.path, &[], "").await.error(), (404, "NoSuchUpload".to_owned()));
    let of_another = Upload::begin(&client, "/bucket/key", &[]).await;
    let path = of_another.path.replace("/bucket/key", "/bucket/other");
    let elsewhere = Upload { path, ..of_another };
    assert_eq!(elsewhere.part(1, "one").await.error(), (404, "NoSuchUpload".to_owned()));
}
