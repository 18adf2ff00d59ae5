mod colours;
mod rest;
mod sentences;
mod size;
mod world;

pub(in crate::digest) use self::world::assessment;

use self::world::{World, finding, offline, realistic};
use super::*;
use crate::assessment::{AccountFindings, Change};
use crate::exemption::ExemptionReview;
use crate::finding::{Finding, Status};
use crate::ledger::Outcome;
use crate::rule::{Credential, Rule, Severity};

/// The names of all tags, in their order.
fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .map(|tag| tag.split(|end: char| end == '>' || end.is_ascii_whitespace()).next().unwrap_or_default())
        .collect()
}

/// A text without the line breaks that its width asks for.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where each of these comes, which must be in this order.
fn assert_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("{part:?} is not there, or too early: {text}")).1;
    }
}

fn assert_lines_are_short(text: &str) {
    for line in text.lines().filter(|line| line.trim_start().contains(' ')) {
        assert!(line.chars().count() <= 78 || line.contains("s3://"), "{line}");
    }
}

#[test]
fn a_digest_as_html() {
    insta::assert_snapshot!(realistic().render().html);
}

#[test]
fn a_digest_as_text() {
    let digest = realistic().render();
    insta::assert_snapshot!(digest.text);
    assert_lines_are_short(&digest.text);
}

#[test]
fn a_digest_of_a_first_run_as_text() {
    let mut world = realistic();
    world.assessment = assessment(Change::First);
    world.assessment.totals = realistic().assessment.totals;
    let text = world.with(&[(Rule::RootMfa, Status::New, 1), (Rule::KeyRotation, Status::New, 2)]).render().text;
    insta::assert_snapshot!(text);
}

#[test]
fn a_digest_of_a_report_alone_as_text() {
    insta::assert_snapshot!(offline().render().text);
}

#[test]
fn a_digest_without_findings_as_text() {
    insta::assert_snapshot!(World::read().render().text);
}

#[test]
fn a_digest_says_first_what_changed_then_what_is_worst_then_coverage_then_totals() {
    let digest = realistic().render();
    let sections = [
        "What changed",
        "New",
        "Resolved",
        "Still open, the worst first",
        "Coverage",
        "Accounts that were not read in full",
        "By rule",
        "By account",
        "Exemptions",
        "Notes",
        "Files",
    ];
    assert_order(&digest.html, &sections.map(|section| format!("\">{section}</h")).each_ref().map(String::as_str));
    assert_order(
        &digest.text,
        &sections.map(|section| format!("\n{}\n", section.to_uppercase())).each_ref().map(String::as_str),
    );
}

#[test]
fn a_digest_says_of_each_finding_how_bad_it_is_where_it_is_whose_and_since_when() {
    let digest = realistic().render();
    assert_order(
        &digest.text,
        &[
            "\nNEW\n",
            "  Critical: Root user without MFA (root-mfa, CIS 2.5)\n",
            "    Sandbox of the 数据 team (000000000104), root user, since 2026-11-21\n      has a password and no MFA\n",
            "  High: Console password without MFA (console-mfa, CIS 2.10)\n",
            "bob",
        ],
    );
    assert_order(
        &digest.html,
        &[
            ">New</h3>",
            ">Critical</span> Root user without MFA <span",
            ">(root-mfa, CIS 2.5)</span>",
            "Sandbox of the 数据 team <span",
            ">(000000000104)</span>",
            "<strong>root user</strong>: has a password and no MFA <span",
            ">(since 2026-11-21)</span>",
        ],
    );
}

#[test]
fn a_digest_says_once_for_each_rule_what_to_do() {
    let digest = realistic().render();
    for rule in [Rule::RootMfa, Rule::RootUsed, Rule::ConsoleMfa, Rule::UnusedKey, Rule::KeyRotation] {
        assert_eq!(digest.html.matches(rule.remedy()).count(), 1, "{}", rule.id());
        assert_eq!(on_one_line(&digest.text).matches(rule.remedy()).count(), 1, "{}", rule.id());
    }
    let resolved = World::read().with(&[(Rule::UnusedKey, Status::Resolved, 1)]).render();
    assert!(!resolved.html.contains(Rule::UnusedKey.remedy()), "there is nothing to do about what is resolved");
    assert!(!resolved.html.contains("something is wrong") && resolved.html.contains("somebody"));
}

#[test]
fn a_digest_has_the_oldest_of_equally_bad_findings_first() {
    let mut world = World::read();
    for (user, rule, age_days) in [
        ("younger", Rule::UnusedKey, Some(50)),
        ("low", Rule::TwoActiveKeys, None),
        ("oldest", Rule::UnusedKey, Some(900)),
        ("high", Rule::ConsoleMfa, None),
    ] {
        let finding = finding((12, "Example Corp"), user, rule, Status::Open, "2026-11-01", "");
        world.add(&Finding { age_days, ..finding });
    }
    let digest = world.render();
    for content in [&digest.html, &digest.text] {
        assert_order(content, &["high", "oldest", "younger", "low"]);
    }
}

#[test]
fn a_finding_of_a_rule_that_is_not_known_is_shown_by_its_id() {
    let mut world = World::read();
    world.add(&Finding {
        rule: "moon-phase".into(),
        cis: Some("9.9".into()),
        severity: Severity::High,
        credential: Credential::Mfa,
        ..finding((12, "Example Corp"), "alice", Rule::UnusedKey, Status::Resolved, "2026-11-01", "")
    });
    let digest = world.render();
    assert_order(&digest.text, &["RESOLVED", "High: Rule moon-phase (CIS 9.9)", "alice"]);
    assert_order(&digest.html, &["Resolved", ">High</span> Rule moon-phase <span", ">(CIS 9.9)</span>", "alice"]);
}

