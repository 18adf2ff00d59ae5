//! What every call of the in-memory world goes through: the log, the counts, the latency and the planned faults.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::account::AccountId;
use crate::error::{CallError, CallErrorKind};
use crate::ports::CallCounts;

use super::fault::{Fault, FaultKind, Times};
use super::{MemoryClock, MemorySession};

/// Every action that the in-memory world knows, as an IAM policy spells it.
pub const ACTIONS: [&str; 22] = [
    "account:ListRegions",
    "dynamodb:Scan",
    "iam:GenerateCredentialReport",
    "iam:GetCredentialReport",
    "iam:GetRole",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListTagsForResource",
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListAllMyBuckets",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:PutObject",
    "ses:GetAccount",
    "ses:GetConfigurationSet",
    "ses:GetEmailIdentity",
    "ses:SendEmail",
    "sts:AssumeRole",
    "sts:GetCallerIdentity",
    "tag:GetResources",
];

/// How long a hanging call hangs. Under paused time waiting for ever would hang the test, not fail it.
const NEVER: Duration = Duration::from_hours(24 * 365);

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// No answer yet, or its future was dropped before one came.
    None,
    /// It was answered.
    Given,
    /// It failed.
    Failed(CallErrorKind),
}

/// One call that was made; a page is a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The IAM action.
    pub action: &'static str,
    /// The number of the session that made it: 0 is the process's own, others are numbers of [`super::AssumedRole`].
    pub session: usize,
    /// The account it is about: the session's own, or the one whose role is assumed or whose tags are asked for.
    pub account: Option<AccountId>,
    /// The region, for `tag:GetResources`.
    pub region: Option<String>,
    /// The role ARN, object name, table name or recipients.
    pub resource: Option<String>,
    /// When it was made, counted from the beginning of the world.
    pub at: Duration,
    /// What became of it.
    pub answer: Answer,
}

impl Request {
    pub(super) fn of_process(action: &'static str, resource: impl Into<String>) -> Self {
        Self {
            action,
            session: 0,
            account: None,
            region: None,
            resource: Some(resource.into()),
            at: Duration::ZERO,
            answer: Answer::None,
        }
    }

    pub(super) fn of(session: &MemorySession, action: &'static str) -> Self {
        Self {
            action,
            session: session.number(),
            account: Some(session.account()),
            region: None,
            resource: None,
            at: Duration::ZERO,
            answer: Answer::None,
        }
    }
}

/// The highest numbers of calls that were in flight at the same time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watermark {
    by_action: BTreeMap<&'static str, usize>,
    all: usize,
}

impl Watermark {
    /// The highest number of calls of one action.
    pub fn of(&self, action: &str) -> usize {
        self.by_action.get(action).copied().unwrap_or_default()
    }

    /// The highest number of calls of all actions together.
    pub fn all(&self) -> usize {
        self.all
    }
}

/// The state that all parts of a world share.
#[derive(Debug, Clone)]
pub(super) struct Calls(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    clock: MemoryClock,
    latency: Duration,
    latency_of: BTreeMap<&'static str, Duration>,
    jitter: Option<(fastrand::Rng, Duration)>,
    faults: Vec<Fault>,
    requests: Vec<Request>,
    counts: CallCounts,
    in_flight: BTreeMap<&'static str, usize>,
    watermark: Watermark,
}

