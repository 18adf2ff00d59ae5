//! What findings say to people.

use super::*;

/// Columns and their values.
type Cells<'a> = &'a [(&'a str, &'a str)];

/// What the finding of this rule says of the row.
fn said(user: &str, rule: Rule, cells: Cells<'_>) -> String {
    let thresholds = Thresholds { unused_days: 0, ..DAYS };
    let found = violations(user, cells, &thresholds);
    let mut of_rule = found.iter().filter(|one| one.rule == rule);
    let detail = of_rule.next().map(|one| one.detail.clone()).unwrap();
    assert!(of_rule.next().is_none(), "one finding of {} is meant", rule.id());
    detail
}

/// What is said of a key that was used then, with this service in this region.
fn said_of_key(used: &str, service: &str, region: &str) -> String {
    let cells = [
        ("access_key_1_active", "true"),
        ("access_key_1_last_used_date", used),
        ("access_key_1_last_used_service", service),
        ("access_key_1_last_used_region", region),
    ];
    said("alice", Rule::UnusedKey, &cells)
}

#[test]
fn a_key_is_said_to_be_used_where_that_is_known() {
    let used = "2026-07-24T06:00:00Z";
    let start = "access key 1 was last used 120 days ago, on 2026-07-24";
    for (service, region, expected) in [
        ("s3", "us-east-1", ", with s3 in us-east-1"),
        ("iam", "N/A", ", with iam"),
        ("iam", "n/a", ", with iam"),
        ("iam", "", ", with iam"),
        ("N/A", "us-east-1", ", in us-east-1"),
        ("N/A", "N/A", ""),
        ("no_information", "not_supported", ""),
        ("", "", ""),
    ] {
        assert_eq!(said_of_key(used, service, region), format!("{start}{expected}"));
    }
}

#[test]
fn text_from_the_report_comes_through_as_it_is() {
    let said = said_of_key("2026-07-24T06:00:00Z", "<b>s3</b>", "\"{x}\"");
    assert!(said.ends_with(", with <b>s3</b> in \"{x}\""), "{said}");
}

#[test]
fn days_are_said_as_people_say_them() {
    for (used, expected) in [
        ("2026-11-21T06:00:00Z", "today, on 2026-11-21"),
        ("2026-11-21T00:00:00Z", "today, on 2026-11-21"),
        ("2026-11-21T23:59:59Z", "today, on 2026-11-21"),
        ("2026-11-20T23:59:59Z", "less than a day ago, on 2026-11-20"),
        ("2026-11-20T06:00:01Z", "less than a day ago, on 2026-11-20"),
        ("2026-11-20T06:00:00Z", "1 day ago, on 2026-11-20"),
        ("2026-11-19T06:00:00Z", "2 days ago, on 2026-11-19"),
        ("2026-11-19T08:00:00+02:00", "2 days ago, on 2026-11-19"),
        ("2026-11-18T23:00:00-08:00", "1 day ago, on 2026-11-19"),
        ("2016-02-29T00:00:00Z", "3918 days ago, on 2016-02-29"),
        ("2026-11-22T00:00:00Z", "on 2026-11-22"),
    ] {
        assert_eq!(said_of_key(used, "N/A", "N/A"), format!("access key 1 was last used {expected}"), "{used}");
    }
}

#[test]
fn each_rule_says_what_it_found() {
    use Rule::{
        ConsoleMfa, KeyRotation, RootAccessKey, RootCertificate, RootMfa, RootUsed, SetupKey, TwoActiveKeys, UnusedKey,
        UnusedPassword,
    };
    let used = ("access_key_2_last_used_date", "2026-11-20T06:00:00Z");
    let service = ("access_key_2_last_used_service", "sts");
    let active = ("access_key_2_active", "true");
    let enabled = ("password_enabled", "true");
    let unknown = ("access_key_2_last_used_date", "");
    let cases: [(&str, Rule, Cells<'_>, &str); 19] = [
        (
            ROOT_USER,
            RootAccessKey,
            &[active, used, service],
            "access key 2 is active and was last used 1 day ago, on 2026-11-20, with sts",
        ),
        (ROOT_USER, RootAccessKey, &[active], "access key 2 is active and was never used"),
        (ROOT_USER, RootAccessKey, &[active, unknown], "access key 2 is active"),
        (ROOT_USER, RootMfa, &[enabled], "the root user has a password and no MFA device"),
        (
            ROOT_USER,
            RootMfa,
            &[("password_enabled", "not_supported")],
            "the root user has no MFA device and may have a password: the report does not say",
        ),
        (
            ROOT_USER,
            RootUsed,
            &[("password_last_used", "2026-11-21T05:59:59Z")],
            "the console password was last used today, on 2026-11-21",
        ),
        (
            ROOT_USER,
            RootUsed,
            &[active, used, service],
            "access key 2 was last used 1 day ago, on 2026-11-20, with sts",
        ),
        (ROOT_USER, RootCertificate, &[("cert_2_active", "true")], "signing certificate 2 is active"),
        (
            ROOT_USER,
            RootCertificate,
            &[("cert_1_active", "true"), ("cert_1_last_rotated", "2025-11-21T06:00:00Z")],
            "signing certificate 1 is active and was made 365 days ago, on 2025-11-21",
        ),
        ("alice", ConsoleMfa, &[enabled], "the user has a console password and no MFA device"),
        (
            "alice",
            UnusedPassword,
            &[enabled, ("password_last_used", "2026-09-01T06:00:00Z")],
            "the console password was last used 81 days ago, on 2026-09-01",
        ),
        (
            "alice",
            UnusedPassword,
            &[enabled, ("password_last_changed", "2026-10-02T06:00:00Z")],
            "the console password was never used and was last changed 50 days ago, on 2026-10-02",
        ),
        ("alice", UnusedKey, &[active, used], "access key 2 was last used 1 day ago, on 2026-11-20"),
        (
            "alice",
            UnusedKey,
            &[active, ("access_key_2_last_rotated", "2026-10-02T06:00:00Z"), service],
            "access key 2 was never used and was made 50 days ago, on 2026-10-02",
        ),
        (
            "alice",
            KeyRotation,
            &[active, ("access_key_2_last_rotated", "2026-08-22T06:00:00Z")],
            "access key 2 is 91 days old (made on 2026-08-22)",
        ),
        ("alice", TwoActiveKeys, &[active, ("access_key_1_active", "true")], "access keys 1 and 2 are both active"),
        ("alice", SetupKey, &[active, enabled], "access key 2 was never used, and the user has a console password"),
        (
            "alice",
            SetupKey,
            &[enabled, ("access_key_1_active", "true")],
            "access key 1 was never used, and the user has a console password",
        ),
        (ROOT_USER, RootAccessKey, &[("access_key_1_active", "true")], "access key 1 is active and was never used"),
    ];
    for (user, rule, cells, expected) in cases {
        assert_eq!(said(user, rule, cells), expected, "{}", rule.id());
    }
    for rule in Rule::ALL {
        assert!(cases.iter().any(|(_, one, _, _)| *one == rule), "{} says something", rule.id());
    }
}

#[test]
fn one_day_is_not_one_days() {
    let cells = [("access_key_1_active", "true"), ("access_key_1_last_rotated", "2026-11-20T06:00:00Z")];
    let found = violations("alice", &cells, &Thresholds { unused_days: 100, key_rotation_days: 0, ..DAYS });
    let details: Vec<&str> = found.iter().map(|one| one.detail.as_str()).collect();
    assert_eq!(details, ["access key 1 is 1 day old (made on 2026-11-20)"]);
}
