mod carried_on;
mod repeated;
mod told;

use std::io::Write;

use tempfile::NamedTempFile;

use super::*;
use crate::exemption::Exemptions;
use crate::ledger::{LedgerRow, Outcome};
use crate::testing::ledger_row;

const HEADER: &str = "account_id,account_name,org_id,ou_path,account_state,report_generated_time,user,arn,\
                      user_creation_time,password_enabled,password_last_used,password_last_changed,\
                      password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,\
                      access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,\
                      access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
                      access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
                      cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

/// A user with a password, no MFA, and nothing else that is wrong.
fn without_mfa(account: u64, user: &str) -> String {
    format!(
        "{account:012},account {account},o-a,o-a/r-b/,ACTIVE,2026-11-21T05:00:00Z,{user},\
         arn:aws:iam::{account:012}:user/{user},2026-01-01T00:00:00Z,true,2026-11-20T00:00:00Z,2026-01-01T00:00:00Z,\
         N/A,false,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    )
}

/// The same with MFA: no finding.
fn sound(account: u64, user: &str) -> String {
    without_mfa(account, user).replace("N/A,false,false,N/A,N/A,N/A,N/A,false", "N/A,true,false,N/A,N/A,N/A,N/A,false")
}

fn report(rows: &[String]) -> String {
    format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"))
}

fn criteria(as_of: &str) -> Criteria {
    Criteria {
        as_of: as_of.parse().unwrap(),
        cis_version: CisVersion::V7,
        thresholds: Thresholds { unused_days: 45, key_rotation_days: 90, root_use_days: 1 },
    }
}

const FIRST: &str = "2026-11-20T06:00:00Z";
const SECOND: &str = "2026-11-21T06:00:00Z";
const THIRD: &str = "2026-11-22T06:00:00Z";

/// Keeps lines and rows.
#[derive(Debug, Default)]
struct Kept {
    findings: Vec<Finding<'static>>,
    rows: Vec<(String, usize)>,
}

impl Sink for Kept {
    fn row(&mut self, row: &AssessedRow<'_>) -> io::Result<()> {
        self.rows.push((row.row.user.to_owned(), row.findings.len()));
        Ok(())
    }

    fn finding(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.findings.push(finding.clone().into_owned());
        Ok(())
    }
}

impl Kept {
    /// User, status and first day of every finding.
    fn lines(&self) -> Vec<String> {
        self.findings.iter().map(|one| format!("{} {} {}", one.user, one.status.as_str(), one.since)).collect()
    }

    /// As the next run finds it.
    fn file(&self) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        for finding in &self.findings {
            writeln!(file, "{}", serde_json::to_string(finding).unwrap()).unwrap();
        }
        file
    }
}

fn assessed(rows: &[String], as_of: &str, before: Before, coverage: Coverage) -> (Assessment, Kept) {
    assessed_with(rows, as_of, before, coverage, None)
}

fn assessed_with(
    rows: &[String],
    as_of: &str,
    before: Before,
    coverage: Coverage,
    exemptions: Option<&mut Exemptions>,
) -> (Assessment, Kept) {
    let mut kept = Kept::default();
    let mut assessor = Assessor::new(criteria(as_of), before, exemptions);
    assessor.read(report(rows).as_bytes(), &mut kept).unwrap();
    let assessment = assessor.finish(coverage, &mut kept).unwrap();
    (assessment, kept)
}

fn ledger(accounts: &[(u64, Outcome)], is_whole: bool) -> Coverage {
    let rows = accounts.iter().map(|(id, outcome)| LedgerRow { outcome: *outcome, ..ledger_row(id) });
    Coverage::of_ledger(&rows.collect::<Vec<_>>(), is_whole)
}

/// Findings of alice and bob in account 1 and of carol in account 2, all first seen in the first run.
fn first_run() -> Kept {
    let rows = [without_mfa(1, "alice"), without_mfa(1, "bob"), without_mfa(2, "carol")];
    let coverage = ledger(&[(1, Outcome::Reported), (2, Outcome::Reported)], true);
    assessed(&rows, FIRST, Before::first(), coverage).1
}

fn since(kept: &Kept, file: &mut Option<NamedTempFile>) -> Before {
    let file = file.insert(kept.file());
    Before::run(file.path(), FIRST.parse().ok()).unwrap()
}

