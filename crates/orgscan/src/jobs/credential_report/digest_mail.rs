//! Mailing an Organization's digest: once per event, whatever is delivered twice.
//!
//! SES knows no idempotency token, so a marker object does what one would: see [`super::mail_marker`].

use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use futures::future::{Either, select};
use tokio::time::{timeout, timeout_at};

use super::findings::Found;
use super::mail_marker::{BEAT, Claim, Marker, MarkerObject};
use crate::advice::{self, with_advice};
use crate::config::{FormulaGuard, Mail};
use crate::digest::{
    AttachmentChoice, Coverage, Digest, DigestError, OrganizationDigest, attachment, is_wanted, render, thread_id,
};
use crate::error::{CallError, CallErrorKind, chain};
use crate::jobs::Run;
use crate::jobs::conclude::Covered;
use crate::jobs::organizations::OrganizationToScan;
use crate::jobs::publish::Publication;
use crate::ledger::LedgerRow;
use crate::ports::{Attachment, Mailer, Message, ReportStore};
use crate::summary::MailSummary;

/// Recipients per message (SES quota).
const RECIPIENTS_PER_MESSAGE: usize = 50;

/// What is kept for changing the marker after the last message.
const MARKER_RESERVE: Duration = Duration::from_millis(1_500);

/// What a digest is about.
#[derive(Debug)]
pub(super) struct Mailing<'a, W> {
    pub(super) scanned: &'a OrganizationToScan<W>,
    pub(super) publication: &'a Publication<'a>,
    pub(super) covered: &'a Covered,
    pub(super) ledger: &'a [LedgerRow],
    pub(super) found: &'a Found,
    /// The host of the AWS console, where it is known.
    pub(super) console: Option<&'a str>,
}

/// Mails digests, where the settings and the event want it.
#[derive(Debug)]
pub(super) struct DigestMail<'a, S, M> {
    store: &'a S,
    mailer: &'a M,
    run: &'a Run<'a>,
    settings: &'a Mail,
}

impl<'a, S: ReportStore, M: Mailer> DigestMail<'a, S, M> {
    /// None where no mail is wanted.
    pub(super) fn new(store: &'a S, mailer: &'a M, run: &'a Run<'a>) -> Option<Self> {
        let settings = run.config.audit.mail.as_ref()?;
        if run.event.notify == Some(false) || run.event.dry_run {
            return None;
        }
        Some(Self { store, mailer, run, settings })
    }

    /// Mails the digest of one Organization, where `MAIL_WHEN` wants it. `report` is the merged report. Answers what was
    /// mailed, by this delivery of the event or an earlier one, and why that is not all.
    pub(super) async fn send<W>(
        &self,
        mailing: Mailing<'_, W>,
        report: &mut (impl Read + Seek),
    ) -> (MailSummary, Option<String>) {
        let Mailing { scanned, publication, covered, ledger, found, console } = mailing;
        let assessment = &found.assessment;
        if !is_wanted(self.settings.when, assessment, covered.summary.accounts) {
            tracing::info!("{}: no digest is mailed, since MAIL_WHEN asks for none", scanned.organization.id);
            return (MailSummary::default(), None);
        }
        let name = publication.report.mail_marker(publication.management_account, publication.time_stamp);
        let input = OrganizationDigest {
            org_id: Some(&scanned.organization.id),
            management_account: Some(publication.management_account),
            scheduled_time: self.run.scheduled_time,
            coverage: Coverage::Ledger(ledger),
            assessment,
            report_location: covered.published.report.as_deref(),
            coverage_location: covered.published.coverage.as_deref(),
            findings_location: found.location.as_deref(),
            page_location: found.page.as_deref(),
            console,
            attachment: None,
            warnings: &covered.warnings,
        };
        // Composed before the marker is there: nothing that takes long lies between the marker and the first message.
        let thread = thread_id(&scanned.organization.id, publication.management_account);
        let message = match self.compose(input, thread, &publication.csv(), report) {
            Ok(message) => message,
            Err(error) => return (MailSummary::default(), Some(format!("no mail was sent: {}", chain(&error)))),
        };
        let object = MarkerObject { store: self.store, run: self.run, name: &name };
        let mut marker = match object.claim(self.settings.recipients.len() as u64).await {
            Ok(Claim::Ours(marker)) => marker,
            Ok(Claim::Mailed(mailed)) => {
                tracing::info!(object = name, "the digest of this event was mailed already: {name} says so");
                return (mailed, None);
            }
            Err(problem) => return (MailSummary::default(), Some(problem)),
        };
        let sent = self.send_rest(message, &object, &mut marker).await;
        let noted = object.conclude(&mut marker).await;
        (marker.mailed, sent.and(noted).err())
    }

