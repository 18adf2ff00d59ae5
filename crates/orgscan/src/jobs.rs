//! The two jobs, and what they share. Each has one public `run`.
//!
//! A job knows ports and plain values, never the SDK. Everything an account does to a job is data in its ledger row; what
//! stops a job is a [`crate::error::RunError`].

pub mod account_metadata;
mod conclude;
pub mod credential_report;
mod entry;
mod first_in_turn;
mod left_undone;
mod listing;
mod organizations;
mod publish;
mod read_back;
pub(crate) mod rehearsal;
mod sweep;

use std::collections::BTreeSet;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::account::AccountId;
use crate::config::{AccountSelection, Config, Job};
use crate::error::{CallError, CallErrorKind};
use crate::event::Event;
use crate::names;
use crate::progress::Progress;
use crate::scan::{Limits, Stop};
use crate::summary::{Status, Summary};

/// Accounts that are open at a time in a whole run, where most of them wait for a report to be made: as many as are listed
/// in half a minute. Each takes some 5 KB while it waits.
const OPEN_ACCOUNTS: NonZeroUsize = non_zero(5_000);

/// Calls that wait for a quota of a few per second at a time: enough to use it up.
const OPEN_QUOTA_CALLS: NonZeroUsize = non_zero(32);

/// The share of an Organization however many there are.
const SMALLEST_SHARE: NonZeroUsize = non_zero(32);

/// Organizations that are open at a time. Quotas of AWS Organizations are per Organization, so they do not slow each
/// other down.
const OPEN_ORGANIZATIONS: NonZeroUsize = non_zero(64);

/// What is kept for the answer itself after the last write; at most a quarter of all there is.
const ANSWER_RESERVE: Duration = Duration::from_millis(500);

/// What is kept for the ledger after the report, which may be large and take long: the ledger says what there is.
const LEDGER_RESERVE: Duration = Duration::from_secs(3);

/// What is kept for the mail after findings and page, which may be large: the mail says what there is.
const MAIL_RESERVE: Duration = Duration::from_secs(10);

/// What the ledger says of an account that the event leaves out.
const NOT_NAMED: &str = "the event's account_ids do not name it";

/// What the ledger gives as the reason where an operator ended the run.
const INTERRUPT: &str = "the interrupt";

/// Longest name a role session may have (STS API reference, AssumeRole).
const ROLE_SESSION_NAME_LIMIT: usize = 64;

const fn non_zero(number: usize) -> NonZeroUsize {
    match NonZeroUsize::new(number) {
        Some(number) => number,
        None => NonZeroUsize::MIN,
    }
}

/// One run of a job: what it was asked to do and how long it may take.
#[derive(Debug)]
pub struct Run<'a> {
    config: &'a Config,
    event: &'a Event,
    id: String,
    now: Timestamp,
    scheduled_time: Timestamp,
    time_stamp: String,
    began: Instant,
    last_start: Option<Instant>,
    last_write: Option<Instant>,
    last_report_write: Option<Instant>,
    last_findings_write: Option<Instant>,
    answer_reserve: Duration,
    grace: Duration,
    stop: Stop,
    progress: Arc<Progress>,
}

