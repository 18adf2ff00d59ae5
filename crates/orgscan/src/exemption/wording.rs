//! Exemptions in plain words, for `orgscan exemptions check`.

use jiff::civil::Date;

use super::entry::Entry;
use super::pattern::Pattern;
use crate::config::quoted;
use crate::rule::Rule;

/// What it exempts, until when and why: `findings of rule unused-key of any user that matches "ci-*" in account
/// 111111111111 until 2026-12-31 (40 days left): "they are rotated by hand"`.
pub(super) fn in_words(entry: &Entry, today: Date) -> String {
    format!(
        "{} {} {} until {} ({}): {:?}",
        findings(entry.rule.as_ref()),
        of_user(entry.user.as_ref()),
        in_account(entry.account.as_ref()),
        entry.until,
        time_left(entry.until, today),
        entry.reason,
    )
}

fn findings(rule: Option<&Pattern>) -> String {
    match rule {
        Some(rule) if rule.is_literal() => format!("findings of rule {}", rule.as_str()),
        Some(rule) if !rule.is_any() => {
            let rules: Vec<_> = Rule::ALL.into_iter().map(Rule::id).filter(|id| rule.matches(id)).collect();
            format!("findings of any rule that matches {} ({})", quoted(rule.as_str()), rules.join(", "))
        }
        _ => "all findings".to_owned(),
    }
}

fn of_user(user: Option<&Pattern>) -> String {
    match user {
        Some(user) if user.is_literal() => format!("of user {}", quoted(user.as_str())),
        Some(user) if !user.is_any() => format!("of any user that matches {}", quoted(user.as_str())),
        _ => "of any user".to_owned(),
    }
}

fn in_account(account: Option<&Pattern>) -> String {
    match account {
        Some(account) if account.as_str().bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("in account {}", account.as_str())
        }
        Some(account) if account.is_literal() => format!("in account {}", quoted(account.as_str())),
        Some(account) if !account.is_any() => format!("in any account that matches {}", quoted(account.as_str())),
        _ => "in any account".to_owned(),
    }
}

fn time_left(until: Date, today: Date) -> String {
    match (until - today).get_days() {
        0 => "today is its last day".to_owned(),
        1 => "1 day left".to_owned(),
        -1 => "expired, 1 day ago".to_owned(),
        days if days < 0 => format!("expired, {} days ago", days.unsigned_abs()),
        days => format!("{days} days left"),
    }
}