impl Calls {
    pub(super) fn new(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State {
            clock: MemoryClock::starting_at(start),
            latency: Duration::ZERO,
            latency_of: BTreeMap::new(),
            jitter: None,
            faults: Vec::new(),
            requests: Vec::new(),
            counts: CallCounts::new(),
            in_flight: BTreeMap::new(),
            watermark: Watermark::default(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_start(&self, start: Timestamp) {
        self.state().clock = MemoryClock::starting_at(start);
    }

    pub(super) fn set_latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    pub(super) fn set_latency_of(&self, action: &'static str, latency: Duration) {
        self.state().latency_of.insert(action, latency);
    }

    pub(super) fn set_jitter(&self, seed: u64, most: Duration) {
        self.state().jitter = Some((fastrand::Rng::with_seed(seed), most));
    }

    pub(super) fn clock(&self) -> MemoryClock {
        self.state().clock
    }

    pub(super) fn plan(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    pub(super) fn unused_faults(&self) -> Vec<Fault> {
        let unused = |fault: &&Fault| matches!(fault.times, Times::Exactly(left) if left > 0);
        self.state().faults.iter().filter(unused).cloned().collect()
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    pub(super) fn watermark(&self) -> Watermark {
        self.state().watermark.clone()
    }

    pub(super) fn take_counts(&self) -> CallCounts {
        std::mem::take(&mut self.state().counts)
    }

    /// Begins a call: logs it, lets its latency pass and lets its fault happen. What comes back is in flight until it
    /// is answered or dropped.
    pub(super) async fn begin(&self, mut request: Request) -> Result<Call, CallError> {
        let (mut call, latency, fault) = {
            let mut state = self.state();
            request.at = state.clock.elapsed();
            let action = request.action;
            let latency = state.latency_for(action);
            let fault = state.faults.iter_mut().find_map(|fault| fault.take(&request));
            state.counts.entry(action).or_default().calls += 1;
            state.rise(action);
            state.requests.push(request);
            let call = Call { calls: self.clone(), action, number: state.requests.len() - 1, lost: None, report: None };
            (call, latency, fault)
        };
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        match fault {
            None => Ok(call),
            Some(FaultKind::Error(kind)) => call.answer(Err(failed(call.action, kind))).map(|()| call),
            Some(FaultKind::Says(kind, code, message)) => {
                let error = CallError::new(call.action, kind).with_code(code).with_source(message);
                call.answer(Err(error)).map(|()| call)
            }
            Some(FaultKind::AnswerLost(kind)) => {
                call.lost = Some(kind);
                Ok(call)
            }
            Some(FaultKind::Hang) => {
                tokio::time::sleep(NEVER).await;
                panic!("a hanging {} was waited for longer than anything may be", call.action)
            }
            Some(FaultKind::Panic) => panic!("a planned panic of {}", call.action),
            Some(FaultKind::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                Ok(call)
            }
            Some(FaultKind::Report(bytes)) => {
                call.report = Some(bytes);
                Ok(call)
            }
        }
    }
}

impl State {
    fn latency_for(&mut self, action: &str) -> Duration {
        let latency = self.latency_of.get(action).copied().unwrap_or(self.latency);
        match &mut self.jitter {
            None => latency,
            Some((random, most)) => latency + most.mul_f64(random.f64()),
        }
    }

    fn rise(&mut self, action: &'static str) {
        let of_action = self.in_flight.entry(action).or_default();
        *of_action += 1;
        let highest = self.watermark.by_action.entry(action).or_default();
        *highest = (*highest).max(*of_action);
        self.watermark.all = self.watermark.all.max(self.in_flight.values().sum());
    }
}

/// A call in flight.
pub(super) struct Call {
    calls: Calls,
    action: &'static str,
    number: usize,
    lost: Option<CallErrorKind>,
    report: Option<Vec<u8>>,
}

impl Call {
    /// The bytes that a fault answers in place of the report.
    pub(super) fn planned_report(&mut self) -> Option<Vec<u8>> {
        self.report.take()
    }

    /// Ends the call with this answer, unless a fault loses it.
    pub(super) fn answer<T>(&self, answer: Result<T, CallError>) -> Result<T, CallError> {
        let answer = match self.lost {
            Some(kind) => Err(failed(self.action, kind)),
            None => answer,
        };
        let mut state = self.calls.state();
        let logged = match &answer {
            Ok(_) => Answer::Given,
            Err(error) => Answer::Failed(error.kind),
        };
        if logged == Answer::Failed(CallErrorKind::Throttled) {
            state.counts.entry(self.action).or_default().throttled += 1;
        }
        if let Some(request) = state.requests.get_mut(self.number) {
            request.answer = logged;
        }
        answer
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(of_action) = self.calls.state().in_flight.get_mut(self.action) {
            *of_action -= 1;
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Call").field("action", &self.action).finish_non_exhaustive()
    }
}

/// A failed call, with the code that the service gives for this kind of failure.
pub(super) fn failed(action: &'static str, kind: CallErrorKind) -> CallError {
    let service = action.split(':').next().unwrap_or_default();
    let code = match (kind, service) {
        (CallErrorKind::Denied, "iam" | "sts" | "s3") => "AccessDenied",
        (CallErrorKind::Denied, _) => "AccessDeniedException",
        (CallErrorKind::Throttled, "iam" | "sts") => "Throttling",
        (CallErrorKind::Throttled, "tag") => "ThrottledException",
        (CallErrorKind::Throttled, "s3") => "SlowDown",
        (CallErrorKind::Throttled, "dynamodb") => "ThrottlingException",
        (CallErrorKind::Throttled, _) => "TooManyRequestsException",
        (CallErrorKind::Unavailable, "iam") => "ServiceFailure",
        (CallErrorKind::Unavailable, "tag") => "InternalServiceException",
        (CallErrorKind::Unavailable, "organizations") => "ServiceException",
        (CallErrorKind::Unavailable, "s3") => "InternalError",
        (CallErrorKind::Unavailable, _) => "InternalServerError",
        (CallErrorKind::NotReady, _) => "ReportInProgress",
        (CallErrorKind::NotFound, "iam") => "ReportNotPresent",
        (CallErrorKind::NotFound, "s3") => "NoSuchKey",
        (CallErrorKind::NotFound, "organizations") => "TargetNotFoundException",
        (CallErrorKind::NotFound, _) => "ResourceNotFoundException",
        (CallErrorKind::Expired, "iam") => "ReportExpired",
        (CallErrorKind::Expired, _) => "PaginationTokenExpiredException",
        (CallErrorKind::RegionNotEnabled, _) => "UnrecognizedClientException",
        (CallErrorKind::NotInOrganization, _) => "AWSOrganizationsNotInUseException",
        (CallErrorKind::AlreadyExists, _) => "PreconditionFailed",
        (CallErrorKind::Other, "ses") => "BadRequestException",
        (CallErrorKind::Other, "sts") => "ValidationError",
        (CallErrorKind::Other, _) => "ValidationException",
        // These are our own verdicts, not answers.
        (CallErrorKind::EndlessPages | CallErrorKind::NoSuchHost, _) => return CallError::new(action, kind),
    };
    CallError::new(action, kind).with_code(code)
}
