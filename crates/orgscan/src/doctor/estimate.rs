//! How long a run takes and what it costs: from AWS's request quotas, and from what docs/performance.md measured.

use serde::{Deserialize, Serialize};

use super::diagnosis::{Check, Fix};
use crate::config::{Config, Job, TagSource};
use crate::rates;
use crate::text::counted;

/// The memory that template.yaml gives the functions, MB.
pub const MEMORY_MB: u32 = 1769;

/// The time that template.yaml gives them, seconds: the most that Lambda has.
pub const TIMEOUT_SECONDS: u32 = 900;

/// One vCPU comes with so much memory ("Configure Lambda function memory").
const MB_OF_A_VCPU: f64 = 1769.0;

/// Most accounts that a page of `ListAccounts` has (Organizations API reference).
const ACCOUNTS_PER_PAGE: f64 = 20.0;

/// Lambda, arm64, us-east-1 (<https://aws.amazon.com/lambda/pricing/>, 2026-11-21).
const USD_PER_GB_SECOND: f64 = 0.000_013_333_4;
const USD_PER_REQUEST: f64 = 0.000_000_2;
const PRICE: &str = "AWS Lambda, arm64, us-east-1, list price of 2026-11-21; without S3, SES and logs";

/// Runs of a month, one a day.
const RUNS_PER_MONTH: f64 = 30.4;

/// How long a run takes and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Estimate {
    /// The job.
    pub job: String,
    /// Accounts that are listed.
    pub accounts: u64,
    /// Of these, entered.
    pub to_enter: u64,
    /// How long a run takes.
    pub seconds: f64,
    /// With so much memory.
    pub memory_mb: u32,
    /// Of so much time.
    pub timeout_seconds: u32,
    /// What Lambda bills for a run.
    pub gb_seconds: f64,
    /// US dollars of a run.
    pub usd_per_run: f64,
    /// US dollars of a month with a run a day.
    pub usd_per_month: f64,
    /// Whose prices these are.
    pub price: String,
}

/// The size of one Organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Accounts that are listed.
    pub listed: u64,
    /// Of these, entered.
    pub to_enter: u64,
}

/// What a function may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Its memory, MB.
    pub memory_mb: u32,
    /// Its time, seconds.
    pub timeout_seconds: u32,
    /// Whether it is one that runs on Lambda, and not one that may.
    pub is_function: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self { memory_mb: MEMORY_MB, timeout_seconds: TIMEOUT_SECONDS, is_function: false }
    }
}

/// Estimates a run over these Organizations. Quotas are one Organization's, the processor is one for all.
#[expect(clippy::cast_precision_loss, reason = "an estimate, of far fewer accounts than 2^52")]
pub fn estimate(job: Job, config: &Config, organizations: &[Size], room: Room) -> Estimate {
    let share = f64::from(config.quota_percent.get()) / 100.0;
    let waiting = organizations.iter().map(|size| {
        let listed = size.listed as f64;
        let pages = (listed / ACCOUNTS_PER_PAGE).ceil();
        let listing = rates::LIST_ACCOUNTS.seconds_for(pages, share);
        match job {
            // Regions of the last accounts are asked for while the listing ends.
            Job::AccountMetadata => listing.max(tags(config, listed, share)),
            Job::CredentialReport => listing,
        }
    });
    let waiting = waiting.fold(0.0, f64::max);
    let listed: u64 = organizations.iter().map(|size| size.listed).sum();
    let to_enter: u64 = organizations.iter().map(|size| size.to_enter).sum();
    // Measured: the last reports are made and fetched some five seconds after the listing. CPU time per account, with
    // findings and page where there are some; an inventory asks every region of it.
    let (after, cpu_per_account) = match job {
        Job::AccountMetadata => (1.0, 0.002_1),
        Job::CredentialReport => (5.0, 0.001_5),
    };
    let cpu = to_enter as f64 * cpu_per_account * MB_OF_A_VCPU / f64::from(room.memory_mb.max(1)).min(MB_OF_A_VCPU);
    // The tables, findings and page are made and uploaded after the last account.
    let tables = to_enter as f64 * 0.000_6;
    let seconds = round(waiting.max(cpu) + after + tables, 1);
    let gb_seconds = seconds * f64::from(room.memory_mb) / 1024.0;
    let usd_per_run = gb_seconds * USD_PER_GB_SECOND + USD_PER_REQUEST;
    Estimate {
        job: job.as_str().to_owned(),
        accounts: listed,
        to_enter,
        seconds,
        memory_mb: room.memory_mb,
        timeout_seconds: room.timeout_seconds,
        gb_seconds: round(gb_seconds, 1),
        usd_per_run: round(usd_per_run, 5),
        usd_per_month: round(usd_per_run * RUNS_PER_MONTH, 3),
        price: PRICE.to_owned(),
    }
}

