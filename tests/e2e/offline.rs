//! What `orgscan` does without AWS: findings, digest, page and exemptions of reports that are at hand.

mod inputs;
mod scope;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use orgscan_tests::process::{Finished, Process};
use orgscan_tests::tools;
use serde_json::Value;

const LIMIT: Duration = Duration::from_mins(2);

/// Random reports that are compared with the oracle.
const SEEDS: std::ops::Range<u32> = 0..80;

/// What a million rows may take (on the machine that measured 1.7 s and 40 MB).
const MILLION_ROWS_SECONDS: f64 = 3.0;
const MILLION_ROWS_BYTES: u64 = 200_000_000;

fn command() -> Command {
    let mut command = Command::new(tools::binary("orgscan"));
    // No AWS, no settings, no file .env above: what counts is on the command line.
    command.env_clear().current_dir("/");
    command
}

fn orgscan(arguments: &[&str]) -> Finished {
    Process::run("orgscan", command().args(arguments), LIMIT)
}

/// A report as the AWS console gives it: a root user without MFA, a user without MFA, one with an old key, and one without a
/// finding.
fn report(folder: &Path) -> String {
    let none = "false,N/A,N/A,N/A,N/A";
    let rows = [
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
         password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
         access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
         access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
         access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,\
         cert_2_active,cert_2_last_rotated"
            .to_owned(),
        format!(
            "<root_account>,arn:aws:iam::123456789012:root,2020-01-01T00:00:00+00:00,not_supported,2025-01-01T00:00:00+00:00,\
             not_supported,not_supported,false,{none},{none},false,N/A,false,N/A"
        ),
        format!(
            "<img src=x onerror=alert(1)>,arn:aws:iam::123456789012:user/a,2020-01-01T00:00:00Z,true,2026-11-20T00:00:00Z,\
             2026-01-01T00:00:00Z,N/A,false,{none},{none},false,N/A,false,N/A"
        ),
        format!(
            "robot,arn:aws:iam::123456789012:user/robot,2020-01-01T00:00:00Z,false,N/A,N/A,N/A,false,true,\
             2026-01-01T00:00:00Z,2026-11-20T00:00:00Z,us-east-1,s3,{none},false,N/A,false,N/A"
        ),
        format!(
            "sound,arn:aws:iam::123456789012:user/sound,2020-01-01T00:00:00Z,true,2026-11-20T00:00:00Z,\
             2026-01-01T00:00:00Z,N/A,true,{none},{none},false,N/A,false,N/A"
        ),
    ];
    let path = folder.join("status_reports.csv");
    fs::write(&path, rows.join("\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn findings_of_random_reports_are_what_the_oracle_derives() {
    let folder = tools::target().join("e2e/offline");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    let (expected, actual) = (folder.join("expected"), folder.join("actual"));
    for one in [&expected, &actual] {
        fs::create_dir_all(one).unwrap();
    }
    let run = |name: &str, command: &mut Command| {
        let finished = Process::run(name, command, LIMIT);
        assert_eq!(finished.code, Some(0), "{name}: {}", finished.stderr);
        finished.stdout
    };
    for seed in SEEDS {
        let inputs = folder.join(format!("seed-{seed}"));
        let mut generator = tools::python("tests/oracle/random_report.py");
        let made: Value =
            serde_json::from_str(&run("random_report.py", generator.arg(seed.to_string()).arg(&inputs))).unwrap();
        let arguments: Vec<&str> =
            made["arguments"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        let settings =
            made["environment"].as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap()));
        let derived =
            run("findings.py", tools::python("tests/oracle/findings.py").args(&arguments).envs(settings.clone()));
        let found =
            run("orgscan", command().arg("findings").args(&arguments).args(["--format", "jsonl"]).envs(settings));
        fs::write(expected.join(format!("{seed}.jsonl")), derived).unwrap();
        fs::write(actual.join(format!("{seed}.jsonl")), found).unwrap();
    }
    let lines: usize =
        SEEDS.map(|seed| fs::read_to_string(actual.join(format!("{seed}.jsonl"))).unwrap().lines().count()).sum();
    assert!(lines > 2_000, "only {lines} findings were compared");
    let compared =
        Process::run("compare.py", tools::python("tests/oracle/compare.py").args([&expected, &actual]), LIMIT);
    assert_eq!(compared.code, Some(0), "{}{}", compared.stdout, compared.stderr);
}

#[test]
fn a_gate_ends_with_3_where_a_finding_is_as_bad_as_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path());
    let as_of = ["--as-of", "2026-11-21"];
    let found = orgscan(&[&["findings", &report], &as_of[..]].concat());
    assert_eq!(found.code, Some(0), "{}", found.stderr);
    let worst = found.stdout.lines().next().unwrap();
    assert!(worst.starts_with("critical") && worst.contains("root-mfa") && worst.contains("123456789012"), "{worst}");
    assert_eq!(found.stdout.lines().count(), 3, "{}", found.stdout);
    assert!(found.stderr.contains("3 findings (1 critical, 1 high, 1 medium, 0 low)"), "{}", found.stderr);
    for severity in ["critical", "high", "medium", "low"] {
        assert_eq!(orgscan(&[&["findings", &report, "--fail-on", severity], &as_of[..]].concat()).code, Some(3));
    }
    let exemptions = folder.path().join("exemptions.json");
    let list = r#"[{"rule": "root-*", "reason": "known", "until": "2026-11-21"}]"#;
    fs::write(&exemptions, list).unwrap();
    for (severity, day, code) in
        [("critical", "2026-11-21", 0), ("high", "2026-11-21", 3), ("critical", "2026-11-22", 3)]
    {
        let exempted = ["--exemptions", exemptions.to_str().unwrap(), "--fail-on", severity, "--as-of", day];
        assert_eq!(orgscan(&[&["findings", &report], &exempted[..]].concat()).code, Some(code), "{severity} on {day}");
    }
}

