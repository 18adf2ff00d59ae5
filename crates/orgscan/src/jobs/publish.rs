//! Writing a report and its ledger: the run's own objects first, once and for all, then the newest ones.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Run;
use super::left_undone::LeftUndone;
use crate::account::AccountId;
use crate::advice::{self, with_advice};
use crate::backoff::Backoff;
use crate::error::{RunError, StoreError, chain};
use crate::names::{Edition, Report};
use crate::ports::{Body, ReportStore};
use crate::trend::to_the_second;

/// The media type of every table.
pub(super) const CSV: &str = "text/csv; charset=utf-8";

/// The media type of what later runs read.
pub(super) const JSON: &str = "application/json";

/// A store that does not answer is asked again for about a minute: the sweep behind it is not repeated for it.
const STORE_ATTEMPTS: u32 = 12;
const STORE_WAITS: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(10));

/// How often, and with what pauses, a ledger is looked for that another delivery may be about to write.
const OTHER_DELIVERY_LOOKS: u32 = 4;
const OTHER_DELIVERY_PAUSE: Duration = Duration::from_secs(1);

/// For a read of what an earlier run left.
const LONGEST_READ: Duration = Duration::from_secs(30);

/// For a look at an object, without its content.
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// The most that tidying up takes where there is time: nobody waits for a store that does not answer.
const LONGEST_TIDY_UP: Duration = Duration::from_secs(10);

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

    pub(super) fn unfinished_coverage_csv(&self) -> String {
        self.report.coverage_csv(self.management_account, Edition::Unfinished)
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

/// What else report and ledger are written as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Editions {
    /// Both, as the newest.
    pub(super) newest: bool,
    /// The ledger, for the next run: as what this one left undone, or in place of what an earlier one did.
    pub(super) unfinished: bool,
}

impl Editions {
    /// Those of a sweep that left something undone or not, after one that `had` or had not.
    pub(super) fn of(run: &Run<'_>, listed_all: bool, left: &LeftUndone, had: bool) -> Self {
        Self {
            newest: listed_all && run.may_be_newest(),
            unfinished: run.is_for_every_account() && (had || !left.is_nothing()),
        }
    }
}

/// Where things lie now, and what could not be written.
#[derive(Debug, Default)]
pub(super) struct Published {
    pub(super) report: Option<String>,
    pub(super) coverage: Option<String>,
    /// Whether the next run finds the ledger.
    pub(super) unfinished: bool,
    problems: Vec<(String, StoreError)>,
    /// What an operator should know besides, a sentence each.
    notes: Vec<String>,
}

impl Published {
    /// What is there already.
    pub(super) fn found(report: String, coverage: String) -> Self {
        Self { report: Some(report), coverage: Some(coverage), ..Self::default() }
    }

    /// A report that could not even be made.
    pub(super) fn failed(publication: &Publication<'_>, error: std::io::Error) -> Self {
        let mut published = Self::default();
        published.could_not_write(publication.csv(), StoreError::Folder(error));
        published
    }

    pub(super) fn is_complete(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many objects could not be written.
    pub(super) fn undelivered(&self) -> u64 {
        self.problems.len() as u64
    }

    /// What could not be written, a sentence each.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let problems = self.problems.iter().map(|(location, error)| not_written(location, error));
        problems.chain(self.notes.iter().cloned())
    }

    /// Takes in what became of one more object, and answers where it lies now.
    fn note<S: ReportStore>(&mut self, store: &S, name: &str, result: Result<(), StoreError>) -> Option<String> {
        let location = store.location(name);
        match result {
            Ok(()) => Some(location),
            Err(error) => {
                self.could_not_write(location, error);
                None
            }
        }
    }

    /// Notes an object that is missing now.
    pub(super) fn could_not_write(&mut self, location: String, error: StoreError) {
        log_not_written(&location, &error);
        self.problems.push((location, error));
    }
}

/// What is said of an object that could not be written.
pub(super) fn not_written(location: &str, error: &StoreError) -> String {
    format!("{location} could not be written: {}", with_advice(chain(error), advice::on_store(error)))
}

/// Says it in the log too, and answers what it said.
pub(super) fn log_not_written(location: &str, error: &StoreError) -> String {
    let problem = not_written(location, error);
    tracing::error!(object = location, error = chain(error), "{problem}");
    problem
}

