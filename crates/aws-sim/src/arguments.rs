//! The command line.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use aws_sim::{FaultRule, Settings};
use clap::{Parser, ValueEnum};

/// A stand-in for AWS on 127.0.0.1, for load and faults.
///
/// Prints one line, `listening on http://127.0.0.1:PORT`, and serves until SIGTERM or SIGINT. GET /_sim/counts answers
/// what was counted, POST /_sim/reset sets everything to the beginning.
#[derive(Debug, Parser)]
#[command(name = "aws-sim", version)]
pub(crate) struct Arguments {
    /// The port; 0 for a free one.
    #[arg(long, default_value_t = Settings::default().port)]
    port: u16,

    /// Organizations; each is an item of the tenants table.
    #[arg(long, value_name = "NUMBER", default_value_t = Settings::default().organizations)]
    organizations: u32,

    /// Accounts of each Organization, the management account included.
    #[arg(long, value_name = "NUMBER", default_value_t = Settings::default().accounts)]
    accounts: u32,

    /// IAM users in each account's credential report.
    #[arg(long, value_name = "NUMBER", default_value_t = Settings::default().users)]
    users: u32,

    /// What everything that varies is drawn from.
    #[arg(long, value_name = "NUMBER", default_value_t = Settings::default().seed)]
    seed: u64,

    /// How long an answer takes on the average, in milliseconds.
    #[arg(long, value_name = "MILLISECONDS", default_value = "30", value_parser = milliseconds)]
    latency_ms: Duration,

    /// How far a single latency is from that at most, in milliseconds.
    #[arg(long, value_name = "MILLISECONDS", default_value = "10", value_parser = milliseconds)]
    jitter_ms: Duration,

    /// Whether the published quotas hold.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    quotas: Switch,

    /// How long a credential report takes to be made, in seconds: LOW..HIGH, or one number.
    #[arg(long, value_name = "LOW..HIGH", default_value = "2..4", value_parser = range)]
    generation_seconds: (Duration, Duration),

    /// The share of accounts that hold a credential report from the start.
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().fresh_share)]
    fresh_share: f64,

    /// Regions that each account has enabled.
    #[arg(long, value_name = "NUMBER", default_value_t = Settings::default().regions)]
    regions: usize,

    /// The share of an account's enabled regions that have resources.
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().active_share)]
    active_share: f64,

    /// The share of accounts' regions in which the first page of resources is empty, with a token.
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().empty_page_share)]
    empty_page_share: f64,

    /// The share of accounts that have tags.
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().tagged_share)]
    tagged_share: f64,

    /// The share of accounts whose answer with the credential report is sent late.
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().slow_share)]
    slow_share: f64,

    /// How late that is, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    slow_seconds: Duration,

    /// The share of accounts whose credential report takes long to be made.
    #[arg(long, value_name = "SHARE", default_value_t = Settings::default().slow_generation_share)]
    slow_generation_share: f64,

    /// How long that is, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    slow_generation_seconds: Duration,

    /// What shares of faults are drawn from; the seed of everything where it is not given.
    #[arg(long, value_name = "NUMBER")]
    fault_seed: Option<u64>,

    /// Planned faults: a JSON list of rules.
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,

    /// Where to write the counts as JSON in the end.
    #[arg(long, value_name = "FILE")]
    pub(crate) counts: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

impl Arguments {
    /// The settings, with the rules of the faults file; or why it cannot be read.
    pub(crate) fn settings(&self) -> Result<Settings, String> {
        let faults = match &self.faults {
            None => Vec::new(),
            Some(path) => {
                let problem = |problem: String| format!("the faults file {}: {problem}", path.display());
                let json = fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
                FaultRule::list_from_json(&json).map_err(|error| problem(error.to_string()))?
            }
        };
        Ok(Settings {
            port: self.port,
            organizations: self.organizations,
            accounts: self.accounts,
            users: self.users,
            seed: self.seed,
            latency: self.latency_ms,
            jitter: self.jitter_ms,
            quotas: self.quotas == Switch::On,
            generation_low: self.generation_seconds.0,
            generation_high: self.generation_seconds.1,
            fresh_share: self.fresh_share,
            regions: self.regions,
            active_share: self.active_share,
            empty_page_share: self.empty_page_share,
            tagged_share: self.tagged_share,
            slow_share: self.slow_share,
            slow: self.slow_seconds,
            slow_generation_share: self.slow_generation_share,
            slow_generation: self.slow_generation_seconds,
            fault_seed: self.fault_seed,
            faults,
            ..Settings::default()
        })
    }
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    scaled(text, 1e-3)
}

fn seconds(text: &str) -> Result<Duration, String> {
    scaled(text, 1.0)
}

fn scaled(text: &str, unit: f64) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text} is not a number"))?;
    Duration::try_from_secs_f64(number * unit).map_err(|error| error.to_string())
}

fn range(text: &str) -> Result<(Duration, Duration), String> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    Ok((seconds(low)?, seconds(high)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_options_the_settings_are_the_defaults() {
        assert_eq!(Arguments::parse_from(["aws-sim"]).settings(), Ok(Settings::default()));
    }

    #[test]
    fn every_option_is_a_setting() {
        let faults = tempfile::NamedTempFile::new().unwrap();
        fs::write(faults.path(), r#"[{"operation": "*", "fault": "throttle"}]"#).unwrap();
        let faults_file = faults.path().to_str().unwrap();
        let arguments = [
            "aws-sim --port 4 --organizations 2 --accounts 3 --users 7 --seed 9 --latency-ms 1.5 --jitter-ms 0",
            "--quotas off --generation-seconds 0.5..2 --fresh-share 0.1 --regions 5 --active-share 0.2",
            "--empty-page-share 0.4 --tagged-share 0.5 --slow-share 0.6 --slow-seconds 3 --slow-generation-share 0.7",
            "--slow-generation-seconds 4 --fault-seed 8 --faults",
        ];
        let joined = arguments.join(" ");
        let arguments = Arguments::parse_from(joined.split(' ').chain([faults_file]));
        let expected = Settings {
            port: 4,
            organizations: 2,
            accounts: 3,
            users: 7,
            seed: 9,
            latency: Duration::from_micros(1_500),
            jitter: Duration::ZERO,
            quotas: false,
            generation_low: Duration::from_millis(500),
            generation_high: Duration::from_secs(2),
            fresh_share: 0.1,
            regions: 5,
            active_share: 0.2,
            empty_page_share: 0.4,
            tagged_share: 0.5,
            slow_share: 0.6,
            slow: Duration::from_secs(3),
            slow_generation_share: 0.7,
            slow_generation: Duration::from_secs(4),
            fault_seed: Some(8),
            faults: vec![FaultRule::new("*", aws_sim::Fault::Throttle)],
            ..Settings::default()
        };
        assert_eq!(arguments.settings(), Ok(expected));
    }

    #[test]
    fn a_faults_file_that_cannot_be_read_is_named() {
        let problem = Arguments::parse_from(["aws-sim", "--faults", "no-such.json"]).settings().unwrap_err();
        assert!(problem.starts_with("the faults file no-such.json: "), "{problem}");
    }
}