#[test]
fn findings_come_in_every_format_and_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path());
    let of = |format: &str| {
        let found = orgscan(&["findings", &report, "--format", format, "--as-of", "2026-11-21", "--cis", "5.0.0"]);
        assert_eq!(found.code, Some(0), "{}", found.stderr);
        found.stdout
    };
    let lines: Vec<Value> = of("jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["cis"].as_str().unwrap()).collect::<Vec<_>>(), ["1.4", "1.9", "1.13"]);
    assert_eq!(lines[2]["age_days"], 324);
    let csv = of("csv");
    assert!(csv.starts_with("account_id,account_name,") && csv.matches("\r\n").count() == 4, "{csv}");
    for line in of("ocsf").lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["class_uid"], 2003);
    }
    let mut child = command()
        .args(["findings", "-", "--format", "jsonl", "--as-of", "2026-11-21T00:00:00Z", "--cis", "5.0.0"])
        .stdin(Stdio::from(File::open(&report).unwrap()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut piped = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut piped).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(piped, of("jsonl"));
}

#[test]
fn the_run_before_tells_what_is_new_and_its_name_tells_when_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path());
    let first = orgscan(&["findings", &report, "--format", "jsonl", "--as-of", "2026-11-21"]).stdout;
    let before = folder.path().join("aws-123456789012-findings-2026-11-21T00-00-00Z.jsonl");
    fs::write(&before, &first).unwrap();
    let text = fs::read_to_string(&report).unwrap();
    fs::write(&report, text.replace("robot", "new-robot").replace("<img src=x onerror=alert(1)>", "x")).unwrap();
    let previous = ["--previous", before.to_str().unwrap(), "--as-of", "2026-11-22"];
    let second = orgscan(&[&["findings", &report, "--format", "jsonl"], &previous[..]].concat());
    let statuses: Vec<String> = second
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| ["user", "status", "since"].map(|field| line[field].as_str().unwrap().to_owned()).join(" "))
        .collect();
    assert_eq!(
        statuses,
        [
            "<root_account> open 2026-11-21",
            "x open 2026-11-21",
            "new-robot new 2026-11-22",
            "robot resolved 2026-11-21"
        ]
    );
    assert!(second.stderr.contains("1 new, 1 resolved since the run before"), "{}", second.stderr);
}

