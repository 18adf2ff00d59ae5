//! Which regions an account is active in: one small question per region, all at once, each ended by the first proof.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::time::Duration;

use futures::stream::{self, StreamExt};

use crate::account::Partition;
use crate::error::{CallError, CallErrorKind};
use crate::jobs::Run;
use crate::jobs::sweep::{Probed, outcome_of};
use crate::ledger::Outcome;
use crate::ports::Regions;
use crate::region::proves;
use crate::scan::{self, Limits, Stop, scan};

/// What one region says.
enum Answer {
    Active,
    Empty,
    Denied,
    NotEnabled,
    Failed(CallError),
}

/// Finds the active regions of the session's account.
pub(super) async fn detect<W: Regions>(
    world: &W,
    run: &Run<'_>,
    session: &W::Session,
    partition: &Partition,
) -> Probed<Vec<String>> {
    let mut probed = Probed::reported(Vec::new());
    let regions = regions_to_ask(world, run, session, partition, &mut probed).await;
    let asked = regions.len();
    let answers = scan(stream::iter(regions), &all_at_once(), |region: String| ask(world, run, session, region)).await;

    let mut active = Vec::new();
    let mut failed = Vec::new();
    for answer in answers.visited {
        let region = answer.target;
        match answer.outcome {
            scan::Outcome::Done(Answer::Active) => active.push(region),
            scan::Outcome::Done(Answer::Empty) => {}
            scan::Outcome::Done(Answer::Denied) => probed.regions_denied.push(region),
            scan::Outcome::Done(Answer::NotEnabled) => probed.regions_not_enabled.push(region),
            scan::Outcome::Done(Answer::Failed(error)) => failed.push((region, error)),
            scan::Outcome::Panicked | scan::Outcome::TimedOut | scan::Outcome::CutOff | scan::Outcome::NotReached => {
                failed.push((region, CallError::new("tag:GetResources", CallErrorKind::Unavailable)));
            }
        }
    }
    for (region, error) in &failed {
        probed.details.push(format!("{region}: {}", error.chain()));
    }
    if !failed.is_empty() {
        probed.outcome = Outcome::ReportedPartially;
        probed.may_do_better |= failed.iter().any(|(_, error)| error.kind.is_transient());
    }
    // With no region answered nothing was learnt, and the row must not look like that of an idle account.
    let not_answered = failed.len() + probed.regions_denied.len() + probed.regions_not_enabled.len();
    if not_answered == asked {
        if let Some((_, error)) = failed.first() {
            probed.outcome = outcome_of(error);
        } else if !probed.regions_denied.is_empty() {
            probed.outcome = Outcome::Denied;
            probed.details.push("tag:GetResources was denied in every region".to_owned());
        } else if asked > 0 && run.config.inventory.regions.is_none() {
            // Every account has some: these are credentials that are known nowhere.
            probed.outcome = Outcome::ReportedPartially;
            probed.details.push("tag:GetResources answered of every region that it is not enabled".to_owned());
        }
    }
    // Kept until the end for every account.
    active.shrink_to_fit();
    probed.found = Some(active);
    probed
}

async fn regions_to_ask<W: Regions>(
    world: &W,
    run: &Run<'_>,
    session: &W::Session,
    partition: &Partition,
    probed: &mut Probed<Vec<String>>,
) -> Vec<String> {
    if let Some(fixed) = &run.config.inventory.regions {
        return fixed.clone();
    }
    match world.enabled_regions(session).await {
        Ok(enabled) => enabled,
        Err(error) => {
            // A partition without Account Management has no region to opt in to either.
            if !matches!(error.kind, CallErrorKind::Denied | CallErrorKind::NoSuchHost) {
                probed.outcome = Outcome::ReportedPartially;
                probed.may_do_better = error.kind.is_transient();
            }
            probed.details.push(format!(
                "{}; the {} regions that are enabled by default were asked",
                error.chain(),
                partition.default_regions().len()
            ));
            partition.default_regions().iter().map(|region| (*region).to_owned()).collect()
        }
    }
}

async fn ask<W: Regions>(world: &W, run: &Run<'_>, session: &W::Session, region: String) -> Answer {
    let mut pages = pin!(world.tagged_resources(session, &region, &run.config.inventory.resource_types));
    while let Some(page) = pages.next().await {
        match page {
            Ok(arns) if arns.iter().any(|arn| proves(arn, &region)) => return Answer::Active,
            Ok(_) => {}
            Err(error) => {
                return match error.kind {
                    CallErrorKind::Denied => Answer::Denied,
                    CallErrorKind::RegionNotEnabled => Answer::NotEnabled,
                    _ => Answer::Failed(error),
                };
            }
        }
    }
    Answer::Empty
}

/// The account's own time limit bounds them all, so each region needs none.
fn all_at_once() -> Limits {
    Limits {
        open: NonZeroUsize::MAX,
        visit_timeout: Duration::MAX,
        deadline: None,
        stop: Stop::never(),
        grace: Duration::MAX,
    }
}
