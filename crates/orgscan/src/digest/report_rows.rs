//! The first rows of the merged report, as many as fit into the mail.

use std::io::Read;

use askama::Template;
use csv::StringRecord;

use super::DigestError;
use super::wording::one_line;

/// Longest text of a cell. Account names have at most 50 characters and user names at most 64.
const CELL_CHARACTERS: usize = 64;

/// What AWS writes where a credential does not exist or was never used.
const NOTHING: &str = "N/A";

/// What AWS writes where it does not know when a password was used.
const NO_INFORMATION: &str = "no_information";

/// Rows, rendered.
#[derive(Debug, Default)]
pub(super) struct ReportRows {
    /// Row groups of a table, escaped.
    pub(super) html: String,
    /// Lines.
    pub(super) text: String,
    /// How many rows there are.
    pub(super) shown: u64,
}

/// One user.
#[derive(Template)]
#[template(path = "digest/report_row.html")]
struct HtmlRow<'a> {
    row: &'a Row,
    /// The user is the first of an account.
    heading: Option<&'a Heading>,
    /// Another account comes before it, whose group of rows ends here.
    ends_group: bool,
}

/// The same, as text.
#[derive(Template)]
#[template(path = "digest/report_row.txt")]
struct TextRow<'a> {
    row: &'a Row,
    heading: Option<&'a Heading>,
}

struct Heading {
    account_id: String,
    account_name: String,
}

struct Row {
    user: String,
    password: String,
    mfa: String,
    key_1: String,
    key_2: String,
}

/// Where the table has the columns that are shown.
struct Columns {
    account_id: Option<usize>,
    account_name: Option<usize>,
    user: Option<usize>,
    password: [Option<usize>; 2],
    mfa: Option<usize>,
    keys: [[Option<usize>; 3]; 2],
}

impl ReportRows {
    /// Reads rows until their HTML would take more than `room` bytes, and no further.
    pub(super) fn read(report: impl Read, room: usize) -> Result<Self, DigestError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(report);
        let columns = Columns::of(reader.headers()?);
        let mut rows = Self::default();
        let mut account: Option<String> = None;
        let mut record = StringRecord::new();
        while reader.read_record(&mut record)? {
            let account_id = columns.cell(&record, columns.account_id);
            let is_first = account.as_deref() != Some(account_id);
            let heading = is_first.then(|| columns.heading(&record));
            let row = columns.row(&record);
            let html =
                HtmlRow { row: &row, heading: heading.as_ref(), ends_group: is_first && account.is_some() }.render()?;
            if rows.html.len() + html.len() > room {
                break;
            }
            rows.html.push_str(&html);
            rows.text.push_str(&TextRow { row: &row, heading: heading.as_ref() }.render()?);
            rows.shown += 1;
            if is_first {
                account = Some(account_id.to_owned());
            }
        }
        Ok(rows)
    }
}

impl Columns {
    fn of(header: &StringRecord) -> Self {
        let position = |name: &str| header.iter().position(|column| column == name);
        Self {
            account_id: position("account_id"),
            account_name: position("account_name"),
            user: position("user"),
            password: [position("password_enabled"), position("password_last_used")],
            mfa: position("mfa_active"),
            keys: [
                [
                    position("access_key_1_active"),
                    position("access_key_1_last_rotated"),
                    position("access_key_1_last_used_date"),
                ],
                [
                    position("access_key_2_active"),
                    position("access_key_2_last_rotated"),
                    position("access_key_2_last_used_date"),
                ],
            ],
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the columns' cell of a record")]
    fn cell<'a>(&self, record: &'a StringRecord, column: Option<usize>) -> &'a str {
        column.and_then(|column| record.get(column)).unwrap_or_default()
    }

    fn heading(&self, record: &StringRecord) -> Heading {
        Heading {
            account_id: one_line(self.cell(record, self.account_id), CELL_CHARACTERS),
            account_name: one_line(self.cell(record, self.account_name), CELL_CHARACTERS),
        }
    }

    fn row(&self, record: &StringRecord) -> Row {
        let [key_1, key_2] = self.keys.map(|key| key_in_words(key.map(|column| self.cell(record, column))));
        Row {
            user: one_line(self.cell(record, self.user), CELL_CHARACTERS),
            password: password_in_words(self.password.map(|column| self.cell(record, column))),
            mfa: flag_in_words(self.cell(record, self.mfa)),
            key_1,
            key_2,
        }
    }
}

/// `true` and `false`, which AWS also documents in capitals; anything else as it is.
fn flag_in_words(flag: &str) -> String {
    if flag.eq_ignore_ascii_case("true") {
        "yes".to_owned()
    } else if flag.eq_ignore_ascii_case("false") {
        "no".to_owned()
    } else if flag == "not_supported" {
        // AWS answers it for root users, of whom the report does not say it.
        "not told".to_owned()
    } else if flag == NOTHING || flag.is_empty() {
        "–".to_owned()
    } else {
        one_line(flag, CELL_CHARACTERS)
    }
}

fn password_in_words([enabled, last_used]: [&str; 2]) -> String {
    let enabled_in_words = flag_in_words(enabled);
    match last_used {
        _ if enabled.eq_ignore_ascii_case("false") => enabled_in_words,
        "" | NOTHING => enabled_in_words,
        NO_INFORMATION => format!("{enabled_in_words}, no use known"),
        used => format!("{enabled_in_words}, used {}", day(used)),
    }
}

