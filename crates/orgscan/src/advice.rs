//! What an operator does about a report or a mail that could not be delivered.
//!
//! Service and code decide; where one code stands for several causes, the words of its message do.

use crate::error::{CallError, CallErrorKind, StoreError, chain};

/// Adds what to do to a problem.
pub(crate) fn with_advice(problem: String, advice: Option<&str>) -> String {
    match advice {
        Some(advice) => format!("{problem}; {advice}"),
        None => problem,
    }
}

/// About an object that could not be written or read; none where nothing better can be said than the error does.
pub(crate) fn on_store(error: &StoreError) -> Option<&'static str> {
    let StoreError::Call(error) = error else { return None };
    let code = error.code.as_deref().unwrap_or_default();
    // The codes of S3 for keys ("Error responses", KMS): KMS.DisabledException, KMS.NotFoundException and so on.
    if code.starts_with("KMS.") {
        return Some(
            "the KMS key cannot be used: enable it, or set KMS_KEY_ARN, or the bucket's default encryption, to another",
        );
    }
    match error.kind {
        CallErrorKind::Denied if chain(error).contains("kms:") => Some(
            "allow the function's role kms:GenerateDataKey and kms:Decrypt on the KMS key, in its own policy and in the \
             key's",
        ),
        // S3 answers a wrong owner as it answers a missing right.
        CallErrorKind::Denied => Some(
            "allow the function's role to read and write the bucket, in its own policy and in the bucket's, and see that \
             EXPECTED_BUCKET_OWNER is the account that owns the bucket",
        ),
        _ if code == "NoSuchBucket" => Some("make the bucket, or set OUTPUT_BUCKET to one that is there"),
        kind if kind.is_transient() => Some("repeat the event, with the same scheduled_time, once S3 answers again"),
        _ => None,
    }
}

/// About credentials that STS does not take, or that are not there.
pub(crate) fn on_identity(error: &CallError) -> &'static str {
    match (error.code.as_deref().unwrap_or_default(), error.kind) {
        ("ExpiredToken" | "ExpiredTokenException" | "RequestExpired", _) => {
            "the session of the credentials is over: sign in again, such as with `aws sso login`"
        }
        ("InvalidClientTokenId" | "UnrecognizedClientException", _) => {
            "AWS does not know the access key: see with `aws configure list` which one is used, and whether it is of this \
             partition"
        }
        ("SignatureDoesNotMatch" | "InvalidSignatureException" | "RequestTimeTooSkewed", _) => {
            "the secret access key is not that of the access key, or this machine's clock is wrong"
        }
        (_, CallErrorKind::Unavailable) => {
            "see that AWS can be reached from here, through the proxy where there is one"
        }
        _ => "check the AWS credentials",
    }
}

/// About the caller's Organization, which could not be read.
pub(crate) fn on_organization(error: &CallError) -> Option<&'static str> {
    match error.kind {
        CallErrorKind::NotInOrganization => Some(
            "use credentials of the Organization's management account, or of the account of a delegated administrator; \
             `orgscan findings` judges the report of one account by itself",
        ),
        CallErrorKind::Denied => Some(
            "allow the caller organizations:DescribeOrganization; `orgscan policy caller` prints what else it needs",
        ),
        _ => None,
    }
}

/// About accounts that could not be listed.
pub(crate) fn on_listing(error: &CallError) -> Option<&'static str> {
    (error.kind == CallErrorKind::Denied).then_some(
        "accounts are listed with credentials of the management account, or of the account of a delegated administrator, \
         that may organizations:ListAccounts",
    )
}

