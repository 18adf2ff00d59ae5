//! Roles, sessions, and what each of them may do.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::account::AccountId;
use crate::error::{CallError, CallErrorKind};
use crate::ports::{Caller, RoleToAssume, Sessions};
use crate::session_policy::SessionPolicy;
use crate::tenant::is_external_id;

use super::calls::failed;
use super::{MemoryWorld, Request, account_id};

/// An IAM role. Who it trusts has to be said; what it may do is everything unless said otherwise.
#[derive(Debug, Clone)]
#[must_use]
pub struct MemoryRole {
    pub(super) name: String,
    pub(super) trusted: BTreeSet<AccountId>,
    pub(super) external_id: Option<String>,
    pub(super) shown_conditions: Vec<(String, String, String)>,
    allowed: Option<BTreeSet<String>>,
}

impl MemoryRole {
    /// A role that trusts nobody yet; the name may carry a path.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            trusted: BTreeSet::new(),
            external_id: None,
            shown_conditions: Vec::new(),
            allowed: None,
        }
    }

    /// Trusts every principal of this account too.
    pub fn trusts(mut self, account: impl fmt::Display) -> Self {
        self.trusted.insert(account_id(account));
        self
    }

    /// Lets only those in who send this external id.
    pub fn external_id(mut self, external_id: impl Into<String>) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    /// Has this condition in its trust policy as IAM shows it. The world does not judge it: a fault says what comes of it.
    pub fn shows_condition(mut self, operator: &str, key: &str, value: &str) -> Self {
        self.shown_conditions.push((operator.to_owned(), key.to_owned(), value.to_owned()));
        self
    }

    /// Sets all actions that its policies allow.
    pub fn allows(mut self, actions: &[&str]) -> Self {
        self.allowed = Some(actions.iter().map(|action| (*action).to_owned()).collect());
        self
    }
}

/// The credentials of the process itself or of a role it assumed.
#[derive(Clone)]
pub struct MemorySession(Arc<Inner>);

struct Inner {
    number: usize,
    account: AccountId,
    role: Option<String>,
    /// What the role's own policies allow; none: everything.
    allowed: Option<BTreeSet<String>>,
    /// What the session policy allows; none: there is no session policy.
    policy: Option<Permissions>,
}

impl MemorySession {
    pub(super) fn of_process(account: AccountId, allowed: Option<BTreeSet<String>>) -> Self {
        Self(Arc::new(Inner { number: 0, account, role: None, allowed, policy: None }))
    }

    /// The account the credentials belong to.
    pub fn account(&self) -> AccountId {
        self.0.account
    }

    /// The role they are of; none for the process's own.
    pub fn role(&self) -> Option<&str> {
        self.0.role.as_deref()
    }

    /// Which session it is: 0 is the process's own.
    pub fn number(&self) -> usize {
        self.0.number
    }

    fn allows(&self, action: &str, resource: &str) -> bool {
        self.0.allowed.as_ref().is_none_or(|allowed| allowed.contains(action))
            && self.0.policy.as_ref().is_none_or(|policy| policy.allow(action, resource))
    }

    /// Fails as denied unless the session may do this.
    pub(super) fn check(&self, action: &'static str) -> Result<(), CallError> {
        if self.allows(action, "*") { Ok(()) } else { Err(failed(action, CallErrorKind::Denied)) }
    }
}

impl fmt::Debug for MemorySession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MemorySession")
            .field("account", &self.0.account)
            .field("role", &self.0.role)
            .finish_non_exhaustive()
    }
}

/// A role that was assumed, or was to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    /// The number of the session it became; [`Request::session`] names it. It stands even where it was refused.
    pub session: usize,
    /// The number of the session whose credentials asked.
    pub via_session: usize,
    /// The account of those credentials.
    pub via_account: AccountId,
    /// The account the role is in.
    pub account: AccountId,
    /// The role's ARN.
    pub role_arn: String,
    /// The name for the other account's `CloudTrail`.
    pub session_name: String,
    /// The external id that was sent.
    pub external_id: Option<String>,
    /// The session policy that was sent.
    pub policy: SessionPolicy,
    /// Whether it was granted.
    pub granted: bool,
    /// The actions that were called with it since.
    pub used: BTreeSet<&'static str>,
}

/// A policy of allowing statements, each with its actions and resources.
struct Permissions(Vec<(Vec<String>, Vec<String>)>);

