//! Answers that the HTTP library makes itself, to something that is no request: their header names get the case of all others.
//!
//! The library writes such an answer before there is a request to answer, so no [`header_case`](super::header_case) can be
//! applied. It is short, has no body, and is the last thing on its connection; so the bytes are changed after it has
//! written them.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::under_way::UnderWay;

/// Bytes of such an answer at most.
const LONGEST: usize = 256;

/// A stream whose early answers are spelled like others.
pub(super) struct EarlyAnswers<S> {
    stream: S,
    under_way: UnderWay,
}

impl<S> EarlyAnswers<S> {
    pub(super) fn new(stream: S, under_way: UnderWay) -> Self {
        Self { stream, under_way }
    }

    /// The bytes in the usual spelling, if they are an early answer.
    fn respelled(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        (bytes.len() <= LONGEST && !self.under_way.is_any())
            .then(|| respell(bytes))
            .flatten()
    }
}

/// A head with the library's own lower-case names and no body, in title case. It has as many bytes.
fn respell(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let head = text.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?;
    let is_refusal = status.starts_with("HTTP/1.1 4") || status.starts_with("HTTP/1.0 4");
    let mut respelled = String::with_capacity(bytes.len());
    respelled.push_str(status);
    let mut has_length = false;
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        has_length |= line == "content-length: 0";
        respelled.push_str("\r\n");
        let mut is_first = true;
        for letter in name.chars() {
            respelled.push(if is_first {
                letter.to_ascii_uppercase()
            } else {
                letter
            });
            is_first = letter == '-';
        }
        respelled.push_str(": ");
        respelled.push_str(value);
    }
    respelled.push_str("\r\n\r\n");
    (is_refusal && has_length).then(|| respelled.into_bytes())
}

impl<S: AsyncRead + Unpin> AsyncRead for EarlyAnswers<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for EarlyAnswers<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let respelled = self.respelled(bytes);
        Pin::new(&mut self.stream).poll_write(cx, respelled.as_deref().unwrap_or(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(respelled) = slices.first().and_then(|first| self.respelled(first)) {
            return Pin::new(&mut self.stream).poll_write(cx, &respelled);
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

    #[test]
    fn only_what_the_library_says_by_itself_is_changed() {
        let early = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n";
        let expected = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\nDate: now\r\n\r\n";
        assert_eq!(respell(early).unwrap(), expected.as_bytes());
        for other in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 403 Forbidden\r\ncontent-length: 1\r\n\r\nx",
            b"some bytes",
            b"",
        ] {
            assert_eq!(respell(other), None);
        }
    }
}
