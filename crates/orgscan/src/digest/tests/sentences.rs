//! What a digest says in its subject, status, preview and first section.

use super::world::{World, finding, offline, realistic, since};
use super::{assert_order, on_one_line};
use crate::account::OrgId;
use crate::assessment::{Change, NotCovered};
use crate::digest::Digest;
use crate::exemption::ExemptionReview;
use crate::finding::Status::{self, Exempted, New, Open, Resolved};
use crate::ledger::Outcome;
use crate::rule::Rule::{self, KeyRotation, RootMfa};

const DATE: &str = "AWS credential report - o-a1b2c3d4e5 - 2026-11-21: ";

fn unknown() -> Change {
    Change::Unknown("the findings of the run before are damaged in line 3".to_owned())
}

fn digest(change: Change, findings: &[(Rule, Status, u64)]) -> Digest {
    let mut world = World::read();
    world.assessment.change = change;
    world.with(findings).render()
}

/// The status as both parts of the mail have it.
fn status(digest: &Digest) -> (&str, &str) {
    let (before, rest) = digest.html.split_once("<strong>").unwrap();
    let status = rest.split_once("</strong>").unwrap().0;
    let class = before.rsplit_once("<p class=\"").unwrap().1.split_once('"').unwrap().0;
    assert!(on_one_line(&digest.text).contains(&format!(" UTC {status} ")), "{status}: {}", digest.text);
    (class, status)
}

fn preview(digest: &Digest) -> &str {
    let (_, rest) = digest.html.split_once("mso-hide:all\">").unwrap();
    rest.split_once("</div>").unwrap().0
}

/// The first section as text, which the HTML has too.
fn change(digest: &Digest) -> String {
    let (_, rest) = digest.text.split_once("\nWHAT CHANGED\n").unwrap();
    let change = on_one_line(rest.split_once("\n\n").unwrap().0);
    for sentence in change.split_inclusive(". ") {
        assert!(digest.html.contains(sentence.trim_end()), "{sentence}");
    }
    change
}

#[test]
fn the_subject_of_a_digest_counts_new_and_open_findings() {
    for (change, findings, expected) in [
        (since(), &[][..], "0 new, 0 open"),
        (since(), &[(RootMfa, New, 3), (KeyRotation, Open, 12), (KeyRotation, Resolved, 4)], "3 new, 12 open"),
        (since(), &[(RootMfa, Exempted, 3)], "0 new, 0 open"),
        (since(), &[(RootMfa, Open, 1_234)], "0 new, 1,234 open"),
        (Change::Since(None), &[(RootMfa, New, 1)], "1 new, 0 open"),
        (Change::First, &[(RootMfa, New, 3)], "3 new, 0 open"),
        (unknown(), &[(RootMfa, Open, 12)], "change unknown, 12 open"),
    ] {
        assert_eq!(digest(change, findings).subject, format!("{DATE}{expected}"));
    }
}

#[test]
fn the_subject_of_a_digest_counts_accounts_that_were_not_read() {
    assert_eq!(realistic().render().subject, format!("{DATE}4 new, 9 open; 3 accounts not read"));
    let mut world = World::read();
    world.account(13, "another", Outcome::Denied, "");
    assert_eq!(world.render().subject, format!("{DATE}0 new, 0 open; 1 account not read"));
}

#[test]
fn the_subject_of_a_digest_is_one_line_and_names_no_organization_that_is_not_known() {
    let mut world = World::empty();
    world.org_id = OrgId::new("o-a\r\nBcc: someone@example.com\u{202e}");
    assert_eq!(
        world.render().subject,
        "AWS credential report - o-a  Bcc: someone@example.com - 2026-11-21: 0 new, 0 open"
    );
    assert_eq!(offline().render().subject, "AWS credential report - 2026-11-21: 2 new, 0 open");
}

