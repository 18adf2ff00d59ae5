//! Lists of exemptions that somebody writes by hand.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::events::json_value;
use super::properties::exemptions::holds;
use super::{inputs, text};

fn member() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof![
        9 => select(&["account", "user", "rule", "reason", "until"][..]).prop_map(str::to_owned),
        1 => text(),
    ];
    let known = select(
        &[
            "*",
            "?",
            "ci-*",
            "a*?",
            "alice",
            "000000000012",
            "12",
            "console-mfa",
            "unused-*",
            "2026-11-21",
            "2026-11-20",
            "2026-02-30",
            "Sandbox",
        ][..],
    );
    let value = prop_oneof![
        5 => known.prop_map(Value::from),
        1 => text().prop_map(Value::from),
        1 => json_value(),
    ];
    (name, value).prop_map(|(name, value)| (Value::from(name).to_string(), value.to_string()))
}

/// An object as it stands there, so that it may have a member twice.
fn entry() -> impl Strategy<Value = String> {
    proptest::collection::vec(member(), 0..7).prop_map(|members| {
        let members: Vec<String> = members.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

/// One that can be used.
fn good_entry() -> impl Strategy<Value = String> {
    (select(&["*", "ci-*", "alice", "<root_account>"][..]), select(&["2026-11-21", "2026-11-20", "9999-12-31"][..]))
        .prop_map(|(user, until)| format!(r#"{{"user":"{user}","reason":"why","until":"{until}"}}"#))
}

proptest! {
    #![proptest_config(inputs(400))]

    #[test]
    fn any_list_exempts_what_it_says_and_says_what_is_wrong_with_it(
        entries in proptest::collection::vec(prop_oneof![
            entry(),
            good_entry(),
            json_value().prop_map(|value| value.to_string()),
        ], 0..6),
        has_mark: bool,
    ) {
        let mark = if has_mark { "\u{feff}" } else { "" };
        holds(format!("{mark}[{}]", entries.join(",")).as_bytes());
    }

    #[test]
    fn any_bytes_are_a_list_or_exempt_nothing(bytes: Vec<u8>, value in json_value()) {
        holds(&bytes);
        holds(value.to_string().as_bytes());
    }
}
