//! What a test asks of the stand-in itself.

use hyper::http::request::Parts;
use hyper::{Method, StatusCode};

use crate::answer::Answer;
use crate::operation::Protocol;
use crate::world::World;

/// What the stand-in's own paths begin with. No bucket can be called so.
const OWN_PATHS: &str = "/_sim/";

/// The answer to a request to the stand-in itself; none for one to AWS.
pub(crate) fn answer(world: &World, head: &Parts) -> Option<Answer> {
    let path = head.uri.path().strip_prefix(OWN_PATHS)?;
    Some(match (&head.method, path) {
        (&Method::GET, "counts") => Answer::json(Protocol::RestJson, &world.counts()),
        (&Method::POST, "reset") => {
            world.reset();
            Answer::empty(StatusCode::NO_CONTENT)
        }
        _ => Answer::new(
            StatusCode::NOT_FOUND,
            "text/plain",
            "there are GET /_sim/counts and POST /_sim/reset, and no other path of the stand-in's own\n",
        ),
    })
}