    fn compose(
        &self,
        input: OrganizationDigest<'_>,
        thread: String,
        file_name: &str,
        report: &mut (impl Read + Seek),
    ) -> Result<Message, DigestError> {
        let guard = self.run.config.formula_guard != FormulaGuard::Off;
        report.seek(SeekFrom::Start(0)).map_err(csv::Error::from)?;
        let choice = attachment(file_name, &mut *report, guard)?;
        let Digest { subject, html, text } = render(&OrganizationDigest { attachment: Some(&choice), ..input })?;
        let attachment = match choice {
            AttachmentChoice::TooLarge => None,
            AttachmentChoice::Attached(file) => Some(Attachment {
                file_name: file.file_name,
                content_type: file.content_type.to_owned(),
                content: file.content,
            }),
        };
        Ok(Message {
            sender: self.settings.sender.clone(),
            recipients: Vec::new(),
            subject,
            html,
            text,
            attachment,
            configuration_set: self.settings.configuration_set.clone(),
            thread,
        })
    }

    /// Sends to those who have no mail yet.
    async fn send_rest(
        &self,
        mut message: Message,
        object: &MarkerObject<'_, S>,
        marker: &mut Marker,
    ) -> Result<(), String> {
        let done = usize::try_from(marker.mailed.recipients).unwrap_or(usize::MAX);
        let rest = self.settings.recipients.get(done..).unwrap_or_default();
        let mut messages = rest.chunks(RECIPIENTS_PER_MESSAGE).peekable();
        while let Some(recipients) = messages.next() {
            message.recipients = recipients.to_vec();
            match self.send_and_beat(&message, object, marker).await {
                Ok(message_id) => {
                    marker.mailed.sent += 1;
                    marker.mailed.recipients += recipients.len() as u64;
                    marker.mailed.message_ids.push(message_id);
                }
                Err(error) => {
                    let missing = self.settings.recipients.len() as u64 - marker.mailed.recipients;
                    let why = with_advice(error.chain(), advice::on_mail(&error));
                    return Err(format!("{missing} recipients got no mail: {why}"));
                }
            }
            if messages.peek().is_some() {
                object.beat(marker).await;
            }
        }
        Ok(())
    }

    /// Sends one message, and lets the marker tell meanwhile that this delivery lives.
    async fn send_and_beat(
        &self,
        message: &Message,
        object: &MarkerObject<'_, S>,
        marker: &mut Marker,
    ) -> Result<String, CallError> {
        let mut sending = Box::pin(self.send_in_time(message));
        loop {
            if let Ok(sent) = timeout(BEAT, sending.as_mut()).await {
                return sent;
            }
            match select(sending.as_mut(), Box::pin(object.beat(marker))).await {
                // A beat that is cut off may be written after what comes next.
                Either::Left((sent, beat)) => {
                    beat.await;
                    return sent;
                }
                Either::Right(((), _)) => {}
            }
        }
    }

    async fn send_in_time(&self, message: &Message) -> Result<String, CallError> {
        match self.run.last_write() {
            None => self.mailer.send(message).await,
            Some(last) => timeout_at(last.checked_sub(MARKER_RESERVE).unwrap_or(last), self.mailer.send(message))
                .await
                .unwrap_or_else(|_elapsed| {
                    let error = CallError::new("ses:SendEmail", CallErrorKind::Unavailable);
                    Err(error.with_source("the deadline came first"))
                }),
        }
    }
}