/// How long tags take one account at a time, at most: those that are tagged are listed in bulk.
#[expect(clippy::cast_precision_loss, reason = "an estimate, of far fewer accounts than 2^52")]
fn tags(config: &Config, listed: f64, share: f64) -> f64 {
    let settings = &config.inventory;
    let one_by_one = match settings.tag_source {
        TagSource::Organizations => listed,
        TagSource::Auto => listed.min(settings.tag_verify_limit as f64),
        TagSource::Tagging => 0.0,
    };
    rates::LIST_TAGS.seconds_for(one_by_one, share)
}

fn round(number: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (number * scale).round() / scale
}

/// Whether a run fits into what the function has, which is in this region, by its name where it has one.
pub(super) fn checks(
    estimate: &Estimate,
    config: &Config,
    room: Room,
    function: Option<&str>,
    region: &str,
) -> Vec<Check> {
    let accounts = counted(estimate.accounts, "account", "accounts");
    let reserve = config.deadline_reserve.as_secs_f64();
    let has = f64::from(room.timeout_seconds);
    let found = format!(
        "about {:.0} s for {accounts}, of the {has:.0} s that the function has (the last {reserve:.0} s are kept for \
         writing); about ${:.5} a run",
        estimate.seconds, estimate.usd_per_run
    );
    let subject = function.unwrap_or(&estimate.job).to_owned();
    // As template.yaml names it in a stack of the name that the documents give it.
    let by_default = format!("orgscan-{}", estimate.job);
    let update = |explanation: &str, option: &str, value: u32| {
        let name = function.unwrap_or(&by_default);
        let arguments = ["--function-name", name, option, &value.to_string(), "--region", region];
        let command = super::commands::aws("lambda", "update-function-configuration", &arguments);
        let explanation = match function {
            Some(_) => explanation.to_owned(),
            None => format!("{explanation} (the command is for the function of a stack that is called orgscan)"),
        };
        Fix { commands: vec![command], ..Fix::explained(explanation) }
    };
    let time = if estimate.seconds <= has - reserve {
        Check::ok("lambda-time", subject.clone(), found)
    } else {
        let fix = if room.timeout_seconds < TIMEOUT_SECONDS {
            update("give the function all the time that Lambda has", "--timeout", TIMEOUT_SECONDS)
        } else {
            Fix::explained(
                "split the run: FanOut=yes invokes the function once for each tenant; within one Organization, \
                 ACCOUNTS_INCLUDE for several functions, or a higher quota and QUOTA_PERCENT",
            )
        };
        let check = if room.is_function {
            Check::failed("lambda-time", subject.clone(), "too-short", found)
        } else {
            Check::warning("lambda-time", subject.clone(), "too-short", found)
        };
        check.mended_by(fix)
    };
    let memory = room.memory_mb;
    // No function has too little: 50,000 accounts take less than half of the 128 MB that are Lambda's least
    // (docs/performance.md).
    let memory = if f64::from(memory) < MB_OF_A_VCPU / 2.0 {
        let found = format!("{memory} MB come with less than half a processor, which slows a run down");
        Check::warning("lambda-memory", subject, "slow", found).mended_by(Fix::explained(format!(
            "{MEMORY_MB} MB come with a whole one, at the same price for the same work"
        )))
    } else {
        Check::ok("lambda-memory", subject, format!("{memory} MB"))
    };
    vec![time, memory]
}
