//! Prints log events on stderr, each as one line, with the labels of the spans around it.
//!
//! Written by hand: `tracing-subscriber` with a filter brings a regular-expression engine and eight other crates, about a
//! tenth of the dependencies' build time; the one format here does not need them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, Subscriber};
use tracing::{Event, Level, Metadata};
use tracing_core::span::Current;

use super::filter::Filter;
use crate::cli::{exit, tell};
use backlot_base::clock::Clock;

/// What a line begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// The level.
    None,
    /// The time, for a file that is read later.
    Utc,
}

/// A subscriber that prints on stderr.
#[derive(Debug)]
pub(super) struct StderrLog {
    filter: Filter,
    stamp: Stamp,
    clock: Clock,
    next: AtomicU64,
    spans: Mutex<HashMap<u64, Span>>,
}

/// A span that is not closed yet.
#[derive(Debug)]
struct Span {
    metadata: &'static Metadata<'static>,
    /// The values of its own fields and of the spans around it, for example `cos-trigger-loop`; empty if they have none.
    label: String,
    handles: usize,
}

/// The fields of an event or of a span, as text.
#[derive(Debug, Default)]
struct Fields {
    message: String,
    error: String,
    others: Vec<(&'static str, String)>,
}

thread_local! {
    /// The spans that this thread is in, the innermost last.
    static ENTERED: RefCell<Vec<Id>> = const { RefCell::new(Vec::new()) };
}

impl StderrLog {
    pub(super) fn new(filter: Filter, stamp: Stamp) -> Self {
        Self {
            filter,
            stamp,
            clock: Clock::real(),
            next: AtomicU64::new(1),
            spans: Mutex::default(),
        }
    }

    fn label(&self, span: &Id) -> String {
        let spans = self.spans();
        let found = spans.get(&span.into_u64());
        found.map_or_else(String::new, |span| span.label.clone())
    }

    fn spans(&self) -> MutexGuard<'_, HashMap<u64, Span>> {
        self.spans
            .lock()
            .expect("no code panics while it holds spans")
    }
}

