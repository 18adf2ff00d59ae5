//! The findings of one Organization: from its merged report, against those of the run before, written in every form.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::TempDir;
use tokio::time::timeout_at;

use super::before::Earlier;
use crate::account::Organization;
use crate::assessment::{
    AssessedRow, Assessment, AssessmentError, Assessor, Before, Coverage, Criteria, FindingLines, Reading, Sink,
};
use crate::config::FormulaGuard;
use crate::error::{StoreError, chain};
use crate::exemption::Exemptions;
use crate::finding::Finding;
use crate::findings_format::{FindingsTable, JsonLines, OcsfEvents};
use crate::jobs::Run;
use crate::jobs::publish::{CSV, JSON, Publication, create, create_until, log_not_written, patiently, tidy_up};
use crate::names::{Edition, findings, findings_csv, findings_ocsf, findings_trend, report_page};
use crate::ports::{Body, ReportStore};
use crate::report_page::{PageEnd, PageHead, ReportPage};
use crate::scan::give_way;
use crate::summary::AccountSums;
use crate::trend::{Trend, TrendRun};

/// The media type of JSON lines.
const JSON_LINES: &str = "application/x-ndjson";

/// The media type of the page.
const HTML: &str = "text/html; charset=utf-8";

/// Rows that are assessed before the requests of other Organizations get their turn: a few milliseconds.
const ROWS_AT_A_TIME: usize = 2_000;

/// A merged report to find in.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) organization: &'a Organization,
    pub(super) publication: &'a Publication<'a>,
    pub(super) report: &'a Path,
    pub(super) coverage: Coverage,
    pub(super) accounts: AccountSums,
    /// Where report and ledger lie. Findings are written where both are: without them, the next delivery of the event makes
    /// another report, and findings of its own.
    pub(super) places: [Option<String>; 2],
    /// Whether the run may become the newest.
    pub(super) newest: bool,
}

/// What was found, and where it lies.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) assessment: Assessment,
    /// The findings as JSON lines.
    pub(super) location: Option<String>,
    pub(super) page: Option<String>,
    pub(super) warnings: Vec<String>,
    /// Whether all was read that it needs, and all of it written.
    pub(super) complete: bool,
    /// How many objects could not be.
    pub(super) undelivered: u64,
    /// Holds findings and page.
    folder: TempDir,
    trend: Trend,
    is_written: bool,
    newest: bool,
}

/// The names of the files in their temporary folder.
const FINDINGS_FILE: &str = "findings.jsonl";
const PAGE_FILE: &str = "page.html";
const TABLE_FILE: &str = "findings.csv";
const OCSF_FILE: &str = "findings.ocsf.jsonl";

/// Findings and page, written as they are found.
struct Files {
    findings: JsonLines<BufWriter<File>>,
    page: ReportPage<BufWriter<File>>,
}

impl Sink for Files {
    fn row(&mut self, row: &AssessedRow<'_>) -> io::Result<()> {
        self.page.row(row)
    }

    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.findings.finding(finding)
    }
}

impl Files {
    fn create(folder: &Path, run: &Run<'_>, organization: &Organization) -> io::Result<Self> {
        let account = organization.management_account.to_string();
        let head = PageHead {
            org_id: Some(organization.id.as_str()),
            management_account: Some(&account),
            time: run.scheduled_time,
        };
        Ok(Self {
            findings: JsonLines::new(file_in(folder, FINDINGS_FILE)?),
            page: ReportPage::new(file_in(folder, PAGE_FILE)?, &head)?,
        })
    }

    fn finish(self, end: &PageEnd<'_>) -> io::Result<()> {
        self.findings.finish()?.flush()?;
        self.page.finish(end)?.flush()
    }
}

fn file_in(folder: &Path, name: &str) -> io::Result<BufWriter<File>> {
    File::create(folder.join(name)).map(BufWriter::new)
}

