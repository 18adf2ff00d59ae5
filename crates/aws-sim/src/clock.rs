//! Time: the monotonic clock for everything that waits, and the wall clock for the times that answers name.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Both clocks, read together once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
    began_unix: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "answers name real times; the wall clock is read here only")]
        let now = SystemTime::now();
        Self { began: Instant::now(), began_unix: now.duration_since(UNIX_EPOCH).unwrap_or_default() }
    }

    /// When the clock was started, in seconds since 1970.
    pub(crate) fn began_unix_seconds(&self) -> u64 {
        self.began_unix.as_secs()
    }

    /// An instant as seconds since 1970.
    pub(crate) fn unix_seconds(&self, instant: Instant) -> u64 {
        (self.began_unix + instant.saturating_duration_since(self.began)).as_secs()
    }

    /// The time since the clock was started.
    pub(crate) fn elapsed(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.began)
    }
}

/// Seconds since 1970 as `2026-11-21T06:00:00Z`.
pub(crate) fn rfc3339(unix_seconds: u64) -> String {
    let mut text = String::with_capacity(20);
    push_rfc3339(&mut text, unix_seconds, "Z");
    text
}

/// Appends seconds since 1970 as `2026-11-21T06:00:00` and the suffix.
pub(crate) fn push_rfc3339(text: &mut String, unix_seconds: u64, suffix: &str) {
    let (year, month, day) = civil_date(unix_seconds / 86_400);
    let second = unix_seconds % 86_400;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    // A report has hundreds of times in it, and formatting them digit by digit is several times faster.
    push_two_digits(text, year / 100);
    push_two_digits(text, year % 100);
    for (before, number) in [('-', month), ('-', day), ('T', hour), (':', minute), (':', second)] {
        text.push(before);
        push_two_digits(text, number);
    }
    text.push_str(suffix);
}

fn push_two_digits(text: &mut String, number: u64) {
    for digit in [number / 10 % 10, number % 10] {
        text.push(u32::try_from(digit).ok().and_then(|digit| char::from_digit(digit, 10)).unwrap_or('0'));
    }
}

/// Seconds since 1970 as `Sat, 21 Nov 2026 06:00:00 GMT`.
pub(crate) fn http_date(unix_seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = unix_seconds / 86_400;
    let (year, month, day) = civil_date(days);
    let weekday = nth(&DAYS, days % 7);
    let month = nth(&MONTHS, month - 1);
    let second = unix_seconds % 86_400;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

fn nth(names: &[&'static str], position: u64) -> &'static str {
    usize::try_from(position).ok().and_then(|position| names.get(position)).copied().unwrap_or_default()
}

/// The date of a day since 1970 (Howard Hinnant's `civil_from_days`).
fn civil_date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_609_459_199, "2020-12-31T23:59:59Z"),
            (1_763_704_800, "2025-11-21T06:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }

    #[test]
    fn times_are_written_as_http_does() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(1_763_704_800), "Fri, 21 Nov 2025 06:00:00 GMT");
        assert_eq!(http_date(1_798_761_599), "Thu, 31 Dec 2026 23:59:59 GMT");
    }

    #[tokio::test(start_paused = true)]
    async fn an_instant_has_a_time_on_the_wall_clock() {
        let clock = Clock::start();
        let later = Instant::now() + Duration::from_secs(90);
        assert_eq!(clock.unix_seconds(later), clock.began_unix_seconds() + 90);
        assert_eq!(clock.elapsed(later), Duration::from_secs(90));
    }
}
