//! Patterns in which `*` stands for anything. It takes no longer than pattern times text, whatever the pattern.

/// A pattern and how it is meant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wildcard<'a> {
    /// The pattern.
    pub(super) pattern: &'a str,
    /// Whether the text may go on after the pattern has ended.
    pub(super) is_open: bool,
    /// What `*` does not stand for.
    pub(super) stop: Option<char>,
}

impl<'a> Wildcard<'a> {
    /// A pattern for a whole text.
    pub(super) fn whole(pattern: &'a str) -> Self {
        Self {
            pattern,
            is_open: false,
            stop: None,
        }
    }

    /// Whether a text fits.
    pub(super) fn fits(self, text: &str) -> bool {
        let pattern: Vec<char> = self.pattern.chars().collect();
        let end = pattern.len();
        // How much of the pattern may be behind us, for each way to read the text so far.
        let mut behind = vec![false; end + 1];
        behind[0] = true;
        skip_stars(&pattern, &mut behind);
        for char in text.chars() {
            if self.is_open && behind[end] {
                return true;
            }
            let mut next = vec![false; end + 1];
            for (index, wanted) in pattern.iter().enumerate() {
                if !behind[index] {
                    continue;
                }
                if *wanted == '*' {
                    next[index] |= self.stop != Some(char);
                } else if *wanted == char {
                    next[index + 1] = true;
                }
            }
            skip_stars(&pattern, &mut next);
            behind = next;
        }
        behind[end]
    }
}

/// A `*` may stand for nothing.
fn skip_stars(pattern: &[char], behind: &mut [bool]) {
    for (index, char) in pattern.iter().enumerate() {
        if *char == '*' && behind[index] {
            behind[index + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("*", "", true),
            ("*", "https://a.example", true),
            ("https://*.example", "https://a.example", true),
            ("https://*.example", "https://.example", true),
            ("https://*.example", "http://a.example", false),
            ("ab*ba", "aba", false),
            ("a*b*c", "axxbxbc", true),
            ("a*b*c", "axxbxb", false),
            ("a", "ab", false),
            ("中*", "中文", true),
        ] {
            assert_eq!(
                Wildcard::whole(pattern).fits(text),
                fits,
                "{pattern} {text}"
            );
        }
        let many = "*a".repeat(50) + "b";
        assert!(!Wildcard::whole(&many).fits(&"a".repeat(5000)), "it ends");
    }

    #[test]
    fn a_pattern_may_be_open_and_may_stop() {
        let fits = |pattern, text: &str| {
            let wildcard = Wildcard {
                pattern,
                is_open: true,
                stop: Some('/'),
            };
            wildcard.fits(text)
        };
        assert!(fits("a.example", "a.example/page"));
        assert!(fits("*.example", "a.b.example"));
        assert!(!fits("*.example", "other/a.example"));
        assert!(!fits("a.example", "b.example"));
    }
}
