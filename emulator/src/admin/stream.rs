//! The journal and the functions' logs, as they are or as they grow: one JSON object a line, or server-sent events.

use std::fmt::Write as _;
use std::io;

use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use http::header::{ACCEPT, HeaderName};
use hyper::body::Frame;
use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::answer::{AdminError, with_body};
use crate::scf::log::Follower;
use backlot_base::journal::lines;
use backlot_base::journal::{Batch, Journal, Lost, NoticeRecord, Record, What};
use backlot_base::signal::FunctionTarget;
use backlot_http::{Body, Query, Request, Response};

/// Names the version of the format of records. Not in the first line, as in files: every line is a record for its reader.
const VERSION_HEADER: HeaderName = HeaderName::from_static("backlot-journal");

/// Records that are sent at once.
const BATCH: usize = 256;

/// How lines are framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// `application/x-ndjson`
    Lines,
    /// `text/event-stream`
    Events,
}

/// What a reader of a journal meets next.
enum Heard<'a> {
    /// The next record.
    Record(&'a Record),
    /// Records before the next one are forgotten.
    Lost(&'a Lost),
}

/// Says in the place of forgotten records that they are missing.
#[derive(Serialize)]
struct Forgotten {
    /// `forgotten`, which no record has.
    what: &'static str,
    /// The number of the first record that is missing.
    since: usize,
    /// The number of the first record that is kept.
    first: usize,
}

/// A finding between the lines of logs.
#[derive(Serialize)]
struct Found<'a> {
    at: Timestamp,
    #[serde(flatten)]
    found: &'a NoticeRecord,
}

/// Follows a journal and turns each record into text.
struct Following<F> {
    journal: Journal,
    next: usize,
    /// The first record that is not sent any more; `None` to go on.
    end: Option<usize>,
    closing: CancellationToken,
    write: F,
}

impl Inner {
    /// What happened, record by record.
    pub(super) fn journal(&self, request: &Request, query: &Query) -> Result<Response, AdminError> {
        let framing = Framing::of(request);
        let number = |text: &str, what: &str| {
            let parsed = text.parse::<usize>();
            parsed.map_err(|_| {
                AdminError::bad(format!("`{what}` is `{text}`, which is not a number"))
            })
        };
        let since = match query.get("since") {
            Some(text) => number(text, "since")?,
            None => match request.headers().get("last-event-id") {
                Some(last) => number(&String::from_utf8_lossy(last.as_bytes()), "last-event-id")?
                    .saturating_add(1),
                None => 0,
            },
        };
        let write = move |heard: Heard<'_>, out: &mut String| match heard {
            Heard::Record(record) => framing.write(record.number, record, out),
            Heard::Lost(lost) => framing.write_lost(lost, out),
        };
        let mut answer = self.answer(framing, query, since, write)?;
        answer
            .headers_mut()
            .insert(VERSION_HEADER, lines::VERSION.into());
        Ok(answer)
    }

    /// What functions printed, as SCF delivers it.
    pub(super) fn logs(&self, request: &Request, query: &Query) -> Result<Response, AdminError> {
        let framing = Framing::of(request);
        let wanted = query.filled("function").map(str::to_owned);
        if let Some(name) = &wanted
            && self
                .services
                .scf
                .function(&FunctionTarget::named(name))
                .is_err()
        {
            let message = format!("there is no function `{name}`");
            return Err(AdminError::new(StatusCode::NOT_FOUND, message));
        }
        let has_findings = matches!(query.get("findings"), Some("" | "true" | "1"));
        let scf = self.services.scf.clone();
        let memory_mb = move |target: &FunctionTarget| scf.memory_mb(target);
        let (mut follower, mut lines) = (Follower::default(), Vec::new());
        let write = move |heard: Heard<'_>, out: &mut String| {
            let record = match heard {
                Heard::Record(record) => record,
                Heard::Lost(lost) => {
                    follower.resume(&lost.remembered, &memory_mb);
                    return framing.write_lost(lost, out);
                }
            };
            if let What::Notice(found @ NoticeRecord::Finding { function, .. }) = &record.what
                && has_findings
                && wanted.as_ref().is_none_or(|wanted| wanted == function)
            {
                framing.write(
                    record.number,
                    &Found {
                        at: record.at,
                        found,
                    },
                    out,
                );
            }
            follower.read(record, &memory_mb, &mut lines);
            for line in lines.drain(..) {
                if wanted
                    .as_ref()
                    .is_none_or(|wanted| *wanted == line.function_name)
                {
                    framing.write(record.number, &line, out);
                }
            }
        };
        self.answer(framing, query, 0, write)
    }

    fn answer(
        &self,
        framing: Framing,
        query: &Query,
        since: usize,
        write: impl FnMut(Heard<'_>, &mut String) + Send + 'static,
    ) -> Result<Response, AdminError> {
        let follow = match query.get("follow") {
            None => framing == Framing::Events,
            Some("" | "true" | "1") => true,
            Some("false" | "0") => false,
            Some(other) => {
                return Err(AdminError::bad(format!(
                    "`follow` is `{other}`, expected `true` or `false`"
                )));
            }
        };
        let journal = self.services.context.journal.clone();
        let end = (!follow).then(|| journal.next());
        let following = Following {
            journal,
            next: since,
            end,
            closing: self.closing.clone(),
            write,
        };
        let body = stream::unfold(following, |mut following| async move {
            let text = following.more().await?;
            Some((
                Ok::<_, io::Error>(Frame::data(Bytes::from(text))),
                following,
            ))
        });
        let body = Body::streaming(body);
        Ok(with_body(StatusCode::OK, framing.content_type(), body))
    }
}

