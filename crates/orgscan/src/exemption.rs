//! Exemptions: findings that somebody decided to live with, why, and until when.
//!
//! A list is a JSON array of objects `{"account", "user", "rule", "reason", "until"}`. `reason` and `until` are required,
//! and at least one of the others: an entry without any would exempt everything by mistake, while `"account": "*"` says
//! so. Each of the three is a name or a pattern in which `*` and `?` stand for other characters: `account` for an
//! account's id or its name, `user` for a user's name or its ARN, `rule` for a rule's id. What an entry does not name, it
//! does not ask for. It holds through the end of the day that `until` names.
//!
//! What cannot be used exempts nothing and is said: whoever keeps the list should learn from the digest that an entry is
//! malformed, has expired or matches nothing any more.

mod entry;
mod pattern;
#[cfg(test)]
mod tests;
mod wording;

use std::fmt;

use jiff::civil::Date;

use crate::finding::Finding;
use entry::{Element, Entry};

/// A list of exemptions, and how often each was used in this run.
#[derive(Debug, Clone, Default)]
pub struct Exemptions {
    entries: Vec<Counted>,
    /// Why there is no list to speak of.
    problem: Option<String>,
    /// Whether it is held against a part of the findings that it is meant for.
    is_for_a_part: bool,
    last_account: LastAccount,
}

/// An element of the list, and how many findings it matched: in force, all of them; expired, those that nothing else
/// exempts.
#[derive(Debug, Clone)]
struct Counted {
    entry: Result<Entry, Malformed>,
    findings: u64,
}

/// What is wrong with an entry.
#[derive(Debug, Clone)]
struct Malformed(Vec<String>);

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("; "))
    }
}

/// Findings come account by account, so the entries for the last one are kept at hand.
#[derive(Debug, Clone, Default)]
struct LastAccount {
    id: String,
    name: String,
    /// Places in the list; none before the first account.
    entries: Option<Vec<usize>>,
}

/// What became of a list of exemptions in a run, for those who keep it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExemptionReview {
    /// Exemptions in force that matched a finding.
    pub used: u64,
    /// What is wrong with the list, a sentence each: entries that are malformed, expired or matched nothing.
    pub problems: Vec<String>,
}

/// What a list of exemptions says, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedList {
    /// Why the list as a whole cannot be used, a sentence.
    pub problem: Option<String>,
    /// Its entries, in order.
    pub entries: Vec<ExplainedEntry>,
}

impl ExplainedList {
    /// Whether every entry can be read; those that have expired can.
    pub fn is_well_formed(&self) -> bool {
        self.problem.is_none() && self.entries.iter().all(|entry| entry.standing != Standing::Malformed)
    }
}

/// What one entry of a list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedEntry {
    /// Its place, counted from 1.
    pub number: usize,
    /// Whether it exempts anything.
    pub standing: Standing,
    /// What it exempts, until when and why; or what is wrong with it.
    pub text: String,
}

/// Whether an exemption holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    InForce,
    /// Its day has passed.
    Expired,
    /// It cannot be used.
    Malformed,
}

impl Exemptions {
    /// Reads a list: a JSON array of objects. What is malformed is a problem of the review and exempts nothing.
    pub fn parse(content: &[u8]) -> Self {
        // Editors on Windows begin UTF-8 with a byte order mark, which JSON does not have.
        let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
        if content.trim_ascii().is_empty() {
            return Self::unusable(
                "the list of exemptions is empty where a JSON array is expected, so nothing is exempted",
            );
        }
        let elements: Vec<Element> = match serde_json::from_slice(content) {
            Ok(elements) => elements,
            Err(error) => {
                return Self::unusable(format!(
                    "the list of exemptions is no JSON array, so nothing is exempted: {error}"
                ));
            }
        };
        let counted = |element: &Element| Counted { entry: Entry::read(element).map_err(Malformed), findings: 0 };
        Self { entries: elements.iter().map(counted).collect(), ..Self::default() }
    }

    /// A list that there is, and that could not be read; `why` is a fragment.
    pub fn unreadable(why: &str) -> Self {
        Self::unusable(format!("the list of exemptions could not be read, so nothing is exempted: {why}"))
    }

    fn unusable(problem: impl Into<String>) -> Self {
        Self { problem: Some(problem.into()), ..Self::default() }
    }

