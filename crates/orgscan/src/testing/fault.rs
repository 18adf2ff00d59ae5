//! Planned faults: what goes wrong, where, and how often.

use std::time::Duration;

use crate::account::AccountId;
use crate::error::CallErrorKind;

use super::{ACTIONS, Request, account_id};

/// How often a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// That many times.
    Exactly(u32),
    /// As long as the world is used.
    Forever,
}

/// What happens in place of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The call is answered with this error and changes nothing.
    Error(CallErrorKind),
    /// The same, with this code and message of the service.
    Says(CallErrorKind, &'static str, &'static str),
    /// The call is carried out, but its answer is lost: the caller sees this error.
    AnswerLost(CallErrorKind),
    /// The call is never answered; one that is waited for without any time limit panics after a year.
    Hang,
    /// The call panics.
    Panic,
    /// The call is answered as always, that much later.
    Delay(Duration),
    /// `iam:GetCredentialReport` answers these bytes, made just now.
    Report(Vec<u8>),
}

impl From<CallErrorKind> for FaultKind {
    fn from(kind: CallErrorKind) -> Self {
        Self::Error(kind)
    }
}

/// One planned fault. A call meets the first fault that fits it and is not used up, and at most that one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Fault {
    /// The IAM action, one of [`ACTIONS`].
    pub action: &'static str,
    /// Only calls about this account: the session's own, or the one whose role is assumed or whose tags are asked for.
    pub account: Option<AccountId>,
    /// Only calls in this region; only `tag:GetResources` has one.
    pub region: Option<String>,
    /// Only calls whose resource (role ARN, object name, table name, list of recipients) contains this text.
    pub resource: Option<String>,
    /// How many fitting calls go well before.
    pub after: u32,
    /// How often it happens.
    pub times: Times,
    /// What happens.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault that happens once. Panics where no call has this action: a fault that cannot happen tests nothing.
    pub fn once(action: &'static str, kind: impl Into<FaultKind>) -> Self {
        let kind = kind.into();
        assert!(ACTIONS.contains(&action), "{action} is not an action of the in-memory world");
        assert!(
            !matches!(kind, FaultKind::Report(_)) || action == "iam:GetCredentialReport",
            "only iam:GetCredentialReport can answer a report"
        );
        Self { action, account: None, region: None, resource: None, after: 0, times: Times::Exactly(1), kind }
    }

    /// A fault that happens each time.
    pub fn always(action: &'static str, kind: impl Into<FaultKind>) -> Self {
        Self { times: Times::Forever, ..Self::once(action, kind) }
    }

    /// Sets how often it happens.
    pub fn times(self, times: u32) -> Self {
        Self { times: Times::Exactly(times), ..self }
    }

    /// Lets so many fitting calls go well before.
    pub fn after(self, calls: u32) -> Self {
        Self { after: calls, ..self }
    }

    /// Only for calls about this account.
    pub fn in_account(self, account: impl std::fmt::Display) -> Self {
        Self { account: Some(account_id(account)), ..self }
    }

    /// Only for calls in this region.
    pub fn in_region(self, region: impl Into<String>) -> Self {
        Self { region: Some(region.into()), ..self }
    }

    /// Only for calls whose resource contains this text.
    pub fn on(self, resource: impl Into<String>) -> Self {
        Self { resource: Some(resource.into()), ..self }
    }

    /// Takes the fault for this call, if it fits and is due.
    pub(super) fn take(&mut self, request: &Request) -> Option<FaultKind> {
        let fits = self.action == request.action
            && self.account.is_none_or(|account| request.account == Some(account))
            && self.region.as_ref().is_none_or(|region| request.region.as_ref() == Some(region))
            && self
                .resource
                .as_ref()
                .is_none_or(|part| request.resource.as_ref().is_some_and(|all| all.contains(part)));
        if !fits || self.times == Times::Exactly(0) {
            return None;
        }
        if self.after > 0 {
            self.after -= 1;
            return None;
        }
        if let Times::Exactly(left) = &mut self.times {
            *left -= 1;
        }
        Some(self.kind.clone())
    }
}
