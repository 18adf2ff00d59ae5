//! Planned faults: what goes wrong, where, and how often.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::{AccountId, Layout};
use crate::call::Call;
use crate::chance::{Seed, Topic, within};
use crate::operation::{Operation, Service};
use crate::page::PageFault;
use crate::problem::Problem;
use crate::region::Region;

/// What stands for every operation in a rule.
const EVERY_OPERATION: &str = "*";

/// What happens in place of an answer, or to it. A call that is refused changes nothing; one whose answer is lost or
/// spoilt was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Refused with the service's own throttle error.
    Throttle,
    /// Refused with the service's error of status 500.
    #[serde(rename = "error-500")]
    Error500,
    /// Refused with status 503.
    #[serde(rename = "error-503")]
    Error503,
    /// Refused for want of a permission.
    AccessDenied,
    /// Refused for a wrong signature, with a message that repeats what the request is signed with, as AWS does.
    WrongSignature,
    /// Refused because the session is over.
    ExpiredToken,
    /// Refused because the caller's clock is wrong.
    ClockSkew,
    /// Carried out; the connection is reset in place of the answer.
    ResetBeforeAnswer,
    /// Carried out; the connection is reset within the answer's body.
    ResetInBody,
    /// Neither carried out nor ever answered.
    Hang,
    /// Carried out; never answered.
    HangAfterwards,
    /// Carried out; the answer's body comes bit by bit over this time.
    SlowBody {
        /// From the answer's head to its last byte.
        seconds: f64,
    },
    /// Carried out; the answer is closed before all bytes of its length were sent.
    TruncatedBody,
    /// Carried out; answered with an HTML page, as a proxy does.
    WrongContentType,
    /// A page without items, with a token that leads on.
    EmptyPageWithToken,
    /// A page with the same token that it was asked for with.
    RepeatedToken,
    /// Pages with the tokens A, B, A, B and so on.
    AlternatingTokens,
    /// Refused for its token. Happens only to calls that have one.
    InvalidNextToken,
    /// Carried out; the answer's body ends in the middle, and its length says so.
    MalformedBody,
    /// Refused by SES, as it refuses content that it takes for harmful.
    MessageRejected,
    /// Refused by SES, as it refuses addresses that nobody verified while the account is in its sandbox.
    AddressNotVerified,
    /// Refused by SES, as it refuses all mail of an account that it paused.
    SendingPaused,
    /// Refused by S3, since the caller may not use the KMS key.
    KmsDenied,
    /// Refused by S3, since the KMS key is disabled.
    KmsDisabled,
}

impl Fault {
    fn needs_pages(self) -> bool {
        self.page().is_some() || self == Self::InvalidNextToken
    }

    /// How it spoils a page.
    pub(crate) fn page(self) -> Option<PageFault> {
        match self {
            Self::EmptyPageWithToken => Some(PageFault::Empty),
            Self::RepeatedToken => Some(PageFault::Repeated),
            Self::AlternatingTokens => Some(PageFault::Alternating),
            _ => None,
        }
    }

    /// What the call is refused with.
    pub(crate) fn problem(self, call: &Call) -> Option<Problem> {
        let service = call.operation.service();
        match self {
            Self::Throttle => Some(Problem::throttled(service)),
            Self::Error500 => Some(Problem::internal(service)),
            Self::Error503 => Some(Problem::unavailable(service)),
            Self::AccessDenied => Some(Problem::denied(service, call)),
            Self::WrongSignature => Some(Problem::wrong_signature(service, call)),
            Self::ExpiredToken => Some(Problem::expired_token(service)),
            Self::ClockSkew => Some(Problem::clock_skew(service)),
            Self::InvalidNextToken => Some(Problem::invalid_token(service)),
            Self::MessageRejected => Some(Problem::message_rejected()),
            Self::AddressNotVerified => Some(Problem::address_not_verified()),
            Self::SendingPaused => Some(Problem::sending_paused()),
            Self::KmsDenied => Some(Problem::kms_denied(call)),
            Self::KmsDisabled => Some(Problem::kms_disabled()),
            _ => None,
        }
    }

    /// The one service that it can happen at.
    fn service(self) -> Option<Service> {
        match self {
            Self::MessageRejected | Self::AddressNotVerified | Self::SendingPaused => Some(Service::Ses),
            Self::KmsDenied | Self::KmsDisabled => Some(Service::S3),
            _ => None,
        }
    }
}

/// Which calls a fault happens to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// The operation by name, as in the counts: `iam:GetCredentialReport`; `*` for every one that can have the fault.
    pub operation: String,
    /// Only calls about this account: the caller's own, or the one whose role is assumed or whose tags or regions are
    /// asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Only calls that are signed for this region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Only calls about an object whose key contains this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Only in the first so many seconds after the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Only this share of the calls that fit, by the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Only the first so many calls about each account that fit, after those that go well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u32>,
    /// So many calls about each account that fit go well before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
    /// What happens.
    pub fault: Fault,
}

impl FaultRule {
    /// A fault that happens to every call of an operation.
    pub fn new(operation: impl Into<String>, fault: Fault) -> Self {
        Self {
            operation: operation.into(),
            account: None,
            region: None,
            object: None,
            seconds: None,
            share: None,
            first: None,
            after: None,
            fault,
        }
    }

