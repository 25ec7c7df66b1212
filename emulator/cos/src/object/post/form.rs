//! `multipart/form-data` as it comes in: field by field, the file chunk by chunk. Memory stays bounded.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;

use crate::request::error::{self, Error};
use backlot_http::Body;

/// The maximal size of the headers of one field, in bytes.
const MAX_HEAD: usize = 8 * 1024;

/// A form that is being read.
pub(super) struct Form {
    body: Body,
    /// Bytes that were received and not yet returned.
    buffer: BytesMut,
    /// Line end, dashes and boundary.
    delimiter: Vec<u8>,
    has_ended: bool,
    pub(super) received: u64,
}

/// The headers of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// In lower case.
    pub(super) name: String,
    pub(super) filename: Option<String>,
}

impl Form {
    /// A form with this `Content-Type`.
    pub(super) fn new(content_type: &str, body: Body) -> Result<Self, Error> {
        let is_form = content_type
            .to_ascii_lowercase()
            .starts_with("multipart/form-data");
        let boundary = parameter(content_type, "boundary").filter(|text| !text.is_empty());
        let boundary = boundary.filter(|_| is_form).ok_or_else(malformed)?;
        Ok(Self {
            body,
            // The first boundary of a form has no line end before it, unlike all others.
            buffer: BytesMut::from(&b"\r\n"[..]),
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            has_ended: false,
            received: 0,
        })
    }

    /// Moves on to the next field, `None` after the last one. The rest of the current field is skipped.
    pub(super) async fn next(&mut self) -> Result<Option<Head>, Error> {
        while self.chunk().await?.is_some() {}
        if self.has_ended {
            return Ok(None);
        }
        self.need(self.delimiter.len() + 2).await?;
        let after = &self.buffer[self.delimiter.len()..self.delimiter.len() + 2];
        if after == b"--" {
            self.has_ended = true;
            return Ok(None);
        }
        if after != b"\r\n" {
            return Err(malformed());
        }
        drop(self.buffer.split_to(self.delimiter.len()));
        let end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at;
            }
            if self.buffer.len() > MAX_HEAD || !self.more().await? {
                return Err(malformed());
            }
        };
        let head = self.buffer.split_to(end + 2);
        // The line end before the content stays: an empty content is followed by its delimiter at once.
        drop(self.buffer.split_to(2));
        Head::parse(&head).map(Some)
    }

    /// The next bytes of the field; `None` at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if self.has_ended {
            return Ok(None);
        }
        loop {
            if let Some(at) = find(&self.buffer, &self.delimiter) {
                return Ok((at > 0).then(|| self.buffer.split_to(at).freeze()));
            }
            // A delimiter may have come in part.
            let safe = self.buffer.len().saturating_sub(self.delimiter.len());
            if safe > 0 {
                return Ok(Some(self.buffer.split_to(safe).freeze()));
            }
            if !self.more().await? {
                return Err(malformed());
            }
        }
    }

    async fn need(&mut self, size: usize) -> Result<(), Error> {
        while self.buffer.len() < size {
            if !self.more().await? {
                return Err(malformed());
            }
        }
        Ok(())
    }

    /// Waits for more bytes; `false` at the end of the body.
    async fn more(&mut self) -> Result<bool, Error> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|_| Error::from(error::INCOMPLETE_BODY))?;
            if let Ok(chunk) = frame.into_data() {
                self.received += chunk.len() as u64;
                self.buffer.extend_from_slice(&chunk);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let disposition = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim()
                .eq_ignore_ascii_case("content-disposition")
                .then(|| value.trim().to_owned())
        });
        let disposition = disposition.ok_or_else(malformed)?;
        Ok(Self {
            name: parameter(&disposition, "name")
                .ok_or_else(malformed)?
                .to_ascii_lowercase(),
            filename: parameter(&disposition, "filename"),
        })
    }
}

/// The value of `name=value` after a semicolon, with or without quotes.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text.split_once(';')?.1;
    loop {
        let (found, after) = rest.split_once('=')?;
        let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
            quoted.split_once('"')?
        } else {
            let end = after.find(';').unwrap_or(after.len());
            (after[..end].trim(), &after[end..])
        };
        if found.trim().eq_ignore_ascii_case(name) {
            return Some(value.to_owned());
        }
        rest = after.trim_start().trim_start_matches(';');
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

fn malformed() -> Error {
    error::MALFORMED_POST_REQUEST.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use hyper::body::Frame;

    async fn read(text: &str, piece: usize) -> Result<Vec<(Head, String)>, Error> {
        let pieces: Vec<_> = text
            .as_bytes()
            .chunks(piece)
            .map(Bytes::copy_from_slice)
            .collect();
        let frames = pieces.into_iter().map(|piece| Ok(Frame::data(piece)));
        let body = Body::streaming(stream::iter(frames));
        let mut form = Form::new("multipart/form-data; boundary=\"b\"", body)?;
        let mut fields = Vec::new();
        while let Some(head) = form.next().await? {
            let mut text = Vec::new();
            while let Some(chunk) = form.chunk().await? {
                text.extend_from_slice(&chunk);
            }
            fields.push((head, String::from_utf8(text).unwrap()));
        }
        Ok(fields)
    }

    #[tokio::test]
    async fn fields_come_out_however_the_bytes_come_in() {
        let text = "--b\r\nContent-Disposition: form-data; name=\"Key\"\r\n\r\n\r\n--x\r\n--b\r\n\
            Content-Disposition: form-data; name=empty\r\n\r\n\r\n--b\r\ncontent-disposition:form-data; name=\"file\"; \
            filename=\"a b.txt\"\r\nContent-Type: text/plain\r\n\r\n\r\n-\r\n--\r\n--b--\r\n";
        let head = |name: &str, filename: Option<&str>| Head {
            name: name.into(),
            filename: filename.map(str::to_owned),
        };
        let expected = vec![
            (head("key", None), "\r\n--x".to_owned()),
            (head("empty", None), String::new()),
            (head("file", Some("a b.txt")), "\r\n-\r\n--".to_owned()),
        ];
        for piece in [1, 2, 3, 7, 1000] {
            assert_eq!(read(text, piece).await.unwrap(), expected, "{piece}");
        }
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        for text in [
            "",
            "--b",
            "--bX\r\n",
            "--b\r\nContent-Disposition: form-data; name=k\r\n\r\nopen",
            "--b\r\nX: y\r\n\r\n\r\n--b--",
        ] {
            let code = read(text, 5).await.unwrap_err().code;
            assert_eq!(code, "MalformedPOSTRequest", "{text:?}");
        }
    }
}
