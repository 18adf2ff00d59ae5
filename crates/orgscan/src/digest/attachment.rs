//! The report as a file that goes with the mail: plain, compressed, or not at all.

use std::fmt;
use std::io::{self, Read, Write};

use flate2::write::GzEncoder;

use super::DigestError;
use crate::formula_guard::guard_csv;
use crate::gzip::encoder;

/// Up to this size the report is attached as it is.
pub const PLAIN_ATTACHMENT_LIMIT_BYTES: usize = 5_000_000;

/// Up to this size, compressed, it is attached compressed. SES takes 40 MB after base64 (SES quotas), but receivers
/// reject far smaller mails.
pub const COMPRESSED_ATTACHMENT_LIMIT_BYTES: usize = 7_000_000;

/// What goes with the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachmentChoice {
    /// The report.
    Attached(AttachedFile),
    /// Nothing: even compressed the report is too large.
    TooLarge,
}

/// A file to attach. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// The report's name, with `.gz` where it is compressed.
    pub file_name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl fmt::Debug for AttachedFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AttachedFile")
            .field("file_name", &self.file_name)
            .field("size_bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}

/// Decides how the report goes with the mail. With `guard`, no cell begins like a formula; without, its bytes are exact.
/// The same report gives the same bytes.
///
/// The report is streamed, at most the two limits of it are in memory, and reading ends when it is known to be too large.
///
/// # Errors
/// The report cannot be read.
pub fn attachment(file_name: &str, report: impl Read, guard: bool) -> Result<AttachmentChoice, DigestError> {
    choose(
        file_name,
        report,
        guard,
        Limits { plain: PLAIN_ATTACHMENT_LIMIT_BYTES, compressed: COMPRESSED_ATTACHMENT_LIMIT_BYTES },
    )
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    plain: usize,
    compressed: usize,
}

fn choose(
    file_name: &str,
    mut report: impl Read,
    guard: bool,
    limits: Limits,
) -> Result<AttachmentChoice, DigestError> {
    let mut growing = Growing { content: Content::Plain(Vec::new()), limits };
    let copied = if guard {
        guard_csv(report, &mut growing)
    } else {
        io::copy(&mut report, &mut growing).map(|_| ()).map_err(csv::Error::from)
    };
    if growing.is_too_large() {
        return Ok(AttachmentChoice::TooLarge);
    }
    copied?;
    let (file_name, content_type, content) = match growing.content {
        Content::Plain(content) => (file_name.to_owned(), "text/csv; charset=utf-8", content),
        Content::Compressed(mut encoder) => {
            let ended = encoder.try_finish();
            if encoder.get_ref().is_over {
                return Ok(AttachmentChoice::TooLarge);
            }
            ended.map_err(csv::Error::from)?;
            let content = std::mem::take(&mut encoder.get_mut().content);
            (format!("{file_name}.gz"), "application/gzip", content)
        }
    };
    Ok(AttachmentChoice::Attached(AttachedFile { file_name, content_type, content }))
}

/// Takes bytes as they are until there are too many, then compresses them all.
struct Growing {
    content: Content,
    limits: Limits,
}

enum Content {
    Plain(Vec<u8>),
    Compressed(GzEncoder<Capped>),
}

impl Growing {
    fn is_too_large(&self) -> bool {
        matches!(&self.content, Content::Compressed(encoder) if encoder.get_ref().is_over)
    }
}

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Content::Plain(content) = &mut self.content {
            if content.len() + bytes.len() <= self.limits.plain {
                content.extend_from_slice(bytes);
                return Ok(bytes.len());
            }
            let capped = Capped { content: Vec::new(), limit: self.limits.compressed, is_over: false };
            let mut encoder = encoder(capped);
            let written = encoder.write_all(content);
            self.content = Content::Compressed(encoder);
            written?;
        }
        match &mut self.content {
            Content::Compressed(encoder) => encoder.write(bytes),
            Content::Plain(_) => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // Flushing the encoder would only make its output larger; it is ended once all is written.
        Ok(())
    }
}

/// A buffer that fails when it would grow over its limit.
struct Capped {
    content: Vec<u8>,
    limit: usize,
    is_over: bool,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_over || self.content.len() + bytes.len() > self.limit {
            self.is_over = true;
            // What is too large is not sent, so it need not be kept.
            self.content = Vec::new();
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.content.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gzip::UNKNOWN_OPERATING_SYSTEM;

    const NAME: &str = "aws-000000000012-credential-report-2026-11-21T06-00-00Z.csv";

    fn table(rows: usize, seed: u64) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut table = b"account_id,user\r\n".to_vec();
        for _ in 0..rows {
            table.extend_from_slice(format!("{:012},{:016x}\r\n", random.u32(..), random.u64(..)).as_bytes());
        }
        table
    }