    /// Reads a JSON list of rules. Of those that fit a call, the first that is due happens:
    ///
    /// ```
    /// let rules = aws_sim::FaultRule::list_from_json(
    ///     r#"[
    ///         {"operation": "sts:AssumeRole", "account": "100000000003", "fault": "access-denied"},
    ///         {"operation": "iam:GetCredentialReport", "first": 2, "after": 1, "fault": "error-503"},
    ///         {"operation": "tag:GetResources", "region": "eu-west-1", "fault": "repeated-token"},
    ///         {"operation": "*", "share": 0.01, "fault": "reset-in-body"},
    ///         {"operation": "s3:GetObject", "fault": {"slow-body": {"seconds": 5}}},
    ///         {"operation": "s3:PutObject", "object": "-coverage.csv", "seconds": 30, "fault": "kms-denied"}
    ///     ]"#,
    /// )?;
    /// assert_eq!(rules.len(), 6);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn list_from_json(json: &str) -> Result<Vec<Self>, serde_json::Error> {
        serde_json::from_str(json)
    }
}

/// The rules of a world, and how often each was met.
#[derive(Debug)]
pub(crate) struct Plan {
    rules: Vec<Rule>,
    seed: Seed,
    /// How many calls about an account fitted a rule that counts them.
    met: Mutex<HashMap<(usize, AccountId), u32>>,
}

#[derive(Debug)]
struct Rule {
    /// None for every one.
    operation: Option<Operation>,
    account: Option<AccountId>,
    region: Option<Region>,
    object: Option<String>,
    seconds: f64,
    share: f64,
    after: u32,
    /// How many calls there were when it is over.
    until: u32,
    fault: Fault,
}

impl Plan {
    /// Understands the rules, or says which one cannot be and why.
    pub(crate) fn new(rules: &[FaultRule], layout: Layout, seed: Seed) -> Result<Self, String> {
        let understood = rules.iter().enumerate().map(|(position, rule)| {
            Rule::new(rule, layout).map_err(|problem| format!("fault rule {}: {problem}", position + 1))
        });
        Ok(Self { rules: understood.collect::<Result<_, _>>()?, seed, met: Mutex::default() })
    }

    /// The fault that happens to this call: that of the first rule that fits and is due. Later rules do not see it.
    ///
    /// `at` is counted from the start.
    pub(crate) fn pick(&self, call: &Call, at: Duration) -> Option<Fault> {
        let due = self
            .rules
            .iter()
            .enumerate()
            .find(|(position, rule)| rule.fits(call, at) && self.is_due(*position, rule, call));
        due.map(|(_, rule)| rule.fault)
    }

    fn is_due(&self, position: usize, rule: &Rule, call: &Call) -> bool {
        if rule.share >= 1.0 && rule.after == 0 && rule.until == u32::MAX {
            return true;
        }
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let met = met.entry((position, call.about)).or_default();
        let before = *met;
        *met = met.saturating_add(1);
        let names = [u64::try_from(position).unwrap_or_default(), call.about.number(), u64::from(before)];
        (rule.after..rule.until).contains(&before)
            && (rule.share >= 1.0 || within(&mut self.seed.draws(Topic::Fault, names), rule.share))
    }

    pub(crate) fn reset(&self) {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Rule {
    fn new(rule: &FaultRule, layout: Layout) -> Result<Self, String> {
        let operation = match rule.operation.as_str() {
            EVERY_OPERATION => None,
            name => {
                let known = Operation::of_name(name).filter(|operation| *operation != Operation::Unknown);
                Some(known.ok_or_else(|| format!("the operation {name} is not known"))?)
            }
        };
        if rule.fault.needs_pages() && operation.is_some_and(|operation| !operation.is_paged()) {
            return Err(format!("{} does not answer in pages", rule.operation));
        }
        let account = match &rule.account {
            None => None,
            Some(text) => {
                let known = text.parse().ok().filter(|account| layout.place(*account).is_some());
                Some(known.ok_or_else(|| format!("there is no account {text}"))?)
            }
        };
        let region = match &rule.region {
            None => None,
            Some(name) => Some(Region::of_name(name).ok_or_else(|| format!("there is no region {name}"))?),
        };
        let object = rule.object.clone();
        if object.is_some() && operation.is_some_and(|operation| operation.service() != Service::S3) {
            return Err(format!("{} is not about an object", rule.operation));
        }
        if let (Some(service), Some(operation)) = (rule.fault.service(), operation)
            && operation.service() != service
        {
            return Err(format!("this fault does not happen to {}", rule.operation));
        }
        let seconds = rule.seconds.unwrap_or(f64::INFINITY);
        let share = rule.share.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&share) {
            return Err(format!("share is {share}, and must be 0 to 1"));
        }
        if let Fault::SlowBody { seconds } = rule.fault
            && !(0.0..=86_400.0).contains(&seconds)
        {
            return Err(format!("a body of {seconds} seconds cannot be sent"));
        }
        let after = rule.after.unwrap_or(0);
        let until = rule.first.map_or(u32::MAX, |first| after.saturating_add(first));
        Ok(Self { operation, account, region, object, seconds, share, after, until, fault: rule.fault })
    }

    fn fits(&self, call: &Call, at: Duration) -> bool {
        let operation = match self.operation {
            Some(operation) => operation == call.operation,
            None if call.operation == Operation::Unknown => false,
            None if self.fault.service().is_some_and(|service| service != call.operation.service()) => false,
            None => call.operation.is_paged() || !self.fault.needs_pages(),
        };
        operation
            && self.account.is_none_or(|account| account == call.about)
            && self.region.is_none_or(|region| Some(region) == call.region)
            && self.object.as_ref().is_none_or(|part| call.input.key().is_some_and(|key| key.contains(part)))
            && at.as_secs_f64() < self.seconds
            && (self.fault != Fault::InvalidNextToken || call.input.has_token())
    }
}

#[cfg(test)]
mod tests;
