//! What was called, how often, and how it went.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::account::AccountId;
use crate::operation::Operation;

/// How the calls of one operation went. What is neither throttled, faulted nor succeeded was answered with an error
/// that belongs there, such as a report that is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OperationCounts {
    /// All calls.
    pub calls: u64,
    /// Calls that a quota refused.
    pub throttled: u64,
    /// Calls that a planned fault happened to.
    pub faulted: u64,
    /// Calls that were carried out and answered as such.
    pub succeeded: u64,
}

/// The clients' connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConnectionCounts {
    /// Those that are open now.
    pub open: u64,
    /// The most that were open at a time.
    pub most_open: u64,
    /// All that were ever accepted.
    pub accepted: u64,
}

/// Everything that was counted since the start or the last reset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// The operations that were called, by name: `sts:AssumeRole`; `unknown` for all that are not known.
    pub calls: BTreeMap<String, OperationCounts>,
    /// How many accounts calls were about.
    pub accounts_called: usize,
    /// What callers say of themselves: user agents, and names of the sessions they ask for.
    pub callers: BTreeSet<String>,
    /// The clients' connections.
    pub connections: ConnectionCounts,
    /// Multipart uploads that were neither completed nor aborted.
    pub open_uploads: usize,
    /// The size of every object, by `bucket/key`.
    pub objects: BTreeMap<String, u64>,
}

impl Counts {
    /// The counts of one operation: `sts:AssumeRole`. Zeros where it was not called.
    pub fn of(&self, operation: &str) -> OperationCounts {
        self.calls.get(operation).copied().unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct Counter {
    calls: AtomicU64,
    throttled: AtomicU64,
    faulted: AtomicU64,
    succeeded: AtomicU64,
}

/// What counts while calls are answered.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    operations: [Counter; Operation::ALL.len()],
    accounts: Mutex<HashSet<AccountId>>,
    /// Whose roles were asked for, in the order of the calls.
    roles: Mutex<Vec<AccountId>>,
    callers: Mutex<BTreeSet<String>>,
    open: AtomicU64,
    most_open: AtomicU64,
    accepted: AtomicU64,
}

impl Counters {
    pub(crate) fn called(&self, operation: Operation, about: AccountId) {
        self.counter(operation, |counter| &counter.calls);
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).insert(about);
        if operation == Operation::AssumeRole {
            self.roles.lock().unwrap_or_else(PoisonError::into_inner).push(about);
        }
    }

    pub(crate) fn roles(&self) -> Vec<AccountId> {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers what a caller says of itself.
    pub(crate) fn called_by(&self, name: &str) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if !callers.contains(name) {
            callers.insert(name.to_owned());
        }
    }

    pub(crate) fn throttled(&self, operation: Operation) {
        self.counter(operation, |counter| &counter.throttled);
    }

    pub(crate) fn faulted(&self, operation: Operation) {
        self.counter(operation, |counter| &counter.faulted);
    }

    pub(crate) fn succeeded(&self, operation: Operation) {
        self.counter(operation, |counter| &counter.succeeded);
    }

    fn counter(&self, operation: Operation, which: impl Fn(&Counter) -> &AtomicU64) {
        if let Some(counter) = self.operations.get(operation as usize) {
            which(counter).fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a connection until the answer is dropped.
    pub(crate) fn connected(self: &Arc<Self>) -> OpenConnection {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_open.fetch_max(open, Ordering::Relaxed);
        OpenConnection(Arc::clone(self))
    }

    /// Back to the beginning, except for the connections that are open.
    pub(crate) fn reset(&self) {
        for counter in &self.operations {
            for number in [&counter.calls, &counter.throttled, &counter.faulted, &counter.succeeded] {
                number.store(0, Ordering::Relaxed);
            }
        }
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.roles.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.callers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.accepted.store(0, Ordering::Relaxed);
        self.most_open.store(self.open.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// All counts, without what is in the store.
    pub(crate) fn read(&self) -> Counts {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let counts = Operation::ALL.into_iter().zip(&self.operations).map(|(operation, counter)| {
            let counts = OperationCounts {
                calls: read(&counter.calls),
                throttled: read(&counter.throttled),
                faulted: read(&counter.faulted),
                succeeded: read(&counter.succeeded),
            };
            (operation.name().to_owned(), counts)
        });
        Counts {
            calls: counts.filter(|(_, counts)| counts.calls > 0).collect(),
            callers: self.callers.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            accounts_called: self.accounts.lock().unwrap_or_else(PoisonError::into_inner).len(),
            connections: ConnectionCounts {
                open: read(&self.open),
                most_open: read(&self.most_open),
                accepted: read(&self.accepted),
            },
            ..Counts::default()
        }
    }
}

/// A connection that is counted as open as long as this lives.
#[derive(Debug)]
pub(crate) struct OpenConnection(Arc<Counters>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_operation_and_account() {
        let counters = Counters::default();
        counters.called_by("a client");
        counters.called_by("a client");
        counters.called(Operation::AssumeRole, AccountId::new(0, 1));
        counters.called(Operation::AssumeRole, AccountId::new(0, 2));
        counters.called(Operation::UploadPart, AccountId::new(0, 2));
        counters.throttled(Operation::AssumeRole);
        counters.faulted(Operation::UploadPart);
        counters.succeeded(Operation::AssumeRole);
        let counts = counters.read();
        assert_eq!(counts.of("sts:AssumeRole"), OperationCounts { calls: 2, throttled: 1, faulted: 0, succeeded: 1 });
        assert_eq!(counts.of("s3:UploadPart"), OperationCounts { calls: 1, throttled: 0, faulted: 1, succeeded: 0 });
        assert_eq!(counts.calls.len(), 2);
        assert_eq!(counts.accounts_called, 2);
        assert_eq!(counters.roles(), [AccountId::new(0, 1), AccountId::new(0, 2)]);
        assert_eq!(counts.callers, BTreeSet::from(["a client".to_owned()]));
        counters.reset();
        assert_eq!(counters.read(), Counts::default());
        assert!(counters.roles().is_empty());
    }

    #[test]
    fn the_most_connections_at_a_time_are_remembered() {
        let counters = Arc::new(Counters::default());
        let first = counters.connected();
        drop(counters.connected());
        let second = counters.connected();
        assert_eq!(counters.read().connections, ConnectionCounts { open: 2, most_open: 2, accepted: 3 });
        drop(first);
        counters.reset();
        assert_eq!(counters.read().connections, ConnectionCounts { open: 1, most_open: 1, accepted: 0 });
        drop(second);
    }
}
