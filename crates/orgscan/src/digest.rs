//! The mail digest of a credential report: subject, HTML, plain text, and what goes with them.
//!
//! First what changed, then what is worst, then which accounts were read, then totals. Pure: it is given plain values, and
//! knows neither AWS nor the clock nor where files lie. Everything that comes from AWS is escaped by the template engine;
//! the templates are in `templates/`.
//!
//! The HTML stays below [`HTML_LIMIT_BYTES`] whatever the size of the Organization: every text from outside is cut, and
//! every list gets what room there is, the most important first. What is cut is counted, and its place named. The plain
//! text lists the same.

mod attachment;
mod coverage;
mod files;
mod findings;
mod fit;
mod headline;
mod rest;
mod text;
mod thread;
mod view;
mod wanted;
mod wording;

#[cfg(test)]
mod tests;

use askama::Template;
use jiff::Timestamp;

use crate::account::{AccountId, OrgId};
use crate::assessment::Assessment;

pub use attachment::{
    AttachedFile, AttachmentChoice, COMPRESSED_ATTACHMENT_LIMIT_BYTES, PLAIN_ATTACHMENT_LIMIT_BYTES, attachment,
};
pub use coverage::Coverage;
pub use thread::thread_id;
pub use wanted::is_wanted;

use fit::fit;
use headline::Tone;
use view::{Shown, View};

/// The HTML is never larger. Gmail shows 102 KB of a mail and hides the rest behind a link.
pub const HTML_LIMIT_BYTES: usize = 100_000;

/// Longest name shown. AWS allows 50 characters for an account and 64 for a user.
const NAME_CHARACTERS: usize = 64;

/// Longest detail shown: error messages may be long, and the ledger has them whole.
const DETAIL_CHARACTERS: usize = 240;

/// Longest reason shown why changes are not known.
const REASON_CHARACTERS: usize = 300;

/// What a digest is made of: one Organization, or a report of which no more is known.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationDigest<'a> {
    /// The Organization, where it is known.
    pub org_id: Option<&'a OrgId>,
    /// Its management account, where it is known.
    pub management_account: Option<AccountId>,
    /// The run's time, which the report's name carries too.
    pub scheduled_time: Timestamp,
    /// Which accounts were read.
    pub coverage: Coverage<'a>,
    /// The findings.
    pub assessment: &'a Assessment,
    /// Where the findings lie. None here and in the next three: a run could not write it, or, where the coverage is that
    /// of a report alone, there is none.
    pub findings_location: Option<&'a str>,
    /// Where the report page lies.
    pub page_location: Option<&'a str>,
    /// Where the merged report lies.
    pub report_location: Option<&'a str>,
    /// Where the coverage ledger lies.
    pub coverage_location: Option<&'a str>,
    /// The host of the AWS console, for links to what lies in S3; none where nothing does.
    pub console: Option<&'a str>,
    /// What goes with the mail; none where it is not mailed.
    pub attachment: Option<&'a AttachmentChoice>,
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

/// Makes the digest of one Organization, or of a report alone.
///
/// # Errors
/// A template cannot be filled in, which only a lack of memory would cause.
pub fn render(organization: &OrganizationDigest<'_>) -> Result<Digest, DigestError> {
    let view = View::of(organization);
    let html = |lengths| HtmlPage { view: &view, shown: &view.show(lengths) }.render();
    let lengths = fit(fit::Lengths::most(), |lengths| html(lengths).map(|html| html.len() <= HTML_LIMIT_BYTES))?;
    let text = TextPage { view: &view, shown: &view.show(lengths) }.render()?;
    Ok(Digest { html: html(lengths)?, text: text::wrap(&text), subject: view.subject })
}

#[derive(Template)]
#[template(path = "digest.html")]
struct HtmlPage<'a> {
    view: &'a View,
    shown: &'a Shown<'a>,
}

#[derive(Template)]
#[template(path = "digest.txt")]
struct TextPage<'a> {
    view: &'a View,
    shown: &'a Shown<'a>,
}
