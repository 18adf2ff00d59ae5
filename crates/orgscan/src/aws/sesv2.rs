//! SES: mail.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{
    Attachment, AttachmentContentDisposition, AttachmentContentTransferEncoding, Body, Content, Destination,
    EmailContent, Message as SimpleMessage, MessageHeader,
};

use super::config::timeouts;
use super::error::{call_error, never_connected, unreadable};
use crate::error::{CallError, CallErrorKind};
use crate::gate::Gate;
use crate::ports::{self, Mailer, Message};

const SEND_EMAIL: &str = "ses:SendEmail";

/// For one attempt: a message with an attachment takes longer than other requests, and one that is given up too early
/// may have been sent all the same.
const SEND_TIMEOUT: Duration = Duration::from_mins(1);

/// Without it SES takes text for 7-bit ASCII.
const CHARSET: &str = "UTF-8";

/// The header that puts a message into a thread (RFC 5322, section 3.6.4); SES makes the message's own id itself.
const REFERENCES: &str = "References";

/// Mail through SES.
#[derive(Clone)]
pub struct Ses {
    client: Client,
    gate: Arc<Gate>,
}

impl fmt::Debug for Ses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ses")
    }
}

impl Ses {
    pub(super) fn new(config: &SdkConfig, gate: Arc<Gate>) -> Self {
        let config = aws_sdk_sesv2::config::Builder::from(config).timeout_config(timeouts(SEND_TIMEOUT)).build();
        Self { client: Client::from_conf(config), gate }
    }
}

impl Mailer for Ses {
    async fn send(&self, message: &Message) -> Result<String, CallError> {
        let content =
            simple(message).map_err(|error| CallError::new(SEND_EMAIL, CallErrorKind::Other).with_source(error))?;
        let request = self
            .client
            .send_email()
            .from_email_address(&message.sender)
            .destination(Destination::builder().set_to_addresses(Some(message.recipients.clone())).build())
            .content(EmailContent::builder().simple(content).build())
            .set_configuration_set_name(message.configuration_set.clone());
        // There is no token that makes SendEmail idempotent. What may have been accepted is handed through the gate as
        // an answer, so that it repeats only what surely was not: a throttle, or a connection that never came about.
        let attempt = || {
            let sent = Box::pin(request.clone().send());
            async {
                match sent.await {
                    Ok(accepted) => Ok(Ok(accepted)),
                    Err(error) => {
                        let failed = call_error(SEND_EMAIL, &error);
                        let surely_not = failed.kind == CallErrorKind::Throttled || never_connected(&error);
                        if surely_not { Err(failed) } else { Ok(Err(failed)) }
                    }
                }
            }
        };
        let accepted = self.gate.call(SEND_EMAIL, None, attempt).await??;
        accepted.message_id.ok_or_else(|| unreadable(SEND_EMAIL, "the answer has no message id"))
    }
}

fn simple(message: &Message) -> Result<SimpleMessage, BuildError> {
    let text = |data: &str| Content::builder().data(data).charset(CHARSET).build();
    let body = Body::builder().html(text(&message.html)?).text(text(&message.text)?).build();
    let thread = MessageHeader::builder().name(REFERENCES).value(&message.thread).build()?;
    let simple = SimpleMessage::builder().subject(text(&message.subject)?).body(body).headers(thread);
    Ok(match &message.attachment {
        Some(file) => simple.attachments(attachment(file)?).build(),
        None => simple.build(),
    })
}