#[test]
fn a_digest_says_first_what_there_is_to_act_on() {
    let mixed = [(RootMfa, New, 1), (KeyRotation, New, 2), (KeyRotation, Open, 9), (KeyRotation, Resolved, 2)];
    let all_open = [(RootMfa, Open, 1), (KeyRotation, Open, 11)];
    for (change, findings, class, expected) in [
        (since(), &[][..], "good", "No findings to act on."),
        (since(), &mixed, "bad", "3 new findings (1 critical, 2 medium), 9 still open, 2 resolved."),
        (since(), &[(KeyRotation, New, 1)], "warning", "1 new finding (1 medium)."),
        (since(), &[(KeyRotation, Open, 1)], "warning", "No new findings, 1 still open (1 medium)."),
        (since(), &[(KeyRotation, Resolved, 1)], "good", "No findings to act on, 1 resolved."),
        (since(), &[(RootMfa, Exempted, 1)], "good", "No findings to act on besides the one that is exempted."),
        (since(), &[(RootMfa, Exempted, 4)], "good", "No findings to act on besides the 4 that are exempted."),
        (Change::First, &[], "good", "No findings to act on."),
        (
            Change::First,
            &[(RootMfa, New, 2), (KeyRotation, New, 12)],
            "bad",
            "14 findings to act on (2 critical, 12 medium).",
        ),
        (unknown(), &[], "warning", "No findings to act on. What changed is not known."),
        (unknown(), &all_open, "bad", "12 findings to act on (1 critical, 11 medium). What changed is not known."),
    ] {
        assert_eq!(status(&digest(change, findings)), (class, expected));
    }
}

#[test]
fn a_digest_says_first_what_could_not_be_looked_at() {
    use Outcome::{Denied, Reported, ReportedPartially, SkippedState};
    for (outcomes, class, expected) in [
        (&[][..], "warning", "No account was listed."),
        (&[SkippedState], "warning", "No account was to be read: all were left out."),
        (&[Reported], "good", "No findings to act on."),
        (&[Reported, Reported, SkippedState], "good", "No findings to act on."),
        (
            &[Reported, ReportedPartially],
            "warning",
            "No findings to act on in what was read. One account was read only in part.",
        ),
        (&[Denied], "bad", "The one account in scope could not be read."),
        (&[Denied, Denied], "bad", "None of the 2 accounts in scope could be read."),
        (
            &[Reported, Denied],
            "warning",
            "No findings to act on in what was read. 1 of 2 accounts in scope could not be read.",
        ),
        (
            &[ReportedPartially, ReportedPartially, Denied],
            "warning",
            "No findings to act on in what was read. 1 of 3 accounts in scope could not be read. 2 accounts were read \
             only in part.",
        ),
    ] {
        let mut world = World::empty();
        for (id, outcome) in outcomes.iter().enumerate() {
            world.account(id as u64, "an account", *outcome, "");
        }
        assert_eq!(status(&world.render()), (class, expected), "{outcomes:?}");
    }
    let mut world = World::empty().with(&[(KeyRotation, Open, 2)]);
    world.account(12, "an account", Denied, "");
    let expected = "No new findings, 2 still open (2 medium). The one account in scope could not be read.";
    assert_eq!(status(&world.render()), ("bad", expected));
}

#[test]
fn a_problem_with_exemptions_is_no_good_news() {
    let mut world = World::read();
    world.assessment.exemptions =
        Some(ExemptionReview { used: 0, problems: vec!["entry 1 matches nothing".to_owned()] });
    let digest = world.render();
    assert_eq!(status(&digest), ("warning", "No findings to act on."));
    assert_order(&digest.text, &["\nEXEMPTIONS\n  entry 1 matches nothing\n"]);
    assert_order(
        &digest.html,
        &["Exemptions</h2>", "<li style=\"overflow-wrap:anywhere\">entry 1 matches nothing</li>"],
    );
    world.assessment.exemptions = Some(ExemptionReview::default());
    assert!(!world.render().html.contains("Exemptions"));
}

