//! The records of a CSV in little memory: cells are counted and not kept, but for those of the first record.
//!
//! A record of `csv` takes 8 bytes for each of its cells, which is several times what a line of nothing but commas has.

use csv_core::ReadFieldResult;

use super::{LONGEST_RECORD, MOST_COLUMNS, Malformed};

/// How much of a cell is looked at a time.
const PIECE: usize = 4096;

/// A record is longer than [`LONGEST_RECORD`].
#[derive(Debug)]
pub(super) struct TooLong;

/// What is left of a CSV.
pub(super) struct Records<'a> {
    parser: csv_core::Reader,
    rest: &'a [u8],
    /// Bytes of the record that is being read, its commas included.
    length: usize,
}

/// A piece of a record.
enum Piece<'a> {
    /// Some of a cell.
    Part(&'a [u8]),
    /// The rest of a cell, and whether it is the record's last.
    End(&'a [u8], bool),
}

impl<'a> Records<'a> {
    /// From the first byte.
    pub(super) fn of(content: &'a [u8]) -> Self {
        Self { parser: csv_core::Reader::new(), rest: content, length: 0 }
    }

    /// The cells of the first record; none where there is no record.
    ///
    /// # Errors
    /// It is longer than a report's, or has more cells.
    pub(super) fn header(&mut self) -> Result<Vec<String>, Malformed> {
        let mut columns = Vec::new();
        let mut column = Vec::new();
        let mut buffer = [0; PIECE];
        while let Some(piece) = self.next_piece(&mut buffer).map_err(|TooLong| Malformed::FirstLineTooLong)? {
            let (Piece::Part(text) | Piece::End(text, _)) = piece;
            column.extend_from_slice(text);
            if let Piece::End(_, is_last) = piece {
                columns.push(String::from_utf8(std::mem::take(&mut column)).map_err(|_| Malformed::NotText)?);
                if is_last {
                    break;
                }
                if columns.len() == MOST_COLUMNS {
                    return Err(Malformed::TooManyColumns);
                }
            }
        }
        Ok(columns)
    }

    /// How many cells the next record has; none where there is none.
    ///
    /// # Errors
    /// It is longer than a report's.
    pub(super) fn count_cells(&mut self) -> Result<Option<u64>, TooLong> {
        let mut cells = 0;
        let mut buffer = [0; PIECE];
        while let Some(piece) = self.next_piece(&mut buffer)? {
            if let Piece::End(_, is_last) = piece {
                cells += 1;
                if is_last {
                    return Ok(Some(cells));
                }
            }
        }
        Ok(None)
    }

    /// The next piece of the record that is being read; none at the end.
    fn next_piece<'b>(&mut self, buffer: &'b mut [u8; PIECE]) -> Result<Option<Piece<'b>>, TooLong> {
        let mut filled = 0;
        let result = loop {
            let (result, read, written) =
                self.parser.read_field(self.rest, buffer.get_mut(filled..).unwrap_or_default());
            self.rest = self.rest.get(read..).unwrap_or_default();
            filled += written;
            // Without more input, the parser is told that this was the end.
            if !matches!(result, ReadFieldResult::InputEmpty) {
                break result;
            }
        };
        self.length += filled;
        if self.length > LONGEST_RECORD {
            return Err(TooLong);
        }
        let text = buffer.get(..filled).unwrap_or_default();
        Ok(match result {
            ReadFieldResult::End => None,
            ReadFieldResult::Field { record_end } => {
                // The comma.
                self.length = if record_end { 0 } else { self.length + 1 };
                Some(Piece::End(text, record_end))
            }
            _ => Some(Piece::Part(text)),
        })
    }
}
