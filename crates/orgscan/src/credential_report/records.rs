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
        Self { parser: csv_core::Reader::new(), rest: content }
    }

    /// The cells of the first record; none where there is no record.
    ///
    /// # Errors
    /// It is longer than a report's, or has more cells.
    pub(super) fn header(&mut self) -> Result<Vec<String>, Malformed> {
        let mut columns = Vec::new();
        let mut column = Vec::new();
        let mut length = 0;
        let mut buffer = [0; PIECE];
        while let Some(piece) = self.next_piece(&mut buffer) {
            let (Piece::Part(text) | Piece::End(text, _)) = piece;
            length += text.len();
            if length > LONGEST_RECORD {
                return Err(Malformed::FirstLineTooLong);
            }
            column.extend_from_slice(text);
            if let Piece::End(_, is_last) = piece {
                columns.push(String::from_utf8(std::mem::take(&mut column)).map_err(|_| Malformed::NotText)?);
                if is_last {
                    break;
                }
                if columns.len() == MOST_COLUMNS {
                    return Err(Malformed::TooManyColumns);
                }
                // The comma.
                length += 1;
            }
        }
        Ok(columns)
    }

    /// How many cells the next record has; none where there is none.
    ///
    /// # Errors
    /// It is longer than a report's.
    pub(super) fn count_cells(&mut self) -> Result<Option<u64>, TooLong> {
        let (mut cells, mut length) = (0, 0);
        let mut buffer = [0; PIECE];
        while let Some(piece) = self.next_piece(&mut buffer) {
            let (Piece::Part(text) | Piece::End(text, _)) = piece;
            length += text.len();
            if length > LONGEST_RECORD {
                return Err(TooLong);
            }
            if let Piece::End(_, is_last) = piece {
                cells += 1;
                if is_last {
                    return Ok(Some(cells));
                }
                // The comma.
                length += 1;
            }
        }
        Ok(None)
    }

    /// The next piece of the record that is being read; none at the end.
    fn next_piece<'b>(&mut self, buffer: &'b mut [u8; PIECE]) -> Option<Piece<'b>> {
        let mut filled = 0;
        loop {
            let (result, read, written) = self.parser.read_field(self.rest, buffer.get_mut(filled..)?);
            self.rest = self.rest.get(read..).unwrap_or_default();
            filled += written;
            match result {
                // Without more input, the parser is told that this was the end.
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull => return Some(Piece::Part(buffer.get(..filled)?)),
                ReadFieldResult::Field { record_end } => return Some(Piece::End(buffer.get(..filled)?, record_end)),
                ReadFieldResult::End => return None,
            }
        }
    }
}
