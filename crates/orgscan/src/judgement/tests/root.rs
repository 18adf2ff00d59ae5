//! The rules for the root user.

use super::*;

#[test]
fn each_active_access_key_of_root_is_a_finding() {
    for (key_1, key_2, expected) in [
        ("false", "false", &[] as &[&str]),
        ("true", "false", &["root-access-key access_key_1 -"]),
        ("FALSE", "TRUE", &["root-access-key access_key_2 -"]),
        ("True", "true", &["root-access-key access_key_1 -", "root-access-key access_key_2 -"]),
        ("N/A", "not_supported", &[]),
        ("", "no_information", &[]),
        ("yes", "1", &[]),
    ] {
        let found = root(&[("access_key_1_active", key_1), ("access_key_2_active", key_2), ("mfa_active", "true")]);
        assert_eq!(found, expected, "{key_1} {key_2}");
    }
}

#[test]
fn root_without_mfa_is_a_finding_unless_it_has_no_password() {
    for (password, is_finding) in [
        ("true", true),
        ("TRUE", true),
        ("not_supported", true),
        ("N/A", true),
        ("no_information", true),
        ("", true),
        ("perhaps", true),
        ("false", false),
        ("False", false),
    ] {
        for (mfa, is_without) in [
            ("false", true),
            ("FALSE", true),
            ("true", false),
            ("True", false),
            ("not_supported", false),
            ("N/A", false),
            ("no_information", false),
            ("", false),
            ("perhaps", false),
        ] {
            let found = root(&[("password_enabled", password), ("mfa_active", mfa)]);
            let expected: &[&str] = if is_finding && is_without { &["root-mfa mfa -"] } else { &[] };
            assert_eq!(found, expected, "password {password:?}, MFA {mfa:?}");
        }
    }
}

#[test]
fn a_member_account_without_root_credentials_has_no_finding() {
    let cells = [
        ("password_enabled", "false"),
        ("password_last_used", "no_information"),
        ("password_last_changed", "N/A"),
        ("mfa_active", "false"),
    ];
    assert_eq!(root(&cells), NONE);
    // Nor has one whose root credentials were removed and keep their dates.
    let cells = [
        ("password_enabled", "false"),
        ("password_last_used", LONG_AGO),
        ("password_last_changed", LONG_AGO),
        ("access_key_1_last_rotated", LONG_AGO),
        ("access_key_1_last_used_date", "2026-11-21T05:00:00Z"),
        ("cert_1_last_rotated", LONG_AGO),
    ];
    assert_eq!(root(&cells), NONE);
}

#[test]
fn root_is_in_use_up_to_the_threshold_and_no_day_longer() {
    for root_use_days in [0_u32, 1, 2, 30, 365] {
        for (used, age) in around(i64::from(root_use_days)) {
            let thresholds = Thresholds { root_use_days, ..DAYS };
            for (column, credential) in [
                ("password_last_used", "password"),
                ("access_key_1_last_used_date", "access_key_1"),
                ("access_key_2_last_used_date", "access_key_2"),
            ] {
                let cells = [
                    (column, used.as_str()),
                    ("mfa_active", "true"),
                    ("access_key_1_active", "true"),
                    ("access_key_2_active", "true"),
                ];
                let found = in_short(&violations(ROOT_USER, &cells, &thresholds));
                let keys = ["root-access-key access_key_1 -", "root-access-key access_key_2 -"].map(String::from);
                let mut expected = keys.to_vec();
                if age <= i64::from(root_use_days) {
                    expected.push(format!("root-used {credential} {}", age.max(0)));
                }
                assert_eq!(found, expected, "{column} {used}, threshold {root_use_days}");
            }
        }
    }
}

#[test]
fn a_use_of_root_that_is_yet_to_come_is_a_use_now() {
    for used in [ago(0, 1), ago(0, 300), ago(-400, 0)] {
        assert_eq!(root(&[("password_last_used", &used)]), ["root-used password 0"]);
    }
}

