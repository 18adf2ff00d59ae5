//! What the SDK answers where a call failed, turned into [`CallError`].

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::scrub::scrub;
use crate::error::{CallError, CallErrorKind, chain};

/// Sorts a failed call by the service's error code, and by the HTTP status where the code says nothing.
pub(super) fn call_error<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            service_error(action, status, answer.err())
        }
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(connector) => dispatch_failure(action, connector),
            None => CallError::new(action, CallErrorKind::Unavailable),
        },
        SdkError::TimeoutError(_) => {
            CallError::new(action, CallErrorKind::Unavailable).with_source("no answer within the time limit")
        }
        // The connection broke within an answer.
        SdkError::ResponseError(_) => CallError::new(action, CallErrorKind::Unavailable).with_source(below(error)),
        _ => CallError::new(action, CallErrorKind::Other).with_source(below(error)),
    }
}

/// An answer that lacks what every such answer has.
pub(super) fn unreadable(action: &'static str, what: &'static str) -> CallError {
    CallError::new(action, CallErrorKind::Other).with_source(what)
}

/// Whether the request surely reached nobody: no connection came about.
pub(super) fn never_connected<E>(error: &SdkError<E, HttpResponse>) -> bool {
    let SdkError::DispatchFailure(failure) = error else { return false };
    // No read timeout is set, so a timeout of the connector is one of connecting.
    failure.is_timeout()
        || failure.as_connector_error().is_some_and(has_no_address)
        || failure.as_connector_error().and_then(find::<io::Error>).is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable
            )
        })
}

fn service_error<E>(action: &'static str, status: u16, error: &E) -> CallError
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match (error.code().filter(|code| !code.is_empty()), status) {
        (Some(code), _) => {
            let kind = kind_of_code(code).unwrap_or_else(|| kind_of_status(status));
            let error_without_source = CallError::new(action, kind).with_code(code);
            match error.message().filter(|message| !message.is_empty()) {
                Some(message) => error_without_source.with_source(scrub(message)),
                None => error_without_source,
            }
        }
        // A proxy's page, or an answer that broke off: the service itself answers what can be read.
        (None, 200..=299) => CallError::new(action, CallErrorKind::Unavailable)
            .with_source(scrub(&format!("the answer cannot be read: {}", chain(error)))),
        (None, _) => CallError::new(action, kind_of_status(status)).with_code(format!("HTTP {status}")),
    }
}

fn dispatch_failure(action: &'static str, connector: &ConnectorError) -> CallError {
    match find::<CredentialsError>(connector) {
        Some(CredentialsError::CredentialsNotLoaded(_)) => CallError::new(action, CallErrorKind::Other).with_source(
            "no AWS credentials found; name a profile with --profile or AWS_PROFILE, sign in with `aws sso login`, or give \
             the function a role",
        ),
        Some(error @ CredentialsError::ProviderTimedOut(_)) => CallError::new(action, CallErrorKind::Unavailable)
            .with_source(scrub(&format!("the AWS credentials could not be loaded: {}", chain(error)))),
        Some(error) => CallError::new(action, CallErrorKind::Other)
            .with_source(scrub(&format!("the AWS credentials could not be loaded: {}{}", chain(error), mend(error)))),
        None => {
            let kind = if connector.is_user() {
                CallErrorKind::Other
            } else if has_no_address(connector) {
                CallErrorKind::NoSuchHost
            } else {
                CallErrorKind::Unavailable
            };
            CallError::new(action, kind).with_source(scrub(&chain(connector)))
        }
    }
}

/// What the C libraries of Linux (`EAI_NONAME` and `EAI_NODATA` of glibc, then musl) and macOS say of a name that is surely
/// not there, as opposed to one that could not be looked up. The standard library gives their words and no code.
const NO_ADDRESS: [&str; 4] = [
    "Name or service not known",
    "No address associated with hostname",
    "Name does not resolve",
    "nodename nor servname provided",
];

/// Whether the name of the host has no address.
fn has_no_address(connector: &ConnectorError) -> bool {
    find::<io::Error>(connector).is_some_and(|error| {
        let said = error.to_string();
        NO_ADDRESS.iter().any(|words| said.contains(words))
    })
}

/// What to do where a token of IAM Identity Center is there no more, or never was, or a program gave no credentials.
fn mend(error: &CredentialsError) -> &'static str {
    let said = chain(error).to_lowercase();
    let is_about_a_token = ["sso", "access token", "cached token"].iter().any(|word| said.contains(word));
    if is_about_a_token {
        "; sign in with `aws sso login`, with --profile where you named one here"
    } else if said.contains("external process") {
        "; run the credential_process of the profile by hand to see why"
    } else {
        ""
    }
}

/// All that is below an error, without its own "dispatch failure" and the like.
fn below(error: &dyn StdError) -> String {
    scrub(&error.source().map_or_else(|| error.to_string(), chain))
}

