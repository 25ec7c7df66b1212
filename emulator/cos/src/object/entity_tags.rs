//! Lists of entity tags in `If-Match` and `If-None-Match`. Follows: RFC 9110, sections 8.8.3 and 13.1.
//!
//! Choice: the service takes tags without quotes as well (COS reference, section 5.2), so they are tags here.

use http::{HeaderMap, HeaderValue};

/// The value of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntityTags {
    /// `*`: any representation that exists.
    Any,
    /// These tags.
    Listed(Vec<EntityTag>),
}

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntityTag {
    is_weak: bool,
    /// Without quotes.
    opaque: String,
}

impl EntityTags {
    /// Reads a header. Its lines are one list; `None` if it is absent or has no tag.
    pub(super) fn of(headers: &HeaderMap, name: &str) -> Option<Self> {
        let lines = headers.get_all(name).iter().map(HeaderValue::as_bytes);
        let text = lines.collect::<Vec<_>>().join(&b", "[..]);
        let text = String::from_utf8_lossy(&text);
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let tags = tags(&text);
        (!tags.is_empty()).then_some(Self::Listed(tags))
    }

    /// Whether one of the tags is that of the representation by the strong comparison: weak tags never are.
    pub(super) fn has_strong(&self, etag: &str) -> bool {
        self.any(|tag| !tag.is_weak && tag.opaque == bare(etag))
    }

    /// Whether one of the tags is that of the representation by the weak comparison.
    pub(super) fn has_weak(&self, etag: &str) -> bool {
        self.any(|tag| tag.opaque == bare(etag))
    }

    /// Whether this is one tag, and that of the representation by the strong comparison. `*` is no tag.
    pub(super) fn is_only(&self, etag: &str) -> bool {
        matches!(self, Self::Listed(tags) if tags.len() == 1) && self.has_strong(etag)
    }

    fn any(&self, is_it: impl Fn(&EntityTag) -> bool) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(is_it),
        }
    }
}

/// The tag of a representation without its quotes; it is never weak.
fn bare(etag: &str) -> &str {
    etag.trim_matches('"')
}

/// The tags of a list; a comma within quotes is part of its tag.
fn tags(text: &str) -> Vec<EntityTag> {
    let mut tags = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if rest.is_empty() {
            return tags;
        }
        // `W/` is case-sensitive.
        let (is_weak, after) = match rest.strip_prefix("W/") {
            Some(after) if after.starts_with('"') => (true, after),
            _ => (false, rest),
        };
        let (opaque, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_at(after.find(',').unwrap_or(after.len())),
        };
        tags.push(EntityTag {
            is_weak,
            opaque: opaque.trim_end().to_owned(),
        });
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(is_weak: bool, opaque: &str) -> EntityTag {
        EntityTag {
            is_weak,
            opaque: opaque.into(),
        }
    }

    #[test]
    fn lists_are_read_with_and_without_quotes() {
        for (text, expected) in [
            ("\"a\"", vec![tag(false, "a")]),
            ("W/\"a\"", vec![tag(true, "a")]),
            ("w/\"a\"", vec![tag(false, "w/\"a\"")]),
            ("a", vec![tag(false, "a")]),
            (
                "\"a\",W/\"b\" , c",
                vec![tag(false, "a"), tag(true, "b"), tag(false, "c")],
            ),
            ("\"a,b\"", vec![tag(false, "a,b")]),
            ("\"\"", vec![tag(false, "")]),
            (", ,\"a\",,", vec![tag(false, "a")]),
            ("\"a", vec![tag(false, "a")]),
            ("\"a\", *", vec![tag(false, "a"), tag(false, "*")]),
            (" , ", vec![]),
        ] {
            assert_eq!(tags(text), expected, "{text}");
        }
    }

    #[test]
    fn weak_tags_match_by_the_weak_comparison_only() {
        let of = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("if-match", line.parse().unwrap());
            }
            EntityTags::of(&headers, "if-match")
        };
        // The table of RFC 9110, section 8.8.3.2, for a tag of ours, which is strong.
        let weak = of(&["W/\"1\""]).unwrap();
        assert!(!weak.has_strong("\"1\"") && weak.has_weak("\"1\""));
        let strong = of(&["\"1\""]).unwrap();
        assert!(strong.has_strong("\"1\"") && strong.has_weak("\"1\""));
        let other = of(&["W/\"2\"", "\"3\""]).unwrap();
        assert!(!other.has_strong("\"1\"") && !other.has_weak("\"1\""));
        assert!(other.has_strong("\"3\""), "lines are one list");
        assert_eq!(of(&["*"]), Some(EntityTags::Any));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[""]), None);
    }
}
