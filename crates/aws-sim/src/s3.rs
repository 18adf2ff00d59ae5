//! S3: objects in files of a temporary folder, whole or in parts.

mod chunked;
mod listing;
mod multipart;
mod object;
mod request;
mod store;
mod upload;

pub(crate) use object::Stored;
pub(crate) use request::{ObjectRequest, operation_and_request};
pub(crate) use store::{Piece, Store};

use hyper::body::Incoming;

use crate::account::Layout;
use crate::answer::Answer;
use crate::call::{Call, Input};
use crate::operation::Operation;
use crate::problem::Problem;
use crate::world::World;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service's error is the answer.
    Problem(Problem),
    /// The caller went away, or this machine's disk failed.
    Lost,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Why the caller may not ask at all: every bucket is of the first account, and somebody else's was meant.
pub(crate) fn refusal(call: &Call) -> Option<Problem> {
    let Input::Object(request) = &call.input else { return None };
    let owner = Layout::first_account().to_string();
    let is_meant = request.expected_owner.as_ref().is_none_or(|expected| *expected == owner);
    (!is_meant).then(|| Problem::new(403, "AccessDenied", "Access Denied"))
}

/// Carries a call out.
pub(crate) async fn answer(
    world: &World,
    call: &Call,
    request: &ObjectRequest,
    body: Incoming,
) -> Result<Answer, Failure> {
    match call.operation {
        Operation::PutObject => object::put(world, request, body).await,
        Operation::UploadPart => multipart::upload_part(world, request, body).await,
        Operation::CompleteMultipartUpload => multipart::complete(world, request, body).await,
        Operation::GetObject => Ok(object::get(&world.store, request)?),
        Operation::HeadObject => Ok(object::head(&world.store, request)?),
        Operation::DeleteObject => Ok(object::delete(&world.store, request)),
        Operation::CreateMultipartUpload => Ok(multipart::create(world, request)),
        Operation::AbortMultipartUpload => Ok(multipart::abort(&world.store, request)?),
        Operation::ListMultipartUploads => Ok(listing::list_multipart_uploads(&world.store, request)),
        _ => Err(Failure::Problem(call.misunderstood())),
    }
}
