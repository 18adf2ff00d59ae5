//! Canned HTTP: answers in a queue, requests kept to look at.
//!
//! What a request says is read here, whatever its protocol, so that the tests do not depend on it.

use std::collections::VecDeque;
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;

use super::quotas::Allowance;
use super::{Session, World, config};

/// The secret that must be in nothing that is printed.
pub(crate) const SECRET: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYSECRETSECRET";

/// What the other end does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// It answers.
    Http(u16, Vec<(&'static str, String)>, String),
    /// Its name has no address.
    NoSuchHost,
    /// It refuses the connection.
    Refused,
    /// It closes the connection.
    Reset,
    /// It never answers.
    Silence,
    /// It answers with this header as the first request had it.
    Echo(&'static str),
}

/// An answer with status 200.
pub(crate) fn ok(body: impl Into<String>) -> Answer {
    Answer::Http(200, Vec::new(), body.into())
}

/// An error of a JSON protocol.
pub(crate) fn json_error(status: u16, code: &str) -> Answer {
    let body = format!(r#"{{"__type":"com.amazonaws.service#{code}","message":"the service says why"}}"#);
    Answer::Http(status, vec![("x-amzn-errortype", code.to_owned())], body)
}

/// An error of the query protocol.
pub(crate) fn query_error(status: u16, code: &str) -> Answer {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>the service says why</Message></Error>\
         <RequestId>r</RequestId></ErrorResponse>"
    );
    Answer::Http(status, Vec::new(), body)
}

/// An error of S3.
pub(crate) fn s3_error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>the service says why</Message></Error>");
    Answer::Http(status, Vec::new(), body)
}

/// A request that was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) body: String,
    headers: Vec<(String, String)>,
}

impl Sent {
    /// A header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The operation it asks for.
    pub(crate) fn operation(&self) -> String {
        match self.header("x-amz-target").rsplit('.').next() {
            Some("") | None => self.input()["Action"].as_str().unwrap_or(&self.path()).to_owned(),
            Some(operation) => operation.to_owned(),
        }
    }

    /// Its path, without what comes after `?`.
    pub(crate) fn path(&self) -> String {
        let after_host = self.uri.split_once("://").map_or(self.uri.as_str(), |(_, rest)| rest);
        let path = after_host.find('/').map_or("/", |slash| &after_host[slash..]);
        path.split('?').next().unwrap_or_default().to_owned()
    }

    /// The host it goes to.
    pub(crate) fn host(&self) -> &str {
        self.uri.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default()
    }

    /// The region that its signature is for.
    pub(crate) fn signing_region(&self) -> &str {
        self.header("authorization").split('/').nth(2).unwrap_or_default()
    }

    /// Its parameters.
    pub(crate) fn input(&self) -> Value {
        if self.header("content-type").starts_with("application/x-www-form-urlencoded") {
            self.body
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(key, value)| (key.to_owned(), Value::String(percent_decoded(value))))
                .collect::<serde_json::Map<_, _>>()
                .into()
        } else {
            serde_json::from_str(&self.body).unwrap_or(Value::Null)
        }
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(match byte {
            b'%' => {
                let (digits, after) = rest.split_at(2);
                rest = after;
                u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// The other end of every connection.
#[derive(Clone)]
pub(crate) struct Canned(Arc<Inner>);

struct Inner {
    answers: Mutex<VecDeque<Answer>>,
    /// For requests whose order is not known.
    answering: Option<Answering>,
    sent: Mutex<Vec<Sent>>,
}

type Answering = Box<dyn Fn(&Sent) -> Answer + Send + Sync>;

impl fmt::Debug for Canned {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Canned")
    }
}

impl Canned {
    /// Answers in this order; a request too many is a test's mistake.
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect());
        Self(Arc::new(Inner { answers, answering: None, sent: Mutex::default() }))
    }

    /// Answers each request by what it says.
    pub(crate) fn answering(answering: impl Fn(&Sent) -> Answer + Send + Sync + 'static) -> Self {
        let answering = Some(Box::new(answering) as Answering);
        Self(Arc::new(Inner { answers: Mutex::default(), answering, sent: Mutex::default() }))
    }

    /// All requests so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.sent.lock().unwrap().clone()
    }

    /// The only request so far.
    pub(crate) fn only(&self) -> Sent {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent[0].clone()
    }

    /// How many answers were not asked for.
    pub(crate) fn left(&self) -> usize {
        self.0.answers.lock().unwrap().len()
    }
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let canned = self.clone();
        HttpConnectorFuture::new(async move {
            let method = request.method().to_owned();
            let uri = request.uri().to_owned();
            let headers = request.headers().iter();
            let headers = headers.map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned())).collect();
            let body = ByteStream::new(request.into_body()).collect().await.unwrap().to_vec();
            let body = String::from_utf8(body).unwrap();
            let sent = Sent { method, uri, body, headers };
            let answer = match &canned.0.answering {
                Some(answering) => Some(answering(&sent)),
                None => canned.0.answers.lock().unwrap().pop_front(),
            };
            canned.0.sent.lock().unwrap().push(sent);
            let answer = match answer.expect("more requests than canned answers") {
                Answer::Echo(header) => {
                    let value = canned.sent()[0].header(header).to_owned();
                    Answer::Http(200, vec![(header, value)], String::new())
                }
                other => other,
            };
            match answer {
                Answer::Http(status, headers, body) => {
                    let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                    for (key, value) in headers {
                        response.headers_mut().insert(key, value);
                    }
                    Ok(response)
                }
                Answer::NoSuchHost => Err(ConnectorError::io(
                    std::io::Error::other("failed to lookup address information: Name or service not known").into(),
                )),
                Answer::Refused => {
                    Err(ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into()))
                }
                Answer::Reset => {
                    Err(ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()))
                }
                Answer::Silence | Answer::Echo(_) => std::future::pending().await,
            }
        })
    }
}

/// AWS as these answers make it, called from eu-west-1.
pub(crate) fn world(canned: &Canned) -> World {
    world_in("eu-west-1", canned)
}

/// AWS as these answers make it, called from a region.
pub(crate) fn world_in(region: &'static str, canned: &Canned) -> World {
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", SECRET, None, None, "canned");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(SharedHttpClient::new(canned.clone()))
        .build();
    World::new(config::settle(config), NonZeroUsize::new(4).unwrap(), Allowance::percent(NonZeroU32::new(100).unwrap()))
}

/// The session of the process in such a world.
pub(crate) fn session(world: &World) -> Session {
    world.own.clone()
}
