//! Pages of a listing as a stream that surely ends.
//!
//! The paginators of the SDK stop without an error on a repeated token, which loses data, and follow two tokens that
//! alternate for ever. Knows neither AWS nor what a page holds.

use std::collections::HashSet;
use std::future::Future;

use futures::stream::{self, Stream};

use crate::error::{CallError, CallErrorKind};

/// More pages than any listing has: 50,000 accounts at 20 a page are 2,500.
pub const MAX_PAGES: usize = 10_000;

/// How often a listing begins again because its token expired. A listing that outlives two tokens would outlive a third.
const RESTARTS: u32 = 1;

/// What a page answers to ask for the next one.
pub trait PageToken: Clone {
    /// Text that is the same for the same token, and empty where the token means that there are no more pages.
    fn identity(&self) -> String;
}

impl PageToken for String {
    fn identity(&self) -> String {
        self.clone()
    }
}

/// Asks `page` for one page after the other: with no token first, then with the token of the page before.
///
/// The stream ends after a page without a token, and a token of no text is none (the Tagging API answers `""` on its
/// last page). It ends with [`CallErrorKind::EndlessPages`] after a page whose token was answered before, and after
/// [`MAX_PAGES`]. Where a token expired it begins again once, so that pages are answered twice. Any other error ends it.
pub fn pages<T, K, P, F>(action: &'static str, page: P) -> impl Stream<Item = Result<T, CallError>>
where
    K: PageToken,
    P: FnMut(Option<K>) -> F,
    F: Future<Output = Result<(T, Option<K>), CallError>>,
{
    stream::try_unfold(Listing::new(action, page), |mut listing| async move {
        let answered = listing.turn_page().await?;
        Ok(answered.map(|content| (content, listing)))
    })
}

struct Listing<K, P> {
    action: &'static str,
    page: P,
    next: Next<K>,
    seen: HashSet<String>,
    turned: usize,
    restarts: u32,
}

enum Next<K> {
    First,
    After(K),
    Repeated,
    Done,
}

impl<K, P> Listing<K, P> {
    fn new(action: &'static str, page: P) -> Self {
        Self { action, page, next: Next::First, seen: HashSet::new(), turned: 0, restarts: 0 }
    }

    async fn turn_page<T, F>(&mut self) -> Result<Option<T>, CallError>
    where
        K: PageToken,
        P: FnMut(Option<K>) -> F,
        F: Future<Output = Result<(T, Option<K>), CallError>>,
    {
        loop {
            let token = match &self.next {
                Next::Done => return Ok(None),
                Next::First => None,
                Next::After(token) => Some(token.clone()),
                Next::Repeated => return Err(CallError::new(self.action, CallErrorKind::EndlessPages)),
            };
            if self.turned >= MAX_PAGES {
                return Err(CallError::new(self.action, CallErrorKind::EndlessPages));
            }
            self.turned += 1;
            let had_token = token.is_some();
            match (self.page)(token).await {
                Ok((content, token)) => {
                    self.next = self.follow(token);
                    return Ok(Some(content));
                }
                Err(error) if error.kind == CallErrorKind::Expired && had_token && self.restarts < RESTARTS => {
                    self.restarts += 1;
                    self.seen.clear();
                    self.next = Next::First;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn follow(&mut self, token: Option<K>) -> Next<K>
    where
        K: PageToken,
    {
        let Some(token) = token else { return Next::Done };
        let identity = token.identity();
        if identity.is_empty() {
            Next::Done
        } else if self.seen.insert(identity) {
            Next::After(token)
        } else {
            Next::Repeated
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use futures::stream::StreamExt;

    use super::*;

    const ACTION: &str = "tag:GetResources";

    type Answer = Result<(Vec<u32>, Option<&'static str>), CallErrorKind>;

    /// The pages that come out, the kind of error that ends them, and the tokens that were asked with.
    async fn read(answers: Vec<Answer>) -> (Vec<Vec<u32>>, Option<CallErrorKind>, Vec<Option<String>>) {
        let mut asked = Vec::new();
        let mut answers = answers.into_iter();
        let listing = pages(ACTION, |token: Option<String>| {
            asked.push(token);
            let answer = answers.next().expect("asked for more pages than there are");
            ready(match answer {
                Ok((content, token)) => Ok((content, token.map(str::to_owned))),
                Err(kind) => Err(CallError::new(ACTION, kind)),
            })
        });
        let answered: Vec<_> = listing.collect().await;
        let mut contents = Vec::new();
        let mut error = None;
        for page in answered {
            assert_eq!(error, None, "an error ends the stream");
            match page {
                Ok(content) => contents.push(content),
                Err(failed) => error = Some(failed.kind),
            }
        }
        (contents, error, asked)
    }

    #[tokio::test]
    async fn every_page_is_followed_and_an_empty_one_is_not_the_last() {
        let (contents, error, asked) =
            read(vec![Ok((vec![1], Some("a"))), Ok((vec![], Some("b"))), Ok((vec![2, 3], None))]).await;
        assert_eq!((contents, error), (vec![vec![1], vec![], vec![2, 3]], None));
        assert_eq!(asked, [None, Some("a".to_owned()), Some("b".to_owned())]);
    }

    #[tokio::test]
    async fn an_empty_token_is_the_end() {
        assert_eq!(read(vec![Ok((vec![1], Some("")))]).await.0, [[1]]);
    }

    #[tokio::test]
    async fn a_repeated_token_is_an_error_after_its_page() {
        let (contents, error, asked) = read(vec![Ok((vec![1], Some("a"))), Ok((vec![2], Some("a")))]).await;
        assert_eq!((contents, error), (vec![vec![1], vec![2]], Some(CallErrorKind::EndlessPages)));
        assert_eq!(asked.len(), 2);
    }

    #[tokio::test]
    async fn tokens_that_alternate_are_an_error() {
        let (contents, error, _) =
            read(vec![Ok((vec![1], Some("a"))), Ok((vec![2], Some("b"))), Ok((vec![3], Some("a")))]).await;
        assert_eq!((contents.len(), error), (3, Some(CallErrorKind::EndlessPages)));
    }

    #[tokio::test]
    async fn an_error_ends_the_stream() {
        let (contents, error, _) = read(vec![Ok((vec![1], Some("a"))), Err(CallErrorKind::Denied)]).await;
        assert_eq!((contents, error), (vec![vec![1]], Some(CallErrorKind::Denied)));
    }

    #[tokio::test]
    async fn an_expired_token_begins_again_once() {
        let (contents, error, asked) = read(vec![
            Ok((vec![1], Some("a"))),
            Err(CallErrorKind::Expired),
            Ok((vec![1], Some("a"))),
            Ok((vec![2], None)),
        ])
        .await;
        assert_eq!((contents, error), (vec![vec![1], vec![1], vec![2]], None));
        assert_eq!(asked[2], None);

        let (_, error, _) = read(vec![
            Ok((vec![1], Some("a"))),
            Err(CallErrorKind::Expired),
            Ok((vec![1], Some("a"))),
            Err(CallErrorKind::Expired),
        ])
        .await;
        assert_eq!(error, Some(CallErrorKind::Expired));
    }

    #[tokio::test]
    async fn an_expiry_without_a_token_is_no_reason_to_begin_again() {
        assert_eq!(read(vec![Err(CallErrorKind::Expired)]).await.1, Some(CallErrorKind::Expired));
    }

    #[tokio::test]
    async fn the_page_cap_ends_tokens_that_never_repeat() {
        let mut number = 0;
        let listing = pages(ACTION, |_: Option<String>| {
            number += 1;
            ready(Ok(((), Some(number.to_string()))))
        });
        let answered: Vec<_> = listing.collect().await;
        assert_eq!(answered.len(), MAX_PAGES + 1);
        assert!(matches!(answered.last(), Some(Err(error)) if error.kind == CallErrorKind::EndlessPages));
    }
}
