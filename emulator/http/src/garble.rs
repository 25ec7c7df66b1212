//! Answers that are garbled on purpose: not HTTP any more.
//!
//! The HTTP library writes well-formed heads only; so the bytes are changed after it has written them.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The first bytes of a garbled answer, in place of `HTTP/1.1`.
const GARBAGE: &[u8; 8] = b"%%%%/%.%";

/// Whether the next answer of a connection is to be garbled. Clones belong to the same connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Garble(Arc<AtomicBool>);

/// A stream whose next bytes can be garbled.
pub(super) struct GarblingStream<S> {
    stream: S,
    garble: Garble,
}

impl Garble {
    /// Garbles the next bytes that are written.
    pub(super) fn next(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl<S> GarblingStream<S> {
    pub(super) fn new(stream: S, garble: Garble) -> Self {
        Self { stream, garble }
    }
}

impl<S: AsyncWrite + Unpin> GarblingStream<S> {
    fn write_garbled(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut garbled = bytes.to_vec();
        for (byte, garbage) in garbled.iter_mut().zip(GARBAGE) {
            *byte = *garbage;
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, &garbled);
        if written.is_ready() {
            self.garble.0.store(false, Ordering::Release);
        }
        written
    }

    fn is_wanted(&self) -> bool {
        self.garble.0.load(Ordering::Acquire)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for GarblingStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for GarblingStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_wanted() {
            return self.write_garbled(cx, bytes);
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.is_wanted() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            return self.write_garbled(cx, first.map_or(&[], |slice| slice));
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn only_the_next_bytes_are_garbled() {
        let (near, mut far) = tokio::io::duplex(64);
        let garble = Garble::default();
        let mut stream = GarblingStream::new(near, garble.clone());
        stream.write_all(b"HTTP/1.1 200 OK|").await.unwrap();
        garble.next();
        stream.write_all(b"HTTP/1.1 200 OK|").await.unwrap();
        stream.write_all(b"HTTP/1.1").await.unwrap();
        drop(stream);
        let mut read = String::new();
        far.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "HTTP/1.1 200 OK|%%%%/%.% 200 OK|HTTP/1.1");
    }
}
