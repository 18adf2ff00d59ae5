//! The sweep over one Organization: lists its accounts, visits each as soon as it is listed, and ends with one ledger row
//! per account, whatever happened.

use std::future::Future;
use std::time::Duration;

use futures::stream;
use jiff::Timestamp;
use tracing::Instrument;

use super::Run;
use super::first_in_turn::FirstInTurn;
use super::left_undone::LeftUndone;
use super::listing::{LISTING_BROKE_OFF, Listed, Listing};
use super::organizations::OrganizationToScan;
use crate::account::{Account, AccountId, AccountState};
use crate::error::{CallError, CallErrorKind};
use crate::ledger::{LedgerRow, Outcome, Sum};
use crate::ports::Organizations;
use crate::scan::{self, Limits, Visited, scan};

/// What a probe learnt about an account.
#[derive(Debug, Clone)]
pub(super) struct Probed<P> {
    pub(super) outcome: Outcome,
    /// What goes into the report.
    pub(super) found: Option<P>,
    pub(super) report_generated_time: Option<Timestamp>,
    pub(super) regions_denied: Vec<String>,
    pub(super) regions_not_enabled: Vec<String>,
    /// Sentence fragments for the ledger.
    pub(super) details: Vec<String>,
    /// Whether some of it failed in a way that may pass.
    pub(super) may_do_better: bool,
}

impl<P> Probed<P> {
    /// An account that is covered.
    pub(super) fn reported(found: P) -> Self {
        Self { found: Some(found), ..Self::without_report(Outcome::Reported, Vec::new()) }
    }

    /// An account of which nothing could be learnt.
    pub(super) fn without_report(outcome: Outcome, details: Vec<String>) -> Self {
        Self {
            outcome,
            found: None,
            report_generated_time: None,
            regions_denied: Vec::new(),
            regions_not_enabled: Vec::new(),
            details,
            may_do_better: false,
        }
    }

    /// An account whose probe failed with a call.
    pub(super) fn failed(error: &CallError) -> Self {
        Self::without_report(outcome_of(error), vec![error.chain()])
    }

    /// An account whose role could not be assumed.
    pub(super) fn not_entered(error: &CallError) -> Self {
        let outcome = match error.kind {
            CallErrorKind::Denied => Outcome::AssumeDenied,
            _ => outcome_of(error),
        };
        Self::without_report(outcome, vec![error.chain()])
    }
}

/// What a failed call makes of its account.
pub(super) fn outcome_of(error: &CallError) -> Outcome {
    match error.kind {
        // IAM answers credentials it does not know as it answers a missing right: neither goes away by itself.
        CallErrorKind::Denied | CallErrorKind::RegionNotEnabled => Outcome::Denied,
        CallErrorKind::Throttled => Outcome::Throttled,
        _ => Outcome::ServiceError,
    }
}

/// One account after the sweep.
#[derive(Debug)]
pub(super) struct Swept<P> {
    pub(super) row: LedgerRow,
    pub(super) found: Option<P>,
    /// Whether another visit may learn more.
    may_do_better: bool,
}

/// All accounts of an Organization after the sweep: the management account first, then by id.
#[derive(Debug)]
pub(super) struct SweptOrganization<P> {
    pub(super) accounts: Vec<Swept<P>>,
    /// Why the listing did not come to its end; none where it did.
    pub(super) listing_problem: Option<String>,
    /// Whether the run before had left something undone.
    pub(super) had_left_undone: bool,
}

impl<P> SweptOrganization<P> {
    /// The accounts, and what kept the listing from its end where something did.
    ///
    /// # Errors
    /// Why not one account was listed.
    pub(super) fn listed(self) -> Result<(Vec<Swept<P>>, Option<String>), String> {
        match self.listing_problem {
            Some(problem) if self.accounts.is_empty() => Err(problem),
            problem => Ok((self.accounts, problem)),
        }
    }
}

/// Whether and why an account is not visited.
enum Turn {
    Visit,
    Skip(Outcome, Vec<String>),
}

