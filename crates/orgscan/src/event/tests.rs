//! Every form an event comes in, and every way in which it can be wrong.

use serde_json::json;

use super::*;

fn parsed(value: &Value) -> Event {
    let (event, warnings) = Event::parse(value).expect("a usable event");
    assert_eq!(warnings, [""; 0], "{value}");
    event
}

fn problems(value: &Value) -> Vec<String> {
    match Event::parse(value) {
        Err(RunError::Event { problems }) => problems,
        other => panic!("{value}: {other:?}"),
    }
}

fn at(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn ids(ids: &[&str]) -> Option<BTreeSet<AccountId>> {
    ids.iter().map(|id| id.parse().ok()).collect()
}

fn envelope(source: &str, detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": source,
        "account": "123456789012",
        "time": "2026-11-19T06:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/a-rule"],
        "detail": detail,
    })
}

#[test]
fn nothing_asks_for_everything() {
    for nothing in [json!(null), json!({}), json!({"detail": null}), json!({"detail": ""}), json!({"detail": " {} "})] {
        assert_eq!(parsed(&nothing), Event::default(), "{nothing}");
    }
    let nulls = json!({
        "scheduled_time": null, "run_id": null, "tenant_ids": null, "account_ids": null, "notify": null,
        "dry_run": null, "doctor": null, "detail": "null", "time": null, "id": null,
    });
    assert_eq!(parsed(&nulls), Event::default());
}

#[test]
fn our_own_fields_are_read() {
    let event = parsed(&json!({
        "scheduled_time": "2026-11-21T06:00:00Z",
        "run_id": "by-hand",
        "tenant_ids": ["123456789012", "000000000001"],
        "account_ids": ["123456789012", "123456789012"],
        "notify": false,
        "dry_run": true,
        "doctor": true,
    }));
    assert_eq!(
        event,
        Event {
            scheduled_time: at("2026-11-21T06:00:00Z"),
            run_id: Some("by-hand".into()),
            tenant_ids: ids(&["000000000001", "123456789012"]),
            account_ids: ids(&["123456789012"]),
            notify: Some(false),
            dry_run: true,
            doctor: true,
        }
    );
}

#[test]
fn an_envelope_names_the_run_and_its_time_whoever_sends_it() {
    let expected = Event {
        scheduled_time: at("2026-11-19T06:00:00Z"),
        run_id: Some("53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa".into()),
        ..Event::default()
    };
    for (source, detail) in [
        ("aws.events", json!({})),
        ("aws.scheduler", json!("{}")),
        ("aws.scheduler", json!("")),
        ("aws.scheduler", json!({})),
        ("somebody.else", json!(null)),
    ] {
        assert_eq!(parsed(&envelope(source, &detail)), expected, "{source} {detail}");
    }
}

#[test]
fn the_top_level_wins_over_detail_and_detail_over_the_envelope() {
    let held = json!({"scheduled_time": "2026-11-20T06:00:00Z", "run_id": "inner", "notify": true, "dry_run": true,
        "account_ids": ["111111111111"], "tenant_ids": ["222222222222"]});
    for detail in [held.clone(), json!(held.to_string())] {
        let mut value = envelope("aws.scheduler", &detail);
        let inner = Event {
            scheduled_time: at("2026-11-20T06:00:00Z"),
            run_id: Some("inner".into()),
            tenant_ids: ids(&["222222222222"]),
            account_ids: ids(&["111111111111"]),
            notify: Some(true),
            dry_run: true,
            doctor: false,
        };
        assert_eq!(parsed(&value), inner);
        let fields = value.as_object_mut().unwrap();
        fields.insert("run_id".into(), json!("outer"));
        fields.insert("dry_run".into(), json!(false));
        fields.insert("notify".into(), json!(null));
        fields.insert("account_ids".into(), json!(["333333333333"]));
        let outer =
            Event { run_id: Some("outer".into()), account_ids: ids(&["333333333333"]), dry_run: false, ..inner };
        assert_eq!(parsed(&value), outer);
    }
}