/// Finds, and writes under this run's names what the digest speaks of: the findings and the page.
///
/// # Errors
/// Why there are no findings, as a sentence fragment.
pub(super) async fn find<S: ReportStore>(
    store: &S,
    run: &Run<'_>,
    subject: Subject<'_>,
    exemptions: Option<&mut Exemptions>,
) -> Result<Found, String> {
    let earlier = Earlier::look(store, run, subject.publication).await;
    let newest = subject.newest && earlier.may_be_newest;
    let Earlier { before, mut trend, warnings, is_readable, .. } = earlier;
    let folder = tempfile::tempdir().map_err(|error| format!("the temporary folder cannot be used: {error}"))?;
    // Boxed, since the writers of every form would make the run's future large.
    let assessing = Box::pin(assess(store, run, &subject, before, exemptions, &mut trend, folder.path()));
    // Without a limit the assessment of a large report could outlive the process, and the answer with it.
    let assessed = match run.last_findings_write() {
        None => assessing.await,
        Some(last) => timeout_at(last, assessing).await.map_err(|_elapsed| "the deadline came first".to_owned())?,
    };
    let mut found = Found {
        assessment: assessed.map_err(|error| chain(&error))?,
        location: None,
        page: None,
        warnings,
        // What is not known of earlier runs keeps the newest findings from being those of this one.
        complete: is_readable,
        undelivered: 0,
        folder,
        trend,
        is_written: subject.places.iter().all(Option::is_some),
        newest,
    };
    if !found.is_written {
        return Ok(found);
    }
    let account = subject.publication.management_account;
    let own = Edition::Of(subject.publication.time_stamp);
    for (name, content_type, file) in
        [(findings(account, own), JSON_LINES, FINDINGS_FILE), (report_page(account, own), HTML, PAGE_FILE)]
    {
        let path = found.folder.path().join(file);
        let until = run.last_findings_write();
        let written = create_until(until, store, &name, content_type, Body::File(&path)).await;
        if found.note(store, &name, &written) {
            let place = if file == PAGE_FILE { &mut found.page } else { &mut found.location };
            *place = Some(store.location(&name));
        }
    }
    Ok(found)
}

