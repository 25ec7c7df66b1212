//! Bodies on their way into rows.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use rusqlite::Connection;

use super::pins::Pin;
use super::{Shared, rows};
use crate::store::bodies::{BodyWriter, Purpose, Remains};
use crate::store::catalog::{FoundRow, ObjectRow, StoredPart};
use crate::store::{Pending, StoreError};

/// Bytes of the last row that are worth a transaction of their own while the digests are still being taken.
const EARLY: usize = 256 << 10;

/// A body on its way in. A last row that is short waits for its record and is written with it.
pub(super) struct RowWriter {
    number: i64,
    shared: Arc<Shared>,
    /// Bytes that are in no row yet, as they came.
    rest: Vec<Bytes>,
    rest_size: usize,
    /// Rows that are written, and loose until the body is committed.
    written: i64,
    /// Keeps written rows from being swept.
    pin: Option<Pin>,
    /// What the body is made of, if not of bytes that were written to it.
    parts: Option<Vec<StoredPart>>,
}

impl RowWriter {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self {
            number: shared.number(),
            shared: Arc::clone(shared),
            rest: Vec::new(),
            rest_size: 0,
            written: 0,
            pin: None,
            parts: None,
        }
    }

    /// A body of parts that are there.
    pub(super) fn assembled(shared: &Arc<Shared>, parts: Vec<StoredPart>) -> Self {
        let mut body = Self::new(shared);
        body.parts = Some(parts);
        body
    }

    /// Makes a row of the bytes that are in none yet.
    async fn write_row(&mut self) -> Result<(), StoreError> {
        let (body, row) = (self.number, self.written);
        self.rest_size = 0;
        let rest = std::mem::take(&mut self.rest);
        if self.pin.is_none() {
            self.pin = Some(self.shared.pins.lock().pin(body, &self.shared.pins));
        }
        let write = move |db: &Connection| rows::append(db, body, row, &rest);
        self.shared.writes.write("store a body", write).await?;
        self.written += 1;
        Ok(())
    }
}

impl BodyWriter for RowWriter {
    fn write(&mut self, chunk: Bytes) -> Pending<'_, ()> {
        async move {
            let size = usize::try_from(rows::CHUNK).expect("a mebibyte is addressable");
            let mut chunk = chunk;
            while !chunk.is_empty() {
                if self.rest_size == size {
                    self.write_row().await?;
                }
                let taken = chunk.split_to(chunk.len().min(size - self.rest_size));
                self.rest_size += taken.len();
                self.rest.push(taken);
            }
            Ok(())
        }
        .boxed()
    }

    fn end(&mut self) -> Pending<'_, ()> {
        async move {
            if self.rest_size >= EARLY {
                self.write_row().await?;
            }
            Ok(())
        }
        .boxed()
    }

    /// What is in no row yet is written in the transaction, unless that would be too much.
    fn prepare(&mut self, purpose: Purpose) -> Pending<'_, ()> {
        async move {
            if purpose == Purpose::OneOfMany && self.rest_size > 0 {
                self.write_row().await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn place(
        &mut self,
        db: &Connection,
        object: &mut ObjectRow,
        replaced: Option<FoundRow>,
        remains: &mut Remains,
    ) -> rusqlite::Result<()> {
        (object.body, object.is_pieced) = (self.number, false);
        match &self.parts {
            Some(parts) => rows::adopt(db, object, parts)?,
            None => rows::complete(db, self.number, self.written, &self.rest)?,
        }
        if let Some(row) = replaced {
            rows::release(db, &row, remains)?;
        }
        if object.size == 0 {
            // Without bytes it needs no number of its own, which `rows::next` could not find.
            (object.body, object.is_pieced) = (0, false);
        }
        Ok(())
    }

    fn keep_as_part(&mut self, db: &Connection) -> rusqlite::Result<i64> {
        rows::complete(db, self.number, self.written, &self.rest)?;
        Ok(self.number)
    }

    fn finish(mut self: Box<Self>, remains: Remains) -> Result<(), StoreError> {
        // Rows that are committed are not loose any more, so there is nothing to sweep.
        self.written = 0;
        self.shared.clear(&remains);
        Ok(())
    }
}

impl Drop for RowWriter {
    fn drop(&mut self) {
        drop(self.pin.take());
        if self.written > 0 {
            self.shared.sweep();
        }
    }
}
