//! Where the files of a run are, with links for those that lie in S3.

use super::{AttachmentChoice, OrganizationDigest};
use crate::text::one_line;

/// Longest key of an object (S3 user guide, "Naming Amazon S3 objects").
const KEY_BYTES: usize = 1_024;

/// Longest location shown: a key, after the name of its bucket.
const LOCATION_CHARACTERS: usize = 1_100;

/// Longest file name shown. SES allows 255 characters.
const FILE_NAME_CHARACTERS: usize = 255;

/// Where a file is.
#[derive(Debug)]
pub(super) struct File {
    pub(super) label: &'static str,
    pub(super) place: String,
    /// Where a browser opens it; empty where none does.
    pub(super) link: String,
}

fn hexadecimal(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}

/// The page of the AWS console that shows an object and lets it be opened, for those who may read it.
fn console_link(host: &str, location: &str) -> Option<String> {
    let (bucket, key) = location.strip_prefix("s3://")?.split_once('/')?;
    if key.len() > KEY_BYTES {
        return None;
    }
    let mut link = format!("https://{host}/s3/object/{bucket}?prefix=");
    for byte in key.bytes() {
        // Keys are ASCII, but for an OUTPUT_PREFIX that is not.
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            link.push(char::from(byte));
        } else {
            link.extend(['%', hexadecimal(byte >> 4), hexadecimal(byte & 15)]);
        }
    }
    Some(link)
}

/// The files that there are, and those that should be there.
pub(super) fn files(organization: &OrganizationDigest<'_>) -> Vec<File> {
    let attached = organization.attachment.map(|attachment| match attachment {
        AttachmentChoice::Attached(file) => one_line(&file.file_name, FILE_NAME_CHARACTERS),
        AttachmentChoice::TooLarge => "none: the CSV is too large for a mail".to_owned(),
    });
    // A run writes all of them; what is made of a report alone has those that were asked for.
    let missing = organization.coverage.is_of_a_run().then(|| "could not be written".to_owned());
    let place = |location: Option<&str>| {
        location.map(|location| one_line(location, LOCATION_CHARACTERS)).or_else(|| missing.clone())
    };
    let link = |location: Option<&str>| console_link(organization.console?, location?);
    let located = |label, location: Option<&str>| (label, place(location), link(location));
    [
        ("Attached", attached, None),
        located("Report page", organization.page_location),
        located("Findings", organization.findings_location),
        located(
            if missing.is_some() { "Merged credential report" } else { "Credential report" },
            organization.report_location,
        ),
        located("Coverage ledger", organization.coverage_location),
    ]
    .into_iter()
    .filter_map(|(label, place, link)| Some(File { label, place: place?, link: link.unwrap_or_default() }))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_s3_has_a_link_to_the_console_and_nothing_else_has() {
        let link = |location: &str| console_link("console.aws.amazon.com", location);
        assert_eq!(
            link("s3://reports/audit/aws-1-findings-latest.jsonl").as_deref(),
            Some("https://console.aws.amazon.com/s3/object/reports?prefix=audit/aws-1-findings-latest.jsonl")
        );
        let escaped = "https://console.aws.amazon.com/s3/object/b?prefix=a%20%22%3E%C3%BC%26/x";
        assert_eq!(link("s3://b/a \">ü&/x").as_deref(), Some(escaped));
        for other in ["./reports/x.csv", "/x", "https://example.com/x", "javascript:alert(1)", "s3://bucket"] {
            assert_eq!(link(other), None, "{other}");
        }
        let of_length = |length| link(&format!("s3://b/{}", "k".repeat(length)));
        assert!(of_length(KEY_BYTES).is_some());
        assert_eq!(of_length(KEY_BYTES + 1), None, "no object has a longer key");
    }
}
