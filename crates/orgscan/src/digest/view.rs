//! What the templates say: finished sentences and cells, the same for HTML and plain text.

use super::coverage::{Gap, Gaps, OutcomeLine};
use super::files::{File, files};
use super::findings::{FindingList, Group, SHORT_CHARACTERS, colour};
use super::fit::{Lengths, List};
use super::headline::{Headline, Tone};
use super::rest::{Rest, cut};
use super::wording::severity_word;
use super::{NAME_CHARACTERS, OrganizationDigest};
use crate::assessment::{Assessment, Change, Totals};
use crate::finding::Status;
use crate::rule::{Rule, Severity};
use crate::text::{counted, number, one_line};

/// Longest id of an Organization shown. AWS allows 34 characters.
const ORG_ID_CHARACTERS: usize = 40;

/// Longest note or problem shown.
const NOTE_CHARACTERS: usize = 300;

/// What the two templates have in common, but for how much of each list is shown.
#[derive(Debug)]
pub(super) struct View {
    pub(super) subject: String,
    /// Whose it is; empty where that is not known.
    pub(super) about: String,
    pub(super) time: String,
    pub(super) preview: String,
    pub(super) tone: Tone,
    pub(super) status: String,
    /// Nothing where there is nothing to act on.
    pub(super) severities: Vec<SeverityCount>,
    pub(super) change: String,
    pub(super) carried: String,
    pub(super) worst_heading: &'static str,
    pub(super) coverage: String,
    pub(super) outcomes: Vec<OutcomeLine>,
    pub(super) rules: Vec<RuleLine>,
    pub(super) rules_without: String,
    pub(super) basis: String,
    pub(super) credentials: String,
    pub(super) exemptions: String,
    pub(super) files: Vec<File>,
    lists: Lists,
}

/// The lists, each as long as it may become, and where the rest of each is.
#[derive(Debug)]
struct Lists {
    new: FindingList,
    open: FindingList,
    resolved: FindingList,
    /// New findings are the worst there are: none was there before.
    is_first: bool,
    gaps: Gaps,
    accounts: Vec<AccountLine>,
    all_accounts: u64,
    problems: Vec<String>,
    notes: Vec<String>,
    rest: Rest,
}

/// As much of each list as is shown.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    pub(super) new: Vec<Group<'a>>,
    pub(super) new_note: String,
    pub(super) worst: Vec<Group<'a>>,
    pub(super) worst_note: String,
    pub(super) resolved: Vec<Group<'a>>,
    pub(super) resolved_note: String,
    pub(super) gaps: Vec<&'a Gap>,
    pub(super) gaps_note: String,
    pub(super) accounts: &'a [AccountLine],
    pub(super) accounts_note: String,
    pub(super) problems: &'a [String],
    pub(super) problems_note: String,
    pub(super) notes: &'a [String],
    pub(super) notes_note: String,
}

/// What there is to act on of a severity.
#[derive(Debug)]
pub(super) struct SeverityCount {
    pub(super) word: &'static str,
    pub(super) colour: &'static str,
    pub(super) count: String,
    pub(super) new: String,
}

/// The findings of a rule.
#[derive(Debug)]
pub(super) struct RuleLine {
    pub(super) title: &'static str,
    pub(super) severity: &'static str,
    /// Of the benchmark; empty where it has none.
    pub(super) control: String,
    pub(super) new: String,
    pub(super) open: String,
    pub(super) resolved: String,
    pub(super) exempted: String,
}