impl Found {
    /// Writes what nobody waits for: the other forms of the findings, and then all of it as the newest.
    pub(super) async fn write_rest<S: ReportStore>(&mut self, store: &S, run: &Run<'_>, publication: &Publication<'_>) {
        if !self.is_written {
            return;
        }
        let account = publication.management_account;
        let own = Edition::Of(publication.time_stamp);
        // What the next run compares with is a run that can be looked up.
        let newest = self.newest && self.location.is_some();
        if newest && self.replace(store, run, &findings(account, Edition::Latest), JSON_LINES, FINDINGS_FILE).await {
            // Right after them, since it says of which time they are. What is written after it and cut off is written by the
            // next delivery of the event.
            let name = findings_trend(account);
            let content = serde_json::to_vec(&self.trend).unwrap_or_default();
            let written = patiently(run, || store.replace(&name, JSON, Body::Bytes(&content))).await;
            self.note(store, &name, &written);
        }
        if newest && self.page.is_some() {
            self.replace(store, run, &report_page(account, Edition::Latest), HTML, PAGE_FILE).await;
        }
        for (content_type, file) in [(CSV, TABLE_FILE), (JSON_LINES, OCSF_FILE)] {
            let name = |edition| match file {
                TABLE_FILE => findings_csv(account, edition),
                _ => findings_ocsf(account, edition),
            };
            let path = self.folder.path().join(file);
            let made = if file == TABLE_FILE { self.table(run).await } else { self.ocsf(run).await };
            if let Err(error) = made {
                self.note(store, &name(own), &Err(StoreError::Folder(error)));
                continue;
            }
            let written = create(store, run, &name(own), content_type, Body::File(&path)).await;
            if self.note(store, &name(own), &written) && newest {
                self.replace(store, run, &name(Edition::Latest), content_type, file).await;
            }
            // The temporary folder is for all Organizations.
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::debug!("{file} stays until the run ends: {error}");
            }
        }
        tidy_up(store, run).await;
    }

    async fn replace<S: ReportStore>(
        &mut self,
        store: &S,
        run: &Run<'_>,
        name: &str,
        content_type: &str,
        file: &str,
    ) -> bool {
        let path = self.folder.path().join(file);
        let written = patiently(run, || store.replace(name, content_type, Body::File(&path))).await;
        self.note(store, name, &written)
    }

    async fn table(&self, run: &Run<'_>) -> io::Result<()> {
        let guard = run.config.formula_guard == FormulaGuard::All;
        let mut table = FindingsTable::new(file_in(self.folder.path(), TABLE_FILE)?, guard)?;
        self.each_finding(&mut table).await?;
        table.finish()?.flush()
    }

    async fn ocsf(&self, run: &Run<'_>) -> io::Result<()> {
        let file = file_in(self.folder.path(), OCSF_FILE)?;
        let mut events = OcsfEvents::new(file, run.scheduled_time, run.config.audit.cis_version);
        self.each_finding(&mut events).await?;
        events.finish()?.flush()
    }

    /// Gives every finding to a form of them, while other Organizations go on.
    async fn each_finding(&self, sink: &mut dyn Sink) -> io::Result<()> {
        let mut lines = FindingLines::open(&self.folder.path().join(FINDINGS_FILE)).map_err(io::Error::other)?;
        let mut read = 0;
        while let Some(finding) = lines.read().map_err(io::Error::other)? {
            sink.finding(&finding)?;
            read += 1;
            if read % ROWS_AT_A_TIME == 0 {
                give_way().await;
            }
        }
        Ok(())
    }

    /// Takes in what became of an object.
    fn note<S: ReportStore>(&mut self, store: &S, name: &str, written: &Result<(), StoreError>) -> bool {
        if let Err(error) = written {
            self.warnings.push(log_not_written(&store.location(name), error));
            self.complete = false;
            self.undelivered += 1;
        }
        written.is_ok()
    }
}

/// Assesses the report, with findings and page in files of the folder, and adds the run to the trend.
async fn assess<S: ReportStore>(
    store: &S,
    run: &Run<'_>,
    subject: &Subject<'_>,
    before: Before,
    exemptions: Option<&mut Exemptions>,
    trend: &mut Trend,
    folder: &Path,
) -> Result<Assessment, AssessmentError> {
    let mut files = Files::create(folder, run, subject.organization)?;
    let mut assessor = Assessor::new(Criteria::of(&run.config.audit, run.scheduled_time), before, exemptions);
    let is_guarded = run.config.formula_guard == FormulaGuard::All;
    let mut reading = Reading::begin(File::open(subject.report)?)?.guarded(is_guarded);
    while assessor.read_some(&mut reading, ROWS_AT_A_TIME, &mut files)? {
        give_way().await;
    }
    let mut ending = assessor.end(subject.coverage.clone())?;
    while ending.read_some(ROWS_AT_A_TIME, &mut files)? {
        give_way().await;
    }
    let assessment = ending.conclude();
    trend.add(TrendRun::of(&assessment));
    let own = Edition::Of(subject.publication.time_stamp);
    let account = subject.publication.management_account;
    let [report, coverage] = subject.places.clone();
    let links: Vec<(String, String)> = [
        ("Merged credential report", report),
        ("Coverage ledger", coverage),
        ("Findings as a table", Some(store.location(&findings_csv(account, own)))),
        ("Findings as JSON lines", Some(store.location(&findings(account, own)))),
    ]
    .into_iter()
    .filter_map(|(label, place)| place.map(|place| (label.to_owned(), place)))
    .collect();
    files.finish(&PageEnd { assessment: &assessment, trend, coverage: Some(subject.accounts), links: &links })?;
    Ok(assessment)
}
