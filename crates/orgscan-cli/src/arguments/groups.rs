//! Flags that several commands share.

use std::collections::BTreeSet;

use clap::{Args, ColorChoice};
use orgscan::account::AccountId;
use orgscan::aws::Access;

use super::account_ids::AccountIds;

/// Headings of the flags in the help.
pub(crate) const AWS: &str = "AWS";
pub(crate) const SETTINGS: &str = "In place of settings";
pub(crate) const SCOPE: &str = "What is scanned";
pub(crate) const OUTPUT: &str = "Where it goes";
pub(crate) const TERMINAL: &str = "On the terminal";

/// What every command takes.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = TERMINAL)]
pub(crate) struct TerminalArguments {
    /// Colours; `auto` has them on a terminal, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_enum, value_name = "auto|always|never", hide_possible_values = true, default_value_t = ColorChoice::Auto, display_order = 900)]
    pub(crate) color: ColorChoice,

    /// Show no progress, and nothing that is no error.
    #[arg(long, short, global = true, display_order = 901)]
    pub(crate) quiet: bool,
}

/// Whose credentials are used, and where.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = AWS)]
pub(crate) struct AwsArguments {
    /// The profile of ~/.aws/config and ~/.aws/credentials whose credentials are used, whatever the environment has.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) profile: Option<String>,

    /// The AWS region, in place of `AWS_REGION` and that of the profile.
    #[arg(long, value_name = "REGION", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) region: Option<String>,
}

impl AwsArguments {
    /// The same as the library takes it.
    pub(crate) fn access(&self) -> Access {
        Access { profile: self.profile.clone(), region: self.region.clone() }
    }
}

/// Which accounts are meant.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = SCOPE)]
pub(crate) struct ScopeArguments {
    /// Only these accounts, besides those that the event names: ids, separated by commas; repeat for more.
    #[arg(long, value_name = "ID,…", value_parser = AccountIds::parse)]
    accounts: Vec<AccountIds>,

    /// Not these accounts, as if they stood in `ACCOUNTS_EXCLUDE` too: ids, separated by commas; repeat for more.
    #[arg(long, value_name = "ID,…", value_parser = AccountIds::parse)]
    exclude: Vec<AccountIds>,

    /// Only these tenants' Organizations, by their management accounts: ids, separated by commas; repeat for more.
    #[arg(long, value_name = "ID,…", value_parser = AccountIds::parse)]
    tenants: Vec<AccountIds>,
}

impl ScopeArguments {
    /// The ids of `--accounts`.
    pub(crate) fn accounts(&self) -> BTreeSet<AccountId> {
        AccountIds::all(&self.accounts)
    }

    /// The ids of `--exclude`.
    pub(crate) fn excluded(&self) -> BTreeSet<AccountId> {
        AccountIds::all(&self.exclude)
    }

    /// The ids of `--tenants`.
    pub(crate) fn tenants(&self) -> BTreeSet<AccountId> {
        AccountIds::all(&self.tenants)
    }
}
