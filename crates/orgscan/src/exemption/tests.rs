use super::*;
use crate::finding::Status;
use crate::rule::{Credential, Rule, Severity};

const TODAY: Date = jiff::civil::date(2026, 11, 21);

fn finding(account: &str, name: &str, user: &str, rule: &str) -> Finding<'static> {
    Finding {
        account_id: account.to_owned().into(),
        account_name: name.to_owned().into(),
        ou_path: "".into(),
        user: user.to_owned().into(),
        user_arn: format!("arn:aws:iam::{account}:user/{user}").into(),
        rule: rule.to_owned().into(),
        credential: Credential::AccessKey1,
        severity: Severity::Medium,
        cis: None,
        status: Status::New,
        since: "2026-11-21".into(),
        age_days: None,
        detail: "".into(),
        covered: true,
    }
}

fn alice() -> Finding<'static> {
    finding("000000000012", "Sandbox", "alice", "unused-key")
}

fn list(entries: &str) -> Exemptions {
    Exemptions::parse(entries.as_bytes())
}

/// A list of one entry with a reason and a date that has not come.
fn entry(fields: &str) -> Exemptions {
    list(&format!(r#"[{{{fields}, "reason": "because", "until": "2026-12-31"}}]"#))
}

fn problems(exemptions: &Exemptions) -> Vec<String> {
    exemptions.review(TODAY).problems
}

#[test]
fn an_exemption_is_for_what_it_names_and_for_nothing_else() {
    for (fields, is_exempted) in [
        (r#""account": "000000000012""#, true),
        (r#""account": "Sandbox""#, true),
        (r#""account": "Sand*""#, true),
        (r#""account": "0000000000??""#, true),
        (r#""account": "*""#, true),
        (r#""account": "000000000013""#, false),
        (r#""account": "sandbox""#, false),
        (r#""user": "alice""#, true),
        (r#""user": "al?ce""#, true),
        (r#""user": "arn:aws:iam::000000000012:user/alice""#, true),
        (r#""user": "arn:*:user/a*""#, true),
        (r#""user": "Alice""#, false),
        (r#""user": "alic""#, false),
        (r#""rule": "unused-key""#, true),
        (r#""rule": "unused-*""#, true),
        (r#""rule": "root-*""#, false),
        (r#""account": "Sandbox", "user": "alice", "rule": "unused-key""#, true),
        (r#""account": "Sandbox", "user": "alice", "rule": "key-rotation""#, false),
        (r#""account": "Sandbox", "user": "bob", "rule": "unused-key""#, false),
        (r#""account": "Production", "user": "alice", "rule": "unused-key""#, false),
    ] {
        let mut exemptions = entry(fields);
        assert_eq!(exemptions.exempt(&alice(), TODAY), is_exempted, "{fields}");
        let review = exemptions.review(TODAY);
        assert_eq!(review.used, u64::from(is_exempted), "{fields}");
        assert_eq!(review.problems.is_empty(), is_exempted, "{fields}: {:?}", review.problems);
    }
}

#[test]
fn an_exemption_holds_through_the_end_of_its_day() {
    for (until, is_exempted, explained) in [
        ("2026-11-20", false, "until 2026-11-20 (expired, 1 day ago)"),
        ("2026-11-21", true, "until 2026-11-21 (today is its last day)"),
        ("2026-11-22", true, "until 2026-11-22 (1 day left)"),
        ("2026-12-31", true, "until 2026-12-31 (40 days left)"),
        ("2026-10-12", false, "until 2026-10-12 (expired, 40 days ago)"),
        ("9999-12-31", true, "until 9999-12-31 (2912118 days left)"),
    ] {
        let mut exemptions = list(&format!(r#"[{{"user": "alice", "reason": "because", "until": "{until}"}}]"#));
        assert_eq!(exemptions.exempt(&alice(), TODAY), is_exempted, "{until}");
        assert_eq!(problems(&exemptions).is_empty(), is_exempted, "{until}");
        let explained_list = exemptions.explain(TODAY);
        assert!(explained_list.is_well_formed(), "{until}");
        let [one] = explained_list.entries.as_slice() else { panic!("one entry") };
        assert_eq!(one.standing, if is_exempted { Standing::InForce } else { Standing::Expired }, "{until}");
        assert!(one.text.contains(explained), "{}", one.text);
    }
}

#[test]
fn a_malformed_entry_exempts_nothing_and_says_what_is_wrong() {
    const ENDING: &str = r#""reason": "because", "until": "2026-12-31"}"#;
    const NO_RULE: &str = "which is none of root-access-key, root-mfa, root-used, root-certificate, console-mfa, \
                           unused-password, unused-key, key-rotation, two-active-keys, setup-key";
    for (element, problem) in [
        ("5".to_owned(), "it is 5 where an object is expected".to_owned()),
        ("\"alice\"".to_owned(), "it is \"alice\" where an object is expected".to_owned()),
        ("null".to_owned(), "it is null where an object is expected".to_owned()),
        ("[]".to_owned(), "it is a list where an object is expected".to_owned()),
        (
            format!(r#"{{"acount": "000000000012", "user": "alice", {ENDING}"#),
            "its field \"acount\" is not one of account, user, rule, reason, until".to_owned(),
        ),
        (format!(r#"{{"user": "alice", "user": "*", {ENDING}"#), "it has \"user\" twice".to_owned()),
        (format!(r#"{{"user": 5, {ENDING}"#), "user is 5 where a name or a pattern is expected".to_owned()),
        (
            format!(r#"{{"user": "alice", "account": null, {ENDING}"#),
            "account is null where a name or a pattern is expected".to_owned(),
        ),
        (
            format!(r#"{{"user": "alice", "account": 12, {ENDING}"#),
            "account is 12 where a name or a pattern is expected".to_owned(),
        ),
        (format!(r#"{{"user": "", {ENDING}"#), "user is \"\" where a name or a pattern is expected".to_owned()),
        (format!(r#"{{"user": " ", {ENDING}"#), "user is \" \" where a name or a pattern is expected".to_owned()),
        (
            format!(r#"{{"account": "00000000012", {ENDING}"#),
            "account is \"00000000012\" where an account id has 12 digits".to_owned(),
        ),
        (format!(r#"{{"user": "alice", "rule": "unused", {ENDING}"#), format!("rule is \"unused\", {NO_RULE}")),
        (format!(r#"{{"user": "alice", "rule": "Unused-*", {ENDING}"#), format!("rule is \"Unused-*\", {NO_RULE}")),
        (format!("{{{ENDING}"), "it has none of account, user and rule, and would exempt everything".to_owned()),
        (
            r#"{"user": "alice", "until": "2026-12-31"}"#.to_owned(),
            "reason is missing where why, in a few words, is expected".to_owned(),
        ),
        (
            r#"{"user": "alice", "reason": " \n", "until": "2026-12-31"}"#.to_owned(),
            "reason is \" \\n\" where why, in a few words, is expected".to_owned(),
        ),
        (
            r#"{"user": "alice", "reason": "because"}"#.to_owned(),
            "until is missing where a date such as \"2026-12-31\" is expected".to_owned(),
        ),
        (
            r#"{"user": "alice", "reason": 5, "until": {}}"#.to_owned(),
            "reason is 5 where why, in a few words, is expected; until is an object where a date such as \
             \"2026-12-31\" is expected"
                .to_owned(),
        ),
    ] {
        let mut exemptions = list(&format!("[{element}]"));
        assert!(!exemptions.exempt(&alice(), TODAY), "{element}");
        assert_eq!(
            exemptions.review(TODAY),
            ExemptionReview {
                used: 0,
                problems: vec![format!("exemption 1 is malformed and exempts nothing: {problem}")]
            },
            "{element}"
        );
        let explained = exemptions.explain(TODAY);
        assert!(!explained.is_well_formed(), "{element}");
        assert_eq!(
            explained.entries,
            [ExplainedEntry { number: 1, standing: Standing::Malformed, text: problem }],
            "{element}"
        );
    }
}

#[test]
fn a_date_is_written_in_one_way_only() {
    for date in [
        "2026-12-32",
        "2026-02-29",
        "2026-13-01",
        "26-12-31",
        "31.12.2026",
        "2026/12/31",
        "20261231",
        "2026-12-31T00:00:00",
        "2026-12-31T00:00:00Z",
        " 2026-12-31",
        "2026-12-31 ",
        "2026-1-1",
        "+002026-12-31",
        "never",
    ] {
        let exemptions = list(&format!(r#"[{{"user": "alice", "reason": "because", "until": "{date}"}}]"#));
        let expected = format!(
            "exemption 1 is malformed and exempts nothing: until is \"{date}\" where a date such as \"2026-12-31\" is \
             expected"
        );
        assert_eq!(problems(&exemptions), [expected]);
    }
    let leap_day = list(r#"[{"user": "alice", "reason": "because", "until": "2028-02-29"}]"#);
    assert!(leap_day.explain(TODAY).is_well_formed());
}

#[test]
fn a_file_that_is_no_list_is_one_problem_and_exempts_nothing() {
    let deep = "[".repeat(100_000);
    for (content, beginning) in [
        (b"".as_slice(), "the list of exemptions is empty where a JSON array is expected, so nothing is exempted"),
        (b" \r\n", "the list of exemptions is empty where a JSON array is expected, so nothing is exempted"),
        (
            "\u{feff}".as_bytes(),
            "the list of exemptions is empty where a JSON array is expected, so nothing is exempted",
        ),
        (b"{\"user\": \"alice\"}", "the list of exemptions is no JSON array, so nothing is exempted: "),
        (b"null", "the list of exemptions is no JSON array, so nothing is exempted: "),
        (b"[{\"user\": \"alice\",}]", "the list of exemptions is no JSON array, so nothing is exempted: "),
        (b"[] []", "the list of exemptions is no JSON array, so nothing is exempted: "),
        (b"[\"\xff\"]", "the list of exemptions is no JSON array, so nothing is exempted: "),
        (b"\x1f\x8b\x08\x00", "the list of exemptions is no JSON array, so nothing is exempted: "),
        (deep.as_bytes(), "the list of exemptions is no JSON array, so nothing is exempted: "),
    ] {
        let mut exemptions = Exemptions::parse(content);
        assert!(!exemptions.exempt(&alice(), TODAY));
        let review = exemptions.review(TODAY);
        let [problem] = review.problems.as_slice() else { panic!("one problem: {:?}", review.problems) };
        assert!(problem.starts_with(beginning), "{problem}");
        let explained = exemptions.explain(TODAY);
        assert!(!explained.is_well_formed());
        assert_eq!((explained.problem.as_deref(), explained.entries.len()), (Some(problem.as_str()), 0));
    }
}

#[test]
fn a_list_that_could_not_be_read_is_a_problem_that_says_why() {
    let mut exemptions = Exemptions::unreadable("it may not be read");
    assert!(!exemptions.exempt(&alice(), TODAY));
    assert_eq!(
        exemptions.review(TODAY),
        ExemptionReview {
            used: 0,
            problems: vec![
                "the list of exemptions could not be read, so nothing is exempted: it may not be read".to_owned()
            ]
        }
    );
}

#[test]
fn a_list_without_entries_is_no_problem() {
    for content in ["[]", "\u{feff}[ ]\r\n"] {
        let mut exemptions = list(content);
        assert!(!exemptions.exempt(&alice(), TODAY));
        assert_eq!(exemptions.review(TODAY), ExemptionReview::default());
        assert_eq!(exemptions.explain(TODAY), ExplainedList { problem: None, entries: vec![] });
        assert!(exemptions.explain(TODAY).is_well_formed());
    }
}

#[test]
fn a_byte_order_mark_before_a_list_is_passed_over() {
    let mut exemptions =
        list("\u{feff}[{\"user\": \"alice\", \"reason\": \"because\", \"until\": \"2026-11-21\"}]\r\n");
    assert!(exemptions.exempt(&alice(), TODAY));
}

#[test]
fn a_review_names_every_entry_that_does_nothing_in_the_order_of_the_list() {
    let mut exemptions = list(
        r#"[
            {"user": "ci-*", "reason": "rotated by hand", "until": "2026-12-31"},
            {"account": "Sandbox", "rule": "unused-key", "reason": "gone", "until": "2026-11-20"},
            {"user": "nobody", "reason": "gone", "until": "2026-12-31"},
            {"user": "alice", "until": "2026-12-31"},
            {"account": "000000000012", "user": "bob", "rule": "*", "reason": "gone", "until": "2026-01-31"},
            {"user": "carol", "reason": "gone", "until": "2025-12-31"},
            {"rule": "root-mfa", "reason": "in a safe", "until": "2026-11-21"}
        ]"#,
    );
    let exempted: Vec<bool> = [
        ("000000000012", "Sandbox", "alice", "unused-key"),
        ("000000000012", "Sandbox", "ci-1", "key-rotation"),
        ("000000000012", "Sandbox", "ci-1", "unused-key"),
        ("000000000013", "Production", "ci-2", "unused-key"),
        ("000000000013", "Production", "<root_account>", "root-mfa"),
        ("000000000012", "Sandbox", "bob", "unused-key"),
        // Of another version of orgscan, which had another rule.
        ("000000000012", "Sandbox", "bob", "no-such-rule"),
    ]
    .map(|(account, name, user, rule)| exemptions.exempt(&finding(account, name, user, rule), TODAY))
    .into();
    assert_eq!(exempted, [false, true, true, true, true, false, false]);
    assert_eq!(
        exemptions.review(TODAY),
        ExemptionReview {
            used: 2,
            problems: [
                // The one of ci-1 is exempted by another entry.
                "exemption 2 (account \"Sandbox\", rule \"unused-key\") expired on 2026-11-20: 2 findings count again \
                 without it",
                "exemption 3 (user \"nobody\") matches no finding",
                "exemption 4 is malformed and exempts nothing: reason is missing where why, in a few words, is expected",
                "exemption 5 (account \"000000000012\", user \"bob\", rule \"*\") expired on 2026-01-31: 2 findings count \
                 again without it",
                "exemption 6 (user \"carol\") expired on 2025-12-31: no finding counts again without it",
            ]
            .map(str::to_owned)
            .into(),
        }
    );
}

#[test]
fn one_finding_that_counts_again_is_not_several() {
    let mut exemptions = list(r#"[{"user": "alice", "reason": "because", "until": "2026-11-20"}]"#);
    assert!(!exemptions.exempt(&alice(), TODAY));
    assert_eq!(
        problems(&exemptions),
        ["exemption 1 (user \"alice\") expired on 2026-11-20: 1 finding counts again without it"]
    );
}

#[test]
fn a_finding_that_several_entries_match_is_a_use_of_each() {
    let mut exemptions = list(
        r#"[{"user": "alice", "reason": "one", "until": "2026-12-31"},
            {"rule": "unused-*", "reason": "other", "until": "2026-12-31"}]"#,
    );
    assert!(exemptions.exempt(&alice(), TODAY));
    assert_eq!(exemptions.review(TODAY), ExemptionReview { used: 2, problems: vec![] });
}

#[test]
fn accounts_in_any_order_and_of_any_name_get_their_own_exemptions() {
    let mut exemptions = entry(r#""account": "Sandbox""#);
    for (account, name, is_exempted) in [
        ("000000000012", "Sandbox", true),
        ("000000000012", "Production", false),
        ("000000000013", "Production", false),
        ("000000000013", "Sandbox", true),
        ("000000000014", "", false),
        ("000000000012", "Sandbox", true),
    ] {
        assert_eq!(
            exemptions.exempt(&finding(account, name, "alice", "root-mfa"), TODAY),
            is_exempted,
            "{account} {name}"
        );
    }
    // Before any account there is none, not one without a name.
    let mut first = entry(r#""account": "*""#);
    assert!(first.exempt(&finding("", "", "alice", "root-mfa"), TODAY));
}

#[test]
fn an_explanation_says_what_is_exempted_in_plain_words() {
    for (fields, words) in [
        (
            r#""account": "111111111111", "user": "ci-*", "rule": "unused-key""#,
            "findings of rule unused-key of any user that matches \"ci-*\" in account 111111111111",
        ),
        (r#""account": "*""#, "all findings of any user in any account"),
        (r#""user": "*", "rule": "**""#, "all findings of any user in any account"),
        (r#""account": "Sandbox", "user": "bob""#, "all findings of user \"bob\" in account \"Sandbox\""),
        (
            r#""account": "dev-*", "rule": "unused-*""#,
            "findings of any rule that matches \"unused-*\" (unused-password, unused-key) of any user in any account \
             that matches \"dev-*\"",
        ),
    ] {
        let explained = entry(fields).explain(TODAY);
        let text = explained.entries.into_iter().map(|entry| entry.text).collect::<String>();
        assert_eq!(text, format!("{words} until 2026-12-31 (40 days left): \"because\""));
    }
}

#[test]
fn every_rule_can_be_exempted_by_its_id() {
    for rule in Rule::ALL {
        let mut exemptions = entry(&format!(r#""rule": "{}""#, rule.id()));
        assert!(exemptions.exempt(&finding("000000000012", "", "alice", rule.id()), TODAY), "{}", rule.id());
        assert!(problems(&exemptions).is_empty(), "{}", rule.id());
    }
}

#[test]
fn what_a_list_says_cannot_forge_lines_or_hide_text_in_messages() {
    const HOSTILE: &str = "\\u001b[2J\\r\\nexemption 9: all is well \\u202egnp\\u2028\\u0000<script>";
    let long = "x".repeat(5_000);
    let content = format!(
        r#"[{{"user": "{HOSTILE}", "reason": "{HOSTILE}", "until": "2026-12-31"}},
            {{"user": "{HOSTILE}", "reason": "{HOSTILE}", "until": "2026-01-31"}},
            {{"{HOSTILE}": "a", "account": "a", "reason": "b", "until": "{HOSTILE}"}},
            {{"account": "{long}", "rule": "{HOSTILE}", "reason": "b", "until": "2026-12-31"}},
            {{"account": "{long}", "reason": "b", "until": "2026-12-31"}},
            "{HOSTILE}"]"#
    );
    let exemptions = list(&content);
    let explained = exemptions.explain(TODAY);
    let review = problems(&exemptions);
    assert_eq!((explained.entries.len(), review.len()), (6, 6), "{review:?}");
    for text in explained.entries.iter().map(|entry| &entry.text).chain(&review) {
        let is_plain = |one: char| !one.is_control() && !matches!(one, '\u{2028}' | '\u{202e}');
        assert!(text.chars().all(is_plain), "{text:?}");
        assert!(text.len() < 1_000, "{text}");
    }
}

#[test]
fn what_matches_nothing_in_one_part_may_match_in_another() {
    let mut whole = list(
        r#"[{"account": "Sandbox", "reason": "r", "until": "2026-12-31"},
            {"account": "Production", "reason": "r", "until": "2026-12-31"},
            {"account": "Gone", "reason": "r", "until": "2026-12-31"}]"#,
    );
    let parts = ["Sandbox", "Production"].map(|name| {
        let mut part = whole.for_a_part();
        assert!(part.exempt(&finding("000000000012", name, "alice", "unused-key"), TODAY));
        assert_eq!(problems(&part), Vec::<String>::new(), "a part does not know what the others match");
        part
    });
    for part in &parts {
        whole.add_part(part);
    }
    let review = whole.review(TODAY);
    assert_eq!((review.used, review.problems.len()), (2, 1), "{review:?}");
    assert!(review.problems[0].contains("Gone"), "{review:?}");
    assert!(whole.is_usable() && !Exemptions::unreadable("denied").for_a_part().is_usable());
}
