//! The largest Organizations and the longest names.

use super::world::{World, finding, since};
use super::{assert_lines_are_short, on_one_line};
use crate::account::OrgId;
use crate::assessment::Change;
use crate::digest::{AttachedFile, AttachmentChoice, Digest, HTML_LIMIT_BYTES};
use crate::exemption::ExemptionReview;
use crate::finding::{Finding, Status};
use crate::ledger::Outcome;
use crate::rule::Rule;

/// An Organization of so many accounts, and so many findings in each.
pub(super) fn large(accounts: u64, findings: u64) -> World {
    let mut world = World::empty();
    for account in 0..accounts {
        let name = format!("workload-{account}");
        world.account(account + 12, &name, Outcome::Reported, "");
        for user in 0..findings {
            let (rule, status) = kind(account + user);
            let user = format!("user-{account}-{user}@example.com");
            let detail = "access key 1 was last used 45 days ago, in eu-central-1 with s3";
            world.add(&finding((12, "Example Corp"), &user, rule, status, "2026-11-01", detail));
        }
    }
    world
}

fn kind(number: u64) -> (Rule, Status) {
    let number = usize::try_from(number).unwrap();
    (Rule::ALL[number % Rule::ALL.len()], Status::ALL[number / Rule::ALL.len() % Status::ALL.len()])
}

/// The users of the findings that are shown, in their order.
fn users(content: &str) -> Vec<String> {
    let is_end = |one: char| !(one.is_ascii_alphanumeric() || one == '-');
    content.split("user-").skip(1).map(|rest| rest.split(is_end).next().unwrap().to_owned()).collect()
}

fn assert_lists_the_same(digest: &Digest) -> usize {
    let users_of_html = users(&digest.html);
    assert_eq!(users(&digest.text), users_of_html);
    assert_lines_are_short(&digest.text);
    users_of_html.len()
}

#[test]
fn a_digest_of_10_000_accounts_with_60_000_users_lists_the_same_findings_as_html_and_as_text() {
    let digest = large(10_000, 6).render();
    assert_eq!(assert_lists_the_same(&digest), 50 + 30 + 20);
    let text = on_one_line(&digest.text);
    let html = on_one_line(&digest.html);
    for content in [&text, &html] {
        for (shown, all) in [(50, "15,000"), (30, "15,000"), (20, "15,000")] {
            let note = format!("Showing the worst {shown} of {all}; all of them are in the findings file.");
            assert!(content.contains(&note), "{note}");
        }
    }
}

#[test]
fn a_digest_stays_below_its_limit_whatever_the_size_of_the_organization() {
    for (accounts, findings) in [(0, 0), (1, 0), (1, 2_000), (100, 50), (10_000, 0)] {
        assert_lists_the_same(&large(accounts, findings).render());
    }
}

/// Everything that comes from outside, as long as it may be and longer.
fn hostile(worst: &str, accounts: usize, users: usize, change: &Change) -> World {
    let long = worst.repeat(1_200);
    let mut world = World::empty();
    world.org_id = OrgId::new(long.clone());
    world.assessment.change = change.clone();
    for id in 0..accounts {
        world.account(id as u64, &long, Outcome::ALL[id % Outcome::ALL.len()], &long);
    }
    for id in 0..users {
        let (rule, status) = kind(id as u64);
        let status = if *change == Change::First { Status::New } else { status };
        // The name says which it is, within what is shown of it.
        let user = format!("user-{id}-{long}");
        world.add(&Finding {
            age_days: u32::try_from(id).ok(),
            ..finding((12, &long), &user, rule, status, &long, &long)
        });
    }
    let template = world.assessment.accounts.first().unwrap().clone();
    world.assessment.accounts = vec![template; 100];
    world.assessment.accounts_with_findings = accounts as u64;
    world.assessment.exemptions = Some(ExemptionReview { used: 1, problems: vec![long.clone(); 100] });
    world.assessment.notes = vec![long.clone(); 50];
    world.warnings = vec![long.clone(); 50];
    world.findings_location = Some(long.clone());
    world.page_location = Some(long.clone());
    world.report_location = Some(long.clone());
    world.coverage_location = Some(long);
    world
}

#[test]
fn a_digest_of_the_longest_and_worst_texts_stays_below_its_limit() {
    for worst in ["&", "<", "\"", "'", "\u{1f4a3}", "中", "\n", "="] {
        for change in [since(), Change::First, Change::Unknown(worst.repeat(1_200))] {
            let mut world = hostile(worst, 240, 480, &change);
            for attachment in [
                AttachmentChoice::TooLarge,
                AttachmentChoice::Attached(AttachedFile {
                    file_name: worst.repeat(1_200),
                    content_type: "application/gzip",
                    content: Vec::new(),
                }),
            ] {
                world.attachment = Some(attachment);
                let digest = world.render();
                let shown = users(&digest.html);
                assert_eq!(users(&digest.text), shown, "{worst:?}");
                assert!(shown.len() >= 10, "{worst:?}: only {} findings fitted", shown.len());
                let text = on_one_line(&digest.text);
                for note in [
                    " of 180; all of them are in the coverage ledger.",
                    " of 240; all of them are in the findings file.",
                    " more are in the run's summary.",
                ] {
                    assert!(text.contains(note), "{worst:?}: {note}");
                }
            }
        }
    }
}

/// As long as S3 allows, of characters that a link needs escapes for.
fn longest_location(worst: &str) -> String {
    format!("s3://{}/{}", "b".repeat(63), worst.repeat(1_024 / worst.len()))
}

#[test]
fn a_digest_with_links_to_the_longest_and_worst_keys_stays_below_its_limit() {
    for worst in ["&", "<", "\"", "'", "\u{1f4a3}", "中", "\n", " "] {
        for change in [since(), Change::First, Change::Unknown(worst.repeat(1_200))] {
            let mut world = hostile(worst, 240, 480, &change);
            world.attachment = Some(AttachmentChoice::Attached(AttachedFile {
                file_name: worst.repeat(1_200),
                content_type: "application/gzip",
                content: Vec::new(),
            }));
            for location in [
                &mut world.findings_location,
                &mut world.page_location,
                &mut world.report_location,
                &mut world.coverage_location,
            ] {
                *location = Some(longest_location(worst));
            }
            let digest = world.render();
            let link = format!("href=\"https://console.aws.amazon.com/s3/object/{}?prefix=%", "b".repeat(63));
            assert_eq!(digest.html.matches(&link).count(), 4, "{worst:?}");
            let shown = users(&digest.html);
            assert_eq!(users(&digest.text), shown, "{worst:?}");
            assert!(shown.len() >= 10, "{worst:?}: only {} findings fitted", shown.len());
        }
    }
}

#[test]
fn a_digest_of_60_000_hostile_names_fills_the_room_there_is() {
    let digest = hostile("<&", 10_000, 60_000, &since()).render();
    let shown = users(&digest.html);
    assert_eq!(users(&digest.text), shown);
    // Findings that come last are the oldest, and of the first rules the worst.
    assert_eq!(shown.first().map(String::as_str), Some("59961-"));
    assert!(digest.html.len() > HTML_LIMIT_BYTES - 5_000, "the HTML has {} bytes", digest.html.len());
}
