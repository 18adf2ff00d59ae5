//! The `orgscan` command against a stand-in for AWS: its flags, what it says at the end, and errors that say what to do.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aws_sim::{Settings, Sim};
use orgscan_tests::process::{Finished, Process};
use orgscan_tests::{answer, tools};
use serde_json::{Value, json};

use crate::{ACCOUNT_METADATA, CREDENTIAL_REPORT};

const LIMIT: Duration = Duration::from_mins(2);

/// Profiles in the user's own files: one that works, and others that each lack something. None of them is in the environment.
fn profiles(url: &str) -> String {
    let keys =
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let sso = "sso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Audit";
    format!(
        "[profile good]\nregion = us-east-1\nendpoint_url = {url}\n{keys}\n\
         [profile no-region]\n{keys}\n\
         [profile no-keys]\nregion = us-east-1\n\
         [profile not-there]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:9\n{keys}\n\
         [profile signed-out]\nregion = us-east-1\n{sso}\n\
         [profile program]\nregion = us-east-1\ncredential_process = /bin/false\n\
         [sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n"
    )
}

fn world(settings: Settings) -> Sim {
    Sim::start(Settings { fresh_share: 1.0, ..settings }).expect("the stand-in starts")
}

/// A home folder with nothing in it but the profiles.
fn home(url: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), profiles(url)).unwrap();
    home
}

fn orgscan(home: &Path, arguments: &[&str], more: &[(&str, &str)]) -> Finished {
    let mut command = Command::new(tools::binary("orgscan"));
    command.args(arguments).current_dir(home).env_clear().env("HOME", home).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("QUOTA_PERCENT", "10000").envs(more.iter().copied());
    Process::run("orgscan", &mut command, LIMIT)
}

fn summary(ended: &Finished) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

