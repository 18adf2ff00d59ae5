//! How IAM compares what a condition wants with what is asked with.
//!
//! Knows no keys. Of what is asked with not all may be known: there a `*` stands for the part of a path that is not, and it
//! compares as alike where it may be.

/// Whether one of the operators that compare text holds. Wildcards are those of a pattern in `StringLike` and the ARN
/// operators only, of which `ArnEquals` and `ArnLike` are the same (IAM user guide, "Condition operators").
pub(super) fn holds(operator: &str, wanted: &str, own: &str) -> bool {
    match operator {
        "StringLike" => is_like(wanted, own),
        "ArnEquals" | "ArnLike" => is_like_arn(wanted, own),
        _ => !has_wildcard(wanted) && is_like(wanted, own),
    }
}

pub(super) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Each of an ARN's six parts is compared for itself, so that a `*` does not reach into the next.
fn is_like_arn(wanted: &str, own: &str) -> bool {
    const PARTS: usize = 6;
    let everything = wanted == "*";
    let wanted: Vec<&str> = wanted.splitn(PARTS, ':').collect();
    let own: Vec<&str> = own.splitn(PARTS, ':').collect();
    everything
        || (wanted.len() == PARTS
            && own.len() == PARTS
            && wanted.iter().zip(&own).all(|(wanted, own)| is_like(wanted, own)))
}

/// Whether a pattern, in which `*` is any text and `?` any character, matches what `own` may be, in which `*` is any text
/// without a slash. The time is the product of both lengths, whatever they are: trust policies are written by others.
fn is_like(pattern: &str, own: &str) -> bool {
    let own: Vec<char> = own.chars().collect();
    // Whether what was read of the pattern, and the first so many characters of `own`, may be the same text.
    let mut row = vec![true];
    row.extend(own.iter().scan(true, |only_stars, character| {
        *only_stars &= *character == '*';
        Some(*only_stars)
    }));
    for character in pattern.chars() {
        let mut left = row.first().is_some_and(|begins| *begins && character == '*');
        let mut next = Vec::with_capacity(row.len());
        next.push(left);
        for (before, opposite) in row.windows(2).zip(&own) {
            let &[diagonal, above] = before else { continue };
            left = match (character, *opposite) {
                ('/', '*') => left,
                ('*', _) | (_, '*') => left || above,
                (character, opposite) => diagonal && (character == opposite || character == '?'),
            };
            next.push(left);
        }
        row = next;
    }
    row.last().is_some_and(|ends| *ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_iam_matches_them_and_in_time() {
        for (pattern, text, expected) in [
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("a*", "a", true),
            ("*c", "abcc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*", "", true),
            ("", "", true),
            ("?", "", false),
            // What is not known of a path may be what the pattern wants.
            ("sso/eu-west-1/Audit_0f", "sso/*/Audit_0f", true),
            ("sso/eu-west-1/Audit_*", "sso/*/Audit_0f", true),
            ("sso/eu-west-1/Other_*", "sso/*/Audit_0f", false),
            ("sso/one/two/Audit_0f", "sso/*/Audit_0f", false),
            ("sso*/Audit_?f", "sso/*/Audit_0f", true),
            ("sso/*", "sso/*/Audit_0f", true),
            ("sso/Audit_0f", "sso/*/Audit_0f", false),
        ] {
            assert_eq!(is_like(pattern, text), expected, "{pattern} {text}");
        }
        // Backtracking into every star would not end before the sun does.
        let pattern = "*a".repeat(1_000) + "b";
        assert!(!is_like(&pattern, &"a".repeat(1_000)));
    }

    #[test]
    fn only_some_operators_take_wildcards_and_an_arn_is_compared_part_by_part() {
        let role = "arn:aws:iam::000000000009:role/Audit";
        for (operator, wanted, expected) in [
            ("StringEquals", role, true),
            ("StringEquals", "arn:aws:iam::000000000009:role/*", false),
            ("StringNotEquals", "arn:aws:iam::000000000009:role/Audi?", false),
            ("StringLike", "arn:aws:iam::*", true),
            ("ArnLike", "arn:aws:iam::*", false),
            ("ArnLike", "arn:aws:iam::*:role/Audit", true),
            ("ArnEquals", "arn:*:iam::000000000009:role/Aud*", true),
            ("ArnEquals", "arn:*:role/Audit", false),
            ("ArnLike", "*", true),
        ] {
            assert_eq!(holds(operator, wanted, role), expected, "{operator} {wanted}");
        }
    }
}