/// The first error of this type, the outermost included.
fn find<T: StdError + 'static>(error: &ConnectorError) -> Option<&T> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// Error codes as services put them on the wire, which are not always the names of the SDK's types.
fn kind_of_code(code: &str) -> Option<CallErrorKind> {
    let kind = match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "AllAccessDisabled"
        | "AuthFailure"
        | "AuthorizationError"
        | "Forbidden"
        | "InvalidAccessKeyId"
        // In an account's region these two say that the region is not enabled; the tagging adapter knows.
        | "InvalidClientTokenId"
        | "MissingAuthenticationToken"
        | "NotAuthorized"
        | "UnauthorizedException"
        | "UnauthorizedOperation"
        | "UnrecognizedClientException" => CallErrorKind::Denied,

        "BandwidthLimitExceeded"
        | "EC2ThrottledException"
        | "LimitExceeded"
        | "LimitExceededException"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "ThrottledException"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "TransactionInProgressException" => CallErrorKind::Throttled,

        // Two writes at once (S3, Organizations), or the service's own trouble under any status.
        "ConcurrentModificationException"
        | "ConditionalRequestConflict"
        | "IDPCommunicationError"
        | "InternalError"
        | "InternalFailure"
        | "InternalServerError"
        | "InternalServerException"
        | "InternalServiceException"
        | "OperationAborted"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "ServiceException"
        | "ServiceFailure"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => CallErrorKind::Unavailable,

        "CredentialReportNotReadyException" | "ReportInProgress" => CallErrorKind::NotReady,

        "CredentialReportNotPresentException"
        | "NoSuchEntity"
        | "NoSuchKey"
        | "NoSuchUpload"
        // For an answer without a body, such as to HEAD, the SDK gives the code.
        | "NotFound"
        | "NotFoundException"
        | "ReportNotPresent"
        | "ResourceNotFoundException"
        | "TargetNotFoundException" => CallErrorKind::NotFound,

        "CredentialReportExpiredException" | "PaginationTokenExpiredException" | "ReportExpired" => {
            CallErrorKind::Expired
        }

        "OptInRequired" | "RegionDisabledException" => CallErrorKind::RegionNotEnabled,

        "AWSOrganizationsNotInUseException" => CallErrorKind::NotInOrganization,

        "PreconditionFailed" => CallErrorKind::AlreadyExists,

        // Not `Expired`, which is about what was asked for: a session that is over fails the call, and a second pass
        // assumes the role anew. The others are the caller's own trouble and final.
        "ExpiredToken" | "ExpiredTokenException" | "InvalidSignatureException" | "NoSuchBucket" | "RequestExpired"
        | "RequestTimeTooSkewed" | "SignatureDoesNotMatch" => CallErrorKind::Other,

        _ => return None,
    };
    Some(kind)
}

