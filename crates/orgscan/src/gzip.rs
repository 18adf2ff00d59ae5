//! Compression whose bytes follow from its input alone.

use std::io::Write;

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

/// The gzip header's value for an operating system that is not told (RFC 1952), so that bytes are the same everywhere.
pub(crate) const UNKNOWN_OPERATING_SYSTEM: u8 = 255;

/// Compresses into `to`. The same input gives the same bytes: the header has neither a time nor a system.
pub(crate) fn encoder<W: Write>(to: W) -> GzEncoder<W> {
    GzBuilder::new().mtime(0).operating_system(UNKNOWN_OPERATING_SYSTEM).write(to, Compression::default())
}
