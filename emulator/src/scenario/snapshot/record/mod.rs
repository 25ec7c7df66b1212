//! One record of the journal as a line of a snapshot, in words that do not depend on the machine. Each room has a file.

mod cos;
mod http;
mod mps;
mod notice;
mod scf;
mod stage;

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt::Write as _;

use bytes::Bytes;
use jiff::Timestamp;

use super::super::events::Events;
use super::volatile::{Field, Volatile};
use backlot_base::digest::Digests;
use backlot_base::journal::{Record, What};

/// Writes records as lines.
pub(super) struct RecordText<'a> {
    /// When the run began.
    pub(super) start: Timestamp,
    /// The events, so that one is shown by its number.
    pub(super) events: Events<'a>,
    /// What functions say, without what varies. Texts pass in the order of the page.
    pub(super) volatile: RefCell<Volatile<'a>>,
    /// Objects whose size varies: bucket and key.
    pub(super) resized: HashSet<(String, String)>,
}

impl RecordText<'_> {
    /// A text of a function without what varies in it.
    pub(super) fn said(&self, field: Field, text: &str) -> String {
        self.volatile.borrow_mut().said(field, text)
    }

    /// The size of an object, unless it varies.
    pub(super) fn size(&self, bucket: &str, key: &str, bytes: u64) -> String {
        let object = (bucket.to_owned(), key.to_owned());
        if self.resized.contains(&object) {
            return "<size>".to_owned();
        }
        format!("{bytes} bytes")
    }

    /// One record as a line; `None` for a record that says nothing about the chain.
    pub(super) fn line(&self, record: &Record) -> Option<String> {
        match &record.what {
            What::Stage(record) => stage::line(record),
            What::Mps(record) => Some(mps::line(record)),
            What::Scf(record) => Some(scf::line(record, self)),
            What::Cos(record) => cos::line(record, self),
            What::Http(record) => Some(http::line(record, self)),
            What::Notice(record) => notice::line(record, self),
        }
    }
}

pub(super) fn hash(body: &Bytes) -> String {
    format!(
        "{} bytes, md5 {}",
        body.len(),
        hex::encode(Digests::of(body).md5)
    )
}

/// Time since the start, to the millisecond if need be: `+0s`, `+60s`, `+1.25s`.
pub(super) fn since(start: Timestamp, at: Timestamp) -> String {
    let millis = at.duration_since(start).as_millis();
    let mut text = format!("+{}", millis / 1000);
    if millis % 1000 != 0 {
        let fraction = format!(".{:03}", millis % 1000);
        let _ = write!(text, "{}", fraction.trim_end_matches('0'));
    }
    text.push('s');
    text
}
