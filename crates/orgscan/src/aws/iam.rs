//! IAM: the credential report, and roles to look at.

use aws_sdk_iam::types::ReportStateType;

use super::error::{call_error, unreadable};
use super::{Session, World, timestamp};
use crate::doctor::{RoleSeen, Roles};
use crate::error::CallError;
use crate::ports::{CredentialReport, CredentialReports};

const GET_REPORT: &str = "iam:GetCredentialReport";
const GENERATE_REPORT: &str = "iam:GenerateCredentialReport";
const GET_ROLE: &str = "iam:GetRole";

impl CredentialReports for World {
    async fn credential_report(&self, session: &Session) -> Result<CredentialReport, CallError> {
        let request = session.iam().get_credential_report();
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(session.signed_for_iam()).send());
            async { sent.await.map_err(|error| call_error(GET_REPORT, &error)) }
        };
        let answer = self.gate.call(GET_REPORT, None, attempt).await?;
        let generated_time = answer.generated_time().and_then(timestamp);
        match answer.content {
            Some(content) => Ok(CredentialReport { content: content.into_inner(), generated_time }),
            None => Err(unreadable(GET_REPORT, "the answer has no content")),
        }
    }

    async fn generate_credential_report(&self, session: &Session) -> Result<bool, CallError> {
        let request = session.iam().generate_credential_report();
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(session.signed_for_iam()).send());
            async { sent.await.map_err(|error| call_error(GENERATE_REPORT, &error)) }
        };
        let answer = self.gate.call(GENERATE_REPORT, None, attempt).await?;
        Ok(answer.state() == Some(&ReportStateType::Complete))
    }
}

impl Roles for World {
    async fn role(&self, session: &Session, name: &str) -> Result<RoleSeen, CallError> {
        let request = session.iam().get_role().role_name(name);
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(session.signed_for_iam()).send());
            async { sent.await.map_err(|error| call_error(GET_ROLE, &error)) }
        };
        let answer = self.gate.call(GET_ROLE, None, attempt).await?;
        let role = answer.role().ok_or_else(|| unreadable(GET_ROLE, "the answer has no role"))?;
        let trust = role.assume_role_policy_document().and_then(percent_decoded);
        let trust = trust.and_then(|document| serde_json::from_str(&document).ok());
        let trust = trust.ok_or_else(|| unreadable(GET_ROLE, "the trust policy is not JSON"))?;
        Ok(RoleSeen { arn: role.arn().to_owned(), trust })
    }
}

