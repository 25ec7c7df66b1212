//! The encoding of keys in listings, which may not be valid in XML. Follows: COS reference, section 6.1.
//!
//! Choice: without `encoding-type`, characters that XML 1.0 has not are written as they are. Which bytes the service writes is
//! unknown; a replacement would lead to another key, and as a marker past keys that were not listed yet. Strict readers
//! refuse such a page, as they refuse that of other services; they are to ask for `encoding-type=url`.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::request::error::{self, Error};
use backlot_base::xml::Writer;
use backlot_http::Query;

/// The characters that `encoding-type=url` does not encode.
pub(crate) const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// How keys are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As they are.
    Plain,
    /// Percent-encoded.
    Url,
}

impl Encoding {
    /// The encoding that `encoding-type` asks for.
    pub(crate) fn of(query: &Query) -> Result<Self, Error> {
        match query.filled("encoding-type") {
            None => Ok(Self::Plain),
            Some("url") => Ok(Self::Url),
            Some(_) => {
                Err(Error::from(error::INVALID_ARGUMENT).because("The encoding-type must be url."))
            }
        }
    }

    /// A key, or a part of one, as it is written.
    pub(crate) fn text(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Plain => text.into(),
            Self::Url => utf8_percent_encode(text, PLAIN).into(),
        }
    }

    /// Adds an element with a key, or a part of one.
    pub(crate) fn write(self, to: &mut Writer, name: &str, text: &str) {
        to.exact(name, &self.text(text));
    }

    /// The `EncodingType` of listings; empty if none was asked for.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Url => "url",
        }
    }
}

/// Percent-encodes all but letters, digits, `-_.~` and slashes.
pub(crate) fn encode_path(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}