#[test]
fn a_profile_is_used_whatever_the_environment_has() {
    let sim = world(Settings { accounts: 3, ..Settings::immediate() });
    let home = home(&sim.url());
    let of_another = [
        ("AWS_ACCESS_KEY_ID", "AKIAOFTHEENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", "another"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_REGION", "eu-west-1"),
    ];
    // An endpoint of the environment goes before that of a profile.
    let ended =
        orgscan(home.path(), &[CREDENTIAL_REPORT, "--profile", "good", "--output-dir", "reports"], &of_another[..2]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("Complete: 3 of 3 accounts reported"), "{}", ended.stdout);
    assert!(ended.stdout.contains("Files in reports/"), "{}", ended.stdout);
    assert!(!sim.counts().callers.iter().any(|caller| caller.contains("AKIAOFTHEENVIRONMENT")));
}

#[test]
fn accounts_are_named_and_left_out_on_top_of_what_event_and_settings_say() {
    let sim = world(Settings { accounts: 6, ..Settings::immediate() });
    let home = home(&sim.url());
    let run = |more: &[&str], settings: &[(&str, &str)]| {
        let line = [&[CREDENTIAL_REPORT, "--profile", "good", "--json", "--quiet"], more].concat();
        orgscan(home.path(), &line, settings)
    };
    let named =
        run(&["--event", r#"{"account_ids": ["100000000001"]}"#, "--accounts", "100000000002,100000000003"], &[]);
    assert_eq!(summary(&named)["organizations"][0]["accounts"]["reported"], 3, "{named:?}");
    let within = run(&["--event", r#"{"detail": {"account_ids": ["100000000001"]}}"#, "--accounts=100000000002"], &[]);
    assert_eq!(summary(&within)["organizations"][0]["accounts"]["reported"], 2, "{within:?}");
    let excluded = run(&["--exclude=100000000001,100000000002"], &[("ACCOUNTS_EXCLUDE", "100000000003")]);
    assert_eq!(summary(&excluded)["organizations"][0]["outcomes"]["skipped_excluded"], 3, "{excluded:?}");
    assert_eq!(excluded.stderr, "", "--quiet");
}

#[test]
fn ids_that_nobody_has_are_an_error_that_names_them() {
    let sim = world(Settings { accounts: 3, ..Settings::immediate() });
    let home = home(&sim.url());
    let run = |job, more: &[&str], settings: &[(&str, &str)]| {
        let ended =
            orgscan(home.path(), &[&[job, "--profile", "good", "--quiet", "--dry-run"], more].concat(), settings);
        assert_eq!(ended.code, Some(64), "{ended:?}");
        ended.stderr
    };
    let said = run(CREDENTIAL_REPORT, &["--accounts", "100000000001,999999999999"], &[]);
    assert_eq!(said, "orgscan: --accounts: no scanned Organization has 999999999999; all else was done\n");
    let said = run(CREDENTIAL_REPORT, &["--exclude", "888888888888"], &[]);
    assert!(said.contains("--exclude: no scanned Organization has 888888888888"), "{said}");
    let tenants = [("DYNAMO_TABLE_NAME", "tenants"), ("CROSS_ACCOUNT_ROLE_NAME", "Inventory")];
    let said = run(ACCOUNT_METADATA, &["--tenants", "777777777777"], &tenants);
    assert!(said.contains("--tenants: no active tenant is 777777777777"), "{said}");
    let said = run(CREDENTIAL_REPORT, &["--accounts", "12,100000000001,x"], &[]);
    assert!(said.contains(r#""12", "x""#), "{said}");
}

/// A command line, what it ends with, and what it says on standard error.
type Mistake<'a> = (&'a [&'a str], i32, &'a [&'a str]);

#[test]
fn an_error_says_what_to_do() {
    let sim = world(Settings { accounts: 3, ..Settings::immediate() });
    let home = home(&sim.url());
    let report = CREDENTIAL_REPORT;
    let mistakes: [Mistake<'_>; 14] = [
        (&[report], 64, &["no AWS region is set", "--region"]),
        (&[report, "--profile", "no-region"], 64, &["`region` in the profile no-region"]),
        (&[report, "--region", "us-east-1"], 1, &["no AWS credentials found", "--profile", "aws sso login"]),
        (&[report, "--profile", "no-keys"], 1, &["no AWS credentials found"]),
        (&[report, "--profile", "gone"], 64, &["no profile gone", "good, no-keys, no-region"]),
        (&[report, "--profile", "signed-out"], 1, &["sign in with `aws sso login`"]),
        (&[report, "--profile", "program"], 1, &["run the credential_process of the profile by hand"]),
        (&[report, "--profile", "not-there"], 1, &["see that AWS can be reached"]),
        (&[report, "--profile", "good", "--bucket"], 64, &["OUTPUT_BUCKET is not set", "--bucket=NAME"]),
        (&[report, "--bucket=b", "--output-dir", "x"], 64, &["cannot be used with"]),
        (&[report, "--event", r#"{"doctor": true}"#], 64, &["`orgscan doctor credential-report`"]),
        (&["credential-reprot"], 64, &["a similar subcommand exists: 'credential-report'"]),
        (&["findings", "not-there.csv"], 64, &["not-there.csv cannot be read"]),
        (&["man", "nothing"], 64, &["there is no command nothing; orgscan --help lists them"]),
    ];
    for (line, code, said) in mistakes {
        let ended = orgscan(home.path(), line, &[]);
        assert_eq!(ended.code, Some(code), "{line:?}: {ended:?}");
        assert_eq!(ended.stdout, "", "{line:?}");
        for part in said {
            assert!(ended.stderr.contains(part), "{line:?} says nothing of {part}: {}", ended.stderr);
        }
    }
    std::fs::write(home.path().join(".env"), "# a remark\nthe secret word\n").unwrap();
    let ended = orgscan(home.path(), &["policy"], &[]);
    assert_eq!(ended.code, Some(64));
    assert!(ended.stderr.contains(".env: line 2 is not NAME=value") && !ended.stderr.contains("secret"), "{ended:?}");
}

#[test]
fn a_diagnosis_tells_a_missing_profile_from_a_missing_region_and_settings_beside_either() {
    let home = home("http://127.0.0.1:9");
    for (profile, id, subject) in [("gone", "identity", "AWS_PROFILE"), ("no-region", "region", "AWS_REGION")] {
        let line = ["doctor", CREDENTIAL_REPORT, "--json", "--profile", profile];
        let ended = orgscan(home.path(), &line, &[("UNUSED_DAYS", "many")]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        let diagnosis = summary(&ended);
        let failed = |id: &str, subject: &str| {
            let checks = diagnosis["checks"].as_array().unwrap();
            checks.iter().any(|one| one["state"] == "failed" && one["id"] == id && one["subject"] == subject)
        };
        assert!(failed(id, subject) && failed("settings", "UNUSED_DAYS"), "{diagnosis}");
    }
}

#[test]
fn an_error_that_aws_answers_says_what_to_do() {
    for (operation, fault, said) in [
        ("sts:GetCallerIdentity", "expired-token", "the session of the credentials is over: sign in again"),
        ("sts:GetCallerIdentity", "clock-skew", "this machine's clock is wrong"),
        ("organizations:DescribeOrganization", "access-denied", "`orgscan policy caller` prints what else it needs"),
        ("organizations:ListAccounts", "access-denied", "credentials of the management account"),
    ] {
        let faults = serde_json::from_value(json!([{"operation": operation, "fault": fault}])).unwrap();
        let sim = world(Settings { accounts: 3, faults, ..Settings::immediate() });
        let home = home(&sim.url());
        let ended = orgscan(home.path(), &[CREDENTIAL_REPORT, "--profile", "good", "--quiet"], &[]);
        assert_eq!(ended.code, Some(1), "{operation}: {ended:?}");
        let last = ended.stderr.lines().last().unwrap_or_default();
        assert!(last.contains(said), "{operation} {fault}: {last}");
    }
}

#[test]
fn colours_are_where_they_are_asked_for() {
    let sim = world(Settings { accounts: 3, ..Settings::immediate() });
    let home = home(&sim.url());
    let has_colours = |line: &[&str]| {
        let ended = orgscan(home.path(), line, &[]);
        (ended.stdout + &ended.stderr).contains('\u{1b}')
    };
    let run = [CREDENTIAL_REPORT, "--profile", "good", "--dry-run"];
    for (color, expected) in [("auto", false), ("never", false), ("always", true)] {
        assert_eq!(has_colours(&[&run[..], &["--color", color]].concat()), expected, "a run, {color}");
        assert_eq!(has_colours(&["--help", "--color", color]), expected, "help, {color}");
        assert_eq!(has_colours(&["settings", "--unknown", "--color", color]), expected, "an error, {color}");
    }
}

#[test]
fn a_policy_is_printed_for_the_caller_that_sts_tells() {
    let sim = world(Settings { accounts: 3, ..Settings::immediate() });
    let home = home(&sim.url());
    let policy = |more: &[&str]| {
        let line = [&["policy", "--job", CREDENTIAL_REPORT, "--profile", "good"], more].concat();
        let ended = orgscan(home.path(), &line, &[]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        summary(&ended)
    };
    let all = policy(&["--bucket", "example-reports"]);
    let parts: Vec<&String> = all.as_object().unwrap().keys().collect();
    assert_eq!(parts, ["caller", "member_roles"]);
    let role = &all["member_roles"]["OrganizationAccountAccessRole"];
    assert!(all["caller"].to_string().contains("s3:::example-reports/"), "{all}");
    assert_eq!(policy(&["member-role"]), role["permissions"]);
    assert_eq!(policy(&["member-role", "--trust"]), role["trust"]);
    assert!(role["trust"].to_string().contains("100000000000"), "{all}");
    assert_eq!(sim.counts().of("sts:GetCallerIdentity").calls, 2, "a member role's own policy needs no caller");
}

#[test]
fn two_jobs_with_member_roles_of_their_own_have_a_policy_for_each() {
    let home = tempfile::tempdir().unwrap();
    let table = [("DYNAMO_TABLE_NAME", "tenants"), ("CROSS_ACCOUNT_ROLE_NAME", "Reader")];
    let place = ["--caller-arn", "arn:aws:iam::111122223333:role/audit", "--region", "eu-west-1"];
    let policy = |more: &[&str]| orgscan(home.path(), &[&["policy"], more, &place[..]].concat(), &table);
    let all = policy(&[]);
    assert!(all.stderr.contains("whom OrganizationAccountAccessRole trusts is left out"), "{all:?}");
    let roles = &summary(&all)["member_roles"];
    // The inventory's member role is the one in the management account, unless the settings name another.
    assert!(!roles["Reader"]["permissions"].to_string().contains("iam:"), "{roles}");
    assert!(roles["OrganizationAccountAccessRole"]["permissions"].to_string().contains("iam:GetCredentialReport"));
    assert!(roles["Reader"]["trust"].to_string().contains("role/audit"), "{roles}");
    let refused = policy(&["member-role"]);
    assert_eq!(refused.code, Some(64));
    assert!(refused.stderr.contains("Reader of account-metadata and OrganizationAccountAccessRole of"), "{refused:?}");
    assert_eq!(policy(&["member-role", "--job", CREDENTIAL_REPORT]).code, Some(0));
}

#[test]
fn a_policy_without_a_table_is_for_the_job_that_needs_none() {
    let home = tempfile::tempdir().unwrap();
    let place = ["--caller-arn", "arn:aws:iam::111122223333:role/audit", "--region", "eu-west-1"];
    let policy = |more: &[&str], settings: &[(&str, &str)]| {
        orgscan(home.path(), &[&["policy"], more, &place[..]].concat(), settings)
    };
    let all = policy(&[], &[]);
    assert!(all.code == Some(0) && all.stderr.contains("account-metadata is left out"), "{all:?}");
    let named = policy(&["--job", CREDENTIAL_REPORT], &[]);
    assert_eq!((all.stdout, named.stderr.as_str()), (named.stdout, ""));
    assert_eq!(policy(&["--job", ACCOUNT_METADATA], &[]).code, Some(64), "it was asked for");
}

#[test]
fn a_member_role_trusts_the_caller_where_its_management_account_is_the_callers_own() {
    let home = tempfile::tempdir().unwrap();
    let settings =
        [("DYNAMO_TABLE_NAME", "tenants"), ("CROSS_ACCOUNT_ROLE_NAME", "Reader"), ("MEMBER_ROLE_VIA", "management")];
    let trusted = |management_account: &str, callers: &[&str]| {
        let mut line = vec!["policy", "member-role", "--trust", "--job", CREDENTIAL_REPORT, "--region", "eu-west-1"];
        line.extend(["--management-account", management_account]);
        line.extend(callers.iter().flat_map(|caller| ["--caller-arn", caller]));
        let printed = orgscan(home.path(), &line, &settings);
        summary(&printed)["Statement"][0]["Condition"]["ArnEquals"]["aws:PrincipalArn"].clone()
    };
    let own = "arn:aws:iam::111122223333:role/audit";
    let other = "arn:aws:iam::444455556666:role/audit";
    assert_eq!(trusted("111122223333", &[own]), json!([own]));
    assert_eq!(trusted("444455556666", &[own]), json!(["arn:aws:iam::444455556666:role/Reader"]));
    assert_eq!(trusted("444455556666", &[own, other]), json!(["arn:aws:iam::444455556666:role/Reader", other]));
}

#[test]
fn what_cannot_be_printed_is_not_done() {
    let home = tempfile::tempdir().unwrap();
    for line in ["schema event", "settings", "man", "completions fish"] {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec \"$0\" {line} > /dev/full")]).arg(tools::binary("orgscan"));
        let ended = Process::run("orgscan", command.current_dir(home.path()), LIMIT);
        assert_eq!(ended.code, Some(1), "{line}: {ended:?}");
        assert!(ended.stderr.contains("standard output cannot be written"), "{line}: {ended:?}");
    }
}

#[test]
fn a_file_of_settings_that_is_broken_stops_only_what_reads_settings() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".env"), "no setting\n").unwrap();
    for line in [&["completions", "bash"][..], &["man"], &["schema", "event"], &["settings"]] {
        assert_eq!(orgscan(home.path(), line, &[]).code, Some(0), "{line:?}");
    }
    for line in [&[CREDENTIAL_REPORT][..], &["doctor"], &["policy"], &["findings", "report.csv"]] {
        let ended = orgscan(home.path(), line, &[]);
        assert!(ended.code == Some(64) && ended.stderr.contains(".env: line 1"), "{line:?}: {ended:?}");
    }
}

#[test]
fn a_manual_page_is_there_for_every_command() {
    let home = tempfile::tempdir().unwrap();
    let ended = orgscan(home.path(), &["man", "--output-dir", "man1"], &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""), "{ended:?}");
    let pages = answer::files(home.path());
    let help = orgscan(home.path(), &["--help"], &[]).stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> =
        commands.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 10, "{help}");
    for name in names.into_iter().filter(|name| *name != "help") {
        let page = pages.iter().find(|page| page.ends_with(format!("orgscan-{name}.1")));
        let page = std::fs::read_to_string(page.unwrap_or_else(|| panic!("{name} has no page: {pages:?}"))).unwrap();
        assert!(page.contains("Examples:") && page.contains(".SH SYNOPSIS"), "{page}");
        assert_eq!(orgscan(home.path(), &["man", name], &[]).stdout, page, "{name}");
    }
    assert!(pages.iter().any(|page| page.ends_with("orgscan-exemptions-check.1")), "{pages:?}");
}
