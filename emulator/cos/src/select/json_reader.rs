//! JSON, cut into values as its bytes come: one on each line, or one after the other.

use backlot_base::json::Value;

use super::SelectError;
use super::serialization::Layout;
use super::sink::{MAX_DOCUMENT, MAX_RECORD, Record, Sink, too_large};

/// A reader that is given the bytes of an object piece by piece.
pub(super) struct JsonReader {
    layout: Layout,
    /// The bytes of the value that is being read.
    value: Vec<u8>,
    depth: usize,
    is_in_text: bool,
    is_escaped: bool,
}

impl JsonReader {
    pub(super) fn new(layout: Layout) -> Self {
        Self {
            layout,
            value: Vec::new(),
            depth: 0,
            is_in_text: false,
            is_escaped: false,
        }
    }

    /// Takes the next bytes; none at the end of the object.
    pub(super) fn feed(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<(), SelectError> {
        if bytes.is_empty() {
            return self.emit(sink);
        }
        match self.layout {
            Layout::Lines => self.lines(bytes, sink),
            Layout::Document => self.document(bytes, sink),
        }
    }

    fn lines(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<(), SelectError> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if sink.is_done() {
                return Ok(());
            }
            self.value.extend_from_slice(piece);
            if self.value.len() > MAX_RECORD {
                return Err(too_large());
            }
            if piece.ends_with(b"\n") {
                self.emit(sink)?;
            }
        }
        Ok(())
    }

    fn document(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<(), SelectError> {
        for byte in bytes {
            if sink.is_done() {
                return Ok(());
            }
            // Choice: as in the documented sample, values may have a comma between them.
            let is_between = self.depth == 0 && !self.is_in_text;
            if is_between && (byte.is_ascii_whitespace() || *byte == b',') {
                self.emit(sink)?;
                continue;
            }
            self.value.push(*byte);
            if self.value.len() > MAX_DOCUMENT {
                return Err(too_large());
            }
            if self.is_in_text {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.is_in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.is_in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        self.emit(sink)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Hands over the value that has been read, if there is one.
    fn emit(&mut self, sink: &mut Sink) -> Result<(), SelectError> {
        let bytes = std::mem::take(&mut self.value);
        let text = std::str::from_utf8(&bytes).map_err(|_| {
            SelectError::new("InvalidTextEncoding", "The object is not encoded in UTF-8.")
        })?;
        if text.trim().is_empty() || sink.is_done() {
            return Ok(());
        }
        let value = Value::parse(text.trim()).map_err(|error| {
            let message = format!("The object is not valid JSON: {error}.");
            SelectError::new("JSONParsingError", message)
        })?;
        sink.take(Record::Value(&value))
    }
}
