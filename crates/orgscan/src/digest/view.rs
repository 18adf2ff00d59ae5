//! What the templates say: finished sentences and cells, the same for HTML and plain text.

use super::wording::{advice, counted, number, one_line, words};
use super::{AttachmentChoice, OrganizationDigest};
use crate::ledger::{LedgerRow, Outcome, Sum};
use crate::summary::AccountSums;

/// Accounts with gaps that are named; the ledger has all of them.
const NAMED_GAPS: usize = 20;

/// Warnings that are repeated in the mail.
const NAMED_WARNINGS: usize = 10;

/// Longest account name shown. AWS allows 50 characters.
const NAME_CHARACTERS: usize = 64;

/// Longest id of an Organization shown. AWS allows 34 characters.
const ORG_ID_CHARACTERS: usize = 40;

/// Longest detail of an account shown: error messages may be long, and the ledger has them whole.
const DETAIL_CHARACTERS: usize = 240;

/// Longest warning shown.
const WARNING_CHARACTERS: usize = 300;

/// Longest location shown: a key has at most 1,024 bytes (S3 user guide, "Naming Amazon S3 objects").
const LOCATION_CHARACTERS: usize = 1_100;

/// Longest file name shown. SES allows 255 characters.
const FILE_NAME_CHARACTERS: usize = 255;

/// Everything the two templates have in common.
#[derive(Debug)]
pub(super) struct View {
    pub(super) subject: String,
    pub(super) org_id: String,
    pub(super) management_account: String,
    pub(super) time: String,
    pub(super) tone: Tone,
    pub(super) status: String,
    pub(super) coverage: String,
    pub(super) outcomes: Vec<OutcomeLine>,
    pub(super) gaps: Vec<Gap>,
    pub(super) gaps_note: String,
    pub(super) warnings: Vec<String>,
    pub(super) warnings_note: String,
    pub(super) totals: Vec<TotalLine>,
    pub(super) has_rows: bool,
    pub(super) rows_note: String,
    pub(super) files: Vec<File>,
}

/// How the status reads: it is told by words, and by a colour besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// All is covered.
    Good,
    /// Something is missing.
    Warning,
    /// All is missing.
    Bad,
}

/// How many accounts ended so.
#[derive(Debug)]
pub(super) struct OutcomeLine {
    pub(super) accounts: String,
    pub(super) words: &'static str,
    pub(super) advice: &'static str,
}

/// An account that was not read, or not in full.
#[derive(Debug)]
pub(super) struct Gap {
    pub(super) account_id: String,
    pub(super) account_name: String,
    pub(super) words: &'static str,
    pub(super) detail: String,
}

/// A sum.
#[derive(Debug)]
pub(super) struct TotalLine {
    pub(super) label: &'static str,
    pub(super) count: String,
}

/// Where a file is.
#[derive(Debug)]
pub(super) struct File {
    pub(super) label: &'static str,
    pub(super) place: String,
}

/// The accounts that should be covered, and those that are.
#[derive(Debug, Clone, Copy)]
struct Coverage {
    sums: AccountSums,
    in_part: u64,
}

impl Coverage {
    fn of(ledger: &[LedgerRow]) -> Self {
        let in_part = ledger.iter().filter(|row| row.outcome == Outcome::ReportedPartially).count() as u64;
        Self { sums: AccountSums::of(ledger.iter().map(|row| row.outcome)), in_part }
    }

    fn in_scope(self) -> u64 {
        self.sums.reported + self.sums.failed
    }

    fn tone(self) -> Tone {
        if self.sums.failed == 0 && self.in_part == 0 && self.in_scope() > 0 {
            Tone::Good
        } else if self.sums.reported > 0 || self.in_scope() == 0 {
            Tone::Warning
        } else {
            Tone::Bad
        }
    }

