//! Patterns in which `*` stands for any characters, also none, and `?` for exactly one.
//!
//! Nothing else is special, and there is no way to say a star or a question mark itself: no user name can have one. Upper
//! and lower case are told apart, as IAM's own names are shown, and a pattern is for the whole of a text.

/// A pattern, as what stands between its stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    text: String,
    pieces: Vec<Piece>,
}

/// Characters, of which a `?` may be any.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    text: String,
    /// Most have no `?`, and can be looked for as they are.
    is_literal: bool,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let piece = |text: &str| Piece { text: text.to_owned(), is_literal: !text.contains('?') };
        Self { text: text.to_owned(), pieces: text.split('*').map(piece).collect() }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a name and nothing more.
    pub(super) fn is_literal(&self) -> bool {
        matches!(self.pieces.as_slice(), [only] if only.is_literal)
    }

    /// Whether it fits whatever the text is.
    pub(super) fn is_any(&self) -> bool {
        self.text.bytes().all(|byte| byte == b'*')
    }

    /// Whether it fits the whole text. Each star takes as little as it can, which leaves the most for the others, so that
    /// nothing is tried twice and no pattern takes more steps than its length times the text's.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self.pieces.as_slice() {
            [] => false,
            [only] => only.is_whole(text),
            [first, middle @ .., last] => {
                let Some(rest) = first.after(text) else { return false };
                let rest = middle.iter().try_fold(rest, |rest, piece| piece.behind_first(rest));
                rest.is_some_and(|rest| last.is_end(rest))
            }
        }
    }
}

impl Piece {
    /// What comes after the piece, where the text begins with it.
    fn after<'a>(&self, text: &'a str) -> Option<&'a str> {
        if self.is_literal {
            return text.strip_prefix(self.text.as_str());
        }
        let mut rest = text.chars();
        for wanted in self.text.chars() {
            let found = rest.next()?;
            if wanted != '?' && wanted != found {
                return None;
            }
        }
        Some(rest.as_str())
    }

    /// What comes after the first place where the text has the piece.
    fn behind_first<'a>(&self, text: &'a str) -> Option<&'a str> {
        if self.is_literal {
            return text.split_once(self.text.as_str()).map(|(_, rest)| rest);
        }
        text.char_indices().find_map(|(start, _)| self.after(text.get(start..)?))
    }

    fn is_end(&self, text: &str) -> bool {
        if self.is_literal {
            return text.ends_with(self.text.as_str());
        }
        let characters = self.text.chars().count();
        let start = text.char_indices().rev().map(|(start, _)| start).nth(characters.saturating_sub(1));
        start.and_then(|start| text.get(start..)).is_some_and(|end| self.is_whole(end))
    }

    fn is_whole(&self, text: &str) -> bool {
        if self.is_literal { self.text == text } else { self.after(text).is_some_and(str::is_empty) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_fit_what_they_should() {
        for (pattern, fitting, others) in [
            ("alice", ["alice", "alice", "alice"].as_slice(), ["", "Alice", "alice ", "alic", "xalice"].as_slice()),
            ("*", &["", "a", "anything at all", "中文"], &[]),
            ("**", &["", "a", "ab"], &[]),
            ("?", &["a", "中", "*"], &["", "ab"]),
            ("ci-*", &["ci-", "ci-a", "ci-*"], &["ci", "CI-a", "xci-a", ""]),
            ("*-bot", &["-bot", "a-bot", "-bot-bot"], &["bot", "a-bot ", "a-bots"]),
            ("a*b*c", &["abc", "aXbXc", "abbcc", "abcbc"], &["ab", "acb", "abcd", "ac"]),
            ("*aab", &["aab", "aaab", "aaaab", "baab"], &["aaba", "ab"]),
            ("*ab?", &["abc", "ababc", "xabab!"], &["ab", "abcd"]),
            ("a?c", &["abc", "a中c", "a\u{10ffff}c"], &["ac", "abbc"]),
            ("?*", &["a", "ab"], &[""]),
            ("*?", &["a", "ab"], &[""]),
            ("中*文", &["中文", "中国文"], &["中", "文", "中文!"]),
            // Nothing else is special.
            ("[a-z]", &["[a-z]"], &["a"]),
            ("a.b", &["a.b"], &["axb"]),
            ("a\\*", &["a\\", "a\\b"], &["a*"]),
            ("{a,b}", &["{a,b}"], &["a"]),
            ("arn:*:user/ci-?", &["arn:aws:iam::000000000012:user/ci-1"], &["arn:aws:iam::000000000012:user/ci-12"]),
        ] {
            for text in fitting {
                assert!(Pattern::new(pattern).matches(text), "{pattern} and {text}");
            }
            for text in others {
                assert!(!Pattern::new(pattern).matches(text), "{pattern} and {text}");
            }
        }
    }

    /// The definition itself, which takes exponentially many steps.
    fn fits_by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', after @ ..], _) => (0..=text.len()).any(|taken| fits_by_definition(after, &text[taken..])),
            (['?', after @ ..], [_, rest @ ..]) => fits_by_definition(after, rest),
            ([wanted, after @ ..], [found, rest @ ..]) => wanted == found && fits_by_definition(after, rest),
            _ => false,
        }
    }

    #[test]
    fn patterns_fit_as_their_definition_says() {
        let mut random = fastrand::Rng::with_seed(9);
        let mut fitting = 0;
        for _ in 0..20_000 {
            let mut some = |of: &[char], longest: usize| -> Vec<char> {
                (0..random.usize(..=longest)).map(|_| of[random.usize(..of.len())]).collect()
            };
            let pattern = some(&['a', 'b', 'é', '*', '?'], 6);
            let text = some(&['a', 'b', 'é'], 7);
            let expected = fits_by_definition(&pattern, &text);
            let (pattern, text) = (String::from_iter(pattern), String::from_iter(text));
            assert_eq!(Pattern::new(&pattern).matches(&text), expected, "{pattern:?} and {text:?}");
            fitting += u32::from(expected);
        }
        assert!((1_000..19_000).contains(&fitting), "{fitting}");
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_longer_than_it_should() {
        // Tried in every way, this would take longer than the universe is old.
        let pattern = Pattern::new(&("a*".repeat(500) + "b"));
        assert!(!pattern.matches(&"a".repeat(2_000)));
        assert!(pattern.matches(&("a".repeat(2_000) + "b")));
    }

    #[test]
    fn a_pattern_knows_whether_it_is_a_name_or_fits_anything() {
        for (text, is_literal, is_any) in
            [("a", true, false), ("*", false, true), ("**", false, true), ("?", false, false), ("a*", false, false)]
        {
            let pattern = Pattern::new(text);
            assert_eq!((pattern.is_literal(), pattern.is_any()), (is_literal, is_any), "{text}");
        }
    }
}
