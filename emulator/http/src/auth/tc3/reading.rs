//! How a request can be read: what a client should have signed, and what clients sign by mistake.

use http::HeaderValue;
use sha2::{Digest as _, Sha256};

use super::Signed;

/// Stands for a payload that is not signed, in the header and in place of the payload.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// One way to read a request; clients differ in what they sign.
#[derive(Clone, Debug)]
pub(super) struct Reading<'a> {
    host: &'a str,
    content_type: Option<&'a str>,
    is_lower: bool,
    query: String,
    payload: &'a [u8],
}

impl<'a> Reading<'a> {
    /// As the client signed it if it made no mistake. `is_lower` is how the documentation puts header values.
    pub(super) fn of(request: &Signed<'a>, host: &'a str, is_lower: bool) -> Self {
        let is_get = request.method == "GET";
        let is_unsigned = request
            .headers
            .get("x-tc-content-sha256")
            .is_some_and(|value| value == UNSIGNED);
        let query = if is_get { request.query } else { "" };
        let payload = match (is_unsigned, is_get) {
            (true, _) => UNSIGNED.as_bytes(),
            (false, true) => b"",
            (false, false) => request.body,
        };
        Self {
            host,
            content_type: None,
            is_lower,
            query: query.to_owned(),
            payload,
        }
    }

    /// What clients sign by mistake, one mistake at a time.
    pub(super) fn guesses(&self, endpoint: &'a str) -> Vec<Self> {
        let mut guesses = Vec::new();
        let mut guess = |change: &dyn Fn(&mut Self)| {
            let mut reading = self.clone();
            change(&mut reading);
            guesses.push(reading);
        };
        guess(&|reading| reading.host = endpoint);
        guess(&|reading| reading.payload = b"");
        guess(&|reading| reading.payload = b"{}");
        guess(&|reading| reading.payload = UNSIGNED.as_bytes());
        guess(&|reading| reading.query.clear());
        guess(&|reading| {
            let mut parts: Vec<_> = reading.query.split('&').collect();
            parts.sort_unstable();
            reading.query = parts.join("&");
        });
        for content_type in [
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=utf-8",
            "application/x-www-form-urlencoded",
            "",
        ] {
            guess(&|reading| reading.content_type = Some(content_type));
        }
        guesses
    }

    /// The canonical request. `is_shown` leaves out what must not be shown.
    pub(super) fn canonical(
        &self,
        request: &Signed<'_>,
        names: &[String],
        is_shown: bool,
    ) -> String {
        let mut text = format!("{}\n/\n{}\n", request.method, self.query);
        for name in names {
            let value = match (name.as_str(), self.content_type) {
                ("host", _) => self.host.to_owned(),
                ("content-type", Some(guess)) => guess.to_owned(),
                ("x-tc-token" | "authorization", _) if is_shown => "(not shown)".to_owned(),
                _ => {
                    let value = request.headers.get(name).map(HeaderValue::as_bytes);
                    String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
                }
            };
            let value = value.trim();
            text.push_str(name);
            text.push(':');
            if self.is_lower {
                text.push_str(&value.to_lowercase());
            } else {
                text.push_str(value);
            }
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&names.join(";"));
        text.push('\n');
        text.push_str(&hex::encode(Sha256::digest(self.payload)));
        text
    }
}
