mod cells;

use std::io::Read;

use base64::Engine;
use flate2::read::GzDecoder;
use jiff::SignedDuration;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;
use crate::assessment::{Change, Criteria, NotCovered};
use crate::config::CisVersion;
use crate::credential_row::{AccessKey, Certificate, CredentialRow, Flag, Moment, Password};
use crate::finding::{Finding, Status};
use crate::judgement::Thresholds;
use crate::rule::{Credential, Rule};
use crate::trend::TrendRun;

const NOBODY: CredentialRow<'_> = CredentialRow {
    user: "alice",
    arn: "arn:aws:iam::000000000012:user/alice",
    created: Moment::NotApplicable,
    password: Password { enabled: Flag::False, last_used: Moment::NoInformation, last_changed: Moment::NotApplicable },
    mfa: Flag::False,
    keys: [NO_KEY; 2],
    certificates: [NO_CERTIFICATE; 2],
};
const NO_KEY: AccessKey<'_> = AccessKey {
    active: Flag::False,
    last_rotated: Moment::NotApplicable,
    last_used: Moment::NotApplicable,
    last_used_region: "N/A",
    last_used_service: "N/A",
};
const NO_CERTIFICATE: Certificate = Certificate { active: Flag::False, last_rotated: Moment::NotApplicable };

fn time() -> Timestamp {
    "2026-11-21T06:00:00Z".parse().unwrap()
}

fn seconds_ago(seconds: i64) -> Moment {
    Moment::At(time() - SignedDuration::from_secs(seconds))
}

fn days_ago(days: i64) -> Moment {
    seconds_ago(days * 86_400)
}

#[expect(clippy::large_types_passed_by_value, reason = "rows of tests are written where they are used")]
fn assessed<'a>(account_id: &'a str, row: CredentialRow<'a>) -> AssessedRow<'a> {
    AssessedRow { account_id, account_name: "payments", ou_path: "o-a/r-b/", row, findings: &[] }
}

fn assessment(change: Change) -> Assessment {
    Assessment::of_nothing(
        &Criteria {
            as_of: time(),
            cis_version: CisVersion::V7,
            thresholds: Thresholds { unused_days: 45, key_rotation_days: 90, root_use_days: 1 },
        },
        change,
    )
}

fn finding(status: Status) -> Finding<'static> {
    Finding {
        account_id: "000000000012".into(),
        account_name: "payments".into(),
        ou_path: "o-a/r-b/".into(),
        user: "alice".into(),
        user_arn: NOBODY.arn.into(),
        rule: Rule::RootMfa.id().into(),
        credential: Credential::Mfa,
        severity: Rule::RootMfa.severity(),
        cis: None,
        status,
        since: "2026-11-01".into(),
        age_days: None,
        detail: "has a password and no MFA".into(),
        covered: true,
    }
}

fn head() -> PageHead<'static> {
    PageHead { org_id: Some("o-a1b2c3d4e5"), management_account: Some("000000000001"), time: time() }
}

