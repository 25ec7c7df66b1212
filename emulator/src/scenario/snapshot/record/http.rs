//! Calls of the Cloud API and of other hosts as lines.

use std::fmt::Write as _;

use backlot_base::journal::{Blob, HttpRecord};

use super::super::volatile::Field;
use super::{RecordText, hash};

pub(super) fn line(record: &HttpRecord, page: &RecordText<'_>) -> String {
    match record {
        HttpRecord::ApiRequest {
            service,
            action,
            version,
            code,
            ..
        } => {
            let code = code.as_deref().unwrap_or("OK");
            format!("{service} {action} ({version}): {code}")
        }
        HttpRecord::RequestRefused {
            host,
            method,
            status,
        } => format!("{method} to {host} refused: {status}"),
        HttpRecord::PageRefused {
            origin,
            host,
            method,
            path,
        } => format!("{method} {host}{path} of a page of {origin} refused"),
        HttpRecord::OutboundCall {
            host,
            method,
            path,
            body,
            outcome,
            stub,
            status,
            why,
            ..
        } => {
            // For example `POST https://api.example.com/items {"a":1}: 200 stubbed by items`, with the stub in backticks.
            let path = page.said(Field::Key, path);
            let mut line = format!("{method} {host}{path}{}", sent(body, page));
            if let Some(status) = status {
                let _ = write!(line, ": {status} {outcome}");
            } else {
                let _ = write!(line, ": {outcome}");
            }
            if let Some(stub) = stub {
                let _ = write!(line, " by `{stub}`");
            }
            if let Some(why) = why {
                let _ = write!(line, " ({why})");
            }
            line
        }
    }
}

/// The body of an outbound call: the number of the event that it is, its text if that fits on the line, else size and hash.
fn sent(body: &Blob, page: &RecordText<'_>) -> String {
    if let Some(number) = page.events.number_of(&body.0) {
        return format!(", event {number}");
    }
    if body.0.is_empty() {
        return String::new();
    }
    match body.as_text() {
        Some(text) if !text.contains(char::is_control) => {
            format!(" {}", page.said(Field::Body, text))
        }
        Some(text) if page.volatile.borrow().is_resized(text) => " <body>".to_owned(),
        _ => format!(" {}", hash(&body.0)),
    }
}
