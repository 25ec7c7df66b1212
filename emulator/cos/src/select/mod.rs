//! SELECT Object Content: the records of a CSV or JSON object that an SQL expression selects.
//!
//! `serve.rs` answers a request. Its document is read by `serialization.rs`, its expression by [`sql`]. The bytes of the
//! object pass through `run.rs`: a reader (`csv_reader.rs`, `json_reader.rs`) cuts them into records, and `sink.rs` takes
//! these. There `source.rs` makes rows of them, `evaluate.rs` judges and computes, and `writer.rs` writes what is selected;
//! `frames.rs` makes messages of that. Nothing but one record and some output is in memory at a time.
//!
//! Follows: COS, "SELECT Object Content" and "SELECT Command"; COS reference, section 7.6. Deviates: objects that are
//! compressed, or in Parquet, are not supported.

mod sql;

mod serialization;
mod serve;

mod csv_reader;
mod json_reader;
mod run;
mod sink;
mod source;

mod aggregate;
mod datum;
mod evaluate;
mod function;
mod like;
mod time;

mod frames;
mod writer;

pub(crate) use serve::serve;

use std::borrow::Cow;

use crate::request::error::{self, Error};

/// Why a selection fails: a code of the documentation, and a message for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
struct SelectError {
    code: &'static str,
    message: Cow<'static, str>,
}

impl SelectError {
    fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// The answer, if nothing has been sent yet. Follows: S3, whose codes COS documents: all are answered with 400.
impl From<SelectError> for Error {
    fn from(failed: SelectError) -> Self {
        let mut error = Self::from(error::INVALID_REQUEST).because(failed.message);
        error.code = failed.code.into();
        error
    }
}
