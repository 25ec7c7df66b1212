//! A signature that was made for another text: what should have been signed, what was signed, and where they differ first.

use std::fmt;

/// How many characters after a difference are shown.
const SHOWN: usize = 32;

/// What goes into a signature. Nothing in it is secret: tokens are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedText {
    /// What the key is applied to.
    pub string_to_sign: String,
    /// The request as it was understood, from which the string to sign is made.
    pub format_string: String,
}

/// A signature that does not match the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What should have been signed.
    pub expected: SignedText,
    /// What the client signed instead, if it is one of the mistakes that are tried.
    pub client: Option<SignedText>,
    /// The separator between the parts of both texts: a line end, or `&`.
    pub separator: char,
}

/// The first place where two texts differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    what: &'static str,
    ours: &'a str,
    theirs: &'a str,
    /// Bytes before the difference, the same ones in both texts.
    at: usize,
    separator: char,
}

impl Mismatch {
    /// Where the client's text differs first; `None` if it is not known, or looks the same.
    pub fn difference(&self) -> Option<Difference<'_>> {
        let (ours, client) = (&self.expected, self.client.as_ref()?);
        let (what, ours, theirs) = if ours.format_string == client.format_string {
            (
                "string to sign",
                &ours.string_to_sign,
                &client.string_to_sign,
            )
        } else {
            ("request", &ours.format_string, &client.format_string)
        };
        let at = equal_bytes(ours, theirs);
        (ours != theirs).then_some(Difference {
            what,
            ours,
            theirs,
            at,
            separator: self.separator,
        })
    }
}

impl<'a> Difference<'a> {
    /// The first parts that differ, ours and the client's. A missing part is empty.
    pub fn parts(&self) -> (&'a str, &'a str) {
        let before = &self.ours[..self.at];
        let start = before.rfind(self.separator);
        let start = start.map_or(0, |start| start + self.separator.len_utf8());
        let mut ours = self.ours[start..].split(self.separator);
        let mut theirs = self.theirs[start..].split(self.separator);
        let mut next = || {
            let parts = (ours.next(), theirs.next());
            (parts.0.unwrap_or_default(), parts.1.unwrap_or_default())
        };
        match next() {
            // One text ends where a part of the other ends: the other's next part is the difference.
            (ours, theirs) if ours == theirs => next(),
            parts => parts,
        }
    }
}

/// Line and column, from 1, and what follows there in both texts.
impl fmt::Display for Difference<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = &self.ours[..self.at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default();
        write!(
            out,
            "the {} differs first at line {line}, column {}: expected {}, the client signed {}",
            self.what,
            column.chars().count() + 1,
            excerpt(&self.ours[self.at..]),
            excerpt(&self.theirs[self.at..])
        )
    }
}

/// How many bytes both texts begin with, in whole characters.
fn equal_bytes(ours: &str, theirs: &str) -> usize {
    let pairs = ours.chars().zip(theirs.chars());
    let equal = pairs.take_while(|(our, their)| our == their);
    equal.map(|(letter, _)| letter.len_utf8()).sum()
}

/// The rest of a line.
fn excerpt(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let shown: String = line.chars().take(SHOWN).collect();
    match text {
        "" => "the end".to_owned(),
        _ if line.is_empty() => "the end of the line".to_owned(),
        _ if shown.len() < line.len() => format!("`{shown}…`"),
        _ => format!("`{shown}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mismatch(ours: &str, theirs: &str, separator: char) -> Mismatch {
        let text = |format_string: &str| SignedText {
            string_to_sign: format!("hash of {format_string}"),
            format_string: format_string.to_owned(),
        };
        Mismatch {
            expected: text(ours),
            client: Some(text(theirs)),
            separator,
        }
    }

    #[test]
    fn the_first_difference_has_a_line_and_a_column() {
        let shown = |ours, theirs| {
            let mismatch = mismatch(ours, theirs, '\n');
            mismatch.difference().map(|found| found.to_string())
        };
        assert_eq!(
            shown("get\n/a\n", "get\n/\n").as_deref(),
            Some(
                "the request differs first at line 2, column 2: expected `a`, the client signed the end of the line"
            )
        );
        let short = shown("中", "中文").unwrap();
        assert!(short.contains("column 2: expected the end, the client signed `文`"));
        assert_eq!(shown("a", "a"), None);
    }

    #[test]
    fn a_string_to_sign_counts_if_the_requests_are_equal() {
        let mut mismatch = mismatch("a", "a", '\n');
        mismatch.client.as_mut().unwrap().string_to_sign.push('\n');
        let shown = mismatch.difference().unwrap().to_string();
        assert!(shown.starts_with("the string to sign differs first at line 1, column 10"));
    }

    #[test]
    fn the_first_parts_that_differ_are_whole() {
        let parts = |ours: &str, theirs: &str, separator| {
            let mismatch = mismatch(ours, theirs, separator);
            let parts = mismatch.difference()?.parts();
            Some((parts.0.to_owned(), parts.1.to_owned()))
        };
        let expected = |ours: &str, theirs: &str| Some((ours.to_owned(), theirs.to_owned()));
        assert_eq!(parts("a\nb", "a\nb", '\n'), None);
        assert_eq!(parts("a\nbc\nd", "a\nbd\ne", '\n'), expected("bc", "bd"));
        assert_eq!(parts("a", "a\nb", '\n'), expected("", "b"));
        assert_eq!(parts("a\nb", "a", '\n'), expected("b", ""));
        assert_eq!(parts("a=1&b=2", "a=1&b=23", '&'), expected("b=2", "b=23"));
        assert_eq!(parts("a=1&b", "a=1&c&b", '&'), expected("b", "c"));
        assert_eq!(parts("a\n\nb", "a\nb", '\n'), expected("", "b"));
    }
}
