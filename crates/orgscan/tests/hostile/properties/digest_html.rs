//! What holds of the mail, whatever names and messages AWS answers.

use std::sync::LazyLock;

use orgscan::assessment::{Assessment, Sink};
use orgscan::digest::{AttachedFile, AttachmentChoice, Coverage, Digest, HTML_LIMIT_BYTES, OrganizationDigest, render};

use super::html::{Document, document};
use super::organization::{MARK, Organization, as_of};

static HARMLESS: LazyLock<Document> = LazyLock::new(|| document(&digest(&Organization::harmless()).html));

/// The mail needs the assessment alone.
struct NoSink;

impl Sink for NoSink {}

pub(crate) fn holds(data: &[u8]) {
    let digest = digest(&Organization::of(data));
    assert!(digest.html.len() <= HTML_LIMIT_BYTES, "{} bytes", digest.html.len());
    assert!(!digest.subject.contains(char::is_control), "{:?}", digest.subject);
    assert!(!digest.text.contains(|one: char| one.is_control() && one != '\n'));
    for text in [&digest.html, &digest.text, &digest.subject] {
        assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{2028}']), "a name is shown as another");
    }
    let html = document(&digest.html);
    html.assert_made_of(&HARMLESS);
    assert_eq!(html.scripts, 0);
    for reference in &html.references {
        assert!(reference.starts_with("https://console.aws.amazon.com/s3/object/bucket?prefix="), "{reference}");
    }
    assert!(html.text.contains(MARK) && digest.text.contains("<x-mark"), "names are shown as text");
}

/// Every place that a text can be in has one.
fn digest(organization: &Organization) -> Digest {
    let assessment: Assessment = organization.assess(&mut NoSink);
    let locations: Vec<String> = (0..4).map(|number| format!("s3://bucket/{}", organization.text(number))).collect();
    let location = |number: usize| locations.get(number).map(String::as_str);
    let attachment = AttachmentChoice::Attached(AttachedFile {
        file_name: organization.text(2).to_owned(),
        content_type: "text/csv; charset=utf-8",
        content: Vec::new(),
    });
    render(&OrganizationDigest {
        org_id: organization.ledger.first().map(|row| &row.org_id),
        management_account: organization.ledger.first().map(|row| row.account.id),
        scheduled_time: as_of(),
        coverage: Coverage::Ledger(&organization.ledger),
        assessment: &assessment,
        findings_location: location(0),
        page_location: location(1),
        report_location: location(2),
        coverage_location: location(3),
        console: Some("console.aws.amazon.com"),
        attachment: Some(&attachment),
        warnings: &organization.texts,
    })
    .unwrap()
}