#[test]
fn a_digest_and_a_page_are_made_of_any_report() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (html, text, page) = (path("digest.html"), path("digest.txt"), path("page.html"));
    let made =
        orgscan(&["digest", &report, "--as-of", "2026-11-21", "--html", &html, "--text", &text, "--page", &page]);
    assert_eq!((made.code, made.stdout.as_str()), (Some(0), ""), "{}", made.stderr);
    let [html, text, page] = [html, text, page].map(|path| fs::read_to_string(path).unwrap());
    for content in [&html, &text] {
        assert!(content.contains("robot") && content.contains("root-mfa"), "{content}");
    }
    assert!(html.len() < 100_000 && !html.contains("<img"), "{html}");
    let beginning = page[..15].to_ascii_lowercase();
    assert!(beginning == "<!doctype html>" && page.contains("Content-Security-Policy"), "{}", &page[..200]);
    assert!(page.contains("&#60;img src=x") && !page.contains("<img"), "names are escaped or compressed");
    let printed = orgscan(&["digest", &report, "--as-of", "2026-11-21"]);
    assert!(printed.stdout.starts_with("AWS credential report - 2026-11-21: 3 new, 0 open"), "{}", printed.stdout);
}

#[test]
fn exemptions_are_explained_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("exemptions.json");
    let check = |content: &str| {
        fs::write(&list, content).unwrap();
        orgscan(&["exemptions", "check", list.to_str().unwrap(), "--as-of", "2026-11-21"])
    };
    let sound = check(
        r#"[{"user": "ci-*", "rule": "unused-key", "reason": "r1", "until": "2026-12-31"},
            {"account": "Sandbox", "reason": "r2", "until": "2026-11-20"}]"#,
    );
    let lines: Vec<&str> = sound.stdout.lines().collect();
    assert_eq!((sound.code, lines.len()), (Some(0), 2), "{}", sound.stdout);
    assert!(lines[0].starts_with("1. in force: ") && lines[0].contains("40 days"), "{}", lines[0]);
    assert!(lines[1].starts_with("2. expired: ") && lines[1].contains("2026-11-20"), "{}", lines[1]);
    let broken = check(r#"[{"usr": "x", "reason": "r", "until": "2026-12-31"}]"#);
    assert_eq!(broken.code, Some(2));
    assert!(broken.stdout.starts_with("1. malformed: ") && broken.stdout.contains("usr"), "{}", broken.stdout);
    assert_eq!(check("not JSON").code, Some(2));
    assert_eq!(orgscan(&["exemptions", "check", "/nowhere"]).code, Some(64));
}

#[test]
fn what_cannot_be_read_is_said_without_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(folder.path());
    let other = folder.path().join("other.csv");
    fs::write(&other, "a,b\n1,2\n").unwrap();
    let other = other.to_str().unwrap();
    for (arguments, code, said) in [
        (vec!["findings"], 64, "required"),
        (vec!["findings", "/nowhere.csv"], 64, "/nowhere.csv cannot be read"),
        (vec!["findings", other], 1, "does not name the column user"),
        (vec!["findings", &report, "--as-of", "yesterday"], 64, "a date such as"),
        (vec!["findings", &report, "--cis", "4.0.0"], 64, "CIS_VERSION"),
        (vec!["findings", &report, "--previous", "/nowhere.jsonl"], 64, "/nowhere.jsonl cannot be read"),
        (vec!["findings", &report, "--exemptions", "/nowhere.json"], 64, "/nowhere.json cannot be read"),
        (vec!["digest", &report, "--html", "/nowhere/x.html"], 1, "/nowhere/x.html cannot be written"),
    ] {
        let ended = orgscan(&arguments);
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said) && !ended.stderr.contains("panicked"), "{arguments:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{arguments:?}");
    }
}

