//! The document of a request: what the object is, and how its records are wanted.

use backlot_base::xml::Element;

use super::SelectError;
use crate::bucket::config::fields::says_true;
use crate::request::error::{self, Error};

/// What a request asks for.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The SQL expression.
    pub(super) expression: String,
    pub(super) input: Input,
    pub(super) output: Output,
    /// Whether progress is reported.
    pub(super) is_reporting: bool,
}

/// The format of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Csv(CsvInput),
    Json(Layout),
}

/// A CSV object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CsvInput {
    pub(super) header: Header,
    /// The byte after each record; `None` for any line end.
    pub(super) record: Option<u8>,
    pub(super) field: u8,
    pub(super) quote: Option<u8>,
    pub(super) escape: Option<u8>,
    /// The first byte of a comment.
    pub(super) comment: Option<u8>,
}

/// What a first record is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Header {
    /// A record like the others.
    #[default]
    None,
    /// The names of the columns, which are not used.
    Ignore,
    /// The names of the columns.
    Use,
}

/// How values are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// A value may span lines.
    Document,
    /// Each line is a value.
    Lines,
}

/// The format of what is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Csv(CsvOutput),
    Json {
        /// What is written after each record.
        record: String,
    },
}

/// CSV that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CsvOutput {
    pub(super) quotes: QuoteFields,
    pub(super) record: String,
    pub(super) field: String,
    pub(super) quote: char,
    pub(super) escape: char,
}

/// Which fields are quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuoteFields {
    Always,
    AsNeeded,
}

impl Wanted {
    /// Reads the document.
    pub(super) fn read(document: &Element) -> Result<Self, Error> {
        let expression = document.text_of("Expression").unwrap_or_default();
        if expression.trim().is_empty() {
            return Err(missing("Expression").into());
        }
        let kind = word(document, "ExpressionType").ok_or_else(|| missing("ExpressionType"))?;
        if kind != "SQL" {
            let message = "The ExpressionType must be SQL.";
            return Err(SelectError::new("InvalidExpressionType", message).into());
        }
        let input = document
            .find("InputSerialization")
            .ok_or_else(|| missing("InputSerialization"))?;
        let output = document
            .find("OutputSerialization")
            .ok_or_else(|| missing("OutputSerialization"))?;
        check_support(document, input)?;
        Ok(Self {
            expression: expression.to_owned(),
            input: Input::read(input)?,
            output: Output::read(output)?,
            is_reporting: document
                .find("RequestProgress")
                .is_some_and(|progress| says_true(progress, "Enabled")),
        })
    }
}

/// Refuses what the service supports and the emulator does not.
fn check_support(document: &Element, input: &Element) -> Result<(), Error> {
    let unsupported = |what: &str| {
        let message = format!("{what} is not supported by the emulator");
        Err(Error::from(error::NOT_IMPLEMENTED).because(message))
    };
    match word(input, "CompressionType").as_deref() {
        None | Some("NONE") => {}
        Some(compression @ ("GZIP" | "BZIP2")) => {
            return unsupported(&format!("the CompressionType {compression}"));
        }
        Some(other) => {
            let message = format!("The CompressionType {other} must be NONE, GZIP or BZIP2.");
            return Err(SelectError::new("InvalidCompressionFormat", message).into());
        }
    }
    if input.find("Parquet").is_some() {
        return unsupported("the format Parquet");
    }
    if document.find("ScanRange").is_some() {
        return unsupported("a ScanRange");
    }
    Ok(())
}

impl Input {
    fn read(input: &Element) -> Result<Self, SelectError> {
        match (input.find("CSV"), input.find("JSON")) {
            (Some(csv), None) => CsvInput::read(csv).map(Self::Csv),
            (None, Some(json)) => match word(json, "Type").as_deref() {
                Some("DOCUMENT") => Ok(Self::Json(Layout::Document)),
                Some("LINES") => Ok(Self::Json(Layout::Lines)),
                _ => Err(SelectError::new(
                    "InvalidJsonType",
                    "The Type of JSON must be DOCUMENT or LINES.",
                )),
            },
            (Some(_), Some(_)) => Err(conflict("InputSerialization")),
            (None, None) => Err(missing("CSV or JSON in InputSerialization")),
        }
    }
}

