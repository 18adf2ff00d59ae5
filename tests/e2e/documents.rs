//! The documents, followed word for word: every command that they show, in a folder as `git clone` leaves it, against the
//! emulator.

use std::time::Duration;

use orgscan_tests::process::Process;
use orgscan_tests::tools;

/// A dozen deployments, beside other tests.
const LIMIT: Duration = Duration::from_mins(10);

#[test]
#[expect(clippy::print_stdout, reason = "with --nocapture the times are what the reader came for")]
fn what_the_documents_tell_to_do_can_be_done_and_getting_started_ends_with_the_mail() {
    let folder = tempfile::tempdir_in(tools::target()).unwrap();
    let mut command = tools::demo_python("tests/documents/run.py");
    command
        .arg(folder.path())
        .arg("--sam")
        .arg(tools::sam_programs().join("sam"))
        .arg("--cargo-lambda")
        .arg(tools::test_programs().join("cargo-lambda"));
    // rustup finds its toolchains there.
    for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME"] {
        if let Some(value) = tools::variable(name) {
            command.env(name, value);
        }
    }
    let said = Process::run("tests/documents/run.py", &mut command, LIMIT).expect_success("the documents' commands");
    println!("{said}");
    let mails =
        said.lines().filter(|line| line.contains("mail to security@example.com: AWS credential report")).count();
    assert_eq!(mails, 2, "one at the end of each path:\n{said}");
}

#[test]
fn a_command_of_a_document_that_nothing_runs_is_told() {
    let mut command = tools::demo_python("tests/documents/test_coverage.py");
    Process::run("tests/documents/test_coverage.py", &mut command, LIMIT).expect_tests(9);
}
