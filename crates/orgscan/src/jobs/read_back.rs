//! A second delivery of the same event finds the first one's report, and answers with it instead of scanning again.

use tempfile::{NamedTempFile, TempPath};

use super::listing::LISTING_BROKE_OFF;
use super::publish::{Publication, Published, make_newest, soon, tidy_up};
use super::{INTERRUPT, NOT_NAMED, Run};
use crate::ledger::LedgerRow;
use crate::ports::{Body, ReportStore};
use crate::table;

/// What an earlier delivery of the same event left.
#[derive(Debug)]
pub(super) struct ReadBack {
    pub(super) ledger: Vec<LedgerRow>,
    /// The report.
    pub(super) report: TempPath,
    pub(super) published: Published,
    pub(super) warnings: Vec<String>,
    /// Whether it is of every account that this event asks for.
    pub(super) is_whole: bool,
}

/// Reads report and ledger of this event, where both are there. Only an event with a time of its own can be delivered
/// twice under the same names.
///
/// They become the newest ones where those that are there are older: the first delivery may have ended before it came to them.
pub(super) async fn read_back<S: ReportStore>(
    store: &S,
    run: &Run<'_>,
    publication: &Publication<'_>,
) -> Option<ReadBack> {
    if run.event.scheduled_time.is_none() || run.event.dry_run {
        return None;
    }
    // The ledger is written after the report, so where it is, the report is. Where they cannot be read the sweep is done
    // again, and publishing it finds out whether they are there.
    let ledger = soon(run, store.read(&publication.coverage_csv())).await.ok()?;
    let report = NamedTempFile::new().ok()?.into_temp_path();
    soon(run, store.read_to_file(&publication.csv(), &report)).await.ok()?;
    let rows = table::read_ledger(&ledger).ok()?;
    let report_location = store.location(&publication.csv());
    tracing::info!(
        object = report_location,
        "the report of this event is there already and is not made again: {report_location}"
    );
    let mut warnings = vec![format!(
        "{}: the report of this event was there already; it was not made again",
        publication.management_account
    )];
    let mut published = Published::found(report_location, store.location(&publication.coverage_csv()));
    let signs = [LISTING_BROKE_OFF, NOT_NAMED, INTERRUPT];
    let is_whole = !rows.iter().any(|row| signs.iter().any(|sign| row.detail.contains(sign)));
    if !is_whole && run.event.account_ids.is_none() {
        warnings.push(format!(
            "{}: the report that was there is not of every account; its ledger says why",
            publication.management_account
        ));
    }
    store.found_whole(&publication.csv(), Body::File(&report));
    if is_whole && run.may_be_newest() {
        make_newest(store, run, publication, &mut published, Body::File(&report), &ledger).await;
    }
    tidy_up(store, run).await;
    Some(ReadBack { ledger: rows, report, published, warnings, is_whole: is_whole || run.event.account_ids.is_some() })
}
