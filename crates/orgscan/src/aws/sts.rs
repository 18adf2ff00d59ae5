//! STS: who the process is, and sessions in other accounts.

use std::time::SystemTime;

use aws_credential_types::Credentials;

use super::error::{call_error, unreadable};
use super::{Session, World};
use crate::account::Partition;
use crate::error::CallError;
use crate::ports::{Caller, RoleToAssume, Sessions};

const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";
const ASSUME_ROLE: &str = "sts:AssumeRole";

/// The longest session of a role that was assumed by a role ("Role chaining", IAM user guide).
const SESSION_SECONDS: i32 = 3_600;

impl Sessions for World {
    type Session = Session;

    async fn caller(&self) -> Result<Caller<Session>, CallError> {
        let request = self.own.sts().get_caller_identity();
        let attempt = || {
            let sent = Box::pin(request.clone().send());
            async { sent.await.map_err(|error| call_error(GET_CALLER_IDENTITY, &error)) }
        };
        let identity = self.gate.call(GET_CALLER_IDENTITY, None, attempt).await?;
        let account = identity.account().and_then(|id| id.parse().ok());
        let partition = identity.arn().and_then(Partition::of_arn);
        let (Some(account), Some(partition)) = (account, partition) else {
            return Err(unreadable(GET_CALLER_IDENTITY, "the answer has no account or no ARN"));
        };
        Ok(Caller { arn: identity.arn().unwrap_or_default().to_owned(), account, partition, session: self.own.clone() })
    }

