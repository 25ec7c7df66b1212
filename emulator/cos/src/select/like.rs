//! `LIKE`: patterns with `%` and `_`.

/// A letter of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Letter {
    /// `%`: any run of characters.
    Run,
    /// `_`: one character.
    One,
    This(char),
}

/// Whether a text matches a pattern; `None` if an escape character stands before a character that needs none, or last.
pub(super) fn matches(text: &str, pattern: &str, escape: Option<char>) -> Option<bool> {
    let (mut letters, mut given) = (Vec::new(), pattern.chars());
    while let Some(letter) = given.next() {
        letters.push(match letter {
            _ if Some(letter) == escape => match given.next()? {
                next if next == '%' || next == '_' || Some(next) == escape => Letter::This(next),
                _ => return None,
            },
            '%' => Letter::Run,
            '_' => Letter::One,
            other => Letter::This(other),
        });
    }
    Some(fits(&text.chars().collect::<Vec<_>>(), &letters))
}

/// In time that grows with text times pattern, and not worse.
fn fits(text: &[char], pattern: &[Letter]) -> bool {
    let (mut at, mut seen) = (0, 0);
    // Where the last run stands, and up to where it reaches.
    let mut run: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some(Letter::Run) => {
                run = Some((at, seen));
                at += 1;
            }
            Some(letter)
                if matches!(letter, Letter::One) || *letter == Letter::This(text[seen]) =>
            {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((before, reaches)) = run else {
                    return false;
                };
                run = Some((before, reaches + 1));
                at = before + 1;
                seen = reaches + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == Letter::Run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_single_characters_match() {
        for (text, pattern, escape, expected) in [
            ("", "", None, Some(true)),
            ("", "%", None, Some(true)),
            ("abc", "a%", None, Some(true)),
            ("abc", "%b%", None, Some(true)),
            ("abc", "a_c", None, Some(true)),
            ("abc", "A%", None, Some(false)),
            ("abc", "_", None, Some(false)),
            ("中文", "__", None, Some(true)),
            ("50%", "50\\%", Some('\\'), Some(true)),
            ("50x", "50\\%", Some('\\'), Some(false)),
            ("a\\b", "a\\\\b", Some('\\'), Some(true)),
            ("a", "\\a", Some('\\'), None),
            ("a", "a\\", Some('\\'), None),
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaab",
                "%a%a%a%a%c",
                None,
                Some(false),
            ),
        ] {
            assert_eq!(matches(text, pattern, escape), expected, "{text} {pattern}");
        }
    }
}
