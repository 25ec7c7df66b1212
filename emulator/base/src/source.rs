//! Texts that people write, places in them, and how a mistake is shown: file, line, column, the line itself, what was found
//! and what to do.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

/// One text and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// As the user would name it.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

/// A range of bytes in a source file, its end excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// One mistake in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where, if anywhere in particular.
    pub span: Option<Span>,
    /// What is wrong: one sentence, no period.
    pub title: String,
    /// A word at the place itself.
    pub label: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// All mistakes found in one text, in order of position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    /// The text.
    pub source: SourceFile,
    /// At least one.
    pub found: Vec<Diagnostic>,
}

impl SourceFile {
    /// A text with the name under which messages mention it.
    pub fn new(path: impl AsRef<Path>, text: impl Into<String>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            text: text.into(),
        }
    }

    /// The line, from 1, in which a byte lies.
    pub fn line_of(&self, byte: usize) -> usize {
        let end = self
            .clamp(Span {
                start: byte,
                end: byte,
            })
            .start;
        1 + self.text[..end].matches('\n').count()
    }

    /// The line and the column, from 1 and in characters, of a byte.
    pub fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let end = self
            .clamp(Span {
                start: byte,
                end: byte,
            })
            .start;
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (self.line_of(byte), 1 + before[line_start..].chars().count())
    }

    /// One mistake in this text.
    pub fn mistake(&self, diagnostic: Diagnostic) -> Diagnostics {
        Diagnostics {
            source: self.clone(),
            found: vec![diagnostic],
        }
    }

    /// A span cut down to what the text holds, never in the middle of a character.
    fn clamp(&self, span: Span) -> Range<usize> {
        let floor = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(span.start);
        start..floor(span.end).max(start)
    }
}

impl Diagnostic {
    /// A mistake at a place.
    pub fn at(span: Span, title: impl Into<String>) -> Self {
        Self {
            span: Some(span),
            title: title.into(),
            label: String::new(),
            hint: None,
        }
    }

    /// A mistake of the text as a whole.
    pub fn general(title: impl Into<String>) -> Self {
        Self {
            span: None,
            title: title.into(),
            label: String::new(),
            hint: None,
        }
    }

    /// Says something at the place itself.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Diagnostics {
    /// The mistakes as text for people, with color if asked for.
    pub fn render(&self, color: bool) -> String {
        self.render_as(&Level::ERROR, color)
    }

    /// What was found as text for people, as warnings and without color.
    pub fn as_warnings(&self) -> String {
        self.render_as(&Level::WARNING, false)
    }

    fn render_as(&self, level: &Level<'_>, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let shown: Vec<_> = self
            .found
            .iter()
            .map(|mistake| renderer.render(&[self.group(mistake, level)]))
            .collect();
        shown.join("\n\n")
    }

    fn group<'a>(&'a self, mistake: &'a Diagnostic, level: &Level<'a>) -> Group<'a> {
        let path = self.source.path.to_string_lossy();
        let title = level.clone().primary_title(&mistake.title);
        let mut group = if let Some(span) = mistake.span {
            let place = AnnotationKind::Primary
                .span(self.source.clamp(span))
                .label(&mistake.label);
            title.element(
                Snippet::source(&self.source.text)
                    .path(path)
                    .annotation(place),
            )
        } else {
            title.element(annotate_snippets::Origin::path(path))
        };
        if let Some(hint) = &mistake.hint {
            group = group.element(Level::HELP.with_name("hint").message(hint));
        }
        group
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// The name in `known` that is nearest to `given`, if one is near enough to be what was meant.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (given.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (edits(given, name), name))
        .filter(|&(distance, _)| distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// The names in `known` that are nearest to `given`, however far they are, at most `most` of them, nearest first.
pub fn nearest_few<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let by_distance = known.into_iter().map(|name| (edits(given, name), name));
    let mut by_distance: Vec<_> = by_distance.collect();
    by_distance.sort_unstable();
    by_distance.dedup();
    let nearest = by_distance.into_iter().take(most);
    nearest.map(|(_, name)| name).collect()
}

/// How many insertions, removals, replacements and swaps of neighbors make one text the other.
fn edits(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut best = (row[j] + usize::from(a != b))
                .min(row[j + 1] + 1)
                .min(next[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_when_near() {
        let known = ["finish-workflow", "finish-edit", "send-event"];
        assert_eq!(nearest("finish-workflwo", known), Some("finish-workflow"));
        assert_eq!(nearest("sendevent", known), Some("send-event"));
        assert_eq!(nearest("upload", known), None);
        assert_eq!(
            nearest_few("send-event-now", known, 2),
            ["send-event", "finish-edit"]
        );
    }

    #[test]
    fn a_mistake_shows_its_line() {
        let source = SourceFile::new("scenarios/a.yaml", "about: x\nstpes: []\n");
        let mistake = Diagnostic::at(Span { start: 9, end: 14 }, "unknown field `stpes`")
            .hint("did you mean `steps`?");
        let text = source.mistake(mistake).to_string();
        assert_eq!(
            text,
            "error: unknown field `stpes`\n --> scenarios/a.yaml:2:1\n  |\n2 | stpes: []\n  | ^^^^^\n  |\n  = hint: did you mean `steps`?"
        );
        assert_eq!(source.line_and_column(11), (2, 3));
    }
}
