//! CSV that takes no parser: every record is one line, and quotes are only where they are needed.
//!
//! A cell of it is written already as a table of ours has it, and can be taken over byte by byte. Credential reports are
//! such CSV as AWS makes them; to read and write each of their cells takes several times as long.

use crate::credential_report::{LONGEST_RECORD, MOST_COLUMNS};

/// A table whose lines are its records, all of one length, and none larger than a credential report's.
#[derive(Debug)]
pub(crate) struct TidyCsv<'a> {
    /// Its columns, none of which has quotes.
    pub(crate) columns: Vec<&'a str>,
    /// How many rows it has.
    pub(crate) row_count: u64,
    text: &'a str,
}

impl<'a> TidyCsv<'a> {
    /// The table, if it is tidy.
    pub(crate) fn of(content: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(content).ok()?;
        // A parser takes neither a byte order mark nor a blank line for content.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = lines(text);
        let header = lines.next().filter(|header| !header.contains(['"', '\r']))?;
        if header.len() > LONGEST_RECORD || how_many(header.as_bytes(), |byte| byte == b',') >= MOST_COLUMNS {
            return None;
        }
        let columns: Vec<&str> = header.split(',').collect();
        let mut row_count = 0;
        for row in lines {
            if row.len() > LONGEST_RECORD || cell_count(row.as_bytes())? != columns.len() {
                return None;
            }
            row_count += 1;
        }
        Some(Self { columns, row_count, text })
    }

    /// Its rows, without the ends of their lines.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        lines(self.text).skip(1).map(str::as_bytes)
    }
}

/// The cells of a tidy row, as they are written.
pub(crate) fn cells(row: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(row);
    std::iter::from_fn(move || {
        let (cell, after) = cut(rest?)?;
        rest = after;
        Some(cell)
    })
}

/// The lines that are not blank, without their ends.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).filter(|line| !line.is_empty())
}

/// How many cells a line has; none where it is not tidy.
fn cell_count(line: &[u8]) -> Option<usize> {
    if how_many(line, |byte| matches!(byte, b'"' | b'\r')) == 0 {
        return Some(how_many(line, |byte| byte == b',') + 1);
    }
    let mut count = 0;
    let mut rest = Some(line);
    while let Some(line) = rest {
        (_, rest) = cut(line)?;
        count += 1;
    }
    Some(count)
}

/// How many bytes are such. It counts in bytes and without an early end, which lets the processor take many at a time.
fn how_many(line: &[u8], is_such: impl Fn(u8) -> bool) -> usize {
    let in_part = |part: &[u8]| part.iter().map(|byte| u8::from(is_such(*byte))).sum::<u8>();
    line.chunks(u8::MAX.into()).map(|part| usize::from(in_part(part))).sum()
}

/// The first cell of a line, and what comes after its comma; none where it is not tidy.
fn cut(line: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let end = if line.starts_with(b"\"") {
        quoted_length(line)?
    } else {
        line.iter().position(|byte| matches!(byte, b',' | b'"' | b'\r')).unwrap_or(line.len())
    };
    let (cell, after) = line.split_at_checked(end)?;
    match after.split_first() {
        None => Some((cell, None)),
        Some((b',', after)) => Some((cell, Some(after))),
        Some(_) => None,
    }
}

