//! Whole objects: written, read, described, deleted.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, HeaderName, HeaderValue, LAST_MODIFIED};
use tokio::time::Instant;

use super::Failure;
use super::request::ObjectRequest;
use super::store::{AlreadyThere, Description, Object, Piece, Store};
use super::upload::receive;
use crate::answer::{Answer, Content};
use crate::clock::http_date;
use crate::problem::Problem;
use crate::world::World;

/// What an object is where its writer did not say.
const DEFAULT_TYPE: HeaderValue = HeaderValue::from_static("binary/octet-stream");

/// A stretch of an object's content.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) pieces: Vec<Arc<Piece>>,
    pub(crate) start: u64,
    pub(crate) size: u64,
}

impl Stored {
    /// The files that it is in, each with the position and the size of the stretch there.
    pub(crate) fn stretches(&self) -> Vec<(Arc<Piece>, u64, u64)> {
        let (mut skip, mut left) = (self.start, self.size);
        let mut stretches = Vec::new();
        for piece in &self.pieces {
            let start = skip.min(piece.size);
            let size = (piece.size - start).min(left);
            if size > 0 {
                stretches.push((Arc::clone(piece), start, size));
            }
            skip -= start;
            left -= size;
        }
        stretches
    }
}

impl Description {
    pub(super) fn of(request: &ObjectRequest) -> Self {
        Self { content_type: request.content_type.clone(), metadata: request.metadata.clone() }
    }
}

/// There is an object of the name, and must not be.
pub(super) fn precondition_failed(_: AlreadyThere) -> Problem {
    Problem::new(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}

fn no_such_key() -> Problem {
    Problem::new(404, "NoSuchKey", "The specified key does not exist.")
}

/// An entity tag as it is in headers.
pub(super) fn etag(etag: &str) -> (HeaderName, HeaderValue) {
    (ETAG, value(&format!("\"{etag}\"")))
}

/// A header's value; what is made here is always ASCII.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

pub(super) async fn put(world: &World, request: &ObjectRequest, body: Incoming) -> Result<Answer, Failure> {
    let received = receive(&world.store, request, body).await?;
    let (name, value) = etag(&received.etag);
    let object = Object {
        size: received.piece.size,
        pieces: vec![Arc::new(received.piece)],
        etag: received.etag,
        description: Description::of(request),
        written: world.clock.unix_seconds(Instant::now()),
    };
    world.store.contents().insert(request.name(), object, request.only_new).map_err(precondition_failed)?;
    Ok(Answer::empty(StatusCode::OK).with(name, value))
}

pub(super) fn get(store: &Store, request: &ObjectRequest) -> Result<Answer, Problem> {
    let object = find(store, request)?;
    let (start, size) = match request.range {
        None => (0, object.size),
        Some((first, last)) if first < object.size && last.is_none_or(|last| first <= last) => {
            let end = last.map_or(object.size, |last| object.size.min(last.saturating_add(1)));
            (first, end - first)
        }
        Some(_) => return Err(Problem::new(416, "InvalidRange", "The requested range is not satisfiable")),
    };
    let mut answer = described(&object);
    if request.range.is_some() {
        answer.status = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {start}-{}/{}", start + size - 1, object.size);
        answer = answer.with(CONTENT_RANGE, value(&range));
    }
    answer.content = Content::Stored(Stored { pieces: object.pieces.clone(), start, size });
    Ok(answer)
}

/// As [`get`]; the method of the request keeps the content from being sent.
pub(super) fn head(store: &Store, request: &ObjectRequest) -> Result<Answer, Problem> {
    get(store, request)
}

pub(super) fn delete(store: &Store, request: &ObjectRequest) -> Answer {
    store.contents().objects.remove(&request.name());
    Answer::empty(StatusCode::NO_CONTENT)
}

fn find(store: &Store, request: &ObjectRequest) -> Result<Arc<Object>, Problem> {
    store.contents().objects.get(&request.name()).cloned().ok_or_else(no_such_key)
}

fn described(object: &Object) -> Answer {
    let mut answer = Answer::empty(StatusCode::OK);
    answer.content_type = object.description.content_type.clone().unwrap_or(DEFAULT_TYPE);
    answer.headers.clone_from(&object.description.metadata);
    answer.headers.push(etag(&object.etag));
    answer.headers.push((LAST_MODIFIED, value(&http_date(object.written))));
    answer.headers.push((ACCEPT_RANGES, HeaderValue::from_static("bytes")));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_may_lie_across_files() {
        let piece = |size| Arc::new(Piece { path: format!("no-such-file-{size}").into(), size });
        let pieces = vec![piece(10), piece(0), piece(5), piece(20)];
        let stretches = |start, size| -> Vec<(u64, u64, u64)> {
            let stored = Stored { pieces: pieces.clone(), start, size };
            stored.stretches().into_iter().map(|(piece, start, size)| (piece.size, start, size)).collect()
        };
        assert_eq!(stretches(0, 35), [(10, 0, 10), (5, 0, 5), (20, 0, 20)]);
        assert_eq!(stretches(0, 10), [(10, 0, 10)]);
        assert_eq!(stretches(9, 3), [(10, 9, 1), (5, 0, 2)]);
        assert_eq!(stretches(10, 6), [(5, 0, 5), (20, 0, 1)]);
        assert_eq!(stretches(34, 1), [(20, 19, 1)]);
        assert_eq!(stretches(0, 0), []);
    }
}