#[test]
fn root_was_used_with_what_was_used_last() {
    let (newest, older, oldest) = (ago(0, -10), ago(0, -20), ago(0, -30));
    for (password, key_1, key_2, expected) in [
        (&newest, &older, &oldest, "password"),
        (&older, &newest, &oldest, "access_key_1"),
        (&older, &oldest, &newest, "access_key_2"),
        (&oldest, &newest, &older, "access_key_1"),
        (&oldest, &older, &newest, "access_key_2"),
        (&newest, &newest, &newest, "password"),
        (&older, &newest, &newest, "access_key_1"),
        (&newest, &older, &newest, "password"),
    ] {
        let cells = [
            ("password_last_used", password.as_str()),
            ("access_key_1_active", "true"),
            ("access_key_1_last_used_date", key_1),
            ("access_key_2_active", "true"),
            ("access_key_2_last_used_date", key_2),
        ];
        assert_eq!(root(&cells).last(), Some(&format!("root-used {expected} 0")), "{cells:?}");
    }
}

#[test]
fn the_newest_use_of_root_is_the_one_whose_age_counts() {
    let (day_old, months_old) = (ago(1, 0), ago(100, 0));
    let cells = [
        ("password_last_used", months_old.as_str()),
        ("access_key_2_active", "true"),
        ("access_key_2_last_used_date", &day_old),
    ];
    assert_eq!(root(&cells), ["root-access-key access_key_2 -", "root-used access_key_2 1"]);
}

#[test]
fn an_inactive_key_of_root_was_not_used_whatever_its_dates() {
    let (now, before) = (ago(0, 0), ago(1, 0));
    for inactive in ["false", "FALSE", "N/A", "not_supported", "no_information", "", "perhaps"] {
        let mut cells = vec![
            ("access_key_1_active", inactive),
            ("access_key_1_last_rotated", LONG_AGO),
            ("access_key_1_last_used_date", &now),
            ("access_key_2_active", inactive),
            ("access_key_2_last_used_date", &now),
        ];
        assert_eq!(root(&cells), NONE, "{inactive:?}");
        cells.push(("password_last_used", &before));
        assert_eq!(root(&cells), ["root-used password 1"], "{inactive:?}");
    }
}

#[test]
fn a_use_of_root_counts_whether_or_not_the_password_is_still_there() {
    let used = ago(1, 0);
    for password in ["true", "false", "not_supported", "N/A", "no_information", ""] {
        let found = root(&[("password_enabled", password), ("password_last_used", &used), ("mfa_active", "true")]);
        assert_eq!(found, ["root-used password 1"], "{password:?}");
    }
}

#[test]
fn a_root_user_that_was_never_used_or_of_which_nothing_is_said_is_not_in_use() {
    for used in ["N/A", "no_information", "not_supported", "", "yesterday"] {
        let cells = [
            ("password_last_used", used),
            ("access_key_1_active", "true"),
            ("access_key_1_last_used_date", used),
            ("access_key_1_last_rotated", "2026-11-21T05:00:00Z"),
        ];
        assert_eq!(root(&cells), ["root-access-key access_key_1 -"], "{used:?}");
    }
}

#[test]
fn each_active_certificate_of_root_is_a_finding() {
    for (first, second, expected) in [
        ("false", "false", &[] as &[&str]),
        ("true", "false", &["root-certificate cert_1 -"]),
        ("FALSE", "TRUE", &["root-certificate cert_2 -"]),
        ("true", "True", &["root-certificate cert_1 -", "root-certificate cert_2 -"]),
        ("N/A", "not_supported", &[]),
        ("", "no_information", &[]),
    ] {
        let cells = [
            ("cert_1_active", first),
            ("cert_1_last_rotated", LONG_AGO),
            ("cert_2_active", second),
            ("cert_2_last_rotated", LONG_AGO),
        ];
        assert_eq!(root(&cells), expected, "{first} {second}");
    }
}