    /// The same list with nothing counted, to be held against a part of the findings that it is meant for, such as those of
    /// one of several Organizations: what matches nothing there may match elsewhere.
    #[must_use]
    pub fn for_a_part(&self) -> Self {
        let entries = self.entries.iter().map(|counted| Counted { findings: 0, ..counted.clone() }).collect();
        Self { entries, is_for_a_part: true, last_account: LastAccount::default(), ..self.clone() }
    }

    /// Says that what was counted is of a part of the findings: what matched nothing there is no problem.
    pub fn is_for_a_part_only(&mut self) {
        self.is_for_a_part = true;
    }

    /// Adds what the same list counted in a part.
    pub fn add_part(&mut self, part: &Self) {
        for (counted, other) in self.entries.iter_mut().zip(&part.entries) {
            counted.findings += other.findings;
        }
    }

    /// Whether the list as a whole can be used; single entries may be malformed all the same.
    pub fn is_usable(&self) -> bool {
        self.problem.is_none()
    }

    /// Whether a finding is exempted on this day; counts the use.
    pub fn exempt(&mut self, finding: &Finding<'_>, today: Date) -> bool {
        if self.entries.is_empty() {
            return false;
        }
        let (mut is_exempted, mut expired) = (false, Vec::new());
        for place in self.last_account.entries(&self.entries, finding) {
            let Some(Counted { entry: Ok(entry), findings }) = self.entries.get_mut(*place) else { continue };
            if !entry.is_for(finding) {
                continue;
            }
            if entry.is_in_force(today) {
                is_exempted = true;
                *findings += 1;
            } else {
                expired.push(*place);
            }
        }
        if !is_exempted {
            for place in expired {
                if let Some(counted) = self.entries.get_mut(place) {
                    counted.findings += 1;
                }
            }
        }
        is_exempted
    }

    /// What became of the list, once all findings were held against it on this day.
    pub fn review(&self, today: Date) -> ExemptionReview {
        let mut review = ExemptionReview { used: 0, problems: self.problem.iter().cloned().collect() };
        for (counted, number) in self.entries.iter().zip(1_u64..) {
            let findings = counted.findings;
            let problem = match &counted.entry {
                Err(malformed) => format!("exemption {number} is malformed and exempts nothing: {malformed}"),
                Ok(entry) if !entry.is_in_force(today) => {
                    let again = match findings {
                        0 => "no finding counts again without it".to_owned(),
                        1 => "1 finding counts again without it".to_owned(),
                        _ => format!("{findings} findings count again without it"),
                    };
                    format!("exemption {number} ({entry}) expired on {}: {again}", entry.until)
                }
                Ok(_) if findings == 0 && self.is_for_a_part => continue,
                Ok(entry) if findings == 0 => format!("exemption {number} ({entry}) matches no finding"),
                Ok(_) => {
                    review.used += 1;
                    continue;
                }
            };
            review.problems.push(problem);
        }
        review
    }

    /// What the list says, in plain words, on this day.
    pub fn explain(&self, today: Date) -> ExplainedList {
        let explained = |(counted, number): (&Counted, usize)| {
            let (standing, text) = match &counted.entry {
                Err(malformed) => (Standing::Malformed, malformed.to_string()),
                Ok(entry) if entry.is_in_force(today) => (Standing::InForce, wording::in_words(entry, today)),
                Ok(entry) => (Standing::Expired, wording::in_words(entry, today)),
            };
            ExplainedEntry { number, standing, text }
        };
        ExplainedList { problem: self.problem.clone(), entries: self.entries.iter().zip(1..).map(explained).collect() }
    }
}

impl LastAccount {
    /// The places of the entries for the finding's account.
    fn entries(&mut self, all: &[Counted], finding: &Finding<'_>) -> &[usize] {
        let (id, name) = (&finding.account_id, &finding.account_name);
        if self.id != **id || self.name != **name {
            self.entries = None;
        }
        self.entries.get_or_insert_with(|| {
            (**id).clone_into(&mut self.id);
            (**name).clone_into(&mut self.name);
            let is_for = |counted: &Counted| counted.entry.as_ref().is_ok_and(|entry| entry.is_for_account(id, name));
            all.iter().enumerate().filter(|(_, counted)| is_for(counted)).map(|(place, _)| place).collect()
        })
    }
}