fn kind_of_status(status: u16) -> CallErrorKind {
    match status {
        401 | 403 => CallErrorKind::Denied,
        408 | 500..=599 => CallErrorKind::Unavailable,
        412 => CallErrorKind::AlreadyExists,
        429 => CallErrorKind::Throttled,
        _ => CallErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::error::CredentialsError;
    use aws_sdk_iam::operation::get_credential_report::GetCredentialReportError;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    type Failed = SdkError<GetCredentialReportError, HttpResponse>;

    fn answered(status: u16, code: &str, message: &str) -> CallError {
        let mut metadata = ErrorMetadata::builder();
        if !code.is_empty() {
            metadata = metadata.code(code);
        }
        let error = GetCredentialReportError::generic(metadata.message(message).build());
        let response = HttpResponse::new(status.try_into().unwrap(), SdkBody::empty());
        call_error("iam:GetCredentialReport", &Failed::service_error(error, response))
    }

    #[test]
    fn codes_decide_and_the_status_only_where_a_code_is_unknown() {
        use CallErrorKind::{
            AlreadyExists, Denied, Expired, NotFound, NotInOrganization, NotReady, Other, RegionNotEnabled, Throttled,
            Unavailable,
        };
        let cases = [
            (400, "AccessDeniedException", Denied),
            (403, "AccessDenied", Denied),
            (403, "UnauthorizedOperation", Denied),
            (403, "InvalidClientTokenId", Denied),
            (403, "SomethingNew", Denied),
            (400, "Throttling", Throttled),
            (400, "ThrottledException", Throttled),
            (400, "LimitExceededException", Throttled),
            (409, "LimitExceeded", Throttled),
            (429, "TooManyRequestsException", Throttled),
            (429, "", Throttled),
            (503, "SlowDown", Throttled),
            (503, "", Unavailable),
            (500, "ServiceFailure", Unavailable),
            (500, "SomethingNew", Unavailable),
            (409, "ConditionalRequestConflict", Unavailable),
            (400, "ConcurrentModificationException", Unavailable),
            (404, "ReportInProgress", NotReady),
            (410, "ReportNotPresent", NotFound),
            (404, "NoSuchKey", NotFound),
            (404, "NoSuchUpload", NotFound),
            (404, "NoSuchBucket", Other),
            (400, "TargetNotFoundException", NotFound),
            (410, "ReportExpired", Expired),
            (400, "PaginationTokenExpiredException", Expired),
            (403, "ExpiredToken", Other),
            // A clock that is wrong is no missing right.
            (403, "InvalidSignatureException", Other),
            (403, "RegionDisabledException", RegionNotEnabled),
            (400, "AWSOrganizationsNotInUseException", NotInOrganization),
            (412, "PreconditionFailed", AlreadyExists),
            (400, "ValidationError", Other),
            (404, "", Other),
        ];
        for (status, code, kind) in cases {
            assert_eq!(answered(status, code, "text").kind, kind, "{status} {code}");
        }
    }

    #[test]
    fn the_chain_reads_as_one_sentence() {
        let error = answered(403, "AccessDenied", "User: arn:aws:iam::123456789012:user/x is not authorized");
        assert_eq!(
            error.chain(),
            "iam:GetCredentialReport was denied (AccessDenied): User: arn:aws:iam::123456789012:user/x is not authorized"
        );
        assert_eq!(answered(502, "", "").chain(), "iam:GetCredentialReport was not answered (HTTP 502)");
    }

    #[test]
    fn a_message_never_carries_a_token() {
        let token = "IQoJb3JpZ2luX2VjEJr".repeat(20);
        let chain = answered(403, "SignatureDoesNotMatch", &format!("x-amz-security-token:{token} end")).chain();
        assert!(!chain.contains("IQoJ") && chain.ends_with("end"), "{chain}");
    }

    #[test]
    fn missing_credentials_are_said_in_so_many_words() {
        let missing = CredentialsError::not_loaded("nothing in the chain");
        let failed = Failed::dispatch_failure(ConnectorError::other(missing.into(), None));
        let error = call_error("sts:GetCallerIdentity", &failed);
        assert_eq!(error.kind, CallErrorKind::Other);
        assert!(error.chain().starts_with("sts:GetCallerIdentity failed: no AWS credentials found"), "{error:?}");

        let broken = CredentialsError::provider_error("the profile loops");
        let failed = Failed::dispatch_failure(ConnectorError::other(broken.into(), None));
        let error = call_error("sts:GetCallerIdentity", &failed);
        assert!(error.chain().contains("could not be loaded") && error.chain().contains("loops"), "{error:?}");
        assert!(!error.chain().contains("sign in"), "{error:?}");

        let expired = CredentialsError::provider_error("the SSO token has expired and cannot be refreshed");
        let failed = Failed::dispatch_failure(ConnectorError::other(expired.into(), None));
        let error = call_error("sts:GetCallerIdentity", &failed);
        assert!(error.chain().contains("sign in with `aws sso login`"), "{error:?}");
    }

    #[test]
    fn a_host_without_an_address_is_a_service_that_is_not_there() {
        let lookup = |said: &str| {
            let io = io::Error::other(format!("failed to lookup address information: {said}"));
            Failed::dispatch_failure(ConnectorError::io(Box::new(io)))
        };
        for said in NO_ADDRESS {
            let error = call_error("ses:SendEmail", &lookup(said));
            assert_eq!(error.kind, CallErrorKind::NoSuchHost, "{said}");
            assert!(error.chain().starts_with("ses:SendEmail: the service is not in this region or partition, or "));
            assert!(error.chain().contains(said) && never_connected(&lookup(said)), "{}", error.chain());
        }
        let later = lookup("Temporary failure in name resolution");
        assert_eq!(call_error("ses:SendEmail", &later).kind, CallErrorKind::Unavailable);
        assert!(!never_connected(&later));
    }

    #[test]
    fn the_network_is_transient_and_a_refused_connection_reached_nobody() {
        let refused = Failed::dispatch_failure(ConnectorError::io(
            io::Error::new(io::ErrorKind::ConnectionRefused, "refused").into(),
        ));
        let reset = Failed::dispatch_failure(ConnectorError::io(
            io::Error::new(io::ErrorKind::ConnectionReset, "reset").into(),
        ));
        let timeout = Failed::timeout_error("late");
        let user = Failed::dispatch_failure(ConnectorError::user("a header".into()));
        let kinds = [&refused, &reset, &timeout, &user].map(|error| call_error("ses:SendEmail", error).kind);
        let unavailable = CallErrorKind::Unavailable;
        assert_eq!(kinds, [unavailable, unavailable, unavailable, CallErrorKind::Other]);
        assert_eq!([&refused, &reset, &timeout, &user].map(never_connected), [true, false, false, false]);
    }
}