/// An inactive key may keep its dates; one that has none may not exist at all.
fn key_in_words([active, rotated, used]: [&str; 3]) -> String {
    let is_active = active.eq_ignore_ascii_case("true");
    let has_date = |date: &str| !date.is_empty() && date != NOTHING;
    let mut words = if is_active {
        "active".to_owned()
    } else if active.eq_ignore_ascii_case("false") && has_date(rotated) {
        "inactive".to_owned()
    } else {
        return flag_in_words(active);
    };
    if has_date(rotated) {
        words.push_str(", rotated ");
        words.push_str(&day(rotated));
    }
    if has_date(used) {
        words.push_str(", used ");
        words.push_str(&day(used));
    } else if is_active {
        words.push_str(", never used");
    }
    words
}

/// The day of a time, `2026-11-21`; anything else as it is.
fn day(time: &str) -> String {
    let is_day = |day: &str| {
        day.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
    };
    match time.split_at_checked(10) {
        Some((day, rest)) if is_day(day) && rest.starts_with('T') => day.to_owned(),
        _ => one_line(time, CELL_CHARACTERS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "account_id,account_name,user,password_enabled,password_last_used,mfa_active,\
                          access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date\n";

    fn read(rows: &str, room: usize) -> ReportRows {
        ReportRows::read(format!("{HEADER}{rows}").as_bytes(), room).unwrap()
    }

    #[test]
    fn a_digest_says_what_a_password_is() {
        for (cells, expected) in [
            (["true", "2026-11-20T09:15:00+00:00"], "yes, used 2026-11-20"),
            (["TRUE", "no_information"], "yes, no use known"),
            (["true", "N/A"], "yes"),
            (["false", "N/A"], "no"),
            (["false", "2026-11-20T09:15:00Z"], "no"),
            (["not_supported", "2026-11-20T09:15:00Z"], "not told, used 2026-11-20"),
            (["N/A", ""], "–"),
            (["<b>", "yesterday"], "<b>, used yesterday"),
        ] {
            assert_eq!(password_in_words(cells), expected, "{cells:?}");
        }
    }

    #[test]
    fn a_digest_says_what_a_key_is() {
        for (cells, expected) in [
            (["true", "2026-01-02T03:04:05Z", "2026-11-20T09:15:00Z"], "active, rotated 2026-01-02, used 2026-11-20"),
            (["true", "2026-01-02T03:04:05+00:00", "N/A"], "active, rotated 2026-01-02, never used"),
            (["true", "N/A", "N/A"], "active, never used"),
            (
                ["false", "2020-01-02T03:04:05Z", "2021-11-20T09:15:00Z"],
                "inactive, rotated 2020-01-02, used 2021-11-20",
            ),
            (["false", "2020-01-02T03:04:05Z", "N/A"], "inactive, rotated 2020-01-02"),
            (["false", "N/A", "N/A"], "no"),
            (["N/A", "N/A", "N/A"], "–"),
            (["", "", ""], "–"),
        ] {
            assert_eq!(key_in_words(cells), expected, "{cells:?}");
        }
    }

    #[test]
    fn a_digest_shows_the_day_of_a_time_and_any_other_text_as_it_is() {
        for (time, expected) in [
            ("2026-11-21T06:00:00Z", "2026-11-21"),
            ("2026-11-21", "2026-11-21"),
            ("2026-11-21 06:00", "2026-11-21 06:00"),
            ("二〇二六年十一月", "二〇二六年十一月"),
            ("abcd-ef-ghT", "abcd-ef-ghT"),
        ] {
            assert_eq!(day(time), expected);
        }
    }

    #[test]
    fn a_digest_names_an_account_once_above_its_users() {
        let rows = read("1,one,a,true\n1,one,b,true\n2,two,a,true\n", 10_000);
        assert_eq!(rows.shown, 3);
        assert_eq!(rows.html.matches("rowgroup").count(), 2);
        assert_eq!(rows.html.matches("<tbody>").count(), rows.html.matches("</tbody>").count() + 1, "{}", rows.html);
        assert_eq!(
            rows.text,
            "  one (1)\n    a: password yes; MFA –; key 1 –; key 2 –\n    b: password yes; MFA –; key 1 –; key 2 –\n  \
             two (2)\n    a: password yes; MFA –; key 1 –; key 2 –\n"
        );
    }

    #[test]
    fn a_digest_takes_rows_up_to_its_room_and_not_a_byte_more() {
        let three = "1,one,a,true\n1,one,b,true\n2,two,a,true\n";
        let size = read(three, usize::MAX).html.len();
        assert_eq!(read(three, size).shown, 3);
        assert_eq!(read(three, size - 1).shown, 2);
        assert_eq!(read(three, 0).shown, 0);
        assert_eq!(read(three, 0).html, "");
    }

    #[test]
    fn a_digest_reads_no_further_than_its_room() {
        /// A report that never ends.
        struct Endless(u64);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let line: &[u8] = if self.0 == 0 { b"account_id,user\n" } else { b"1,somebody-else\n" };
                let length = line.len().min(buffer.len());
                buffer[..length].copy_from_slice(&line[..length]);
                self.0 += 1;
                Ok(length)
            }
        }
        let mut endless = Endless(0);
        assert!(ReportRows::read(&mut endless, 10_000).unwrap().shown > 10);
        assert!(endless.0 < 1_000, "{} lines were read", endless.0);
    }
}