/// Sweeps one Organization: `probe` visits an account. `listed` is told of every account. Those that the run `before` left
/// come first.
pub(super) async fn sweep<W, P, V, F>(
    world: &W,
    run: &Run<'_>,
    limits: &Limits,
    scanned: &OrganizationToScan<W::Session>,
    listed: Option<Listed>,
    before: impl Future<Output = Option<LeftUndone>>,
    probe: V,
) -> SweptOrganization<P>
where
    W: Organizations,
    P: Clone,
    V: Fn(Account) -> F,
    F: Future<Output = Probed<P>>,
{
    let org_id = &scanned.organization.id;
    let listing = Listing::default();
    let visit = |account: Account| {
        let turn = turn(run, &account);
        let span = tracing::info_span!("account", account.id = %account.id, org.id = %org_id);
        let visited = match turn {
            Turn::Skip(outcome, details) => {
                futures::future::Either::Left(async move { Probed::without_report(outcome, details) })
            }
            // Boxed: a future that is moved into another one takes its place twice, in thousands of visits.
            Turn::Visit => futures::future::Either::Right(Box::pin(probe(account))),
        };
        async move {
            // However the visit ends, it is counted: one that is cut off is dropped here.
            let mut counted = Counted { run, failed: true };
            let probed = visited.await;
            counted.failed = probed.outcome.sum() == Sum::Failed;
            probed
        }
        .instrument(span)
    };
    let turns = FirstInTurn::default();
    let in_turn = turns.order(listing.accounts(world, run, &scanned.session, listed), before, |account| {
        matches!(turn(run, account), Turn::Visit)
    });
    let first = scan(in_turn, limits, visit).await;
    let listing_problem = listing
        .problem
        .take()
        .or_else(|| (!turns.listing_ended()).then(|| format!("{LISTING_BROKE_OFF}: {} came first", run.cut_reason())));
    let had_left_undone = turns.had_something();

    let visited = first.visited.into_iter().chain(turns.rest().map(Visited::not_reached));
    let mut accounts: Vec<Swept<P>> = visited.map(|visited| swept(run, scanned, visited, 1)).collect();
    listing.end(run);
    second_pass(run, limits, scanned, &mut accounts, &probe).await;
    // A diagnosis has a better place for what an account does.
    for account in accounts.iter().filter(|_| !run.event.doctor) {
        log(&account.row);
    }
    let management_account = scanned.organization.management_account;
    accounts.sort_by_key(|one| order(one.row.account.id, management_account));
    // The ledger itself says that accounts are missing in it, for whoever reads it without the summary.
    if let (Some(problem), Some(first)) = (&listing_problem, accounts.first_mut()) {
        first.row.add_detail(problem);
        first.row.is_only_part();
    }
    SweptOrganization { accounts, listing_problem, had_left_undone }
}

/// Reports have the management account first, then go by id.
pub(super) fn order(account: AccountId, management_account: AccountId) -> (bool, AccountId) {
    (account != management_account, account)
}

fn turn(run: &Run<'_>, account: &Account) -> Turn {
    if let Some(reason) = run.excluded(account.id) {
        return Turn::Skip(Outcome::SkippedExcluded, vec![reason.to_owned()]);
    }
    match &account.state {
        state if state.can_be_entered() => Turn::Visit,
        AccountState::NotAnswered => Turn::Skip(
            Outcome::ServiceError,
            vec![
                "organizations:ListAccounts answered neither State nor Status, so it is not known whether the account \
                  is in use"
                    .to_owned(),
            ],
        ),
        state => Turn::Skip(Outcome::SkippedState, vec![format!("its state is {}", state.as_str())]),
    }
}

/// Counts a visit when it ends, however it ends.
struct Counted<'a> {
    run: &'a Run<'a>,
    failed: bool,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.run.progress.done(self.failed);
    }
}

