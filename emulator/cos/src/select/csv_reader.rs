//! CSV, cut into records as its bytes come.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use super::SelectError;
use super::serialization::{CsvInput, Header};
use super::sink::{MAX_RECORD, Record, Sink, too_large};

/// A reader that is given the bytes of an object piece by piece.
pub(super) struct CsvReader {
    core: Reader,
    header: Header,
    /// Whether the carriage return of an older line end is taken from the last field.
    trims_return: bool,
    is_first: bool,
    /// The bytes of the fields of the record that is being read, and their ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    size: usize,
    count: usize,
}

impl CsvReader {
    pub(super) fn new(input: &CsvInput) -> Self {
        let mut builder = ReaderBuilder::new();
        builder
            .delimiter(input.field)
            .comment(input.comment)
            .terminator(match input.record {
                Some(byte) => Terminator::Any(byte),
                None => Terminator::CRLF,
            });
        match input.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        if input.escape != input.quote {
            builder.escape(input.escape);
        }
        Self {
            core: builder.build(),
            header: input.header,
            trims_return: input.record == Some(b'\n'),
            is_first: true,
            bytes: vec![0; 4096],
            ends: vec![0; 64],
            size: 0,
            count: 0,
        }
    }

    /// Takes the next bytes; none at the end of the object.
    pub(super) fn feed(&mut self, bytes: &[u8], sink: &mut Sink) -> Result<(), SelectError> {
        let is_end = bytes.is_empty();
        let mut rest = bytes;
        while !sink.is_done() {
            let (result, read, written, ended) = self.core.read_record(
                rest,
                &mut self.bytes[self.size..],
                &mut self.ends[self.count..],
            );
            rest = &rest[read..];
            self.size += written;
            self.count += ended;
            match result {
                ReadRecordResult::InputEmpty if is_end => {}
                ReadRecordResult::InputEmpty | ReadRecordResult::End => break,
                ReadRecordResult::OutputFull if self.bytes.len() >= MAX_RECORD => {
                    return Err(too_large());
                }
                ReadRecordResult::OutputFull => self.bytes.resize(2 * self.bytes.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record => self.record(sink)?,
            }
        }
        Ok(())
    }

    fn record(&mut self, sink: &mut Sink) -> Result<(), SelectError> {
        let mut fields = Vec::with_capacity(self.count);
        let mut start = 0;
        for end in &self.ends[..self.count] {
            let field = std::str::from_utf8(&self.bytes[start..*end]).map_err(|_| {
                let message = "The object is not encoded in UTF-8.";
                SelectError::new("InvalidTextEncoding", message)
            })?;
            fields.push(field.to_owned());
            start = *end;
        }
        (self.size, self.count) = (0, 0);
        if let Some(last) = fields.last_mut()
            && self.trims_return
            && last.ends_with('\r')
        {
            last.pop();
        }
        if std::mem::take(&mut self.is_first) {
            match self.header {
                Header::None => {}
                Header::Ignore => return Ok(()),
                Header::Use => {
                    sink.name_columns(fields);
                    return Ok(());
                }
            }
        }
        sink.take(Record::Fields(&fields))
    }
}
