//! Bodies in rows of a mebibyte, on their way in and out.

use std::io;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::pins::Pin;
use super::{Left, Owned, Shared, to_json};
use crate::cos::store::{At, Body, BodyStream, ObjectRecord, Pending, Staged, StoreError};

/// Bytes in a row, except for the last row of a body.
pub(super) const CHUNK: u64 = 1 << 20;

/// A body on its way in. What fits into one row waits for its record and is written with it.
pub(super) struct Coming {
    number: i64,
    shared: Shared,
    rest: BytesMut,
    written: i64,
    // From the first row on.
    pin: Option<Pin>,
}

/// A body on its way out that is larger than one row.
pub(super) struct Going {
    number: i64,
    kept: Kept,
}

/// Keeps a body from being swept; has it swept afterwards, if it was replaced meanwhile.
struct Kept {
    pin: Option<Pin>,
    shared: Shared,
}

/// A body on its way out that was read at once.
struct Whole(Bytes);

impl Coming {
    pub(super) fn new(number: i64, shared: Shared) -> Self {
        Self {
            number,
            shared,
            rest: BytesMut::new(),
            written: 0,
            pin: None,
        }
    }

    async fn write_row(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        let (body, row) = (self.number, self.written);
        if self.pin.is_none() {
            self.pin = Some(self.shared.pins.lock().pin(body, &self.shared.pins));
        }
        let write = move |db: &Connection| {
            if row == 0 {
                db.execute("INSERT INTO loose (body) VALUES (?1)", [body])?;
            }
            insert(db, body, row, &bytes)
        };
        self.shared.writes.write("store a body", write).await?;
        self.written += 1;
        Ok(())
    }
}

impl Staged for Coming {
    fn write(&mut self, chunk: Bytes) -> Pending<'_, ()> {
        async move {
            let size = usize::try_from(CHUNK).expect("a mebibyte is addressable");
            let mut chunk = chunk;
            while !chunk.is_empty() {
                if self.rest.len() == size {
                    let full = self.rest.split().freeze();
                    self.write_row(full).await?;
                }
                let taken = chunk.split_to(chunk.len().min(size - self.rest.len()));
                self.rest.extend_from_slice(&taken);
            }
            Ok(())
        }
        .boxed()
    }

    fn commit(mut self: Box<Self>, bucket: String, record: ObjectRecord) -> Pending<'static, bool> {
        async move {
            let json = to_json(&record)?;
            let at = Owned::from(At {
                bucket: &bucket,
                key: &record.key,
                slot: &record.slot,
            });
            let (body, row, rest) = (self.number, self.written, self.rest.split().freeze());
            let size = record.size.cast_signed();
            let commit = move |db: &Connection| {
                let exists = "SELECT EXISTS (SELECT 1 FROM buckets WHERE name = ?1)";
                let exists: bool = db
                    .prepare_cached(exists)?
                    .query_row([&at.bucket], |row| row.get(0))?;
                if !exists {
                    return Ok(None);
                }
                let replaced = at.remove(db)?;
                if !rest.is_empty() {
                    insert(db, body, row, &rest)?;
                }
                if row > 0 {
                    db.execute("DELETE FROM loose WHERE body = ?1", [body])?;
                }
                let sql = "INSERT INTO objects (bucket, key, slot, body, size, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                db.prepare_cached(sql)?
                    .execute(params![at.bucket, at.key, at.slot, body, size, json])?;
                Ok(Some(replaced))
            };
            let committed = self.shared.writes.write("store an object", commit).await?;
            if committed == Some(Some(Left::Loose)) {
                self.shared.sweep();
            }
            if committed.is_some() {
                // Nothing is loose any more, so nothing has to be swept.
                self.written = 0;
            }
            Ok(committed.is_some())
        }
        .boxed()
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        drop(self.pin.take());
        if self.written > 0 {
            self.shared.sweep();
        }
    }
}

