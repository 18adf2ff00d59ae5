//! Pages to look at: a small one whose names try to break out, and large ones of varied data.

use std::borrow::Cow;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use crate::expected;
use jiff::{SignedDuration, Timestamp};
use orgscan::assessment::Totals;
use orgscan::assessment::{
    AccountFindings, AssessedRow, Assessment, Change, Counts, Criteria, NotCovered, Sink, Worst,
};
use orgscan::config::CisVersion;
use orgscan::credential_row::{AccessKey, Certificate, CredentialRow, Flag, Moment, Password, ROOT_USER};
use orgscan::exemption::ExemptionReview;
use orgscan::finding::{Finding, Status};
use orgscan::judgement::Thresholds;
use orgscan::report_page::{PageEnd, PageHead, ReportPage};
use orgscan::rule::{Credential, Rule};
use orgscan::summary::AccountSums;
use orgscan::trend::{Trend, TrendRun};

/// What a name must never do: run.
pub(crate) const HOSTILE: [&str; 6] = [
    "<img src=x onerror=\"window.broken=1\">",
    "</script><script>window.broken=2</script>",
    "--><svg onload=window.broken=3>",
    "'\"><a href=javascript:window.broken=4>click",
    "=HYPERLINK(\"https://example.com\")",
    "{{7*7}}\u{202e}gnp.exe, \"quoted\"\r\nnext line &lt;b&gt;",
];

/// What a page is made of.
pub(crate) struct World {
    pub(crate) rows: u32,
    pub(crate) users_per_account: u32,
    pub(crate) hostile: bool,
}

const THRESHOLDS: Thresholds = Thresholds { unused_days: 45, key_rotation_days: 90, root_use_days: 1 };

const TIME: &str = "2026-11-21T06:00:00Z";

fn time() -> Timestamp {
    TIME.parse().unwrap()
}

fn days_ago(days: u32) -> Moment {
    Moment::At(time() - SignedDuration::from_hours(i64::from(days) * 24))
}

fn flag(yes: bool) -> Flag {
    if yes { Flag::True } else { Flag::False }
}

/// The page's counts, kept as the pipeline keeps them.
struct Kept {
    counts: Counts,
    new: Worst,
    open: Worst,
    resolved: Worst,
    totals: Totals,
}

/// Writes a page, and the cells that its table must have as a CSV beside it.
pub(crate) fn write_page(path: &Path, world: &World) {
    let csv = File::create(path.with_extension("csv")).unwrap();
    let mut expected = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BufWriter::new(csv));
    expected.write_record(expected::COLUMNS).unwrap();
    let head = PageHead { org_id: Some("o-a1b2c3d4e5"), management_account: Some("000000000001"), time: time() };
    let mut page = ReportPage::new(BufWriter::new(File::create(path).unwrap()), &head).unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    let mut kept = Kept {
        counts: Counts::default(),
        new: Worst::default(),
        open: Worst::default(),
        resolved: Worst::default(),
        totals: Totals::default(),
    };
    for number in 0..world.rows {
        let account = number / world.users_per_account;
        let account_id = format!("{:012}", 100_000_000_000 + u64::from(account) * 7_654_321);
        let account_name = account_name(world, account);
        let user = user_name(world, number);
        let arn = format!("arn:aws:iam::{account_id}:user/{user}");
        let row = credentials(&mut random, &user, &arn);
        let findings = findings(&mut random, &row, &account_id, &account_name);
        for finding in &findings {
            kept.counts.add(Rule::of_id(&finding.rule).unwrap(), finding.status);
            match finding.status {
                Status::New => kept.new.add(finding),
                Status::Open => kept.open.add(finding),
                Status::Resolved | Status::Exempted => {}
            }
        }
        kept.totals.rows += 1;
        if row.is_root() {
            kept.totals.root_users += 1;
        } else {
            kept.totals.users += 1;
        }
        let ou_path = format!("o-a1b2c3d4e5/r-ab12/ou-ab12-{:08}/", account % 12);
        let assessed = AssessedRow {
            account_id: &account_id,
            account_name: &account_name,
            ou_path: &ou_path,
            row,
            findings: &findings,
        };
        expected.write_record(expected::cells(&assessed, time())).unwrap();
        page.row(&assessed).unwrap();
    }
    expected.flush().unwrap();
    resolve(&mut kept, world);
    finish(page, kept, world);
}

