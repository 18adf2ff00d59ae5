//! Uploads in parts.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use http_body_util::{BodyExt as _, Limited};
use hyper::StatusCode;
use hyper::body::Incoming;
use tokio::time::Instant;

use super::Failure;
use super::object::{etag, precondition_failed};
use super::request::ObjectRequest;
use super::store::{Contents, Description, Object, Part, Store, Upload};
use super::upload::receive;
use crate::answer::Answer;
use crate::problem::Problem;
use crate::world::World;
use crate::xml;

/// The smallest size of a part that is not the last ("Amazon S3 multipart upload limits").
const SMALLEST_PART: u64 = 5 * 1_024 * 1_024;

/// The most parts of an upload.
const MOST_PARTS: u32 = 10_000;

/// The longest list of parts: 10,000 of them, each with a checksum or two.
const LONGEST_LIST: usize = 4 * 1_024 * 1_024;

fn no_such_upload() -> Problem {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                   aborted or completed.";
    Problem::new(404, "NoSuchUpload", message)
}

fn invalid_part() -> Problem {
    let message = "One or more of the specified parts could not be found.";
    Problem::new(400, "InvalidPart", message)
}

pub(super) fn create(world: &World, request: &ObjectRequest) -> Answer {
    let upload_id = format!("upload-{:08}", world.store.number());
    let upload = Upload {
        name: request.name(),
        description: Description::of(request),
        began: world.clock.unix_seconds(Instant::now()),
        parts: BTreeMap::new(),
    };
    world.store.contents().uploads.insert(upload_id.clone(), upload);
    Answer::xml(&format!(
        "<InitiateMultipartUploadResult><Bucket>{}</Bucket><Key>{}</Key><UploadId>{upload_id}</UploadId>\
         </InitiateMultipartUploadResult>",
        xml::escaped(&request.bucket),
        xml::escaped(&request.key)
    ))
}

pub(super) async fn upload_part(world: &World, request: &ObjectRequest, body: Incoming) -> Result<Answer, Failure> {
    let received = receive(&world.store, request, body).await?;
    let Some(number) = request.part_number.filter(|number| (1..=MOST_PARTS).contains(number)) else {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        return Err(Problem::new(400, "InvalidArgument", message).into());
    };
    let (name, value) = etag(&received.etag);
    let part = Part { piece: Arc::new(received.piece), etag: received.etag };
    let mut contents = world.store.contents();
    upload(&mut contents, request)?.parts.insert(number, part);
    Ok(Answer::empty(StatusCode::OK).with(name, value))
}

pub(super) async fn complete(world: &World, request: &ObjectRequest, body: Incoming) -> Result<Answer, Failure> {
    let body = Limited::new(body, LONGEST_LIST).collect().await.map_err(|_| Failure::Lost)?.to_bytes();
    let wanted = wanted_parts(&body)?;
    let mut contents = world.store.contents();
    let upload = upload(&mut contents, request)?;
    let parts = chosen(&upload.parts, &wanted)?;
    let mut hash = DefaultHasher::new();
    for part in &parts {
        part.etag.hash(&mut hash);
    }
    let object = Object {
        size: parts.iter().map(|part| part.piece.size).sum(),
        etag: format!("{0:016x}{0:016x}-{1}", hash.finish(), parts.len()),
        pieces: parts.into_iter().map(|part| part.piece).collect(),
        description: upload.description.clone(),
        written: world.clock.unix_seconds(Instant::now()),
    };
    let (_, etag) = etag(&object.etag);
    contents.insert(request.name(), object, request.only_new).map_err(precondition_failed)?;
    contents.uploads.remove(request.upload_id.as_deref().unwrap_or_default());
    let (bucket, key) = (xml::escaped(&request.bucket), xml::escaped(&request.key));
    Ok(Answer::xml(&format!(
        "<CompleteMultipartUploadResult><Location>http://{bucket}.localhost/{key}</Location><Bucket>{bucket}</Bucket>\
         <Key>{key}</Key><ETag>{}</ETag></CompleteMultipartUploadResult>",
        xml::escaped(etag.to_str().unwrap_or_default())
    )))
}

pub(super) fn abort(store: &Store, request: &ObjectRequest) -> Result<Answer, Problem> {
    let mut contents = store.contents();
    upload(&mut contents, request)?;
    contents.uploads.remove(request.upload_id.as_deref().unwrap_or_default());
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The upload that a request is about, which must be one of its object.
fn upload<'a>(contents: &'a mut Contents, request: &ObjectRequest) -> Result<&'a mut Upload, Problem> {
    let upload = contents.uploads.get_mut(request.upload_id.as_deref().unwrap_or_default());
    upload.filter(|upload| upload.name == request.name()).ok_or_else(no_such_upload)
}

