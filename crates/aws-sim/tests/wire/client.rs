//! A plain HTTP client that writes requests as the AWS SDKs do, without their signatures.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use aws_sim::{AccountId, Sim};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// An answer, as far as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The text of the first XML element of this name.
    pub(crate) fn element(&self, name: &str) -> &str {
        let (_, rest) = self.text().split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{}", self.text()));
        rest.split_once(&format!("</{name}>")).unwrap().0
    }

    /// Status and error code, in whichever protocol it is.
    pub(crate) fn error(&self) -> (u16, String) {
        let code = match self.header("content-type") {
            "application/json" => self.header("x-amzn-errortype").to_owned(),
            json if json.starts_with("application/x-amz-json") => self.json()["__type"].as_str().unwrap().to_owned(),
            _ => self.element("Code").to_owned(),
        };
        (self.status.as_u16(), code)
    }
}

/// Credentials of a client: an access key id and a region.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    access_key_id: String,
    region: String,
}

/// How an exchange failed, with the kind of the socket's error where it is one.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) Option<io::ErrorKind>);

impl From<hyper::Error> for Failed {
    fn from(error: hyper::Error) -> Self {
        let mut next: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = next {
            if let Some(error) = error.downcast_ref::<io::Error>() {
                return Self(Some(error.kind()));
            }
            next = error.source();
        }
        Self(None)
    }
}

impl Client {
    /// With keys that the stand-in did not give out, in us-east-1.
    pub(crate) fn of(sim: &Sim) -> Self {
        Self { address: sim.address(), access_key_id: "AKIATEST".to_owned(), region: "us-east-1".to_owned() }
    }

    pub(crate) fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// With keys of a role in this account.
    pub(crate) async fn in_account(&self, account: AccountId) -> Self {
        let reply = self.assume_role(account).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        Self { access_key_id: reply.element("AccessKeyId").to_owned(), ..self.clone() }
    }

    pub(crate) async fn assume_role(&self, account: AccountId) -> Reply {
        let arn = format!("arn%3Aaws%3Aiam%3A%3A{account}%3Arole%2FReader");
        self.form(&format!("Action=AssumeRole&Version=2011-06-15&RoleArn={arn}&RoleSessionName=run-1")).await
    }

    pub(crate) async fn sts(&self, action: &str) -> Reply {
        self.form(&format!("Action={action}&Version=2011-06-15")).await
    }

    pub(crate) async fn iam(&self, action: &str) -> Reply {
        self.form(&format!("Action={action}&Version=2010-05-08")).await
    }

    async fn form(&self, form: &str) -> Reply {
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        self.send("POST", "/", &headers, form.to_owned()).await
    }

    pub(crate) async fn organizations(&self, operation: &str, body: &Value) -> Reply {
        self.target(&format!("AWSOrganizationsV20161128.{operation}"), body).await
    }

    pub(crate) async fn get_resources(&self, body: &Value) -> Reply {
        self.target("ResourceGroupsTaggingAPI_20170126.GetResources", body).await
    }

    pub(crate) async fn scan(&self, body: &Value) -> Reply {
        self.target("DynamoDB_20120810.Scan", body).await
    }

    pub(crate) async fn target(&self, target: &str, body: &Value) -> Reply {
        self.send("POST", "/", &[("x-amz-target", target)], body.to_string()).await
    }

    /// Sends a request that is answered.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Reply, Failed> {
        let mut connections = JoinSet::new();
        let mut sender = self.connect(&mut connections).await;
        let exchanged = exchange(&mut sender, self.request(method, path, headers, body)).await;
        drop(sender);
        exchanged
    }

    /// A connection for several requests. It ends with the set.
    pub(crate) async fn connect(&self, connections: &mut JoinSet<()>) -> SendRequest<Full<Bytes>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        connections.spawn(async move {
            // The request that it fails says so.
            let _failed = connection.await;
        });
        sender
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Request<Full<Bytes>> {
        let scope = format!("{}/20261121/{}/service/aws4_request", self.access_key_id, self.region);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"));
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", self.address.to_string());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Full::new(body.into())).unwrap()
    }
}

pub(crate) async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Reply, Failed> {
    let response = sender.send_request(request).await?;
    let (head, body) = response.into_parts();
    Ok(Reply { status: head.status, headers: head.headers, body: body.collect().await?.to_bytes() })
}