    fn attached(choice: AttachmentChoice) -> AttachedFile {
        match choice {
            AttachmentChoice::Attached(file) => file,
            AttachmentChoice::TooLarge => panic!("not attached"),
        }
    }

    fn unpacked(file: &AttachedFile) -> Vec<u8> {
        let mut content = Vec::new();
        flate2::read::GzDecoder::new(file.content.as_slice()).read_to_end(&mut content).unwrap();
        content
    }

    #[test]
    fn a_small_report_is_attached_as_it_is() {
        let file = attached(attachment(NAME, &b"a,b\r\n=1,2\r\n"[..], false).unwrap());
        assert_eq!(file.file_name, NAME);
        assert_eq!(file.content_type, "text/csv; charset=utf-8");
        assert_eq!(file.content, b"a,b\r\n=1,2\r\n");
    }

    #[test]
    fn an_attached_report_is_guarded_on_demand() {
        let file = attached(attachment(NAME, &b"a,b\r\n=1,2\r\n"[..], true).unwrap());
        assert_eq!(file.content, b"a,b\r\n'=1,2\r\n");
    }

    #[test]
    fn a_report_over_the_plain_limit_is_compressed_and_not_a_byte_earlier() {
        let table = table(2_000, 1);
        for guard in [false, true] {
            let at = |plain| {
                attached(choose(NAME, table.as_slice(), guard, Limits { plain, compressed: 1_000_000 }).unwrap())
            };
            assert_eq!(at(table.len()).content, table);
            assert_eq!(at(table.len() + 1).file_name, NAME);
            let file = at(table.len() - 1);
            assert_eq!(file.file_name, format!("{NAME}.gz"));
            assert_eq!(file.content_type, "application/gzip");
            assert_eq!(unpacked(&file), table);
        }
    }

    #[test]
    fn a_report_over_the_compressed_limit_is_not_attached_and_not_a_byte_earlier() {
        let table = table(2_000, 2);
        let at = |compressed| choose(NAME, table.as_slice(), true, Limits { plain: 1_000, compressed }).unwrap();
        let size = attached(at(1_000_000)).content.len();
        assert_eq!(attached(at(size)).content.len(), size);
        assert_eq!(at(size - 1), AttachmentChoice::TooLarge);
        assert_eq!(at(0), AttachmentChoice::TooLarge);
    }

    #[test]
    fn a_compressed_report_is_the_same_bytes_every_time_and_carries_no_time() {
        let table = table(500, 3);
        let limits = Limits { plain: 100, compressed: 1_000_000 };
        let one = attached(choose(NAME, table.as_slice(), true, limits).unwrap());
        let other = attached(choose(NAME, table.as_slice(), true, limits).unwrap());
        assert_eq!(one, other);
        assert_eq!(one.content.get(..10).unwrap(), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, UNKNOWN_OPERATING_SYSTEM]);
    }

    #[test]
    fn reading_ends_when_a_report_is_known_to_be_too_large() {
        /// Never ends, and does not repeat itself, so that it cannot be compressed away.
        struct Endless(fastrand::Rng, u64);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0.fill(buffer);
                self.1 += buffer.len() as u64;
                Ok(buffer.len())
            }
        }
        let mut endless = Endless(fastrand::Rng::with_seed(4), 0);
        let limits = Limits { plain: 10_000, compressed: 50_000 };
        assert_eq!(choose(NAME, &mut endless, false, limits).unwrap(), AttachmentChoice::TooLarge);
        assert!(endless.1 < 1_000_000, "{} bytes were read", endless.1);
    }

    #[test]
    fn a_report_that_cannot_be_read_is_an_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        for guard in [false, true] {
            assert!(matches!(attachment(NAME, Broken, guard), Err(DigestError::Report(_))));
        }
    }

    #[test]
    fn the_limits_are_the_documented_ones() {
        assert_eq!((PLAIN_ATTACHMENT_LIMIT_BYTES, COMPRESSED_ATTACHMENT_LIMIT_BYTES), (5_000_000, 7_000_000));
    }

    #[test]
    fn the_debug_text_of_an_attachment_shows_none_of_it() {
        let choice = attachment(NAME, &b"user\r\nsecret-name\r\n"[..], true).unwrap();
        assert!(!format!("{choice:?}").contains("secret-name"));
    }
}