impl<F: FnMut(Heard<'_>, &mut String)> Following<F> {
    /// The next text, or `None` at the end.
    async fn more(&mut self) -> Option<String> {
        loop {
            // Asked before the records: what was appended before the end is sent.
            let is_closing = self.closing.is_cancelled();
            let mut text = String::new();
            let Batch {
                lost,
                records: batch,
            } = self.journal.read(self.next, BATCH);
            if let Some(lost) = lost
                && self.end.is_none_or(|end| self.next < end)
            {
                self.next = lost.first;
                (self.write)(Heard::Lost(&lost), &mut text);
            }
            for record in &batch {
                if self.end.is_some_and(|end| record.number >= end) {
                    break;
                }
                self.next = record.number + 1;
                (self.write)(Heard::Record(record), &mut text);
            }
            if !text.is_empty() {
                return Some(text);
            }
            if self
                .end
                .is_some_and(|end| self.next >= end || batch.is_empty())
            {
                return None;
            }
            if batch.is_empty() {
                if is_closing {
                    return None;
                }
                tokio::select! {
                    () = self.journal.reached(self.next) => {}
                    () = self.closing.cancelled() => {}
                }
            }
        }
    }
}

impl Framing {
    fn of(request: &Request) -> Self {
        let accepted = request.headers().get_all(ACCEPT).iter();
        let mut accepted = accepted.filter_map(|value| value.to_str().ok());
        if accepted.any(|value| value.contains("text/event-stream")) {
            Self::Events
        } else {
            Self::Lines
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Lines => "application/x-ndjson",
            Self::Events => "text/event-stream",
        }
    }

    /// Without an id: a reader that reconnects asks for these records again and gets this answer again.
    fn write_lost(self, lost: &Lost, out: &mut String) {
        if lost.by_reset {
            // The record of the reset says so.
            return;
        }
        let forgotten = Forgotten {
            what: "forgotten",
            since: lost.since,
            first: lost.first,
        };
        let json = serde_json::to_string(&forgotten).expect("numbers are plain data");
        // Writing into a string cannot fail.
        let _ = match self {
            Self::Lines => writeln!(out, "{json}"),
            Self::Events => write!(out, "event: forgotten\ndata: {json}\n\n"),
        };
    }

    fn write(self, number: usize, what: &impl Serialize, out: &mut String) {
        let json = serde_json::to_string(what).expect("records are plain data");
        match self {
            Self::Lines => {
                out.push_str(&json);
                out.push('\n');
            }
            // JSON on one line has no line ends, so one `data:` is enough.
            Self::Events => {
                // Writing into a string cannot fail.
                let _ = write!(out, "id: {number}\ndata: {json}\n\n");
            }
        }
    }
}
