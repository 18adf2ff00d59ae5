//! Writing a report and its ledger: the run's own objects first, once and for all, then the newest ones.

use std::time::Duration;

use tokio::time::Instant;

use super::Run;
use crate::account::AccountId;
use crate::backoff::Backoff;
use crate::error::{RunError, StoreError};
use crate::names::{Edition, Report};
use crate::ports::{Body, ReportStore};

/// The media type of every table.
pub(super) const CSV: &str = "text/csv; charset=utf-8";

/// The media type of what later runs read.
pub(super) const JSON: &str = "application/json";

/// A store that does not answer is asked again for about a minute: the sweep behind it is not repeated for it.
const STORE_ATTEMPTS: u32 = 10;
const STORE_WAITS: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));

/// How often, and with what pauses, a ledger is looked for that another delivery may be about to write.
const OTHER_DELIVERY_LOOKS: u32 = 4;
const OTHER_DELIVERY_PAUSE: Duration = Duration::from_secs(1);

/// For a read of what an earlier run left.
const LONGEST_READ: Duration = Duration::from_secs(30);

/// Part of what is kept for the answer after the last write.
const TIDY_UP_TIME: Duration = Duration::from_millis(250);

/// What is published: one Organization's report of one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Publication<'a> {
    pub(super) report: Report,
    pub(super) management_account: AccountId,
    pub(super) time_stamp: &'a str,
}

impl Publication<'_> {
    pub(super) fn csv(&self) -> String {
        self.report.csv(self.management_account, Edition::Of(self.time_stamp))
    }

    pub(super) fn coverage_csv(&self) -> String {
        self.report.coverage_csv(self.management_account, Edition::Of(self.time_stamp))
    }

    pub(super) fn latest_csv(&self) -> String {
        self.report.csv(self.management_account, Edition::Latest)
    }

    pub(super) fn latest_coverage_csv(&self) -> String {
        self.report.coverage_csv(self.management_account, Edition::Latest)
    }

    /// What is said of a report that is not published as the newest.
    pub(super) fn not_newest(&self, problem: &str) -> String {
        format!("{}: {problem}; the newest report is left as it was", self.management_account)
    }
}

/// Where things lie now, and what could not be written.
#[derive(Debug, Default)]
pub(super) struct Published {
    pub(super) report: Option<String>,
    pub(super) coverage: Option<String>,
    problems: Vec<(String, StoreError)>,
}

impl Published {
    /// What is there already.
    pub(super) fn found(report: String, coverage: String) -> Self {
        Self { report: Some(report), coverage: Some(coverage), problems: Vec::new() }
    }

    /// A report that could not even be made.
    pub(super) fn failed(publication: &Publication<'_>, error: std::io::Error) -> Self {
        Self { problems: vec![(publication.csv(), StoreError::Folder(error))], ..Self::default() }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.problems.is_empty()
    }

    /// What could not be written, a sentence each.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        self.problems
            .iter()
            .map(|(object, error)| format!("{object} could not be written: {}", crate::error::chain(error)))
    }

    /// Takes in what became of one more object.
    fn note<T>(&mut self, object: String, result: Result<T, StoreError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.could_not_write(object, error);
                None
            }
        }
    }

    /// Notes an object that is missing now.
    pub(super) fn could_not_write(&mut self, object: String, error: StoreError) {
        let why = crate::error::chain(&error);
        tracing::error!(object, error = why, "{object} could not be written: {why}");
        self.problems.push((object, error));
    }
}