/// The findings of an account.
#[derive(Debug)]
pub(super) struct AccountLine {
    pub(super) account_id: String,
    pub(super) account_name: String,
    /// By severity, the worst first, with the severity's word.
    pub(super) counts: Vec<(String, &'static str)>,
}

impl View {
    pub(super) fn of(organization: &OrganizationDigest<'_>) -> Self {
        let assessment = organization.assessment;
        let headline = Headline::of(organization);
        let org_id = organization.org_id.map(|org_id| one_line(org_id.as_str(), ORG_ID_CHARACTERS));
        let about = [
            org_id.as_ref().map(|org_id| format!("Organization {org_id}")),
            organization.management_account.map(|account| format!("management account {account}")),
        ];
        let subject = [
            Some("AWS credential report".to_owned()),
            org_id,
            Some(format!("{}: {}", organization.scheduled_time.strftime("%Y-%m-%d"), headline.subject())),
        ];
        Self {
            subject: subject.into_iter().flatten().collect::<Vec<_>>().join(" - "),
            about: about.into_iter().flatten().collect::<Vec<_>>().join(", "),
            time: organization.scheduled_time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            preview: headline.preview(),
            tone: headline.tone(),
            status: headline.status(),
            severities: severities(assessment),
            change: headline.change(),
            carried: headline.carried(),
            worst_heading: match assessment.change {
                Change::Since(_) if assessment.no_longer_exempted > 0 => "Open, the worst first",
                Change::Since(_) => "Still open, the worst first",
                Change::First | Change::Unknown(_) => "Findings, the worst first",
            },
            coverage: organization.coverage.reach().sentence(),
            outcomes: organization.coverage.outcomes(),
            rules: rules(assessment),
            rules_without: rules_without(assessment),
            basis: basis(assessment),
            credentials: credentials(&assessment.totals),
            exemptions: exemptions(assessment),
            files: files(organization),
            lists: Lists::of(organization),
        }
    }

    /// As much of each list, and for each what is said of the rest.
    pub(super) fn show(&self, lengths: Lengths) -> Shown<'_> {
        let lists = &self.lists;
        let (new, open) = (lengths.of(List::New), lengths.of(List::Open));
        let rest = lists.rest;
        let mut told = Vec::new();
        let new_groups = lists.new.groups(new, &mut told);
        let new_note = lists.new.note(new, rest.findings);
        let open_groups = lists.open.groups(open, &mut told);
        let open_note = lists.open.note(open, rest.findings);
        let ((new, new_note), (worst, worst_note)) = if lists.is_first {
            ((Vec::new(), String::new()), (new_groups, new_note))
        } else {
            ((new_groups, new_note), (open_groups, open_note))
        };
        let (gaps, gaps_note) = lists.gaps.first(lengths.of(List::Gaps), rest.gaps);
        let resolved = lengths.of(List::Resolved);
        let accounts = first(&lists.accounts, lengths.of(List::Accounts));
        let problems = first(&lists.problems, lengths.of(List::Problems));
        let notes = first(&lists.notes, lengths.of(List::Notes));
        Shown {
            new,
            new_note,
            worst,
            worst_note,
            resolved: lists.resolved.groups(resolved, &mut told),
            resolved_note: lists.resolved.note(resolved, rest.resolved),
            gaps,
            gaps_note,
            accounts,
            accounts_note: cut("the worst ", accounts.len() as u64, lists.all_accounts, rest.accounts),
            problems,
            problems_note: rest.problems(lists.problems.len(), problems.len()),
            notes,
            notes_note: rest.notes(lists.notes.len(), notes.len()),
        }
    }
}

impl Lists {
    fn of(organization: &OrganizationDigest<'_>) -> Self {
        let assessment = organization.assessment;
        let most = Lengths::most();
        let notes = assessment.notes.iter().chain(organization.warnings);
        let problems = assessment.exemptions.iter().flat_map(|review| &review.problems);
        let line = |text: &String| one_line(text, NOTE_CHARACTERS);
        Self {
            new: FindingList::of(&assessment.new, most.of(List::New), assessment),
            open: FindingList::of(&assessment.open, most.of(List::Open), assessment),
            resolved: FindingList::of_resolved(&assessment.resolved, most.of(List::Resolved), assessment),
            is_first: assessment.change == Change::First,
            gaps: Gaps::of(&organization.coverage),
            accounts: assessment
                .accounts
                .iter()
                .map(|account| AccountLine {
                    account_id: one_line(&account.account_id, SHORT_CHARACTERS),
                    account_name: one_line(&account.account_name, NAME_CHARACTERS),
                    counts: account
                        .counts
                        .iter()
                        .zip(Severity::ALL)
                        .map(|(count, severity)| (number(*count), severity.as_str()))
                        .collect(),
                })
                .collect(),
            all_accounts: assessment.accounts_with_findings,
            problems: problems.map(line).collect(),
            notes: notes.map(line).collect(),
            rest: Rest::of(organization),
        }
    }
}

