//! What the cells of the table say.

use super::*;

#[test]
fn absent_and_unknown_cells_are_told_apart() {
    let flags = [
        (Flag::True, "yes"),
        (Flag::False, "no"),
        (Flag::NotSupported, "not supported"),
        (Flag::NotApplicable, "N/A"),
        (Flag::NoInformation, "no information"),
        (Flag::Absent, ""),
        (Flag::Unreadable, "unreadable"),
    ];
    let rows: Vec<_> = flags.iter().map(|(flag, _)| assessed("1", CredentialRow { mfa: *flag, ..NOBODY })).collect();
    let legend = &lines(&page_of(&rows, &assessment(Change::First)))[0]["flags"];
    for (code, (_, word)) in column(&rows, "mfa").as_array().unwrap().iter().zip(flags) {
        assert_eq!(legend[usize::try_from(code.as_u64().unwrap()).unwrap()], word);
    }
    let moments = [
        (days_ago(0), 20_778),
        (Moment::NotSupported, -1),
        (Moment::NotApplicable, -2),
        (Moment::NoInformation, -3),
        (Moment::Absent, -4),
        (Moment::Unreadable, -5),
    ];
    let rows: Vec<_> = moments.iter().map(|(at, _)| assessed("1", CredentialRow { created: *at, ..NOBODY })).collect();
    assert_eq!(column(&rows, "created"), serde_json::json!(moments.map(|(_, code)| code)));
    let legend = &lines(&page_of(&rows, &assessment(Change::First)))[0]["no_times"];
    assert_eq!(*legend, serde_json::json!(["not supported", "N/A", "no information", "", "unreadable"]));
}

#[test]
fn a_key_without_a_date_is_none_and_an_inactive_one_keeps_its_age() {
    let key = |active, last_rotated| AccessKey { active, last_rotated, ..NO_KEY };
    let keys = [
        (key(Flag::True, days_ago(90)), 0, 90),
        (key(Flag::True, seconds_ago(91 * 86_400 - 1)), 0, 90),
        (key(Flag::True, days_ago(-3)), 0, 0),
        (key(Flag::True, Moment::Absent), 0, -1),
        (key(Flag::False, days_ago(400)), 1, 400),
        (key(Flag::False, Moment::NotApplicable), 2, -1),
        (key(Flag::NotSupported, Moment::NotApplicable), 3, -1),
        (key(Flag::Absent, Moment::Absent), 6, -1),
        (key(Flag::Unreadable, Moment::Absent), 7, -1),
    ];
    let rows: Vec<_> =
        keys.iter().map(|(key, _, _)| assessed("1", CredentialRow { keys: [NO_KEY, *key], ..NOBODY })).collect();
    assert_eq!(column(&rows, "key_2"), serde_json::json!(keys.map(|(_, code, _)| code)));
    assert_eq!(column(&rows, "key_2_age"), serde_json::json!(keys.map(|(_, _, age)| age)));
}

#[test]
fn the_last_use_is_the_newest_of_password_and_keys_or_why_there_is_none() {
    let row = |password: Moment, keys: [Moment; 2]| {
        let password = Password { last_used: password, ..NOBODY.password };
        assessed(
            "1",
            CredentialRow { password, keys: keys.map(|last_used| AccessKey { last_used, ..NO_KEY }), ..NOBODY },
        )
    };
    let (none, unknown) = (Moment::NotApplicable, Moment::NoInformation);
    let rows = [
        row(days_ago(9), [days_ago(2), none]),
        row(none, [none, days_ago(3)]),
        row(unknown, [none, none]),
        row(none, [none, none]),
        row(none, [Moment::Unreadable, unknown]),
        row(Moment::Absent, [Moment::Absent, Moment::Absent]),
    ];
    assert_eq!(column(&rows, "last_use"), serde_json::json!([20_776, 20_775, -3, -2, -5, -4]));
}

#[test]
fn certificates_are_counted_by_whether_they_are_active() {
    let active = Certificate { active: Flag::True, last_rotated: days_ago(3) };
    let inactive = Certificate { active: Flag::False, last_rotated: days_ago(3) };
    let absent = Certificate { active: Flag::Absent, last_rotated: Moment::Absent };
    let pairs = [
        ([NO_CERTIFICATE, NO_CERTIFICATE], "none"),
        ([NO_CERTIFICATE, active], "1 active"),
        ([active, active], "2 active"),
        ([inactive, NO_CERTIFICATE], "1 inactive"),
        ([inactive, inactive], "2 inactive"),
        ([active, inactive], "1 active, 1 inactive"),
        ([absent, absent], ""),
        ([absent, active], ""),
    ];
    let rows: Vec<_> =
        pairs.iter().map(|(pair, _)| assessed("1", CredentialRow { certificates: *pair, ..NOBODY })).collect();
    let legend = lines(&page_of(&rows, &assessment(Change::First)))[0]["certificates"].clone();
    for (code, (_, words)) in column(&rows, "certificates").as_array().unwrap().iter().zip(pairs) {
        assert_eq!(legend[usize::try_from(code.as_u64().unwrap()).unwrap()], words);
    }
}
