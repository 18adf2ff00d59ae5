//! The digest's way: whether SES sends from the sender to the recipients.

use super::caller::Examined;
use super::commands;
use super::diagnosis::{Check, Fix};
use super::ports::{MailService, SendingAccount};
use crate::config::Mail;
use crate::error::{CallError, CallErrorKind};
use crate::policies::Policy;
use crate::text::counted;

/// Checks what SES knows.
pub(super) async fn checks<M: MailService>(service: &M, mail: &Mail, caller: &Examined) -> Vec<Check> {
    let post = Post { mail, caller };
    let mut checks = vec![post.sender(service).await];
    let account = service.sending_account().await;
    match &account {
        Ok(account) => {
            checks.extend(post.account(account));
            if !account.has_production_access {
                for recipient in &mail.recipients {
                    checks.push(post.recipient(service, recipient).await);
                }
            }
        }
        Err(error) => checks.push(unanswered("ses-account", &caller.region, error)),
    }
    if let Some(set) = &mail.configuration_set {
        checks.push(match service.configuration_set(set).await {
            Ok(()) => Check::ok("ses-configuration-set", set, "it is there"),
            Err(error) if error.kind == CallErrorKind::NotFound => {
                let command = commands::aws(
                    "sesv2",
                    "create-configuration-set",
                    &["--configuration-set-name", set, "--region", &caller.region],
                );
                let fix =
                    Fix::explained("make it, or take SES_CONFIGURATION_SET away").run_in(caller.account, vec![command]);
                let found = format!("there is no such configuration set in {}", caller.region);
                Check::failed("ses-configuration-set", set, "configuration-set-absent", found).mended_by(fix)
            }
            Err(error) => unanswered("ses-configuration-set", set, &error),
        });
    }
    checks
}

/// What a run does that cannot be tried: to mail, and to take back the marker of a digest that was not mailed.
pub(super) fn untried(mail: &Mail, policy: &Policy) -> Check {
    let is_untried = |action: &&'static str| matches!(*action, "ses:SendEmail" | "s3:DeleteObject");
    let mut actions = Vec::new();
    let mut statements = Vec::new();
    for statement in &policy.statements {
        if let Some(action) = statement.actions.iter().find(|action| is_untried(action)) {
            let allow = format!("{action} has to be allowed by this statement");
            statements.push(Fix::explained(allow).with_policy(statement.to_json()));
            if !actions.contains(action) {
                actions.push(*action);
            }
        }
    }
    let found = format!("whether {} may be called cannot be tried without doing it", actions.join(" and "));
    Check::unknown("untried", mail.address(), found).perhaps_mended_by(statements)
}

struct Post<'a> {
    mail: &'a Mail,
    caller: &'a Examined,
}

/// What is known of an address.
enum Standing {
    Verified(String),
    /// SES knows this identity, and waits for its confirmation.
    Pending(String),
    Absent,
}