    fn status(self) -> String {
        let in_scope = self.in_scope();
        let sentence = match (in_scope, self.sums.failed) {
            (0, _) if self.sums.listed == 0 => "No account was listed.".to_owned(),
            (0, _) => "No account was to be read: all were left out.".to_owned(),
            (1, 0) => "The one account in scope was read.".to_owned(),
            (_, 0) => format!("All {} accounts in scope were read.", number(in_scope)),
            (1, _) => "The one account in scope could not be read.".to_owned(),
            (_, failed) if failed == in_scope => {
                format!("None of the {} accounts in scope could be read.", number(in_scope))
            }
            (_, failed) => {
                format!("{} of {} accounts in scope could not be read.", number(failed), number(in_scope))
            }
        };
        match self.in_part {
            0 => sentence,
            1 => format!("{sentence} One was read only in part."),
            in_part => format!("{sentence} {} were read only in part.", number(in_part)),
        }
    }

    fn sentence(self) -> String {
        let AccountSums { listed, reported, skipped, failed } = self.sums;
        let read = format!(
            "{} of {} in scope {} read",
            number(reported),
            counted(self.in_scope(), "account", "accounts"),
            if reported == 1 { "was" } else { "were" },
        );
        let not_read = match failed {
            0 => String::new(),
            failed => format!("; {} could not be, and why is below", number(failed)),
        };
        let left_out = match skipped {
            0 => String::new(),
            skipped => {
                format!(" Of {} listed, {} left out on purpose.", number(listed), counted(skipped, "was", "were"))
            }
        };
        format!("{read}{not_read}.{left_out}")
    }
}

impl View {
    /// Everything but the report's rows.
    pub(super) fn of(organization: &OrganizationDigest<'_>) -> Self {
        let coverage = Coverage::of(organization.ledger);
        let org_id = one_line(organization.org_id.as_str(), ORG_ID_CHARACTERS);
        let (gaps, gaps_note) = gaps(organization);
        let left_out = organization.warnings.len().saturating_sub(NAMED_WARNINGS) as u64;
        let mut view = Self {
            subject: format!(
                "AWS credential report - {org_id} - {}: {} of {}",
                organization.scheduled_time.strftime("%Y-%m-%d"),
                number(coverage.sums.reported),
                counted(coverage.in_scope(), "account", "accounts"),
            ),
            org_id,
            management_account: organization.management_account.to_string(),
            time: organization.scheduled_time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            tone: coverage.tone(),
            status: coverage.status(),
            coverage: coverage.sentence(),
            outcomes: outcomes(organization.ledger),
            gaps,
            gaps_note,
            warnings: organization
                .warnings
                .iter()
                .take(NAMED_WARNINGS)
                .map(|warning| one_line(warning, WARNING_CHARACTERS))
                .collect(),
            warnings_note: if left_out > 0 {
                format!("{} in the run's summary.", counted(left_out, "more is", "more are"))
            } else {
                String::new()
            },
            totals: totals(organization, coverage),
            has_rows: organization.credentials.rows > 0,
            rows_note: String::new(),
            files: files(organization),
        };
        view.show_rows(organization, 0);
        view
    }

    /// Says how many of the report's rows are shown, and where the rest is.
    pub(super) fn show_rows(&mut self, organization: &OrganizationDigest<'_>, shown: u64) {
        let all = organization.credentials.rows;
        self.rows_note = if all == 0 {
            "There are no rows: no account was read.".to_owned()
        } else if shown >= all {
            format!("All {} are shown; the CSV has every column.", counted(all, "row", "rows"))
        } else {
            let rest = match (organization.attachment, organization.report_location) {
                (AttachmentChoice::Attached(_), _) => "all of them are in the attached CSV".to_owned(),
                (AttachmentChoice::TooLarge, Some(location)) => {
                    format!("all of them are at {}", one_line(location, LOCATION_CHARACTERS))
                }
                (AttachmentChoice::TooLarge, None) => {
                    "the CSV is too large to attach, and it could not be written".to_owned()
                }
            };
            format!("Showing {} of {}; {rest}.", number(shown), counted(all, "row", "rows"))
        };
    }
}

