//! Common mistakes of clients that sign: what they sign instead of what they send.
//!
//! A signature cannot be reversed, but a known mistake can be repeated: if the result equals the signature that was sent,
//! the client made this mistake.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// Methods for which a client may have signed.
pub(super) const METHODS: [&str; 5] = ["GET", "PUT", "POST", "HEAD", "DELETE"];

/// Characters that are encoded in a path on the wire.
const ENCODED_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// Paths that clients sign by mistake: percent-encoded, without the leading slash, with two of them.
pub(super) fn paths(spellings: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut all = spellings.to_vec();
    for path in spellings {
        all.push(percent_encode(path, ENCODED_PATH).to_string().into_bytes());
        all.push(path.strip_prefix(b"/").unwrap_or(path).to_vec());
        all.push([b"/", path.as_slice()].concat());
    }
    all.push(b"/".to_vec());
    all
}

/// A list with one of its first `count` entries left out, each in turn, and the empty list.
pub(super) fn without_one(
    list: &str,
    separator: char,
    count: usize,
) -> impl Iterator<Item = String> {
    // Clients sign only a few; the limit bounds the work for a malicious list.
    (0..count.min(24))
        .map(move |left_out| {
            let kept = list.split(separator).enumerate();
            let kept = kept.filter(|(index, _)| *index != left_out);
            let kept: Vec<_> = kept.map(|(_, part)| part).collect();
            kept.join(separator.encode_utf8(&mut [0; 4]))
        })
        .chain(std::iter::once(String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_lose_one_entry_at_a_time() {
        let lists: Vec<_> = without_one("a&b&c", '&', 3).collect();
        assert_eq!(lists, ["b&c", "a&c", "a&b", ""]);
    }
}
