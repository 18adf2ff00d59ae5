//! A diagnosis as people read it: a line for each thing that was looked at, then what to do, ready to copy.

use std::collections::BTreeMap;

use super::diagnosis::{Check, Diagnosis, Fix, State};
use super::estimate::Estimate;
use crate::text::{counted, number, one_line};

/// Whether states are painted. They are words as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Plain text.
    Plain,
    /// With the colours of a terminal (ECMA-48).
    Colours,
}

/// How many of the accounts with the same trouble are named.
const NAMED: usize = 5;

/// Checks that are shown as one line.
struct Group<'a> {
    first: &'a Check,
    others: Vec<&'a Check>,
}

/// The diagnosis for people, at most `width` columns wide where words allow it; commands are never broken.
pub fn table(diagnosis: &Diagnosis, width: usize, paint: Paint) -> String {
    let mut text = String::new();
    if let Some(caller) = &diagnosis.caller {
        line(&mut text, &one_line(&format!("{} in {}", caller.arn, caller.region), usize::MAX));
        text.push('\n');
    }
    let groups = grouped(&diagnosis.checks);
    let mut jobs: Vec<&String> = diagnosis.checks.iter().flat_map(|check| &check.jobs).collect();
    jobs.sort_unstable();
    jobs.dedup();
    let widest = groups.iter().map(|group| group.first.id.len()).max().unwrap_or_default();
    // Which job a line is of says something only where there are several.
    let of_several = jobs.len() > 1;
    for group in &groups {
        row(&mut text, group, widest, of_several, width, paint);
    }
    let mut remedies = 0;
    for group in groups.iter().filter(|group| group.first.state < State::Ok) {
        if group.first.fix.is_some() || !group.first.candidates.is_empty() {
            remedies += 1;
            remedy(&mut text, remedies, group, width);
        }
    }
    if !diagnosis.estimates.is_empty() {
        text.push('\n');
        for estimate in &diagnosis.estimates {
            wrap(&mut text, &estimated(estimate), "", "  ", width);
        }
    }
    text.push('\n');
    let count = |state: State| diagnosis.checks.iter().filter(|check| check.state == state).count();
    let failed = count(State::Failed);
    let unanswered = diagnosis.checks.iter().filter(|check| check.is_without_answer()).count();
    let verdict = match (failed - unanswered, unanswered) {
        (0, 0) => format!("{} Nothing failed", mark(State::Ok)),
        (0, some) => format!("{} {} could not be examined", mark(State::Failed), number(some as u64)),
        (wrong, some) => {
            let wrong = counted(wrong as u64, "check", "checks");
            let some =
                if some == 0 { String::new() } else { format!(", {} could not be examined", number(some as u64)) };
            format!("{} {wrong} failed{some}", mark(State::Failed))
        }
    };
    let state = if failed == 0 { State::Ok } else { State::Failed };
    let rest =
        [(State::Warning, "warnings"), (State::Unknown, "unknown"), (State::Skipped, "skipped"), (State::Ok, "ok")];
    let rest: Vec<String> = rest
        .iter()
        .map(|(state, word)| format!("{} {word}", count(*state)))
        .filter(|one| !one.starts_with("0 "))
        .collect();
    let rest = if rest.is_empty() { String::new() } else { format!(": {}", rest.join(", ")) };
    line(&mut text, &format!("{}{rest}", painted(&verdict, state, paint)));
    text
}

/// Accounts of which the same was found, but for their own names, are one line.
fn grouped(checks: &[Check]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let is_of_many = |check: &Check| {
        matches!(check.id.as_str(), "account-role" | "account-actions" | "organization" | "tenant")
            && check.cause.as_deref() != Some("not-management")
    };
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for check in checks {
        let key = (&check.id, check.state, &check.jobs, &check.cause, &check.action, without_names(check));
        match places.get(&key) {
            Some(place) if is_of_many(check) => {
                groups.get_mut(*place).into_iter().for_each(|group| group.others.push(check));
            }
            _ => {
                places.insert(key, groups.len());
                groups.push(Group { first: check, others: Vec::new() });
            }
        }
    }
    groups
}

/// What was found, without the account's own number and that of its Organization.
fn without_names(check: &Check) -> String {
    let found = match &check.account {
        Some(account) => check.found.replace(account.as_str(), ""),
        None => check.found.clone(),
    };
    found.split(' ').filter(|word| !word.starts_with("o-")).collect::<Vec<_>>().join(" ")
}

