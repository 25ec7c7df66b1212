//! What a client has signed instead of what it sent: the usual mistakes, tried one by one.
//!
//! A signature cannot be read backwards, but a mistake that is known can be made once more; if the result equals the
//! signature that came, that is what the client did. Nothing here ever holds a secret.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// Methods that a URL may have been signed for.
pub(super) const METHODS: [&str; 5] = ["GET", "PUT", "POST", "HEAD", "DELETE"];

/// A path as it stands on the wire.
const ENCODED_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// How many characters around a difference are shown.
const SHOWN: usize = 32;

/// What goes into a signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// What the key is applied to.
    pub string_to_sign: String,
    /// From what that was made: the request as it was understood.
    pub format_string: String,
}

impl Text {
    /// Where the other text differs first, for people: line and column from 1, and what stands there.
    pub fn first_difference(&self, client: &Self) -> String {
        let (what, ours, theirs) = if self.format_string == client.format_string {
            (
                "string to sign",
                &self.string_to_sign,
                &client.string_to_sign,
            )
        } else {
            ("request", &self.format_string, &client.format_string)
        };
        let same = ours.chars().zip(theirs.chars());
        let same = same.take_while(|(our, their)| our == their);
        let (mut line, mut column, mut at) = (1, 1, 0);
        for (letter, _) in same {
            at += letter.len_utf8();
            if letter == '\n' {
                (line, column) = (line + 1, 1);
            } else {
                column += 1;
            }
        }
        format!(
            "the {what} differs first at line {line}, column {column}: expected {}, the client signed {}",
            excerpt(&ours[at..]),
            excerpt(&theirs[at..])
        )
    }
}

/// The rest of a line.
fn excerpt(text: &str) -> String {
    let line: String = text.lines().next().unwrap_or_default().to_owned();
    let shown: String = line.chars().take(SHOWN).collect();
    match text {
        "" => "the end".to_owned(),
        _ if line.is_empty() => "the end of the line".to_owned(),
        _ if shown.len() < line.len() => format!("`{shown}…`"),
        _ => format!("`{shown}`"),
    }
}

/// Paths that are mistaken for the one that counts: percent-encoded, without its slash, with one too many.
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
    // Nobody signs more than a few; the work stays bounded whatever comes.
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

    fn text(format_string: &str) -> Text {
        Text {
            string_to_sign: format!("hash of {format_string}"),
            format_string: format_string.to_owned(),
        }
    }

    #[test]
    fn the_first_difference_is_named() {
        let difference = text("get\n/a\n").first_difference(&text("get\n/\n"));
        assert!(difference.contains("line 2, column 2"), "{difference}");
        assert!(difference.contains("expected `a`"), "{difference}");
        assert!(difference.ends_with("the client signed the end of the line"));
        let short = text("中").first_difference(&text("中文"));
        assert!(short.contains("column 2: expected the end"), "{short}");
    }

    #[test]
    fn lists_lose_one_entry_at_a_time() {
        let lists: Vec<_> = without_one("a&b&c", '&', 3).collect();
        assert_eq!(lists, ["b&c", "a&c", "a&b", ""]);
    }
}