#[test]
fn in_the_first_run_every_finding_is_new_and_the_rows_go_to_the_sink() {
    let rows = [without_mfa(1, "alice"), sound(1, "dora"), without_mfa(2, "carol")];
    let (assessment, kept) = assessed(&rows, FIRST, Before::first(), Coverage::of_reports());
    assert_eq!(kept.lines(), ["alice new 2026-11-20", "carol new 2026-11-20"]);
    assert_eq!(kept.rows, [("alice".to_owned(), 1), ("dora".to_owned(), 0), ("carol".to_owned(), 1)]);
    assert_eq!(assessment.change, Change::First);
    assert_eq!(assessment.counts.of(Rule::ConsoleMfa, Status::New), 2);
    assert_eq!((assessment.new.all(), assessment.open.all(), assessment.accounts_with_findings), (2, 0, 2));
    assert_eq!(assessment.totals.rows, 3);
    assert_eq!(assessment.notes, Vec::<String>::new());
    let first = &kept.findings[0];
    assert_eq!((&*first.account_id, &*first.account_name, &*first.ou_path), ("000000000001", "account 1", "o-a/r-b/"));
    assert_eq!(first.cis.as_deref(), Some("2.10"));
}

#[test]
fn against_the_run_before_findings_are_new_open_or_resolved_and_resolved_only_once() {
    let mut file = None;
    let rows = [without_mfa(1, "alice"), sound(1, "bob"), without_mfa(1, "new"), without_mfa(2, "carol")];
    let coverage = || ledger(&[(1, Outcome::Reported), (2, Outcome::ReportedPartially)], true);
    let (assessment, second) = assessed(&rows, SECOND, since(&first_run(), &mut file), coverage());
    assert_eq!(
        second.lines(),
        ["alice open 2026-11-20", "new new 2026-11-21", "carol open 2026-11-20", "bob resolved 2026-11-20"]
    );
    assert_eq!(assessment.change, Change::Since(FIRST.parse().ok()));
    assert!(assessment.has_changed() && assessment.has_findings());
    assert_eq!((assessment.new.all(), assessment.open.all(), assessment.resolved.all()), (1, 2, 1));
    let (assessment, third) = assessed(&rows, THIRD, since(&second, &mut file), coverage());
    assert_eq!(third.lines(), ["alice open 2026-11-20", "new open 2026-11-21", "carol open 2026-11-20"]);
    assert!(!assessment.has_changed() && assessment.has_findings());
}