impl Going {
    pub(super) fn new(number: i64, pin: Pin, shared: Shared) -> Self {
        let kept = Kept {
            pin: Some(pin),
            shared,
        };
        Self { number, kept }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.pin.take());
        self.shared.sweep();
    }
}

impl Body for Going {
    fn stream(self: Box<Self>, range: Range<u64>) -> BodyStream {
        let Self { number, kept } = *self;
        stream::try_unfold((range, kept), move |(range, kept)| async move {
            if range.is_empty() {
                return Ok(None);
            }
            let row = (range.start / CHUNK).cast_signed();
            let row_start = range.start - range.start % CHUNK;
            let read = move |db: &Connection| read_row(db, number, row);
            let bytes = kept
                .shared
                .reads
                .read(read)
                .await
                .map_err(io::Error::other)?;
            let skipped = usize::try_from(range.start - row_start).map_err(io::Error::other)?;
            let end =
                usize::try_from((range.end - row_start).min(CHUNK)).map_err(io::Error::other)?;
            if bytes.len() < end {
                return Err(io::Error::other("a row of the body is too short"));
            }
            let next = row_start + end as u64..range.end;
            Ok(Some((bytes.slice(skipped..end), (next, kept))))
        })
        .boxed()
    }
}

impl Body for Whole {
    fn stream(self: Box<Self>, range: Range<u64>) -> BodyStream {
        let bounds = usize::try_from(range.start)
            .ok()
            .zip(usize::try_from(range.end).ok());
        let part =
            bounds.and_then(|(start, end)| (end <= self.0.len()).then(|| self.0.slice(start..end)));
        let part = part.ok_or_else(|| io::Error::other("the range is not within the body"));
        stream::once(std::future::ready(part)).boxed()
    }
}

/// Reads a body of at most one row.
pub(super) fn whole(db: &Connection, body: i64, size: u64) -> Result<Box<dyn Body>, StoreError> {
    let bytes = if size == 0 {
        Bytes::new()
    } else {
        read_row(db, body, 0)?
    };
    if bytes.len() as u64 != size {
        return Err(StoreError::Damaged {
            what: format!("body {body}"),
            why: format!("it has {} bytes instead of {size}", bytes.len()),
        });
    }
    Ok(Box::new(Whole(bytes)))
}

/// Removes all bodies that nobody refers to, except for those that are `pinned`.
pub(super) fn sweep(db: &Connection, pinned: &[i64]) -> rusqlite::Result<()> {
    let loose = {
        let mut statement = db.prepare_cached("SELECT body FROM loose")?;
        let loose = statement.query_map([], |row| row.get::<_, i64>(0))?;
        loose.collect::<rusqlite::Result<Vec<_>>>()?
    };
    for body in loose.into_iter().filter(|body| !pinned.contains(body)) {
        let rows = params![body << 20, (body + 1) << 20];
        db.execute("DELETE FROM chunks WHERE id >= ?1 AND id < ?2", rows)?;
        db.execute("DELETE FROM loose WHERE body = ?1", [body])?;
    }
    Ok(())
}

fn insert(db: &Connection, body: i64, row: i64, bytes: &[u8]) -> rusqlite::Result<()> {
    let mut statement = db.prepare_cached("INSERT INTO chunks (id, bytes) VALUES (?1, ?2)")?;
    statement.execute(params![body << 20 | row, bytes])?;
    Ok(())
}

fn read_row(db: &Connection, body: i64, row: i64) -> Result<Bytes, StoreError> {
    let read = || {
        let mut statement = db.prepare_cached("SELECT bytes FROM chunks WHERE id = ?1")?;
        let bytes = statement.query_row([body << 20 | row], |row| row.get::<_, Vec<u8>>(0));
        bytes.optional()
    };
    let bytes = read().map_err(StoreError::sqlite("read a body"))?;
    bytes.map(Bytes::from).ok_or_else(|| StoreError::Damaged {
        what: format!("body {body}"),
        why: format!("row {row} is missing"),
    })
}
