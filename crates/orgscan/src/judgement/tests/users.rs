//! The rules for everyone but the root user.

use super::*;

/// Ways in which a report says of a credential that it was never used.
const NEVER: [&str; 4] = ["N/A", "n/a", "no_information", "NO_INFORMATION"];

/// Ways in which a report says nothing of when.
const UNKNOWN: [&str; 4] = ["not_supported", "", "yesterday", "2026-02-30T00:00:00Z"];

/// Whatever is not `true`.
const NOT_TRUE: [&str; 7] = ["false", "FALSE", "N/A", "not_supported", "no_information", "", "perhaps"];

/// The thresholds to try.
const THRESHOLDS: [u32; 5] = [0, 1, 45, 90, 365];

/// The slots of keys, and what findings call them.
const SLOTS: [&str; 2] = ["access_key_1", "access_key_2"];

fn column(slot: &str, rest: &str) -> &'static str {
    let name = format!("{slot}_{rest}");
    COLUMNS.into_iter().find(|column| *column == name).unwrap()
}

#[test]
fn a_password_without_mfa_is_a_finding() {
    for (password, mfa, is_finding) in [
        ("true", "false", true),
        ("TRUE", "False", true),
        ("true", "true", false),
        ("true", "TRUE", false),
        ("false", "false", false),
        ("false", "true", false),
        ("not_supported", "false", false),
        ("N/A", "false", false),
        ("no_information", "false", false),
        ("", "false", false),
        ("perhaps", "false", false),
        ("true", "N/A", false),
        ("true", "not_supported", false),
        ("true", "no_information", false),
        ("true", "", false),
        ("true", "perhaps", false),
    ] {
        let found = user(&[("password_enabled", password), ("mfa_active", mfa)]);
        let expected: &[&str] = if is_finding { &["console-mfa mfa -"] } else { &[] };
        assert_eq!(found, expected, "password {password:?}, MFA {mfa:?}");
    }
}

#[test]
fn a_password_is_unused_from_the_threshold_on() {
    for unused_days in THRESHOLDS {
        let thresholds = Thresholds { unused_days, ..DAYS };
        for (time, age) in around(i64::from(unused_days)) {
            let expected = if age >= i64::from(unused_days) || unused_days == 0 {
                vec![format!("unused-password password {}", age.max(0))]
            } else {
                vec![]
            };
            let found = |used, changed| {
                let cells = [
                    ("password_enabled", "true"),
                    ("password_last_used", used),
                    ("password_last_changed", changed),
                    ("mfa_active", "true"),
                ];
                in_short(&violations("alice", &cells, &thresholds))
            };
            for changed in [LONG_AGO, "2026-11-21T05:00:00Z", "N/A", ""] {
                assert_eq!(found(&time, changed), expected, "used {time}, changed {changed:?}, {unused_days} days");
            }
            for never in NEVER {
                assert_eq!(found(never, &time), expected, "used {never}, changed {time}, {unused_days} days");
            }
        }
    }
}

#[test]
fn a_password_without_dates_is_not_judged() {
    let cells = |used, changed| {
        [
            ("password_enabled", "true"),
            ("password_last_used", used),
            ("password_last_changed", changed),
            ("mfa_active", "true"),
            ("user_creation_time", LONG_AGO),
        ]
    };
    for used in UNKNOWN {
        assert_eq!(user(&cells(used, LONG_AGO)), NONE, "{used:?}");
    }
    for changed in UNKNOWN.into_iter().chain(NEVER) {
        assert_eq!(user(&cells("N/A", changed)), NONE, "{changed:?}");
    }
}

#[test]
fn a_password_that_is_not_there_is_not_judged_whatever_its_dates() {
    for enabled in NOT_TRUE {
        for used in [LONG_AGO, "N/A", "no_information"] {
            let cells = [
                ("password_enabled", enabled),
                ("password_last_used", used),
                ("password_last_changed", LONG_AGO),
                ("mfa_active", "false"),
            ];
            assert_eq!(user(&cells), NONE, "{enabled:?} {used:?}");
        }
    }
}