fn account_name(world: &World, account: u32) -> String {
    let names = ["payments", "identity", "data-lake", "website", "mobile", "billing", "ml-platform", "sandbox"];
    let stages = ["prod", "staging", "dev"];
    match (world.hostile, account) {
        (true, 1) => HOSTILE[0].to_owned(),
        (true, 2) => HOSTILE[4].to_owned(),
        (true, 3) => String::new(),
        _ => format!("{}-{}-{account}", names[account as usize % names.len()], stages[account as usize % stages.len()]),
    }
}

fn user_name(world: &World, number: u32) -> String {
    let people = ["alice", "bob", "carol", "deploy", "terraform", "backup", "ci-runner", "erin", "monitoring", "grace"];
    if number.is_multiple_of(world.users_per_account) {
        return ROOT_USER.to_owned();
    }
    if world.hostile
        && let Some(name) = HOSTILE.get(number as usize - 1)
    {
        return (*name).to_owned();
    }
    format!("{}.{number}", people[number as usize % people.len()])
}

fn credentials<'a>(random: &mut fastrand::Rng, user: &'a str, arn: &'a str) -> CredentialRow<'a> {
    let is_root = user == ROOT_USER;
    let password = if is_root { random.u32(..4) == 0 } else { random.u32(..100) < 45 };
    let mfa = random.u32(..100) < if password { 82 } else { 8 };
    let key = |random: &mut fastrand::Rng, share: u32| {
        let exists = !is_root && random.u32(..100) < share || is_root && random.u32(..400) == 0;
        let active = exists && random.u32(..100) < 85;
        let most = if random.u32(..3) == 0 { 1500 } else { 200 };
        let age = 1 + random.u32(..most);
        AccessKey {
            active: flag(active),
            last_rotated: if exists { days_ago(age) } else { Moment::NotApplicable },
            last_used: if exists && random.bool() { days_ago(random.u32(..age)) } else { Moment::NotApplicable },
            last_used_region: "eu-west-1",
            last_used_service: "s3",
        }
    };
    let keys = [key(random, 55), key(random, 12)];
    let age = random.u32(..2000);
    CredentialRow {
        user,
        arn,
        created: days_ago(age),
        password: Password {
            enabled: if is_root && !password && random.bool() { Flag::NotSupported } else { flag(password) },
            last_used: match (password, random.u32(..6)) {
                (true, 0) | (false, _) => Moment::NoInformation,
                _ => days_ago(random.u32(..=age.min(400))),
            },
            last_changed: if password { days_ago(age) } else { Moment::NotApplicable },
        },
        mfa: flag(mfa),
        keys,
        certificates: [random.u32(..60), random.u32(..60)].map(|chance| Certificate {
            active: flag(chance == 0),
            last_rotated: if chance < 2 { days_ago(900) } else { Moment::NotApplicable },
        }),
    }
}

/// Much what the rules say; the pages are about how findings look, not about which there are.
fn findings(
    random: &mut fastrand::Rng,
    row: &CredentialRow<'_>,
    account_id: &str,
    account_name: &str,
) -> Vec<Finding<'static>> {
    let mut broken = Vec::new();
    let has_password = row.password.enabled == Flag::True;
    let without_mfa = has_password && row.mfa != Flag::True;
    let active = row.keys.map(|key| key.active == Flag::True);
    if row.is_root() {
        if active.contains(&true) {
            broken.push((Rule::RootAccessKey, Credential::AccessKey1, None));
        }
        if without_mfa {
            broken.push((Rule::RootMfa, Credential::Mfa, None));
        }
    } else {
        if without_mfa {
            broken.push((Rule::ConsoleMfa, Credential::Mfa, None));
        }
        if has_password
            && !matches!(row.password.last_used, Moment::At(used) if time().duration_since(used).as_hours() < 45 * 24)
        {
            broken.push((Rule::UnusedPassword, Credential::Password, Some(60)));
        }
        for (key, credential) in row.keys.iter().zip(Credential::ACCESS_KEYS) {
            let Moment::At(rotated) = key.last_rotated else { continue };
            let days = u32::try_from(time().duration_since(rotated).as_hours() / 24).unwrap();
            if key.active == Flag::True && key.last_used == Moment::NotApplicable && days >= 45 {
                broken.push((Rule::UnusedKey, credential, Some(days)));
            }
            if key.active == Flag::True && days > 90 {
                broken.push((Rule::KeyRotation, credential, Some(days)));
            }
        }
        if active == [true, true] {
            broken.push((Rule::TwoActiveKeys, Credential::AccessKey1, None));
        }
    }
    broken
        .into_iter()
        .map(|(rule, credential, age_days)| Finding {
            account_id: Cow::Owned(account_id.to_owned()),
            account_name: Cow::Owned(account_name.to_owned()),
            ou_path: Cow::Borrowed(""),
            user: Cow::Owned(row.user.to_owned()),
            user_arn: Cow::Owned(row.arn.to_owned()),
            rule: Cow::Borrowed(rule.id()),
            credential,
            severity: rule.severity(),
            cis: None,
            status: match random.u32(..20) {
                0 | 1 => Status::New,
                2 => Status::Exempted,
                _ => Status::Open,
            },
            since: Cow::Borrowed("2026-09-14"),
            age_days,
            detail: Cow::Owned(match age_days {
                Some(days) => format!("{} is {days} days old or unused for as long", credential.in_words()),
                None => format!("{} is missing or should not be there", credential.in_words()),
            }),
            covered: true,
        })
        .collect()
}