#[test]
fn a_digest_is_previewed_in_a_line() {
    for (digest, expected) in [
        (realistic().render(), "4 new (1 critical, 2 high, 1 medium), 9 open, 2 resolved; 5 of 8 accounts read"),
        (World::read().render(), "No findings to act on; 1 of 1 account read"),
        (offline().render(), "2 findings to act on (1 critical, 1 high); 1 account in the report"),
        (
            digest(since(), &[(KeyRotation, Open, 2), (KeyRotation, Resolved, 1)]),
            "Nothing new, 2 open (2 medium), 1 resolved; 1 of 1 account read",
        ),
        (digest(unknown(), &[(RootMfa, Open, 1)]), "Change unknown, 1 open (1 critical); 1 of 1 account read"),
        (digest(Change::First, &[(RootMfa, New, 1)]), "1 finding to act on (1 critical); 1 of 1 account read"),
    ] {
        assert_eq!(preview(&digest), expected);
    }
}

#[test]
fn a_digest_says_what_changed() {
    let time = "2026-11-20 06:00 UTC";
    for (to, findings, expected) in [
        (
            since(),
            &[(RootMfa, New, 3), (KeyRotation, Resolved, 2), (KeyRotation, Open, 9)][..],
            format!("Since {time}, 3 findings are new and 2 are resolved; 9 are still open."),
        ),
        (
            since(),
            &[(RootMfa, New, 1), (KeyRotation, Resolved, 1), (KeyRotation, Open, 1)],
            format!("Since {time}, 1 finding is new and 1 is resolved; 1 is still open."),
        ),
        (
            Change::Since(None),
            &[(KeyRotation, Resolved, 1)],
            "Since the run before, 0 findings are new and 1 is resolved; 0 are still open.".to_owned(),
        ),
        (
            since(),
            &[(KeyRotation, Open, 9)],
            format!("Nothing changed since {time}: no finding is new, none is resolved, and 9 are still open."),
        ),
        (since(), &[], format!("Nothing changed since {time}: no finding is open.")),
        (Change::First, &[(RootMfa, New, 14)], "This is the first run: all 14 findings are new.".to_owned()),
        (Change::First, &[(RootMfa, New, 3)], "This is the first run: all 3 findings are new.".to_owned()),
        (Change::First, &[(RootMfa, New, 1)], "This is the first run: its one finding is new.".to_owned()),
        (Change::First, &[], "This is the first run, and it has no findings to act on.".to_owned()),
        (
            unknown(),
            &[(RootMfa, Open, 12)],
            "What changed is not known: the findings of the run before are damaged in line 3. So all 12 findings are \
             shown as open."
                .to_owned(),
        ),
        (
            unknown(),
            &[(RootMfa, Open, 1)],
            "What changed is not known: the findings of the run before are damaged in line 3. So the one finding is \
             shown as open."
                .to_owned(),
        ),
        (
            unknown(),
            &[],
            "What changed is not known: the findings of the run before are damaged in line 3. So no finding is open."
                .to_owned(),
        ),
    ] {
        assert_eq!(change(&digest(to, findings)), expected);
    }
    assert_eq!(change(&offline().render()), "There is no run before to compare with: both findings are new.");
}

#[test]
fn findings_that_were_exempted_and_count_again_are_a_change_that_a_digest_tells_of() {
    let time = "2026-11-20 06:00 UTC";
    for (again, findings, told, first, in_short) in [
        (
            2,
            &[(KeyRotation, Open, 9)][..],
            "no finding is new and none is resolved. 2 findings that were exempted count again; 7 others are still open.",
            "No new findings, 9 open (9 medium), 2 that were exempted count again.",
            "Nothing new, 9 open (9 medium), 2 that were exempted count again",
        ),
        (
            1,
            &[(KeyRotation, Open, 2)],
            "no finding is new and none is resolved. 1 finding that was exempted counts again; 1 other is still open.",
            "No new findings, 2 open (2 medium), 1 that was exempted counts again.",
            "Nothing new, 2 open (2 medium), 1 that was exempted counts again",
        ),
        (
            1,
            &[(RootMfa, New, 1), (KeyRotation, Open, 1), (KeyRotation, Resolved, 3)],
            "1 finding is new and 3 are resolved. 1 finding that was exempted counts again; 0 others are still open.",
            "1 new finding (1 critical), 1 open, 3 resolved, 1 that was exempted counts again.",
            "1 new (1 critical), 1 open, 3 resolved, 1 that was exempted counts again",
        ),
    ] {
        let mut world = World::read().with(findings);
        world.assessment.no_longer_exempted = again;
        let digest = world.render();
        assert_eq!(change(&digest), format!("Since {time}, {told}"));
        assert_eq!(status(&digest).1, first);
        assert_eq!(preview(&digest), format!("{in_short}; 1 of 1 account read"));
        assert!(digest.text.contains("\nOPEN, THE WORST FIRST\n"), "{}", digest.text);
        for content in [&digest.text, &digest.html] {
            assert!(!content.contains("Nothing changed") && !content.contains("Still open"), "{content}");
        }
    }
}