impl<'a> Run<'a> {
    /// Prepares a run. `deadline` is when the process ends; the settings' reserve is kept back from it, and the first third
    /// of the reserve is what accounts under way get to finish.
    pub fn new(
        config: &'a Config,
        event: &'a Event,
        now: Timestamp,
        deadline: Option<Instant>,
        stop: Stop,
        progress: Arc<Progress>,
    ) -> Self {
        let began = Instant::now();
        let scheduled_time = event.scheduled_time.unwrap_or(now);
        let id =
            event.run_id.clone().unwrap_or_else(|| format!("{}-{:08x}", names::time_stamp(now), fastrand::u32(..)));
        let reserve = config.deadline_reserve;
        // A deadline that is nearer than the reserve leaves no time to scan: a third of what there is goes to listing, so
        // that the ledger names the accounts, and the rest to writing.
        let last_start = deadline.map(|deadline| deadline.checked_sub(reserve).unwrap_or(began).max(began));
        let left = deadline.map_or(reserve, |deadline| deadline.saturating_duration_since(began));
        let answer_reserve = ANSWER_RESERVE.min(left / 4);
        let last_write = deadline.map(|deadline| deadline.checked_sub(answer_reserve).unwrap_or(began));
        let for_ledger = LEDGER_RESERVE.min(reserve.min(left) / 6);
        let for_mail = MAIL_RESERVE.min(reserve.min(left) / 4);
        Self {
            config,
            event,
            id,
            now,
            scheduled_time,
            time_stamp: names::time_stamp(scheduled_time),
            began,
            last_start,
            last_write,
            last_report_write: last_write.map(|last| last.checked_sub(for_ledger).unwrap_or(began)),
            last_findings_write: last_write.map(|last| last.checked_sub(for_mail).unwrap_or(began)),
            answer_reserve,
            grace: reserve.min(left) / 3,
            stop,
            progress,
        }
    }

    /// The bounds for visiting one Organization's accounts, with its share of what may be open at a time. An inventory
    /// waits for nothing but requests, so that more accounts than requests gain nothing.
    fn limits(&self, job: Job, organizations: usize) -> Limits {
        let most = match job {
            Job::AccountMetadata => self.config.max_in_flight,
            Job::CredentialReport => OPEN_ACCOUNTS,
        };
        let share = NonZeroUsize::new(most.get() / organizations.max(1)).unwrap_or(NonZeroUsize::MIN);
        Limits { open: share.max(SMALLEST_SHARE), ..self.quota_limits() }
    }

    /// The bounds for calls that wait for a quota of the Organization.
    fn quota_limits(&self) -> Limits {
        Limits {
            open: OPEN_QUOTA_CALLS,
            visit_timeout: self.config.account_timeout,
            deadline: self.last_start,
            stop: self.stop.clone(),
            grace: self.grace,
        }
    }

    /// The bounds for writing many small objects.
    fn write_limits(&self) -> Limits {
        Limits { deadline: self.last_write, stop: Stop::never(), grace: Duration::ZERO, ..self.quota_limits() }
    }

    /// The bounds for entering tenants' management accounts: possible as long as their accounts can still be listed.
    fn entry_limits(&self) -> Limits {
        Limits { open: OPEN_ORGANIZATIONS, deadline: self.cut(), ..self.quota_limits() }
    }

    /// The bounds for visiting whole Organizations: each keeps the deadline by itself, writes after it, and begins as long
    /// as its accounts can still be listed.
    fn organization_limits(&self) -> Limits {
        Limits {
            open: OPEN_ORGANIZATIONS,
            visit_timeout: Duration::MAX,
            deadline: self.cut(),
            stop: Stop::never(),
            grace: Duration::MAX,
        }
    }

    /// The accounts that the event and the settings name, be it to leave them out.
    pub(crate) fn mentioned(&self) -> BTreeSet<AccountId> {
        let AccountSelection { include, exclude } = &self.config.accounts;
        let named = self.event.account_ids.iter().chain(include).flatten();
        named.chain(exclude).copied().collect()
    }

    /// Whether the event or the settings name the account.
    fn mentions(&self, account: AccountId) -> bool {
        let AccountSelection { include, exclude } = &self.config.accounts;
        let is_among = |ids: &BTreeSet<AccountId>| ids.contains(&account);
        is_among(exclude) || self.event.account_ids.iter().chain(include).any(is_among)
    }

    /// Whether it is a run that scans, and leaves no account out that another one would not.
    fn is_for_every_account(&self) -> bool {
        !self.event.dry_run && self.event.account_ids.is_none()
    }

    /// Whether what is written may become the newest: not where the event names accounts, nor after an interrupt.
    fn may_be_newest(&self) -> bool {
        self.event.account_ids.is_none() && !self.stop.is_set()
    }

