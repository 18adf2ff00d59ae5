//! The marker of an event's mail: who sends it, and how far that came.
//!
//! SES knows no idempotency token. A marker object, created before the first message and removed where none was taken, keeps
//! a repeated event from mailing again, and says how many recipients are done. While its delivery mails, it changes the
//! marker every few seconds. A marker that is open and stands still is of a delivery that was killed: the next one takes it
//! over and mails what the marker does not say was mailed, so that a message which SES took just before the end goes out
//! twice. It takes over once: a marker that stands still again is left, so that nobody gets a third.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};

use crate::error::{StoreError, chain};
use crate::jobs::Run;
use crate::jobs::publish::{JSON, not_written, patiently, soon};
use crate::ports::{Body, ReportStore};
use crate::summary::MailSummary;

/// How often a delivery that mails changes its marker.
pub(super) const BEAT: Duration = Duration::from_secs(3);

/// A marker that is not changed for so long is of a delivery that was killed: four beats.
const SILENCE: Duration = Duration::from_secs(12);

/// How often another delivery's marker is looked at.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// After it was taken over, a marker is looked at again, since another delivery may have taken it over at the same time.
const SETTLING: Duration = Duration::from_secs(2);

/// For a beat: one that takes longer is worth no more.
const LONGEST_BEAT: Duration = Duration::from_secs(5);

/// The marker's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    /// Whose it is.
    delivery: String,
    /// What was sent, by this delivery of the event and those before.
    pub(super) mailed: MailSummary,
    /// Whether its delivery still mails.
    is_open: bool,
    /// How often it said so.
    beats: u32,
    /// Whether a delivery before was killed while it mailed.
    was_taken_over: bool,
}

impl Marker {
    fn content(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// What became of the attempt to be the one that mails.
#[derive(Debug)]
pub(super) enum Claim {
    /// Nobody else mails, and the marker says to how many recipients somebody did.
    Ours(Marker),
    /// All was mailed by another delivery.
    Mailed(MailSummary),
}

/// Where the marker lies.
#[derive(Debug)]
pub(super) struct MarkerObject<'a, S> {
    pub(super) store: &'a S,
    pub(super) run: &'a Run<'a>,
    pub(super) name: &'a str,
}

impl<S: ReportStore> MarkerObject<'_, S> {
    /// Makes the mail of this event ours, or finds how far another delivery came with it. Waits for one that mails.
    ///
    /// # Errors
    /// Why nobody knows that it was mailed, as a sentence.
    pub(super) async fn claim(&self, recipients: u64) -> Result<Claim, String> {
        let name = self.name;
        let mut ours = Marker {
            delivery: format!("{:016x}", fastrand::u64(..)),
            mailed: MailSummary::default(),
            is_open: true,
            beats: 0,
            was_taken_over: false,
        };
        let mut seen: Option<(Marker, Instant)> = None;
        loop {
            let Some(theirs) = self.create(&ours).await? else { return Ok(Claim::Ours(ours)) };
            if theirs.delivery == ours.delivery {
                return Ok(Claim::Ours(theirs));
            }
            if theirs.mailed.recipients >= recipients {
                return Ok(Claim::Mailed(theirs.mailed));
            }
            if theirs.is_open {
                let since = match &seen {
                    Some((before, since)) if *before == theirs => *since,
                    _ => Instant::now(),
                };
                if since.elapsed() < SILENCE {
                    seen = Some((theirs, since));
                    self.wait().await?;
                    continue;
                }
                if theirs.was_taken_over {
                    return Err(format!(
                        "two deliveries of this event were ended while they mailed, and a third mails nobody; to have it \
                         mailed again, remove {name}"
                    ));
                }
                tracing::warn!(
                    object = name,
                    "a delivery of this event was ended while it mailed; the digest is mailed again, and may arrive twice"
                );
            }
            ours.was_taken_over = theirs.is_open;
            ours.mailed = theirs.mailed;
            self.replace(&ours)
                .await
                .map_err(|error| format!("no mail was sent, since {name} cannot be written: {}", chain(&error)))?;
            sleep(SETTLING).await;
        }
    }

    /// Creates the marker; where there is one already, answers that.
    async fn create(&self, ours: &Marker) -> Result<Option<Marker>, String> {
        let name = self.name;
        let content = ours.content();
        loop {
            match patiently(self.run, || self.store.create(name, JSON, Body::Bytes(&content))).await {
                Ok(()) => return Ok(None),
                Err(error) if error.is_already_there() => {}
                Err(error) => {
                    return Err(format!("no mail was sent, since {}", not_written(&self.store.location(name), &error)));
                }
            }
            match soon(self.run, self.store.read(name)).await {
                Ok(content) => {
                    let marker = serde_json::from_slice(&content);
                    return marker.map(Some).map_err(|_| {
                        format!("no mail was sent, since {name} is no marker of a mail; remove it to have one")
                    });
                }
                // Its delivery could not mail, and removed it.
                Err(error) if error.is_absent() => self.wait().await?,
                Err(error) => return Err(format!("no mail was sent, since {name} cannot be read: {}", chain(&error))),
            }
        }
    }

    async fn wait(&self) -> Result<(), String> {
        let is_late = |last: Instant| last.saturating_duration_since(Instant::now()) < SETTLING + LOOK_PAUSE;
        if self.run.last_write().is_some_and(is_late) {
            return Err(format!(
                "another delivery of this event began to mail and has not said that it did, and there is no time to wait \
                 for it; to have it mailed all the same, repeat the event, or remove {} before",
                self.name
            ));
        }
        sleep(LOOK_PAUSE).await;
        Ok(())
    }

    /// Tells other deliveries that this one lives, and what it has sent.
    pub(super) async fn beat(&self, marker: &mut Marker) {
        marker.beats = marker.beats.wrapping_add(1);
        let content = marker.content();
        let written = timeout(LONGEST_BEAT, self.store.replace(self.name, JSON, Body::Bytes(&content))).await;
        if !matches!(written, Ok(Ok(()))) {
            tracing::debug!(object = self.name, "{} could not be changed while the digest is mailed", self.name);
        }
    }

    /// Keeps in the marker what was sent; removes it where nothing was, so that a repeated event tries again.
    pub(super) async fn conclude(&self, marker: &mut Marker) -> Result<(), String> {
        marker.is_open = false;
        let noted = if marker.mailed.sent == 0 {
            patiently(self.run, || self.store.remove(self.name)).await
        } else {
            self.replace(marker).await
        };
        noted.map_err(|error| {
            let sent = marker.mailed.sent;
            format!("{sent} mails were sent, and their marker {} could not be changed: {}", self.name, chain(&error))
        })
    }

    async fn replace(&self, marker: &Marker) -> Result<(), StoreError> {
        let content = marker.content();
        patiently(self.run, || self.store.replace(self.name, JSON, Body::Bytes(&content))).await
    }
}
