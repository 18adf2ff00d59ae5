//! `orgscan doctor` in a world that has one of everything wrong, on the emulator.

use std::time::Duration;

use orgscan_tests::process::Process;
use orgscan_tests::tools;

/// A world and some dozens of commands, beside other tests.
const LIMIT: Duration = Duration::from_mins(3);

#[test]
#[expect(clippy::print_stdout, reason = "with --nocapture the checks are what the reader came for")]
fn doctor_names_everything_that_is_wrong_and_what_it_prints_mends_all_of_it() {
    let folder = tempfile::tempdir_in(tools::target()).unwrap();
    let mut command = tools::demo_python("tests/doctor/run.py");
    command.arg(folder.path().join("world"));
    let said = Process::run("tests/doctor/run.py", &mut command, LIMIT).expect_success("the doctor");
    println!("{said}");
    assert!(said.contains("\n8 things were wrong, and are mended\n"), "{said}");
    assert!(said.contains("\nSomebody who might do nothing can run the audit after "), "{said}");
}