impl Post<'_> {
    async fn sender<M: MailService>(&self, service: &M) -> Check {
        const ID: &str = "ses-sender";
        let address = self.mail.address();
        match standing(service, address).await {
            Ok(Standing::Verified(identity)) => {
                Check::ok(ID, address, format!("SES sends from it: {identity} is verified"))
            }
            Ok(Standing::Pending(identity)) => Check::failed(
                ID,
                address,
                "sender-unverified",
                format!("{identity} is not verified yet in {}", self.caller.region),
            )
            .in_account(self.caller.account)
            .mended_by(self.confirm(&identity)),
            Ok(Standing::Absent) => {
                let found = format!("neither it nor its domain is verified in {}", self.caller.region);
                Check::failed(ID, address, "sender-unverified", found)
                    .in_account(self.caller.account)
                    .mended_by(self.verify(address))
            }
            Err(error) => unanswered(ID, address, &error),
        }
    }

    async fn recipient<M: MailService>(&self, service: &M, address: &str) -> Check {
        const ID: &str = "ses-recipient";
        match standing(service, address).await {
            Ok(Standing::Verified(identity)) => Check::ok(ID, address, format!("{identity} is verified")),
            Ok(standing) => {
                let fix = match standing {
                    Standing::Pending(identity) => self.confirm(&identity),
                    _ => self.verify(address),
                };
                let found = "SES is in the sandbox and sends to verified addresses only";
                Check::failed(ID, address, "recipient-unverified", found).in_account(self.caller.account).mended_by(fix)
            }
            Err(error) => unanswered(ID, address, &error),
        }
    }

    fn account(&self, account: &SendingAccount) -> Vec<Check> {
        const ID: &str = "ses-account";
        let region = self.caller.region.as_str();
        let recipients = self.mail.recipients.len();
        #[expect(clippy::cast_precision_loss, reason = "nobody mails to 2^52 recipients")]
        let wanted = recipients as f64;
        let left = account.most_in_24_hours - account.sent_in_24_hours;
        if !account.is_enabled {
            let command =
                commands::aws("sesv2", "put-account-sending-attributes", &["--sending-enabled", "--region", region]);
            let fix = Fix::explained("find out on the SES reputation page why sending was paused, then resume it")
                .run_in(self.caller.account, vec![command]);
            return vec![Check::failed(ID, region, "sending-paused", "sending is paused").mended_by(fix)];
        }
        if account.most_in_24_hours >= 0.0 && left < wanted {
            let found = format!(
                "{} a digest, and the quota of {:.0} in 24 hours has {:.0} left",
                counted(recipients as u64, "recipient", "recipients"),
                account.most_in_24_hours,
                left.max(0.0)
            );
            let fix = Fix::explained("request a higher quota of SES, or fewer recipients");
            let check = if account.most_in_24_hours < wanted {
                Check::failed(ID, region, "quota", found)
            } else {
                Check::warning(ID, region, "quota", found)
            };
            return vec![check.mended_by(fix)];
        }
        let sandbox =
            if account.has_production_access { "" } else { ", in the sandbox: recipients have to be verified" };
        let quota = if account.most_in_24_hours < 0.0 {
            "no quota".to_owned()
        } else {
            format!("{left:.0} of {:.0} mails in 24 hours left", account.most_in_24_hours)
        };
        vec![Check::ok(ID, region, format!("sending is enabled, {quota}{sandbox}"))]
    }

    fn verify(&self, address: &str) -> Fix {
        let region = self.caller.region.as_str();
        let command =
            commands::aws("sesv2", "create-email-identity", &["--email-identity", address, "--region", region]);
        Fix::explained("verify the address: run the command, then follow the link in the mail that SES sends to it")
            .run_in(self.caller.account, vec![command])
    }

    fn confirm(&self, identity: &str) -> Fix {
        if identity.contains('@') {
            return Fix::explained(format!("follow the link in the mail that SES sent to {identity}"));
        }
        let region = self.caller.region.as_str();
        let show = commands::aws("sesv2", "get-email-identity", &["--email-identity", identity, "--region", region]);
        Fix::explained(format!("publish the DKIM records of {identity}; {show} shows them"))
    }
}

/// An address itself, else the nearest domain that SES knows.
async fn standing<M: MailService>(service: &M, address: &str) -> Result<Standing, CallError> {
    let mut standing = Standing::Absent;
    for identity in Mail::identities_of(address) {
        match service.is_verified(identity).await {
            Ok(true) => return Ok(Standing::Verified(identity.to_owned())),
            // The nearest comes before those above it, and is in their way.
            Ok(false) => {
                standing = Standing::Pending(identity.to_owned());
                break;
            }
            Err(error) if error.kind == CallErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(standing)
}

/// To ask SES about itself takes permissions that a run does without; all else that keeps SES from answering keeps it from
/// sending too.
fn unanswered(id: &str, subject: &str, error: &CallError) -> Check {
    match error.kind {
        CallErrorKind::Denied => {
            let found = format!("it may not be asked; {} would allow it", error.action);
            Check::unknown(id, subject, found).of_action(error.action)
        }
        CallErrorKind::NoSuchHost => Check::failed(id, subject, "no-such-service", error.chain()).mended_by(
            Fix::explained("run in a region that has SES and can resolve its name, or take MAIL_SENDER away"),
        ),
        _ => Check::not_answered(id, subject, error.chain()),
    }
}
