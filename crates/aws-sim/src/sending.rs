//! Sends an answer, as it is or with a planned fault.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};

use crate::answer::{Answer, Content};
use crate::body::{Body, Ending, Paced};
use crate::call::RequestId;
use crate::faults::Fault;
use crate::server::Lost;
use crate::wire::Line;

/// In how many pieces a slow body comes.
const PIECES: usize = 10;

/// How long the head and the first half of a body that breaks off have to go out.
const BEFORE_BREAKING_OFF: Duration = Duration::from_millis(20);

/// What a proxy in the way answers.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in</h1></body></html>\n";

/// Makes the response. The answer to a request that knows its call carries the call's id.
pub(crate) async fn send(
    answer: Answer,
    request_id: Option<RequestId>,
    fault: Option<Fault>,
    method: &Method,
    line: &Line,
) -> Result<Response<Body>, Lost> {
    let Answer { status, content_type, headers, content, .. } = answer;
    let mut response = Response::new(Body::Whole(Bytes::new()));
    *response.status_mut() = status;
    if !content_type.is_empty() {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response.headers_mut().extend(headers);
    if let Some(request_id) = request_id.and_then(|request_id| HeaderValue::try_from(request_id.to_string()).ok()) {
        response.headers_mut().insert("x-amz-request-id", request_id.clone());
        response.headers_mut().insert("x-amzn-requestid", request_id);
    }
    let Some(fault) = fault.filter(|fault| fault.page().is_none()) else {
        if method == Method::HEAD {
            let length = hyper::body::Body::size_hint(&Body::from(content)).exact().unwrap_or_default();
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        } else {
            *response.body_mut() = content.into();
        }
        return Ok(response);
    };
    spoilt(response, content, fault, method, line).await
}

async fn spoilt(
    mut response: Response<Body>,
    content: Content,
    fault: Fault,
    method: &Method,
    line: &Line,
) -> Result<Response<Body>, Lost> {
    let bytes = Body::from(content).collect().await.map_err(|_| Lost)?.to_bytes();
    let has_no_body = method == Method::HEAD || response.status() == StatusCode::NO_CONTENT;
    let half = bytes.slice(..bytes.len() / 2);
    // A body that breaks off announces at least one byte more than it has.
    let announced = (bytes.len() as u64).max(1);
    *response.body_mut() = match fault {
        Fault::SlowBody { seconds } => Body::Paced(slow(&bytes, seconds)),
        Fault::WrongContentType => {
            // The page of somebody else has nothing of the service's own.
            response.headers_mut().clear();
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
            *response.status_mut() = StatusCode::OK;
            Body::Whole(Bytes::from_static(PAGE.as_bytes()))
        }
        Fault::MalformedBody => Body::Whole(half),
        Fault::TruncatedBody if !has_no_body => {
            Body::Paced(Paced::new([half], BEFORE_BREAKING_OFF, announced, Ending::Closed))
        }
        Fault::ResetInBody if !has_no_body => {
            Body::Paced(Paced::new([half], BEFORE_BREAKING_OFF, announced, Ending::Reset(line.clone())))
        }
        // What has no body to break off in is reset at once.
        _ => {
            line.reset();
            return Err(Lost);
        }
    };
    Ok(response)
}

/// The bytes in pieces over this time, the last at its end.
fn slow(bytes: &Bytes, seconds: f64) -> Paced {
    let size = bytes.len().div_ceil(PIECES).max(1);
    let pieces: Vec<Bytes> = bytes.chunks(size).map(|piece| bytes.slice_ref(piece)).collect();
    let count = u32::try_from(pieces.len()).unwrap_or(1).max(1);
    Paced::new(pieces, Duration::from_secs_f64(seconds) / count, bytes.len() as u64, Ending::Complete)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    async fn sent(fault: Fault, method: Method, status: u16, text: &'static str) -> Result<Response<Body>, Lost> {
        let answer = Answer::new(StatusCode::from_u16(status).unwrap(), "text/xml", text);
        send(answer, Some(RequestId(7)), Some(fault), &method, &Line::default()).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_whole_in_the_end() {
        for text in ["", "a", "abcdefghij", "abcdefghijk", "The quick brown fox jumps over the lazy dog"] {
            let began = Instant::now();
            let response = sent(Fault::SlowBody { seconds: 5.0 }, Method::GET, 200, text).await.unwrap();
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), text);
            let seconds = began.elapsed().as_secs_f64();
            assert!(text.is_empty() || (4.9..5.1).contains(&seconds), "{seconds} s for {text:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_breaks_off_in_the_middle() {
        for fault in [Fault::TruncatedBody, Fault::ResetInBody] {
            let mut body = sent(fault, Method::GET, 200, "abcdef").await.unwrap().into_body();
            assert_eq!(hyper::body::Body::size_hint(&body).exact(), Some(6));
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "abc");
            assert!(body.frame().await.unwrap().is_err());
            let nothing = sent(fault, Method::GET, 200, "").await.unwrap();
            assert!(nothing.into_body().collect().await.is_err(), "an empty body breaks off too");
            assert!(sent(fault, Method::HEAD, 200, "").await.is_err());
            assert!(sent(fault, Method::DELETE, 204, "").await.is_err());
        }
    }

    #[tokio::test]
    async fn other_answers_are_spoilt_as_planned() {
        let page = sent(Fault::WrongContentType, Method::GET, 200, "<Answer/>").await.unwrap();
        assert_eq!(page.headers()[CONTENT_TYPE], "text/html");
        assert!(!page.headers().contains_key("x-amzn-requestid"));
        assert_eq!(page.into_body().collect().await.unwrap().to_bytes(), PAGE);
        let half = sent(Fault::MalformedBody, Method::GET, 200, "<Answer/>").await.unwrap();
        assert_eq!(half.headers()["x-amzn-requestid"], "00000000-0000-4000-8000-000000000007");
        assert_eq!(half.into_body().collect().await.unwrap().to_bytes(), "<Ans");
        assert!(sent(Fault::ResetBeforeAnswer, Method::GET, 200, "<Answer/>").await.is_err());
        let page = sent(Fault::RepeatedToken, Method::GET, 200, "<Answer/>").await.unwrap();
        assert_eq!(page.into_body().collect().await.unwrap().to_bytes(), "<Answer/>");
    }
}
