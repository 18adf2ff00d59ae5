//! What lies in the bucket, without what differs from run to run.

use std::collections::BTreeMap;

use aws_sim::Sim;
use orgscan_tests::sim::BUCKET;

/// Columns of times and durations: when an account's report was made, how long its scan took, and how old a report was that
/// was taken as it was.
const OF_THE_CLOCK: [&str; 3] = ["report_generated_time", "duration_ms", "detail"];

/// The newest of an object, and the object of the event.
const LATEST: &str = "-latest";
const OWN: &str = "-2025-11-21T06-00-00Z";

/// Every object by its key. Of tables, columns of the clock are empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents(BTreeMap<String, Vec<u8>>);

impl Contents {
    /// All objects of the bucket.
    pub(super) fn of(sim: &Sim) -> Self {
        let keys: Vec<String> = sim.counts().objects.into_keys().collect();
        let content = |key: &String| sim.object(BUCKET, key.strip_prefix(BUCKET)?.strip_prefix('/')?);
        Self(keys.into_iter().map(|key| (key.clone(), content(&key).expect("it is there"))).collect())
    }

    /// Checks that these are the objects of an undisturbed run, each whole and the same but for the clock, and that the newest
    /// of each kind is the event's own, to the byte.
    pub(super) fn assert_those_of(&self, undisturbed: &Self, point: &str) {
        let keys = |contents: &Self| contents.0.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(self), keys(undisturbed), "{point}");
        for (key, content) in &self.0 {
            assert!(timeless(key, content) == timeless(key, &undisturbed.0[key]), "{point}: {key} is another");
        }
        let newest: Vec<&String> = self.0.keys().filter(|key| key.contains(LATEST)).collect();
        assert!(newest.len() >= 2, "{point}: {newest:?}");
        for key in newest {
            assert!(self.0[key] == self.0[&key.replace(LATEST, OWN)], "{point}: {key} is not the event's own");
        }
    }

    /// Checks that the objects are the very same.
    pub(super) fn assert_same(&self, before: &Self, what: &str) {
        let changed: Vec<&String> = self.0.keys().filter(|key| self.0.get(*key) != before.0.get(*key)).collect();
        assert!(self == before, "{what}: {changed:?}");
    }
}

/// An object without what the clock decides. A page holds its rows compressed, times included, so that its end tells that it is
/// whole, and the marker of a mail says who sent it.
fn timeless(key: &str, content: &[u8]) -> Vec<u8> {
    let kind = key.rsplit('.').next().unwrap_or_default();
    if kind == "html" {
        let text = std::str::from_utf8(content).expect("a page is UTF-8");
        return text.trim_end().rsplit('\n').next().unwrap_or_default().as_bytes().to_vec();
    }
    if key.ends_with("-mail.json") {
        let marker: serde_json::Value = serde_json::from_slice(content).expect("a marker is JSON");
        return format!("{} {}", marker["is_open"], marker["mailed"]["recipients"]).into_bytes();
    }
    if kind != "csv" {
        return content.to_vec();
    }
    let mut reader = csv::Reader::from_reader(content);
    let header = reader.headers().expect("a header").clone();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(&header).expect("it is in memory");
    for record in reader.records() {
        let record = record.expect("a whole record");
        let cell =
            |(column, cell): (&str, &str)| if OF_THE_CLOCK.contains(&column) { String::new() } else { cell.to_owned() };
        table.write_record(header.iter().zip(&record).map(cell)).expect("it is in memory");
    }
    table.into_inner().expect("it is in memory")
}
