//! Least privilege: the templates are deployed with `sam deploy` and as stacks into the demo's emulator, where each
//! permission is then taken away in turn.

use std::time::Duration;

use orgscan_tests::process::Process;
use orgscan_tests::tools;

/// Five deployments and some 150 runs, beside other tests.
const LIMIT: Duration = Duration::from_mins(10);

#[test]
#[expect(clippy::print_stdout, reason = "with --nocapture the table is what the reader came for")]
fn every_permission_of_the_templates_is_needed_and_sessions_of_administrators_can_do_nothing_else() {
    let folder = tempfile::tempdir_in(tools::target()).unwrap();
    tools::policy_packages();
    let mut command = tools::demo_python("tests/least_privilege/run.py");
    command
        .arg(folder.path().join("world"))
        .arg("--sam")
        .arg(tools::sam_programs().join("sam"))
        .env("PATH", tools::search_path_with_node());
    let said = Process::run("tests/least_privilege/run.py", &mut command, LIMIT).expect_success("least privilege");
    println!("{said}");
    // The table has a line for each permission, and says how each was shown.
    for shown_by in ["| run", "| simulation"] {
        assert!(said.lines().any(|line| line.ends_with(shown_by)), "no line ends with {shown_by}");
    }
}