/// How long the cell is that a line begins with, its quotes included; none where it does not end or needs no quotes.
fn quoted_length(line: &[u8]) -> Option<usize> {
    let mut is_needed = false;
    let mut rest = line.iter().enumerate().skip(1).peekable();
    loop {
        match rest.next()? {
            // Two in a row are one that stands in the cell.
            (_, b'"') if rest.next_if(|(_, byte)| **byte == b'"').is_some() => is_needed = true,
            (at, b'"') => return is_needed.then_some(at + 1),
            (_, b',') => is_needed = true,
            _ => {}
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::credential_report::{ADDITIONAL_CREDENTIALS, COLUMNS};

    /// What any cell may have, what a formula begins with, what needs quotes, and what ends a line outside of them.
    const PARTS: [&[&str]; 4] = [
        &["a", "N/A", " ", "'", ";", "#", "\\", "\0", "中", "é", "\u{feff}"],
        &["=", "+", "-", "@", "\t"],
        &[",", "\"", "\"\"", "a,", "=,"],
        &["\n", "\r", "\r\n"],
    ];

    /// How odd cells are: how many of the parts they have, and how rare the odd ones are.
    #[derive(Clone, Copy)]
    pub(crate) struct Oddity {
        pub(crate) parts: usize,
        pub(crate) rarity: usize,
    }

    /// Text that is a report, or nearly one: some as AWS writes them, some that nobody should.
    pub(crate) fn odd_report(seed: u64) -> Vec<u8> {
        let mut random = Rng::with_seed(seed);
        let oddity = Oddity { parts: random.usize(1..=PARTS.len()), rarity: [2, 20, 200][random.usize(..3)] };
        let mut columns = COLUMNS.to_vec();
        match random.u8(..6) {
            0 => columns.push(ADDITIONAL_CREDENTIALS),
            1 => columns.insert(1, "unknown"),
            2 => random.shuffle(&mut columns),
            3 => columns = vec!["arn", "with, comma", "user"],
            _ => {}
        }
        let quotes = random.u8(..8);
        let end = ["\n", "\n", "\r\n", "\r"][random.usize(..4)];
        let mut text = String::from(if random.u8(..8) == 0 { "\u{feff}" } else { "" });
        for line in 0..random.u8(1..5) {
            let mut cells: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
            if line > 0 {
                cells.fill_with(|| odd_cell(&mut random, oddity));
            }
            if random.u8(..40) == 0 {
                cells.pop();
            }
            // Quotes where they are needed; in some reports always or never.
            let is_quoted = |cell: &String| match quotes {
                0 => line > 0,
                1 => false,
                _ => cell.contains([',', '"', '\n', '\r']),
            };
            for cell in cells.iter_mut().filter(|cell| is_quoted(cell)) {
                *cell = format!("\"{}\"", cell.replace('"', "\"\""));
            }
            text.push_str(&cells.join(","));
            text.push_str(&end.repeat(if random.u8(..10) == 0 { 2 } else { 1 }));
        }
        if random.bool() {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        text.into_bytes()
    }

    pub(crate) fn odd_cell(random: &mut Rng, oddity: Oddity) -> String {
        let mut part = || {
            let parts = PARTS[if random.usize(..oddity.rarity) == 0 { random.usize(..oddity.parts) } else { 0 }];
            parts[random.usize(..parts.len())]
        };
        let length = part().len() % 4;
        (0..length).map(|_| part()).collect()
    }

    /// Reads and writes a table with `csv`, as our own tables are written.
    fn through_csv(content: &[u8]) -> (csv::StringRecord, Vec<csv::StringRecord>, Vec<Vec<u8>>) {
        let mut reader = csv::Reader::from_reader(content);
        let header = reader.headers().unwrap().clone();
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let write = |record| {
            let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
            writer.write_record(record).unwrap();
            writer.into_inner().unwrap()
        };
        let lines = records.iter().map(write).collect();
        (header, records, lines)
    }

    #[test]
    fn tidy_rows_are_what_a_parser_reads_and_a_writer_writes() {
        let (mut tidy, mut with_quotes) = (0, 0);
        for seed in 0..2_000 {
            let content = odd_report(seed);
            let Some(table) = TidyCsv::of(&content) else { continue };
            let text = String::from_utf8_lossy(&content);
            let (header, records, lines) = through_csv(&content);
            assert!(table.columns.iter().copied().eq(&header), "seed {seed}: {text:?}");
            assert_eq!(table.row_count, lines.len() as u64, "seed {seed}: {text:?}");
            let rows: Vec<Vec<u8>> = table.rows().map(|row| [row, b"\r\n"].concat()).collect();
            assert_eq!(rows, lines, "seed {seed}: {text:?}");
            for (row, record) in table.rows().zip(&records) {
                let unquoted = |cell| match std::str::from_utf8(cell).unwrap().strip_prefix('"') {
                    Some(quoted) => quoted.strip_suffix('"').unwrap().replace("\"\"", "\""),
                    None => String::from_utf8(cell.to_vec()).unwrap(),
                };
                assert!(cells(row).map(unquoted).eq(record), "seed {seed}: {text:?}");
            }
            tidy += 1;
            with_quotes += u32::from(content.contains(&b'"'));
        }
        assert!(tidy > 500 && with_quotes > 100, "{tidy} tables were tidy, {with_quotes} of them with quotes");
    }

    #[test]
    fn what_a_writer_writes_is_tidy_unless_a_cell_has_lines() {
        for seed in 0..500 {
            let mut random = Rng::with_seed(seed);
            let oddity = Oddity { parts: 3, rarity: 2 };
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["user", "arn"]).unwrap();
            for _ in 0..4 {
                writer.write_record([(); 2].map(|()| odd_cell(&mut random, oddity))).unwrap();
            }
            let content = writer.into_inner().unwrap();
            assert!(TidyCsv::of(&content).is_some_and(|table| table.row_count == 4), "seed {seed}");
        }
    }

    #[test]
    fn what_takes_a_parser_is_not_tidy() {
        let long = format!("a,b\n{},", "x,".repeat(300));
        let large = "x".repeat(LONGEST_RECORD);
        let wide = ",".repeat(MOST_COLUMNS);
        let large_row = format!("a,b\n{large},");
        for content in [
            "",
            "\n\n",
            "a,b\n1",
            "a,b\n1,2,3",
            long.as_str(),
            &format!("{large}x"),
            &large_row,
            &wide,
            "a,\"b\"\n1,2",
            "a,b\n1,\"2\"",
            "a,b\n1,\"\"",
            "a,b\n1,2\"3",
            "a,b\n1,\"2,\"3",
            "a,b\n1,\"2,",
            "a,b\n1,\"2,\n3\"",
            "a,b\n1\r2,3",
            "a,b\r1,2\r",
        ] {
            assert!(TidyCsv::of(content.as_bytes()).is_none(), "{content:?}");
        }
        assert!(TidyCsv::of(b"a,b\n1,\xff").is_none());
    }
}
