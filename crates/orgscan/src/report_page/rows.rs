//! The rows of the table as the page has them: blocks of columns, each a JSON object on a line of its own.
//!
//! Columns compress better than rows do and become typed arrays in the browser. Cells of few kinds are numbers, whose
//! words the first line has, so that the words stand in one place.

use jiff::Timestamp;
use serde::Serialize;

use super::sums::AccountEntry;
use crate::assessment::AssessedRow;
use crate::credential_row::{AccessKey, Certificate, CredentialRow, Flag, Moment};
use crate::finding::{Finding, Status};
use crate::rule::{Credential, Rule, Severity};

/// Cells that say yes or no; AWS's own words where it says neither.
const FLAGS: [&str; 7] = ["yes", "no", "not supported", "N/A", "no information", "", "unreadable"];

/// What an access key is. AWS says `false` of a key that is inactive and of one that does not exist; only the first has a
/// date.
const KEYS: [&str; 8] = ["active", "inactive", "none", "not supported", "N/A", "no information", "", "unreadable"];

/// What stands for a time; such a cell is −1, −2 and so on.
const NO_TIMES: [&str; 5] = ["not supported", "N/A", "no information", "", "unreadable"];

/// The signing certificates of a user.
const CERTIFICATES: [&str; 7] =
    ["none", "1 active", "2 active", "1 inactive", "2 inactive", "1 active, 1 inactive", ""];

/// Credentials that a rule can be broken by more than once.
const CREDENTIALS: [&str; 6] = ["", "key 1", "key 2", "certificate 1", "certificate 2", ""];

/// Of a key without a date.
const NO_AGE: i32 = -1;

const SECONDS_PER_DAY: i64 = 86_400;