fn attachment(file: &ports::Attachment) -> Result<Attachment, BuildError> {
    Attachment::builder()
        .raw_content(Blob::new(file.content.clone()))
        .file_name(&file.file_name)
        .content_type(&file.content_type)
        .content_disposition(AttachmentContentDisposition::Attachment)
        // The default is 7 bit, which would break UTF-8.
        .content_transfer_encoding(AttachmentContentTransferEncoding::Base64)
        .build()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::canned::{Answer, Canned, json_error, ok, world};

    fn message(attachment: bool) -> Message {
        Message {
            sender: "sender@example.com".into(),
            recipients: vec!["one@example.com".into(), "two@example.com".into()],
            subject: "Zugänge".into(),
            html: "<p>ü</p>".into(),
            text: "ü".into(),
            attachment: attachment.then(|| ports::Attachment {
                file_name: "findings.csv".into(),
                content_type: "text/csv".into(),
                content: "ü".into(),
            }),
            configuration_set: attachment.then(|| "set".into()),
            thread: "<thread@example.com>".into(),
        }
    }

    async fn send(canned: &Canned) -> Result<String, CallError> {
        world(canned).ses().send(&message(false)).await
    }

    fn accepted() -> Answer {
        ok(r#"{"MessageId":"m-1"}"#)
    }

    #[tokio::test(start_paused = true)]
    async fn every_text_names_its_charset_and_the_attachment_is_base64() {
        let canned = Canned::new([accepted()]);
        assert_eq!(world(&canned).ses().send(&message(true)).await.unwrap(), "m-1");
        let sent = canned.only();
        assert_eq!(sent.path(), "/v2/email/outbound-emails");
        assert_eq!(
            sent.input(),
            json!({
                "FromEmailAddress": "sender@example.com",
                "Destination": {"ToAddresses": ["one@example.com", "two@example.com"]},
                "ConfigurationSetName": "set",
                "Content": {"Simple": {
                    "Subject": {"Data": "Zugänge", "Charset": "UTF-8"},
                    "Body": {
                        "Html": {"Data": "<p>ü</p>", "Charset": "UTF-8"},
                        "Text": {"Data": "ü", "Charset": "UTF-8"}
                    },
                    "Headers": [{"Name": "References", "Value": "<thread@example.com>"}],
                    "Attachments": [{
                        "RawContent": "w7w=",
                        "FileName": "findings.csv",
                        "ContentType": "text/csv",
                        "ContentDisposition": "ATTACHMENT",
                        "ContentTransferEncoding": "BASE64"
                    }]
                }}
            })
        );
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_attachment_or_a_configuration_set_none_is_sent() {
        let canned = Canned::new([accepted()]);
        send(&canned).await.unwrap();
        let input = canned.only().input();
        assert!(input.get("ConfigurationSetName").is_none() && input["Content"]["Simple"].get("Attachments").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_surely_was_not_accepted_is_sent_again() {
        let answers =
            [json_error(429, "TooManyRequestsException"), json_error(400, "LimitExceededException"), Answer::Refused];
        for answer in answers {
            let canned = Canned::new([answer.clone(), accepted()]);
            assert_eq!(send(&canned).await.unwrap(), "m-1", "{answer:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_have_been_accepted_is_never_sent_again() {
        let answers = [
            json_error(500, "InternalFailure"),
            Answer::Http(503, Vec::new(), String::new()),
            Answer::Reset,
            Answer::Silence,
        ];
        for answer in answers {
            let canned = Canned::new([answer.clone(), accepted()]);
            let error = send(&canned).await.unwrap_err();
            assert_eq!((error.kind, canned.sent().len()), (CallErrorKind::Unavailable, 1), "{answer:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_refusal_of_ses_is_the_right_kind_and_shows_no_address() {
        let cases = [
            (400, "MessageRejected", CallErrorKind::Other),
            (400, "MailFromDomainNotVerifiedException", CallErrorKind::Other),
            (400, "SendingPausedException", CallErrorKind::Other),
            (400, "AccountSuspendedException", CallErrorKind::Other),
            (404, "NotFoundException", CallErrorKind::NotFound),
            (403, "AccessDeniedException", CallErrorKind::Denied),
        ];
        for (status, code, kind) in cases {
            let body = r#"{"message":"Email address is not verified: one@example.com"}"#.to_owned();
            let canned = Canned::new([Answer::Http(status, vec![("x-amzn-errortype", code.to_owned())], body)]);
            let error = send(&canned).await.unwrap_err();
            assert_eq!((error.kind, error.code.as_deref(), canned.sent().len()), (kind, Some(code), 1));
            assert!(error.chain().ends_with("not verified: [address]"), "{}", error.chain());
        }
    }
}
