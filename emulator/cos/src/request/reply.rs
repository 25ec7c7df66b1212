//! Answers: status, headers and body, and the formats of dates.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff::fmt::StdFmtWrite;
use jiff::fmt::temporal::DateTimePrinter;

use crate::request::error::{self, Error};
use crate::request::http_date::http_date;
use backlot_http::Body;
use backlot_http::exchange::{empty, full};

/// Headers that an answer has room for at once: those of an object, and those that every answer has.
const USUAL: usize = 12;

/// An answer, without the headers that every answer has.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Reply {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::with_capacity(USUAL),
            body: empty(),
        }
    }

    /// An answer of 200 with XML.
    pub(crate) fn xml(body: String) -> Self {
        Self::bytes(body.into())
    }

    /// An answer of 200 with bytes whose `Content-Type` says XML.
    pub(crate) fn bytes(body: Bytes) -> Self {
        let mut reply = Self::empty(StatusCode::OK);
        let xml = HeaderValue::from_static("application/xml");
        reply.headers.insert(CONTENT_TYPE, xml);
        reply.headers.insert(CONTENT_LENGTH, body.len().into());
        reply.body = full(body);
        reply
    }

    /// The answer with one more header.
    pub(crate) fn header(mut self, name: &'static str, value: &[u8]) -> Result<Self, Error> {
        self.headers
            .insert(HeaderName::from_static(name), to_value(value)?);
        Ok(self)
    }
}

/// A header value of stored bytes, or of a parameter, which may contain bytes that no header can have.
pub(crate) fn to_value(bytes: &[u8]) -> Result<HeaderValue, Error> {
    let value = HeaderValue::from_maybe_shared(Bytes::copy_from_slice(bytes));
    value.map_err(|_| {
        Error::from(error::INVALID_ARGUMENT).because("The text cannot be sent as a header.")
    })
}

/// A date as headers show it.
pub(crate) fn date(at: Timestamp) -> HeaderValue {
    HeaderValue::try_from(http_date(at)).expect("dates are ASCII")
}

/// A date as listings show it. Follows: COS reference, section 0, row 8: the milliseconds are mandatory, and always zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListingDate(pub(crate) Timestamp);

impl fmt::Display for ListingDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A page has a thousand of them, and a format string would be read for each.
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        let second =
            Timestamp::from_second(self.0.as_second()).expect("a part of a time is a time");
        let printed = PRINTER.print_timestamp(&second, StdFmtWrite(out));
        printed.map_err(|_| fmt::Error)
    }
}

/// A date as GET Service shows it.
pub(crate) fn service_date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
