//! The lines before the text of a snapshot, between `---` and `---`: what the reviewer of `insta` knows, and what was wrong
//! with a run whose outcome waits for review.

use std::path::Path;

/// What `insta` says the text is.
const EXPRESSION: &str = "expression: outcome\n";

/// Lists what was wrong, as a JSON array of texts, which is YAML too. The reviewer of `insta` ignores it.
const PROBLEMS: &str = "failed: ";

/// The header of a file, without its marks, and the text after it. A file without a header is all text.
pub fn split(file: &str) -> (&str, &str) {
    let marks = [("---\n", "\n---\n"), ("---\r\n", "\r\n---\r\n")];
    let found = marks.into_iter().find_map(|(open, close)| {
        let rest = file.strip_prefix(open)?;
        rest.split_once(close)
    });
    found.unwrap_or(("", file))
}

/// The header of an outcome that waits for review.
pub(super) fn pending(problems: &[String]) -> String {
    if problems.is_empty() {
        return EXPRESSION.to_owned();
    }
    let list = serde_json::to_string(problems).expect("texts are plain data");
    format!("{EXPRESSION}{PROBLEMS}{list}\n")
}

/// What a header says was wrong.
pub(super) fn problems(header: &str) -> Vec<String> {
    let list = header.lines().find_map(|line| line.strip_prefix(PROBLEMS));
    let Some(list) = list else {
        return Vec::new();
    };
    // A list that was edited still says that something was wrong.
    serde_json::from_str(list).unwrap_or_else(|_| vec![list.to_owned()])
}

/// The header of a snapshot that replaces `before`: the same lines, without a `source` that this project does not have.
pub(super) fn kept(before: &str, path: &Path) -> String {
    let (header, _) = split(before);
    if header.is_empty() {
        return EXPRESSION.to_owned();
    }
    let lines = header.lines().filter(|line| {
        let source = line.strip_prefix("source: ");
        source.is_none_or(|source| has_file(path, source.trim()))
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Whether one of the folders around a snapshot has such a file.
fn has_file(snapshot: &Path, file: &str) -> bool {
    let absolute = std::path::absolute(snapshot).unwrap_or_else(|_| snapshot.to_owned());
    let mut folders = absolute.ancestors().skip(1);
    folders.any(|folder| folder.join(file).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_loses_only_a_source_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snapshots/one.snap");
        let before = "---\nsource: snapshots/replay.rs\nexpression: outcome\n---\ntext\n";
        assert_eq!(kept(before, &path), EXPRESSION);
        std::fs::create_dir(folder.path().join("snapshots")).unwrap();
        std::fs::write(folder.path().join("snapshots/replay.rs"), "").unwrap();
        assert_eq!(
            kept(before, &path),
            "source: snapshots/replay.rs\nexpression: outcome\n"
        );
        assert_eq!(kept("", &path), EXPRESSION);
    }

    #[test]
    fn a_list_that_was_edited_is_still_a_list() {
        assert_eq!(problems(&pending(&["a".to_owned()])), ["a"]);
        assert_eq!(problems("failed: yes"), ["yes"]);
        assert_eq!(problems(EXPRESSION), [""; 0]);
    }
}
