//! Errors as the services answer them.

use std::borrow::Cow;

use crate::call::Call;
use crate::operation::{Operation, Service};

/// Whom the message of a wrong signature names.
const OWNER: &str = "planted-owner@example.com";

/// An error that a service answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
    /// The `Reason` that Organizations adds to some errors.
    pub(crate) reason: Option<&'static str>,
}

impl Problem {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), reason: None }
    }

    /// More calls than a quota allows.
    pub(crate) fn throttled(service: Service) -> Self {
        match service {
            Service::Organizations => Self::new(
                400,
                "TooManyRequestsException",
                "AWS Organizations can't complete your request because you have made too many calls.",
            ),
            Service::Sts | Service::Iam => Self::new(400, "Throttling", "Rate exceeded"),
            Service::Tagging => Self::new(400, "ThrottledException", "Rate exceeded"),
            Service::AccountManagement | Service::Ses => {
                Self::new(429, "TooManyRequestsException", "Too Many Requests")
            }
            Service::DynamoDb => Self::new(400, "ThrottlingException", "Rate exceeded"),
            Service::S3 => Self::new(503, "SlowDown", "Please reduce your request rate."),
        }
    }

    /// Trouble of the service itself, as it calls it.
    pub(crate) fn internal(service: Service) -> Self {
        let code = match service {
            Service::Organizations => "ServiceException",
            Service::Sts | Service::Ses => "InternalFailure",
            Service::Iam => "ServiceFailure",
            Service::Tagging => "InternalServiceException",
            Service::AccountManagement => "InternalServerException",
            Service::DynamoDb => "InternalServerError",
            Service::S3 => "InternalError",
        };
        Self::new(500, code, "We encountered an internal error. Please try again.")
    }

    /// The service cannot be reached behind its front.
    pub(crate) fn unavailable(service: Service) -> Self {
        let code = match service {
            Service::Sts | Service::Iam | Service::S3 => "ServiceUnavailable",
            _ => "ServiceUnavailableException",
        };
        Self::new(503, code, "Service is unable to handle request.")
    }

    /// The caller may not.
    pub(crate) fn denied(service: Service, call: &Call) -> Self {
        let (status, code) = match service {
            Service::Sts | Service::Iam | Service::S3 => (403, "AccessDenied"),
            Service::AccountManagement | Service::Ses => (403, "AccessDeniedException"),
            Service::Organizations | Service::Tagging | Service::DynamoDb => (400, "AccessDeniedException"),
        };
        let message = match call.operation {
            Operation::AssumeRole => format!(
                "User: arn:aws:iam::{}:user/sim is not authorized to perform: sts:AssumeRole on resource: \
                 arn:aws:iam::{}:role/sim",
                call.caller, call.about
            ),
            operation => format!(
                "User: arn:aws:sts::{}:assumed-role/sim/sim is not authorized to perform: {} because no \
                 identity-based policy allows the action",
                call.caller,
                operation.name()
            ),
        };
        Self::new(status, code, message)
    }

    /// The signature is not what the service calculates. It says what it was told: headers, and here the URL that says the
    /// same, and somebody's address.
    pub(crate) fn wrong_signature(service: Service, call: &Call) -> Self {
        let (status, code) = match service {
            Service::S3 | Service::Sts | Service::Iam => (403, "SignatureDoesNotMatch"),
            Service::AccountManagement | Service::Ses => (403, "InvalidSignatureException"),
            _ => (400, "InvalidSignatureException"),
        };
        let [authorization, token] = &call.signature;
        let credential = authorization.split("Credential=").nth(1).and_then(|rest| rest.split(',').next());
        let signature = authorization.rsplit("Signature=").next().unwrap_or_default();
        let encoded = |text: &str| text.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
        let message = format!(
            "The request signature we calculated does not match the signature you provided. The Canonical String for this \
             request should have been 'GET\n/\n\nauthorization:{authorization}\nx-amz-security-token:{token}', and the \
             String-to-Sign 'AWS4-HMAC-SHA256\n{signature}'. See \
             https://bucket.s3.amazonaws.com/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}\
             &X-Amz-Security-Token={}&X-Amz-Signature={signature} or ask {OWNER}",
            encoded(credential.unwrap_or_default()),
            encoded(token),
        );
        Self::new(status, code, message)
    }

    /// The session is over.
    pub(crate) fn expired_token(service: Service) -> Self {
        let message = "The security token included in the request is expired";
        match service {
            Service::Sts | Service::Iam => Self::new(403, "ExpiredToken", message),
            Service::S3 => Self::new(400, "ExpiredToken", "The provided token has expired."),
            Service::AccountManagement | Service::Ses => Self::new(403, "ExpiredTokenException", message),
            _ => Self::new(400, "ExpiredTokenException", message),
        }
    }

    /// The signature's time is too far from the service's.
    pub(crate) fn clock_skew(service: Service) -> Self {
        let message =
            "Signature expired: 20200101T000000Z is now earlier than 20200101T001000Z (20200101T001500Z - 5 min.)";
        match service {
            Service::S3 => Self::new(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            ),
            Service::Sts | Service::Iam => Self::new(403, "SignatureDoesNotMatch", message),
            Service::AccountManagement | Service::Ses => Self::new(403, "InvalidSignatureException", message),
            _ => Self::new(400, "InvalidSignatureException", message),
        }
    }

    /// The token of a page is not one, or not any more.
    pub(crate) fn invalid_token(service: Service) -> Self {
        match service {
            Service::Organizations => Self {
                reason: Some("INVALID_NEXT_TOKEN"),
                ..Self::new(400, "InvalidInputException", "You provided an invalid value for NextToken.")
            },
            Service::Tagging => {
                Self::new(400, "PaginationTokenExpiredException", "The pagination token has expired. Start over.")
            }
            Service::DynamoDb => Self::new(400, "ValidationException", "The provided starting key is invalid"),
            _ => Self::new(400, "ValidationException", "The next token is invalid"),
        }
    }

    /// SES does not send this message.
    pub(crate) fn message_rejected() -> Self {
        Self::new(400, "MessageRejected", "Email content was rejected.")
    }

    /// The account is in the sandbox of SES, and an address is not verified.
    pub(crate) fn address_not_verified() -> Self {
        let message = "Email address is not verified. The following identities failed the check in region US-EAST-1: \
                       somebody@example.com";
        Self::new(400, "MessageRejected", message)
    }

    /// SES sends nothing for this account.
    pub(crate) fn sending_paused() -> Self {
        Self::new(400, "SendingPausedException", "Email sending is disabled for this account.")
    }

    /// The caller may write the object but not use its key.
    pub(crate) fn kms_denied(call: &Call) -> Self {
        let message = format!(
            "User: arn:aws:sts::{}:assumed-role/sim/sim is not authorized to perform: kms:GenerateDataKey on the \
             resource associated with this ciphertext because the resource does not exist in this Region, no \
             resource-based policies allow access, or a resource-based policy explicitly denies access",
            call.caller
        );
        Self::new(403, "AccessDenied", message)
    }

    /// The object's key is disabled.
    pub(crate) fn kms_disabled() -> Self {
        Self::new(400, "KMS.DisabledException", "The key that encrypts the object is disabled.")
    }
}
