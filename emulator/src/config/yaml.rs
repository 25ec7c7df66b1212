//! YAML in, values out, and every mistake with its place. The one format of scenarios and of `backlot.yaml`.

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Location, UserMessageFormatter};

use super::yaml_words;

use backlot_base::source::{Diagnostic, Diagnostics, SourceFile, Span, nearest};

/// Reads a value from YAML text. JSON is YAML, so a captured event can be pasted as it is.
///
/// The error shows the first mistake: file, line, column, what was found and what to do.
pub fn parse<T: DeserializeOwned>(source: &SourceFile) -> Result<T, Diagnostics> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(&source.text, options)
        .map_err(|error| source.mistake(diagnose(&error, &source.text)))
}

/// The span of a node as this module's callers count: in bytes of the text.
pub fn span_of(location: &Location) -> Option<Span> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len().unwrap_or(0)).ok()?;
    (location.line() > 0).then_some(Span {
        start,
        end: start + length.max(1),
    })
}

/// A mistake at a place that the parser has noted.
pub fn at(location: &Location, title: String) -> Diagnostic {
    match span_of(location) {
        Some(span) => Diagnostic::at(span, title),
        None => Diagnostic::general(title),
    }
}

fn diagnose(error: &Error, text: &str) -> Diagnostic {
    let span = error.location().and_then(|location| {
        let by_line = || by_line_and_column(&location, text);
        span_of(&location).or_else(by_line)
    });
    let (title, hint) = match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => (
            format!("unknown field `{field}`"),
            Some(choose(field, expected, "field")),
        ),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => (
            format!("unknown name `{variant}`"),
            Some(choose(variant, expected, "name")),
        ),
        Error::SerdeMissingField { field, .. } => (
            format!("missing field `{field}`"),
            Some(format!("add `{field}:` here")),
        ),
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        }
        | Error::SerdeInvalidValue {
            unexpected,
            expected,
            ..
        } => {
            let unexpected = kind(unexpected);
            (format!("found {unexpected}, expected {expected}"), None)
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => (
            format!("`{key}` is given twice"),
            Some(format!("keep one `{key}:`")),
        ),
        Error::InvalidScalar { ty, .. } => {
            let found = span.and_then(|span| text.get(span.start..span.end));
            let found = found.unwrap_or_default();
            (format!("found `{found}`, expected {}", meaning(ty)), None)
        }
        Error::ExpectedMappingEndAfterEnumVariantValue { .. } => (
            "there is more than one key here".to_owned(),
            Some("a step has one key, its kind; begin the next one with `- `".to_owned()),
        ),
        Error::Eof { .. } => (
            "the file ends where a value was expected".to_owned(),
            Some("an empty file says nothing; start with `steps:`".to_owned()),
        ),
        Error::Unexpected { expected, .. } => yaml_words::unexpected(expected, span, text),
        other => yaml_words::scanned(&message(other)),
    };
    let mut diagnostic = match span {
        Some(span) => Diagnostic::at(span, title),
        None => Diagnostic::general(title),
    };
    diagnostic.hint = hint;
    diagnostic
}

/// The place of a mistake for which the parser counts characters only.
fn by_line_and_column(location: &Location, text: &str) -> Option<Span> {
    let line = usize::try_from(location.line()).ok()?.checked_sub(1)?;
    let column = usize::try_from(location.column()).ok()?.checked_sub(1)?;
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(before..)?;
    let within: usize = rest.chars().take(column).map(char::len_utf8).sum();
    let start = before + within;
    let length = text[start..].chars().next().map_or(0, char::len_utf8);
    Some(Span {
        start,
        end: start + length,
    })
}

/// The parser's names of what it found, in words.
fn kind(unexpected: &str) -> String {
    match unexpected {
        "sequence" | "seq" => "a list".to_owned(),
        "map" | "mapping" => "`key: value` pairs".to_owned(),
        "unit value" | "null" => "nothing".to_owned(),
        other => other.to_owned(),
    }
}

/// The parser's names of types, in words.
fn meaning(ty: &str) -> &str {
    match ty {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "bool" => "`true` or `false`",
        other => other,
    }
}

/// What the parser says, without the place, which is shown separately.
fn message(error: &Error) -> String {
    let text = error.render_with_formatter(&UserMessageFormatter);
    let first = text.lines().next().unwrap_or("this is not valid YAML");
    let first = first.split(" at line ").next().unwrap_or(first);
    first.trim_end_matches('.').to_owned()
}

fn choose(given: &str, expected: &[&'static str], what: &str) -> String {
    if let Some(name) = nearest(given, expected.iter().copied()) {
        return format!("did you mean `{name}`?");
    }
    if expected.is_empty() {
        return format!("no {what} is allowed here");
    }
    let names: Vec<_> = expected.iter().map(|name| format!("`{name}`")).collect();
    format!("expected one of {}", names.join(", "))
}
