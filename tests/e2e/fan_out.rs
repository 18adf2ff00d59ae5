//! The state machine that fans a function out over the tenants, run by ministack with the real functions.

use std::time::Duration;

use orgscan_tests::process::Process;
use orgscan_tests::tools;

/// All of them together, on a slow machine.
const LIMIT: Duration = Duration::from_mins(5);

/// The tests are in Python, since the emulator and what makes its world are.
#[test]
#[expect(clippy::print_stdout, reason = "with --nocapture the figures are what the reader came for")]
fn every_tenant_is_reported_through_the_state_machine_and_a_redrive_runs_only_what_failed() {
    let finished = Process::run("test_fan_out.py", &mut tools::demo_python("tests/fan_out/test_fan_out.py"), LIMIT);
    println!("{}", finished.expect_tests(16));
}