#[test]
fn an_unknown_field_is_a_warning_that_names_it() {
    let value = json!({"dry-run": true, "run_id": "a", "detail": {"time": "x", "notify": false, "acounts": []}});
    let (event, warnings) = Event::parse(&value).unwrap();
    assert_eq!(event, Event { run_id: Some("a".into()), notify: Some(false), ..Event::default() });
    assert_eq!(
        warnings,
        [
            r#"the event's field "dry-run" is not known and was ignored"#,
            r#"the event's field "detail.time" is not known and was ignored"#,
            r#"the event's field "detail.acounts" is not known and was ignored"#,
        ]
    );
    let (_, warnings) = Event::parse(&json!({"a\nb": 1})).unwrap();
    assert_eq!(warnings, [r#"the event's field "a\nb" is not known and was ignored"#]);
}

#[test]
fn what_is_no_object_is_refused() {
    for (value, found) in
        [(json!([]), "a list"), (json!("{}"), "\"{}\""), (json!(5), "5"), (json!(true), "true"), (json!(""), "\"\"")]
    {
        assert_eq!(problems(&value), [format!("the event is {found} where an object is expected")]);
    }
}

#[test]
fn a_diagnosis_is_asked_for_at_the_top_or_in_the_detail_and_never_by_an_event_that_cannot_be_used() {
    for (value, asked) in [
        (json!({"doctor": true}), true),
        (json!({"detail": "{\"doctor\": true}"}), true),
        (json!({"doctor": false, "detail": {"doctor": true}}), false),
        (json!({"doctor": true, "notify": 5}), false),
        (json!({}), false),
        (json!(null), false),
    ] {
        assert_eq!(Event::asks_for_diagnosis(&value), asked, "{value}");
    }
}

#[test]
fn a_wrong_value_is_an_error_that_names_its_field() {
    let wrong = [
        ("scheduled_time", vec![json!(5), json!(""), json!("today"), json!(true), json!({}), json!(["x"])]),
        ("run_id", vec![json!(5), json!(""), json!("x".repeat(65)), json!("a\nb"), json!(["x"]), json!(false)]),
        ("tenant_ids", vec![json!([]), json!("123456789012"), json!({}), json!(123_456_789_012_u64)]),
        ("account_ids", vec![json!([]), json!("123456789012"), json!({}), json!(false)]),
        ("notify", vec![json!("true"), json!(1), json!([])]),
        ("dry_run", vec![json!("false"), json!(0), json!({})]),
        ("doctor", vec![json!("true"), json!(1), json!([])]),
        ("time", vec![json!(5), json!("yesterday")]),
        ("id", vec![json!(5), json!("")]),
        ("detail", vec![json!([]), json!(5), json!(true), json!("x"), json!("[]"), json!("5"), json!("\"{}\"")]),
    ];
    for (field, values) in wrong {
        for value in values {
            let told = problems(&json!({ field: value }));
            assert_eq!(told.len(), 1, "{field} {value}: {told:?}");
            assert!(told[0].starts_with(&format!("{field} is ")), "{field} {value}: {told:?}");
            if Event::FIELDS.contains(&field) {
                let told = problems(&json!({"detail": {field: value}}));
                assert_eq!(told.len(), 1, "{field} {value}: {told:?}");
                assert!(told[0].starts_with(&format!("detail.{field} is ")), "{field} {value}: {told:?}");
            }
        }
    }
    assert_eq!(
        problems(&json!({"scheduled_time": 5})),
        [r#"scheduled_time is 5 where an RFC 3339 time such as "2026-11-21T06:00:00Z" is expected"#]
    );
    assert!(Event::parse(&json!({"run_id": "é".repeat(64)})).is_ok());
}

#[test]
fn all_wrong_fields_are_told_at_once_and_ids_by_their_place() {
    let value = json!({
        "dry_run": 1,
        "account_ids": ["123456789012", "12", 123_456_789_012_u64, null],
        "tenant_ids": [],
        "scheduled_time": "2026-13-01T00:00:00Z",
        "time": 7,
        "detail": "{\"notify\":\"no\",\"run_id\":[]}",
    });
    assert_eq!(
        problems(&value),
        [
            r#"scheduled_time is "2026-13-01T00:00:00Z" where an RFC 3339 time such as "2026-11-21T06:00:00Z" is expected"#,
            "tenant_ids is an empty list where a list of at least one account id is expected",
            r#"account_ids[1] is "12" where a string of 12 digits is expected"#,
            "account_ids[2] is 123456789012 where a string of 12 digits is expected",
            "account_ids[3] is null where a string of 12 digits is expected",
            "dry_run is 1 where true or false is expected",
            "detail.run_id is a list where a string of 1 to 64 characters, no control character among them, is expected",
            r#"detail.notify is "no" where true or false is expected"#,
            r#"time is 7 where an RFC 3339 time such as "2026-11-21T06:00:00Z" is expected"#,
        ]
    );
}

#[test]
fn a_time_is_written_as_rfc_3339_has_it() {
    for good in [
        "2026-11-21T06:00:00Z",
        "2026-11-21T06:00:00.5Z",
        "2026-11-21T06:00:00.123456789Z",
        "2026-11-21T08:00:00+02:00",
        "2026-11-21T00:30:00.25-05:30",
        "2024-02-29T23:59:59Z",
    ] {
        assert!(Event::parse(&json!({"scheduled_time": good})).is_ok(), "{good}");
    }
    assert_eq!(
        parsed(&json!({"scheduled_time": "2026-11-21T08:00:00+02:00"})).scheduled_time,
        at("2026-11-21T06:00:00Z")
    );
    for bad in [
        "2026-11-21",
        "2026-11-21T06:00:00",
        "2026-11-21T06:00Z",
        "2026-11-21 06:00:00Z",
        "20261121T060000Z",
        "2026-11-21T06:00:00.Z",
        "2026-11-21T06:00:00+0200",
        "2026-11-21T06:00:00+02:00[Europe/Berlin]",
        "2026-11-21T06:00:00+-2:00",
        "2026-11-21T25:00:00Z",
        "2025-02-29T06:00:00Z",
        " 2026-11-21T06:00:00Z",
        "2026-11-21T06:00:00Zé",
        "2026-11-21T06:00:0é",
        "1795240800",
    ] {
        assert_eq!(problems(&json!({"scheduled_time": bad})).len(), 1, "{bad}");
    }
}

#[test]
fn a_placeholder_that_nobody_replaced_is_told_as_such() {
    let value = json!({
        "scheduled_time": "<aws.scheduler.scheduled-time>",
        "run_id": "<aws.scheduler.execution-id>",
        "account_ids": ["<aws.scheduler.attempt-number>"],
    });
    let told = problems(&value);
    assert_eq!(told.len(), 3);
    assert_eq!(
        told[0],
        "scheduled_time is \"<aws.scheduler.scheduled-time>\", a placeholder that only EventBridge Scheduler replaces, \
         in a schedule's input, where an RFC 3339 time such as \"2026-11-21T06:00:00Z\" is expected"
    );
    for (problem, field) in told.iter().zip(["scheduled_time", "run_id", "account_ids[0]"]) {
        assert!(
            problem.starts_with(&format!("{field} is ")) && problem.contains("a placeholder that only"),
            "{problem}"
        );
    }
}
