//! A world to which events are delivered, and processes that are killed meanwhile.

use std::time::Duration;

use aws_sim::{Counts, Fault, FaultRule, Settings, Sim};
use orgscan_tests::answer;
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::process::pause;
use orgscan_tests::sim::{TENANTS, environment};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::contents::Contents;
use crate::{ACCOUNT_METADATA, CREDENTIAL_REPORT};

/// The event that is delivered more than once.
pub(super) const DAY: &str = "2025-11-21T06:00:00Z";

/// The event before it.
const DAY_BEFORE: &str = "2025-11-20T06:00:00Z";

/// An account that is left out of the run before, so that its objects are others.
const LEFT_OUT: &str = "100000000009";

/// How long a run may take until it meets its fault: far more than any needs.
const FAULT_LIMIT: Duration = Duration::from_mins(1);

const MAIL: [(&str, &str); 2] = [("MAIL_SENDER", "audit@example.com"), ("MAIL_RECIPIENTS", "one@example.com")];

/// What is delivered to.
#[derive(Debug, Clone, Copy)]
pub(super) enum World {
    /// A credential-report of some accounts, with mail, after a run the day before.
    Audit,
    /// The same without a run before, so that reports are generated.
    FirstAudit,
    /// A credential-report of so many users that objects go in parts.
    LargeAudit,
    /// An account-metadata of some accounts, after a run the day before.
    Inventory,
}

impl World {
    fn function(self) -> &'static str {
        match self {
            Self::Inventory => ACCOUNT_METADATA,
            _ => CREDENTIAL_REPORT,
        }
    }

    fn settings(self, faults: Vec<FaultRule>) -> Settings {
        let world = Settings { accounts: 30, regions: 3, tagged_share: 0.9, faults, ..Settings::immediate() };
        match self {
            Self::LargeAudit => Settings { accounts: 35, users: 1_500, fresh_share: 1.0, ..world },
            _ => world,
        }
    }

    fn environment(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Inventory => TENANTS.to_vec(),
            Self::LargeAudit => Vec::new(),
            Self::Audit | Self::FirstAudit => MAIL.to_vec(),
        }
    }

    fn has_run_before(self) -> bool {
        matches!(self, Self::Audit | Self::Inventory)
    }
}

/// A world, and the deliveries to it.
#[derive(Debug)]
pub(super) struct Deliveries {
    world: World,
    sim: Sim,
    /// Whether SES takes a message that the planned fault happens to.
    takes_mail_of_fault: bool,
    mails_before: u64,
}

impl Deliveries {
    /// Makes a world, with the run before where it has one.
    pub(super) fn to(world: World, faults: Vec<FaultRule>) -> Self {
        let is_taken = |rule: &FaultRule| rule.operation == "ses:SendEmail" && rule.fault == Fault::HangAfterwards;
        let takes_mail_of_fault = faults.iter().any(is_taken);
        let sim = Sim::start(world.settings(faults)).expect("the stand-in starts");
        let mut deliveries = Self { world, sim, takes_mail_of_fault, mails_before: 0 };
        if world.has_run_before() {
            let mut function = deliveries.start(&[("ACCOUNTS_EXCLUDE", LEFT_OUT)]);
            answer::summary(function.invoke(&event(DAY_BEFORE), Deadline::LONGEST));
            deliveries.mails_before = deliveries.mails();
        }
        deliveries
    }

    fn start(&self, more: &[(&str, &str)]) -> Function {
        let settings = [self.world.environment().as_slice(), more].concat();
        Function::start(self.world.function(), &environment(&self.sim, &settings))
    }

    /// Delivers the event and waits for its summary.
    pub(super) fn deliver(&self) -> Value {
        answer::summary(self.start(&[]).invoke(&event(DAY), Deadline::LONGEST))
    }

    /// Delivers the event to so many processes at once.
    pub(super) fn deliver_at_once(&self, processes: usize) -> Vec<Value> {
        let mut functions: Vec<Function> = (0..processes).map(|_| self.start(&[])).collect();
        for function in &mut functions {
            function.begin(&event(DAY), Deadline::LONGEST);
        }
        functions.iter_mut().map(|function| answer::summary(function.answer())).collect()
    }

    /// Delivers the event and kills the process as soon as a planned fault has happened to it.
    pub(super) fn deliver_and_kill(&self) {
        let mut function = self.start(&[]);
        function.begin(&event(DAY), Deadline::LONGEST);
        let end = Instant::now() + FAULT_LIMIT;
        while self.counts().calls.values().all(|calls| calls.faulted == 0) {
            let calls = &self.counts().calls;
            assert!(Instant::now() < end, "the run does not come to its fault: {calls:?}\n{}", function.logs());
            pause();
        }
        function.kill();
    }

    pub(super) fn counts(&self) -> Counts {
        self.sim.counts()
    }

    /// Messages that SES took for this event.
    pub(super) fn mails(&self) -> u64 {
        let sent = self.counts().of("ses:SendEmail");
        let taken = if self.takes_mail_of_fault { sent.faulted } else { 0 };
        sent.succeeded + taken - self.mails_before
    }

    /// All objects.
    pub(super) fn contents(&self) -> Contents {
        Contents::of(&self.sim)
    }
}

fn event(time: &str) -> Value {
    json!({"scheduled_time": time})
}