impl Permissions {
    /// Reads the policy that is sent, not the type it comes from, so that a wrong document shows.
    fn of(policy: &SessionPolicy) -> Self {
        let Ok(document) = serde_json::from_str::<Value>(&policy.to_json()) else {
            panic!("the session policy is not JSON: {}", policy.to_json())
        };
        let statements = document["Statement"].as_array().map(Vec::as_slice).unwrap_or_default();
        let read = |statement: &Value| {
            assert_eq!(statement["Effect"], "Allow", "only allowing statements are understood");
            (texts(&statement["Action"]), texts(&statement["Resource"]))
        };
        Self(statements.iter().map(read).collect())
    }

    fn allow(&self, action: &str, resource: &str) -> bool {
        self.0.iter().any(|(actions, resources)| {
            actions.iter().any(|pattern| matches(pattern, action))
                && resources.iter().any(|pattern| matches(pattern, resource))
        })
    }
}

/// A text or a list of texts, both of which IAM takes.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().filter_map(|one| one.as_str().map(String::from)).collect(),
        _ => Vec::new(),
    }
}

/// IAM's pattern match, as far as `*` goes.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text
            .strip_prefix(head)
            .is_some_and(|left| (0..=left.len()).filter_map(|at| left.get(at..)).any(|tail| matches(rest, tail))),
    }
}

impl Sessions for MemoryWorld {
    type Session = MemorySession;

    async fn caller(&self) -> Result<Caller<MemorySession>, CallError> {
        let session = self.own_session();
        // No policy can deny this one (STS API reference, `GetCallerIdentity`).
        let call = self.calls().begin(Request::of(&session, "sts:GetCallerIdentity")).await?;
        let (account, partition) = (session.account(), self.state().partition.clone());
        let arn = format!("arn:{partition}:sts::{account}:assumed-role/orgscan/test");
        call.answer(Ok(Caller { arn, account, partition, session }))
    }

    async fn assume_role(&self, via: &MemorySession, role: &RoleToAssume) -> Result<MemorySession, CallError> {
        let number = self.log_assumed(via, role);
        let request = Request {
            account: Some(role.account),
            resource: Some(role.role_arn.clone()),
            ..Request::of(via, "sts:AssumeRole")
        };
        let call = self.calls().begin(request).await?;
        let answer = call.answer(self.grant(via, role, number));
        if answer.is_ok()
            && let Some(assumed) = self.state().assumed.get_mut(number - 1)
        {
            assumed.granted = true;
        }
        answer
    }
}

impl MemoryWorld {
    fn log_assumed(&self, via: &MemorySession, role: &RoleToAssume) -> usize {
        let mut state = self.state();
        let number = state.assumed.len() + 1;
        state.assumed.push(AssumedRole {
            session: number,
            via_session: via.number(),
            via_account: via.account(),
            account: role.account,
            role_arn: role.role_arn.clone(),
            session_name: role.session_name.clone(),
            external_id: role.external_id.clone(),
            policy: role.policy.clone(),
            granted: false,
            used: BTreeSet::new(),
        });
        number
    }

    /// Decides as STS does: a request it cannot take fails as such, and every other refusal is the same denial.
    fn grant(&self, via: &MemorySession, role: &RoleToAssume, number: usize) -> Result<MemorySession, CallError> {
        let refused = |kind| Err(failed("sts:AssumeRole", kind));
        let state = self.state();
        let name = role.role_arn.strip_prefix(&state.partition.role_arn(role.account, ""));
        let takes = is_session_name(&role.session_name)
            && role.external_id.as_deref().is_none_or(is_external_id)
            && role.policy.to_json().len() <= 2048;
        let Some(name) = name.filter(|name| takes && !name.is_empty()) else {
            return refused(CallErrorKind::Other);
        };
        let account = state.accounts.get(&role.account).filter(|account| account.can_be_entered());
        let Some(found) = account.and_then(|account| account.roles.get(name)) else {
            return refused(CallErrorKind::Denied);
        };
        let trusted = found.trusted.contains(&via.account())
            && (found.external_id.is_none() || found.external_id == role.external_id);
        if !trusted || !via.allows("sts:AssumeRole", &role.role_arn) {
            return refused(CallErrorKind::Denied);
        }
        Ok(MemorySession(Arc::new(Inner {
            number,
            account: role.account,
            role: Some(found.name.clone()),
            allowed: found.allowed.clone(),
            policy: Some(Permissions::of(&role.policy)),
        })))
    }
}

/// 2 to 64 of `[\w+=,.@-]` (STS API reference, `AssumeRole`).
fn is_session_name(name: &str) -> bool {
    (2..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}
