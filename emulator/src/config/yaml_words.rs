//! What the parser says, in the words of people who write scenarios.

use backlot_base::source::Span;

/// A mistake in plain words, and what to do about it.
pub(super) type Said = (String, Option<String>);

/// A structure that is not there, by the parser's name for it.
pub(super) fn unexpected(expected: &str, span: Option<Span>, text: &str) -> Said {
    match expected {
        "mapping start" => pairs(span, text),
        "sequence start" => (
            "expected a list here".to_owned(),
            Some("write `[a, b]`, or one item a line, each after `- `".to_owned()),
        ),
        "string scalar" => {
            let is_open = span.is_some_and(|span| text[span.start..].starts_with(['{', '[']));
            let hint = is_open.then(|| "text that begins with `{` or `[` needs quotes".to_owned());
            ("expected text here".to_owned(), hint)
        }
        other => (format!("expected {other} here"), None),
    }
}

/// A message of the scanner.
pub(super) fn scanned(message: &str) -> Said {
    let said = |title: &str, hint: &str| (title.to_owned(), Some(hint.to_owned()));
    if message.contains("mapping values are not allowed") {
        return said(
            "there is a second `: ` here",
            "text with a `: ` in it needs quotes",
        );
    }
    if message.contains("did not find expected '-' indicator") {
        return said(
            "this line is indented in another way than the list that it follows",
            "begin it in the column of the `- ` above",
        );
    }
    if message.contains("did not find expected key") {
        return said(
            "this line is indented in another way than the keys that it follows",
            "begin it in the column of the key above, or of the `- ` of its list",
        );
    }
    if message.contains("invalid boolean") {
        return said(
            "expected `true` or `false` here",
            "quotes make text of other words",
        );
    }
    (message.to_owned(), None)
}

/// Where `key: value` pairs should be. Most often their lines are there, but not indented.
fn pairs(span: Option<Span>, text: &str) -> Said {
    let title = "expected `key: value` pairs here".to_owned();
    let Some(span) = span else {
        return (title, None);
    };
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let written = line.trim_start_matches([' ', '-']);
    let column = line.len() - written.len();
    let next = text[start..].lines().skip(1);
    let next = next.map(|next| (next.len() - next.trim_start().len(), next.trim_start()));
    let mut next = next.filter(|(_, next)| !next.is_empty() && !next.starts_with('#'));
    let below = next.next();
    let Some(key) = written.trim_end().strip_suffix(':') else {
        // The parser may have read the end of the line before it saw that there is no more.
        let before = text[..start].lines().next_back().unwrap_or_default();
        let kind = bare_step(line).or_else(|| bare_step(before));
        let hint = kind.map(|kind| format!("a step without settings is written `{kind}: {{}}`"));
        return (title, hint);
    };
    let hint = match below {
        Some((indent, next)) if indent == column && !next.starts_with("- ") => format!(
            "indent what belongs to `{key}`: `{next}` begins in the column of `{key}` itself"
        ),
        _ => format!("without any, write `{key}: {{}}`"),
    };
    (title, Some(hint))
}

/// The word of an item that is nothing but a word.
fn bare_step(line: &str) -> Option<&str> {
    let word = line.trim().strip_prefix("- ")?.trim_start();
    let is_word = |letter: char| letter.is_ascii_lowercase() || letter == '-';
    (!word.is_empty() && word.chars().all(is_word)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint_at(text: &str, at: usize) -> String {
        let (start, end) = (at, at + 1);
        let (_, hint) = unexpected("mapping start", Some(Span { start, end }), text);
        hint.unwrap_or_default()
    }

    #[test]
    fn a_child_in_the_column_of_its_parent_is_pointed_at() {
        let text = "steps:\n  - finish-edit:\n    files: []\n";
        assert!(hint_at(text, 22).contains("indent what belongs to `finish-edit`: `files: []`"));
        let alone = "steps:\n  - finish-edit:\n  - wait: idle\n";
        assert_eq!(hint_at(alone, 22), "without any, write `finish-edit: {}`");
        let bare = "steps:\n  - finish-edit\n";
        assert!(hint_at(bare, 12).contains("`finish-edit: {}`"));
        assert!(hint_at(bare, bare.len()).contains("`finish-edit: {}`"));
    }
}