#[test]
fn an_account_that_was_not_read_resolves_nothing_and_its_findings_are_carried_on() {
    let mut file = None;
    for outcome in [Outcome::AssumeDenied, Outcome::Throttled, Outcome::NotAttempted, Outcome::SkippedState] {
        let coverage = || ledger(&[(1, Outcome::Reported), (2, outcome)], true);
        let rows = [without_mfa(1, "alice")];
        let (assessment, second) = assessed(&rows, SECOND, since(&first_run(), &mut file), coverage());
        assert_eq!(second.lines(), ["alice open 2026-11-20", "bob resolved 2026-11-20", "carol open 2026-11-20"]);
        assert_eq!(second.findings.iter().map(|one| one.covered).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(assessment.not_covered, NotCovered { accounts: 1, findings: 1 });
        assert_eq!(assessment.counts.with_status(Status::Open), 2);
        assert_eq!(assessment.open.all(), 1, "what was not read is not among the worst of what was");
        // Read again, it is the same finding since the same day.
        let again = [without_mfa(1, "alice"), without_mfa(2, "carol")];
        let coverage = ledger(&[(1, Outcome::Reported), (2, Outcome::Reported)], true);
        let (_, third) = assessed(&again, THIRD, since(&second, &mut file), coverage);
        assert_eq!(third.lines(), ["alice open 2026-11-20", "carol open 2026-11-20"]);
        assert!(third.findings.iter().all(|finding| finding.covered));
    }
}

#[test]
fn an_account_that_left_resolves_its_findings_unless_the_listing_broke_off() {
    let mut file = None;
    for (is_whole, expected, covered) in [(true, "resolved", true), (false, "open", false)] {
        let rows = [without_mfa(1, "alice"), without_mfa(1, "bob")];
        let coverage = ledger(&[(1, Outcome::Reported)], is_whole);
        let (_, second) = assessed(&rows, SECOND, since(&first_run(), &mut file), coverage);
        let last = second.findings.last().unwrap();
        assert_eq!((&*last.user, last.status.as_str(), last.covered), ("carol", expected, covered));
        assert_eq!(last.detail.contains("not in the Organization any more"), is_whole);
    }
}

#[test]
fn where_the_run_before_cannot_be_compared_with_all_are_open_and_none_is_resolved() {
    let rows = [without_mfa(1, "alice")];
    let (assessment, kept) = assessed(&rows, SECOND, Before::unknown("it is missing"), Coverage::of_reports());
    assert_eq!(kept.lines(), ["alice open 2026-11-21"]);
    assert_eq!(assessment.change, Change::Unknown("it is missing".to_owned()));
    assert!(assessment.has_changed(), "what may have changed is not silent");
}

#[test]
fn findings_that_are_broken_say_at_which_line() {
    let whole = first_run().file();
    let text = std::fs::read_to_string(whole.path()).unwrap();
    let third = text.rfind("{\"account_id\"").unwrap();
    for (broken, line) in [
        ("<html>busy</html>".to_owned(), 1),
        (format!("{text}\n"), 4),
        (text[..text.len() - 20].to_owned(), 3),
        (format!("{}[]\n{}", &text[..third], &text[third..]), 3),
        (text.replace("2026-11-20", "20 November"), 1),
        ("{\"account_id\":\"1\"}\n".to_owned(), 1),
        ("x".repeat(1_000_000), 1),
    ] {
        std::fs::write(whole.path(), broken).unwrap();
        match Before::run(whole.path(), None) {
            Err(Unusable::NotAFinding { line: found }) => assert_eq!(found, line),
            other => panic!("{other:?}"),
        }
    }
    std::fs::write(whole.path(), "").unwrap();
    assert!(Before::run(whole.path(), None).is_ok(), "a run without findings is a run");
    assert!(matches!(Before::run(std::path::Path::new("/nowhere"), None), Err(Unusable::Unreadable(_))));
}

#[test]
fn a_repeated_event_finds_what_its_first_delivery_found() {
    let mut file = None;
    let rows = [without_mfa(1, "alice"), without_mfa(1, "new")];
    let coverage = || ledger(&[(1, Outcome::Reported), (2, Outcome::Denied)], true);
    let (first, own) = assessed(&rows, SECOND, since(&first_run(), &mut file), coverage());
    let own_file = own.file();
    let before = LoadingBefore::same_run(own_file.path(), first.change.clone()).unwrap().read_to_end().unwrap();
    let (again, repeated) = assessed(&rows, SECOND, before, coverage());
    assert_eq!(repeated.findings, own.findings);
    assert_eq!((again.change, again.counts, again.not_covered), (first.change, first.counts, first.not_covered));
    assert_eq!(again.resolved.all(), first.resolved.all());
}

#[test]
fn an_exempted_finding_is_open_again_since_it_was_first_seen_when_the_exemption_ends() {
    let list = |until: &str| {
        Exemptions::parse(format!(r#"[{{"user": "alice", "reason": "r", "until": "{until}"}}]"#).as_bytes())
    };
    let mut file = None;
    let rows = [without_mfa(1, "alice"), without_mfa(1, "bob"), without_mfa(2, "carol")];
    let mut exemptions = list("2026-11-21");
    let before = since(&first_run(), &mut file);
    let (assessment, second) = assessed_with(&rows, SECOND, before, Coverage::of_reports(), Some(&mut exemptions));
    assert_eq!(second.lines(), ["alice exempted 2026-11-20", "bob open 2026-11-20", "carol open 2026-11-20"]);
    assert_eq!(assessment.exemptions.map(|review| (review.used, review.problems.len())), Some((1, 0)));
    assert_eq!(assessment.counts.with_status(Status::Exempted), 1);
    assert_eq!(assessment.accounts.iter().map(|one| one.counts).collect::<Vec<_>>(), [[0, 1, 0, 0]; 2]);
    let mut exemptions = list("2026-11-21");
    let before = since(&second, &mut file);
    let (assessment, third) = assessed_with(&rows, THIRD, before, Coverage::of_reports(), Some(&mut exemptions));
    assert_eq!(third.lines(), ["alice open 2026-11-20", "bob open 2026-11-20", "carol open 2026-11-20"]);
    assert_eq!(assessment.exemptions.unwrap().problems.len(), 1, "it has expired");
}

#[test]
fn an_exempted_finding_stays_so_where_its_account_was_not_read() {
    let mut exemptions = Exemptions::parse(br#"[{"user": "carol", "reason": "r", "until": "2026-12-31"}]"#);
    let mut file = None;
    let before = since(&first_run(), &mut file);
    let coverage = ledger(&[(1, Outcome::Reported), (2, Outcome::Timeout)], true);
    let rows = [without_mfa(1, "alice"), without_mfa(1, "bob")];
    let (assessment, second) = assessed_with(&rows, SECOND, before, coverage, Some(&mut exemptions));
    assert_eq!(second.lines().last().unwrap(), "carol exempted 2026-11-20");
    assert_eq!(assessment.exemptions.unwrap().problems, Vec::<String>::new());
    assert_eq!(assessment.not_covered.findings, 1);
}

#[test]
fn an_account_that_could_not_be_judged_in_full_resolves_nothing() {
    let mut file = None;
    for (cell, other) in [("N/A,false,false,N/A", "N/A,perhaps,false,N/A"), ("N/A,false,false,N/A", "N/A,,false,N/A")] {
        let rows = [without_mfa(1, "alice").replacen(cell, other, 1), without_mfa(2, "carol")];
        let coverage = ledger(&[(1, Outcome::Reported), (2, Outcome::Reported)], true);
        let (assessment, second) = assessed(&rows, SECOND, since(&first_run(), &mut file), coverage);
        assert_eq!(second.lines(), ["carol open 2026-11-20", "alice open 2026-11-20", "bob open 2026-11-20"]);
        assert!(assessment.notes.last().unwrap().ends_with("counts as resolved: 1"), "{:?}", assessment.notes);
        assert_eq!(assessment.not_covered, NotCovered { accounts: 1, findings: 2 });
    }
}

#[test]
fn a_report_as_the_console_gives_it_names_its_account_in_its_arns() {
    let report = "user,arn,user_creation_time,password_enabled,mfa_active\n\
                  <root_account>,arn:aws-cn:iam::123456789012:root,x,not_supported,false\n\
                  who,not an ARN,x,false,false\n";
    let mut kept = Kept::default();
    let mut assessor = Assessor::new(criteria(FIRST), Before::first(), None);
    assessor.read(report.as_bytes(), &mut kept).unwrap();
    let assessment = assessor.finish(Coverage::of_reports(), &mut kept).unwrap();
    assert_eq!(&*kept.findings[0].account_id, "123456789012");
    assert_eq!((&*kept.findings[0].rule, kept.findings.len()), ("root-mfa", 1));
    let notes = assessment.notes.join("\n");
    assert!(notes.contains("lacks the columns password_last_used, password_last_changed"), "{notes}");
    assert!(notes.contains("rows that do not say which account they are of: 1"), "{notes}");
    let error = Assessor::new(criteria(FIRST), Before::first(), None).read(&b"a,b\n1,2\n"[..], &mut kept).unwrap_err();
    assert!(matches!(error, AssessmentError::ColumnMissing("user")), "{error}");
}

#[test]
fn a_report_with_a_column_twice_is_none() {
    for (header, expected) in [
        ("user,arn,mfa_active,mfa_active", r#"its first line names the column "mfa_active" twice"#),
        ("user,arn,,", r#"its first line names the column "" twice"#),
        ("user,arn,\u{1b}[2J,\u{1b}[2J", r#"its first line names the column " [2J" twice"#),
    ] {
        let error = Reading::begin(header.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert!(Reading::begin(&b"user,arn,,zz"[..]).unwrap().lacks_columns());
    assert!(!Reading::begin(report(&[]).as_bytes()).unwrap().lacks_columns());
}

#[test]
fn findings_have_names_without_the_guard_of_a_guarded_report() {
    let text = report(&[without_mfa(1, "'=cmd").replace("account 1", "'@home")]);
    for (is_guarded, name) in [(true, "@home"), (false, "'@home")] {
        let mut kept = Kept::default();
        let mut assessor = Assessor::new(criteria(FIRST), Before::first(), None);
        let mut reading = Reading::begin(text.as_bytes()).unwrap().guarded(is_guarded);
        while assessor.read_some(&mut reading, 1, &mut kept).unwrap() {}
        assert_eq!((&*kept.findings[0].user, &*kept.findings[0].account_name), ("=cmd", name));
    }
}

#[test]
fn the_worst_accounts_come_first() {
    let root = without_mfa(3, "x")
        .replace(",x,arn:aws:iam::000000000003:user/x", ",<root_account>,arn:aws:iam::000000000003:root");
    let rows = [without_mfa(2, "a"), without_mfa(1, "a"), root, without_mfa(2, "b")];
    let (assessment, _) = assessed(&rows, FIRST, Before::first(), Coverage::of_reports());
    let ids: Vec<&str> = assessment.accounts.iter().map(|one| one.account_id.trim_start_matches('0')).collect();
    assert_eq!(ids, ["3", "2", "1"]);
    let worst = assessment.new.first();
    assert_eq!(worst.first().map(|finding| &*finding.rule), Some("root-mfa"));
}
