//! template.yaml, deployed with `sam deploy` into ministack, and what its schedules start.

use std::time::Duration;

use orgscan_tests::process::Process;
use orgscan_tests::tools;

/// Two worlds and a dozen stacks, on a slow machine.
const LIMIT: Duration = Duration::from_mins(6);

/// The check is in Python, since the emulator and what makes its world are.
#[test]
#[expect(clippy::print_stdout, reason = "with --nocapture the figures are what the reader came for")]
fn the_template_deploys_as_expected_and_its_schedules_write_what_the_demo_writes() {
    let mut command = tools::demo_python("tests/deploy/deploy_local.py");
    command.arg("--sam").arg(tools::sam_programs().join("sam"));
    let finished = Process::run("deploy_local.py", &mut command, LIMIT);
    let said = format!("{}{}", finished.stdout, finished.stderr);
    println!("{said}");
    assert_eq!(finished.code, Some(0), "{said}");
    for (number, of) in [
        (30, " resources, compared with "),
        (20, " files on its first day"),
        (20, " files lie in "),
        (20, " by the StackSet"),
        (10, " metrics of the functions"),
        (10, " variants have been deployed"),
        (60, " things, with roles in "),
        (20, " member accounts."),
    ] {
        let found = said.split_once(of).and_then(|(before, _)| before.rsplit(' ').next()?.parse::<u32>().ok());
        assert!(found.is_some_and(|found| found >= number), "{found:?}{of} of at least {number}:\n{said}");
    }
    let fired = |target: &str| {
        let of_target = format!(": orgscan-{target} with {{\"scheduled_time\":\"");
        said.lines().filter(|line| line.contains("cron(") && line.contains(&of_target)).count()
    };
    assert_eq!(
        ["account-metadata", "credential-report", "account-metadata-fan-out"].map(fired),
        [1, 2, 1],
        "each schedule has called its target, before and after the stack fans out:\n{said}"
    );
}
