//! What a cell of a credential report says, and what it does not say.
//!
//! AWS writes `true` and `false` in lower case today and documents them in capitals; spreadsheet programs write `TRUE`
//! too. So letters of either case are the same here.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A day, for ages in whole days.
const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// A cell that says yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// `true`.
    True,
    /// `false`.
    False,
    /// `not_supported`: the report does not say it of this user.
    NotSupported,
    /// `N/A`: there is no such credential.
    NotApplicable,
    /// `no_information`.
    NoInformation,
    /// The report has no such column, or the cell is empty.
    Absent,
    /// Something else.
    Unreadable,
}

/// A cell that says when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Then.
    At(Timestamp),
    /// `not_supported`.
    NotSupported,
    /// `N/A`: there is no such credential, or it was never used.
    NotApplicable,
    /// `no_information`: never, or not since AWS keeps it (2014-10-20).
    NoInformation,
    /// The report has no such column, or the cell is empty.
    Absent,
    /// Something else.
    Unreadable,
}

/// What a cell has in place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    NotSupported,
    NotApplicable,
    NoInformation,
    Absent,
}

impl Stand {
    fn of(cell: &str) -> Option<Self> {
        // Few cells are as long as one of these by chance, so the length is told first.
        match cell.len() {
            0 => Some(Self::Absent),
            3 => cell.eq_ignore_ascii_case("N/A").then_some(Self::NotApplicable),
            13 => cell.eq_ignore_ascii_case("not_supported").then_some(Self::NotSupported),
            14 => cell.eq_ignore_ascii_case("no_information").then_some(Self::NoInformation),
            _ => None,
        }
    }
}

/// The text of a cell that is only text, such as a region; none where it has `N/A` or the like in place of one.
pub(crate) fn known_text(cell: &str) -> Option<&str> {
    Stand::of(cell).is_none().then_some(cell)
}

impl Flag {
    /// What a cell says.
    pub fn of(cell: &str) -> Self {
        if cell.eq_ignore_ascii_case("true") {
            return Self::True;
        }
        if cell.eq_ignore_ascii_case("false") {
            return Self::False;
        }
        match Stand::of(cell) {
            Some(Stand::NotSupported) => Self::NotSupported,
            Some(Stand::NotApplicable) => Self::NotApplicable,
            Some(Stand::NoInformation) => Self::NoInformation,
            Some(Stand::Absent) => Self::Absent,
            None => Self::Unreadable,
        }
    }
}

impl Moment {
    /// What a cell says.
    pub fn of(cell: &str) -> Self {
        if let Some(time) = plain_time(cell.as_bytes()) {
            return Self::At(time);
        }
        match Stand::of(cell) {
            Some(Stand::NotSupported) => Self::NotSupported,
            Some(Stand::NotApplicable) => Self::NotApplicable,
            Some(Stand::NoInformation) => Self::NoInformation,
            Some(Stand::Absent) => Self::Absent,
            None => cell.parse().map_or(Self::Unreadable, Self::At),
        }
    }

    /// Then, where it is known.
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            _ => None,
        }
    }

    /// How many whole days ago it was, rounded down; 0 where it is yet to come (a clock that is off), none where it is
    /// not known.
    pub fn age_days(self, as_of: Timestamp) -> Option<u32> {
        self.at().map(|time| days_between(time, as_of))
    }

    /// Whether the report says that it never was: `N/A` and `no_information` do, an empty cell does not.
    pub fn is_never(self) -> bool {
        matches!(self, Self::NotApplicable | Self::NoInformation)
    }
}

/// Whole days from the one to the other, rounded down; 0 where the other comes first.
fn days_between(time: Timestamp, as_of: Timestamp) -> u32 {
    u32::try_from(as_of.duration_since(time).as_secs() / SECONDS_PER_DAY).unwrap_or_default()
}

/// The time in one of the two spellings that AWS uses, `2026-11-21T06:00:00Z` and `2026-11-21T06:00:00+00:00`.
///
/// A row has up to nine times, and this takes half as long as a parser of every spelling. None where it is spelt
/// otherwise or is no time (30 February, hour 24): the parser knows.
fn plain_time(cell: &[u8]) -> Option<Timestamp> {
    let (time, zone) = cell.split_first_chunk::<19>()?;
    if zone != b"+00:00" && zone != b"Z" {
        return None;
    }
    let [y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2] = *time else {
        return None;
    };
    let year = i16::from(two_digits(y1, y2)?) * 100 + i16::from(two_digits(y3, y4)?);
    let (month, day) = (two_digits(o1, o2)?, two_digits(d1, d2)?);
    let (hour, minute, second) = (two_digits(h1, h2)?, two_digits(m1, m2)?, two_digits(s1, s2)?);
    Offset::UTC.to_timestamp(DateTime::new(year, month, day, hour, minute, second, 0).ok()?).ok()
}

