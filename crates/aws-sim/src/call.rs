//! A call: who asks for what.

use serde::de::DeserializeOwned;

use crate::account::{AccountId, Place};
use crate::form;
use crate::operation::{Operation, Protocol};
use crate::page::{PageFault, PageRequest};
use crate::problem::Problem;
use crate::region::Region;
use crate::s3::ObjectRequest;
use crate::services::account_management::ListRegions;
use crate::services::dynamodb::Scan;
use crate::services::organizations::{ListAccounts, ListTagsForResource};
use crate::services::sts::AssumeRole;
use crate::services::tagging::GetResources;

/// A call that was understood as far as its head and body say.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) operation: Operation,
    pub(crate) protocol: Protocol,
    /// The account whose credentials it is made with.
    pub(crate) caller: AccountId,
    /// Whether those are of a session that the stand-in gave out.
    pub(crate) is_assumed: bool,
    /// Where that account is.
    pub(crate) place: Place,
    /// The region it is signed for; none where that is not a region.
    pub(crate) region: Option<Region>,
    /// The account it is about: the caller's own, unless it names another.
    pub(crate) about: AccountId,
    pub(crate) input: Input,
    /// How its page goes wrong.
    pub(crate) page_fault: Option<PageFault>,
    /// Names the call in its answer.
    pub(crate) request_id: RequestId,
    /// What it is signed with: its header `authorization`, and its session's token.
    pub(crate) signature: [String; 2],
}

/// The number of a call, which is its request id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestId(pub(crate) u64);

impl std::fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "00000000-0000-4000-8000-{:012x}", self.0)
    }
}

/// What a call says.
#[derive(Debug)]
pub(crate) enum Input {
    /// Nothing that matters.
    Nothing,
    AssumeRole(AssumeRole),
    GetResources(GetResources),
    ListAccounts(ListAccounts),
    ListRegions(ListRegions),
    ListTagsForResource(ListTagsForResource),
    Object(ObjectRequest),
    Scan(Scan),
    /// An operation of this name is not known.
    Unknown(String),
    /// It cannot be read.
    Unreadable(String),
}

impl Input {
    /// Reads the body of a call whose operation its head has named.
    pub(crate) fn of_json(operation: Operation, body: &[u8]) -> Self {
        match operation {
            Operation::GetResources => read(body, Self::GetResources),
            Operation::ListAccounts => read(body, Self::ListAccounts),
            Operation::ListRegions => read(body, Self::ListRegions),
            Operation::ListTagsForResource => read(body, Self::ListTagsForResource),
            Operation::Scan => read(body, Self::Scan),
            _ => Self::Nothing,
        }
    }

    /// Reads a form, which names its operation itself.
    pub(crate) fn of_form(body: &[u8]) -> (Operation, Self) {
        let Ok(form) = std::str::from_utf8(body) else {
            return (Operation::Unknown, Self::Unreadable("the form is not UTF-8".to_owned()));
        };
        let action = form::value(form, "Action").unwrap_or_default();
        let version = form::value(form, "Version").unwrap_or_default();
        match (version.as_ref(), action.as_ref()) {
            ("2011-06-15", "AssumeRole") => (Operation::AssumeRole, Self::AssumeRole(AssumeRole::of_form(form))),
            ("2011-06-15", "GetCallerIdentity") => (Operation::GetCallerIdentity, Self::Nothing),
            ("2010-05-08", "GetCredentialReport") => (Operation::GetCredentialReport, Self::Nothing),
            ("2010-05-08", "GenerateCredentialReport") => (Operation::GenerateCredentialReport, Self::Nothing),
            _ => (Operation::Unknown, Self::Unknown(action.into_owned())),
        }
    }

    /// The account that it names, if it names one.
    pub(crate) fn names_account(&self) -> Option<AccountId> {
        match self {
            Self::AssumeRole(input) => input.account(),
            Self::ListRegions(input) => input.account(),
            Self::ListTagsForResource(input) => input.account(),
            _ => None,
        }
    }

    /// The key of the object that is asked for.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Object(request) => Some(&request.key),
            _ => None,
        }
    }

    /// Whether it asks for a further page.
    pub(crate) fn has_token(&self) -> bool {
        let page = match self {
            Self::GetResources(input) => input.page(),
            Self::ListAccounts(input) => input.page(),
            Self::ListRegions(input) => input.page(),
            Self::ListTagsForResource(input) => input.page(),
            Self::Scan(input) => input.page(),
            _ => PageRequest::default(),
        };
        page.token().is_some()
    }
}

fn read<T: DeserializeOwned>(body: &[u8], input: impl FnOnce(T) -> Input) -> Input {
    // An input without members may come without a body.
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_or_else(|error| Input::Unreadable(error.to_string()), input)
}

impl Call {
    /// The problem of a call that nobody can carry out.
    pub(crate) fn misunderstood(&self) -> Problem {
        match &self.input {
            Input::Unreadable(why) => Problem::new(400, "SerializationException", why.clone()),
            Input::Unknown(name) => {
                Problem::new(501, "NotImplemented", format!("the stand-in does not know the operation {name:?}"))
            }
            _ => Problem::new(501, "NotImplemented", "the stand-in does not know this operation"),
        }
    }
}
