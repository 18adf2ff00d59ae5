//! Receives the body of an upload into a file.

use std::hash::Hasher as _;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::Failure;
use super::chunked::Decoder;
use super::request::ObjectRequest;
use super::store::{Piece, Store};
use crate::problem::Problem;

/// How much of a body is gathered before it is written.
const WRITTEN_AT_ONCE: usize = 256 * 1_024;

/// A body that was received.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) piece: Piece,
    /// Stable for the same content, as an entity tag is; S3's own are MD5.
    pub(super) etag: String,
}

/// Receives a body. Nothing is left of one that breaks off.
pub(super) async fn receive(store: &Store, request: &ObjectRequest, body: Incoming) -> Result<Received, Failure> {
    let (mut piece, file) = store.new_piece().await.map_err(|_| Failure::Lost)?;
    let mut writer = Writer { file, gathered: Vec::new(), hash: std::hash::DefaultHasher::new(), size: 0 };
    let mut decoder = request.is_chunked.then(Decoder::new);
    let mut body = body;
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(|_| Failure::Lost)?.into_data() else { continue };
        match &mut decoder {
            None => writer.gather(&bytes),
            Some(decoder) => decoder.take(bytes, |content| writer.gather(&content)).map_err(|_| malformed())?,
        }
        if writer.gathered.len() >= WRITTEN_AT_ONCE {
            writer.write().await?;
        }
    }
    writer.write().await?;
    writer.file.flush().await.map_err(|_| Failure::Lost)?;
    if decoder.is_some_and(|decoder| !decoder.is_done()) || request.decoded_length.is_some_and(|it| it != writer.size) {
        return Err(malformed());
    }
    piece.size = writer.size;
    let hash = writer.hash.finish();
    Ok(Received { piece, etag: format!("{hash:016x}{:016x}", hash.rotate_left(32) ^ writer.size) })
}

fn malformed() -> Failure {
    let message = "You did not provide the number of bytes specified by the Content-Length HTTP header.";
    Failure::Problem(Problem::new(400, "IncompleteBody", message))
}

struct Writer {
    file: File,
    gathered: Vec<u8>,
    hash: std::hash::DefaultHasher,
    size: u64,
}

impl Writer {
    fn gather(&mut self, content: &Bytes) {
        self.hash.write(content);
        self.size += content.len() as u64;
        self.gathered.extend_from_slice(content);
    }

    async fn write(&mut self) -> Result<(), Failure> {
        self.file.write_all(&self.gathered).await.map_err(|_| Failure::Lost)?;
        self.gathered.clear();
        Ok(())
    }
}
