//! Text and numbers as people see them.

/// A number with its thousands set apart.
pub fn number(number: u64) -> String {
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
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// Text from outside as a reader may see it: on one line, and at most `limit` characters of it.
///
/// Line breaks could forge lines of the plain text and headers of the mail, and direction marks could show a name as
/// another one; the CSV has both as they are.
pub fn one_line(text: &str, limit: usize) -> String {
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

    #[test]
    fn the_digits_of_numbers_are_grouped() {
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
    fn text_from_outside_is_on_one_line_and_as_long_as_it_may_be() {
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
