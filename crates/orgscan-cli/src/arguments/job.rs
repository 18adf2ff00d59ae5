//! The flags of a run.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use orgscan::config::Job;

use super::groups::{AwsArguments, OUTPUT, SCOPE, ScopeArguments, TERMINAL};

#[derive(Debug, Args)]
pub(crate) struct JobArguments {
    #[command(flatten)]
    pub(crate) aws: AwsArguments,

    #[command(flatten)]
    pub(crate) scope: ScopeArguments,

    /// The event, as a file or as JSON: what a schedule would send to the function.
    #[arg(long, value_name = "FILE|JSON", help_heading = SCOPE)]
    pub(crate) event: Option<String>,

    /// List what would be scanned and assume each role; write and mail nothing.
    #[arg(long, help_heading = SCOPE)]
    pub(crate) dry_run: bool,

    /// Write to the bucket instead of a local folder; without a name to `OUTPUT_BUCKET`.
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        help_heading = OUTPUT
    )]
    pub(crate) bucket: Option<String>,

    /// The local folder; by default ~/aws-org-scripts-outputs for account-metadata and ./credential-report-automation
    /// for credential-report.
    #[arg(long, value_name = "FOLDER", conflicts_with = "bucket", help_heading = OUTPUT)]
    pub(crate) output_dir: Option<PathBuf>,

    /// Send no mail, whatever the settings say.
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) no_mail: bool,

    /// Print the summary as JSON.
    #[arg(long, help_heading = TERMINAL)]
    pub(crate) json: bool,
}

/// Whether there is a tenants table. Without one account-metadata is not meant where no job is named: it cannot be run.
pub(crate) fn has_tenants_table(lookup: &impl Fn(&str) -> Option<String>) -> bool {
    lookup("DYNAMO_TABLE_NAME").is_some_and(|table| !table.is_empty())
}

/// A job as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum JobName {
    AccountMetadata,
    CredentialReport,
}

impl JobName {
    /// The same as the library takes it.
    pub(crate) fn job(self) -> Job {
        match self {
            Self::AccountMetadata => Job::AccountMetadata,
            Self::CredentialReport => Job::CredentialReport,
        }
    }
}
