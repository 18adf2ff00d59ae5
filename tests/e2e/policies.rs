//! `orgscan policy` prints what the templates grant.

use std::time::Duration;

use orgscan_tests::process::Process;
use orgscan_tests::tools;

const LIMIT: Duration = Duration::from_mins(1);

#[test]
fn the_policies_that_are_printed_for_settings_are_those_of_the_templates() {
    let mut command = tools::python("tests/policies/test_policies.py");
    command.arg(tools::binary("orgscan"));
    Process::run("test_policies.py", &mut command, LIMIT).expect_tests(3);
}
