//! What holds of any event.

use jiff::Timestamp;
use orgscan::account::AccountId;
use orgscan::error::RunError;
use orgscan::event::Event;
use serde_json::{Map, Value, json};

/// Every field that an event may have, with a value of it that is right.
pub(crate) fn fields() -> [(&'static str, Value); 10] {
    [
        ("scheduled_time", json!("2026-11-21T06:00:00Z")),
        ("run_id", json!("a run")),
        ("tenant_ids", json!(["000000000012"])),
        ("account_ids", json!(["000000000012"])),
        ("notify", json!(true)),
        ("dry_run", json!(false)),
        ("doctor", json!(true)),
        ("time", json!("2026-11-21T06:00:00Z")),
        ("id", json!("an id")),
        ("detail", json!({})),
    ]
}

/// Longest problem: a value is cut where it is long.
const LONGEST_PROBLEM: usize = 1_500;

pub(crate) fn holds(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    match Event::parse(&value) {
        Ok((event, warnings)) => {
            assert!(warnings.iter().all(|warning| is_a_sentence(warning)), "{warnings:?}");
            let written = own_fields(&event);
            // At the top and inside of an envelope, as an object and as a string.
            for again in [
                written.clone(),
                json!({ "source": "aws.events", "detail": written }),
                json!({ "detail": written.to_string() }),
            ] {
                let (read, warnings) = Event::parse(&again).unwrap();
                assert_eq!(read, event, "{again}");
                assert!(warnings.is_empty(), "{warnings:?}");
            }
        }
        Err(RunError::Event { problems }) => {
            assert!(!problems.is_empty());
            for problem in &problems {
                assert!(is_a_sentence(problem), "{problem:?}");
                assert!(names_a_field(problem), "{problem:?} names no field");
            }
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn is_a_sentence(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_PROBLEM && !text.contains(['\n', '\r'])
}

fn names_a_field(problem: &str) -> bool {
    let field = problem.strip_prefix("detail.").unwrap_or(problem);
    problem.starts_with("the event is ") || fields().iter().any(|(name, _)| field.starts_with(name))
}

fn own_fields(event: &Event) -> Value {
    let ids = |ids: &std::collections::BTreeSet<AccountId>| ids.iter().map(AccountId::to_string).collect::<Value>();
    let mut fields = Map::new();
    fields.insert("scheduled_time".into(), event.scheduled_time.as_ref().map(Timestamp::to_string).into());
    fields.insert("run_id".into(), event.run_id.clone().into());
    fields.insert("tenant_ids".into(), event.tenant_ids.as_ref().map(ids).into());
    fields.insert("account_ids".into(), event.account_ids.as_ref().map(ids).into());
    fields.insert("notify".into(), event.notify.into());
    fields.insert("dry_run".into(), event.dry_run.into());
    fields.insert("doctor".into(), event.doctor.into());
    Value::Object(fields)
}