/// Writes report and ledger under this run's names, and then, where `newest` says so, as the newest.
///
/// A report that is there already belongs to another delivery of the same event. With its ledger it is whole, and it is
/// what counts. Without one, that delivery ended between the two, and its report is replaced. A ledger without its report is
/// of a delivery that could not write it, and is replaced too: report and ledger are of one sweep.
pub(super) async fn publish<S: ReportStore>(
    store: &S,
    run: &Run<'_>,
    publication: &Publication<'_>,
    report: Body<'_>,
    ledger: &[u8],
    newest: bool,
) -> Published {
    let mut published = Published::default();
    let (csv, coverage) = (publication.csv(), publication.coverage_csv());
    let until = run.last_report_write();
    let written = match patiently_until(until, || store.create(&csv, CSV, report)).await {
        Err(error) if error.is_already_there() => {
            if other_delivery_ends(store, run, &coverage).await {
                return Published::found(store.location(&csv), store.location(&coverage));
            }
            patiently_until(until, || store.replace(&csv, CSV, report)).await
        }
        other => other,
    };
    published.report = published.note(csv.clone(), written).map(|()| store.location(&csv));
    // The ledger goes with the report that was written, whatever a delivery left that could not write its own.
    let written = if published.report.is_some() {
        patiently(run, || store.replace(&coverage, CSV, Body::Bytes(ledger))).await
    } else {
        create(store, run, &coverage, CSV, Body::Bytes(ledger)).await
    };
    published.coverage = published.note(coverage.clone(), written).map(|()| store.location(&coverage));
    if newest && published.is_complete() {
        let latest = publication.latest_csv();
        let written = patiently_until(until, || store.replace(&latest, CSV, report)).await;
        published.note(latest.clone(), written);
        let latest = publication.latest_coverage_csv();
        let written = patiently(run, || store.replace(&latest, CSV, Body::Bytes(ledger))).await;
        published.note(latest.clone(), written);
    }
    tidy_up(store).await;
    published
}

/// Lets the store end what was cut off, as far as there is time: the answer comes first.
pub(super) async fn tidy_up<S: ReportStore>(store: &S) {
    if tokio::time::timeout(TIDY_UP_TIME, store.tidy_up()).await.is_err() {
        tracing::warn!("there was no time to end what was half written; the bucket's lifecycle rule will");
    }
}

/// Whether the ledger of another delivery is there, or appears within moments.
async fn other_delivery_ends<S: ReportStore>(store: &S, run: &Run<'_>, coverage: &str) -> bool {
    for _ in 0..OTHER_DELIVERY_LOOKS {
        if soon(run, store.read(coverage)).await.is_ok() {
            return true;
        }
        tokio::time::sleep(OTHER_DELIVERY_PAUSE).await;
    }
    false
}

/// Creates an object; one that is there already is as good.
pub(super) async fn create<S: ReportStore>(
    store: &S,
    run: &Run<'_>,
    name: &str,
    content_type: &str,
    body: Body<'_>,
) -> Result<(), StoreError> {
    create_until(run.last_write(), store, name, content_type, body).await
}

/// The same with a time of its own.
pub(super) async fn create_until<S: ReportStore>(
    until: Option<Instant>,
    store: &S,
    name: &str,
    content_type: &str,
    body: Body<'_>,
) -> Result<(), StoreError> {
    match patiently_until(until, || store.create(name, content_type, body)).await {
        Err(error) if error.is_already_there() => Ok(()),
        other => other,
    }
}

/// Repeats what a store may do a little later, as long as the process lives.
pub(super) async fn patiently<T, F>(run: &Run<'_>, attempt: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    patiently_until(run.last_write(), attempt).await
}

async fn patiently_until<T, F>(until: Option<Instant>, mut attempt: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut failed = 0;
    loop {
        let error = match in_time(until, attempt()).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        failed += 1;
        let wait = STORE_WAITS.jittered(failed);
        let too_late = until.is_some_and(|last| Instant::now() + wait > last);
        if failed >= STORE_ATTEMPTS || too_late || !error.is_transient() {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
    }
}

/// One attempt, ended while there is still time to answer.
async fn in_time<T>(
    until: Option<Instant>,
    attempt: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match until {
        None => attempt.await,
        Some(last) => tokio::time::timeout_at(last, attempt).await.unwrap_or_else(|_elapsed| Err(too_slow())),
    }
}

/// A read that the run can do without, so that it is not waited for long.
pub(super) async fn soon<T>(run: &Run<'_>, read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(LONGEST_READ, in_time(run.last_write(), read)).await.unwrap_or_else(|_elapsed| Err(too_slow()))
}

fn too_slow() -> StoreError {
    StoreError::Folder(std::io::Error::new(std::io::ErrorKind::TimedOut, "it did not answer in time"))
}

/// A run that wrote nothing at all is lost, and must fail so that it is seen.
pub(super) fn nothing_written(all: Vec<Published>) -> Result<(), RunError> {
    if all.is_empty() || all.iter().any(|one| one.report.is_some() || one.coverage.is_some()) {
        return Ok(());
    }
    match all.into_iter().flat_map(|one| one.problems).next() {
        Some((object, source)) => Err(RunError::Store { object, source }),
        None => Ok(()),
    }
}
