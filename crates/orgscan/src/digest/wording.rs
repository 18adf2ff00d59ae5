//! What a reader who did not write this program understands: outcomes in plain words, numbers, and text from AWS on one
//! line.

use crate::ledger::Outcome;

/// What became of an account, read after "so many accounts:".
pub(super) fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Reported => "read",
        Outcome::ReportedPartially => "read in part",
        Outcome::SkippedState => "left out: closed, suspended or not yet active",
        Outcome::SkippedExcluded => "left out by the settings or by the event",
        Outcome::AssumeDenied => "not read: the role could not be assumed",
        Outcome::Denied => "not read: the role may not read the report",
        Outcome::Throttled => "not read: AWS took no more calls",
        Outcome::ReportTimeout => "not read: AWS did not finish the report in time",
        Outcome::Timeout => "not read: the account took too long",
        Outcome::MalformedReport => "not read: what AWS answered is no credential report",
        Outcome::ServiceError => "not read: AWS or the network failed",
        Outcome::NotAttempted => "not read: the run ended before its turn",
    }
}

/// What to do about it; empty where there is nothing to do.
pub(super) fn advice(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Reported | Outcome::SkippedState | Outcome::SkippedExcluded => "",
        Outcome::ReportedPartially => "The coverage ledger says what is missing in each account.",
        Outcome::AssumeDenied => {
            "Check that the role exists in the account, that its trust policy names the caller and the external id, and \
             that no service control policy denies sts:AssumeRole."
        }
        Outcome::Denied => {
            "Allow the role iam:GenerateCredentialReport and iam:GetCredentialReport, and look for a service control \
             policy or a permissions boundary that denies them."
        }
        Outcome::Throttled => {
            "Run again later. If it comes back, see whether other tools ask for the same reports at that time."
        }
        Outcome::ReportTimeout => {
            "Run again: AWS has usually finished by then. If it comes back, raise ACCOUNT_TIMEOUT_SECONDS."
        }
        Outcome::Timeout => "Run again. If it comes back, raise ACCOUNT_TIMEOUT_SECONDS.",
        Outcome::MalformedReport => "Look at the answer, which is kept in malformed/ beside the coverage ledger.",
        Outcome::ServiceError => "Run again. The detail names the call that failed.",
        Outcome::NotAttempted => {
            "Run again. If the deadline came first, give the function more time, or several runs a part of the accounts \
             each with ACCOUNTS_INCLUDE."
        }
    }
}

/// A number with its thousands set apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number and what it counts.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// Text from outside as a reader may see it: on one line, and at most `limit` characters of it.
///
/// Line breaks could forge lines of the plain text and headers of the mail, and direction marks could show a name as
/// another one; the CSV has both as they are.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for (index, character) in text.chars().filter(|one| !is_direction_mark(*one)).enumerate() {
        if index == limit {
            line.pop();
            line.push('…');
            break;
        }
        let breaks = character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
        line.push(if breaks { ' ' } else { character });
    }
    line
}

fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Sum;

    #[test]
    fn a_digest_has_words_for_every_outcome_and_advice_for_every_gap() {
        let mut all: Vec<&str> = Outcome::ALL.into_iter().map(words).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), Outcome::ALL.len());
        for outcome in Outcome::ALL {
            let failed = outcome.sum() == Sum::Failed;
            assert_eq!(words(outcome).starts_with("not read: "), failed, "{}", outcome.as_str());
            let is_gap = failed || outcome == Outcome::ReportedPartially;
            assert_eq!(advice(outcome).is_empty(), !is_gap, "{}", outcome.as_str());
        }
    }

    #[test]
    fn a_digest_groups_the_digits_of_numbers() {
        for (value, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345, "12,345"),
            (999_999, "999,999"),
            (1_000_000, "1,000,000"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn a_digest_has_text_from_outside_on_one_line() {
        for (text, expected) in [
            ("plain", "plain"),
            ("two\r\nlines", "two  lines"),
            ("bell\u{7}\u{1b}[0m\u{85}", "bell  [0m "),
            ("a\u{2028}b", "a b"),
            ("\u{202e}gnp.exe\u{202c}", "gnp.exe"),
            ("中文", "中文"),
            ("exactly 10", "exactly 10"),
            ("12345678901", "123456789…"),
        ] {
            assert_eq!(one_line(text, 10), expected, "{text:?}");
        }
    }
}
