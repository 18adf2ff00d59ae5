//! What an assessment tells beside its findings: notes, and the accounts that have findings.

use super::*;

fn notes(report: &str) -> Vec<String> {
    let mut kept = Kept::default();
    let mut assessor = Assessor::new(criteria(FIRST), Before::first(), None);
    assessor.read(report.as_bytes(), &mut kept).unwrap();
    assessor.finish(Coverage::of_reports(), &mut kept).unwrap().notes
}

#[test]
fn a_report_in_which_all_is_well_has_no_notes() {
    assert_eq!(notes(&report(&[sound(1, "alice"), sound(2, "bob")])), Vec::<String>::new());
}

#[test]
fn cells_that_cannot_be_read_are_counted_over_all_rows() {
    let one = sound(1, "alice").replacen("N/A,true,false,N/A", "N/A,maybe,false,N/A", 1);
    let two = sound(2, "bob").replacen("N/A,true,false,N/A", "N/A,maybe,perhaps,N/A", 1);
    let noted = notes(&report(&[one, two, sound(3, "carol")]));
    assert_eq!(noted.len(), 2, "{noted:?}");
    assert!(noted[0].ends_with("were not judged: 3"), "{noted:?}");
    assert!(noted[1].ends_with("counts as resolved: 2"), "{noted:?}");
}

#[test]
fn rows_without_an_account_are_counted() {
    let nameless =
        |user: &str| sound(1, user).replace("arn:aws:iam::000000000001:user/", "").replacen("000000000001", "", 1);
    let noted = notes(&report(&[nameless("alice"), sound(2, "bob"), nameless("carol")]));
    assert_eq!(noted, ["rows that do not say which account they are of: 2"]);
}

#[test]
fn five_missing_columns_are_named_and_the_others_counted() {
    let without = |columns: &[&str]| {
        let kept: Vec<usize> = (0..HEADER.split(',').count())
            .filter(|position| !columns.contains(&HEADER.split(',').nth(*position).unwrap()))
            .collect();
        let cut = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            kept.iter().map(|position| cells[*position]).collect::<Vec<_>>().join(",")
        };
        notes(&format!("{}\r\n{}\r\n", cut(HEADER), cut(&sound(1, "alice"))))
    };
    let columns = [
        "user_creation_time",
        "access_key_1_last_used_region",
        "access_key_1_last_used_service",
        "access_key_2_last_used_region",
        "access_key_2_last_used_service",
        "password_next_rotation",
        "access_key_2_last_rotated",
    ];
    let five = without(&columns[..5]).remove(0);
    let named = columns[..5].iter().all(|column| five.contains(column));
    assert!(named && !five.contains("more"), "{five}");
    let seven = without(&columns).remove(0);
    assert!(seven.contains(" and 2 more, so what they would say was not judged"), "{seven}");
}

#[test]
fn findings_of_a_rule_that_is_not_known_any_more_are_counted() {
    let mut first = first_run();
    for finding in &mut first.findings[..2] {
        finding.rule = "a-rule-of-tomorrow".into();
    }
    let mut file = None;
    let coverage = ledger(&[(1, Outcome::Timeout), (2, Outcome::Reported)], true);
    let rows = [without_mfa(2, "carol")];
    let (assessment, _) = assessed(&rows, SECOND, since(&first, &mut file), coverage);
    let expected = "findings of the run before by rules that this version does not have: 2";
    assert!(assessment.notes.iter().any(|note| note == expected), "{:?}", assessment.notes);
}

#[test]
fn accounts_with_findings_have_their_names_and_others_are_not_among_them() {
    let rows = [without_mfa(1, "alice"), sound(2, "bob")];
    let mut file = None;
    let mut first = first_run();
    for finding in &mut first.findings {
        finding.account_name = format!("{} before", finding.account_name).into();
    }
    // The finding in account 2 is gone, and the one in account 3 is carried on: only the run before knows its name.
    let mut carried_on = first.findings[2].clone();
    carried_on.account_id = "000000000003".into();
    first.findings.push(carried_on);
    let coverage = ledger(&[(1, Outcome::Reported), (2, Outcome::Reported), (3, Outcome::Timeout)], true);
    let (assessment, _) = assessed(&rows, SECOND, since(&first, &mut file), coverage);
    let named: Vec<(&str, &str)> =
        assessment.accounts.iter().map(|one| (one.account_id.as_str(), one.account_name.as_str())).collect();
    assert_eq!(named, [("000000000001", "account 1"), ("000000000003", "account 2 before")]);
    assert_eq!(assessment.accounts_with_findings, 2);
}
