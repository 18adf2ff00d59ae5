//! Findings as OCSF events, held against implementations of the schema that are not ours: `tests/ocsf/validate.py`.
//!
//! The Python packages that it needs are those of the end-to-end tests; they install themselves into `target/`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on must fail")]

use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use orgscan::assessment::Sink as _;
use orgscan::config::CisVersion;
use orgscan::finding::{Finding, Status};
use orgscan::findings_format::OcsfEvents;
use orgscan::rule::{Credential, Rule};
use serde_json::{Value, json};

/// 2026-11-21T06:00:00Z.
const TIME: Timestamp = Timestamp::constant(1_795_240_800, 0);

const VERSIONS: [CisVersion; 3] = [CisVersion::V7, CisVersion::V6, CisVersion::V5];

/// Accounts, paths, users and ARNs, as AWS and as others would have them.
const USERS: [[&str; 4]; 6] = [
    ["Sandbox", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", "alice", "arn:aws:iam::000000000012:user/alice"],
    ["", "", "<root_account>", "arn:aws-us-gov:iam::000000000012:root"],
    ["=1+1", "o-a1b2c3d4e5/", "\"},{\"class_uid\":1,\"x\":\"", "arn:aws-cn:iam::000000000012:user/a/b/c"],
    ["two\r\nlines", "/", "<img src=x onerror=alert(1)>", "not an ARN"],
    ["\u{0}\u{1b}[2J\u{7f}\u{85}", "o-a/r-b/", "\u{202e}\u{2028}\u{feff}\u{fffd}", ""],
    ["中文 🦀", "o-a/r-b/ou-c/ou-d/", "\\\\u0000\\", "arn:aws:iam::000000000012:user/中文"],
];

/// A finding of every rule, credential and status, of accounts that were read and that were not. Users, versions of the
/// benchmark and what may be missing take turns.
fn events() -> Vec<String> {
    let credentials: Vec<Credential> = [Credential::Password, Credential::Mfa]
        .into_iter()
        .chain(Credential::ACCESS_KEYS)
        .chain(Credential::CERTIFICATES)
        .collect();
    let mut events = Vec::new();
    for (turn, rule) in Rule::ALL.into_iter().map(Some).chain([None]).enumerate() {
        for (inner, (credential, status)) in
            credentials.iter().flat_map(|credential| Status::ALL.map(|status| (*credential, status))).enumerate()
        {
            for covered in [true, false] {
                let turn = turn + inner + usize::from(covered);
                let version = VERSIONS[turn % VERSIONS.len()];
                let [account_name, ou_path, user, user_arn] = USERS[turn % USERS.len()].map(Cow::Borrowed);
                let finding = Finding {
                    account_id: "000000000012".into(),
                    account_name,
                    ou_path,
                    detail: user.clone(),
                    user,
                    user_arn,
                    rule: rule.map_or("rule-of-tomorrow", Rule::id).into(),
                    credential,
                    severity: rule.unwrap_or(Rule::SetupKey).severity(),
                    cis: rule.and_then(|rule| rule.control(version)).map(Cow::Borrowed),
                    status,
                    since: ["2026-11-21", "2014-10-20", "some day"][turn % 3].into(),
                    age_days: [None, Some(0), Some(u32::MAX)][turn % 3],
                    covered,
                };
                events.push(event(&finding, version));
            }
        }
    }
    events
}

fn event(finding: &Finding<'_>, version: CisVersion) -> String {
    let mut event = OcsfEvents::new(Vec::new(), TIME, version);
    event.finding(finding).unwrap();
    String::from_utf8(event.finish().unwrap()).unwrap()
}

/// What the validator says: how many events are valid, or what is wrong with those that are not.
fn validate(events: &str) -> Result<String, String> {
    let workspace = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut install = Command::new("bash");
    let installed =
        install.arg(workspace.join("tools/venv.sh")).args(["tests", "tests/requirements.txt"]).output().unwrap();
    assert!(installed.status.success(), "no Python packages: {}", String::from_utf8_lossy(&installed.stderr));
    let mut validator = Command::new(workspace.join("target/venv-tests/bin/python"))
        .args(["-B", "-I"])
        .arg(workspace.join("tests/ocsf/validate.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It reads everything before it says anything, so that neither waits for the other.
    validator.stdin.take().unwrap().write_all(events.as_bytes()).unwrap();
    let ended = validator.wait_with_output().unwrap();
    let [stdout, stderr] = [ended.stdout, ended.stderr].map(|output| String::from_utf8(output).unwrap());
    match ended.status.code() {
        Some(0) => Ok(stdout),
        Some(1) if stderr.ends_with("findings are not valid\n") => Err(stderr),
        code => panic!("the validator ended with {code:?}\n{stderr}"),
    }
}

#[test]
fn events_of_every_rule_status_and_credential_are_what_the_schema_says() {
    let events = events();
    assert_eq!(events.len(), (Rule::ALL.len() + 1) * 6 * Status::ALL.len() * 2);
    assert_eq!(validate(&events.concat()), Ok(format!("{} findings are valid\n", events.len())));
}

#[test]
fn the_validator_sees_what_is_wrong_with_an_event() {
    let event: Value = serde_json::from_str(events().first().unwrap()).unwrap();
    let mut broken = Vec::new();
    for (pointer, value, complaint) in [
        ("/unknown", json!(1), "'unknown' was unexpected"),
        ("/compliance/unknown", json!(1), "'unknown' was unexpected"),
        ("/time", json!("2026-11-21T06:00:00Z"), "is not of type 'integer'"),
        ("/severity_id", json!(7), "7 is not one of"),
        ("/severity", json!("critical"), "severity_id is 5, Critical, where severity is 'critical'"),
        ("/status", json!("InProgress"), "status_id is 1, New, where status is 'InProgress'"),
        ("/compliance/status", json!("Pass"), "compliance.status_id is 3, Fail, where status is 'Pass'"),
        ("/compliance/status_detail", json!("why"), "compliance.status_detail is deprecated"),
        ("/cloud/account/type", json!("Account"), "cloud.account.type_id is 10, AWS Account, where type is 'Account'"),
        ("/type_uid", json!(200_302), "type_uid is 200302"),
        ("/metadata/version", json!("1.3.0"), "it follows 1.3.0"),
        ("/metadata/profiles", json!([]), "it follows 1.5.0 with []"),
        // In the schema, and not in the models.
        ("/finding_info/uid_alt", json!("a"), "ComplianceFinding takes it for"),
        ("/remediation", json!({}), "'desc' is a required property"),
    ] {
        let mut one = event.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        one.pointer_mut(parent).unwrap()[name] = value;
        broken.push((one.to_string(), complaint.to_owned()));
    }
    for name in ["activity_id", "category_uid", "class_uid", "cloud", "compliance", "finding_info", "metadata", "time"]
    {
        let mut one = event.clone();
        one.as_object_mut().unwrap().remove(name).unwrap();
        broken.push((one.to_string(), format!("'{name}' is a required property")));
    }
    broken.push((event.to_string().replacen('{', r#"{"time":1,"#, 1), "an attribute is there twice".to_owned()));
    broken.push(("[]".to_owned(), "a line is not an object".to_owned()));
    broken.push((String::new(), "Expecting value".to_owned()));
    let lines: Vec<String> = broken.iter().map(|(line, _)| format!("{event}\n{line}\n")).collect();
    let said = validate(&lines.concat()).unwrap_err();
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said.len(), broken.len() + 1, "{said:#?}");
    for (index, (said, (_, complaint))) in said.iter().zip(&broken).enumerate() {
        let place = format!("standard input:{}: ", index * 2 + 2);
        assert!(said.starts_with(&place) && said.contains(complaint), "{said} where {complaint} is expected");
    }
}
