//! Bytes as the choices that a property needs. Where the bytes end, the choices are zero.

use bytes::Bytes;
use futures_util::stream;
use hyper::body::Frame;

use backlot::http::Body;

/// Bytes that are taken from the front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    /// One byte.
    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number below `bound`, which is not zero.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        let number = usize::from(self.byte()) << 8 | usize::from(self.byte());
        number % bound
    }

    /// One of these.
    pub(super) fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    /// Up to the next line end, without it.
    pub(super) fn line(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == b'\n');
        let (line, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest.get(1..).unwrap_or_default();
        line
    }

    /// The next line as text, with what is not UTF-8 replaced.
    pub(super) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.line()).into_owned()
    }
}

/// A body that arrives in pieces of these sizes, over and over; a size of zero is a piece without bytes.
pub(super) fn in_pieces(bytes: &[u8], sizes: &[u8]) -> Body {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    let has_progress = sizes.iter().any(|size| *size > 0);
    for size in sizes.iter().cycle() {
        if rest.is_empty() || !has_progress {
            break;
        }
        let (piece, after) = rest.split_at(usize::from(*size).min(rest.len()));
        pieces.push(Ok(Frame::data(Bytes::copy_from_slice(piece))));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Ok(Frame::data(Bytes::copy_from_slice(rest))));
    }
    Body::streaming(stream::iter(pieces))
}

/// Runs what waits for nothing but itself.
pub(super) fn now<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime
        .expect("a runtime without drivers needs nothing of the system")
        .block_on(work)
}
