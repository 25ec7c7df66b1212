//! Scenarios and configuration: a text is read, or its mistakes are shown at places inside of it.

use backlot::base::source::{Diagnostics, SourceFile};
use backlot::config::{Config, Error};
use backlot::scenario::load;

/// One byte for what it is, then the text.
pub(super) fn check(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let source = SourceFile::new("given/input.yaml", text);
    let mistakes = if kind % 2 == 0 {
        match load::read(&source, &Config::embedded()) {
            Ok(_) => return,
            Err(mistakes) => mistakes,
        }
    } else {
        match Config::read(&source) {
            Ok(_) | Err(Error::Imported(_)) => return,
            Err(Error::Mistakes(mistakes)) => mistakes,
            // Mistakes in another file: `imports` looks at those.
            Err(error @ Error::Unreadable { .. }) => panic!("{error}"),
        }
    };
    shown(&mistakes, text);
}

pub(super) fn shown(mistakes: &Diagnostics, text: &str) {
    assert!(!mistakes.found.is_empty(), "refused without a mistake");
    for mistake in &mistakes.found {
        assert!(!mistake.title.trim().is_empty(), "{mistake:?}");
        let Some(span) = mistake.span else { continue };
        // One beyond the end is where something is missing.
        assert!(
            span.start <= span.end && span.end <= text.len() + 1,
            "{mistake:?}"
        );
        assert!(text.is_char_boundary(span.start), "{mistake:?}");
    }
    let drawn = mistakes.to_string();
    let has_place = mistakes.found.iter().any(|mistake| mistake.span.is_some());
    assert!(
        !has_place || drawn.contains(&format!("{}:", mistakes.source.path.display())),
        "{drawn}"
    );
    assert!(mistakes.render(true).len() >= drawn.len());
}
