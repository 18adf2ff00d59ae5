//! The uploads of a bucket that are not complete.

use super::request::ObjectRequest;
use super::store::Store;
use crate::answer::Answer;
use crate::clock::rfc3339;
use crate::xml::escaped;

pub(super) fn list_multipart_uploads(store: &Store, request: &ObjectRequest) -> Answer {
    let contents = store.contents();
    let uploads = contents.uploads.iter().filter_map(|(upload_id, upload)| {
        let (bucket, key) = upload.name.split_once('/')?;
        (bucket == request.bucket && key.starts_with(&request.prefix)).then(|| {
            format!(
                "<Upload><Key>{}</Key><UploadId>{upload_id}</UploadId><StorageClass>STANDARD</StorageClass>\
                 <Initiated>{}</Initiated></Upload>",
                escaped(key),
                rfc3339(upload.began)
            )
        })
    });
    Answer::xml(&format!(
        "<ListMultipartUploadsResult><Bucket>{}</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker>\
         <MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>{}</ListMultipartUploadsResult>",
        escaped(&request.bucket),
        uploads.collect::<String>()
    ))
}
