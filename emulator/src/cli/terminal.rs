//! Text of others on a terminal: what a function prints, keys of objects, messages of programs.
//!
//! A terminal obeys control characters: they can clear lines, change the title or make the next command another one. So they
//! are shown instead, as `\x1b`. A file or a pipe gets them, except escape sequences, which are left out.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::IsTerminal as _;

use super::exit::CommandError;
use super::{print, write};

/// Prints text of others on stdout.
pub(super) fn show(text: &str) -> Result<(), CommandError> {
    if std::io::stdout().is_terminal() {
        return print(&visible(text));
    }
    print(text)
}

/// Prints bytes of others on stdout: to a file or a pipe as they are, on a terminal as text that ends its line.
pub(super) fn show_bytes(bytes: &[u8]) -> Result<(), CommandError> {
    if std::io::stdout().is_terminal() {
        let text = String::from_utf8_lossy(bytes);
        return print(&format!("{}\n", visible(text.trim_end_matches('\n'))));
    }
    write(&mut std::io::stdout(), bytes)
}

/// The text with control characters shown, except line ends and tabs.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |_| None)
}

/// Like [`visible`], but our own colors stay: sequences that change how text looks, and nothing else.
pub(super) fn visible_in_color(text: &str) -> Cow<'_, str> {
    escaped(text, |rest| {
        let parameters = rest.strip_prefix("\x1b[")?;
        let end = parameters.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
        parameters[end..].starts_with('m').then_some(end + 3)
    })
}

/// Shows control characters unless `kept` says how many bytes of the text from there on stay as they are.
fn escaped(text: &str, kept: impl Fn(&str) -> Option<usize>) -> Cow<'_, str> {
    let is_plain = |letter: char| matches!(letter, '\n' | '\t') || !letter.is_control();
    if text.chars().all(is_plain) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = if is_plain(letter) {
            letter.len_utf8()
        } else if let Some(length) = kept(rest) {
            length
        } else {
            _ = write!(shown, "\\x{:02x}", u32::from(letter));
            rest = &rest[letter.len_utf8()..];
            continue;
        };
        shown.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown() {
        for (text, expected) in [
            ("plain é\tline\n", "plain é\tline\n"),
            ("a\x1b]0;t\x07b", "a\\x1b]0;t\\x07b"),
            ("\x1b[31mred", "\\x1b[31mred"),
            ("over\rwritten\0\x7f", "over\\x0dwritten\\x00\\x7f"),
            ("\u{9b}2J", "\\x9b2J"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn colors_stay_where_they_are_ours() {
        for (text, expected) in [
            ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
            ("\x1b[2J\x1b[m", "\\x1b[2J\x1b[m"),
            ("\x1b[3", "\\x1b[3"),
            ("\x1b", "\\x1b"),
        ] {
            assert_eq!(visible_in_color(text), expected);
        }
    }
}
