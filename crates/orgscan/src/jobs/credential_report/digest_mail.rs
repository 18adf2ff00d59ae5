//! Mailing an Organization's digest: once per event, whatever is delivered twice.
//!
//! SES knows no idempotency token. A marker object, created before the first message and removed where none was taken,
//! keeps a repeated event from mailing again, and says how many recipients are done, so that the next delivery goes on
//! after them. A crash between the marker and its last change leaves a mail that may or may not have gone out: it is not
//! sent again, and the next delivery says so.

use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::timeout_at;

use super::findings::Found;
use crate::config::{FormulaGuard, Mail};
use crate::digest::{
    AttachmentChoice, Coverage, Digest, DigestError, OrganizationDigest, attachment, is_wanted, render, thread_id,
};
use crate::error::{CallError, CallErrorKind, chain};
use crate::jobs::Run;
use crate::jobs::conclude::Covered;
use crate::jobs::organizations::OrganizationToScan;
use crate::jobs::publish::{JSON, Publication, patiently, soon};
use crate::ledger::LedgerRow;
use crate::ports::{Attachment, Body, Mailer, Message, ReportStore};
use crate::summary::MailSummary;

/// Recipients per message (SES quota).
const RECIPIENTS_PER_MESSAGE: usize = 50;

/// What is kept for changing the marker after the last message.
const MARKER_RESERVE: Duration = Duration::from_millis(1_500);

/// The marker's content: whose it is, and what was sent.
#[derive(Debug, Serialize, Deserialize)]
struct Marker {
    delivery: String,
    mailed: MailSummary,
}

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
        let mut marker = match self.claim(&name).await {
            Ok(marker) => marker,
            Err(problem) => return (MailSummary::default(), Some(problem)),
        };
        if marker.mailed.recipients >= self.settings.recipients.len() as u64 {
            tracing::info!(object = name, "the digest of this event was mailed already: {name} says so");
            return (marker.mailed, None);
        }
        let sent = self.send_rest(message, &mut marker.mailed).await;
        let noted = self.note(&name, &marker).await;
        (marker.mailed, sent.and(noted).err())
    }

    /// Makes the mail of this event ours, or finds how far an earlier delivery came with it.
    async fn claim(&self, name: &str) -> Result<Marker, String> {
        let ours = Marker { delivery: format!("{:016x}", fastrand::u64(..)), mailed: MailSummary::default() };
        let content = serde_json::to_vec(&ours).unwrap_or_default();
        match patiently(self.run, || self.store.create(name, JSON, Body::Bytes(&content))).await {
            Ok(()) => return Ok(ours),
            Err(error) if error.is_already_there() => {}
            Err(error) => return Err(format!("no mail was sent, since {name} cannot be written: {}", chain(&error))),
        }
        let content = soon(self.run, self.store.read(name))
            .await
            .map_err(|error| format!("no mail was sent, since {name} cannot be read: {}", chain(&error)))?;
        match serde_json::from_slice::<Marker>(&content) {
            // Ours after all: its creation was answered late.
            Ok(theirs) if theirs.delivery == ours.delivery => Ok(ours),
            Ok(theirs) if theirs.mailed.sent > 0 => Ok(theirs),
            _ => Err(format!(
                "another delivery of this event began to mail and has not said that it did; to have it mailed again, \
                 remove {name}"
            )),
        }
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
    async fn send_rest(&self, mut message: Message, mailed: &mut MailSummary) -> Result<(), String> {
        let done = usize::try_from(mailed.recipients).unwrap_or(usize::MAX);
        let rest = self.settings.recipients.get(done..).unwrap_or_default();
        for recipients in rest.chunks(RECIPIENTS_PER_MESSAGE) {
            message.recipients = recipients.to_vec();
            match self.send_in_time(&message).await {
                Ok(message_id) => {
                    mailed.sent += 1;
                    mailed.recipients += recipients.len() as u64;
                    mailed.message_ids.push(message_id);
                }
                Err(error) => {
                    let missing = self.settings.recipients.len() as u64 - mailed.recipients;
                    return Err(format!("{missing} recipients got no mail: {}", error.chain()));
                }
            }
        }
        Ok(())
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

    /// Keeps in the marker what was sent; removes it where nothing was, so that a repeated event tries again.
    async fn note(&self, name: &str, marker: &Marker) -> Result<(), String> {
        let noted = if marker.mailed.sent == 0 {
            patiently(self.run, || self.store.remove(name)).await
        } else {
            let content = serde_json::to_vec(marker).unwrap_or_default();
            patiently(self.run, || self.store.replace(name, JSON, Body::Bytes(&content))).await
        };
        noted.map_err(|error| {
            let sent = marker.mailed.sent;
            format!("{sent} mails were sent, and their marker {name} could not be changed: {}", chain(&error))
        })
    }
}
