//! SES, to look at: identities, the account, configuration sets.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::types::SendQuota;

use super::World;
use super::error::call_error;
use crate::doctor::{MailService, SendingAccount};
use crate::error::CallError;

const GET_IDENTITY: &str = "ses:GetEmailIdentity";
const GET_ACCOUNT: &str = "ses:GetAccount";
const GET_CONFIGURATION_SET: &str = "ses:GetConfigurationSet";

impl MailService for World {
    async fn is_verified(&self, identity: &str) -> Result<bool, CallError> {
        let request = Client::new(&self.config).get_email_identity().email_identity(identity);
        let attempt = || {
            let sent = Box::pin(request.clone().send());
            async { sent.await.map_err(|error| call_error(GET_IDENTITY, &error)) }
        };
        Ok(self.gate.call(GET_IDENTITY, None, attempt).await?.verified_for_sending_status())
    }

    async fn sending_account(&self) -> Result<SendingAccount, CallError> {
        let request = Client::new(&self.config).get_account();
        let attempt = || {
            let sent = Box::pin(request.clone().send());
            async { sent.await.map_err(|error| call_error(GET_ACCOUNT, &error)) }
        };
        let account = self.gate.call(GET_ACCOUNT, None, attempt).await?;
        // Without a quota in the answer, none is known to be in the way; -1 is SES's own word for no limit.
        let quota = account.send_quota();
        Ok(SendingAccount {
            has_production_access: account.production_access_enabled(),
            is_enabled: account.sending_enabled(),
            most_in_24_hours: quota.map_or(-1.0, SendQuota::max24_hour_send),
            sent_in_24_hours: quota.map_or(0.0, SendQuota::sent_last24_hours),
        })
    }

    async fn configuration_set(&self, name: &str) -> Result<(), CallError> {
        let request = Client::new(&self.config).get_configuration_set().configuration_set_name(name);
        let attempt = || {
            let sent = Box::pin(request.clone().send());
            async { sent.await.map(drop).map_err(|error| call_error(GET_CONFIGURATION_SET, &error)) }
        };
        self.gate.call(GET_CONFIGURATION_SET, None, attempt).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{Canned, json_error, ok, world};
    use crate::error::CallErrorKind;

    #[tokio::test(start_paused = true)]
    async fn an_identity_is_verified_or_not_or_unknown() {
        let canned = Canned::new([
            ok(r#"{"VerifiedForSendingStatus":true}"#),
            ok(r#"{"VerifiedForSendingStatus":false}"#),
            json_error(404, "NotFoundException"),
        ]);
        let world = world(&canned);
        assert!(world.is_verified("a@b.example").await.unwrap());
        assert!(!world.is_verified("b.example").await.unwrap());
        assert_eq!(world.is_verified("c.example").await.unwrap_err().kind, CallErrorKind::NotFound);
        assert_eq!(canned.sent()[0].path(), "/v2/email/identities/a%40b.example");
    }

    #[tokio::test(start_paused = true)]
    async fn the_account_has_a_state_and_a_quota() {
        let canned = Canned::new([
            ok(r#"{"ProductionAccessEnabled":false,"SendingEnabled":true,
                "SendQuota":{"Max24HourSend":200,"SentLast24Hours":12}}"#),
            ok(r#"{"ProductionAccessEnabled":true}"#),
        ]);
        let world = world(&canned);
        let sandbox = SendingAccount {
            has_production_access: false,
            is_enabled: true,
            most_in_24_hours: 200.0,
            sent_in_24_hours: 12.0,
        };
        assert_eq!(world.sending_account().await.unwrap(), sandbox);
        let paused = world.sending_account().await.unwrap();
        assert!(paused.has_production_access && !paused.is_enabled && paused.most_in_24_hours < 0.0);
        assert_eq!(canned.sent()[0].path(), "/v2/email/account");
    }

    #[tokio::test(start_paused = true)]
    async fn a_configuration_set_is_there_or_not_or_may_not_be_asked_for() {
        let canned = Canned::new([
            ok(r#"{"ConfigurationSetName":"digests"}"#),
            json_error(404, "NotFoundException"),
            json_error(403, "AccessDeniedException"),
        ]);
        let world = world(&canned);
        world.configuration_set("digests").await.unwrap();
        for kind in [CallErrorKind::NotFound, CallErrorKind::Denied] {
            assert_eq!(world.configuration_set("digests").await.unwrap_err().kind, kind);
        }
        assert_eq!(canned.sent()[0].path(), "/v2/email/configuration-sets/digests");
    }
}
