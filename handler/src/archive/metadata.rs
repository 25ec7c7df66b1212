//! What an object of the archive says about itself: content type and metadata.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::Entry;
use crate::event::Event;

/// The longest value of one metadata header; bytes. COS takes two kilobytes of metadata altogether.
const LONGEST_VALUE: usize = 256;

/// What a metadata value shows percent-encoded, besides everything that is not ASCII.
const HIDDEN: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

pub(super) fn content_type(event: &Event) -> &'static str {
    match event {
        Event::Mps(_) | Event::Unrecognized => "application/json",
        Event::NotJson => "application/octet-stream",
    }
}

/// Follows: COS, "PUT Object", `x-cos-meta-*`.
pub(super) fn metadata(entry: &Entry<'_>) -> Vec<(&'static str, String)> {
    let notification = entry.event.notification();
    let values = [
        ("event-type", Some(entry.event.kind())),
        ("task-id", notification.map(|told| told.task_id.as_str())),
        (
            "status",
            notification.and_then(|told| told.status.as_deref()),
        ),
        ("request-id", Some(entry.request_id)),
    ];
    values
        .into_iter()
        .filter_map(|(name, value)| Some((name, header_safe(value?))))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// What a header can carry and every client reads alike: visible ASCII, the rest percent-encoded, of bounded length.
fn header_safe(text: &str) -> String {
    let mut value = String::new();
    for character in text.chars() {
        let mut bytes = [0; 4];
        let piece = utf8_percent_encode(character.encode_utf8(&mut bytes), HIDDEN).to_string();
        if value.len() + piece.len() > LONGEST_VALUE {
            break;
        }
        value.push_str(&piece);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_safe_in_a_header_and_bounded() {
        assert_eq!(header_safe("245****6-a"), "245****6-a");
        assert_eq!(header_safe("a b\r\nc%é"), "a%20b%0D%0Ac%25%C3%A9");
        assert_eq!(header_safe(&"é".repeat(100)).len(), 252);
        assert_eq!(header_safe(&"x".repeat(1000)).len(), LONGEST_VALUE);
    }
}
