//! The mail digest of a credential report: subject, HTML, plain text, and what goes with them.
//!
//! Pure: it is given plain values and a reader of the merged report, and knows neither AWS nor the clock nor where files
//! lie. Everything that comes from AWS is escaped by the template engine; the templates are in `templates/`.
//!
//! The HTML stays below [`HTML_LIMIT_BYTES`] whatever the size of the Organization: every list has a limit, every text
//! from outside is cut, and the report's rows get what room is left.

mod attachment;
mod report_rows;
mod text;
mod totals;
mod view;
mod wording;

#[cfg(test)]
mod tests;

use std::io::Read;

use askama::Template;
use jiff::Timestamp;

use crate::account::{AccountId, OrgId};
use crate::ledger::LedgerRow;

pub use attachment::{
    AttachedFile, AttachmentChoice, COMPRESSED_ATTACHMENT_LIMIT_BYTES, PLAIN_ATTACHMENT_LIMIT_BYTES, attachment,
};
pub use totals::{CredentialColumns, Totals};

use report_rows::ReportRows;
use view::{Tone, View};

/// The HTML is never larger. Gmail shows 102 KB of a mail and hides the rest behind a link.
pub const HTML_LIMIT_BYTES: usize = 100_000;

/// Room for what the second rendering says and the first does not: the numbers of rows.
const ROW_COUNT_ROOM_BYTES: usize = 200;

/// What a digest is made of, for one Organization.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationDigest<'a> {
    /// The Organization.
    pub org_id: &'a OrgId,
    /// Its management account.
    pub management_account: AccountId,
    /// The run's time, which the report's name carries too.
    pub scheduled_time: Timestamp,
    /// Every account that was listed, in the ledger's order.
    pub ledger: &'a [LedgerRow],
    /// The report's rows, counted while they were merged.
    pub credentials: &'a Totals,
    /// Where the merged report lies; none where it could not be written.
    pub report_location: Option<&'a str>,
    /// Where the coverage ledger lies; none where it could not be written.
    pub coverage_location: Option<&'a str>,
    /// What goes with the mail.
    pub attachment: &'a AttachmentChoice,
    /// What a reader should know besides, a sentence each.
    pub warnings: &'a [String],
}

/// A mail, but for its addresses and its attachment.
#[derive(Clone, PartialEq, Eq)]
pub struct Digest {
    /// The subject, one line.
    pub subject: String,
    /// The HTML, below [`HTML_LIMIT_BYTES`].
    pub html: String,
    /// The same as plain text, in lines of at most 78 characters where words allow it.
    pub text: String,
}

/// Shows sizes only: the digest has names and rows of the report.
impl std::fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Digest")
            .field("html_size_bytes", &self.html.len())
            .field("text_size_bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// Why there is no digest.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The merged report could not be read, or is no CSV.
    #[error("the merged report cannot be read for the digest")]
    Report(#[from] csv::Error),
    /// A template could not be filled in.
    #[error("a template of the digest cannot be filled in")]
    Template(#[from] askama::Error),
}

/// Makes the digest of one Organization. `report` is the merged report from its first byte; it is read only as far as its
/// rows fit into the mail.
///
/// # Errors
/// The report cannot be read.
pub fn render(organization: &OrganizationDigest<'_>, report: impl Read) -> Result<Digest, DigestError> {
    let mut view = View::of(organization);
    let without_rows = HtmlPage { view: &view, report_rows: "" }.render()?;
    let room = HTML_LIMIT_BYTES.saturating_sub(without_rows.len() + ROW_COUNT_ROOM_BYTES);
    let rows = ReportRows::read(report, room)?;
    view.show_rows(organization, rows.shown);
    let html = HtmlPage { view: &view, report_rows: &rows.html }.render()?;
    let text = TextPage { view: &view, report_rows: &rows.text }.render()?;
    Ok(Digest { subject: view.subject, html, text: text::wrap(&text) })
}

#[derive(Template)]
#[template(path = "digest.html")]
struct HtmlPage<'a> {
    view: &'a View,
    /// Made of `digest/report_row.html`, which has escaped them.
    report_rows: &'a str,
}

#[derive(Template)]
#[template(path = "digest.txt")]
struct TextPage<'a> {
    view: &'a View,
    report_rows: &'a str,
}
