//! What an instance prints: both streams as one, line by line, in order of arrival.
//!
//! Standard output and standard error of a process are the same pipe, so their order is the order of the writes. What a
//! process wrote before it posted its result is already in the pipe when the result arrives, but the runtime may not have
//! been told yet that the pipe can be read. So [`Output::cut`] reads the descriptor itself until it would block, instead of
//! asking for readiness: the log of an attempt depends on what the function did, not on the machine.
//!
//! Choice: on the virtual clock, lines are handed over when an attempt ends, not while it runs. A function's lines and its
//! calls to COS reach the emulator by different channels; only then is their order in the journal the same in every run. On
//! the real clock, whoever looks at the terminal wants to see what a function does while it does it: each line is recorded
//! when it is written ([`Output::follow`]).
//!
//! The platform takes 5000 lines or 1 MB in five seconds for a request. An attempt takes no virtual time, so there that is
//! the limit for an attempt.
//!
//! Follows: SCF reference, section 3.7.

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use backlot_base::clock::Stopwatch;
use backlot_base::context::Context;
use backlot_base::journal::{Lane, ScfRecord};
use rustix::io::Errno;
use tokio::net::unix::pipe;

/// Bytes of one line at most; the rest is cut.
const LINE_LIMIT: usize = 8 * 1024;
/// Lines in one [`WINDOW`] at most.
const LINES_LIMIT: usize = 5000;
/// Bytes of all lines in one [`WINDOW`] at most.
const BYTES_LIMIT: usize = 1024 * 1024;
/// The time for which the two limits hold, on the real clock.
const WINDOW: Duration = Duration::from_secs(5);
/// Bytes that a pipe holds at most, even if a process enlarges it: no more can have been written before a cut.
const PIPE_LIMIT: usize = 1024 * 1024;

/// The printed text of one instance.
#[derive(Debug)]
pub(super) struct Output {
    pipe: Option<pipe::Receiver>,
    /// Whether everything is shown on this process's standard error as it comes, also what is no line yet: a prompt.
    is_shown: bool,
    // A plain mutex: it is held while bytes are read that are there already, never across an await. Reading under it
    // keeps the bytes in order, whoever reads.
    lines: Mutex<Lines>,
}

/// Prints into the log of an instance that runs in this process.
#[derive(Clone, Debug)]
pub struct Printer(Arc<Output>);

/// Lines that were printed since the last cut.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LogLines {
    pub(super) lines: Vec<Line>,
    /// How many lines beyond the limit were discarded.
    pub(super) lost: usize,
}

/// One line that was printed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Without its end.
    pub(super) text: String,
    /// Whether the journal has it already.
    pub(super) is_recorded: bool,
}

/// The attempt to which lines belong that are recorded as they are written.
#[derive(Debug)]
struct Followed {
    context: Context,
    lane: Lane,
    attempt: u32,
    /// Since when `bytes` and `count` are counted.
    window: Stopwatch,
}

#[derive(Debug, Default)]
struct Lines {
    printed: LogLines,
    /// What counts for the limits.
    bytes: usize,
    count: usize,
    followed: Option<Followed>,
    /// The last line, as long as its line end is missing.
    open: Vec<u8>,
    is_closed: bool,
}

impl Output {
    /// The output of a process that writes into `pipe`.
    pub(super) fn of_pipe(pipe: pipe::Receiver, is_shown: bool) -> Arc<Self> {
        Self::new(Some(pipe), is_shown)
    }

    /// The output of code in this process, and the [`Printer`] that it prints with.
    pub(super) fn of_printer() -> (Arc<Self>, Printer) {
        let output = Self::new(None, false);
        let printer = Printer(Arc::clone(&output));
        (output, printer)
    }

    fn new(pipe: Option<pipe::Receiver>, is_shown: bool) -> Arc<Self> {
        let lines = Mutex::default();
        Arc::new(Self {
            pipe,
            is_shown,
            lines,
        })
    }

    /// Keeps the pipe from filling up. Never ends.
    pub(super) async fn pump(&self) -> Infallible {
        self.ended().await;
        std::future::pending().await
    }

