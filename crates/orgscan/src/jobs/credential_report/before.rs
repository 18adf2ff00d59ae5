//! What a run's findings are compared with: those of the newest run before it, as the store has them.

use std::path::Path;

use tempfile::{NamedTempFile, TempPath};

use crate::assessment::{Before, Change, FindingLines, LoadingBefore, Unusable};
use crate::error::{StoreError, chain};
use crate::finding::Status;
use crate::jobs::Run;
use crate::jobs::publish::{Publication, soon};
use crate::names::{Edition, findings, findings_trend};
use crate::ports::ReportStore;
use crate::scan::give_way;
use crate::trend::{Trend, to_the_second};

/// Findings that are read before the requests of other Organizations get their turn: a few milliseconds.
const LINES_AT_A_TIME: usize = 2_000;

/// What the store has of earlier runs.
#[derive(Debug)]
pub(super) struct Earlier {
    /// The findings to compare with.
    pub(super) before: Before,
    /// Every run that is known, without this one.
    pub(super) trend: Trend,
    /// Whether no run that is known is newer, so that this one may become the newest, or is it in part already.
    pub(super) may_be_newest: bool,
    /// Whether what is kept of earlier runs could be read, also where there is nothing.
    pub(super) is_readable: bool,
    /// What could not be read, a sentence each.
    pub(super) warnings: Vec<String>,
    /// Holds the file that `before` reads.
    _findings: Option<TempPath>,
}

impl Earlier {
    /// Looks for them. Whatever is missing or broken makes the change unknown and stops nothing.
    pub(super) async fn look<S: ReportStore>(store: &S, run: &Run<'_>, publication: &Publication<'_>) -> Self {
        let account = publication.management_account;
        let now = to_the_second(run.scheduled_time);
        let mut warnings = Vec::new();
        let trend_name = findings_trend(account);
        let (trend, had_runs, is_readable) = match soon(run, store.read(&trend_name)).await {
            Ok(content) => match serde_json::from_slice::<Trend>(&content) {
                Ok(trend) => (trend, true, true),
                Err(error) => {
                    warnings.push(format!("{account}: {trend_name} is broken and begins anew: {error}"));
                    (Trend::default(), true, true)
                }
            },
            Err(error) if error.is_absent() => (Trend::default(), false, true),
            // What cannot be read now is not lost, and must not be written over.
            Err(error) => {
                warnings.push(format!(
                    "{account}: {trend_name} cannot be read, so the newest findings are left as they were: {}",
                    chain(&error)
                ));
                (Trend::default(), true, false)
            }
        };
        // Only an event with a time of its own can be delivered twice.
        let own = match run.event.scheduled_time {
            Some(_) => fetch(store, run, &findings(account, Edition::Of(publication.time_stamp))).await.map(Some),
            None => Ok(None),
        };
        let own = match own {
            Err(error) if error.is_absent() => Ok(None),
            other => other,
        };
        let is_repeated = matches!(own, Ok(Some(_)));
        let is_readable = is_readable && own.is_ok();
        let may_be_newest =
            is_readable && trend.newest().is_none_or(|newest| newest < now || (newest == now && is_repeated));
        let (before, kept) = match own {
            Ok(Some(own)) => (of_same_run(&own, &trend, run).await, Some(own)),
            Ok(None) => newest(store, run, publication, &trend, had_runs).await,
            Err(error) => (Err(format!("this run's own findings cannot be read: {}", chain(&error))), None),
        };
        let before = before.unwrap_or_else(Before::unknown);
        if let Change::Unknown(why) = before.change() {
            warnings.push(format!("{account}: what changed since the run before is not known: {why}"));
        }
        Self { before, trend, may_be_newest, is_readable, warnings, _findings: kept }
    }
}

/// The newest findings there are, of an earlier run; or why there are none to compare with.
async fn newest<S: ReportStore>(
    store: &S,
    run: &Run<'_>,
    publication: &Publication<'_>,
    trend: &Trend,
    had_runs: bool,
) -> (Result<Before, String>, Option<TempPath>) {
    let name = findings(publication.management_account, Edition::Latest);
    if trend.newest().is_some_and(|newest| newest >= to_the_second(run.scheduled_time)) {
        return (Err("the findings of a run that is not older are there already".to_owned()), None);
    }
    match fetch(store, run, &name).await {
        Ok(file) => (load(LoadingBefore::run(&file, trend.newest())).await, Some(file)),
        Err(error) if error.is_absent() && had_runs => {
            (Err(format!("there were runs before, and {name} is missing")), None)
        }
        Err(error) if error.is_absent() => (Ok(Before::first()), None),
        Err(error) => (Err(format!("{name} cannot be read: {}", chain(&error))), None),
    }
}

/// What an earlier delivery of the same event found.
async fn of_same_run(own: &Path, trend: &Trend, run: &Run<'_>) -> Result<Before, String> {
    let change = change_of_same_run(own, trend, run).await.map_err(|error| chain(&error))?;
    load(LoadingBefore::same_run(own, change)).await
}

/// Reads findings while other Organizations go on.
async fn load(loading: Result<LoadingBefore, Unusable>) -> Result<Before, String> {
    let mut loading = loading.map_err(|error| chain(&error))?;
    while loading.read_some(LINES_AT_A_TIME).map_err(|error| chain(&error))? {
        give_way().await;
    }
    Ok(loading.end())
}

/// How an earlier delivery of the same event compared its findings. The trend tells; that is written last, and only of runs
/// that become the newest, so where it does not the findings themselves have to. What neither tells is not known: to say that
/// nothing changed would be worse.
async fn change_of_same_run(own: &Path, trend: &Trend, run: &Run<'_>) -> Result<Change, Unusable> {
    let now = to_the_second(run.scheduled_time);
    let before = trend.runs.iter().filter(|one| one.time < now).map(|one| one.time).max();
    let unknown = Change::Unknown("an earlier delivery of this event did not know it".to_owned());
    let Some(before) = before else {
        // In a first run no finding is open or gone: all are new.
        if has_any(own, |status| status == Status::Resolved).await? {
            return Ok(Change::Since(None));
        }
        let is_first = !has_any(own, |status| status == Status::Open).await?;
        return Ok(if is_first { Change::First } else { unknown });
    };
    let was_compared = match trend.runs.iter().find(|one| one.time == now) {
        Some(own) => own.new.is_some(),
        None => has_any(own, |status| matches!(status, Status::New | Status::Resolved)).await?,
    };
    Ok(if was_compared { Change::Since(Some(before)) } else { unknown })
}

/// Whether a file of findings has any of such a status.
async fn has_any(findings: &Path, wanted: impl Fn(Status) -> bool) -> Result<bool, Unusable> {
    let mut lines = FindingLines::open(findings)?;
    let mut read = 0;
    while let Some(finding) = lines.read()? {
        if wanted(finding.status) {
            return Ok(true);
        }
        read += 1;
        if read % LINES_AT_A_TIME == 0 {
            give_way().await;
        }
    }
    Ok(false)
}

async fn fetch<S: ReportStore>(store: &S, run: &Run<'_>, name: &str) -> Result<TempPath, StoreError> {
    let path = NamedTempFile::new().map_err(StoreError::Folder)?.into_temp_path();
    soon(run, store.read_to_file(name, &path)).await?;
    Ok(path)
}
