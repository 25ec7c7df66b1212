//! What an import has to tell: mistakes, which stop it, and notes on what is read otherwise than the platform would.

use std::fmt::Write as _;

use super::tree::Place;
use backlot_base::source::{Diagnostic, Diagnostics, SourceFile};

/// The files that were read, and what is to be told about them.
#[derive(Debug, Default)]
pub(super) struct Report {
    files: Vec<SourceFile>,
    mistakes: Vec<(Place, Mistake)>,
    warnings: Vec<(Place, Diagnostic)>,
    /// Keys that are understood and have no effect.
    idle: Vec<(Place, String)>,
}

/// What stops an import, unless the layer above makes up for it.
#[derive(Debug)]
struct Mistake {
    diagnostic: Diagnostic,
    /// The function and the key of it, as `backlot.yaml` names them, that make up for the mistake.
    remedy: Option<(String, &'static str)>,
}

impl Report {
    /// Takes a file up; the number stands for it in places.
    pub(super) fn add(&mut self, file: SourceFile) -> usize {
        self.files.push(file);
        self.files.len() - 1
    }

    /// Something that cannot be read at all.
    pub(super) fn mistake(&mut self, place: Place, title: impl Into<String>, hint: Option<String>) {
        let diagnostic = Diagnostic {
            hint,
            ..Diagnostic::at(place.span, title)
        };
        let remedy = None;
        self.mistakes.push((place, Mistake { diagnostic, remedy }));
    }

    /// Something about a function that is wrong unless `backlot.yaml` says the `key` of it, or removes it.
    pub(super) fn lacking(
        &mut self,
        place: Place,
        (function, key): (&str, &'static str),
        title: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let diagnostic = Diagnostic::at(place.span, title).hint(hint);
        let remedy = Some((function.to_owned(), key));
        self.mistakes.push((place, Mistake { diagnostic, remedy }));
    }

    /// Mistakes that a parser has found.
    pub(super) fn refused(&mut self, file: usize, found: Vec<Diagnostic>) {
        for diagnostic in found {
            let span = diagnostic.span.unwrap_or_default();
            let remedy = None;
            self.mistakes
                .push((Place { file, span }, Mistake { diagnostic, remedy }));
        }
    }

    /// Something that is read, but maybe not as its author means it.
    pub(super) fn warn(&mut self, place: Place, title: impl Into<String>, hint: Option<String>) {
        let diagnostic = Diagnostic {
            hint,
            ..Diagnostic::at(place.span, title)
        };
        self.warnings.push((place, diagnostic));
    }

    /// A key that is understood and has no effect.
    pub(super) fn idle(&mut self, place: Place, key: impl Into<String>) {
        self.idle.push((place, key.into()));
    }

    /// The mistakes that remain, file by file. `is_remedied` says whether a key of a function is said by a layer above.
    pub(super) fn mistakes(&self, is_remedied: impl Fn(&str, &str) -> bool) -> Vec<Diagnostics> {
        let remaining = self.mistakes.iter().filter(|(_, mistake)| {
            let remedy = mistake.remedy.as_ref();
            !remedy.is_some_and(|(function, key)| is_remedied(function, key))
        });
        let remaining = remaining.map(|(place, mistake)| (*place, mistake.diagnostic.clone()));
        self.by_file(remaining)
    }

    /// What is to be told of an import that succeeds: warnings one by one, then a line a file with what has no effect.
    pub(super) fn notes(&self) -> Vec<String> {
        let warnings = self.by_file(self.warnings.iter().cloned());
        let mut notes: Vec<_> = warnings.iter().map(Diagnostics::as_warnings).collect();
        notes.extend(self.without_effect());
        notes
    }

    fn without_effect(&self) -> impl Iterator<Item = String> {
        self.files.iter().enumerate().filter_map(|(number, file)| {
            let mut found: Vec<_> = self.idle.iter().collect();
            found.retain(|(place, _)| place.file == number);
            found.sort();
            let mut line = String::new();
            for (place, key) in found {
                let comma = if line.is_empty() { "" } else { ", " };
                let (row, column) = file.line_and_column(place.span.start);
                write!(line, "{comma}`{key}` ({row}:{column})").expect("a text takes it");
            }
            let path = file.path.display();
            (!line.is_empty())
                .then(|| format!("note: {path}: not emulated, without effect: {line}"))
        })
    }

    fn by_file(&self, found: impl Iterator<Item = (Place, Diagnostic)>) -> Vec<Diagnostics> {
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|(place, _)| *place);
        let mut texts: Vec<Diagnostics> = Vec::new();
        let mut last = None;
        for (place, diagnostic) in found {
            if last != Some(place.file) {
                last = Some(place.file);
                let source = self.files[place.file].clone();
                let found = Vec::new();
                texts.push(Diagnostics { source, found });
            }
            if let Some(text) = texts.last_mut()
                && !text.found.contains(&diagnostic)
            {
                text.found.push(diagnostic);
            }
        }
        texts
    }
}