impl Subscriber for StderrLog {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // The filter never changes, so each place in the code is asked about once.
        if self.enabled(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Spans are labels of what happens inside, whatever their own level is.
        metadata.is_span() || self.filter.covers(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Spans of the level `info` are kept as labels for warnings.
        Some(self.filter.most().max(LevelFilter::INFO))
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let around = match span.parent() {
            Some(parent) => Some(parent.clone()),
            None if span.is_contextual() => innermost(),
            None => None,
        };
        let mut label = around.map_or_else(String::new, |around| self.label(&around));
        let mut fields = Fields::default();
        span.record(&mut fields);
        for (_, value) in fields.others {
            if !label.is_empty() {
                label.push_str(": ");
            }
            label.push_str(&value);
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let span = Span {
            metadata: span.metadata(),
            label,
            handles: 1,
        };
        self.spans().insert(number, span);
        Id::from_u64(number)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let around = match event.parent() {
            Some(parent) => Some(parent.clone()),
            None if event.is_contextual() => innermost(),
            None => None,
        };
        let label = around.map_or_else(String::new, |around| self.label(&around));
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = Line {
            at: (self.stamp == Stamp::Utc).then(|| self.clock.now()),
            level: *event.metadata().level(),
            target: event.metadata().target(),
            label: &label,
            fields: &fields,
        };
        tell(&line.to_string());
    }

    fn enter(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(span.clone()));
    }

    fn exit(&self, span: &Id) {
        ENTERED.with_borrow_mut(|entered| {
            if let Some(position) = entered.iter().rposition(|found| found == span) {
                entered.remove(position);
            }
        });
    }

    fn clone_span(&self, id: &Id) -> Id {
        if let Some(span) = self.spans().get_mut(&id.into_u64()) {
            span.handles += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut spans = self.spans();
        let number = id.into_u64();
        let Some(span) = spans.get_mut(&number) else {
            return false;
        };
        span.handles -= 1;
        let is_closed = span.handles == 0;
        if is_closed {
            spans.remove(&number);
        }
        is_closed
    }

    fn current_span(&self) -> Current {
        let Some(id) = innermost() else {
            return Current::none();
        };
        let metadata = self.spans().get(&id.into_u64()).map(|span| span.metadata);
        metadata.map_or_else(Current::none, |metadata| Current::new(id, metadata))
    }
}

fn innermost() -> Option<Id> {
    ENTERED.with_borrow(|entered| entered.last().cloned())
}

impl Fields {
    fn add(&mut self, field: &Field, text: String) {
        match field.name() {
            "message" => self.message = text,
            "error" => self.error = text,
            name => self.others.push((name, text)),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.add(field, exit::chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }
}

/// One event for people.
struct Line<'a> {
    at: Option<Timestamp>,
    level: Level,
    target: &'a str,
    label: &'a str,
    fields: &'a Fields,
}

/// `warning: cos-trigger-loop: what happened (where: there): the error`
impl fmt::Display for Line<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(out, "{at:.3} ")?;
        }
        let (name, color) = match self.level {
            Level::ERROR => ("error", AnsiColor::Red),
            Level::WARN => ("warning", AnsiColor::Yellow),
            Level::INFO => ("info", AnsiColor::Green),
            Level::DEBUG => ("debug", AnsiColor::Blue),
            Level::TRACE => ("trace", AnsiColor::Magenta),
        };
        let style = Style::new().fg_color(Some(color.into())).bold();
        write!(out, "{style}{name}{style:#}: ")?;
        if self.level > Level::INFO {
            // For those who look for a place in the code.
            write!(out, "{}: ", self.target)?;
        }
        if !self.label.is_empty() {
            write!(out, "{}: ", self.label)?;
        }
        out.write_str(&self.fields.message)?;
        for (index, (name, value)) in self.fields.others.iter().enumerate() {
            let between = if index == 0 { " (" } else { ", " };
            write!(out, "{between}{name}: {value}")?;
        }
        if !self.fields.others.is_empty() {
            out.write_char(')')?;
        }
        if !self.fields.error.is_empty() {
            write!(out, ": {}", self.fields.error)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(level: Level, label: &str, fields: &Fields) -> String {
        let line = Line {
            at: None,
            level,
            target: "backlot_cos::store",
            label,
            fields,
        };
        anstream::adapter::strip_str(&line.to_string()).to_string()
    }

    #[test]
    fn a_line_says_what_where_and_why() {
        let mut fields = Fields {
            message: "the output cannot be read".to_owned(),
            ..Fields::default()
        };
        assert_eq!(
            shown(Level::WARN, "", &fields),
            "warning: the output cannot be read"
        );
        fields.others = vec![("instance", "archive/1.1".into()), ("attempt", "2".into())];
        fields.error = "broken pipe".to_owned();
        assert_eq!(
            shown(Level::ERROR, "cos-trigger-loop", &fields),
            "error: cos-trigger-loop: the output cannot be read (instance: archive/1.1, attempt: 2): broken pipe"
        );
        assert_eq!(
            shown(Level::DEBUG, "", &fields).split_once(": the"),
            Some((
                "debug: backlot_cos::store",
                " output cannot be read (instance: archive/1.1, attempt: 2): broken pipe"
            ))
        );
    }

    #[test]
    fn spans_label_what_happens_inside_until_their_last_handle_is_gone() {
        let filter = Filter::parse("", LevelFilter::WARN).unwrap();
        let log = std::sync::Arc::new(StderrLog::new(filter, Stamp::None));
        tracing::subscriber::with_default(std::sync::Arc::clone(&log), || {
            let outer = tracing::info_span!("scenario", name = "cos-trigger-loop");
            let inner = outer.in_scope(|| tracing::info_span!("invocation", number = 3));
            let apart = tracing::info_span!(parent: None, "apart", key = %"a/b");
            let label = |span: &tracing::Span| log.label(&span.id().unwrap());
            assert_eq!(label(&outer), "cos-trigger-loop");
            assert_eq!(label(&inner), "cos-trigger-loop: 3");
            assert_eq!(label(&apart), "a/b");
            let other = outer.clone();
            drop((outer, inner, apart));
            assert_eq!(log.spans().len(), 1);
            other.in_scope(|| assert_eq!(tracing::Span::current().id(), other.id()));
            drop(other);
            assert_eq!(log.spans().len(), 0);
        });
    }
}