    /// Reads until the pipe ends: every process that was given it has ended or closed it.
    pub(super) async fn ended(&self) {
        while let Some(pipe) = &self.pipe {
            if self.lines().is_closed || pipe.readable().await.is_err() {
                break;
            }
            let mut lines = self.lines();
            // One read for each readiness: whoever prints without end must not keep others from running.
            let mut chunk = [0; 16 * 1024];
            match pipe.try_read(&mut chunk) {
                Ok(0) => lines.is_closed = true,
                Ok(read) => {
                    self.show(&chunk[..read]);
                    lines.take(&chunk[..read]);
                }
                Err(_would_block) => {}
            }
        }
    }

    /// On the real clock, records what is printed from now on for this attempt, and what was printed since the last cut, line
    /// by line, until the next cut. On the virtual clock it does nothing.
    pub(super) fn follow(&self, context: &Context, lane: Lane, attempt: u32) {
        if context.clock.is_virtual() {
            return;
        }
        let mut lines = self.lines();
        let followed = Followed {
            context: context.clone(),
            lane,
            attempt,
            window: context.clock.stopwatch(),
        };
        for line in &mut lines.printed.lines {
            followed.record(line);
        }
        lines.followed = Some(followed);
    }

    /// Everything that was printed until now; a line without an end counts as one.
    pub(super) fn cut(&self) -> LogLines {
        let mut lines = self.lines();
        if let Some(pipe) = &self.pipe
            && !lines.is_closed
        {
            lines.is_closed = drain(pipe, |bytes| {
                self.show(bytes);
                lines.take(bytes);
            });
        }
        lines.end_line_if_open();
        (lines.bytes, lines.count) = (0, 0);
        lines.followed = None;
        std::mem::take(&mut lines.printed)
    }

    /// Shows what was printed, if that is wanted. Whoever debugs talks to the program, so it is passed on byte for byte.
    fn show(&self, bytes: &[u8]) {
        if self.is_shown {
            // Without a standard error there is no one to see it.
            drop(io::stderr().write_all(bytes));
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines
            .lock()
            .expect("no code panics while it splits lines")
    }
}

impl LogLines {
    /// Adds lines of the platform's own.
    pub(super) fn add(&mut self, texts: impl IntoIterator<Item = &'static str>) {
        let lines = texts.into_iter().map(|text| Line {
            text: text.to_owned(),
            is_recorded: false,
        });
        self.lines.extend(lines);
    }

    /// The texts, in order.
    pub(super) fn into_texts(self) -> Vec<String> {
        self.lines.into_iter().map(|line| line.text).collect()
    }

    /// Adds what was printed later.
    pub(super) fn append(&mut self, later: Self) {
        self.lines.extend(later.lines);
        self.lost += later.lost;
    }
}

impl Printer {
    /// Prints a line; the end is added.
    pub fn line(&self, text: impl AsRef<str>) {
        let mut lines = self.0.lines();
        lines.take(text.as_ref().as_bytes());
        lines.take(b"\n");
    }
}

/// Reads until it would block; says whether the pipe has ended.
fn drain(pipe: &pipe::Receiver, mut take: impl FnMut(&[u8])) -> bool {
    let mut chunk = [0; 8 * 1024];
    let mut total = 0;
    while total < PIPE_LIMIT {
        match rustix::io::read(pipe, &mut chunk) {
            Ok(0) => return true,
            Ok(read) => {
                total += read;
                take(&chunk[..read]);
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return false,
            Err(error) => {
                let error = io::Error::from(error);
                tracing::warn!(%error, "the output of a function cannot be read any more: its log lines are missing from here on");
                return true;
            }
        }
    }
    false
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, is_end) = match piece.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (piece, false),
            };
            let room = LINE_LIMIT - self.open.len();
            self.open.extend_from_slice(&text[..text.len().min(room)]);
            if is_end {
                self.end_line();
            }
        }
    }

    fn end_line_if_open(&mut self) {
        if !self.open.is_empty() {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let followed = self.followed.as_mut();
        if followed.is_some_and(Followed::has_passed_window) {
            (self.bytes, self.count) = (0, 0);
        }
        let printed = &mut self.printed;
        self.bytes += self.open.len();
        self.count += 1;
        if self.count <= LINES_LIMIT && self.bytes <= BYTES_LIMIT {
            let mut line = Line::new(String::from_utf8_lossy(&self.open));
            if let Some(followed) = &self.followed {
                followed.record(&mut line);
                // What is recorded is kept for the caller, who gets the end of it.
                if printed.lines.len() >= 2 * LINES_LIMIT {
                    printed.lines.drain(..LINES_LIMIT);
                }
            }
            printed.lines.push(line);
        } else {
            printed.lost += 1;
        }
        self.open.clear();
    }
}

