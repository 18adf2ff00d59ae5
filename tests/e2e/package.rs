//! What `make package` refuses, packages with one mistake each, and what it says that a package is made of; no build is
//! needed for either.

use std::time::Duration;

use orgscan_tests::process::Process;
use orgscan_tests::tools;

const LIMIT: Duration = Duration::from_mins(1);

#[test]
fn packages_that_lambda_cannot_run_are_refused_with_the_reason() {
    assert_passes("test_package.py", 10);
}

#[test]
fn a_bill_of_materials_lists_what_is_linked_into_a_function_and_nothing_else() {
    assert_passes("test_sbom.py", 10);
}

/// The tests are in Python, as what they test is.
fn assert_passes(name: &str, tests: u32) {
    let mut command = tools::python(&format!("tests/package/{name}"));
    // Where Rust and its crates are, where that is no usual place.
    for variable in ["HOME", "CARGO_HOME", "RUSTUP_HOME"] {
        if let Some(value) = tools::variable(variable) {
            command.env(variable, value);
        }
    }
    Process::run(name, &mut command, LIMIT).expect_tests(tests);
}
