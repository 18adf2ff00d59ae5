//! An examination with the credentials of the process: from its settings on.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;

use super::quotas::Allowance;
use super::{Access, NoAccess, World, config, system_time};
use crate::config::{Config, Job, Place};
use crate::doctor::{Check, Diagnosis, Fix, JobToExamine, Options, Room, TIMEOUT_SECONDS, examine, settings};
use crate::error::RunError;
use crate::invocation::{Invocation, process_environment};
use crate::progress::Progress;
use crate::scan::Stop;

/// What a request of Lambda is answered with has at most 6 MB ("Lambda quotas"); a little less, for what is around it.
const LONGEST_ANSWER: usize = 5_500_000;

/// Requests in flight where no settings say so.
const IN_FLIGHT: NonZeroUsize = match NonZeroUsize::new(200) {
    Some(number) => number,
    None => NonZeroUsize::MIN,
};

/// The share of the quotas, in percent, where no settings say so.
const HUNDRED: NonZeroU32 = match NonZeroU32::new(100) {
    Some(number) => number,
    None => NonZeroU32::MIN,
};

/// Reads the settings of each job and examines what there is.
pub async fn examine_from_settings(
    jobs: &[Job],
    place: Place,
    access: &Access,
    lookup: &dyn Fn(&str) -> Option<String>,
    options: &Options,
    known: Vec<Check>,
) -> Diagnosis {
    let jobs: Vec<JobToExamine> = jobs
        .iter()
        .map(|job| {
            let settings = Config::from_lookup(*job, place, lookup).map_err(|error| match error {
                RunError::Settings { problems } => problems,
                other => vec![other.chain()],
            });
            JobToExamine { job: *job, settings }
        })
        .collect();
    let usable = jobs.iter().find_map(|job| job.settings.as_ref().ok());
    let in_flight = usable.map_or(IN_FLIGHT, |config| config.max_in_flight);
    let percent = usable.map_or(HUNDRED, |config| config.quota_percent);
    // The inventory talks to the most hosts.
    match config::load(Job::AccountMetadata, in_flight, access).await {
        Ok(config) => {
            let world = World::new(config, in_flight, Allowance::percent(percent));
            let region = world.region().to_owned();
            examine(&world, &region, &jobs, options, known).await
        }
        Err(error) => {
            let mut checks = known;
            checks.extend(jobs.iter().flat_map(settings));
            checks.push(without_access(&error));
            Diagnosis::conclude(None, checks, Vec::new())
        }
    }
}

/// Why AWS cannot be asked at all.
fn without_access(error: &NoAccess) -> Check {
    let said = error.to_string();
    // The sentence without the variables that it begins with, which the check names.
    let found = said.split_once(": ").map_or(said.as_str(), |(_variables, sentence)| sentence);
    match error {
        NoAccess::Region { .. } => Check::failed("region", "AWS_REGION", "no-region", found)
            .mended_by(Fix::explained("set AWS_REGION, or `region` in the profile")),
        NoAccess::Profile { .. } => Check::failed("identity", "AWS_PROFILE", "no-profile", found)
            .mended_by(Fix::explained("name a profile that is there, or make it with `aws configure --profile NAME`")),
        NoAccess::Profiles(_) => Check::failed("identity", "AWS_PROFILE", "no-profiles", found)
            .mended_by(Fix::explained("mend the file, or set AWS_CONFIG_FILE to another one")),
    }
}

/// The answer of a function that is asked for a diagnosis: of itself, with its own role, memory and time. Settings that
/// cannot be used are a part of it.
///
/// # Errors
/// The event cannot be used.
pub async fn examine_function(
    job: Job,
    payload: &Value,
    request_id: &str,
    deadline_ms: u64,
) -> Result<Value, RunError> {
    let Invocation { event, deadline } = Invocation::read(payload, request_id, deadline_ms, system_time())?;
    let number = |name: &str| process_environment(name).and_then(|text| text.parse().ok());
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()).as_secs_f64().ceil());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 900 seconds, rounded up")]
    let timeout_seconds = left.map_or(TIMEOUT_SECONDS, |left| left.min(f64::from(u32::MAX)) as u32);
    let room = Room {
        memory_mb: number("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").unwrap_or(crate::doctor::MEMORY_MB),
        timeout_seconds,
        is_function: true,
    };
    let options = Options {
        look_through: None,
        room,
        function: process_environment("AWS_LAMBDA_FUNCTION_NAME"),
        event,
        deadline,
        stop: Stop::never(),
        progress: Arc::new(Progress::default()),
    };
    let mut diagnosis =
        examine_from_settings(&[job], Place::Lambda, &Access::default(), &process_environment, &options, Vec::new())
            .await;
    // Answers are kept in logs, and in the queue of failed events.
    let config = Config::from_lookup(job, Place::Lambda, &process_environment).ok();
    if let Some(mail) = config.as_ref().and_then(|config| config.audit.mail.as_ref()) {
        let recipients = mail.recipients.iter().map(String::as_str);
        diagnosis.hide_secrets([mail.address()].into_iter().chain(recipients));
    } else {
        diagnosis.hide_secrets([]);
    }
    diagnosis.shorten(LONGEST_ANSWER);
    Ok(serde_json::to_value(&diagnosis).unwrap_or_default())
}