#[test]
fn a_key_is_unused_from_the_threshold_on() {
    for unused_days in THRESHOLDS {
        let thresholds = Thresholds { unused_days, key_rotation_days: 100_000, ..DAYS };
        for slot in SLOTS {
            for (time, age) in around(i64::from(unused_days)) {
                let expected = if age >= i64::from(unused_days) || unused_days == 0 {
                    vec![format!("unused-key {slot} {}", age.max(0))]
                } else {
                    vec![]
                };
                let found = |used, made| {
                    let cells = [
                        (column(slot, "active"), "true"),
                        (column(slot, "last_used_date"), used),
                        (column(slot, "last_rotated"), made),
                    ];
                    in_short(&violations("alice", &cells, &thresholds))
                };
                for made in [LONG_AGO, "2026-11-21T05:00:00Z", "N/A", ""] {
                    assert_eq!(found(&time, made), expected, "{slot} used {time}, made {made:?}, {unused_days} days");
                }
                for never in NEVER {
                    assert_eq!(found(never, &time), expected, "{slot} used {never}, made {time}, {unused_days} days");
                }
            }
        }
    }
}

#[test]
fn a_key_without_dates_is_not_judged() {
    for slot in SLOTS {
        let found = |used, made| {
            user(&[
                (column(slot, "active"), "true"),
                (column(slot, "last_used_date"), used),
                (column(slot, "last_rotated"), made),
                ("user_creation_time", LONG_AGO),
            ])
        };
        for used in UNKNOWN {
            assert_eq!(found(used, "2026-09-01T00:00:00Z"), NONE, "{slot} used {used:?}");
        }
        for made in UNKNOWN.into_iter().chain(NEVER) {
            assert_eq!(found("N/A", made), NONE, "{slot} made {made:?}");
            assert_eq!(found("2026-11-20T00:00:00Z", made), NONE, "{slot} made {made:?}");
        }
    }
}

#[test]
fn an_inactive_key_is_not_judged_whatever_its_dates() {
    for inactive in NOT_TRUE {
        for used in [LONG_AGO, "N/A", "no_information"] {
            let cells = [
                ("access_key_1_active", inactive),
                ("access_key_1_last_rotated", LONG_AGO),
                ("access_key_1_last_used_date", used),
                ("access_key_2_active", inactive),
                ("access_key_2_last_rotated", LONG_AGO),
                ("access_key_2_last_used_date", used),
                ("password_enabled", "true"),
                ("mfa_active", "true"),
                ("cert_1_active", "true"),
            ];
            assert_eq!(user(&cells), NONE, "{inactive:?} {used:?}");
        }
    }
}

#[test]
fn a_key_is_too_old_after_the_threshold_and_not_at_it() {
    for key_rotation_days in THRESHOLDS {
        let thresholds = Thresholds { key_rotation_days, unused_days: 100_000, ..DAYS };
        for slot in SLOTS {
            for (made, age) in around(i64::from(key_rotation_days)) {
                for used in ["2026-11-21T05:00:00Z", LONG_AGO, "N/A", ""] {
                    let cells = [
                        (column(slot, "active"), "true"),
                        (column(slot, "last_used_date"), used),
                        (column(slot, "last_rotated"), &made),
                    ];
                    let expected = if age > i64::from(key_rotation_days) {
                        vec![format!("key-rotation {slot} {age}")]
                    } else {
                        vec![]
                    };
                    let found = in_short(&violations("alice", &cells, &thresholds));
                    assert_eq!(found, expected, "{slot} made {made}, {key_rotation_days} days");
                }
            }
        }
    }
}

