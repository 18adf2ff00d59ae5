//! `orgscan settings`: every setting, with its default.

use std::process::ExitCode;

use clap::Args;
use orgscan::config::{SETTINGS, Setting};
use serde_json::{Value, json};

use crate::arguments::groups::TERMINAL;
use crate::arguments::job::JobName;
use crate::print::{ended, print, print_json};

#[derive(Debug, Args)]
pub(crate) struct SettingsArguments {
    /// Only the settings of this job.
    #[arg(long, value_enum, value_name = "JOB")]
    job: Option<JobName>,

    /// Print them as JSON.
    #[arg(long, help_heading = TERMINAL)]
    json: bool,
}

/// Prints settings.
pub(crate) fn run(arguments: &SettingsArguments) -> ExitCode {
    let wanted = |setting: &&Setting| arguments.job.is_none_or(|name| setting.jobs.contains(&name.job()));
    let jobs = |setting: &Setting| setting.jobs.iter().map(|job| job.as_str()).collect::<Vec<_>>();
    let settings = SETTINGS.iter().filter(wanted);
    ended(if arguments.json {
        let all: Vec<Value> = settings
            .map(|setting| {
                json!({
                    "variable": setting.variable,
                    "jobs": jobs(setting),
                    "default": setting.default.text(),
                    "is_secret": setting.is_secret,
                    "meaning": setting.meaning,
                })
            })
            .collect();
        print_json(&all.into())
    } else {
        let text = |setting: &Setting| {
            let (jobs, default) = (jobs(setting).join(", "), setting.default.text());
            format!("{}\n  {}\n  {jobs}; default: {default}\n", setting.variable, setting.meaning)
        };
        print(settings.map(text).collect::<String>().as_bytes())
    })
}
