//! What must not be seen: planted in every place that may hold it, with faults in many, and looked for in all that a run says.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use aws_sim::{FaultRule, Settings, Sim};
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::http;
use orgscan_tests::process::{Environment, Process};
use orgscan_tests::runtime_api::Answer;
use orgscan_tests::sim::{BUCKET, TENANTS, environment};
use orgscan_tests::{answer, tools};
use serde_json::{Value, json};

use crate::{ACCOUNT_METADATA, CREDENTIAL_REPORT};

const DAY: &str = "2025-11-21T06:00:00Z";

/// Planted in the environment of the process. The first two belong to no account.
const CREDENTIALS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKIAPLANTEDINTHISRUN"),
    ("AWS_SECRET_ACCESS_KEY", "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"),
    (
        "AWS_SESSION_TOKEN",
        "IQoJb3JpZ2luX2VjPLANTEDplantedPLANTEDplantedPLANTEDplantedPLANTEDplantedPLANTEDplantedPLANTEDplantedPLANTEDplanted=",
    ),
];

const EXTERNAL_ID: &str = "planted-external-id";
/// What the stand-in's tenants have.
const TENANTS_EXTERNAL_ID: &str = "external-id-9f86d081";
const SENDER: &str = "planted-sender@example.com";
const RECIPIENT: &str = "planted-recipient@example.com";
/// Whom the stand-in names where a signature is wrong.
const OWNER: &str = "planted-owner@example.com";
const REASON: &str = "planted-reason-of-an-exemption";

/// What temporary credentials of the stand-in begin with, and what a request is signed with.
const SIGNS: [&str; 5] =
    ["ASIA1", "IQoJb3JpZ2lu", "wJalrXUtnFEMI", "AWS4-HMAC-SHA256 Credential=AKIA", "PLANTEDplanted"];

/// How a user asks for more than the log has by default.
const LEVELS: [(&str, &str); 4] = [
    ("RUST_LOG", "debug"),
    ("RUST_LOG", "trace"),
    ("RUST_LOG", "trace,aws=trace,hyper=trace"),
    ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
];

/// Faults that each spoil one account or one object, so that the rest of the run goes on.
fn faults_of_some() -> Vec<FaultRule> {
    let rules = json!([
        {"operation": "sts:AssumeRole", "account": "100000000003", "fault": "wrong-signature"},
        {"operation": "sts:AssumeRole", "account": "100000000004", "fault": "malformed-body"},
        {"operation": "iam:GetCredentialReport", "account": "100000000005", "fault": "wrong-signature"},
        {"operation": "iam:GetCredentialReport", "account": "100000000006", "fault": "malformed-body"},
        {"operation": "iam:GetCredentialReport", "account": "100000000007", "fault": "wrong-content-type"},
        {"operation": "iam:GetCredentialReport", "account": "100000000008", "fault": "truncated-body"},
        {"operation": "iam:GetCredentialReport", "account": "100000000009", "fault": "expired-token"},
        {"operation": "account:ListRegions", "account": "100000000010", "fault": "wrong-signature"},
        {"operation": "account:ListRegions", "account": "100000000011", "fault": "malformed-body"},
        {"operation": "tag:GetResources", "account": "100000000012", "fault": "alternating-tokens"},
        {"operation": "tag:GetResources", "account": "100000000013", "fault": "wrong-signature"},
        {"operation": "organizations:ListTagsForResource", "account": "100000000014", "fault": "wrong-signature"},
        {"operation": "s3:PutObject", "object": "-findings.csv", "fault": "wrong-signature"},
        {"operation": "s3:PutObject", "object": "-latest-coverage.csv", "fault": "kms-denied"},
        {"operation": "s3:GetObject", "object": "-trend.json", "fault": "wrong-signature"},
        {"operation": "ses:SendEmail", "first": 1, "fault": "wrong-signature"},
        {"operation": "ses:SendEmail", "first": 1, "fault": "address-not-verified"}
    ]);
    serde_json::from_value(rules).expect("these are rules")
}

/// Faults that each end the run.
fn faults_of_all() -> Vec<Vec<FaultRule>> {
    [
        "sts:GetCallerIdentity",
        "dynamodb:Scan",
        "organizations:DescribeOrganization",
        "organizations:ListAccounts",
        "s3:PutObject",
    ]
    .iter()
    .flat_map(|operation| {
        ["wrong-signature", "malformed-body"].map(|fault| json!([{"operation": operation, "fault": fault}]))
    })
    .map(|rules| serde_json::from_value(rules).expect("these are rules"))
    .collect()
}