/// Writes report and ledger under this run's names, and then as the other editions.
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
    editions: Editions,
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
    published.report = published.note(store, &csv, written);
    // The ledger goes with the report that was written, whatever a delivery left that could not write its own.
    let written = if published.report.is_some() {
        patiently(run, || store.replace(&coverage, CSV, Body::Bytes(ledger))).await
    } else {
        create(store, run, &coverage, CSV, Body::Bytes(ledger)).await
    };
    published.coverage = published.note(store, &coverage, written);
    let is_whole = published.is_complete();
    if editions.unfinished && published.coverage.is_some() {
        let unfinished = publication.unfinished_coverage_csv();
        let written = patiently(run, || store.replace(&unfinished, CSV, Body::Bytes(ledger))).await;
        published.unfinished = published.note(store, &unfinished, written).is_some();
    }
    if editions.newest && is_whole {
        make_newest(store, run, publication, &mut published, report, ledger).await;
    }
    tidy_up(store, run).await;
    published
}

/// Writes report and ledger as the newest ones, unless those that are there are of a later run: an event that is delivered
/// late is older than they are.
pub(super) async fn make_newest<S: ReportStore>(
    store: &S,
    run: &Run<'_>,
    publication: &Publication<'_>,
    published: &mut Published,
    report: Body<'_>,
    ledger: &[u8],
) {
    let name = publication.latest_csv();
    let time = to_the_second(run.scheduled_time);
    if is_of_later_run(store, run, &name, time).await {
        published.notes.push(publication.not_newest("the newest report is of a later event than this one"));
        return;
    }
    let written = patiently_until(run.last_report_write(), || store.replace_newest(&name, CSV, report, time)).await;
    published.note(store, &name, written);
    let name = publication.latest_coverage_csv();
    let written = patiently(run, || store.replace_newest(&name, CSV, Body::Bytes(ledger), time)).await;
    published.note(store, &name, written);
}

/// Whether the newest object is of a later run than this one, as far as that is known.
async fn is_of_later_run<S: ReportStore>(store: &S, run: &Run<'_>, name: &str, time: Timestamp) -> bool {
    // A run without a time of its own is of now, and nothing is later.
    if run.event.scheduled_time.is_none() {
        return false;
    }
    let looked = tokio::time::timeout(LONGEST_LOOK, soon(run, store.run_time_of(name))).await;
    match looked.unwrap_or_else(|_elapsed| Err(too_slow())) {
        // A time that has not come yet is somebody's mistake, and must not keep every run until then from being the newest.
        Ok(there) => there.is_some_and(|there| there > time && there <= run.now),
        Err(error) => {
            let why = chain(&error);
            tracing::warn!(object = name, "{name} is replaced without knowing of which time it is: {why}");
            false
        }
    }
}

/// Lets the store end what was left half done, as far as there is time: the answer comes first.
pub(super) async fn tidy_up<S: ReportStore>(store: &S, run: &Run<'_>) {
    // Part of what is kept for the answer is there after the last write too.
    let left = run.last_write().map_or(LONGEST_TIDY_UP, |last| last.saturating_duration_since(Instant::now()));
    if tokio::time::timeout(left.clamp(run.answer_reserve / 2, LONGEST_TIDY_UP), store.tidy_up()).await.is_err() {
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
        // At least half of each wait, so that an outage of half a minute is surely waited out.
        let wait = STORE_WAITS.half_jittered(failed);
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
    let longest = run.spare_time().map_or(LONGEST_READ, |spare| spare.min(LONGEST_READ));
    tokio::time::timeout(longest, read).await.unwrap_or_else(|_elapsed| Err(too_slow()))
}

/// What is said of a store that there was no time to wait for.
pub(super) fn too_slow() -> StoreError {
    StoreError::Folder(std::io::Error::new(std::io::ErrorKind::TimedOut, "it did not answer in time"))
}

/// A run that wrote nothing at all is lost, and must fail so that it is seen.
pub(super) fn nothing_written(all: Vec<Published>) -> Result<(), RunError> {
    if all.is_empty() || all.iter().any(|one| one.report.is_some() || one.coverage.is_some()) {
        return Ok(());
    }
    match all.into_iter().flat_map(|one| one.problems).next() {
        Some((location, source)) => Err(RunError::Store { location, advice: advice::on_store(&source), source }),
        None => Ok(()),
    }
}
