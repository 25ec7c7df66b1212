//! Breaking an answer on purpose: what comes out is not HTTP any more.
//!
//! The HTTP library writes well-formed heads only; so the bytes are changed behind it, on their way to the client.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a spoiled answer begins with, in place of `HTTP/1.1`.
const NONSENSE: &[u8; 8] = b"%%%%/%.%";

/// The wish to spoil the next answer of a connection. Clones are of the same connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Spoil(Arc<AtomicBool>);

/// A stream whose next bytes can be spoiled.
pub(super) struct Spoilable<S> {
    stream: S,
    spoil: Spoil,
}

impl Spoil {
    /// The next bytes that are written are not what they should be.
    pub(super) fn next(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl<S> Spoilable<S> {
    pub(super) fn new(stream: S, spoil: Spoil) -> Self {
        Self { stream, spoil }
    }
}

impl<S: AsyncWrite + Unpin> Spoilable<S> {
    fn write_spoiled(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut spoiled = bytes.to_vec();
        for (byte, nonsense) in spoiled.iter_mut().zip(NONSENSE) {
            *byte = *nonsense;
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, &spoiled);
        if written.is_ready() {
            self.spoil.0.store(false, Ordering::Release);
        }
        written
    }

    fn is_wanted(&self) -> bool {
        self.spoil.0.load(Ordering::Acquire)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Spoilable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Spoilable<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_wanted() {
            return self.write_spoiled(cx, bytes);
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
            return self.write_spoiled(cx, first.map_or(&[], |slice| slice));
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
    async fn only_the_next_bytes_are_spoiled() {
        let (near, mut far) = tokio::io::duplex(64);
        let spoil = Spoil::default();
        let mut stream = Spoilable::new(near, spoil.clone());
        stream.write_all(b"HTTP/1.1 200 OK|").await.unwrap();
        spoil.next();
        stream.write_all(b"HTTP/1.1 200 OK|").await.unwrap();
        stream.write_all(b"HTTP/1.1").await.unwrap();
        drop(stream);
        let mut read = String::new();
        far.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "HTTP/1.1 200 OK|%%%%/%.% 200 OK|HTTP/1.1");
    }
}