#[test]
fn findings_of_accounts_that_were_not_read_are_carried_on_and_the_digest_says_so() {
    let carried = |accounts, findings| {
        let mut world = World::read();
        world.assessment.not_covered = NotCovered { accounts, findings };
        change(&world.render()).split_once("no finding is open. ").map(|(_, carried)| carried.to_owned())
    };
    assert_eq!(
        carried(3, 4).unwrap(),
        "4 findings in 3 accounts that were not read, or not in full, this time are carried on from the run before; \
         nothing of these accounts counts as resolved."
    );
    assert_eq!(
        carried(1, 1).unwrap(),
        "1 finding in 1 account that was not read, or not in full, this time is carried on from the run before; \
         nothing of that account counts as resolved."
    );
    assert_eq!(carried(3, 0), None);
}

#[test]
fn the_findings_of_a_first_run_are_listed_once_as_the_worst() {
    let mut world = World::read();
    world.assessment.change = Change::First;
    world.add(&finding((12, "Example Corp"), "alice", RootMfa, New, "2026-11-21", ""));
    let digest = world.render();
    assert_order(&digest.text, &["\nFINDINGS, THE WORST FIRST\n", "alice", "\nCOVERAGE\n"]);
    assert_eq!((digest.text.matches("alice").count(), digest.html.matches("alice").count()), (1, 1));
    assert!(!digest.text.contains("\nNEW\n") && !digest.html.contains(">New</h3>"));
}

#[test]
fn a_digest_says_how_many_findings_there_are_by_severity_and_rule() {
    let digest = realistic().render();
    assert_order(
        &digest.text,
        &[
            "  Critical          1  (1 new)\n  High              4  (2 new)\n  Medium            7  (1 new)\n  Low               1\n",
        ],
    );
    assert_order(
        &digest.text,
        &[
            "\nBY RULE\n",
            "  Critical: Root user without MFA (CIS 2.5)\n    1 new, 0 open, 0 resolved, 0 exempted\n",
            "  High: Console password without MFA (CIS 2.10)\n    1 new, 2 open, 1 resolved, 1 exempted\n",
            "  Low: Two active access keys\n    0 new, 1 open, 0 resolved, 0 exempted\n",
        ],
    );
    assert_order(
        &on_one_line(&digest.text),
        &[
            "No finding by: Root user with an active access key; Root user with an active signing certificate; Access key made",
        ],
    );
    let nothing = World::read().render();
    for content in [&nothing.text, &nothing.html] {
        assert!(content.contains("No finding by any of the 10 rules."), "{content}");
    }
}

#[test]
fn a_report_that_was_judged_only_in_part_is_not_called_well() {
    let well = World::read().render();
    assert!(well.html.contains("class=\"good\""), "{}", well.html);
    let mut world = World::read();
    world.assessment.accounts_judged_in_part = 1;
    let digest = world.render();
    assert!(!digest.html.contains("class=\"good\""), "{}", digest.html);
    assert!(on_one_line(&digest.text).contains("1 account could be judged only in part."), "{}", digest.text);
}