/// About a mail that was not sent.
pub(crate) fn on_mail(error: &CallError) -> Option<&'static str> {
    match (error.code.as_deref().unwrap_or_default(), error.kind) {
        ("MessageRejected", _) if chain(error).contains("not verified") => Some(
            "verify the sender's address or domain in SES in this region; where a recipient is meant, the account is in \
             the SES sandbox: verify the recipient too, or request production access",
        ),
        ("MailFromDomainNotVerifiedException", _) => {
            Some("publish the MX record of the identity's MAIL FROM domain, or let SES use its own domain")
        }
        ("MessageRejected", _) => Some("SES takes the message for harmful: look at its account dashboard"),
        ("SendingPausedException" | "AccountSuspendedException", _) => Some(
            "SES has paused sending for the account or the configuration set: its reputation page says why, and where to \
             resume",
        ),
        (_, CallErrorKind::Denied) => {
            Some("allow the function's role ses:SendEmail on the identity of MAIL_SENDER and on SES_CONFIGURATION_SET")
        }
        (_, CallErrorKind::NotFound) => Some("see that the configuration set of SES_CONFIGURATION_SET is there"),
        (_, CallErrorKind::Throttled) => {
            Some("the sending quota of SES is used up: request a higher one, or repeat the event later")
        }
        (_, CallErrorKind::Unavailable) => Some(
            "SES may have sent it all the same: where the recipients have no mail, repeat the event with the same \
             scheduled_time",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(action: &'static str, kind: CallErrorKind, code: &str, message: &str) -> CallError {
        CallError::new(action, kind).with_code(code).with_source(message.to_owned())
    }

    #[test]
    fn each_cause_of_an_object_that_is_not_written_has_its_own_advice() {
        use CallErrorKind::{Denied, Other, Throttled, Unavailable};
        let cases = [
            (Denied, "AccessDenied", "not authorized to perform: kms:GenerateDataKey", Some("kms:GenerateDataKey")),
            (Denied, "AccessDenied", "Access Denied", Some("EXPECTED_BUCKET_OWNER")),
            (Other, "KMS.DisabledException", "the key is disabled", Some("enable it")),
            (Other, "NoSuchBucket", "it does not exist", Some("OUTPUT_BUCKET")),
            (Unavailable, "InternalError", "try again", Some("repeat the event")),
            (Throttled, "SlowDown", "slower", Some("repeat the event")),
            (Other, "InvalidArgument", "no", None),
        ];
        for (kind, code, message, part) in cases {
            let advice = on_store(&StoreError::Call(failed("s3:PutObject", kind, code, message)));
            assert!(advice.is_some() == part.is_some(), "{code}: {advice:?}");
            assert!(part.is_none_or(|part| advice.is_some_and(|advice| advice.contains(part))), "{code}: {advice:?}");
        }
        assert_eq!(on_store(&StoreError::Folder(std::io::ErrorKind::TimedOut.into())), None);
    }

    #[test]
    fn each_cause_of_a_mail_that_is_not_sent_has_its_own_advice() {
        use CallErrorKind::{Denied, NotFound, Other, Throttled, Unavailable};
        let cases = [
            (Other, "MessageRejected", "Email address is not verified.", Some("sandbox")),
            (Other, "MessageRejected", "Email content was rejected.", Some("harmful")),
            (Other, "MailFromDomainNotVerifiedException", "no", Some("MX record")),
            (Other, "SendingPausedException", "disabled", Some("paused")),
            (Other, "AccountSuspendedException", "suspended", Some("paused")),
            (Denied, "AccessDeniedException", "not authorized", Some("ses:SendEmail")),
            (NotFound, "NotFoundException", "no such set", Some("SES_CONFIGURATION_SET")),
            (Throttled, "TooManyRequestsException", "slower", Some("quota")),
            (Unavailable, "InternalFailure", "no", Some("scheduled_time")),
            (Other, "BadRequestException", "no", None),
        ];
        for (kind, code, message, part) in cases {
            let advice = on_mail(&failed("ses:SendEmail", kind, code, message));
            assert!(advice.is_some() == part.is_some(), "{code}: {advice:?}");
            assert!(part.is_none_or(|part| advice.is_some_and(|advice| advice.contains(part))), "{code}: {advice:?}");
        }
    }

    #[test]
    fn each_cause_of_a_caller_that_is_not_known_has_its_own_advice() {
        use CallErrorKind::{Denied, Other, Unavailable};
        for (kind, code, part) in [
            (Other, "ExpiredToken", "sign in again"),
            (Denied, "InvalidClientTokenId", "aws configure list"),
            (Other, "SignatureDoesNotMatch", "clock"),
            (Unavailable, "", "reached"),
            (Other, "", "check the AWS credentials"),
        ] {
            let error = CallError::new("sts:GetCallerIdentity", kind).with_code(code);
            assert!(on_identity(&error).contains(part), "{code}: {}", on_identity(&error));
        }
    }

    #[test]
    fn who_may_not_list_accounts_learns_who_may() {
        use CallErrorKind::{Denied, NotInOrganization, Other};
        let about = |kind| CallError::new("organizations:DescribeOrganization", kind);
        assert!(on_organization(&about(NotInOrganization)).is_some_and(|advice| advice.contains("management account")));
        assert!(on_organization(&about(Denied)).is_some_and(|advice| advice.contains("orgscan policy caller")));
        assert_eq!(on_organization(&about(Other)), None);
        assert!(on_listing(&about(Denied)).is_some_and(|advice| advice.contains("delegated administrator")));
        assert_eq!(on_listing(&about(Other)), None);
    }

    #[test]
    fn advice_follows_its_problem() {
        assert_eq!(with_advice("it failed".to_owned(), Some("do this")), "it failed; do this");
        assert_eq!(with_advice("it failed".to_owned(), None), "it failed");
    }
}
