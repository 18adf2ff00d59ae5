//! One run: a stand-in of its own, a function, and what it wrote.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aws_sim::Counts;
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::process::{Environment, Process};
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::sim::{TENANTS, environment_at};
use orgscan_tests::{http, tools};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;

use super::check::{Found, Reference, check};
use super::drawn::{ACCOUNTS, Drawn, Job, REGIONS};

/// The seed of the world, which is the same in all runs.
const WORLD: &str = "6";

/// Below the longest that the wait for an answer takes before it fails the test.
const AMPLE: Duration = Duration::from_mins(10);

/// How often an object is asked for: faults happen to these requests too.
const READS: usize = 100;

/// The stand-in as a process: built for release, it takes little of the processors from the functions.
pub(super) struct Sim {
    process: Process,
    address: SocketAddr,
    /// Where it keeps objects. It is killed, and takes nothing away itself.
    _folder: TempDir,
}

impl Sim {
    /// Starts one with these faults.
    fn start(faults: &Path, seed: u64) -> Self {
        let mut command = Command::new(tools::binary("aws-sim"));
        let accounts = ACCOUNTS.to_string();
        let regions = REGIONS.len().to_string();
        command
            .args(["--quotas", "off", "--latency-ms", "2", "--jitter-ms", "1", "--users", "3", "--seed", WORLD])
            .args(["--generation-seconds", "0..1", "--fresh-share", "0.7", "--tagged-share", "0.9"])
            .args(["--accounts", &accounts, "--regions", &regions, "--fault-seed", &seed.to_string(), "--faults"])
            .arg(faults);
        let folder = tempfile::tempdir().expect("a temporary folder");
        command.env("TMPDIR", folder.path());
        let mut process = Process::start("aws-sim", &mut command);
        let address = process.wait_for_line(Duration::from_secs(30), |line| {
            line.strip_prefix("listening on http://").map(|address| address.parse().expect("an address"))
        });
        Self { process, address, _folder: folder }
    }

    /// What an object has; none where it is not there.
    pub(super) fn object(&self, location: &str) -> Option<String> {
        let path = location.strip_prefix("s3:/")?;
        for _ in 0..READS {
            match http::get(self.address, path) {
                Ok((status, body)) if status.is_success() => {
                    return Some(String::from_utf8(body.to_vec()).expect("tables are UTF-8"));
                }
                Ok((status, _)) if status.as_u16() == 404 => return None,
                _ => {}
            }
        }
        panic!("{location} cannot be read");
    }

    pub(super) fn counts(&self) -> Counts {
        let (_, body) = http::get(self.address, "/_sim/counts").expect("the stand-in answers");
        serde_json::from_slice(&body).expect("counts")
    }

    fn end(self) {
        drop(self.process);
    }
}

fn settings(job: Job, address: SocketAddr) -> (&'static str, Environment) {
    let (function, more): (_, &[(&str, &str)]) = match job {
        Job::Inventory => ("account-metadata", &TENANTS),
        Job::Audit => ("credential-report", &[("MAIL_SENDER", "a@example.com"), ("MAIL_RECIPIENTS", "b@example.com")]),
    };
    let settings = [&[("DEADLINE_RESERVE_SECONDS", "5")], more].concat();
    (function, environment_at(&format!("http://{address}"), &settings))
}

/// One run, up to its answer.
pub(super) struct Ran {
    pub(super) sim: Sim,
    pub(super) answer: Answer,
    pub(super) logs: String,
    pub(super) took: Duration,
}

fn invoke(job: Job, seed: u64, rules: &[aws_sim::FaultRule], time: Duration) -> Ran {
    let faults = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(faults.path(), serde_json::to_vec(rules).expect("rules are JSON")).expect("a file can be written");
    let sim = Sim::start(faults.path(), seed);
    let (name, settings) = settings(job, sim.address);
    let mut function = Function::start(name, &settings);
    let event: Value = json!({"scheduled_time": "2026-11-21T06:00:00Z"});
    let began = Instant::now();
    let answer = function.invoke(&event, Deadline::In(time));
    let took = began.elapsed();
    Ran { sim, answer, logs: function.end_and_read_logs(), took }
}

/// A run without faults, in all the time it needs.
pub(super) fn without_faults(job: Job) -> Ran {
    invoke(job, 0, &[], AMPLE)
}

/// A run as it was drawn, and what is wrong with it.
pub(super) fn run(drawn: &Drawn, reference: &Reference) -> Found {
    let time = drawn.short.unwrap_or(AMPLE);
    let ran = invoke(drawn.job, drawn.seed, &drawn.rules, time);
    let found = check(drawn, time, &ran, reference);
    ran.sim.end();
    found
}
