//! Going through a text piece by piece, with a decision for each.

use regex::{Captures, Regex};

use super::Volatile;

impl Volatile<'_> {
    /// The text with what `replace` answers in place of each match; `None` leaves it. A match inside a longer word or number
    /// does not count.
    pub(super) fn pass(
        &mut self,
        text: &str,
        pattern: &Regex,
        replace: fn(&mut Self, &Captures<'_>) -> Option<String>,
    ) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut done = 0;
        for found in pattern.captures_iter(text) {
            let Some(all) = found.get(0) else { continue };
            if !stands_alone(text, all.start(), all.end()) {
                continue;
            }
            if let Some(token) = replace(self, &found) {
                replaced.push_str(&text[done..all.start()]);
                replaced.push_str(&token);
                done = all.end();
            }
        }
        replaced.push_str(&text[done..]);
        replaced
    }
}

/// Whether no letter or digit touches a piece of a text where the piece itself begins or ends with one.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let is_word =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let (before, piece, after) = (&text[..start], &text[start..end], &text[end..]);
    let goes_left = is_word(piece.chars().next()) && is_word(before.chars().next_back());
    let goes_right = is_word(piece.chars().next_back()) && is_word(after.chars().next());
    !goes_left && !goes_right
}