#[test]
fn a_digest_shows_hostile_names_and_runs_none() {
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' style='display:none",
        "</table></body>",
        "two\r\nlines",
        "=HYPERLINK(\"http://example.com\")",
        "{{ view.subject }}{% block x %}",
        "&lt;already&gt;",
        "中文账户",
        "<!-- ",
    ];
    let with = |name: &str| {
        let mut world = World::empty();
        world.account(12, name, Outcome::Reported, "");
        world.account(13, name, Outcome::Denied, name);
        for status in [Status::New, Status::Open, Status::Resolved] {
            // As an earlier run's file may have it: a rule, a day and a control that no version of this knows.
            world.add(&Finding {
                rule: name.to_owned().into(),
                cis: Some(name.to_owned().into()),
                ..finding((12, name), name, Rule::UnusedKey, status, name, name)
            });
        }
        world.assessment.change = Change::Unknown(name.to_owned());
        world.assessment.exemptions = Some(ExemptionReview { used: 0, problems: vec![name.to_owned()] });
        world.assessment.notes.push(name.to_owned());
        world.warnings.push(name.to_owned());
        for location in [
            &mut world.findings_location,
            &mut world.page_location,
            &mut world.report_location,
            &mut world.coverage_location,
        ] {
            *location = Some(name.to_owned());
        }
        world.render()
    };
    let plain = with("plain");
    for name in names {
        let digest = with(name);
        assert_eq!(tags(&digest.html), tags(&plain.html), "{name:?}");
        assert_eq!(digest.html.matches('"').count(), plain.html.matches('"').count(), "{name:?}");
        let line = name.replace(['\r', '\n'], " ");
        assert!(digest.text.contains(&line), "{name:?} is in the text: {}", digest.text);
        let escaped = line.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;");
        let escaped = escaped.replace('"', "&#34;").replace('\'', "&#39;");
        assert!(digest.html.contains(&format!("<strong>{escaped}</strong>: {escaped}")), "{name:?}: {}", digest.html);
        assert!(digest.html.contains(&format!("{escaped} <span class=\"muted\"")), "{name:?}: {}", digest.html);
    }
    assert_eq!(with("two\nlines").text.lines().count(), with("two lines").text.lines().count());
}

#[test]
fn a_digest_closes_every_tag_it_opens() {
    let mut everything = realistic();
    everything.assessment.notes.push("a column is missing".to_owned());
    for world in [World::empty(), World::read(), everything, offline(), size::large(100, 50)] {
        let html = world.render().html;
        let mut open = Vec::new();
        for tag in tags(&html) {
            match tag.strip_prefix('/') {
                Some(tag) => assert_eq!(open.pop(), Some(tag)),
                None if ["!DOCTYPE", "meta", "br"].contains(&tag) => {}
                None => open.push(tag),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn a_digest_names_the_first_accounts_of_every_cause() {
    let mut world = World::empty();
    for id in 0..500 {
        world.account(id, "frequent", Outcome::AssumeDenied, "");
    }
    world.account(500, "rare", Outcome::MalformedReport, "it is empty");
    let digest = world.render();
    assert_eq!(digest.html.matches("frequent").count(), 19);
    assert_eq!(digest.html.matches("rare").count(), 1);
    assert!(digest.text.contains("Showing 20 of 501; all of them are in the coverage ledger."));
}

#[test]
fn a_digest_names_the_worst_accounts() {
    let mut world = World::read();
    for id in 0..100 {
        let name = format!("account-{id}");
        let counts = [0, 2, 0, 1];
        world.assessment.accounts.push(AccountFindings { account_id: format!("{id:012}"), account_name: name, counts });
    }
    world.assessment.accounts_with_findings = 4_321;
    let digest = world.render();
    assert_order(&digest.text, &["BY ACCOUNT\nShowing the worst 10 of 4,321; all of them are in the findings file.\n"]);
    assert_order(&digest.text, &["account-0 (000000000000)\n    0 critical, 2 high, 0 medium, 1 low\n", "account-9 "]);
    assert!(!digest.text.contains("account-10") && !digest.html.contains("account-10"));
}

#[test]
fn a_digest_says_which_files_there_are() {
    let files = |world: &World| {
        let text = world.render().text;
        text.split_once("\nFILES\n").map(|(_, files)| on_one_line(files)).unwrap_or_default()
    };
    let mut world = World::read();
    world.attachment = Some(AttachmentChoice::TooLarge);
    world.page_location = None;
    let name = "s3://audit/aws-000000000012";
    let time = "2026-11-21T06-00-00Z";
    assert_eq!(
        files(&world),
        format!(
            "Attached: none: the CSV is too large for a mail Report page: could not be written Findings: \
             {name}-findings-{time}.jsonl Merged credential report: {name}-credential-report-{time}.csv Coverage ledger: \
             {name}-credential-report-{time}-coverage.csv"
        )
    );
    let mut world = offline();
    assert_eq!(files(&world), "Credential report: credentials.csv");
    world.report_location = None;
    assert_eq!(files(&world), "");
    assert!(!world.render().html.contains("Files"));
}

#[test]
fn the_debug_text_of_a_digest_shows_none_of_it() {
    let text = format!("{:?}", realistic().render());
    assert!(!text.contains("anna") && !text.contains("o-a1b2c3d4e5"), "{text}");
}
