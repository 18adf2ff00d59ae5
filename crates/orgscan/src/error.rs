//! The two error types: one AWS call that failed, and a run that could not be done.
//!
//! The fate of an account is not an error but data: see [`crate::ledger`].

use std::error::Error as StdError;
use std::fmt;

use crate::advice;

/// What a caller does about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallErrorKind {
    /// The identity may not do this (`AccessDenied` and its kin, an explicit deny of a service control policy
    /// included).
    Denied,
    /// Too many calls, even after the retries of this call.
    Throttled,
    /// The service or the network failed, even after the retries of this call.
    Unavailable,
    /// The name of the service's host is not known: the service is not in this region or partition, or names are not
    /// resolved here.
    NoSuchHost,
    /// The answer is still being made (`ReportInProgress`).
    NotReady,
    /// The thing asked for is not there.
    NotFound,
    /// The thing asked for was there and is too old (`ReportExpired`, `PaginationTokenExpiredException`).
    Expired,
    /// The region is not enabled in the account: its session token is unknown there.
    RegionNotEnabled,
    /// The account is in no Organization.
    NotInOrganization,
    /// The object exists already (`If-None-Match: *` was answered 412).
    AlreadyExists,
    /// The same page was answered again and again, or more pages than can be.
    EndlessPages,
    /// Any other answer: a request the service does not accept, an answer that cannot be read.
    Other,
}

impl CallErrorKind {
    /// Whether the same call may succeed a little later.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable | Self::NoSuchHost)
    }
}

/// One AWS call that failed.
///
/// Its message names the IAM action as a policy spells it and the service's own error code; the service's message is
/// the source.
#[derive(Debug)]
pub struct CallError {
    /// The IAM action, such as `iam:GetCredentialReport`.
    pub action: &'static str,
    /// What to do about it.
    pub kind: CallErrorKind,
    /// The service's error code, where it answered one.
    pub code: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl CallError {
    /// A failed call without a code or a source.
    pub fn new(action: &'static str, kind: CallErrorKind) -> Self {
        Self { action, kind, code: None, source: None }
    }

    /// Adds the service's error code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds what the service or the network said.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// This error and everything below it, as one line.
    pub fn chain(&self) -> String {
        chain(self)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action;
        match self.kind {
            CallErrorKind::Denied => write!(formatter, "{action} was denied")?,
            CallErrorKind::Throttled => write!(formatter, "{action} was throttled")?,
            CallErrorKind::Unavailable => write!(formatter, "{action} was not answered")?,
            CallErrorKind::NoSuchHost => write!(
                formatter,
                "{action}: the service is not in this region or partition, or host names are not resolved here"
            )?,
            CallErrorKind::NotReady => write!(formatter, "{action} has no answer yet")?,
            CallErrorKind::NotFound => write!(formatter, "{action} found nothing")?,
            CallErrorKind::Expired => write!(formatter, "{action} answered that it expired")?,
            CallErrorKind::RegionNotEnabled => write!(formatter, "{action}: the region is not enabled")?,
            CallErrorKind::NotInOrganization => write!(formatter, "{action}: the account is in no Organization")?,
            CallErrorKind::AlreadyExists => write!(formatter, "{action}: the object exists already")?,
            CallErrorKind::EndlessPages => write!(formatter, "{action} answered the same pages again and again")?,
            CallErrorKind::Other => write!(formatter, "{action} failed")?,
        }
        match &self.code {
            Some(code) => write!(formatter, " ({code})"),
            None => Ok(()),
        }
    }
}

impl StdError for CallError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// A run that could not be done at all: nothing useful was written.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Settings are missing or malformed; each problem names its variable.
    #[error("the settings cannot be used: {}", .problems.join("; "))]
    Settings {
        /// One sentence per setting.
        problems: Vec<String>,
    },
    /// The event has a field that cannot be used.
    #[error("the event cannot be used: {}", .problems.join("; "))]
    Event {
        /// One sentence per field.
        problems: Vec<String>,
    },
    /// The caller's own identity could not be learnt.
    #[error("the caller's own identity could not be learnt; {}", advice::on_identity(.0))]
    Identity(#[source] CallError),
    /// The tenants table could not be read.
    #[error("the tenants table {table} could not be read")]
    Tenants {
        /// The table's name.
        table: String,
        /// Why.
        #[source]
        source: CallError,
    },
    /// The tenants table has no item at all, which is never what is meant.
    #[error("the tenants table {table} is empty; check DYNAMO_TABLE_NAME")]
    NoTenants {
        /// The table's name.
        table: String,
    },
    /// The caller's own Organization could not be read.
    #[error("the Organization of the caller's account could not be read{}", advice::on_organization(.0).map_or(String::new(), |advice| format!("; {advice}")))]
    Organization(#[source] CallError),
    /// No Organization could be read.
    #[error("no Organization could be read: {}", .reasons.join("; "))]
    NoOrganization {
        /// Why, per tenant.
        reasons: Vec<String>,
    },
    /// Reports could not be written, so the run is lost.
    #[error("nothing could be written{}; {location} failed first", .advice.map_or(String::new(), |advice| format!(": {advice}")))]
    Store {
        /// Where the first object was to lie.
        location: String,
        /// What to do about it, where that is known.
        advice: Option<&'static str>,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The spool file in the temporary folder could not be used.
    #[error("the spool file cannot be used; check the size of the temporary folder")]
    Spool(#[source] std::io::Error),
    /// The program is wrong.
    #[error("an internal error ended the run; the log says where in the program")]
    Internal,
}

impl RunError {
    /// A stable name for alarms and for Lambda's `errorType`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Settings { .. } => "SettingsInvalid",
            Self::Event { .. } => "EventInvalid",
            Self::Identity(_) => "IdentityUnknown",
            Self::Tenants { .. } => "TenantsUnreadable",
            Self::NoTenants { .. } => "TenantsEmpty",
            Self::Organization(_) => "OrganizationUnreadable",
            Self::NoOrganization { .. } => "NoOrganization",
            Self::Store { .. } => "StoreFailed",
            Self::Spool(_) => "SpoolFailed",
            Self::Internal => "InternalError",
        }
    }

    /// This error and everything below it, as one line.
    pub fn chain(&self) -> String {
        chain(self)
    }
}

/// An object could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The bucket did not take it.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The folder, or the store behind it, did not take it.
    #[error("the place for reports cannot be used")]
    Folder(#[source] std::io::Error),
}

impl StoreError {
    /// Whether the object was there already.
    pub fn is_already_there(&self) -> bool {
        match self {
            Self::Call(error) => error.kind == CallErrorKind::AlreadyExists,
            Self::Folder(error) => error.kind() == std::io::ErrorKind::AlreadyExists,
        }
    }

    /// Whether the same may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Call(error) => error.kind.is_transient(),
            Self::Folder(_) => false,
        }
    }

    /// Whether the object is not there.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Call(error) => error.kind == CallErrorKind::NotFound,
            Self::Folder(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }
}

/// An error and its sources, joined with `: `; a source that its parent repeats word for word is said once.
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let said = source.to_string();
        if !said.is_empty() && !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = source.source();
    }
    text
}