/// Policies are percent-encoded (RFC 3986) in answers of IAM (IAM API reference, `GetRole`).
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            rest = after;
            bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, ok, query_error, session, world};
    use crate::error::CallErrorKind;

    const REPORT: &str = "<GetCredentialReportResponse><GetCredentialReportResult>\
        <Content>dXNlcixhcm4KPHJvb3RfYWNjb3VudD4sw7w=</Content><ReportFormat>text/csv</ReportFormat>\
        <GeneratedTime>2026-11-21T05:30:00Z</GeneratedTime>\
        </GetCredentialReportResult></GetCredentialReportResponse>";

    fn state(state: &str) -> String {
        format!(
            "<GenerateCredentialReportResponse><GenerateCredentialReportResult><State>{state}</State>\
             </GenerateCredentialReportResult></GenerateCredentialReportResponse>"
        )
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_is_its_bytes_and_its_time() {
        let canned = Canned::new([ok(REPORT)]);
        let world = world(&canned);
        let report = world.credential_report(&session(&world)).await.unwrap();
        assert_eq!(report.content, "user,arn\n<root_account>,ü".as_bytes());
        assert_eq!(report.generated_time.unwrap().to_string(), "2026-11-21T05:30:00Z");
        assert_eq!(canned.only().operation(), "GetCredentialReport");
        assert_eq!(canned.only().host(), "iam.amazonaws.com");
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_without_content_is_an_error() {
        let empty = "<GetCredentialReportResponse><GetCredentialReportResult></GetCredentialReportResult>\
                     </GetCredentialReportResponse>";
        let world = world(&Canned::new([ok(empty)]));
        assert_eq!(world.credential_report(&session(&world)).await.unwrap_err().kind, CallErrorKind::Other);
    }

    #[tokio::test(start_paused = true)]
    async fn a_generation_is_ready_only_when_it_is_complete() {
        for (answered, ready) in [("STARTED", false), ("INPROGRESS", false), ("COMPLETE", true)] {
            let canned = Canned::new([ok(state(answered))]);
            let world = world(&canned);
            assert_eq!(world.generate_credential_report(&session(&world)).await.unwrap(), ready, "{answered}");
            assert_eq!(canned.only().operation(), "GenerateCredentialReport");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_answer_of_iam_is_the_right_kind_and_final_ones_are_asked_once() {
        let cases = [
            (410, "ReportNotPresent", CallErrorKind::NotFound),
            (410, "ReportExpired", CallErrorKind::Expired),
            (404, "ReportInProgress", CallErrorKind::NotReady),
            (403, "AccessDenied", CallErrorKind::Denied),
            (403, "InvalidClientTokenId", CallErrorKind::Denied),
            (403, "ExpiredToken", CallErrorKind::Other),
            (400, "ValidationError", CallErrorKind::Other),
        ];
        for (status, code, kind) in cases {
            let canned = Canned::new([query_error(status, code)]);
            let world = world(&canned);
            let error = world.credential_report(&session(&world)).await.unwrap_err();
            assert_eq!((error.kind, error.code.as_deref(), canned.sent().len()), (kind, Some(code), 1));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_transient_is_repeated() {
        for (status, code) in [(409, "LimitExceeded"), (400, "Throttling"), (500, "ServiceFailure")] {
            let canned = Canned::new([query_error(status, code), ok(state("STARTED"))]);
            let world = world(&canned);
            assert!(!world.generate_credential_report(&session(&world)).await.unwrap());
            assert_eq!(canned.sent().len(), 2, "{code}");
        }
        let canned = Canned::new(vec![query_error(409, "LimitExceeded"); 20]);
        let world = world(&canned);
        let error = world.generate_credential_report(&session(&world)).await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Throttled);
    }

    fn role(document: &str) -> String {
        format!(
            "<GetRoleResponse><GetRoleResult><Role><Path>/audit/</Path><RoleName>Reader</RoleName><RoleId>R</RoleId>\
             <Arn>arn:aws:iam::000000000012:role/audit/Reader</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
             <AssumeRolePolicyDocument>{document}</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>"
        )
    }

    #[tokio::test(start_paused = true)]
    async fn a_role_is_its_arn_and_its_trust_policy() {
        let canned = Canned::new([ok(role("%7B%22Statement%22%3A%5B%7B%22Sid%22%3A%22a+b%22%7D%5D%7D"))]);
        let world = world(&canned);
        let seen = world.role(&session(&world), "Reader").await.unwrap();
        assert_eq!(seen.arn, "arn:aws:iam::000000000012:role/audit/Reader");
        assert_eq!(seen.trust, serde_json::json!({"Statement": [{"Sid": "a+b"}]}));
        assert_eq!(
            (canned.only().operation(), canned.only().input()["RoleName"].clone()),
            ("GetRole".into(), "Reader".into())
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_role_that_is_not_there_and_one_that_cannot_be_read_are_told_apart() {
        let canned = Canned::new([query_error(404, "NoSuchEntity"), ok(role("%7B")), ok(role("%7"))]);
        let world = world(&canned);
        let kinds = [CallErrorKind::NotFound, CallErrorKind::Other, CallErrorKind::Other];
        for kind in kinds {
            assert_eq!(world.role(&session(&world), "Reader").await.unwrap_err().kind, kind);
        }
    }
}
