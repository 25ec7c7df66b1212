//! Patterns with `*`, in time that grows with pattern times text and not worse.

/// Whether the text matches: `*` stands for any run of characters, and `?` for one of them if `single` says so.
pub(super) fn matches(pattern: &str, text: &str, single: bool) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // Where the last `*` stands, and up to where it reaches.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(letter) if *letter == text[seen] || (single && *letter == '?') => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((before, reaches)) = star else {
                    return false;
                };
                star = Some((before, reaches + 1));
                at = before + 1;
                seen = reaches + 1;
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_reach_as_far_as_they_must() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abc/c", true),
            ("a*c", "abcd", false),
            ("a*b*c", "a1b2b3c", true),
            ("name/cos:Get*", "name/cos:GetObject", true),
            ("a?c", "abc", false),
            ("a?c", "a?c", true),
            ("", "a", false),
            ("a", "", false),
        ] {
            assert_eq!(matches(pattern, text, false), expected, "{pattern} {text}");
        }
        assert!(matches("a?中", "ab中", true));
        // Not for ever.
        assert!(!matches(&"a*".repeat(60), &"a".repeat(59), false));
    }
}