impl Line {
    fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_recorded: false,
        }
    }
}

impl Followed {
    fn record(&self, line: &mut Line) {
        if std::mem::replace(&mut line.is_recorded, true) {
            return;
        }
        let attempt = self.attempt;
        let text = line.text.clone();
        let record = ScfRecord::LogLine { attempt, text };
        self.context.record(self.lane, record);
    }

    /// Whether the window is over; then the next one begins.
    fn has_passed_window(&mut self) -> bool {
        let is_over = self.window.elapsed() >= WINDOW;
        if is_over {
            self.window = self.context.clock.stopwatch();
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::clock::Clock;
    use backlot_base::journal::What;
    use backlot_base::seed::Seed;

    fn printed(pieces: &[&[u8]]) -> LogLines {
        let (output, _printer) = Output::of_printer();
        for piece in pieces {
            output.lines().take(piece);
        }
        output.cut()
    }

    #[test]
    fn lines_are_put_together_and_the_last_needs_no_end() {
        let printed = printed(&[b"on", b"e\ntw", b"o\n\nthr", b"ee"]);
        assert_eq!(printed.into_texts(), ["one", "two", "", "three"]);
    }

    #[test]
    fn long_lines_are_cut() {
        let long = vec![b'x'; 3 * LINE_LIMIT];
        let printed = printed(&[&long, b"y\nz\n"]);
        assert_eq!(printed.lines.len(), 2);
        assert_eq!(printed.lines[0].text.len(), LINE_LIMIT);
        assert_eq!(printed.lines[1].text, "z");
    }

    #[test]
    fn too_many_lines_are_lost_and_counted() {
        let printed = printed(&[&b"\n".repeat(LINES_LIMIT + 3)]);
        assert_eq!(printed.lines.len(), LINES_LIMIT);
        assert_eq!(printed.lost, 3);
    }

    #[tokio::test]
    async fn a_cut_sees_what_was_written_before_it() {
        let (sender, receiver) = pipe::pipe().unwrap();
        let output = Output::of_pipe(receiver, false);
        // The write goes past the runtime, and nothing awaits between it and the cut.
        for number in 0..100 {
            rustix::io::write(&sender, format!("line {number}\n").as_bytes()).unwrap();
            assert_eq!(output.cut().into_texts(), [format!("line {number}")]);
        }
    }

    fn recorded(context: &Context) -> Vec<(Lane, u32, String)> {
        let records = context.journal.appended().into_iter();
        let lines = records.filter_map(|record| match record.what {
            What::Scf(ScfRecord::LogLine { attempt, text }) => Some((record.lane, attempt, text)),
            _ => None,
        });
        lines.collect()
    }

    #[test]
    fn on_the_real_clock_lines_are_recorded_as_they_are_written() {
        let context = Context::new(&Clock::real(), Seed(1));
        let (output, printer) = Output::of_printer();
        printer.line("between");
        let lane = Lane::Invocation(3);
        output.follow(&context, lane, 2);
        printer.line("one");
        output.lines().take(b"tw");
        let found = recorded(&context);
        let expected = ["between", "one"].map(|text| (lane, 2, text.to_owned()));
        assert_eq!(found, expected, "an open line waits for its end");
        output.lines().take(b"o");
        let cut = output.cut();
        assert!(cut.lines.iter().all(|line| line.is_recorded));
        assert_eq!(cut.into_texts(), ["between", "one", "two"]);
        assert_eq!(recorded(&context).len(), 3);
        printer.line("after the cut");
        assert_eq!(recorded(&context).len(), 3);
    }

    #[test]
    fn on_the_virtual_clock_lines_wait_for_the_end_of_the_attempt() {
        let context = Context::new(&Clock::virtual_default(), Seed(1));
        let (output, printer) = Output::of_printer();
        output.follow(&context, Lane::Invocation(1), 1);
        printer.line("one");
        assert_eq!(recorded(&context), []);
        assert!(!output.cut().lines[0].is_recorded);
    }
}
