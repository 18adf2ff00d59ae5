//! One plain HTTP request to a server on 127.0.0.1.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Gets a path.
pub fn get(address: SocketAddr, path: &str) -> Result<(StatusCode, Bytes), String> {
    send(address, "GET", path, Bytes::new())
}

/// Posts a body to a path.
pub fn post(address: SocketAddr, path: &str, body: impl Into<Bytes>) -> Result<(StatusCode, Bytes), String> {
    send(address, "POST", path, body.into())
}

/// Puts a body to a path.
pub fn put(address: SocketAddr, path: &str, body: impl Into<Bytes>) -> Result<(StatusCode, Bytes), String> {
    send(address, "PUT", path, body.into())
}

fn send(address: SocketAddr, method: &str, path: &str, body: Bytes) -> Result<(StatusCode, Bytes), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string())
        .header("content-type", "application/json")
        .body(Full::new(body))
        .expect("the request is valid");
    runtime.block_on(async {
        let exchange = async {
            let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
            let answer = async {
                let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
                let status = response.status();
                let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
                Ok((status, body.to_bytes()))
            };
            tokio::pin!(connection, answer);
            // The connection ends first only when the server closes it, and then the answer has arrived or never will.
            tokio::select! {
                biased;
                answer = &mut answer => answer,
                _ = &mut connection => answer.await,
            }
        };
        tokio::time::timeout(Duration::from_mins(5), exchange)
            .await
            .unwrap_or_else(|_| Err("no answer within 5 minutes".to_owned()))
    })
}
