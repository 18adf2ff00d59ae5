//! An examination with the credentials of the process: from its settings on.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;

use super::quotas::Allowance;
use super::{Access, World, config, system_time};
use crate::config::{Config, Job, Place};
use crate::doctor::{Check, Diagnosis, Fix, JobToExamine, Options, Room, TIMEOUT_SECONDS, examine};
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
            let fix = Fix::explained("set AWS_REGION, or `region` in the profile");
            let check =
                Check::failed("region", "AWS_REGION", "no-region", without_variable(&error.to_string())).mended_by(fix);
            Diagnosis::conclude(None, known.into_iter().chain([check]).collect(), Vec::new())
        }
    }
}

/// The sentence without the variable that it begins with, which the check names.
fn without_variable(problem: &str) -> &str {
    problem.strip_prefix("AWS_REGION: ").unwrap_or(problem)
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
    diagnosis.shorten(LONGEST_ANSWER);
    Ok(serde_json::to_value(&diagnosis).unwrap_or_default())
}
