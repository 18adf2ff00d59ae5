//! How much of each list a mail has room for.

/// A list of the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// New findings.
    New,
    /// Findings that were there before.
    Open,
    /// Accounts that were not read in full.
    Gaps,
    /// What is wrong with the exemptions.
    Problems,
    /// Findings that are gone.
    Resolved,
    /// Accounts by how bad their findings are.
    Accounts,
    /// What a reader should know besides.
    Notes,
}

impl List {
    /// Every list, the most important first.
    pub(super) const ALL: [Self; 7] =
        [Self::New, Self::Open, Self::Gaps, Self::Problems, Self::Resolved, Self::Accounts, Self::Notes];

    /// How many of its entries a reader reads: more are shown nowhere, however much room there is.
    fn most(self) -> usize {
        match self {
            Self::New => 50,
            Self::Open => 30,
            Self::Gaps | Self::Resolved => 20,
            Self::Problems | Self::Accounts | Self::Notes => 10,
        }
    }
}

/// In how many steps the lists grow together, before the more important ones get more.
const STEPS: usize = 50;

/// How many entries of each list are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lengths([usize; List::ALL.len()]);

impl Lengths {
    /// As many as a reader reads.
    pub(super) fn most() -> Self {
        Self(List::ALL.map(List::most))
    }

    /// How many of this list.
    pub(super) fn of(self, list: List) -> usize {
        self.0.get(list as usize).copied().unwrap_or_default()
    }

    fn with(mut self, list: List, length: usize) -> Self {
        if let Some(one) = self.0.get_mut(list as usize) {
            *one = length;
        }
        self
    }

    /// Every list's part of what it is at most.
    fn part(self, step: usize) -> Self {
        Self(self.0.map(|length| length * step / STEPS))
    }
}

/// The most entries with which the mail still fits: all, or first the same part of every list, and then as many as there
/// is room for, the most important list first.
///
/// `fits` answers for a mail that was made, so nothing here has to know how large an entry is. A mail of no entries is
/// taken to fit.
///
/// # Errors
/// What `fits` fails with.
pub(super) fn fit<E>(most: Lengths, mut fits: impl FnMut(Lengths) -> Result<bool, E>) -> Result<Lengths, E> {
    if fits(most)? {
        return Ok(most);
    }
    let step = largest(0, STEPS, |step| fits(most.part(step)))?;
    let mut lengths = most.part(step);
    for list in List::ALL {
        let length = largest(lengths.of(list), most.of(list), |length| fits(lengths.with(list, length)))?;
        lengths = lengths.with(list, length);
    }
    Ok(lengths)
}

/// The largest number that fits, from one that does to one that may.
fn largest<E>(mut low: usize, mut high: usize, mut fits: impl FnMut(usize) -> Result<bool, E>) -> Result<usize, E> {
    while low < high {
        let middle = high - (high - low) / 2;
        if fits(middle)? {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Fits entries of these sizes into the room.
    fn fitted(sizes: [usize; List::ALL.len()], room: usize) -> [usize; List::ALL.len()] {
        let size =
            |lengths: Lengths| -> usize { lengths.0.iter().zip(sizes).map(|(length, size)| length * size).sum() };
        let Ok(lengths) = fit::<Infallible>(Lengths::most(), |lengths| Ok(size(lengths) <= room));
        assert!(size(lengths) <= room);
        lengths.0
    }

    #[test]
    fn a_digest_shows_all_that_a_reader_reads_where_there_is_room() {
        let all = Lengths::most().0;
        assert_eq!(fitted([1; 7], all.iter().sum()), all);
        assert_eq!(all, List::ALL.map(|list| Lengths::most().of(list)));
    }

    #[test]
    fn a_digest_shares_room_fairly_before_the_most_important_list_gets_more() {
        assert_eq!(fitted([1; 7], 149), [50, 30, 20, 10, 20, 10, 9]);
        assert_eq!(fitted([1; 7], 75), [25, 15, 10, 5, 10, 5, 5]);
        assert_eq!(fitted([1; 7], 74), [30, 14, 9, 4, 9, 4, 4]);
        assert_eq!(fitted([1; 7], 6), [3, 1, 1, 0, 1, 0, 0]);
        assert_eq!(fitted([1; 7], 0), [0; 7]);
    }

    #[test]
    fn a_digest_with_one_list_of_long_entries_still_shows_the_others() {
        assert_eq!(fitted([1_000, 1, 1, 1, 1, 1, 1], 5_000), [4, 30, 20, 10, 20, 10, 10]);
    }
}
