//! One selection: bytes of an object go in piece by piece, what is selected comes out.

use jiff::Timestamp;

use super::SelectError;
use super::csv_reader::CsvReader;
use super::json_reader::JsonReader;
use super::serialization::{Input, Output};
use super::sink::Sink;
use super::sql::Query;

/// A selection under way.
pub(super) struct Run {
    reader: Reader,
    sink: Sink,
}

enum Reader {
    Csv(Box<CsvReader>),
    Json(JsonReader),
}

impl Run {
    pub(super) fn new(query: Query, input: &Input, output: Output, now: Timestamp) -> Self {
        let reader = match input {
            Input::Csv(input) => Reader::Csv(Box::new(CsvReader::new(input))),
            Input::Json(layout) => Reader::Json(JsonReader::new(*layout)),
        };
        Self {
            reader,
            sink: Sink::new(query, output, now),
        }
    }

    /// Whether no more bytes are needed.
    pub(super) fn is_done(&self) -> bool {
        self.sink.is_done()
    }

    /// Takes the next bytes, at least one.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), SelectError> {
        debug_assert!(!bytes.is_empty());
        self.pass(bytes)
    }

    /// The object has ended, or no more of it is needed.
    pub(super) fn finish(&mut self) -> Result<(), SelectError> {
        if !self.is_done() {
            self.pass(&[])?;
        }
        self.sink.finish()
    }

    fn pass(&mut self, bytes: &[u8]) -> Result<(), SelectError> {
        match &mut self.reader {
            Reader::Csv(reader) => reader.feed(bytes, &mut self.sink),
            Reader::Json(reader) => reader.feed(bytes, &mut self.sink),
        }
    }

    /// The size of what is selected and not taken yet.
    pub(super) fn pending(&self) -> usize {
        self.sink.pending()
    }

    /// Takes what is selected so far.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.sink.take_written()
    }
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