fn start(faults: Vec<FaultRule>) -> Sim {
    let world = Settings { accounts: 25, regions: 2, tagged_share: 0.8, faults, ..Settings::immediate() };
    let sim = Sim::start(world).expect("the stand-in starts");
    let exemptions = json!([
        {"user": "*-0001", "rule": "console-mfa", "reason": REASON, "until": "2099-01-01"},
        {"user": "*-0002", "reason": REASON, "until": "no day"}
    ]);
    // Where nothing can be put there is no list, which is worth a line of the log too.
    http::put(sim.address(), &format!("/{BUCKET}/exemptions.json"), exemptions.to_string())
        .expect("there is an answer");
    sim
}

fn planted(sim: &Sim, function: &str, more: &[(&str, &str)]) -> Environment {
    let exemptions = format!("s3://{BUCKET}/exemptions.json");
    let mut settings = vec![("EXTERNAL_ID", EXTERNAL_ID)];
    settings.extend(CREDENTIALS);
    if function == ACCOUNT_METADATA {
        settings.extend(TENANTS);
    } else {
        settings.extend([("MAIL_SENDER", SENDER), ("MAIL_RECIPIENTS", RECIPIENT), ("EXEMPTIONS", exemptions.as_str())]);
    }
    environment(sim, &[&settings, more].concat())
}

/// All that a run leaves to be seen: what it said, what it answered, keys, and each object.
struct Seen {
    said: String,
    objects: Vec<(String, String)>,
    callers: BTreeSet<String>,
}

impl Seen {
    fn of(sim: &Sim, said: String) -> Self {
        let counts = sim.counts();
        let keys = counts.objects.keys().filter_map(|key| key.strip_prefix(&format!("{BUCKET}/")));
        let read = |key: &str| String::from_utf8_lossy(&sim.object(BUCKET, key).expect("it is there")).into_owned();
        let objects = keys.filter(|key| *key != "exemptions.json").map(|key| (key.to_owned(), read(key))).collect();
        Self { said, objects, callers: counts.callers }
    }

    /// Checks that credentials and addresses are nowhere, and rows, tags and reasons only where they belong.
    fn assert_clean(&self, what: &str) {
        let everywhere = CREDENTIALS.iter().map(|(_, secret)| *secret).chain(SIGNS);
        let everywhere = everywhere.chain([EXTERNAL_ID, TENANTS_EXTERNAL_ID, SENDER, RECIPIENT, OWNER]);
        let everywhere: Vec<&str> = everywhere.collect();
        let said = [("the log or the answer".to_owned(), self.said.clone())];
        let callers = self.callers.iter().map(|name| ("what a caller says of itself".to_owned(), name.clone()));
        let talk: Vec<(String, String)> = said.into_iter().chain(callers).collect();
        for (place, text) in talk.iter().chain(&self.objects) {
            for secret in &everywhere {
                assert_not_in(secret, text, &format!("{what}: {place}"));
                assert_not_in(secret, place, what);
            }
        }
        let rows = self.rows();
        let is_plain = |key: &str| ["-coverage.csv", "-mail.json", "-trend.json"].iter().any(|end| key.ends_with(end));
        for (place, text) in talk.iter().chain(self.objects.iter().filter(|(key, _)| is_plain(key))) {
            for secret in rows.iter().map(String::as_str).chain([REASON, "<root_account>", ",not_supported,"]) {
                assert_not_in(secret, text, &format!("{what}: {place}"));
            }
            // What signs a request, as in a URL.
            let is_signature =
                |rest: &str| rest.len() >= 64 && rest.bytes().take(64).all(|one| one.is_ascii_hexdigit());
            assert!(!text.split("Signature=").skip(1).any(is_signature), "{what}: a signature is in {place}");
            // Tokens of pages are like this.
            let token = text.split("page-").skip(1).find(|rest| rest.starts_with(|one: char| one.is_ascii_digit()));
            assert_eq!(token.map(|rest| rest.chars().take(20).collect::<String>()), None, "{what}: {place}");
        }
        for (key, _) in &self.objects {
            assert!(rows.iter().all(|row| !key.contains(row.as_str())), "{what}: {key}");
        }
    }

    /// Users with their ARNs, and values of tags, of all reports.
    fn rows(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let reports = self.objects.iter().filter(|(key, _)| key.contains("-report-2025") && key.ends_with("Z.csv"));
        for (_, report) in reports {
            for record in answer::records_of(report) {
                let secret = record
                    .into_iter()
                    .filter(|(column, cell)| ["user", "arn", "Aide_ID"].contains(&column.as_str()) && !cell.is_empty());
                found.extend(secret.map(|(_, cell)| cell));
            }
        }
        found.retain(|cell| cell != "<root_account>");
        found
    }
}