fn outcomes(ledger: &[LedgerRow]) -> Vec<OutcomeLine> {
    let count = |outcome: Outcome| ledger.iter().filter(|row| row.outcome == outcome).count() as u64;
    Outcome::ALL
        .into_iter()
        .map(|outcome| (outcome, count(outcome)))
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, count)| OutcomeLine { accounts: number(count), words: words(outcome), advice: advice(outcome) })
        .collect()
}

/// The first accounts of each outcome that leaves a gap, so that one frequent cause does not hide a rare one.
fn gaps(organization: &OrganizationDigest<'_>) -> (Vec<Gap>, String) {
    let is_gap = |outcome: Outcome| outcome.sum() == Sum::Failed || outcome == Outcome::ReportedPartially;
    let mut seen = [0_usize; Outcome::ALL.len()];
    let mut ranked: Vec<(usize, usize, &LedgerRow)> = Vec::new();
    let mut all = 0_u64;
    for row in organization.ledger.iter().filter(|row| is_gap(row.outcome)) {
        all += 1;
        let place = Outcome::ALL.iter().position(|outcome| *outcome == row.outcome).unwrap_or_default();
        let Some(rank) = seen.get_mut(place) else { continue };
        if *rank < NAMED_GAPS {
            ranked.push((*rank, place, row));
        }
        *rank += 1;
    }
    ranked.sort_by_key(|(rank, place, _)| (*rank, *place));
    ranked.truncate(NAMED_GAPS);
    ranked.sort_by_key(|(rank, place, _)| (*place, *rank));
    let named = ranked.len() as u64;
    let gaps = ranked
        .into_iter()
        .map(|(_, _, row)| Gap {
            account_id: row.account.id.to_string(),
            account_name: one_line(&row.account.name, NAME_CHARACTERS),
            words: words(row.outcome),
            detail: one_line(&row.detail, DETAIL_CHARACTERS),
        })
        .collect();
    let note = if named == all {
        String::new()
    } else {
        format!("Showing {} of {}; all of them are in the coverage ledger.", number(named), number(all))
    };
    (gaps, note)
}

fn totals(organization: &OrganizationDigest<'_>, coverage: Coverage) -> Vec<TotalLine> {
    let totals = organization.credentials;
    [
        ("Accounts listed", coverage.sums.listed),
        ("Accounts read", coverage.sums.reported),
        ("IAM users", totals.users),
        ("Users with a console password", totals.users_with_password),
        ("Users with a console password and no MFA", totals.users_with_password_without_mfa),
        ("Users with MFA", totals.users_with_mfa),
        ("Users with an active access key", totals.users_with_active_key),
        ("Users with two active access keys", totals.users_with_two_active_keys),
        ("Active access keys of users", totals.active_keys),
        ("Active signing certificates of users", totals.active_certificates),
        ("Root users with a password", totals.root_users_with_password),
        ("Root users whose password the report does not tell", totals.root_users_with_unknown_password),
        ("Root users that have or may have a password, and no MFA", totals.root_users_without_mfa),
        ("Root users with an active access key", totals.root_users_with_active_key),
        ("Root users with an active signing certificate", totals.root_users_with_active_certificate),
    ]
    .into_iter()
    .map(|(label, count)| TotalLine { label, count: number(count) })
    .collect()
}

fn files(organization: &OrganizationDigest<'_>) -> Vec<File> {
    let place = |location: Option<&str>| match location {
        Some(location) => one_line(location, LOCATION_CHARACTERS),
        None => "could not be written".to_owned(),
    };
    let attached = match organization.attachment {
        AttachmentChoice::Attached(file) => one_line(&file.file_name, FILE_NAME_CHARACTERS),
        AttachmentChoice::TooLarge => "none: the CSV is too large for a mail".to_owned(),
    };
    vec![
        File { label: "Attached", place: attached },
        File { label: "Merged credential report", place: place(organization.report_location) },
        File { label: "Coverage ledger", place: place(organization.coverage_location) },
    ]
}
