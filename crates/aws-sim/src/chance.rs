//! Everything that varies is drawn from the seed, so that two runs with the same settings meet the same world.

use fastrand::Rng;

/// What a draw is about: draws about different things are independent of each other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Topic {
    AccountName,
    AccountTags,
    ActiveRegion,
    CredentialReport,
    EmptyPage,
    Fault,
    FreshReport,
    Generation,
    Latency,
    SlowAnswer,
    SlowGeneration,
    Suspended,
}

/// The seed of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    /// The draws about a topic and whatever these numbers name; always the same ones.
    pub(crate) fn draws<const N: usize>(self, topic: Topic, names: [u64; N]) -> Rng {
        let start = mixed(self.0 ^ mixed(topic as u64 + 1));
        Rng::with_seed(names.into_iter().fold(start, |state, name| mixed(state ^ name.wrapping_add(1))))
    }
}

/// The finalizer of `SplitMix64`: neighbouring numbers come out unrelated.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// Whether the next draw falls within a share of all: never for 0, always for 1.
pub(crate) fn within(rng: &mut Rng, share: f64) -> bool {
    rng.f64() < share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_differ_by_seed_topic_and_name() {
        let first = |seed, topic, names: [u64; 2]| Seed(seed).draws(topic, names).u64(..);
        let draw = first(1, Topic::Latency, [3, 4]);
        assert_eq!(draw, first(1, Topic::Latency, [3, 4]));
        assert_ne!(draw, first(2, Topic::Latency, [3, 4]));
        assert_ne!(draw, first(1, Topic::Fault, [3, 4]));
        assert_ne!(draw, first(1, Topic::Latency, [4, 3]));
    }

    #[test]
    fn a_share_of_the_names_is_drawn() {
        let drawn = |share: f64| {
            (0..10_000_u64).filter(|name| within(&mut Seed(1).draws(Topic::FreshReport, [*name]), share)).count()
        };
        assert_eq!(drawn(0.0), 0);
        assert_eq!(drawn(1.0), 10_000);
        let third = drawn(0.3);
        assert!((2_800..=3_200).contains(&third), "{third} of 10,000 at a share of 0.3");
    }
}