/// A few findings that are gone.
fn resolved(kept: &Kept) -> Vec<Finding<'static>> {
    kept.open
        .first()
        .into_iter()
        .take(3)
        .map(|finding| Finding { status: Status::Resolved, user: Cow::Borrowed("left.the.company"), ..finding.clone() })
        .collect()
}

fn resolve(kept: &mut Kept, world: &World) {
    for mut finding in resolved(kept) {
        if world.hostile {
            finding.detail = Cow::Borrowed(HOSTILE[1]);
        }
        kept.counts.add(Rule::of_id(&finding.rule).unwrap(), finding.status);
        kept.resolved.add(&finding);
    }
}

/// A page without rows, of a report of nobody in particular, after no other run.
pub(crate) fn write_bare_page(path: &Path) {
    let head = PageHead { org_id: None, management_account: None, time: time() };
    let page = ReportPage::new(File::create(path).unwrap(), &head).unwrap();
    let assessment = Assessment::of_nothing(
        &Criteria { as_of: time(), cis_version: CisVersion::V5, thresholds: THRESHOLDS },
        Change::First,
    );
    page.finish(&PageEnd { assessment: &assessment, trend: &Trend::default(), coverage: None, links: &[] }).unwrap();
}

fn finish(page: ReportPage<BufWriter<File>>, kept: Kept, world: &World) {
    let accounts = u64::from(world.rows.div_ceil(world.users_per_account));
    let assessment = Assessment {
        as_of: time(),
        cis_version: CisVersion::V7,
        thresholds: THRESHOLDS,
        change: Change::Since(Some("2026-11-20T06:00:00Z".parse().unwrap())),
        counts: kept.counts,
        new: kept.new,
        open: kept.open,
        resolved: kept.resolved,
        accounts: Vec::<AccountFindings>::new(),
        accounts_with_findings: accounts,
        not_covered: NotCovered { accounts: 2, findings: 5 },
        no_longer_exempted: 0,
        accounts_judged_in_part: 0,
        exemptions: Some(ExemptionReview {
            used: 14,
            problems: vec![format!(
                "the exemption of user {} in account * expired on 2026-10-31",
                if world.hostile { HOSTILE[0] } else { "backup.*" }
            )],
        }),
        totals: kept.totals,
        notes: vec!["2 cells of the column access_key_2_last_rotated cannot be read.".to_owned()],
    };
    let now = TrendRun::of(&assessment);
    let mut trend = Trend::default();
    for back in (1..30_u32).rev() {
        let wave = u64::from(back * 7 % 11);
        trend.add(TrendRun {
            time: time() - SignedDuration::from_hours(24 * i64::from(back)),
            critical: now.critical + wave / 3,
            high: now.high + u64::from(back) / 2 + wave,
            medium: now.medium * u64::from(100 + back) / 100 + wave,
            low: (now.low + wave).saturating_sub(u64::from(back) / 3),
            new: Some(wave),
            resolved: Some(wave),
            exempted: 3,
        });
    }
    trend.add(now);
    let links =
        [("Merged report", "credential-report"), ("Findings", "findings"), ("Coverage", "credential-report-coverage")]
            .map(|(label, name)| {
                (label.to_owned(), format!("s3://audit-bucket/reports/aws-000000000001-{name}-2026-11-21T06-00-00Z"))
            });
    let coverage = AccountSums { listed: accounts + 5, reported: accounts, skipped: 3, failed: 2 };
    let end = PageEnd { assessment: &assessment, trend: &trend, coverage: Some(coverage), links: &links };
    page.finish(&end).unwrap();
}
