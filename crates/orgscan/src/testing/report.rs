//! Credential reports and their life in an account.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::error::{CallError, CallErrorKind};
use crate::ports::{Clock, CredentialReport, CredentialReports};

use super::calls::failed;
use super::{MemorySession, MemoryWorld, Request};

/// AWS makes a new report at most once in this time (IAM guide, "Getting credential reports").
const LIFE: SignedDuration = SignedDuration::from_hours(4);

/// The credential report of an account: what it holds and how far it is.
#[derive(Debug, Clone)]
#[must_use]
pub struct MemoryReport {
    content: Vec<u8>,
    next: Option<Vec<u8>>,
    stage: Stage,
    takes: Duration,
    complete_early: bool,
    generated_time: GeneratedTime,
}

/// Times are counted from the beginning of the world, so that a report may be older than it.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Absent,
    Expired,
    Made(SignedDuration),
    Generating { until: SignedDuration },
}

#[derive(Debug, Clone, Copy)]
enum GeneratedTime {
    True,
    Always(Option<Timestamp>),
}

impl MemoryReport {
    fn at(content: impl Into<Vec<u8>>, stage: Stage) -> Self {
        Self {
            content: content.into(),
            next: None,
            stage,
            takes: Duration::from_secs(2),
            complete_early: false,
            generated_time: GeneratedTime::True,
        }
    }

    /// There is none until it is generated.
    pub fn absent(content: impl Into<Vec<u8>>) -> Self {
        Self::at(content, Stage::Absent)
    }

    /// There was one, and AWS says that it expired.
    pub fn expired(content: impl Into<Vec<u8>>) -> Self {
        Self::at(content, Stage::Expired)
    }

    /// There is one, of this age when the world begins.
    pub fn of_age(content: impl Into<Vec<u8>>, age: Duration) -> Self {
        Self::at(content, Stage::Made(-signed(age)))
    }

    /// There is one of an hour ago, which AWS would answer again.
    pub fn fresh(content: impl Into<Vec<u8>>) -> Self {
        Self::of_age(content, Duration::from_hours(1))
    }

    /// There is one of five hours ago, which is answered until a new one is generated.
    pub fn stale(content: impl Into<Vec<u8>>) -> Self {
        Self::of_age(content, Duration::from_hours(5))
    }

    /// What the next generation makes, where it is not the same again.
    pub fn generates(self, content: impl Into<Vec<u8>>) -> Self {
        Self { next: Some(content.into()), ..self }
    }

    /// How long generation takes; two seconds if not said.
    pub fn takes(self, takes: Duration) -> Self {
        Self { takes, ..self }
    }

    /// Generation is answered as COMPLETE at once, though the report is only there when its time has come.
    pub fn complete_early(self) -> Self {
        Self { complete_early: true, ..self }
    }

    /// Answers always this `GeneratedTime`, or none, whenever it was made.
    pub fn generated_time(self, time: Option<Timestamp>) -> Self {
        Self { generated_time: GeneratedTime::Always(time), ..self }
    }

    fn settle(&mut self, now: SignedDuration) {
        if let Stage::Generating { until } = self.stage
            && now >= until
        {
            self.content = self.next.take().unwrap_or_else(|| std::mem::take(&mut self.content));
            self.stage = Stage::Made(until);
        }
    }

    fn get(&mut self, now: SignedDuration, start: Timestamp) -> Result<CredentialReport, CallErrorKind> {
        self.settle(now);
        match self.stage {
            Stage::Absent => Err(CallErrorKind::NotFound),
            Stage::Expired => Err(CallErrorKind::Expired),
            Stage::Generating { .. } => Err(CallErrorKind::NotReady),
            Stage::Made(at) => {
                let generated_time = match self.generated_time {
                    GeneratedTime::True => start.checked_add(at).ok(),
                    GeneratedTime::Always(time) => time,
                };
                Ok(CredentialReport { content: self.content.clone(), generated_time })
            }
        }
    }

