//! The worst of many findings, in bounded memory.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::finding::Finding;

/// How many are kept.
const KEPT: usize = 200;

/// The worst findings of a kind, and how many there are in all.
#[derive(Debug, Clone, Default)]
pub struct Worst {
    all: u64,
    kept: BinaryHeap<Ranked>,
}

/// A finding by how bad it is: the greatest of these is the one to let go first.
#[derive(Debug, Clone)]
struct Ranked {
    finding: Finding<'static>,
    /// In which order it came: of two that are as bad the first is kept.
    place: u64,
}

impl Ranked {
    fn order(finding: &Finding<'_>, place: u64, other: &Self) -> Ordering {
        let key = |finding: &Finding<'_>| (finding.severity, std::cmp::Reverse(finding.age_days));
        key(finding).cmp(&key(&other.finding)).then(place.cmp(&other.place))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        Self::order(&self.finding, self.place, other)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

impl Worst {
    /// Counts a finding, and keeps it while it is among the worst.
    pub fn add(&mut self, finding: &Finding<'_>) {
        let place = self.all;
        self.all += 1;
        if self.kept.len() >= KEPT {
            match self.kept.peek() {
                Some(best) if Ranked::order(finding, place, best).is_lt() => drop(self.kept.pop()),
                _ => return,
            }
        }
        self.kept.push(Ranked { finding: finding.clone().into_owned(), place });
    }

    /// How many there are.
    pub fn all(&self) -> u64 {
        self.all
    }

    /// The worst of them, at most 200, the worst first: by severity, then by age, then as they came.
    pub fn first(&self) -> Vec<&Finding<'static>> {
        let mut first: Vec<&Ranked> = self.kept.iter().collect();
        first.sort_unstable();
        first.into_iter().map(|one| &one.finding).collect()
    }
}
