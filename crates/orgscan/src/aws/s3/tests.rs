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
    assert_eq!(sent.header("x-amz-server-side-encryption-aws-kms-key-id"), "arn:aws:kms:eu-west-1:000000000012:key/k");
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
async fn a_call_that_is_never_answered_leaves_time_for_another() {
    let began = tokio::time::Instant::now();
    create(&store(&Canned::new([Answer::Silence, ok("")]), None)).await.unwrap();
    assert_eq!(store(&Canned::new([Answer::Silence, ok("x,y")]), None).read("a").await.unwrap(), b"x,y");
    assert!(began.elapsed() < 2 * CALL_TIMEOUT + Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(upload_timeout(PART_BYTES), CALL_TIMEOUT + Duration::from_secs(80), "a part over a slow line");
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
    let unreadable = Canned::new([Answer::Reset, s3_error(412, "PreconditionFailed"), s3_error(403, "AccessDenied")]);
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
async fn the_newest_object_keeps_the_time_of_its_run() {
    let time: Timestamp = "2026-11-21T06:00:00Z".parse().unwrap();
    let canned = Canned::new([ok(""), Answer::Echo("x-amz-meta-run-time")]);
    let echoing = store(&canned, None);
    echoing.replace_newest("a/b.csv", "text/csv", Body::Bytes(b"x,y"), time).await.unwrap();
    assert_eq!(echoing.run_time_of("a/b.csv").await.unwrap(), Some(time));
    is_about_the_object(&canned.sent()[1], "HEAD");
    let unknown = [(200, "", "nonsense"), (200, "", ""), (404, "", ""), (403, "", "")];
    for (status, body, time) in unknown {
        let headers = vec![("x-amz-meta-run-time", time.to_owned())];
        let canned = Canned::new([Answer::Http(status, headers, String::from(body))]);
        assert_eq!(store(&canned, None).run_time_of("a/b.csv").await.unwrap(), None, "{status} {time}");
    }
    let down = Canned::new([503; 7].map(|status| Answer::Http(status, Vec::new(), String::new())));
    assert!(store(&down, None).run_time_of("a/b.csv").await.unwrap_err().is_transient());
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