fn first<T>(list: &[T], length: usize) -> &[T] {
    list.get(..length).unwrap_or(list)
}

fn severities(assessment: &Assessment) -> Vec<SeverityCount> {
    if !assessment.has_findings() {
        return Vec::new();
    }
    Severity::ALL
        .into_iter()
        .map(|severity| SeverityCount {
            word: severity_word(severity),
            colour: colour(severity),
            count: number(assessment.counts.to_act_on(severity)),
            new: match assessment.counts.with_severity(severity, Status::New) {
                new if new > 0 && assessment.is_compared() => format!("{} new", number(new)),
                _ => String::new(),
            },
        })
        .collect()
}

fn rules(assessment: &Assessment) -> Vec<RuleLine> {
    let count = |rule, status| number(assessment.counts.of(rule, status));
    Rule::ALL
        .into_iter()
        .filter(|rule| has_any(assessment, *rule))
        .map(|rule| RuleLine {
            title: rule.title(),
            severity: severity_word(rule.severity()),
            control: rule.control(assessment.cis_version).map(|control| format!("CIS {control}")).unwrap_or_default(),
            new: count(rule, Status::New),
            open: count(rule, Status::Open),
            resolved: count(rule, Status::Resolved),
            exempted: count(rule, Status::Exempted),
        })
        .collect()
}

fn has_any(assessment: &Assessment, rule: Rule) -> bool {
    Status::ALL.into_iter().any(|status| assessment.counts.of(rule, status) > 0)
}

fn rules_without(assessment: &Assessment) -> String {
    let without: Vec<&str> =
        Rule::ALL.into_iter().filter(|rule| !has_any(assessment, *rule)).map(Rule::title).collect();
    if without.is_empty() {
        String::new()
    } else if without.len() == Rule::ALL.len() {
        format!("No finding by any of the {} rules.", without.len())
    } else {
        format!("No finding by: {}.", without.join("; "))
    }
}

fn basis(assessment: &Assessment) -> String {
    let thresholds = assessment.thresholds;
    let days = |days: u32| counted(u64::from(days), "day", "days");
    format!(
        "Controls are those of the CIS AWS Foundations Benchmark {}. A credential counts as not in use after {} without \
         use, a key as not rotated when it is older than {}, and the root user as in use when it was used within {}, \
         counted from {}.",
        assessment.cis_version.as_str(),
        days(thresholds.unused_days),
        days(thresholds.key_rotation_days),
        days(thresholds.root_use_days),
        assessment.as_of.strftime("%Y-%m-%d %H:%M UTC"),
    )
}

fn credentials(totals: &Totals) -> String {
    if totals.rows == 0 {
        return "The report has no rows.".to_owned();
    }
    format!(
        "The report has {}: {} ({} with a console password, {} of them without MFA; {} with an active access key) and {}.",
        counted(totals.rows, "row", "rows"),
        counted(totals.users, "IAM user", "IAM users"),
        number(totals.users_with_password),
        number(totals.users_with_password_without_mfa),
        number(totals.users_with_active_key),
        counted(totals.root_users, "root user", "root users"),
    )
}

fn exemptions(assessment: &Assessment) -> String {
    let exempted = assessment.counts.with_status(Status::Exempted);
    let used = assessment.exemptions.as_ref().map_or(0, |review| review.used);
    if exempted == 0 && used == 0 {
        return String::new();
    }
    format!(
        "{} exempted, by {}.",
        counted(exempted, "finding is", "findings are"),
        counted(used, "exemption", "exemptions")
    )
}
