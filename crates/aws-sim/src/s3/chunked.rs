//! Bodies in `aws-chunked` encoding: chunks with their sizes, then a trailer, which is passed over.

use bytes::{Buf as _, Bytes, BytesMut};

/// The longest line before a chunk: a size, and maybe a signature.
const LONGEST_LINE: usize = 1_024;

/// What is not in `aws-chunked` encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before or within the line that says how long the next chunk is.
    Size,
    /// Within a chunk, so many bytes before its end.
    Chunk(usize),
    /// At the line end after a chunk.
    End,
    /// After the last chunk.
    Trailer,
}

/// Takes the encoding off a body that comes bit by bit.
#[derive(Debug)]
pub(crate) struct Decoder {
    state: State,
    /// The beginning of a line whose end has not come yet.
    line: BytesMut,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self { state: State::Size, line: BytesMut::new() }
    }

    /// Takes the next bytes, and calls `content` with each stretch of content in them.
    pub(crate) fn take(&mut self, mut bytes: Bytes, mut content: impl FnMut(Bytes)) -> Result<(), Malformed> {
        while !bytes.is_empty() {
            match self.state {
                State::Chunk(left) => {
                    let here = bytes.split_to(left.min(bytes.len()));
                    self.state = if here.len() == left { State::End } else { State::Chunk(left - here.len()) };
                    content(here);
                }
                State::Trailer => return Ok(()),
                State::Size => {
                    if let Some(line) = self.line(&mut bytes)? {
                        self.state = match size(&line)? {
                            0 => State::Trailer,
                            size => State::Chunk(size),
                        };
                    }
                }
                State::End => {
                    if let Some(line) = self.line(&mut bytes)? {
                        if !line.is_empty() {
                            return Err(Malformed);
                        }
                        self.state = State::Size;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the last chunk has come.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Trailer
    }

    /// The line that these bytes bring to its end, without that end.
    fn line(&mut self, bytes: &mut Bytes) -> Result<Option<BytesMut>, Malformed> {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            self.line.extend_from_slice(bytes);
            bytes.clear();
            return if self.line.len() > LONGEST_LINE { Err(Malformed) } else { Ok(None) };
        };
        self.line.extend_from_slice(&bytes.split_to(end));
        bytes.advance(1);
        let mut line = self.line.split();
        match line.last() {
            Some(b'\r') if line.len() <= LONGEST_LINE => {
                line.truncate(line.len() - 1);
                Ok(Some(line))
            }
            _ => Err(Malformed),
        }
    }
}

/// The size in `SIZE` or `SIZE;chunk-signature=…`, in hexadecimal.
fn size(line: &[u8]) -> Result<usize, Malformed> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    let digits = std::str::from_utf8(digits).map_err(|_| Malformed)?;
    usize::from_str_radix(digits, 16).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes a body that comes in bits of this size.
    fn decoded(body: &str, bits: usize) -> Result<(String, bool), Malformed> {
        let mut decoder = Decoder::new();
        let mut content = Vec::new();
        for bit in body.as_bytes().chunks(bits) {
            decoder.take(Bytes::copy_from_slice(bit), |bytes| content.extend_from_slice(&bytes))?;
        }
        Ok((String::from_utf8(content).unwrap(), decoder.is_done()))
    }

    #[test]
    fn content_is_the_same_however_it_comes() {
        let signed = "b;chunk-signature=0123456789abcdef\r\nhello\r\nworl\r\n1;chunk-signature=f\r\nd\r\n0;chunk-signature=0\r\n\r\n";
        let with_trailer = "5\r\nhello\r\nB\r\n 0123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        for bits in 1..=signed.len() {
            assert_eq!(decoded(signed, bits), Ok(("hello\r\nworld".to_owned(), true)), "in bits of {bits}");
            assert_eq!(decoded(with_trailer, bits), Ok(("hello 0123456789".to_owned(), true)), "in bits of {bits}");
            assert_eq!(decoded("0\r\n\r\n", bits), Ok((String::new(), true)));
        }
    }

    #[test]
    fn a_body_that_ends_early_is_not_done() {
        for body in ["", "5", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n"] {
            assert!(!decoded(body, 3).unwrap().1, "{body:?}");
        }
    }

    #[test]
    fn what_is_not_in_chunks_is_malformed() {
        for body in ["account_id,name\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhello!\r\n0\r\n", "-1\r\n", "\r\n"] {
            assert_eq!(decoded(body, 4), Err(Malformed), "{body:?}");
        }
        assert_eq!(decoded(&"1".repeat(2_000), 100), Err(Malformed));
    }
}
