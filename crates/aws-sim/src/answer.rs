//! Answers, in the protocol of their operation.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue};
use serde::Serialize;
use tokio::time::Duration;

use crate::call::RequestId;
use crate::operation::{Operation, Protocol, Service};
use crate::problem::Problem;
use crate::s3::Stored;
use crate::xml::escaped;

/// An answer before it is sent.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: HeaderValue,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content: Content,
    /// How much later than others it is sent.
    pub(crate) late: Duration,
}

/// What is in an answer.
#[derive(Debug)]
pub(crate) enum Content {
    Bytes(Bytes),
    /// Part of an object.
    Stored(Stored),
}

impl Answer {
    pub(crate) fn new(status: StatusCode, content_type: &'static str, content: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type: HeaderValue::from_static(content_type),
            headers: Vec::new(),
            content: Content::Bytes(content.into()),
            late: Duration::ZERO,
        }
    }

    /// JSON as this protocol has it.
    pub(crate) fn json(protocol: Protocol, body: &impl Serialize) -> Self {
        // Only maps with keys that are not text cannot be written, and there are none.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self::new(StatusCode::OK, json_type(protocol), body)
    }

    /// The result of an operation of a query service, which is XML.
    pub(crate) fn query(operation: Operation, request_id: RequestId, result: &str) -> Self {
        let (_, name) = operation.name().split_once(':').unwrap_or_default();
        let namespace = namespace(operation.service());
        let body = format!(
            "<{name}Response xmlns=\"{namespace}\"><{name}Result>{result}</{name}Result><ResponseMetadata>\
             <RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
        );
        Self::new(StatusCode::OK, "text/xml", body)
    }

    /// An answer of S3 in XML.
    pub(crate) fn xml(body: &str) -> Self {
        let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
        Self::new(StatusCode::OK, "application/xml", body)
    }

    /// A success that says nothing more.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::new(status, "", Bytes::new())
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// An error as this protocol has it.
    pub(crate) fn problem(protocol: Protocol, operation: Operation, request_id: RequestId, problem: &Problem) -> Self {
        let Problem { status, code, message, reason } = problem;
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match protocol {
            Protocol::Json10 | Protocol::Json11 => {
                #[derive(Serialize)]
                struct Body<'a> {
                    #[serde(rename = "__type")]
                    code: &'a str,
                    #[serde(rename = "Message")]
                    message: &'a str,
                    #[serde(rename = "Reason", skip_serializing_if = "Option::is_none")]
                    reason: Option<&'a str>,
                }
                let body = Body { code, message, reason: *reason };
                Self { status, ..Self::json(protocol, &body) }
            }
            Protocol::RestJson => {
                #[derive(Serialize)]
                struct Body<'a> {
                    message: &'a str,
                }
                Self { status, ..Self::json(protocol, &Body { message }) }
                    .with(HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(code))
            }
            Protocol::Query => {
                let side = if status.is_server_error() { "Receiver" } else { "Sender" };
                let body = format!(
                    "<ErrorResponse xmlns=\"{}\"><Error><Type>{side}</Type><Code>{code}</Code><Message>{}</Message>\
                     </Error><RequestId>{request_id}</RequestId></ErrorResponse>",
                    namespace(operation.service()),
                    escaped(message)
                );
                Self::new(status, "text/xml", body)
            }
            Protocol::RestXml => {
                let body = format!(
                    "<Error><Code>{code}</Code><Message>{}</Message><RequestId>{request_id}</RequestId></Error>",
                    escaped(message)
                );
                Self { status, ..Self::xml(&body) }
            }
        }
    }
}

fn json_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Json10 => "application/x-amz-json-1.0",
        Protocol::Json11 => "application/x-amz-json-1.1",
        _ => "application/json",
    }
}

fn namespace(service: Service) -> &'static str {
    match service {
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        _ => "https://iam.amazonaws.com/doc/2010-05-08/",
    }
}
