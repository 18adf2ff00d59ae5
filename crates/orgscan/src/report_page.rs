//! The report page: one HTML file that needs nothing else.
//!
//! What was found is told in HTML, charts' numbers included, so that it can be read without its script. The script draws
//! the charts from these numbers and shows the table of all credentials, whose rows lie in the page compressed.
//!
//! The page is written as its rows come: a block of them is in memory, and a few numbers per account. What comes from AWS
//! stands in the page as text that the template engine escaped or as base64, and a content security policy lets nothing
//! run but the script that was built with it, and lets that make no request.

mod rows;
mod sums;
#[cfg(test)]
mod tests;
mod view;
mod wording;

use std::io::{self, Write};

use askama::Template;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD};
use base64::write::EncoderWriter;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use crate::assessment::{AssessedRow, Assessment, Sink};
use crate::gzip::encoder;
use crate::summary::AccountSums;
use crate::trend::Trend;

use rows::{Block, Legend};
use sums::{AccountTable, KeyAges};
use view::{Caption, MainView, RowSums};

/// Rows that the page's table has room for. A browser holds them all, some 100 bytes each; what is more is counted, and
/// is in the CSV.
pub const TABLE_ROW_LIMIT: u64 = 250_000;

/// How the label of a link to every finding begins: only where there is one does the page refer to it.
pub const FINDINGS_LABEL: &str = "Findings";

/// Rows that are written together: enough to compress well.
const BLOCK_ROWS: usize = 2_000;

/// The page's script and style, and what its content security policy says of them. `page/build.mjs` makes all three.
const SCRIPT: &str = include_str!("../assets/page.js");
const STYLE: &str = include_str!("../assets/page.css");
const SOURCES: &str = include_str!("../assets/page.csp");

/// What is known of a report before its first row.
#[derive(Debug, Clone, Copy)]
pub struct PageHead<'a> {
    /// The Organization; none where only reports are known.
    pub org_id: Option<&'a str>,
    /// Its management account.
    pub management_account: Option<&'a str>,
    /// The time that ages are counted from.
    pub time: Timestamp,
}

/// What is known of a report after its last row.
#[derive(Debug, Clone, Copy)]
pub struct PageEnd<'a> {
    /// What the report amounts to.
    pub assessment: &'a Assessment,
    /// The runs whose findings are known, this one included.
    pub trend: &'a Trend,
    /// The Organization's accounts by what became of them; none where only reports are known.
    pub coverage: Option<AccountSums>,
    /// What else there is and where it lies: label and place. Files whose label begins with [`FINDINGS_LABEL`] have every finding.
    pub links: &'a [(String, String)],
}

/// Writes the page while its rows come.
///
/// The same input gives the same bytes.
pub struct ReportPage<W: Write> {
    /// Rows go through compression and base64 into the page.
    to: GzEncoder<EncoderWriter<'static, GeneralPurpose, W>>,
    caption: Caption,
    block: Block,
    accounts: AccountTable,
    ages: KeyAges,
    time: Timestamp,
    row_limit: u64,
    rows: u64,
}

/// Shows counts only: what waits to be written has names.
impl<W: Write> std::fmt::Debug for ReportPage<W> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ReportPage").field("rows", &self.rows).finish_non_exhaustive()
    }
}

#[derive(Template)]
#[template(path = "report_page/head.html")]
struct HeadPart<'a> {
    caption: &'a Caption,
    sources: &'a str,
    style: &'a str,
}

#[derive(Template)]
#[template(path = "report_page/main.html")]
struct MainPart<'a> {
    view: &'a MainView,
    script: &'a str,
}

impl<W: Write> ReportPage<W> {
    /// Begins the page.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(to: W, head: &PageHead<'_>) -> io::Result<Self> {
        Self::with_row_limit(to, head, TABLE_ROW_LIMIT)
    }

    fn with_row_limit(mut to: W, head: &PageHead<'_>, row_limit: u64) -> io::Result<Self> {
        let caption = Caption::of(head);
        let part = HeadPart { caption: &caption, sources: SOURCES.trim_end(), style: STYLE };
        to.write_all(part.render().map_err(io::Error::other)?.as_bytes())?;
        let mut to = encoder(EncoderWriter::new(to, &STANDARD));
        write_line(&mut to, &Legend::default())?;
        Ok(Self {
            to,
            caption,
            block: Block::default(),
            accounts: AccountTable::default(),
            ages: KeyAges::default(),
            time: head.time,
            row_limit,
            rows: 0,
        })
    }

    /// Ends the page.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(mut self, end: &PageEnd<'_>) -> io::Result<W> {
        self.write_block()?;
        let mut to = self.to.finish()?.finish()?;
        let in_table = self.rows.min(self.row_limit);
        let rows = RowSums { in_table, left_out: self.rows - in_table };
        let view = MainView::of(self.caption, end, &self.accounts, &self.ages, rows);
        let part = MainPart { view: &view, script: SCRIPT };
        to.write_all(part.render().map_err(io::Error::other)?.as_bytes())?;
        to.flush()?;
        Ok(to)
    }

    fn write_block(&mut self) -> io::Result<()> {
        if self.block.is_empty() {
            return Ok(());
        }
        write_line(&mut self.to, &self.block)?;
        self.block.clear();
        Ok(())
    }
}

impl<W: Write> Sink for ReportPage<W> {
    fn row(&mut self, row: &AssessedRow<'_>) -> io::Result<()> {
        let account = self.accounts.count(row);
        self.ages.count(&row.row, self.time);
        self.rows += 1;
        if self.rows > self.row_limit {
            return Ok(());
        }
        self.block.add(row, account, self.time);
        if self.block.len() == BLOCK_ROWS { self.write_block() } else { Ok(()) }
    }
}

/// A value as JSON on a line of its own.
fn write_line(to: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *to, value)?;
    to.write_all(b"\n")
}