/// The first line: what the numbers of the blocks stand for.
#[derive(Debug, Serialize)]
pub(super) struct Legend {
    rules: Vec<(&'static str, &'static str)>,
    severities: [&'static str; Severity::ALL.len()],
    statuses: [&'static str; Status::ALL.len()],
    credentials: [&'static str; 6],
    flags: [&'static str; 7],
    keys: [&'static str; 8],
    no_times: [&'static str; 5],
    certificates: [&'static str; 7],
}

impl Default for Legend {
    fn default() -> Self {
        Self {
            rules: Rule::ALL.into_iter().map(|rule| (rule.id(), rule.severity().as_str())).collect(),
            severities: Severity::ALL.map(Severity::as_str),
            statuses: Status::ALL.map(Status::as_str),
            credentials: CREDENTIALS,
            flags: FLAGS,
            keys: KEYS,
            no_times: NO_TIMES,
            certificates: CERTIFICATES,
        }
    }
}

/// Rows that wait to be written, as columns.
#[derive(Debug, Default, Serialize)]
pub(super) struct Block {
    /// Accounts that no earlier row is of: id, name, place in the Organization.
    accounts: Vec<[String; 3]>,
    /// Which account a row is of, counted over all blocks.
    account: Vec<u32>,
    user: Vec<String>,
    findings: Vec<Vec<u16>>,
    password: Vec<u8>,
    mfa: Vec<u8>,
    key_1: Vec<u8>,
    key_1_age: Vec<i32>,
    key_2: Vec<u8>,
    key_2_age: Vec<i32>,
    last_use: Vec<i32>,
    certificates: Vec<u8>,
    created: Vec<i32>,
    password_changed: Vec<i32>,
    password_used: Vec<i32>,
    key_1_used: Vec<i32>,
    key_2_used: Vec<i32>,
}

impl Block {
    pub(super) fn len(&self) -> usize {
        self.account.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.account.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Adds a row; ages are counted from `time`.
    pub(super) fn add(&mut self, row: &AssessedRow<'_>, account: AccountEntry, time: Timestamp) {
        if account.is_new {
            self.accounts.push([row.account_id, row.account_name, row.ou_path].map(str::to_owned));
        }
        self.account.push(account.index);
        let credentials = &row.row;
        self.user.push(credentials.user.to_owned());
        self.findings.push(row.findings.iter().filter_map(finding_code).collect());
        self.password.push(flag_code(credentials.password.enabled));
        self.mfa.push(flag_code(credentials.mfa));
        let [first, second] = &credentials.keys;
        self.key_1.push(key_code(first));
        self.key_1_age.push(key_age(first, time));
        self.key_1_used.push(moment_code(first.last_used));
        self.key_2.push(key_code(second));
        self.key_2_age.push(key_age(second, time));
        self.key_2_used.push(moment_code(second.last_used));
        self.last_use.push(moment_code(last_use(credentials)));
        self.certificates.push(certificates_code(&credentials.certificates));
        self.created.push(moment_code(credentials.created));
        self.password_changed.push(moment_code(credentials.password.last_changed));
        self.password_used.push(moment_code(credentials.password.last_used));
    }
}

/// Whole days between two times; none of a time that is still to come.
pub(super) fn whole_days(from: Timestamp, to: Timestamp) -> u32 {
    u32::try_from(to.as_second().saturating_sub(from.as_second()).div_euclid(SECONDS_PER_DAY)).unwrap_or_default()
}

/// Rule, credential and status in one number. A row's findings are made in this run, so their rule is one of ours.
fn finding_code(finding: &Finding<'_>) -> Option<u16> {
    let rule = Rule::of_id(&finding.rule)? as usize;
    let code = (rule * CREDENTIALS.len() + credential_index(finding.credential)) * Status::ALL.len();
    u16::try_from(code + finding.status as usize).ok()
}

fn credential_index(credential: Credential) -> usize {
    match credential {
        Credential::Password => 0,
        Credential::AccessKey1 => 1,
        Credential::AccessKey2 => 2,
        Credential::Certificate1 => 3,
        Credential::Certificate2 => 4,
        Credential::Mfa => 5,
    }
}

fn flag_code(flag: Flag) -> u8 {
    match flag {
        Flag::True => 0,
        Flag::False => 1,
        Flag::NotSupported => 2,
        Flag::NotApplicable => 3,
        Flag::NoInformation => 4,
        Flag::Absent => 5,
        Flag::Unreadable => 6,
    }
}

fn key_code(key: &AccessKey<'_>) -> u8 {
    match (key.active, key.last_rotated) {
        (Flag::True, _) => 0,
        (Flag::False, Moment::At(_)) => 1,
        (Flag::False, _) => 2,
        (other, _) => flag_code(other) + 1,
    }
}

fn key_age(key: &AccessKey<'_>, time: Timestamp) -> i32 {
    match key.last_rotated {
        Moment::At(rotated) => i32::try_from(whole_days(rotated, time)).unwrap_or(i32::MAX),
        _ => NO_AGE,
    }
}

/// The day since 1970-01-01, or what stands for it.
fn moment_code(moment: Moment) -> i32 {
    match moment {
        Moment::At(time) => i32::try_from(time.as_second().div_euclid(SECONDS_PER_DAY)).unwrap_or_default().max(0),
        Moment::NotSupported => -1,
        Moment::NotApplicable => -2,
        Moment::NoInformation => -3,
        Moment::Absent => -4,
        Moment::Unreadable => -5,
    }
}

/// The newest use of the password or a key; where no use is known, what says most of why.
fn last_use(row: &CredentialRow<'_>) -> Moment {
    let [first, second] = &row.keys;
    let uses = [row.password.last_used, first.last_used, second.last_used];
    let newest = uses.into_iter().filter_map(|used| if let Moment::At(time) = used { Some(time) } else { None }).max();
    let reasons = [Moment::Unreadable, Moment::NoInformation, Moment::NotSupported, Moment::NotApplicable];
    newest
        .map(Moment::At)
        .or_else(|| reasons.into_iter().find(|reason| uses.contains(reason)))
        .unwrap_or(Moment::Absent)
}

fn certificates_code(certificates: &[Certificate; 2]) -> u8 {
    let count = |wanted: fn(&Certificate) -> bool| certificates.iter().filter(|one| wanted(one)).count();
    let active = count(|one| one.active == Flag::True);
    let inactive = count(|one| one.active == Flag::False && matches!(one.last_rotated, Moment::At(_)));
    let known = count(|one| matches!(one.active, Flag::True | Flag::False));
    match (active, inactive, known) {
        (_, _, 0 | 1) => 6,
        (0, 0, _) => 0,
        (1, 0, _) => 1,
        (2.., _, _) => 2,
        (0, 1, _) => 3,
        (0, 2.., _) => 4,
        (1, 1.., _) => 5,
    }
}