/// Numbers and entity tags of the parts that an object is to be made of.
fn wanted_parts(body: &[u8]) -> Result<Vec<(u32, String)>, Problem> {
    let malformed = || {
        let message = "The XML you provided was not well-formed or did not validate against our published schema";
        Problem::new(400, "MalformedXML", message)
    };
    let body = std::str::from_utf8(body).map_err(|_| malformed())?;
    let parts: Option<Vec<(u32, String)>> = xml::contents(body, "Part")
        .map(|part| {
            let number = xml::text(part, "PartNumber")?.parse().ok()?;
            Some((number, xml::text(part, "ETag")?.trim_matches('"').to_owned()))
        })
        .collect();
    parts.filter(|parts| !parts.is_empty()).ok_or_else(malformed)
}

/// The parts that are wanted, which must be there, in order, and none too small but the last.
fn chosen(there: &BTreeMap<u32, Part>, wanted: &[(u32, String)]) -> Result<Vec<Part>, Problem> {
    if !wanted.is_sorted_by(|(one, _), (next, _)| one < next) {
        let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
        return Err(Problem::new(400, "InvalidPartOrder", message));
    }
    let parts = wanted
        .iter()
        .map(|(number, etag)| there.get(number).filter(|part| part.etag == *etag).cloned().ok_or_else(invalid_part));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    match parts.split_last() {
        Some((_, others)) if others.iter().any(|part| part.piece.size < SMALLEST_PART) => {
            let message = "Your proposed upload is smaller than the minimum allowed object size.";
            Err(Problem::new(400, "EntityTooSmall", message))
        }
        _ => Ok(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::Piece;
    use super::*;

    fn parts(sizes: &[u64]) -> BTreeMap<u32, Part> {
        let part = |(number, size): (u32, &u64)| {
            let piece = Piece { path: format!("no-such-part-{number}").into(), size: *size };
            (number, Part { piece: Arc::new(piece), etag: format!("etag{number}") })
        };
        (1..).zip(sizes).map(part).collect()
    }

    fn code(sizes: &[u64], wanted: &[(u32, &str)]) -> Result<usize, &'static str> {
        let wanted: Vec<(u32, String)> = wanted.iter().map(|(number, etag)| (*number, (*etag).to_owned())).collect();
        chosen(&parts(sizes), &wanted).map(|parts| parts.len()).map_err(|problem| problem.code)
    }

    #[test]
    fn parts_must_be_there_in_order_and_large_enough() {
        let sizes = [SMALLEST_PART, SMALLEST_PART, 1];
        assert_eq!(code(&sizes, &[(1, "etag1"), (2, "etag2"), (3, "etag3")]), Ok(3));
        assert_eq!(code(&sizes, &[(1, "etag1"), (3, "etag3")]), Ok(2));
        assert_eq!(code(&sizes, &[(3, "etag3")]), Ok(1));
        assert_eq!(code(&sizes, &[(2, "etag2"), (1, "etag1")]), Err("InvalidPartOrder"));
        assert_eq!(code(&sizes, &[(1, "etag1"), (1, "etag1")]), Err("InvalidPartOrder"));
        assert_eq!(code(&sizes, &[(1, "etag2")]), Err("InvalidPart"));
        assert_eq!(code(&sizes, &[(4, "etag4")]), Err("InvalidPart"));
        assert_eq!(code(&[SMALLEST_PART - 1, 1], &[(1, "etag1"), (2, "etag2")]), Err("EntityTooSmall"));
    }

    #[test]
    fn a_list_of_parts_is_read_or_malformed() {
        let list = b"<CompleteMultipartUpload><Part><ETag>&quot;a&quot;</ETag><PartNumber>1</PartNumber></Part>\
                     <Part><PartNumber>2</PartNumber><ETag>b</ETag></Part></CompleteMultipartUpload>";
        assert_eq!(wanted_parts(list), Ok(vec![(1, "a".to_owned()), (2, "b".to_owned())]));
        for list in [
            "",
            "<CompleteMultipartUpload/>",
            "<Part><ETag>a</ETag></Part>",
            "<Part><PartNumber>x</PartNumber><ETag>a</ETag></Part>",
        ] {
            assert_eq!(wanted_parts(list.as_bytes()).unwrap_err().code, "MalformedXML", "{list}");
        }
    }
}
