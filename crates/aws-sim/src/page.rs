//! Answers in pages, and what can go wrong with their tokens.

use std::fmt;
use std::str::FromStr;

/// How a page goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageFault {
    /// The page has no item, and a token with which the listing goes on where it was.
    Empty,
    /// The page's token is the one that it was asked for with.
    Repeated,
    /// The pages' tokens are A, B, A, B and so on.
    Alternating,
}

/// What a request says about the page that it wants.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageRequest {
    pub(crate) limit: Option<usize>,
    pub(crate) token: Option<String>,
}

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// The next items.
    Next,
    /// The next items, after so many empty pages.
    Empty(u32),
    /// One of the two tokens that alternate.
    A,
    B,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token {
    start: usize,
    mark: Mark,
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { start, mark } = self;
        match mark {
            Mark::Next => write!(formatter, "page-{start}-next"),
            Mark::Empty(pages) => write!(formatter, "page-{start}-empty{pages}"),
            Mark::A => write!(formatter, "page-{start}-a"),
            Mark::B => write!(formatter, "page-{start}-b"),
        }
    }
}

/// A token that the stand-in did not give out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownToken;

impl FromStr for Token {
    type Err = UnknownToken;

    fn from_str(text: &str) -> Result<Self, UnknownToken> {
        let (start, mark) = text.strip_prefix("page-").and_then(|rest| rest.split_once('-')).ok_or(UnknownToken)?;
        let start = start.parse().map_err(|_| UnknownToken)?;
        let mark = match (mark, mark.strip_prefix("empty")) {
            ("next", _) => Mark::Next,
            ("a", _) => Mark::A,
            ("b", _) => Mark::B,
            (_, Some(pages)) => Mark::Empty(pages.parse().map_err(|_| UnknownToken)?),
            _ => return Err(UnknownToken),
        };
        Ok(Self { start, mark })
    }
}

/// One page that is being answered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// The position of its first item.
    pub(crate) start: usize,
    token: Option<Token>,
    fault: Option<PageFault>,
}

impl PageRequest {
    /// The page that is asked for. An empty token asks for the first.
    pub(crate) fn open(&self, fault: Option<PageFault>) -> Result<Page, UnknownToken> {
        let token: Option<Token> = self.token().map(str::parse).transpose()?;
        Ok(Page { start: token.map_or(0, |token| token.start), token, fault })
    }

    /// The token of the page that is asked for; none for the first.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref().filter(|token| !token.is_empty())
    }
}

impl Page {
    /// Whether it is asked for without a token.
    pub(crate) fn is_first(&self) -> bool {
        self.token.is_none()
    }

    /// Makes the page one without items.
    pub(crate) fn emptied(self) -> Self {
        Self { fault: Some(PageFault::Empty), ..self }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fault == Some(PageFault::Empty)
    }

    /// The token to answer where the next items begin at this position; none there is no further item.
    pub(crate) fn next_token(&self, next: Option<usize>) -> Option<String> {
        let usual = |mark| Token { start: next.unwrap_or_default(), mark };
        let token = match (self.fault, self.token) {
            (None, _) => Token { start: next?, mark: Mark::Next },
            (Some(PageFault::Empty), Some(Token { start, mark: Mark::Empty(pages) })) => {
                Token { start, mark: Mark::Empty(pages.saturating_add(1)) }
            }
            (Some(PageFault::Empty), _) => Token { start: self.start, mark: Mark::Empty(1) },
            (Some(PageFault::Repeated), Some(token)) => token,
            (Some(PageFault::Repeated), None) => usual(Mark::Next),
            // B leads to the first items again, so that what follows is the same A.
            (Some(PageFault::Alternating), Some(Token { mark: Mark::A, .. })) => Token { start: 0, mark: Mark::B },
            (Some(PageFault::Alternating), _) => usual(Mark::A),
        };
        Some(token.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The starts of the pages of a listing of 5 items in pages of 2, at most ten of them, and the tokens answered.
    fn listed(fault: impl Fn(usize) -> Option<PageFault>) -> (Vec<usize>, Vec<Option<String>>) {
        let (mut starts, mut tokens) = (Vec::new(), Vec::new());
        let mut request = PageRequest::default();
        for number in 0..10 {
            let page = request.open(fault(number)).unwrap();
            let end = page.start + 2;
            let token = page.next_token((end < 5).then_some(end));
            starts.push(page.start);
            tokens.push(token.clone());
            if token.is_none() {
                break;
            }
            request.token = token;
        }
        (starts, tokens)
    }

    #[test]
    fn tokens_lead_through_all_pages() {
        let (starts, tokens) = listed(|_| None);
        assert_eq!(starts, [0, 2, 4]);
        assert_eq!(tokens.last(), Some(&None));
    }

    #[test]
    fn an_empty_page_loses_nothing_and_its_token_is_new() {
        let (starts, tokens) = listed(|number| (number < 3).then_some(PageFault::Empty));
        assert_eq!(starts, [0, 0, 0, 0, 2, 4]);
        assert_ne!(tokens[0], tokens[1]);
        let (starts, tokens) = listed(|number| (number == 1).then_some(PageFault::Empty));
        assert_eq!(starts, [0, 2, 2, 4]);
        assert_ne!(tokens[0], tokens[1]);
    }

    #[test]
    fn a_repeated_token_never_ends() {
        let (starts, tokens) = listed(|_| Some(PageFault::Repeated));
        assert_eq!(starts, [0, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
        assert!(tokens.iter().all(|token| *token == tokens[0]));
        let (_, tokens) = listed(|number| (number == 1).then_some(PageFault::Repeated));
        assert_eq!(tokens[0], tokens[1]);
    }

    #[test]
    fn two_tokens_alternate_for_ever() {
        let (starts, tokens) = listed(|_| Some(PageFault::Alternating));
        assert_eq!(starts, [0, 2, 0, 2, 0, 2, 0, 2, 0, 2]);
        assert_ne!(tokens[0], tokens[1]);
        for (number, token) in tokens.iter().enumerate() {
            assert_eq!(*token, tokens[number % 2]);
        }
    }

    #[test]
    fn the_only_page_has_a_token_too_where_tokens_go_wrong() {
        for fault in [PageFault::Repeated, PageFault::Alternating, PageFault::Empty] {
            let page = PageRequest::default().open(Some(fault)).unwrap();
            assert!(page.next_token(None).is_some(), "{fault:?}");
        }
    }

    #[test]
    fn a_token_that_was_never_given_out_is_unknown() {
        for text in ["x", "page-", "page-1", "page-x-next", "page-1-c", "page-1-emptyx", "page--1-next"] {
            assert_eq!(text.parse::<Token>(), Err(UnknownToken), "{text}");
        }
        let request = PageRequest { limit: None, token: Some(String::new()) };
        assert!(request.open(None).unwrap().is_first());
    }
}
