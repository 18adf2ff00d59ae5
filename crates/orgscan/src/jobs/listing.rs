//! The accounts of one Organization, as they are listed.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::task::Poll;

use futures::stream::{self, Stream, StreamExt};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::Run;
use crate::account::{Account, AccountId};
use crate::advice::{on_listing, with_advice};
use crate::ports::Organizations;

/// What the ledger says where it does not have every account.
pub(super) const LISTING_BROKE_OFF: &str = "not every account could be listed";

/// Whom to tell of every account, as it is listed.
#[derive(Debug)]
pub(super) struct Listed(UnboundedSender<AccountId>);

/// The accounts of an Organization for who works beside its sweep: the stream has each once, as the sweep lists it, and
/// ends with the sweep's first pass. A queue between the two, since the listing is one stream, and each reader has a pace of
/// its own.
pub(super) fn listed_accounts() -> (Listed, impl Stream<Item = AccountId>) {
    let (sender, receiver) = unbounded_channel();
    let accounts = stream::unfold(receiver, |mut receiver| async { receiver.recv().await.map(|one| (one, receiver)) });
    (Listed(sender), accounts)
}

/// The accounts of an Organization as they are listed, each once.
#[derive(Default)]
pub(super) struct Listing {
    seen: RefCell<HashSet<AccountId>>,
    /// Why it broke off.
    pub(super) problem: Cell<Option<String>>,
    has_ended: Cell<bool>,
}

impl Listing {
    /// Tells whoever watches that no account comes any more: at the end of the listing, or where it was given up.
    pub(super) fn end(&self, run: &Run<'_>) {
        if !self.has_ended.replace(true) {
            run.progress.listing_ended();
        }
    }

    pub(super) fn accounts<'a, W: Organizations>(
        &'a self,
        world: &'a W,
        run: &'a Run<'_>,
        session: &'a W::Session,
        listed: Option<Listed>,
    ) -> impl Stream<Item = Account> + 'a {
        world
            .accounts(session)
            .filter_map(async |page| match page {
                Ok(accounts) => Some(stream::iter(accounts)),
                Err(error) => {
                    tracing::warn!(error = error.chain(), "the listing of accounts broke off: {}", error.chain());
                    let problem = format!("{LISTING_BROKE_OFF}: {}", error.chain());
                    self.problem.set(Some(with_advice(problem, on_listing(&error))));
                    None
                }
            })
            .flatten()
            .filter(move |account| {
                // A page that is answered twice does not make an account count twice.
                let first_time = self.seen.borrow_mut().insert(account.id);
                if first_time {
                    run.progress.listed();
                    if let Some(Listed(sender)) = &listed {
                        // Who listens may have heard enough.
                        sender.send(account.id).unwrap_or_default();
                    }
                }
                std::future::ready(first_time)
            })
            .chain(stream::poll_fn(move |_| {
                self.end(run);
                Poll::Ready(None)
            }))
    }
}
