//! The plain text's lines.

/// No line is longer where its words allow it: mail programs and terminals show 80 columns (RFC 5322 asks for 78).
const WIDTH: usize = 78;

/// Breaks long lines at spaces; what follows is indented like the line, and by two more where the line is an entry of a
/// list. A word that is longer than a line (a location) stays whole. Of several blank lines one is left.
pub(super) fn wrap(text: &str) -> String {
    let mut wrapped = String::with_capacity(text.len());
    let mut after_blank = true;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            if !after_blank {
                wrapped.push('\n');
            }
            after_blank = true;
            continue;
        }
        after_blank = false;
        if line.chars().count() <= WIDTH {
            wrapped.push_str(line);
        } else {
            wrap_line(line, &mut wrapped);
        }
        wrapped.push('\n');
    }
    wrapped.truncate(wrapped.trim_end().len());
    wrapped.push('\n');
    wrapped
}

fn wrap_line(line: &str, wrapped: &mut String) {
    let words = line.trim_start();
    let indentation = line.len() - words.len();
    let hanging = if indentation == 0 { 0 } else { indentation + 2 };
    let mut width = 0;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if width == 0 {
            wrapped.extend(std::iter::repeat_n(' ', indentation));
            width = indentation;
        } else if width + 1 + length > WIDTH {
            wrapped.push('\n');
            wrapped.extend(std::iter::repeat_n(' ', hanging));
            width = hanging;
        } else {
            wrapped.push(' ');
            width += 1;
        }
        wrapped.push_str(word);
        width += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_breaks_lines_at_78_characters_and_not_a_character_earlier() {
        let line = |length: usize| format!("  {}b", "a ".repeat((length - 3) / 2));
        assert_eq!(wrap(&line(77)), format!("{}\n", line(77)));
        let fits = format!("{}c", line(77));
        assert_eq!(wrap(&fits), format!("{fits}\n"));
        let wrapped = wrap(&format!("{}cd", line(77)));
        assert_eq!(wrapped.lines().count(), 2);
        assert!(wrapped.ends_with("\n    bcd\n"), "{wrapped}");
    }

    #[test]
    fn a_digest_leaves_a_long_word_whole() {
        let location = format!("s3://{}", "x".repeat(100));
        assert_eq!(wrap(&format!("  It is at {location} now")), format!("  It is at\n    {location}\n    now\n"));
    }

    #[test]
    fn a_digest_has_one_blank_line_at_a_time_and_none_at_its_ends() {
        assert_eq!(wrap("\n\n  a  \n\n \n\nb\n\n"), "  a\n\nb\n");
        assert_eq!(wrap(""), "\n");
    }
}
