//! Events that somebody else sends.

use orgscan::error::RunError;
use orgscan::event::Event;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::properties::event::{fields, holds};
use super::{inputs, text};

/// Any JSON.
pub(crate) fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
        "[0-9]{12}".prop_map(Value::from),
        select(&["2026-11-21T06:00:00Z", "2026-11-21T06:00:00.5+05:30", "2026-02-30T00:00:00Z", "2026-11-21"][..])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name(), inner), 0..6).prop_map(object),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    let known: Vec<String> = fields().into_iter().map(|(name, _)| name.to_owned()).collect();
    prop_oneof![4 => select(known), 1 => text()]
}

fn object(members: Vec<(String, Value)>) -> Value {
    Value::Object(members.into_iter().collect::<Map<_, _>>())
}

proptest! {
    #![proptest_config(inputs(500))]

    #[test]
    fn any_event_is_read_or_names_what_is_wrong_with_it(event in proptest::collection::vec((name(), json_value()), 0..8)) {
        holds(object(event).to_string().as_bytes());
    }

    #[test]
    fn any_bytes_are_no_reason_to_panic(bytes: Vec<u8>, value in json_value()) {
        holds(&bytes);
        holds(value.to_string().as_bytes());
        holds(json!({ "detail": value.to_string() }).to_string().as_bytes());
    }

    #[test]
    fn a_field_of_a_wrong_type_is_named_and_no_other_is(
        wrong in 0..fields().len(),
        numbers in proptest::collection::vec(1..9_u8, 1..3),
        in_detail: bool,
    ) {
        let (name, _) = fields()[wrong].clone();
        // None of the fields takes a list of numbers.
        let mut event: Map<String, Value> = fields().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        event.insert(name.to_owned(), json!(numbers));
        let is_ours = wrong < 6;
        let (event, expected) = if in_detail && is_ours {
            (json!({ "detail": event }), format!("detail.{name} "))
        } else {
            (Value::Object(event), format!("{name} "))
        };
        if in_detail && is_ours {
            // Inside of `detail` the envelope's fields are not known, which is no problem.
            holds(event.to_string().as_bytes());
        }
        match Event::parse(&event) {
            Err(RunError::Event { problems }) => {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.iter().all(|problem| problem.starts_with(expected.trim_end())), "{problems:?}");
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
}