fn page_with(rows: &[AssessedRow<'_>], row_limit: u64, end: &PageEnd<'_>) -> String {
    let mut page = ReportPage::with_row_limit(Vec::new(), &head(), row_limit).unwrap();
    for row in rows {
        page.row(row).unwrap();
    }
    String::from_utf8(page.finish(end).unwrap()).unwrap()
}

fn page_of(rows: &[AssessedRow<'_>], assessment: &Assessment) -> String {
    let end = PageEnd { assessment, trend: &Trend::default(), coverage: None, links: &[] };
    page_with(rows, TABLE_ROW_LIMIT, &end)
}

/// The lines of the data block, the legend first.
fn lines(page: &str) -> Vec<Value> {
    let (_, rest) = page.split_once("id=\"rows\">").unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    let bytes = STANDARD.decode(data.trim()).unwrap();
    let mut text = String::new();
    GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The text of the page's main part, without tags, on one line.
fn text(page: &str) -> String {
    let (_, rest) = page.split_once("<main>").unwrap();
    let (main, _) = rest.split_once("</main>").unwrap();
    let tags = main.split('<').filter_map(|part| part.split_once('>'));
    tags.map(|(_, text)| text.trim()).collect::<Vec<_>>().join(" ")
}

/// The cells of one column of the first block.
fn column(rows: &[AssessedRow<'_>], name: &str) -> Value {
    lines(&page_of(rows, &assessment(Change::First)))[1][name].clone()
}

#[test]
fn the_content_security_policy_names_the_script_and_the_style_by_their_hashes() {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    assert_eq!(SOURCES, format!("script-src {}; style-src {}\n", hash(SCRIPT), hash(STYLE)));
    let page = page_of(&[], &assessment(Change::First));
    assert!(page.contains(&format!("<script>{SCRIPT}</script>")));
    assert!(page.contains(&format!("<style>{STYLE}</style>")));
    let (_, policy) = page.split_once("Content-Security-Policy\" content=\"").unwrap();
    let (policy, _) = policy.split_once('"').unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    for part in ["connect-src 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
}

#[test]
fn what_comes_from_aws_is_base64_or_escaped() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&";
    let mut assessment = assessment(Change::Unknown(hostile.to_owned()));
    let finding = Finding {
        account_id: hostile.into(),
        account_name: hostile.into(),
        ou_path: hostile.into(),
        user: hostile.into(),
        user_arn: hostile.into(),
        since: hostile.into(),
        detail: hostile.into(),
        ..finding(Status::Open)
    };
    assessment.open.add(&finding);
    assessment.open.add(&Finding { rule: hostile.into(), ..finding.clone() });
    assessment.notes.push(hostile.to_owned());
    let console = Password { enabled: Flag::True, ..NOBODY.password };
    let row = AssessedRow {
        account_id: hostile,
        account_name: hostile,
        ou_path: hostile,
        row: CredentialRow { user: hostile, password: console, ..NOBODY },
        findings: &[finding],
    };
    let links = [(hostile.to_owned(), hostile.to_owned())];
    let end = PageEnd { assessment: &assessment, trend: &Trend::default(), coverage: None, links: &links };
    let mut page = ReportPage::new(
        Vec::new(),
        &PageHead { org_id: Some(hostile), management_account: Some(hostile), time: time() },
    )
    .unwrap();
    page.row(&row).unwrap();
    let page = String::from_utf8(page.finish(&end).unwrap()).unwrap();
    assert!(!page.contains("<img") && !page.contains("alert(1)</script>"));
    // The data block and the page's own script.
    assert_eq!(page.matches("<script").count(), 2 + SCRIPT.matches("<script").count());
    assert_eq!(page.matches("</script>").count(), 2);
    assert_eq!(lines(&page)[1]["user"], serde_json::json!([hostile]));
    assert!(page.matches("&#60;img").count() >= 10, "hostile texts are shown");
}

#[test]
fn rows_are_columns_in_blocks_and_each_account_is_told_once() {
    let count = BLOCK_ROWS + 1;
    let mut rows = vec![assessed("000000000012", NOBODY); count];
    rows[count - 1].account_id = "000000000013";
    let lines = lines(&page_of(&rows, &assessment(Change::First)));
    assert_eq!(lines.len(), 3, "the legend and two blocks");
    assert_eq!(lines[0]["rules"][0], serde_json::json!(["root-access-key", "critical"]));
    assert_eq!(lines[1]["accounts"], serde_json::json!([["000000000012", "payments", "o-a/r-b/"]]));
    assert_eq!(lines[1]["account"].as_array().unwrap().len(), BLOCK_ROWS);
    assert_eq!(lines[2]["accounts"], serde_json::json!([["000000000013", "payments", "o-a/r-b/"]]));
    assert_eq!(lines[2]["account"], serde_json::json!([1]));
    assert_eq!(lines[2]["user"], serde_json::json!(["alice"]));
}

#[test]
fn key_ages_fall_into_their_bars_at_each_edge() {
    let key = |days| AccessKey { active: Flag::True, last_rotated: days_ago(days), ..NO_KEY };
    let mut rows: Vec<_> = [0, 30, 31, 60, 61, 90, 91, 180, 181, 365, 366, 4_000]
        .into_iter()
        .map(|days| assessed("1", CredentialRow { keys: [key(days), NO_KEY], ..NOBODY }))
        .collect();
    let undated = AccessKey { active: Flag::True, ..NO_KEY };
    let inactive = AccessKey { active: Flag::False, ..key(500) };
    rows.push(assessed("1", CredentialRow { keys: [undated, inactive], ..NOBODY }));
    let page = text(&page_of(&rows, &assessment(Change::First)));
    assert!(page.contains("6 of 12 active access keys are older than 90 days, after which"), "{page}");
    let ages =
        "0\u{2013}30  2   31\u{2013}60  2   61\u{2013}90  2   91\u{2013}180  2   181\u{2013}365  2   over 365  2";
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeeze(&page).contains(&squeeze(ages)), "{page}");
    assert!(squeeze(&page).contains("not known 1"), "{page}");
}

#[test]
fn mfa_is_counted_of_console_users_and_the_worst_accounts_come_first() {
    let user = |mfa| CredentialRow { password: Password { enabled: Flag::True, ..NOBODY.password }, mfa, ..NOBODY };
    let root = CredentialRow { user: crate::credential_row::ROOT_USER, ..user(Flag::False) };
    let mut rows = vec![assessed("000000000001", root), assessed("000000000001", NOBODY)];
    rows.extend([Flag::True, Flag::False].map(|mfa| assessed("000000000002", user(mfa))));
    rows.extend([Flag::False, Flag::False, Flag::True].map(|mfa| assessed("000000000003", user(mfa))));
    // Rows of an account may come apart: two reports of it.
    rows.push(assessed("000000000002", user(Flag::True)));
    let page = text(&page_of(&rows, &assessment(Change::First)));
    assert!(page.contains("3 of 6 users with a console password have MFA (50 %), in 2 accounts."), "{page}");
    let third = page.find("payments (000000000003)").unwrap();
    let second = page.find("payments (000000000002)").unwrap();
    assert!(third < second && !page.contains("payments (000000000001)"), "{page}");
}

#[test]
fn one_of_a_kind_is_told_in_the_singular() {
    let console = Password { enabled: Flag::True, ..NOBODY.password };
    let old = AccessKey { active: Flag::True, last_rotated: days_ago(91), ..NO_KEY };
    let young = AccessKey { last_rotated: days_ago(1), ..old };
    let row = |mfa, key| assessed("1", CredentialRow { password: console, mfa, keys: [key, NO_KEY], ..NOBODY });
    for (rows, keys, users) in [
        (
            vec![row(Flag::True, old)],
            "1 of 1 active access key is older",
            "1 of 1 user with a console password has MFA",
        ),
        (
            vec![row(Flag::True, old), row(Flag::False, young)],
            "1 of 2 active access keys is older",
            "1 of 2 users with a console password has MFA",
        ),
    ] {
        let page = text(&page_of(&rows, &assessment(Change::First)));
        assert!(page.contains(keys) && page.contains(users), "{page}");
    }
}

#[test]
fn rows_beyond_the_limit_are_counted_said_and_left_out_of_the_table_only() {
    let active = AccessKey { active: Flag::True, last_rotated: days_ago(5), ..NO_KEY };
    let rows = vec![assessed("1", CredentialRow { keys: [active, NO_KEY], ..NOBODY }); 5];
    let first = assessment(Change::First);
    let end = PageEnd { assessment: &first, trend: &Trend::default(), coverage: None, links: &[] };
    let cut = page_with(&rows, 3, &end);
    assert_eq!(lines(&cut)[1]["user"].as_array().unwrap().len(), 3);
    assert!(text(&cut).contains("The table has room for 3 rows; 2 rows are left out of it"), "{}", text(&cut));
    assert!(text(&cut).contains("0 of 5 active access keys"), "charts count all rows");
    let whole = page_with(&rows, 5, &end);
    assert_eq!(lines(&whole)[1]["user"].as_array().unwrap().len(), 5);
    assert!(!text(&whole).contains("has room for"));
}

#[test]
fn a_page_says_what_it_is_compared_with() {
    for (change, sentence) in [
        (Change::First, "There is no run before to compare with, so every finding is new."),
        (
            Change::Since(Some(time())),
            "Since the run of 2026-11-21 06:00 UTC: 0 new, 2 resolved, 1 open as before, 0 exempted.",
        ),
        (Change::Since(None), "Since the run before: 0 new, 2 resolved, 1 open as before, 0 exempted."),
        (
            Change::Unknown("the last findings cannot be read".to_owned()),
            "What changed is not known: the last findings cannot be read. Every finding is shown as open.",
        ),
    ] {
        let is_known = !matches!(change, Change::Unknown(_));
        let mut assessment = assessment(change);
        for status in [Status::Open, Status::Resolved, Status::Resolved] {
            assessment.counts.add(Rule::RootMfa, status);
        }
        assessment.not_covered = NotCovered { accounts: 1, findings: 3 };
        let page = text(&page_of(&[], &assessment));
        assert!(page.contains(sentence), "{page}");
        assert!(page.contains("1 finding needs action: 1 critical."), "{page}");
        let carried = "3 findings of 1 account that was not read, or not in full, this time are carried on: nothing new is \
                       known of them, so they are neither resolved nor in the table of credentials.";
        assert!(page.contains(carried), "{page}");
        assert_eq!(page.contains("unknown"), !is_known, "{page}");
    }
}

#[test]
fn a_page_says_which_findings_count_again_and_of_none_that_it_was_open_before() {
    for (again, change, sentence, title) in [
        (0, Change::Since(None), "0 new, 0 resolved, 3 open as before, 0 exempted.", "Open since an earlier run: 3"),
        (1, Change::Since(None), "2 open as before, 0 exempted. 1 finding that was exempted counts again.", "Open: 3"),
        (3, Change::Since(None), "0 open as before, 0 exempted. 3 findings that were exempted count again.", "Open: 3"),
        (0, Change::Unknown("it is damaged".to_owned()), "What changed is not known: it is damaged.", "Open: 3"),
    ] {
        let mut assessment = assessment(change);
        assessment.no_longer_exempted = again;
        for _ in 0..3 {
            assessment.counts.add(Rule::RootMfa, Status::Open);
            assessment.open.add(&finding(Status::Open));
        }
        let page = text(&page_of(&[], &assessment));
        assert!(page.contains(sentence) && page.contains(&format!(" {title} ")), "{page}");
        assert_eq!(page.contains("again"), again > 0, "{page}");
    }
}

#[test]
fn a_page_refers_to_the_findings_file_only_where_there_is_one() {
    let mut assessment = assessment(Change::Since(None));
    for _ in 0..26 {
        assessment.resolved.add(&finding(Status::Resolved));
    }
    for count in 0..30 {
        assessment.new.add(&Finding { user: format!("user-{count}").into(), ..finding(Status::New) });
    }
    for (label, [resolved, new]) in [
        (Some("Findings as JSON lines"), ["1 more is in the findings file.", "5 more are in the findings file."]),
        (Some("Coverage ledger"), ["1 more is not listed.", "5 more are not listed."]),
        (None, ["1 more is not listed.", "5 more are not listed."]),
    ] {
        let links: Vec<_> = label.map(|label| (label.to_owned(), "a place".to_owned())).into_iter().collect();
        let end = PageEnd { assessment: &assessment, trend: &Trend::default(), coverage: None, links: &links };
        let page = text(&page_with(&[], TABLE_ROW_LIMIT, &end));
        for more in [resolved, new] {
            assert!(page.contains(&format!("These are the worst; {more}")), "{page}");
        }
    }
}

#[test]
fn a_page_tells_coverage_and_how_many_runs_there_are() {
    let assessment = assessment(Change::First);
    let trend = |runs: i64| {
        let mut trend = Trend::default();
        for back in 0..runs {
            trend.add(TrendRun { time: time() - SignedDuration::from_hours(back), ..TrendRun::of(&assessment) });
        }
        trend
    };
    let sums = |failed, skipped| Some(AccountSums { listed: 1_500, reported: 1_490, skipped, failed });
    let one = |listed| Some(AccountSums { listed, reported: 1, skipped: 0, failed: listed - 1 });
    let first = "This is the first run: every finding is new, and there is nothing to compare with.";
    for (coverage, runs, sentences) in [
        (one(1), 0, ["1 of 1 account was read.", first]),
        (one(2), 0, ["1 of 2 accounts was read; 1 could not be read.", first]),
        (None, 0, ["The report has rows of 0 accounts.", "No run is at hand; a trend needs two."]),
        (sums(0, 0), 1, ["1,490 of 1,500 accounts were read.", "One run is at hand; a trend needs two."]),
        (sums(6, 4), 2, ["were read; 6 could not be read; 4 left out on purpose.", "over 2 runs"]),
    ] {
        let end = PageEnd { assessment: &assessment, trend: &trend(runs), coverage, links: &[] };
        let page = text(&page_with(&[], TABLE_ROW_LIMIT, &end));
        for sentence in sentences {
            assert!(page.contains(sentence), "{page}");
        }
    }
}

#[test]
fn a_page_that_cannot_be_written_is_an_error() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let first = assessment(Change::First);
    let end = PageEnd { assessment: &first, trend: &Trend::default(), coverage: None, links: &[] };
    let whole = page_with(&[], TABLE_ROW_LIMIT, &end).len();
    for room in [0, 3_000, whole / 2, whole - 1] {
        let written = ReportPage::new(Full(room), &head()).and_then(|page| page.finish(&end)).map(|_| ());
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::StorageFull, "{room} of {whole} bytes");
    }
    ReportPage::new(Full(whole), &head()).unwrap().finish(&end).map(|_| ()).unwrap();
}
