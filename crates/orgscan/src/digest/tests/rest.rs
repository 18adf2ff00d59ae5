//! What a digest says of what it has no room for: only what is true of the files that there are.

use super::on_one_line;
use super::world::World;
use crate::assessment::{AccountFindings, NotCovered};
use crate::exemption::ExemptionReview;
use crate::finding::Status::{self, New, Resolved};
use crate::ledger::Outcome;
use crate::report_page::TABLE_ROW_LIMIT;
use crate::rule::Rule;

const IN_THE_FINDINGS_FILE: &str = "all of them are in the findings file";
const ON_THE_PAGE: &str = "all of them are on the report page";

/// What there is to refer to.
#[derive(Debug, Clone, Copy)]
struct Files {
    findings: bool,
    page: bool,
    of_a_run: bool,
}

/// Every choice of findings file and page.
fn choices(of_a_run: bool) -> [Files; 4] {
    [(true, true), (true, false), (false, true), (false, false)].map(|(findings, page)| Files {
        findings,
        page,
        of_a_run,
    })
}

/// With only these files.
fn leave(files: Files, world: &mut World) {
    if !files.findings {
        world.findings_location = None;
    }
    if !files.page {
        world.page_location = None;
    }
    if !files.of_a_run {
        world.ledger = None;
    }
}

/// What the text says after this, to the end of the sentence; the HTML says the same.
fn note(world: &World, before: &str) -> String {
    let digest = world.render();
    let text = on_one_line(&digest.text);
    let (_, note) = text.split_once(before).unwrap_or_else(|| panic!("{before:?} is not there: {text}"));
    let note = note.split_once('.').unwrap().0;
    assert!(on_one_line(&digest.html).replace("&#39;", "'").contains(&format!("{note}.")), "{note}");
    note.to_owned()
}

fn of_findings(status: Status, files: Files) -> String {
    let mut world = World::read().with(&[(Rule::UnusedKey, status, 60)]);
    leave(files, &mut world);
    let shown = if status == Resolved { 20 } else { 50 };
    note(&world, &format!("Showing the worst {shown} of 60; "))
}

#[test]
fn a_digest_says_where_the_rest_of_the_findings_is() {
    let neither = "neither the findings file nor the report page, which have all of them, could be written";
    for (of_a_run, nowhere) in [(true, neither), (false, "orgscan findings lists all of them")] {
        let notes = choices(of_a_run).map(|files| of_findings(New, files));
        assert_eq!(notes, [IN_THE_FINDINGS_FILE, IN_THE_FINDINGS_FILE, ON_THE_PAGE, nowhere]);
    }
}

#[test]
fn a_digest_refers_to_the_page_for_no_finding_that_is_gone() {
    for of_a_run in [true, false] {
        let notes = choices(of_a_run).map(|files| of_findings(Resolved, files));
        assert_eq!(
            notes,
            [IN_THE_FINDINGS_FILE, IN_THE_FINDINGS_FILE, "40 more are not shown", "40 more are not shown"]
        );
    }
    let mut world = World::read().with(&[(Rule::UnusedKey, Resolved, 21)]);
    world.findings_location = None;
    assert_eq!(note(&world, "Showing the worst 20 of 21; "), "1 more is not shown");
}

#[test]
fn a_digest_refers_to_the_page_only_where_the_page_has_room_for_every_row() {
    for (rows, expected) in [(TABLE_ROW_LIMIT, ON_THE_PAGE), (TABLE_ROW_LIMIT + 1, "10 more are not shown")] {
        let mut world = World::read().with(&[(Rule::UnusedKey, New, 60)]);
        world.findings_location = None;
        world.assessment.totals.rows = rows;
        assert_eq!(note(&world, "Showing the worst 50 of 60; "), expected);
    }
}

#[test]
fn a_digest_refers_to_the_page_for_no_account_that_was_not_read() {
    for (findings, is_file, expected) in
        [(0, false, ON_THE_PAGE), (1, false, "30 more are not shown"), (1, true, IN_THE_FINDINGS_FILE)]
    {
        let mut world = World::read();
        if !is_file {
            world.findings_location = None;
        }
        world.assessment.not_covered = NotCovered { accounts: findings, findings };
        let account =
            AccountFindings { account_id: "12".to_owned(), account_name: String::new(), counts: [1, 0, 0, 0] };
        world.assessment.accounts = vec![account; 40];
        world.assessment.accounts_with_findings = 40;
        assert_eq!(note(&world, "Showing the worst 10 of 40; "), expected);
    }
}

#[test]
fn a_digest_refers_to_the_coverage_ledger_only_where_it_was_written() {
    let mut world = World::empty();
    for id in 0..30 {
        world.account(id, "an account", Outcome::AssumeDenied, "");
    }
    assert_eq!(note(&world, "Showing 20 of 30; "), "all of them are in the coverage ledger");
    world.coverage_location = None;
    assert_eq!(note(&world, "Showing 20 of 30; "), "10 more are not shown");
}

#[test]
fn a_digest_says_where_the_rest_of_problems_and_notes_is() {
    let lines = |what: &str, count: usize| (0..count).map(|line| format!("{what} {line}")).collect::<Vec<_>>();
    let world = |problems, own_notes, warnings, of_a_run| {
        let mut world = World::read();
        leave(Files { findings: true, page: true, of_a_run }, &mut world);
        world.assessment.exemptions = Some(ExemptionReview { used: 0, problems: lines("problem", problems) });
        world.assessment.notes = lines("note", own_notes);
        world.warnings = lines("warning", warnings);
        world
    };
    assert_eq!(note(&world(11, 0, 0, true), " problem 9 "), "1 more is in the run's summary");
    assert_eq!(note(&world(0, 5, 10, true), " warning 4 "), "5 more are in the run's summary");
    assert_eq!(note(&world(0, 12, 3, true), " note 9 "), "5 more are on the report page or in the run's summary");
    let mut without_page = world(0, 12, 0, true);
    without_page.page_location = None;
    assert_eq!(note(&without_page, " note 9 "), "2 more are not shown");
    let offline = "2 more are not shown; orgscan findings says all of them";
    assert_eq!(note(&world(12, 0, 0, false), " problem 9 "), offline);
    assert_eq!(note(&world(0, 12, 0, false), " note 9 "), offline);
}