    /// True where the answer is COMPLETE.
    fn generate(&mut self, now: SignedDuration) -> bool {
        self.settle(now);
        match self.stage {
            Stage::Made(at) if now - at < LIFE => return true,
            Stage::Generating { .. } => {}
            _ => self.stage = Stage::Generating { until: now + signed(self.takes) },
        }
        self.complete_early
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

impl CredentialReports for MemoryWorld {
    async fn credential_report(&self, session: &MemorySession) -> Result<CredentialReport, CallError> {
        let action = "iam:GetCredentialReport";
        let mut call = self.calls().begin(Request::of(session, action)).await?;
        if let Some(content) = call.planned_report() {
            let made = CredentialReport { content, generated_time: Some(self.clock().now()) };
            return call.answer(session.check(action).map(|()| made));
        }
        let clock = self.clock();
        let answer = session.check(action).and_then(|()| {
            let report = self.state().account_mut(session.account()).report.get(signed(clock.elapsed()), clock.start());
            report.map_err(|kind| failed(action, kind))
        });
        call.answer(answer)
    }

    async fn generate_credential_report(&self, session: &MemorySession) -> Result<bool, CallError> {
        let action = "iam:GenerateCredentialReport";
        let call = self.calls().begin(Request::of(session, action)).await?;
        let elapsed = signed(self.clock().elapsed());
        let answer =
            session.check(action).map(|()| self.state().account_mut(session.account()).report.generate(elapsed));
        call.answer(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MemoryWorld, timestamp};
    use super::*;

    /// What an account's report answers: its bytes and its age, or why there is none.
    async fn get(world: &MemoryWorld, session: &MemorySession) -> Result<(String, Option<String>), CallErrorKind> {
        match world.credential_report(session).await {
            Ok(CredentialReport { content, generated_time }) => {
                Ok((String::from_utf8(content).unwrap(), generated_time.map(|time| time.to_string())))
            }
            Err(error) => Err(error.kind),
        }
    }

    fn text(content: &str, time: &str) -> (String, Option<String>) {
        (content.to_owned(), Some(time.to_owned()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_is_absent_then_generated_then_there() {
        let world = MemoryWorld::new(1);
        let own = world.own_session();
        world.change(1, |account| account.report(MemoryReport::absent("made").takes(Duration::from_secs(5))));
        assert_eq!(get(&world, &own).await, Err(CallErrorKind::NotFound));
        assert!(!world.generate_credential_report(&own).await.unwrap(), "STARTED");
        assert_eq!(get(&world, &own).await, Err(CallErrorKind::NotReady));
        tokio::time::sleep(Duration::from_millis(4_999)).await;
        assert!(!world.generate_credential_report(&own).await.unwrap(), "INPROGRESS, and it does not begin anew");
        assert_eq!(get(&world, &own).await, Err(CallErrorKind::NotReady));
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(get(&world, &own).await, Ok(text("made", "2026-11-21T06:00:05Z")));
        assert!(world.generate_credential_report(&own).await.unwrap(), "COMPLETE for four hours");
        assert_eq!(get(&world, &own).await, Ok(text("made", "2026-11-21T06:00:05Z")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stale_or_expired_report_is_made_anew_and_a_fresh_one_is_not() {
        let second = Duration::from_secs(2);
        let nearly_stale = Duration::from_hours(4) - Duration::from_secs(1);
        let old = "2026-11-21T01:00:00Z";
        let new = Ok(text("new", "2026-11-21T06:00:02Z"));
        let cases = [
            ("stale", MemoryReport::stale("old").generates("new"), Ok(text("old", old)), false, new.clone()),
            ("expired", MemoryReport::expired("old").generates("new"), Err(CallErrorKind::Expired), false, new),
            (
                "fresh",
                MemoryReport::fresh("old").generates("new"),
                Ok(text("old", "2026-11-21T05:00:00Z")),
                true,
                Ok(text("old", "2026-11-21T05:00:00Z")),
            ),
            (
                "a second under four hours",
                MemoryReport::of_age("old", nearly_stale),
                Ok(text("old", "2026-11-21T02:00:01Z")),
                true,
                Ok(text("old", "2026-11-21T02:00:01Z")),
            ),
            (
                "four hours",
                MemoryReport::of_age("old", Duration::from_hours(4)),
                Ok(text("old", "2026-11-21T02:00:00Z")),
                false,
                Ok(text("old", "2026-11-21T06:00:02Z")),
            ),
            (
                "complete early, of a fixed date",
                MemoryReport::absent("new").complete_early().generated_time(Some(timestamp("2020-01-01T00:00:00Z"))),
                Err(CallErrorKind::NotFound),
                true,
                Ok(text("new", "2020-01-01T00:00:00Z")),
            ),
        ];
        for (what, report, first, complete, last) in cases {
            let world = MemoryWorld::new(1);
            let own = world.own_session();
            world.change(1, |account| account.report(report));
            assert_eq!(get(&world, &own).await, first, "{what}");
            assert_eq!(world.generate_credential_report(&own).await.unwrap(), complete, "{what}");
            tokio::time::sleep(second).await;
            assert_eq!(get(&world, &own).await, last, "{what}");
        }
    }
}
