//! Times, ages and uses in the words of a sentence.

use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};

use jiff::civil::Date;
use jiff::{Timestamp, tz::Offset};

use super::Clock;
use crate::credential_row::{AccessKey, known_text};

impl Clock {
    /// The day on which it began, in UTC as the report has it.
    pub(super) fn date(self) -> Date {
        date(self.since)
    }
}

fn date(time: Timestamp) -> Date {
    Offset::UTC.to_datetime(time).date()
}

/// `1 day`, `2 days`.
pub(super) fn days(days: u32) -> impl Display {
    fmt::from_fn(move |to| write!(to, "{days} {}", if days == 1 { "day" } else { "days" }))
}

/// How long ago and when, `50 days ago, on 2026-10-02`.
pub(super) struct Ago {
    pub(super) clock: Clock,
    pub(super) as_of: Timestamp,
}

impl Display for Ago {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let date = self.clock.date();
        match (self.clock.days, date.cmp(&self::date(self.as_of))) {
            (0, Ordering::Equal) => to.write_str("today, ")?,
            (0, Ordering::Less) => to.write_str("less than a day ago, ")?,
            // What is yet to come, because a clock is off, has its date alone.
            (0, Ordering::Greater) => {}
            (age, _) => write!(to, "{} ago, ", days(age))?,
        }
        write!(to, "on {date}")
    }
}

/// Where a key was last used, as far as it is known: `, with s3 in us-east-1`.
pub(super) struct InWhat<'a>(pub(super) &'a AccessKey<'a>);

impl Display for InWhat<'_> {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        match (known_text(self.0.last_used_service), known_text(self.0.last_used_region)) {
            (Some(service), Some(region)) => write!(to, ", with {service} in {region}"),
            (Some(service), None) => write!(to, ", with {service}"),
            (None, Some(region)) => write!(to, ", in {region}"),
            (None, None) => Ok(()),
        }
    }
}
