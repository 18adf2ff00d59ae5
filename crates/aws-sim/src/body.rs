//! Bodies of answers: whole, out of files, or in pieces with pauses.

use std::collections::VecDeque;
use std::future::Future as _;
use std::io::{self, Seek as _, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::answer::Content;
use crate::s3::{Piece, Stored};
use crate::wire::Line;

/// How much of a file is read at once.
const READ_AT_ONCE: usize = 128 * 1_024;

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Body {
    Whole(Bytes),
    Object(ObjectBody),
    Paced(Paced),
}

impl From<Content> for Body {
    fn from(content: Content) -> Self {
        match content {
            Content::Bytes(bytes) => Self::Whole(bytes),
            Content::Stored(stored) => Self::Object(ObjectBody::new(&stored)),
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Object(body) => body.poll(context),
            Self::Paced(body) => body.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Object(body) => body.left,
            Self::Paced(body) => body.left,
        })
    }
}

/// Part of an object, read as it is sent.
#[derive(Debug)]
pub(crate) struct ObjectBody {
    /// The files that were not opened yet, with position and size of the stretch in each.
    stretches: VecDeque<(Arc<Piece>, u64, u64)>,
    /// The file that is being read, and how much of it is left.
    open: Option<(File, u64)>,
    left: u64,
}

impl ObjectBody {
    fn new(stored: &Stored) -> Self {
        Self { stretches: stored.stretches().into(), open: None, left: stored.size }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            let Some((file, left)) = &mut self.open else {
                let Some((piece, start, size)) = self.stretches.pop_front() else { return Poll::Ready(None) };
                match open(&piece, start) {
                    Ok(file) => self.open = Some((file, size)),
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
                continue;
            };
            if *left == 0 {
                self.open = None;
                continue;
            }
            let wanted = usize::try_from(*left).unwrap_or(READ_AT_ONCE).min(READ_AT_ONCE);
            let mut bytes = vec![0; wanted];
            let mut buffer = ReadBuf::new(&mut bytes);
            if let Err(error) = ready!(Pin::new(file).poll_read(context, &mut buffer)) {
                return Poll::Ready(Some(Err(error)));
            }
            let read = buffer.filled().len();
            if read == 0 {
                return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
            }
            bytes.truncate(read);
            *left -= read as u64;
            self.left -= read as u64;
            return Poll::Ready(Some(Ok(Frame::data(bytes.into()))));
        }
    }
}

fn open(piece: &Piece, start: u64) -> io::Result<File> {
    let mut file = std::fs::File::open(piece.path())?;
    file.seek(SeekFrom::Start(start))?;
    Ok(File::from_std(file))
}

/// How a paced body ends.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    /// As it should.
    Complete,
    /// The connection is closed.
    Closed,
    /// The connection is reset.
    Reset(Line),
}

/// A body in pieces, each after a pause.
#[derive(Debug)]
pub(crate) struct Paced {
    pieces: VecDeque<Bytes>,
    pause: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    /// How many bytes its head announces that were not sent; with an ending too soon there are fewer in the pieces.
    left: u64,
    ending: Ending,
}

impl Paced {
    pub(crate) fn new(pieces: impl Into<VecDeque<Bytes>>, pause: Duration, announced: u64, ending: Ending) -> Self {
        Self { pieces: pieces.into(), pause, sleep: None, left: announced, ending }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        // An ending too soon waits as well: what was sent before goes out while it does.
        if !self.pieces.is_empty() || !matches!(self.ending, Ending::Complete) {
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(self.pause)));
            ready!(sleep.as_mut().poll(context));
            self.sleep = None;
        }
        if let Some(piece) = self.pieces.pop_front() {
            self.left = self.left.saturating_sub(piece.len() as u64);
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match &self.ending {
            Ending::Complete => Poll::Ready(None),
            Ending::Closed => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
            Ending::Reset(line) => {
                line.reset();
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn a_paced_body_comes_in_its_time() {
        let began = Instant::now();
        let pieces = ["ab", "cd", "e"].map(Bytes::from).to_vec();
        let body = Body::Paced(Paced::new(pieces, Duration::from_secs(2), 5, Ending::Complete));
        assert_eq!(body.size_hint().exact(), Some(5));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abcde");
        assert_eq!(began.elapsed().as_secs(), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_ends_too_soon_announces_what_it_lacks() {
        let body = Paced::new([Bytes::from("ab")], Duration::from_millis(1), 5, Ending::Closed);
        let mut body = Body::Paced(body);
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ab");
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(body.frame().await.unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn an_object_that_lost_its_file_ends_with_an_error() {
        let piece = Arc::new(Piece::at("no-such-file".into(), 3));
        let stored = Stored { pieces: vec![piece], start: 0, size: 3 };
        let mut body = Body::from(Content::Stored(stored));
        assert_eq!(body.frame().await.unwrap().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
