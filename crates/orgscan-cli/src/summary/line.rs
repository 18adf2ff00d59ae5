//! A line that fits a terminal, whatever is in it.

use orgscan::text::one_line;
use unicode_width::UnicodeWidthChar as _;

/// The columns of a terminal that is not told to be wider.
pub(super) const COLUMNS: usize = 80;

/// What a piece of text looks like where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Good,
    Bad,
    Worst,
}

impl Ink {
    /// The escape sequence that begins it (ECMA-48, SGR).
    fn begin(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "\u{1b}[32m",
            Self::Bad => "\u{1b}[33m",
            Self::Worst => "\u{1b}[31m",
        }
    }
}

/// Pieces of text that together have at most [`COLUMNS`] columns, and nothing in them that a terminal would obey.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pieces: Vec<(Ink, String)>,
    columns: usize,
}

impl Line {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn of(text: &str) -> Self {
        Self::new().text(text)
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.inked(Ink::Plain, text)
    }

    /// Adds text, as much of it as there is room for.
    pub(super) fn inked(mut self, ink: Ink, text: &str) -> Self {
        let text = fitted(text, COLUMNS - self.columns);
        self.columns += columns_of(&text);
        self.pieces.push((ink, text));
        self
    }

    pub(super) fn print(&self, is_coloured: bool) -> String {
        let piece = |(ink, text): &(Ink, String)| match ink.begin() {
            begin if is_coloured && !begin.is_empty() => format!("{begin}{text}\u{1b}[0m"),
            _ => text.clone(),
        };
        self.pieces.iter().map(piece).collect::<String>().trim_end().to_owned()
    }
}

/// The columns that a terminal needs for a text.
pub(super) fn columns_of(text: &str) -> usize {
    text.chars().filter_map(char::width).sum()
}

/// Text on one line in at most so many columns; where some of it is left out, it ends with `…`.
pub(super) fn fitted(text: &str, columns: usize) -> String {
    let text = one_line(text, usize::MAX);
    if columns_of(&text) <= columns {
        return text;
    }
    let mut left = columns.saturating_sub(1);
    let mut shown = String::new();
    for character in text.chars() {
        let width = character.width().unwrap_or_default();
        if width > left {
            break;
        }
        left -= width;
        shown.push(character);
    }
    if columns > 0 {
        shown.push('…');
    }
    shown
}

/// The same with blanks up to the columns.
pub(super) fn padded(text: &str, columns: usize) -> String {
    let text = fitted(text, columns);
    let blanks = columns - columns_of(&text).min(columns);
    text + &" ".repeat(blanks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_at_most_as_many_columns_as_there_are() {
        for (text, columns, expected) in [
            ("exactly", 7, "exactly"),
            ("too long", 7, "too lo…"),
            ("中文字", 6, "中文字"),
            ("中文字", 5, "中文…"),
            ("中文字", 4, "中…"),
            ("x", 0, ""),
            ("two\nlines\u{1b}[2J", 20, "two lines [2J"),
        ] {
            assert_eq!(fitted(text, columns), expected, "{text:?} in {columns}");
        }
        assert_eq!(padded("中", 4), "中  ");
    }

    #[test]
    fn a_line_is_as_wide_with_colours_as_without() {
        let line = Line::new().inked(Ink::Worst, "critical").text(&"x".repeat(100)).inked(Ink::Good, "never seen");
        assert_eq!(columns_of(&line.print(false)), COLUMNS);
        let coloured = line.print(true);
        assert!(coloured.starts_with("\u{1b}[31mcritical\u{1b}[0mx"), "{coloured}");
    }
}
