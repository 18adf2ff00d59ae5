//! What `make package` refuses: packages with one mistake each, which need no build.

use std::time::Duration;

use orgscan_tests::process::Process;
use orgscan_tests::tools;

const LIMIT: Duration = Duration::from_mins(1);

/// The tests are in Python, as the check is.
#[test]
fn packages_that_lambda_cannot_run_are_refused_with_the_reason() {
    let finished = Process::run("test_package.py", &mut tools::python("tests/package/test_package.py"), LIMIT);
    let said = &finished.stderr;
    assert_eq!(finished.code, Some(0), "{said}");
    let ran = said.lines().find_map(|line| line.strip_prefix("Ran ")?.split_once(" tests in ")?.0.parse::<u32>().ok());
    assert!(ran.is_some_and(|ran| ran >= 10), "{said}");
}
