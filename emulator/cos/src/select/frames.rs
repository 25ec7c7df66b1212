//! The messages of an answer. Follows: COS reference, section 7.6.
//!
//! A message is its length, the length of its headers, the CRC-32 of these eight bytes, the headers, the payload, and the
//! CRC-32 of all of it before; numbers have their highest byte first.

use backlot_base::xml::Element;
use backlot_http::auth::s3::crc32;

use super::SelectError;

/// The kind of a header's value that is text.
const TEXT: u8 = 7;

/// How far a selection is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Read of the object.
    pub(super) scanned: u64,
    /// Selected.
    pub(super) returned: u64,
}

/// Selected records.
pub(super) fn records(payload: &[u8]) -> Vec<u8> {
    event("Records", Some("application/octet-stream"), payload)
}

/// A message that keeps the connection open.
pub(super) fn continuation() -> Vec<u8> {
    event("Cont", None, b"")
}

/// How far the selection is.
pub(super) fn progress(counts: Counts) -> Vec<u8> {
    event("Progress", Some("text/xml"), &document("Progress", counts))
}

/// How far the selection came, before its end.
pub(super) fn stats(counts: Counts) -> Vec<u8> {
    event("Stats", Some("text/xml"), &document("Stats", counts))
}

/// The last message of a selection that succeeded.
pub(super) fn end() -> Vec<u8> {
    event("End", None, b"")
}

/// The last message of a selection that failed.
pub(super) fn failure(error: &SelectError) -> Vec<u8> {
    let headers = [
        (":error-code", error.code),
        (":error-message", &error.message),
        (":message-type", "error"),
    ];
    message(&headers, b"")
}

fn document(name: &'static str, counts: Counts) -> Vec<u8> {
    let scanned = counts.scanned.to_string();
    let document = Element::new(name)
        .field("BytesScanned", scanned.as_str())
        .field("BytesProcessed", scanned)
        .field("BytesReturned", counts.returned.to_string());
    document.to_document().into_bytes()
}

fn event(kind: &str, content_type: Option<&str>, payload: &[u8]) -> Vec<u8> {
    let mut headers = vec![(":event-type", kind)];
    headers.extend(content_type.map(|content_type| (":content-type", content_type)));
    headers.push((":message-type", "event"));
    message(&headers, payload)
}

fn message(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut head = Vec::new();
    for (name, value) in headers {
        head.push(u8::try_from(name.len()).expect("names are short"));
        head.extend_from_slice(name.as_bytes());
        head.push(TEXT);
        // A message for people may be cut.
        let value = &value.as_bytes()[..value.len().min(usize::from(u16::MAX))];
        let length = u16::try_from(value.len()).expect("it was cut to fit");
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(value);
    }
    let size = |length: usize| {
        u32::try_from(length)
            .expect("messages are small")
            .to_be_bytes()
    };
    let mut message = Vec::with_capacity(16 + head.len() + payload.len());
    message.extend_from_slice(&size(16 + head.len() + payload.len()));
    message.extend_from_slice(&size(head.len()));
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message.extend_from_slice(&head);
    message.extend_from_slice(payload);
    message.extend_from_slice(&crc32(&message).to_be_bytes());
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_lengths_and_sums() {
        let end = end();
        // Headers of 1 + 11 + 1 + 2 + 3 and 1 + 13 + 1 + 2 + 5 bytes.
        assert_eq!(end.len(), 16 + 18 + 22);
        assert_eq!(&end[..8], [0, 0, 0, 56, 0, 0, 0, 40]);
        assert_eq!(end[8..12], crc32(&end[..8]).to_be_bytes());
        assert_eq!(end[52..], crc32(&end[..52]).to_be_bytes());
        assert_eq!(&end[12..30], b"\x0b:event-type\x07\x00\x03End");
    }
}
