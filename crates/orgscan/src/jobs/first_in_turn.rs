//! Who is visited first: the accounts that the run before did not reach. The others wait until these were listed, so that a
//! run which again has too little time does not spend it on the same accounts as the last one.
//!
//! Knows nothing of AWS or of visits: it only changes the order of a stream of accounts, and loses none.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::task::Poll;

use futures::future::FutureExt;
use futures::stream::{self, Stream, StreamExt};

use super::left_undone::LeftUndone;
use crate::account::Account;

/// Puts the accounts of a listing in the order in which they are visited.
#[derive(Debug, Default)]
pub(super) struct FirstInTurn {
    /// Listed, and to be visited next.
    next: RefCell<VecDeque<Account>>,
    /// Listed, and waiting for those that come first.
    held: RefCell<VecDeque<Account>>,
    listing_ended: Cell<bool>,
    had_something: Cell<bool>,
}

impl FirstInTurn {
    /// The accounts of `listing`, each once. All wait until `before` is known. Then those that it did not reach come, and the
    /// others once all of these were listed, or where it does not have every account, once the listing ended. Accounts that
    /// nobody `visits` take no time from others, and do not wait for them.
    pub(super) fn order<'a>(
        &'a self,
        listing: impl Stream<Item = Account> + 'a,
        before: impl Future<Output = Option<LeftUndone>> + 'a,
        visits: impl Fn(&Account) -> bool + 'a,
    ) -> impl Stream<Item = Account> + 'a {
        let mut listing = Box::pin(listing.fuse());
        let mut before = Box::pin(before.fuse());
        let mut left: Option<LeftUndone> = None;
        let sort = move |account: Account, left: &mut LeftUndone| {
            let is_first = left.meets(account.id) || !visits(&account);
            let queue = if is_first { &self.next } else { &self.held };
            queue.borrow_mut().push_back(account);
        };
        stream::poll_fn(move |context| {
            if left.is_none()
                && let Poll::Ready(found) = before.poll_unpin(context)
            {
                self.had_something.set(found.is_some());
                let known = left.insert(found.unwrap_or_default());
                let waiting = std::mem::take(&mut *self.held.borrow_mut());
                for account in waiting {
                    sort(account, known);
                }
            }
            loop {
                if left.as_ref().is_some_and(|known| known.all_were_met() || self.listing_ended.get()) {
                    self.next.borrow_mut().append(&mut self.held.borrow_mut());
                }
                if let Some(account) = self.next.borrow_mut().pop_front() {
                    return Poll::Ready(Some(account));
                }
                if self.listing_ended.get() {
                    let is_empty = self.held.borrow().is_empty();
                    return if is_empty { Poll::Ready(None) } else { Poll::Pending };
                }
                match (listing.poll_next_unpin(context), &mut left) {
                    (Poll::Pending, _) => return Poll::Pending,
                    (Poll::Ready(None), _) => self.listing_ended.set(true),
                    (Poll::Ready(Some(account)), Some(known)) => sort(account, known),
                    (Poll::Ready(Some(account)), None) => self.held.borrow_mut().push_back(account),
                }
            }
        })
    }

    /// Whether the listing came to its end, whatever is still held back.
    pub(super) fn listing_ended(&self) -> bool {
        self.listing_ended.get()
    }

    /// Whether the run before left something undone.
    pub(super) fn had_something(&self) -> bool {
        self.had_something.get()
    }

    /// The accounts that were listed and did not get their turn.
    pub(super) fn rest(self) -> impl Iterator<Item = Account> {
        self.next.into_inner().into_iter().chain(self.held.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use super::*;
    use crate::jobs::listing::LISTING_BROKE_OFF;
    use crate::ledger::{LedgerRow, Outcome};
    use crate::testing::ledger_row;

    fn account(id: u64) -> Account {
        ledger_row(id).account
    }

    /// A run that reached some accounts and others not.
    fn left(reached: &[u64], not_reached: &[u64], broke_off: bool) -> LeftUndone {
        let row = |id: u64, outcome, detail: &str| LedgerRow { outcome, detail: detail.to_owned(), ..ledger_row(id) };
        let sign = if broke_off { LISTING_BROKE_OFF } else { "" };
        let reached = reached.iter().map(|id| row(*id, Outcome::Reported, sign));
        let rows: Vec<_> = reached.chain(not_reached.iter().map(|id| row(*id, Outcome::NotAttempted, ""))).collect();
        LeftUndone::of_ledger(&rows)
    }

    /// One account a second.
    fn listing(ids: impl IntoIterator<Item = u64>) -> impl Stream<Item = Account> {
        stream::iter(ids).then(async |id| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            account(id)
        })
    }

    fn number(account: &Account) -> u64 {
        account.id.to_string().parse().unwrap()
    }

    /// Each account, and how many seconds after the beginning it came.
    async fn order(ids: &[u64], before: Option<LeftUndone>, not_visited: &[u64]) -> Vec<(u64, u64)> {
        let began = tokio::time::Instant::now();
        let turns = FirstInTurn::default();
        let ordered =
            turns.order(listing(ids.to_vec()), ready(before), |account| !not_visited.contains(&number(account)));
        ordered.map(|account| (number(&account), began.elapsed().as_secs())).collect().await
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_earlier_run_nobody_waits() {
        assert_eq!(order(&[3, 1, 2], None, &[]).await, [(3, 1), (1, 2), (2, 3)]);
        assert_eq!(order(&[], None, &[]).await, []);
    }

    #[tokio::test(start_paused = true)]
    async fn who_was_not_reached_comes_first_and_the_others_once_all_of_these_were_listed() {
        let before = left(&[1, 2, 5, 6], &[3, 4], false);
        assert_eq!(
            order(&[1, 2, 3, 4, 5, 6], Some(before), &[]).await,
            [(3, 3), (4, 4), (1, 4), (2, 4), (5, 5), (6, 6)]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_that_left_the_organization_delays_the_others_to_the_end_of_the_listing_only() {
        assert_eq!(order(&[1, 2, 3], Some(left(&[1, 3], &[2, 9], false)), &[]).await, [(2, 2), (1, 3), (3, 3)]);
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_listing_broke_off_who_is_not_known_comes_first() {
        let before = left(&[1, 2], &[3], true);
        assert_eq!(order(&[1, 2, 3, 4, 5], Some(before), &[]).await, [(3, 3), (4, 4), (5, 5), (1, 5), (2, 5)]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_not_visited_waits_for_nobody() {
        let before = left(&[1, 2], &[3, 4], false);
        assert_eq!(order(&[1, 2, 3, 4], Some(before), &[1, 3]).await, [(1, 1), (3, 3), (4, 4), (2, 4)]);
    }

    #[tokio::test(start_paused = true)]
    async fn all_wait_for_what_the_earlier_run_left_and_none_is_lost_where_it_is_never_known() {
        let slow = async {
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            Some(left(&[1], &[2, 3], false))
        };
        let turns = FirstInTurn::default();
        let order: Vec<u64> = turns.order(listing([1, 2, 3]), slow, |_| true).map(|one| number(&one)).collect().await;
        assert_eq!(order, [2, 3, 1]);
        assert!(turns.had_something());

        let turns = FirstInTurn::default();
        {
            let mut ordered = Box::pin(turns.order(listing([1, 2, 3]), pending(), |_| true));
            assert!(tokio::time::timeout(Duration::from_secs(9), ordered.next()).await.is_err());
        }
        assert!(turns.listing_ended() && !turns.had_something());
        assert_eq!(turns.rest().map(|one| number(&one)).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn every_account_comes_exactly_once_wherever_it_is_cut() {
        let mut random = fastrand::Rng::with_seed(6);
        for _ in 0..300 {
            let mut ids: Vec<u64> = (1..=random.u64(0..30)).collect();
            random.shuffle(&mut ids);
            let mut some = |share: f64| ids.iter().copied().filter(|_| random.f64() < share).collect::<Vec<u64>>();
            let (not_reached, gone) = (some(0.3), some(0.2));
            let reached: Vec<u64> = ids.iter().copied().filter(|id| !not_reached.contains(id)).collect();
            let before = left(&reached, &not_reached, random.bool());
            let listed: Vec<u64> = ids.iter().copied().filter(|id| !gone.contains(id)).collect();
            let taken = random.usize(0..=listed.len());

            let turns = FirstInTurn::default();
            let ordered = turns.order(stream::iter(listed.clone()).map(account), ready(Some(before)), |_| true);
            let mut came: Vec<u64> = ordered.take(taken).map(|one| number(&one)).collect().await;
            let late = came.iter().position(|id| reached.contains(id)).unwrap_or(came.len());
            let unreached_later = came.iter().skip(late).any(|id| not_reached.contains(id));
            assert!(!unreached_later, "{came:?} has one of {not_reached:?} after others");
            let listed_so_far = came.len() + turns.next.borrow().len() + turns.held.borrow().len();
            came.extend(turns.rest().map(|one| number(&one)));
            came.sort_unstable();
            let mut expected: Vec<u64> = listed.iter().copied().take(listed_so_far).collect();
            expected.sort_unstable();
            assert_eq!(came, expected);
        }
    }
}