fn swept<W, P>(
    run: &Run<'_>,
    scanned: &OrganizationToScan<W>,
    visited: Visited<Account, Probed<P>>,
    attempt: u32,
) -> Swept<P> {
    let (probed, visited_times) = match visited.outcome {
        scan::Outcome::Done(probed) => {
            let visited_times = if was_visited(&visited.target, &probed) { attempt } else { 0 };
            (probed, visited_times)
        }
        scan::Outcome::Panicked => (
            Probed::without_report(
                Outcome::ServiceError,
                vec!["an internal error ended the scan of this account; please report it".to_owned()],
            ),
            attempt,
        ),
        scan::Outcome::TimedOut => (
            Probed::without_report(
                Outcome::Timeout,
                vec!["the account took longer than ACCOUNT_TIMEOUT_SECONDS allows".to_owned()],
            ),
            attempt,
        ),
        scan::Outcome::CutOff => (
            Probed::without_report(
                Outcome::Timeout,
                vec![format!("{} came while the account was scanned", run.cut_reason())],
            ),
            attempt,
        ),
        scan::Outcome::NotReached => (
            Probed::without_report(Outcome::NotAttempted, vec![format!("{} came before its turn", run.cut_reason())]),
            0,
        ),
    };
    Swept {
        row: LedgerRow {
            account: visited.target,
            org_id: scanned.organization.id.clone(),
            outcome: probed.outcome,
            attempts: visited_times,
            duration: if visited_times == 0 { Duration::ZERO } else { visited.duration },
            report_generated_time: probed.report_generated_time,
            regions_denied: probed.regions_denied,
            regions_not_enabled: probed.regions_not_enabled,
            detail: probed.details.join("; "),
        },
        found: probed.found,
        may_do_better: probed.may_do_better || probed.outcome.deserves_a_second_pass(),
    }
}

fn was_visited<P>(account: &Account, probed: &Probed<P>) -> bool {
    account.state.can_be_entered() && probed.outcome.sum() != Sum::Skipped
}

/// Visits once more what failed in a way that may pass: by now the crowd is gone.
async fn second_pass<S, P, V, F>(
    run: &Run<'_>,
    limits: &Limits,
    scanned: &OrganizationToScan<S>,
    accounts: &mut [Swept<P>],
    probe: &V,
) where
    P: Clone,
    V: Fn(Account) -> F,
    F: Future<Output = Probed<P>>,
{
    let stragglers: Vec<usize> = accounts
        .iter()
        .enumerate()
        .filter(|(_, one)| one.row.attempts > 0 && one.may_do_better)
        .map(|(index, _)| index)
        .collect();
    if stragglers.is_empty() || run.is_over() {
        return;
    }
    tracing::info!(accounts = stragglers.len(), "a second pass over {} accounts", stragglers.len());
    let targets: Vec<Account> =
        stragglers.iter().filter_map(|index| accounts.get(*index)).map(|one| one.row.account.clone()).collect();
    let second = scan(stream::iter(targets), limits, |account: Account| {
        let span =
            tracing::info_span!("account", account.id = %account.id, org.id = %scanned.organization.id, attempt = 2);
        probe(account).instrument(span)
    })
    .await;
    for (index, visited) in stragglers.into_iter().zip(second.visited) {
        let not_reached = matches!(visited.outcome, scan::Outcome::NotReached);
        if let (false, Some(entry)) = (not_reached, accounts.get_mut(index)) {
            let second = swept(run, scanned, visited, 2);
            match (entry.row.outcome.sum(), second.row.outcome.sum()) {
                // What the first visit learnt of a part is more than nothing.
                (Sum::Reported, Sum::Failed) => continue,
                (Sum::Failed, Sum::Reported | Sum::Skipped) => run.progress.recovered(),
                _ => {}
            }
            *entry = second;
        }
    }
}

fn log(row: &LedgerRow) {
    let (id, outcome) = (row.account.id, row.outcome.as_str());
    let duration_ms = u64::try_from(row.duration.as_millis()).unwrap_or(u64::MAX);
    if row.outcome == Outcome::Reported || row.outcome.sum() == Sum::Skipped {
        tracing::debug!(account.id = %id, org.id = %row.org_id, outcome, duration_ms, "account {id}: {outcome}");
    } else {
        tracing::warn!(
            account.id = %id,
            org.id = %row.org_id,
            outcome,
            attempt = row.attempts,
            duration_ms,
            "account {id}: {outcome}: {}",
            row.detail
        );
    }
}
