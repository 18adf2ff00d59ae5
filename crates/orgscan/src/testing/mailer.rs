//! A mailer that keeps its messages in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{CallError, CallErrorKind};
use crate::ports::{Mailer, Message};

use super::calls::{Calls, failed};
use super::{Fault, MemoryWorld, Request, START, timestamp};

/// Most recipients of a message (SES quotas).
const RECIPIENTS: usize = 50;

/// Mail that goes nowhere; clones are the same outbox.
#[derive(Debug, Clone)]
#[must_use]
pub struct MemoryMailer {
    calls: Calls,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Default for MemoryMailer {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryMailer {
    /// An empty outbox of no world.
    pub fn new() -> Self {
        Self::of(Calls::new(timestamp(START)))
    }

    pub(super) fn of(calls: Calls) -> Self {
        Self { calls, messages: Arc::default() }
    }

    /// Plans a fault, as [`MemoryWorld::plan`] does.
    pub fn plan(&self, fault: Fault) {
        self.calls.plan(fault);
    }

    /// What was sent, in order.
    pub fn messages(&self) -> Vec<Message> {
        self.kept().clone()
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Message>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mailer for MemoryMailer {
    async fn send(&self, message: &Message) -> Result<String, CallError> {
        let call = self.calls.begin(Request::of_process("ses:SendEmail", message.recipients.join(","))).await?;
        let takes = (1..=RECIPIENTS).contains(&message.recipients.len())
            && message.attachment.as_ref().is_none_or(|attachment| attachment.file_name.chars().count() <= 255);
        if !takes {
            return call.answer(Err(failed("ses:SendEmail", CallErrorKind::Other)));
        }
        let mut messages = self.kept();
        messages.push(message.clone());
        call.answer(Ok(format!("message-{}", messages.len())))
    }
}

impl Mailer for MemoryWorld {
    async fn send(&self, message: &Message) -> Result<String, CallError> {
        self.mailer().send(message).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Attachment;

    #[tokio::test(start_paused = true)]
    async fn mail_is_kept_and_what_ses_does_not_take_is_refused() {
        let world = MemoryWorld::new(1);
        let message = |recipients: usize, file_name: &str| Message {
            sender: "a@example.com".into(),
            recipients: (0..recipients).map(|number| format!("{number}@example.com")).collect(),
            subject: "subject".into(),
            html: "<p>".into(),
            text: "text".into(),
            attachment: Some(Attachment {
                file_name: file_name.into(),
                content_type: "text/csv".into(),
                content: b"1".to_vec(),
            }),
            configuration_set: None,
            thread: String::new(),
        };
        assert_eq!(world.send(&message(50, "a.csv")).await.unwrap(), "message-1");
        for refused in [message(51, "a.csv"), message(0, "a.csv"), message(1, &"n".repeat(256))] {
            assert_eq!(world.send(&refused).await.unwrap_err().kind, CallErrorKind::Other);
        }
        world.plan(Fault::once("ses:SendEmail", CallErrorKind::Throttled));
        assert_eq!(world.send(&message(1, "a.csv")).await.unwrap_err().kind, CallErrorKind::Throttled);
        assert_eq!(world.mailer().messages(), [message(50, "a.csv")]);
    }
}