#[test]
fn the_two_keys_of_a_user_are_judged_each_by_its_own_dates() {
    let (fresh, unused, old) = (ago(1, 0), ago(45, 0), ago(91, 0));
    let both = |first: [&str; 2], second: [&str; 2]| {
        user(&[
            ("access_key_1_active", "true"),
            ("access_key_1_last_rotated", first[0]),
            ("access_key_1_last_used_date", first[1]),
            ("access_key_2_active", "true"),
            ("access_key_2_last_rotated", second[0]),
            ("access_key_2_last_used_date", second[1]),
        ])
    };
    let two = "two-active-keys access_key_2 -";
    assert_eq!(both([&fresh, &fresh], [&fresh, &fresh]), [two]);
    assert_eq!(both([&fresh, &unused], [&fresh, &fresh]), ["unused-key access_key_1 45", two]);
    assert_eq!(both([&fresh, &fresh], [&fresh, &unused]), ["unused-key access_key_2 45", two]);
    assert_eq!(both([&old, &fresh], [&fresh, &fresh]), ["key-rotation access_key_1 91", two]);
    assert_eq!(both([&fresh, &fresh], [&old, &fresh]), ["key-rotation access_key_2 91", two]);
    assert_eq!(
        both([&old, "N/A"], [&old, &unused]),
        [
            "unused-key access_key_1 91",
            "unused-key access_key_2 45",
            "key-rotation access_key_1 91",
            "key-rotation access_key_2 91",
            two
        ]
    );
}

#[test]
fn two_active_keys_are_one_finding() {
    for (first, second, is_finding) in [
        ("true", "true", true),
        ("TRUE", "True", true),
        ("true", "false", false),
        ("false", "true", false),
        ("false", "false", false),
        ("true", "N/A", false),
        ("not_supported", "true", false),
        ("no_information", "true", false),
        ("true", "", false),
        ("perhaps", "true", false),
    ] {
        let found = user(&[("access_key_1_active", first), ("access_key_2_active", second)]);
        let expected: &[&str] = if is_finding { &["two-active-keys access_key_2 -"] } else { &[] };
        assert_eq!(found, expected, "{first:?} {second:?}");
    }
}

#[test]
fn a_key_that_was_never_used_beside_a_password_is_a_setup_key() {
    for slot in SLOTS {
        let found = |password, used| {
            user(&[
                ("password_enabled", password),
                ("mfa_active", "true"),
                ("password_last_used", "2026-11-21T05:00:00Z"),
                (column(slot, "active"), "true"),
                (column(slot, "last_rotated"), "2026-11-20T05:00:00Z"),
                (column(slot, "last_used_date"), used),
            ])
        };
        for never in NEVER {
            assert_eq!(found("TRUE", never), [format!("setup-key {slot} -")], "{never}");
            for password in NOT_TRUE {
                assert_eq!(found(password, never), NONE, "{slot} {never}, password {password:?}");
            }
        }
        for used in UNKNOWN.into_iter().chain(["2026-11-20T06:00:00Z"]) {
            assert_eq!(found("true", used), NONE, "{slot} {used:?}");
        }
    }
}

#[test]
fn setup_keys_are_told_from_keys_in_use_slot_by_slot() {
    for (first, second, expected) in [
        ("N/A", "N/A", &["setup-key access_key_1 -", "setup-key access_key_2 -"] as &[&str]),
        ("N/A", "2026-11-20T06:00:00Z", &["setup-key access_key_1 -"]),
        ("2026-11-20T06:00:00Z", "no_information", &["setup-key access_key_2 -"]),
        ("2026-11-20T06:00:00Z", "2026-11-20T06:00:00Z", &[]),
    ] {
        let found = user(&[
            ("password_enabled", "true"),
            ("mfa_active", "true"),
            ("access_key_1_active", "true"),
            ("access_key_1_last_used_date", first),
            ("access_key_2_active", "true"),
            ("access_key_2_last_used_date", second),
        ]);
        assert_eq!(found.first().map(String::as_str), Some("two-active-keys access_key_2 -"));
        assert_eq!(found.get(1..).unwrap(), expected, "{first} {second}");
    }
}