#[test]
fn a_million_rows_take_seconds_and_little_memory() {
    let folder = tempfile::tempdir_in(tools::target()).unwrap();
    let report = folder.path().join("report.csv");
    write_rows(&report, 1_000_000, 10);
    let mut measure = tools::python("tests/support/measure.py");
    measure.arg(tools::binary("orgscan")).args(["findings", report.to_str().unwrap(), "--format", "jsonl"]);
    let measured = Process::run("measure.py", measure.args(["--as-of", "2026-11-21"]), LIMIT);
    let measured: Value = serde_json::from_str(&measured.stdout).unwrap();
    assert_eq!(measured["code"], 0);
    let (seconds, bytes) = (measured["seconds"].as_f64().unwrap(), measured["peak_bytes"].as_u64().unwrap());
    print(&format!("a million rows: {seconds:.2} s of processor time, {} MB at most", bytes / 1_000_000));
    assert!(seconds < MILLION_ROWS_SECONDS, "{seconds} s");
    assert!(bytes < MILLION_ROWS_BYTES, "{bytes} bytes");
}

#[test]
fn the_digest_of_ten_thousand_accounts_is_short_and_its_text_has_the_same_findings() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    write_rows(&path("report.csv"), 60_000, 6);
    let [report, html, text] = ["report.csv", "digest.html", "digest.txt"].map(path);
    let mut digest = command();
    digest.arg("digest").arg(&report).args(["--as-of", "2026-11-21"]);
    let made = Process::run("orgscan", digest.arg("--html").arg(&html).arg("--text").arg(&text), LIMIT);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let [html, text] = [html, text].map(|path| fs::read_to_string(path).unwrap());
    assert!(html.len() < 100_000, "{} bytes", html.len());
    let listed = |text: &str| -> Vec<String> {
        let ids = text.split('(').skip(1).filter_map(|rest| rest.split_once(')')).map(|(id, _)| id);
        ids.filter(|id| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())).map(str::to_owned).collect()
    };
    assert!(listed(&html).len() >= 50, "{:?}", listed(&html));
    assert_eq!(listed(&html), listed(&text), "both list the same findings in the same order");
    assert!(text.contains("10,000 accounts in the report") && text.contains("80,000 findings"), "{}", &text[..600]);
}

#[expect(clippy::print_stdout, reason = "with --nocapture the figure is what the reader came for")]
fn print(text: &str) {
    println!("{text}");
}

/// A merged report of accounts with so many users each, of whom every second has a finding or more.
fn write_rows(path: &Path, rows: u32, per_account: u32) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    writeln!(
        file,
        "account_id,account_name,org_id,ou_path,account_state,report_generated_time,user,arn,user_creation_time,\
         password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,\
         access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
         access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
         access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,\
         cert_2_last_rotated\r"
    )
    .unwrap();
    for row in 0..rows {
        let (account, number) = (row / per_account, row % per_account);
        let user = if number == 0 { "<root_account>".to_owned() } else { format!("user-{number}") };
        let mfa = number % 3 == 0;
        let rotated = if number % 2 == 0 { "2026-11-01T00:00:00Z" } else { "2026-07-01T00:00:00Z" };
        writeln!(
            file,
            "{account:012},account {account},o-abcdefghij,o-abcdefghij/r-abcd/ou-abcd-11111111/,ACTIVE,\
             2026-11-21T05:00:00Z,{user},arn:aws:iam::{account:012}:user/{user},2024-01-15T09:00:00Z,true,\
             2026-11-15T08:00:00Z,2026-02-01T00:00:00Z,N/A,{mfa},true,{rotated},2026-11-19T00:00:00Z,us-east-1,s3,\
             false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\r"
        )
        .unwrap();
    }
    file.flush().unwrap();
}
