//! Findings of accounts that were not read.

use super::*;

/// Three runs: carol is exempted in the second, and her account is not read in the third. With which list, and as what run,
/// the third finds the second's: how many findings are not exempted any more, and the lines.
fn after_an_exemption(user: &str, is_same_run: bool) -> (u64, Vec<String>) {
    let list = |user: &str| {
        Exemptions::parse(format!(r#"[{{"user": "{user}", "reason": "r", "until": "2026-12-31"}}]"#).as_bytes())
    };
    let mut file = None;
    let unread = || ledger(&[(1, Outcome::Reported), (2, Outcome::Timeout)], true);
    let rows = [without_mfa(1, "alice"), without_mfa(1, "bob")];
    let before = since(&first_run(), &mut file);
    let (second, kept) = assessed_with(&rows, SECOND, before, unread(), Some(&mut list("carol")));
    assert_eq!(kept.lines().last().unwrap(), "carol exempted 2026-11-20");
    let own = kept.file();
    let (before, as_of) = if is_same_run {
        (LoadingBefore::same_run(own.path(), second.change).unwrap().read_to_end().unwrap(), SECOND)
    } else {
        (Before::run(own.path(), SECOND.parse().ok()).unwrap(), THIRD)
    };
    let (third, kept) = assessed_with(&rows, as_of, before, unread(), Some(&mut list(user)));
    (third.no_longer_exempted, kept.lines())
}

#[test]
fn a_finding_that_is_carried_on_and_not_exempted_any_more_is_counted() {
    let (count, lines) = after_an_exemption("nobody", false);
    assert_eq!((count, lines.last().unwrap().as_str()), (1, "carol open 2026-11-20"));
}

#[test]
fn one_that_is_exempted_still_or_never_was_is_not() {
    let (count, lines) = after_an_exemption("carol", false);
    assert_eq!((count, lines.last().unwrap().as_str()), (0, "carol exempted 2026-11-20"));
    let mut file = None;
    let before = since(&first_run(), &mut file);
    let coverage = ledger(&[(1, Outcome::Timeout), (2, Outcome::Timeout)], true);
    let (assessment, kept) = assessed(&[], SECOND, before, coverage);
    assert_eq!((assessment.no_longer_exempted, kept.findings.len()), (0, 3));
}

#[test]
fn a_repeat_of_the_event_counts_none() {
    let (count, lines) = after_an_exemption("nobody", true);
    assert_eq!((count, lines.last().unwrap().as_str()), (0, "carol exempted 2026-11-20"));
}

#[test]
fn without_a_ledger_an_account_that_has_rows_was_read_and_no_other() {
    let mut file = None;
    let before = since(&first_run(), &mut file);
    let (assessment, kept) = assessed(&[without_mfa(1, "alice")], SECOND, before, Coverage::of_reports());
    assert_eq!(kept.lines(), ["alice open 2026-11-20", "bob resolved 2026-11-20", "carol open 2026-11-20"]);
    assert_eq!(assessment.not_covered, NotCovered { accounts: 1, findings: 1 });
}
