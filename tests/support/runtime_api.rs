//! The Lambda runtime API, as far as a custom runtime needs it, on a port of 127.0.0.1.
//!
//! Paths, headers and bodies follow the "Lambda runtime API" page of the Lambda developer guide, version 2018-06-01.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc as queue, oneshot};
use tokio::task::JoinSet;

const VERSION: &str = "/2018-06-01/runtime/";
/// As Lambda has them for a function in us-east-1.
const FUNCTION_ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:";

/// One event on its way to the function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// `Lambda-Runtime-Aws-Request-Id`.
    pub request_id: String,
    /// `Lambda-Runtime-Deadline-Ms`.
    pub deadline_ms: u64,
    /// The payload.
    pub payload: Bytes,
}

/// What the function told the runtime API.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// It asks for the next event, so it is done with the one before.
    Next,
    /// It answered an event.
    Answer {
        /// The event's request id.
        request_id: String,
        /// What it answered.
        answer: Answer,
    },
    /// It could not start.
    InitError(Answer),
}

/// The answer of a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The handler returned this.
    Response(Value),
    /// The handler, or its start, failed.
    Error {
        /// `errorType`.
        error_type: String,
        /// `errorMessage`.
        message: String,
    },
}

/// The server. Dropping it ends it.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    invocations: queue::UnboundedSender<Invocation>,
    messages: mpsc::Receiver<Message>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    function_name: String,
    invocations: Mutex<queue::UnboundedReceiver<Invocation>>,
    messages: mpsc::Sender<Message>,
}

impl RuntimeApi {
    /// Starts the server on a free port.
    pub fn start(function_name: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        listener.set_nonblocking(true).expect("a socket can be non-blocking");
        let (invocations, waiting_invocations) = queue::unbounded_channel();
        let (sender, messages) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let state = Arc::new(State {
            function_name: function_name.to_owned(),
            invocations: Mutex::new(waiting_invocations),
            messages: sender,
        });
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listening socket");
                tokio::select! {
                    () = serve(listener, state) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, invocations, messages, stop: Some(stop), thread: Some(thread) }
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hands an event to the function when it next asks for one.
    pub fn invoke(&self, invocation: Invocation) {
        self.invocations.send(invocation).expect("the server runs");
    }

    /// What the function says next, where it says something within a moment.
    pub fn message(&self, limit: std::time::Duration) -> Option<Message> {
        self.messages.recv_timeout(limit).ok()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _result = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        let service = service_fn(move |request| handle(Arc::clone(&state), request));
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn handle(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let path = request.uri().path().strip_prefix(VERSION).unwrap_or_default().to_owned();
    let method = request.method().clone();
    let body = request.into_body().collect().await?.to_bytes();
    let parts: Vec<&str> = path.split('/').collect();
    let message = match (method, parts.as_slice()) {
        (Method::GET, ["invocation", "next"]) => return Ok(next(&state).await),
        (Method::POST, ["invocation", request_id, "response"]) => {
            Message::Answer { request_id: (*request_id).to_owned(), answer: response(&body) }
        }
        (Method::POST, ["invocation", request_id, "error"]) => {
            Message::Answer { request_id: (*request_id).to_owned(), answer: error(&body) }
        }
        (Method::POST, ["init", "error"]) => Message::InitError(error(&body)),
        _ => return Ok(answer(StatusCode::NOT_FOUND, &format!("no such path: {path}"))),
    };
    // Nobody listens once the test is over.
    let _result = state.messages.send(message);
    Ok(answer(StatusCode::ACCEPTED, r#"{"status":"OK"}"#))
}

async fn next(state: &State) -> Response<Full<Bytes>> {
    let _result = state.messages.send(Message::Next);
    let Some(invocation) = state.invocations.lock().await.recv().await else {
        return answer(StatusCode::INTERNAL_SERVER_ERROR, "the test is over");
    };
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", &invocation.request_id)
        .header("lambda-runtime-deadline-ms", invocation.deadline_ms)
        .header("lambda-runtime-invoked-function-arn", format!("{FUNCTION_ARN}{}", state.function_name))
        .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1")
        .body(Full::new(invocation.payload))
        .expect("the header values are valid")
}

fn answer(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(text.as_bytes())));
    *response.status_mut() = status;
    response
}

fn response(body: &[u8]) -> Answer {
    match serde_json::from_slice(body) {
        Ok(value) => Answer::Response(value),
        Err(_) => Answer::Error {
            error_type: "Runtime.MalformedResponse".to_owned(),
            message: String::from_utf8_lossy(body).into_owned(),
        },
    }
}

fn error(body: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(body);
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let field = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    Answer::Error {
        error_type: field("errorType").unwrap_or_else(|| "Unknown".to_owned()),
        message: field("errorMessage").unwrap_or_else(|| text.into_owned()),
    }
}