    async fn assume_role(&self, via: &Session, role: &RoleToAssume) -> Result<Session, CallError> {
        let request = via
            .sts()
            .assume_role()
            .role_arn(&role.role_arn)
            .role_session_name(&role.session_name)
            .duration_seconds(SESSION_SECONDS)
            .policy(role.policy.to_json())
            .set_external_id(role.external_id.clone());
        let attempt = || {
            let sent = Box::pin(request.clone().customize().config_override(via.signed_for_sts()).send());
            async { sent.await.map_err(|error| call_error(ASSUME_ROLE, &error)) }
        };
        let answer = self.gate.call(ASSUME_ROLE, Some(&via.quotas().assume_role), attempt).await?;
        let Some(credentials) = answer.credentials() else {
            return Err(unreadable(ASSUME_ROLE, "the answer has no credentials"));
        };
        Ok(via.of_role(Credentials::new(
            credentials.access_key_id(),
            credentials.secret_access_key(),
            Some(credentials.session_token().to_owned()),
            SystemTime::try_from(*credentials.expiration()).ok(),
            "AssumeRole",
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountId;
    use crate::aws::canned::{Answer, Canned, ok, query_error, session, world};
    use crate::error::CallErrorKind;
    use crate::ports::CountsCalls;
    use crate::session_policy::SessionPolicy;

    fn identity(arn: &str) -> Answer {
        ok(format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn><UserId>U</UserId>\
             <Account>000000000012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        ))
    }

    fn assumed() -> Answer {
        ok("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAMEMBERMEMBERMEMB</AccessKeyId>\
            <SecretAccessKey>member-secret</SecretAccessKey><SessionToken>member-token</SessionToken>\
            <Expiration>2036-11-21T07:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")
    }

    fn role(external_id: Option<&str>) -> RoleToAssume {
        let account: AccountId = "123456789012".parse().unwrap();
        RoleToAssume {
            account,
            role_arn: Partition::new("aws").role_arn(account, "Reader"),
            session_name: "orgscan-run-1".into(),
            external_id: external_id.map(str::to_owned),
            policy: SessionPolicy::report_of_account(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_caller_has_an_account_and_a_partition() {
        let canned = Canned::new([identity("arn:aws-us-gov:sts::000000000012:assumed-role/a/b")]);
        let caller = world(&canned).caller().await.unwrap();
        assert_eq!((caller.account.to_string(), caller.partition.as_str()), ("000000000012".into(), "aws-us-gov"));
        assert_eq!(canned.only().operation(), "GetCallerIdentity");
        assert_eq!(canned.only().host(), "sts.eu-west-1.amazonaws.com", "a global token is not valid in every region");
    }

    #[tokio::test(start_paused = true)]
    async fn an_identity_without_an_arn_is_an_error() {
        let error = world(&Canned::new([identity("")])).caller().await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Other);
    }

    #[tokio::test(start_paused = true)]
    async fn a_role_is_assumed_with_everything_that_limits_it() {
        let canned = Canned::new([assumed()]);
        let world = world(&canned);
        world.assume_role(&session(&world), &role(Some("our-secret"))).await.unwrap();
        let sent = canned.only();
        let input = sent.input();
        assert_eq!(sent.operation(), "AssumeRole");
        assert_eq!(input["RoleArn"], "arn:aws:iam::123456789012:role/Reader");
        assert_eq!(input["RoleSessionName"], "orgscan-run-1");
        assert_eq!(input["ExternalId"], "our-secret");
        assert_eq!(input["DurationSeconds"], "3600");
        assert_eq!(input["Policy"], SessionPolicy::report_of_account().to_json());
    }

    #[tokio::test(start_paused = true)]
    async fn no_external_id_is_not_an_empty_one() {
        let canned = Canned::new([assumed()]);
        let world = world(&canned);
        world.assume_role(&session(&world), &role(None)).await.unwrap();
        assert!(canned.only().input().get("ExternalId").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn calls_of_an_assumed_session_carry_its_credentials() {
        let canned = Canned::new([assumed(), assumed()]);
        let world = world(&canned);
        let member = world.assume_role(&session(&world), &role(None)).await.unwrap();
        world.assume_role(&member, &role(None)).await.unwrap();
        let sent = canned.sent();
        assert!(sent[0].header("authorization").contains("Credential=AKIAIOSFODNN7EXAMPLE/"));
        assert!(sent[1].header("authorization").contains("Credential=ASIAMEMBERMEMBERMEMB/"));
        assert_eq!(sent[1].header("x-amz-security-token"), "member-token");
        assert!(!format!("{member:?}").contains("member-"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_sts_refuses_is_told_apart() {
        let cases = [
            (403, "AccessDenied", CallErrorKind::Denied),
            (400, "MalformedPolicyDocument", CallErrorKind::Other),
            (400, "PackedPolicyTooLarge", CallErrorKind::Other),
            (400, "ValidationError", CallErrorKind::Other),
            (400, "ExpiredTokenException", CallErrorKind::Other),
            (403, "InvalidClientTokenId", CallErrorKind::Denied),
            (403, "RegionDisabledException", CallErrorKind::RegionNotEnabled),
        ];
        for (status, code, kind) in cases {
            let world = world(&Canned::new([query_error(status, code)]));
            let error = world.assume_role(&session(&world), &role(None)).await.unwrap_err();
            assert_eq!((error.kind, error.code.as_deref()), (kind, Some(code)));
            assert!(error.chain().ends_with(&format!("({code}): the service says why")), "{}", error.chain());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_transient_is_repeated_by_the_gate_alone_and_counted() {
        let canned = Canned::new([
            query_error(400, "Throttling"),
            Answer::Http(503, Vec::new(), "<html>".into()),
            Answer::Reset,
            assumed(),
        ]);
        let world = world(&canned);
        world.assume_role(&session(&world), &role(None)).await.unwrap();
        let counts = world.take_call_counts();
        assert_eq!((counts[ASSUME_ROLE].calls, counts[ASSUME_ROLE].throttled), (4, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_given_up_after_the_time_limit() {
        let canned = Canned::new([Answer::Silence, Answer::Silence, Answer::Silence]);
        let world = world(&canned);
        let started = tokio::time::Instant::now();
        let error = world.caller().await.unwrap_err();
        assert_eq!(error.kind, CallErrorKind::Unavailable);
        assert!(started.elapsed().as_secs() >= 45 && started.elapsed().as_secs() < 50, "{:?}", started.elapsed());
    }
}