    /// Why something was cut short.
    pub(crate) fn cut_reason(&self) -> &'static str {
        if self.stop.is_set() { INTERRUPT } else { "the run's deadline" }
    }

    /// When whatever still runs for the scan is cut off.
    fn cut(&self) -> Option<Instant> {
        self.last_start.map(|last_start| last_start + self.grace)
    }

    /// What must be learnt before accounts can be listed is waited for as long as they can be.
    ///
    /// # Errors
    /// Those of the call, and that it was not answered in time.
    async fn before_listing<T>(
        &self,
        action: &'static str,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let Some(cut) = self.cut() else { return call.await };
        let too_late = || CallError::new(action, CallErrorKind::Unavailable).with_source("the deadline came first");
        tokio::time::timeout_at(cut, call).await.unwrap_or_else(|_elapsed| Err(too_late()))
    }

    /// How long may be waited for what the run can do without: half of the time in which accounts can still begin, then of
    /// that in which they can be listed, and then of that in which something can be written. None where there is no deadline.
    fn spare_time(&self) -> Option<Duration> {
        let now = Instant::now();
        let ends = [self.last_start, self.cut(), self.last_write];
        let end = ends.into_iter().flatten().find(|end| *end > now).or(self.last_write)?;
        Some(end.saturating_duration_since(now) / 2)
    }

    /// When a write must have ended, so that the run can still answer before the process ends.
    fn last_write(&self) -> Option<Instant> {
        self.last_write
    }

    /// Until when what the digest speaks of is written: then it is mailed.
    fn last_findings_write(&self) -> Option<Instant> {
        self.last_findings_write
    }

    /// When the write of a report must have ended, so that its ledger can still be written.
    fn last_report_write(&self) -> Option<Instant> {
        self.last_report_write
    }

    /// Whether no account may be begun any more.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.is_set() || self.last_start.is_some_and(|last_start| Instant::now() >= last_start)
    }

    /// The name of this run's role sessions: it shows in the other accounts' CloudTrail.
    fn role_session_name(&self) -> String {
        let allowed = |character: char| character.is_ascii_alphanumeric() || "_=,.@-".contains(character);
        let mut name: String =
            format!("orgscan-{}", self.id).chars().map(|one| if allowed(one) { one } else { '-' }).collect();
        name.truncate(ROLE_SESSION_NAME_LIMIT);
        name
    }

    fn external_id(&self) -> Option<String> {
        self.config.external_id.as_ref().map(|external_id| external_id.0.clone())
    }

    /// Why the account is left out, where it is.
    fn excluded(&self, account: AccountId) -> Option<&'static str> {
        let AccountSelection { include, exclude } = &self.config.accounts;
        if exclude.contains(&account) {
            Some("ACCOUNTS_EXCLUDE names it")
        } else if include.as_ref().is_some_and(|include| !include.contains(&account)) {
            Some("ACCOUNTS_INCLUDE does not name it")
        } else if self.event.account_ids.as_ref().is_some_and(|named| !named.contains(&account)) {
            Some(NOT_NAMED)
        } else {
            None
        }
    }

    fn summary(&self) -> Summary {
        Summary {
            run_id: self.id.clone(),
            scheduled_time: self.scheduled_time.to_string(),
            status: Status::Complete,
            organizations: Vec::new(),
            tenants: None,
            mail: None,
            api_calls: std::collections::BTreeMap::new(),
            throttled_calls: 0,
            undelivered: 0,
            duration_ms: 0,
            warnings: Vec::new(),
            unknown_accounts: Vec::new(),
            dry_run: self.event.dry_run,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_session_name_is_what_sts_takes() {
        let lookup = |name: &str| (name == "OUTPUT_BUCKET").then(|| "a-bucket".to_owned());
        let config =
            Config::from_lookup(crate::config::Job::CredentialReport, crate::config::Place::Lambda, &lookup).unwrap();
        for run_id in ["a/b c", "é", &"x".repeat(64), ""] {
            let event = Event { run_id: Some(run_id.to_owned()), ..Event::default() };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let _guard = runtime.enter();
            let run = Run::new(&config, &event, Timestamp::UNIX_EPOCH, None, Stop::never(), Arc::default());
            let name = run.role_session_name();
            assert!((2..=64).contains(&name.len()), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_=,.@-".contains(&byte)), "{name}");
        }
    }
}