fn assert_not_in(secret: &str, text: &str, place: &str) {
    if let Some(line) = text.lines().find(|line| line.contains(secret)) {
        let at = line.find(secret).unwrap_or_default();
        let around: String = line.chars().skip(line[..at].chars().count().saturating_sub(200)).take(500).collect();
        panic!("{secret} is in {place}: {around}");
    }
}

fn run(sim: &Sim, function: &str, level: (&str, &str)) -> (Answer, Seen) {
    let mut running = Function::start(function, &planted(sim, function, &[level]));
    // Twice, since the second run meets what the first one left.
    running.invoke(&json!({"scheduled_time": DAY}), Deadline::LONGEST);
    let answer = running.invoke(&json!({"scheduled_time": DAY}), Deadline::LONGEST);
    let said = format!("{answer:?}\n{}", running.end_and_read_logs());
    (answer, Seen::of(sim, said))
}

#[test]
fn no_secret_and_no_row_is_said_by_a_function_at_any_level_whatever_fails() {
    for function in [CREDENTIAL_REPORT, ACCOUNT_METADATA] {
        for level in LEVELS {
            let sim = start(faults_of_some());
            let (answer, seen) = run(&sim, function, level);
            let what = format!("{function} with {}={}", level.0, level.1);
            seen.assert_clean(&what);
            // It would be clean too if nothing was said, or nothing had failed.
            let summary = answer::summary(answer);
            assert_eq!(answer::status(&summary), "partial", "{what}: {summary}");
            assert!(
                seen.said.contains("SignatureDoesNotMatch") && seen.said.contains("[removed]"),
                "{what}: {}",
                seen.said
            );
            assert!(seen.said.contains("DEBUG") && seen.said.contains("CloudWatchMetrics"), "{what}: {}", seen.said);
            assert!(seen.rows().len() > 10, "{what}: {:?}", seen.rows());
            assert!(seen.callers.iter().any(|name| name.starts_with("orgscan-")), "{what}: {:?}", seen.callers);
        }
    }
}

#[test]
fn no_secret_is_in_the_error_of_a_run_that_cannot_be_done() {
    for function in [CREDENTIAL_REPORT, ACCOUNT_METADATA] {
        let mut errors = 0;
        for faults in faults_of_all() {
            let what = format!("{function} with {faults:?}");
            let sim = start(faults);
            let mut running = Function::start(function, &planted(&sim, function, &[LEVELS[1]]));
            let answer = running.invoke(&json!({"scheduled_time": DAY}), Deadline::In(Duration::from_secs(30)));
            errors += u32::from(matches!(answer, Answer::Error { .. }));
            let said = format!("{answer:?}\n{}", running.end_and_read_logs());
            Seen::of(&sim, said).assert_clean(&what);
        }
        assert!(errors > 2, "{function}: {errors} runs could not be done");
    }
}

#[test]
fn no_secret_and_no_row_is_said_by_the_command() {
    for job in [CREDENTIAL_REPORT, ACCOUNT_METADATA] {
        for level in LEVELS {
            let sim = start(faults_of_some());
            let folder = tempfile::tempdir().unwrap();
            let mut command = Command::new(tools::binary("orgscan"));
            command
                .args([job, "--json"])
                .arg("--output-dir")
                .arg(folder.path().join("reports"))
                .current_dir(folder.path())
                .env_clear()
                .env("PATH", tools::search_path())
                .env("HOME", folder.path())
                .env("AWS_EC2_METADATA_DISABLED", "true")
                .envs(planted(&sim, job, &[level]));
            let ended = Process::run("orgscan", &mut command, Duration::from_mins(2));
            let summary: Value =
                serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
            let what = format!("orgscan {job} with {}={}", level.0, level.1);
            assert_eq!(answer::status(&summary), "partial", "{what}: {summary}");
            let files = answer::files(folder.path());
            let name = |file: &std::path::PathBuf| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let read = |file: &std::path::PathBuf| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
            let objects: Vec<(String, String)> = files.iter().map(|file| (name(file), read(file))).collect();
            let said = format!("{}\n{}", ended.stdout, ended.stderr);
            assert!(said.contains("SignatureDoesNotMatch"), "{what}: {said}");
            Seen { said, objects, callers: sim.counts().callers }.assert_clean(&what);
        }
    }
}