/// Two digits as a number below 100.
fn two_digits(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| byte - b'0');
    i8::try_from(digit(tens)? * 10 + digit(ones)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Moment {
        Moment::At(time.parse().unwrap())
    }

    #[test]
    fn a_flag_is_told_from_what_stands_in_its_place() {
        for (cell, flag) in [
            ("true", Flag::True),
            ("TRUE", Flag::True),
            ("True", Flag::True),
            ("false", Flag::False),
            ("FALSE", Flag::False),
            ("False", Flag::False),
            ("not_supported", Flag::NotSupported),
            ("NOT_SUPPORTED", Flag::NotSupported),
            ("N/A", Flag::NotApplicable),
            ("n/a", Flag::NotApplicable),
            ("no_information", Flag::NoInformation),
            ("No_Information", Flag::NoInformation),
            ("", Flag::Absent),
            (" ", Flag::Unreadable),
            ("true ", Flag::Unreadable),
            ("yes", Flag::Unreadable),
            ("1", Flag::Unreadable),
            ("N/B", Flag::Unreadable),
            ("not-supported", Flag::Unreadable),
            ("no-information", Flag::Unreadable),
            ("2026-11-21T06:00:00Z", Flag::Unreadable),
        ] {
            assert_eq!(Flag::of(cell), flag, "{cell:?}");
        }
    }

    #[test]
    fn a_moment_is_told_from_what_stands_in_its_place() {
        for (cell, moment) in [
            ("2026-11-21T06:00:00Z", at("2026-11-21T06:00:00Z")),
            ("2026-11-21T06:00:00+00:00", at("2026-11-21T06:00:00Z")),
            ("2026-11-21T06:00:00-00:00", at("2026-11-21T06:00:00Z")),
            ("2026-11-21t06:00:00z", at("2026-11-21T06:00:00Z")),
            ("2026-11-21T06:00:00.25Z", at("2026-11-21T06:00:00.25Z")),
            ("2026-11-21T06:00:00.000+00:00", at("2026-11-21T06:00:00Z")),
            ("2026-11-21T08:00:00+02:00", at("2026-11-21T06:00:00Z")),
            ("2026-11-20T22:30:00-07:30", at("2026-11-21T06:00:00Z")),
            ("2024-02-29T23:59:59Z", at("2024-02-29T23:59:59Z")),
            ("2016-12-31T23:59:60Z", at("2016-12-31T23:59:59Z")),
            ("not_supported", Moment::NotSupported),
            ("Not_Supported", Moment::NotSupported),
            ("N/A", Moment::NotApplicable),
            ("n/a", Moment::NotApplicable),
            ("no_information", Moment::NoInformation),
            ("NO_INFORMATION", Moment::NoInformation),
            ("", Moment::Absent),
            (" ", Moment::Unreadable),
            ("true", Moment::Unreadable),
            ("never", Moment::Unreadable),
            ("2026-02-29T00:00:00Z", Moment::Unreadable),
            ("2026-02-30T00:00:00Z", Moment::Unreadable),
            ("2026-04-31T00:00:00Z", Moment::Unreadable),
            ("2026-00-10T00:00:00Z", Moment::Unreadable),
            ("2026-13-10T00:00:00Z", Moment::Unreadable),
            ("2026-11-00T00:00:00Z", Moment::Unreadable),
            ("2026-11-21T24:00:00Z", Moment::Unreadable),
            ("2026-11-21T06:60:00Z", Moment::Unreadable),
            ("2026-11-21T06:00:61+00:00", Moment::Unreadable),
            ("9999-12-31T23:59:59Z", Moment::Unreadable),
            ("2026-11-21T06:00:00", Moment::Unreadable),
            ("2026-11-21", Moment::Unreadable),
            ("2026-11-21T06:00:00ZZ", Moment::Unreadable),
            ("2026-11-2éT06:00:00Z", Moment::Unreadable),
            ("1795240800", Moment::Unreadable),
        ] {
            assert_eq!(Moment::of(cell), moment, "{cell:?}");
        }
    }

    /// Times in the spellings of AWS, most of them within the calendar, some spoilt by a byte.
    fn odd_time(random: &mut fastrand::Rng) -> String {
        let zone = if random.bool() { "Z" } else { "+00:00" };
        let year = if random.bool() { random.i16(1990..2040) } else { random.i16(0..10_000) };
        let (month, day) = (random.u8(0..14), random.u8(0..33));
        let (hour, minute, second) = (random.u8(0..25), random.u8(0..61), random.u8(0..62));
        let mut time = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}").into_bytes();
        if random.u8(..10) == 0 {
            let at = random.usize(..time.len());
            time[at] = *random.choice(b"0:-+TtZz./ 9").unwrap();
        }
        String::from_utf8(time).unwrap()
    }

    #[test]
    fn the_quick_way_to_a_time_agrees_with_the_parser() {
        let mut random = fastrand::Rng::with_seed(4);
        let (mut quick, mut slow) = (0, 0);
        for _ in 0..50_000 {
            let cell = odd_time(&mut random);
            let parsed = cell.parse::<Timestamp>().ok();
            match plain_time(cell.as_bytes()) {
                Some(time) => {
                    assert_eq!(Some(time), parsed, "{cell:?}");
                    quick += 1;
                }
                None => slow += u32::from(parsed.is_some()),
            }
            assert_eq!(Moment::of(&cell).at(), parsed, "{cell:?}");
        }
        assert!(quick > 20_000 && slow > 100, "{quick} quick, {slow} slow");
    }

    #[test]
    fn the_two_spellings_of_aws_take_the_quick_way() {
        for day in 0..3_000 {
            let time = Timestamp::from_second(1_400_000_000 + day * 100_000).unwrap();
            assert_eq!(plain_time(time.to_string().as_bytes()), Some(time), "{time}");
            assert_eq!(plain_time(time.to_string().replace('Z', "+00:00").as_bytes()), Some(time), "{time}");
        }
    }

    #[test]
    fn ages_are_whole_days_to_the_second_and_to_its_fractions() {
        let as_of: Timestamp = "2026-11-21T06:00:00Z".parse().unwrap();
        for (time, age) in [
            ("2026-11-20T06:00:01Z", 0),
            ("2026-11-20T06:00:00.000000001Z", 0),
            ("2026-11-20T06:00:00Z", 1),
            ("2026-11-19T06:00:01Z", 1),
            ("2026-11-19T06:00:00Z", 2),
            ("2025-11-21T06:00:00Z", 365),
            ("2026-11-21T06:00:00Z", 0),
            ("2026-11-21T06:00:01Z", 0),
            ("2030-01-01T00:00:00Z", 0),
            ("0001-01-01T00:00:00Z", 739_940),
        ] {
            assert_eq!(at(time).age_days(as_of), Some(age), "{time}");
        }
        for unknown in ["N/A", "no_information", "not_supported", "", "?"] {
            assert_eq!(Moment::of(unknown).age_days(as_of), None, "{unknown:?}");
        }
    }

    #[test]
    fn days_are_counted_over_the_ends_of_years_and_leap_days() {
        for (time, as_of, age) in [
            ("2027-12-31T23:59:59Z", "2028-01-01T00:00:00Z", 0),
            ("2027-12-31T23:59:59Z", "2028-01-01T23:59:58Z", 0),
            ("2027-12-31T23:59:59Z", "2028-01-01T23:59:59Z", 1),
            ("2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z", 1),
            ("2028-02-28T00:00:00Z", "2028-03-01T00:00:00Z", 2),
            ("2027-02-28T00:00:00Z", "2027-03-01T00:00:00Z", 1),
            ("2028-02-29T00:00:00Z", "2029-02-28T00:00:00Z", 365),
            ("2027-12-01T00:00:00Z", "2028-02-29T00:00:00Z", 90),
            ("2027-12-31T23:59:59+14:00", "2028-01-01T00:00:00-12:00", 1),
            ("1970-01-01T00:00:00Z", "9999-12-30T22:00:00Z", 2_932_895),
        ] {
            assert_eq!(at(time).age_days(as_of.parse().unwrap()), Some(age), "{time} to {as_of}");
        }
    }

    #[test]
    fn only_two_words_say_never() {
        for (cell, never) in [
            ("N/A", true),
            ("no_information", true),
            ("not_supported", false),
            ("", false),
            ("?", false),
            ("2026-11-21T06:00:00Z", false),
        ] {
            assert_eq!(Moment::of(cell).is_never(), never, "{cell:?}");
        }
    }

    #[test]
    fn text_is_known_unless_something_stands_in_its_place() {
        for (cell, known) in [("us-east-1", true), ("s3", true), ("N/A", false), ("no_information", false), ("", false)]
        {
            assert_eq!(known_text(cell), known.then_some(cell), "{cell:?}");
        }
    }
}