impl CsvInput {
    fn read(csv: &Element) -> Result<Self, SelectError> {
        let header = match word(csv, "FileHeaderInfo").as_deref() {
            None | Some("NONE") => Header::None,
            Some("USE") => Header::Use,
            Some("IGNORE") => Header::Ignore,
            Some(_) => {
                return Err(SelectError::new(
                    "InvalidFileHeaderInfo",
                    "The FileHeaderInfo must be NONE, USE or IGNORE.",
                ));
            }
        };
        let record = match given(csv, "RecordDelimiter") {
            Some(text) if text == "\r\n" => None,
            Some(_) => byte(csv, "RecordDelimiter")?,
            None => Some(b'\n'),
        };
        let quote = byte(csv, "QuoteCharacter")?.or(Some(b'"'));
        Ok(Self {
            header,
            record,
            field: byte(csv, "FieldDelimiter")?.unwrap_or(b','),
            quote,
            escape: byte(csv, "QuoteEscapeCharacter")?.or(quote),
            comment: byte(csv, "Comments")?,
        })
    }
}

impl Output {
    fn read(output: &Element) -> Result<Self, SelectError> {
        let record = |element| given(element, "RecordDelimiter").unwrap_or_else(|| "\n".to_owned());
        match (output.find("CSV"), output.find("JSON")) {
            (Some(csv), None) => {
                let quotes = match word(csv, "QuoteFields").as_deref() {
                    None | Some("ASNEEDED") => QuoteFields::AsNeeded,
                    Some("ALWAYS") => QuoteFields::Always,
                    Some(_) => {
                        return Err(SelectError::new(
                            "InvalidQuoteFields",
                            "The QuoteFields must be ALWAYS or ASNEEDED.",
                        ));
                    }
                };
                let quote = letter(csv, "QuoteCharacter")?.unwrap_or('"');
                Ok(Self::Csv(CsvOutput {
                    quotes,
                    record: record(csv),
                    field: given(csv, "FieldDelimiter").unwrap_or_else(|| ",".to_owned()),
                    quote,
                    escape: letter(csv, "QuoteEscapeCharacter")?.unwrap_or(quote),
                }))
            }
            (None, Some(json)) => Ok(Self::Json {
                record: record(json),
            }),
            (Some(_), Some(_)) => Err(conflict("OutputSerialization")),
            (None, None) => Err(missing("CSV or JSON in OutputSerialization")),
        }
    }
}

/// A word in capital letters; `None` if it is absent or empty.
fn word(element: &Element, name: &str) -> Option<String> {
    let text = element.text_of(name)?.trim();
    (!text.is_empty()).then(|| text.to_ascii_uppercase())
}

/// A text as it is, with `\n`, `\r` and `\t` for what cannot be written in XML; `None` if it is absent or empty.
fn given(element: &Element, name: &str) -> Option<String> {
    let text = element.text_of(name)?;
    let text = text
        .replace("\\n", "\n")
        .replace("\\r", "\r")
        .replace("\\t", "\t");
    (!text.is_empty()).then_some(text)
}

/// One character; `None` if it is absent or empty.
fn letter(element: &Element, name: &str) -> Result<Option<char>, SelectError> {
    let Some(text) = given(element, name) else {
        return Ok(None);
    };
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(Some(letter)),
        _ => Err(SelectError::new(
            "InvalidRequestParameter",
            format!("The {name} must be one character."),
        )),
    }
}

/// One ASCII character; `None` if it is absent or empty.
fn byte(element: &Element, name: &str) -> Result<Option<u8>, SelectError> {
    let Some(letter) = letter(element, name)? else {
        return Ok(None);
    };
    let byte = u8::try_from(letter).ok().filter(u8::is_ascii);
    byte.map(Some).ok_or_else(|| {
        let message = format!("The {name} must be an ASCII character.");
        SelectError::new("InvalidRequestParameter", message)
    })
}

fn missing(name: &str) -> SelectError {
    let message = format!("The SelectRequest has no {name}.");
    SelectError::new("MissingRequiredParameter", message)
}

fn conflict(name: &str) -> SelectError {
    let message = format!("The {name} must have one format only.");
    SelectError::new("ObjectSerializationConflict", message)
}
