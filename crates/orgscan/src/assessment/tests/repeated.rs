//! A repeated event, and what is read again of the run before.

use super::*;

#[test]
fn what_an_earlier_delivery_of_the_same_event_found_gone_is_new_where_it_is_there_after_all() {
    let mut file = None;
    let coverage = || ledger(&[(1, Outcome::Reported), (2, Outcome::Reported)], true);
    let sound_again = [sound(1, "alice"), without_mfa(1, "bob"), without_mfa(2, "carol")];
    let (first, own) = assessed(&sound_again, SECOND, since(&first_run(), &mut file), coverage());
    assert_eq!(own.lines().last().unwrap(), "alice resolved 2026-11-20");
    let own_file = own.file();
    let before = LoadingBefore::same_run(own_file.path(), first.change).unwrap().read_to_end().unwrap();
    let rows = [without_mfa(1, "alice"), without_mfa(1, "bob"), without_mfa(2, "carol")];
    let (_, again) = assessed(&rows, SECOND, before, coverage());
    assert_eq!(again.lines(), ["alice new 2026-11-20", "bob open 2026-11-20", "carol open 2026-11-20"]);
}

#[test]
fn what_an_earlier_delivery_of_the_same_event_exempted_stays_so_whatever_the_list_says_now() {
    let list = |user: &str| {
        Exemptions::parse(format!(r#"[{{"user": "{user}", "reason": "r", "until": "2026-12-31"}}]"#).as_bytes())
    };
    let rows = [without_mfa(1, "alice"), without_mfa(1, "bob")];
    let (first, own) = assessed_with(&rows, FIRST, Before::first(), Coverage::of_reports(), Some(&mut list("alice")));
    let own_file = own.file();
    let before = LoadingBefore::same_run(own_file.path(), first.change).unwrap().read_to_end().unwrap();
    let (again, repeated) = assessed_with(&rows, FIRST, before, Coverage::of_reports(), Some(&mut list("bob")));
    assert_eq!(repeated.lines(), ["alice exempted 2026-11-20", "bob new 2026-11-20"]);
    assert_eq!(again.no_longer_exempted, 0);
}

#[test]
fn the_run_before_is_not_read_again_where_all_of_its_findings_are_there() {
    let mut file = None;
    let before = since(&first_run(), &mut file);
    // It would be an error now.
    drop(file);
    let rows = [without_mfa(1, "alice"), without_mfa(1, "bob"), without_mfa(2, "carol")];
    let (assessment, _) = assessed(&rows, SECOND, before, Coverage::of_reports());
    assert_eq!(assessment.resolved.all(), 0);
}