fn row(text: &mut String, group: &Group<'_>, widest: usize, of_several: bool, width: usize, paint: Paint) {
    let check = group.first;
    let state = format!("{} {:<7}", mark(check.state), word(check.state));
    let beginning = format!("{}  {:<widest$}  ", painted(&state, check.state, paint), one_line(&check.id, usize::MAX));
    let indent = " ".repeat(state.chars().count() + 2 + widest + 2);
    let mut said = format!("{}: {}", check.subject, check.found);
    if check.jobs.len() == 1 && of_several {
        said = format!("{said} [{}]", check.jobs.join(", "));
    }
    if !group.others.is_empty() {
        said.push_str("; ");
        said.push_str(&and_others(&group.others));
    }
    wrap(text, &said, &beginning, &indent, width);
}

fn and_others(others: &[&Check]) -> String {
    let named: Vec<&str> = others.iter().take(NAMED).map(|check| check.subject.as_str()).collect();
    let more = if others.len() > NAMED { ", …" } else { "" };
    format!("the same of {} more ({}{more})", number(others.len() as u64), named.join(", "))
}

fn remedy(text: &mut String, number: usize, group: &Group<'_>, width: usize) {
    let check = group.first;
    text.push('\n');
    wrap(text, &format!("{}: {}", check.subject, check.found), &format!("{number}. "), "   ", width);
    for fix in check.fix.iter().chain(&check.candidates) {
        mend(text, fix, width);
    }
    let settings = |check: &Check| check.fix.as_ref().map(|fix| fix.settings.clone()).unwrap_or_default();
    let differs = group.others.iter().any(|other| {
        other.fix.as_ref().is_some_and(|fix| !fix.commands.is_empty()) || settings(other) != settings(check)
    });
    if differs || group.others.iter().any(|other| !other.candidates.is_empty()) {
        wrap(text, &format!("{}: --json has what mends each", and_others(&group.others)), "   ", "   ", width);
    }
}

fn mend(text: &mut String, fix: &Fix, width: usize) {
    wrap(text, &fix.explanation, "   → ", "     ", width);
    if let (Some(account), false) = (&fix.account, fix.commands.is_empty()) {
        line(text, &one_line(&format!("     in account {account}:"), usize::MAX));
    }
    // From the first column on, so that a line is copied as it is.
    for command in &fix.commands {
        line(text, &one_line(command, usize::MAX));
    }
    for (variable, value) in &fix.settings {
        line(text, &one_line(&format!("     setting {variable}={value}"), usize::MAX));
    }
    // A command that changes something has it.
    let shows = ["aws organizations list-", "aws iam get-role "];
    let only_show = fix.commands.iter().all(|command| shows.iter().any(|one| command.starts_with(one)));
    if let (Some(policy), true) = (&fix.policy, only_show) {
        for part in serde_json::to_string_pretty(policy).unwrap_or_default().lines() {
            line(text, &one_line(part, usize::MAX));
        }
    }
}

fn estimated(estimate: &Estimate) -> String {
    format!(
        "{}: {}, about {:.0} s a run at {} MB, ${:.5}; run daily ${:.2} a month ({})",
        estimate.job,
        counted(estimate.accounts, "account", "accounts"),
        estimate.seconds,
        estimate.memory_mb,
        estimate.usd_per_run,
        estimate.usd_per_month,
        estimate.price,
    )
}

fn mark(state: State) -> char {
    match state {
        State::Ok => '✓',
        State::Failed => '✗',
        State::Warning => '!',
        State::Unknown => '?',
        State::Skipped => '-',
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Failed => "FAILED",
        State::Warning => "warning",
        State::Unknown => "unknown",
        State::Skipped => "skipped",
    }
}

fn painted(text: &str, state: State, paint: Paint) -> String {
    let colour = match state {
        State::Ok => "32",
        State::Failed => "1;31",
        State::Warning => "33",
        State::Unknown => "36",
        State::Skipped => "2",
    };
    match paint {
        Paint::Plain => text.to_owned(),
        Paint::Colours => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
    }
}

fn line(text: &mut String, content: &str) {
    text.push_str(content.trim_end());
    text.push('\n');
}

/// Words from `beginning` on, further lines after `indent`. What is painted in the beginning takes no columns.
fn wrap(text: &mut String, words: &str, beginning: &str, indent: &str, width: usize) {
    let columns = width.saturating_sub(indent.chars().count()).max(20);
    let mut current = String::new();
    let mut start = beginning;
    // What could move the cursor, such as in the name of an account, is taken out.
    for word in one_line(words, usize::MAX).split_whitespace() {
        if !current.is_empty() && current.chars().count() + 1 + word.chars().count() > columns {
            line(text, &format!("{start}{current}"));
            start = indent;
            current.clear();
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    line(text, &format!("{start}{current}"));
}
