//! The digest, where every part of it is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use orgscan_tests::answer::{self, organizations};
use orgscan_tests::function::{Deadline, Function};
use orgscan_tests::mail::{MailStandIn, decode_base64};
use orgscan_tests::oracle;
use orgscan_tests::process::{Environment, Process, environment};
use orgscan_tests::tools;
use orgscan_tests::world::World;
use serde_json::{Value, json};

use crate::CREDENTIAL_REPORT;

const SEED: u64 = 3;
const SENDER: &str = "audit@example.com";
const RECIPIENTS: &str = "first@example.com,second@example.com";

fn settings(world: &World, mail: &MailStandIn) -> Environment {
    let mut settings = world.environment(CREDENTIAL_REPORT);
    settings.insert("AWS_ENDPOINT_URL_SESV2".to_owned(), mail.endpoint());
    settings.insert("CSV_FORMULA_GUARD".to_owned(), "mail".to_owned());
    settings.insert("MAIL_SENDER".to_owned(), SENDER.to_owned());
    settings.insert("MAIL_RECIPIENTS".to_owned(), RECIPIENTS.to_owned());
    settings
}

#[test]
fn the_stand_in_keeps_a_message_whole() {
    let mail = MailStandIn::start();
    let credentials = environment([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
    let mut command = tools::python("tests/support/call.py");
    let message = json!({
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": ["first@example.com"]},
        "Content": {"Simple": {
            "Subject": {"Data": "A subject"},
            "Body": {"Html": {"Data": "<p>数据</p>"}, "Text": {"Data": "数据"}},
            "Attachments": [{"FileName": "a.csv", "RawContent": "a,b\r\n", "ContentType": "text/csv"}],
        }},
    });
    command
        .args(["sesv2", "send_email", &message.to_string()])
        .envs(credentials)
        .envs([("AWS_ENDPOINT_URL", mail.endpoint()), ("AWS_DEFAULT_REGION", "us-east-1".to_owned())]);
    Process::run("call.py", &mut command, Duration::from_mins(1)).expect_success("sending a message");
    let messages = mail.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["subject"], "A subject");
    assert_eq!(messages[0]["body"], json!({"html": "<p>数据</p>", "text": "数据"}));
    let attachment = &messages[0]["attachments"][0];
    assert_eq!(attachment["filename"], "a.csv");
    assert_eq!(decode_base64(attachment["content"].as_str().unwrap()), b"a,b\r\n");
}

#[test]
fn the_digest_arrives_whole_and_the_same_event_mails_and_writes_once() {
    let world = World::generated(SEED);
    let mail = MailStandIn::start();
    let settings = settings(&world, &mail);
    let mut function = Function::start(CREDENTIAL_REPORT, &settings);
    let first = answer::summary(function.invoke(&world.event(), Deadline::LONGEST));
    let messages = mail.messages();
    assert_eq!(messages.len(), organizations(&first).len(), "one message per Organization: {first}");
    assert_eq!(first["mail"]["sent"], messages.len() as u64, "{first}");

    let folder = tempfile::tempdir().unwrap();
    oracle::fetch(&settings, folder.path());
    answer::assert_objects_match(&first, folder.path());
    let mut by_report: BTreeMap<String, &Value> = BTreeMap::new();
    for message in &messages {
        let attachment = &message["attachments"][0];
        by_report.insert(attachment["filename"].as_str().expect("a CSV is attached").to_owned(), message);
    }
    let mut has_hostile_names = false;
    for organization in organizations(&first) {
        let name = answer::file_name(organization["report"].as_str().unwrap());
        let message = by_report.get(name).unwrap_or_else(|| panic!("no message has {name}: {:?}", by_report.keys()));
        has_hostile_names |= assert_message(message, organization, &answer::find(folder.path(), name));
    }
    assert!(has_hostile_names, "this world has no name that would be markup, so it shows nothing: take another seed");

    let second = answer::summary(function.invoke(&world.event(), Deadline::LONGEST));
    assert_eq!(mail.messages().len(), messages.len(), "a repeated event mails nothing");
    assert_eq!(second["status"], first["status"]);
    assert_eq!(second["organizations"], first["organizations"], "the second answer says where everything is");
    let after = tempfile::tempdir().unwrap();
    oracle::fetch(&settings, after.path());
    assert_eq!(contents(after.path()), contents(folder.path()), "a repeated event leaves every object as it was");

    let mut secrets = world.secrets();
    secrets.extend(RECIPIENTS.split(',').map(str::to_owned));
    secrets.insert(SENDER.to_owned());
    answer::assert_logs_are_clean(&function.end_and_read_logs(), &secrets);
}

#[test]
fn an_event_that_asks_for_no_mail_gets_none() {
    let world = World::generated(SEED);
    let mail = MailStandIn::start();
    let mut function = Function::start(CREDENTIAL_REPORT, &settings(&world, &mail));
    let mut event = world.event();
    event["notify"] = json!(false);
    answer::summary(function.invoke(&event, Deadline::LONGEST));
    assert!(mail.messages().is_empty());
}

/// Checks one message, and tells whether its report has names that would be markup.
fn assert_message(message: &Value, organization: &Value, report: &std::path::Path) -> bool {
    assert_eq!(message["from"], SENDER);
    assert_eq!(message["destination"]["to"], json!(RECIPIENTS.split(',').collect::<Vec<_>>()));
    let org_id = organization["org_id"].as_str().unwrap();
    let subject = message["subject"].as_str().unwrap();
    let counts = &organization["finding_counts"];
    let (new, open) = (counts["new"].as_u64().unwrap(), counts["open"].as_u64().unwrap());
    let begins = format!("AWS credential report - {org_id} - ");
    assert!(subject.starts_with(&begins) && subject.contains(&format!(": {new} new, {open} open")), "{subject}");

    let html = message["body"]["html"].as_str().expect("there is HTML");
    let text = message["body"]["text"].as_str().expect("there is a text alternative");
    assert!(html.len() < 100 * 1024, "Gmail clips at 102 KB, and this has {} bytes", html.len());
    let sum = |name: &str| organization["accounts"][name].as_u64().unwrap();
    let coverage = format!("{} of {} account", sum("reported"), sum("listed") - sum("skipped"));
    let failed = sum("failed");
    assert_eq!(subject.contains("not read"), failed > 0, "the subject tells of {failed} accounts: {subject}");
    assert!(on_one_line(html).contains(&coverage), "the HTML tells the coverage, {coverage}:\n{html}");
    assert!(on_one_line(text).contains(&coverage), "the text tells the coverage, {coverage}:\n{text}");

    let rows = answer::records(report);
    let names = rows.iter().flat_map(|row| [&row["account_name"], &row["user"]]);
    let hostile: BTreeSet<&String> = names.filter(|name| name.contains('<') && *name != "<root_account>").collect();
    for name in &hostile {
        assert!(!html.contains(name.as_str()), "{name} is live in the HTML");
    }
    let is_escaped = |name: &&&String| html.contains(&name.replace('<', "&#60;").replace('>', "&#62;"));
    let escaped = hostile.iter().filter(is_escaped).count();
    for live in ["<script", "<img", "<iframe", "<a href=\"javascript", "onerror=\"", "onload=\""] {
        assert!(!html.to_lowercase().contains(live), "{live} is in the HTML");
    }

    let attachments = message["attachments"].as_array().unwrap();
    assert_eq!(attachments.len(), 1);
    let csv = decode_base64(attachments[0]["content"].as_str().unwrap());
    let attached = tempfile::NamedTempFile::new().unwrap();
    fs::write(attached.path(), csv).unwrap();
    let guarded: Vec<answer::Record> = rows.iter().cloned().map(guard).collect();
    assert!(answer::records(attached.path()) == guarded, "the attachment is the report, guarded against formulas");
    escaped > 0
}

/// A text without the line breaks that its width asks for.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a spreadsheet would run as a formula gets a `'` before it.
fn guard(record: answer::Record) -> answer::Record {
    let guard =
        |value: String| if value.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{value}") } else { value };
    record.into_iter().map(|(column, value)| (column, guard(value))).collect()
}

fn contents(folder: &std::path::Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let files = answer::files(folder).into_iter();
    files.map(|file| (file.strip_prefix(folder).unwrap().to_owned(), fs::read(&file).unwrap())).collect()
}
