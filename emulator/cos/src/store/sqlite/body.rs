//! Bodies in rows of a mebibyte, on their way in and out.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use rusqlite::blob::ZeroBlob;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::Shared;
use super::pins::Pin;
use crate::store::catalog::{
    Object, Owned, Row, Transaction, bucket_exists, put_part, to_json, upload_exists,
};
use crate::store::{
    Body, BodyStream, Found, ObjectRecord, PartRecord, Pending, Staged, StoreError, UploadAt, part,
    stream_whole,
};

/// Bytes in a row, except for the last row of a body.
const CHUNK: u64 = 1 << 20;

/// Bytes that are read into one block of memory. The allocator keeps blocks of this size; larger ones it may get from the
/// system and give back each time, and touching new pages takes longer than the copying.
const BLOCK: usize = 64 << 10;

/// Bytes of the last row that are worth a transaction of their own while the digests are still being taken.
const EARLY: usize = 256 << 10;

/// Bytes of a body at most that is read together with its record, on the calling thread.
const SMALL: u64 = 64 << 10;

/// A body on its way in. A last row that is short waits for its record and is written with it.
pub(super) struct Coming {
    number: i64,
    shared: Shared,
    /// Bytes that are in no row yet, as they came.
    rest: Vec<Bytes>,
    rest_size: usize,
    written: i64,
    // From the first row on.
    pin: Option<Pin>,
}

/// What is left of a body that nobody refers to any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Left {
    Nothing,
    /// It is to be swept.
    Loose,
}

/// A body on its way out that is not small.
struct Going {
    pieces: Vec<Piece>,
    kept: Kept,
}

/// Where the bytes of a body from `start` on are.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: u64,
    source: i64,
    size: u64,
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
            rest: Vec::new(),
            rest_size: 0,
            written: 0,
            pin: None,
        }
    }

    fn take_rest(&mut self) -> Vec<Bytes> {
        self.rest_size = 0;
        std::mem::take(&mut self.rest)
    }

    /// Makes a row of what is in none yet.
    async fn write_row(&mut self) -> Result<(), StoreError> {
        let (body, row, rest) = (self.number, self.written, self.take_rest());
        if self.pin.is_none() {
            self.pin = Some(self.shared.pins.lock().pin(body, &self.shared.pins));
        }
        let write = move |db: &Connection| {
            if row == 0 {
                db.execute("INSERT INTO loose (body) VALUES (?1)", [body])?;
            }
            insert(db, body, row, &rest)
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

    fn commit(mut self: Box<Self>, bucket: String, record: ObjectRecord) -> Pending<'static, bool> {
        async move {
            let (body, row, rest) = (self.number, self.written, self.take_rest());
            let object = Object::new(bucket, &record, body, false)?;
            let commit = move |db: &Connection| {
                if !bucket_exists(db, &object.at.bucket)? {
                    return Ok(None);
                }
                finish(db, body, row, &rest)?;
                put(db, &object).map(Some)
            };
            let committed = self.shared.writes.write("store an object", commit).await?;
            if committed == Some(Left::Loose) {
                self.shared.sweep();
            }
            self.keep(committed.is_some());
            Ok(committed.is_some())
        }
        .boxed()
    }

    fn commit_part(mut self: Box<Self>, at: UploadAt, part: PartRecord) -> Pending<'static, bool> {
        async move {
            let json = to_json(&part)?;
            let (body, row, rest) = (self.number, self.written, self.take_rest());
            let commit = move |db: &Connection| {
                if !upload_exists(db, &at)? {
                    return Ok(None);
                }
                finish(db, body, row, &rest)?;
                let replaced = put_part(db, &at, &part, body, &json)?;
                let left = replaced.map(|(body, size)| let_go(db, body, is_large(size)));
                Ok(Some(left.transpose()?.unwrap_or(Left::Nothing)))
            };
            let committed = self.shared.writes.write("store a part", commit).await?;
            if committed == Some(Left::Loose) {
                self.shared.sweep();
            }
            self.keep(committed.is_some());
            Ok(committed.is_some())
        }
        .boxed()
    }
}

impl Coming {
    /// What is committed is not loose any more, so it is not to be swept.
    fn keep(&mut self, is_committed: bool) {
        if is_committed {
            self.written = 0;
        }
    }
}

/// Makes an object out of a body that is there, in place of the one in the same slot.
pub(super) fn put(db: &Connection, object: &Object) -> rusqlite::Result<Left> {
    let left = match object.at.take(db)? {
        Some(replaced) => let_row_go(db, &replaced)?,
        None => Left::Nothing,
    };
    let mut object = object.clone();
    if object.size == 0 {
        // Without bytes it needs no number of its own, which `next` could not find.
        (object.body, object.is_pieced) = (0, false);
    }
    object.insert(db)?;
    Ok(left)
}

/// Whether somebody may be reading a body of this size at any time; the others are read at once.
pub(super) fn is_large(size: u64) -> bool {
    size > SMALL
}

/// Removes the body of a row that has gone.
pub(super) fn let_row_go(db: &Connection, row: &Row) -> rusqlite::Result<Left> {
    let_go(db, row.body, row.is_pieced || is_large(row.size))
}

/// Removes a body that nothing refers to any more; later, if it is large.
pub(super) fn let_go(db: &Connection, body: i64, is_large: bool) -> rusqlite::Result<Left> {
    if is_large {
        db.prepare_cached("INSERT INTO loose (body) VALUES (?1)")?
            .execute([body])?;
        return Ok(Left::Loose);
    }
    db.prepare_cached("DELETE FROM chunks WHERE id = ?1")?
        .execute([body << 20])?;
    Ok(Left::Nothing)
}

/// Writes the last row of a body that belongs to something from here on.
fn finish(db: &Connection, body: i64, row: i64, rest: &[Bytes]) -> rusqlite::Result<()> {
    if !rest.is_empty() {
        insert(db, body, row, rest)?;
    }
    if row > 0 {
        db.execute("DELETE FROM loose WHERE body = ?1", [body])?;
    }
    Ok(())
}

impl Drop for Coming {
    fn drop(&mut self) {
        drop(self.pin.take());
        if self.written > 0 {
            self.shared.sweep();
        }
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
        let Self { pieces, kept } = *self;
        let after = pieces.partition_point(|piece| piece.start <= range.start);
        let state = (range, after.saturating_sub(1), kept);
        let pieces = std::sync::Arc::new(pieces);
        stream::try_unfold(state, move |(range, at, kept)| {
            let pieces = std::sync::Arc::clone(&pieces);
            async move {
                if range.is_empty() {
                    return Ok::<_, io::Error>(None);
                }
                let piece = *pieces
                    .get(at)
                    .ok_or_else(|| io::Error::other("the range is not within the body"))?;
                let within = range.start - piece.start..(range.end - piece.start).min(piece.size);
                let blocks = read_some(&kept.shared, piece.source, within).await?;
                let size: usize = blocks.iter().map(Bytes::len).sum();
                let start = range.start + size as u64;
                let next = at + usize::from(start >= piece.start + piece.size);
                let blocks = stream::iter(blocks).map(Ok::<_, io::Error>);
                Ok(Some((blocks, (start..range.end, next, kept))))
            }
        })
        .try_flatten()
        .boxed()
    }
}

/// Reads the beginning of a range of a body, as far as one row has it.
async fn read_some(shared: &Shared, body: i64, range: Range<u64>) -> io::Result<Vec<Bytes>> {
    let row_start = range.start - range.start % CHUNK;
    let row = (range.start / CHUNK).cast_signed();
    let start = usize::try_from(range.start - row_start).map_err(io::Error::other)?;
    let end = usize::try_from((range.end - row_start).min(CHUNK)).map_err(io::Error::other)?;
    // Taken here, because the allocator keeps memory of its own for each thread that asks for some.
    let mut blocks = blocks(end - start);
    let read = shared.reads.apart(move |db| {
        let read = read_part(db, body, row, start, &mut blocks);
        read.map_err(StoreError::sqlite("read a body"))?;
        Ok(blocks)
    });
    let blocks = read.await.map_err(io::Error::other)?;
    Ok(blocks.into_iter().map(Bytes::from).collect())
}

impl Body for Whole {
    fn at_hand(&self, range: &Range<u64>) -> Option<Bytes> {
        part(&self.0, range)
    }

    fn stream(self: Box<Self>, range: Range<u64>) -> BodyStream {
        stream_whole(&self.0, &range)
    }
}

/// Finds an object with its body.
pub(super) fn open(
    db: &mut Connection,
    at: &Owned,
    shared: &Shared,
) -> Result<Option<Found>, StoreError> {
    match at.find_with_bytes(db, SMALL)? {
        Some((row, Some(bytes))) => Ok(Some((row.to_record()?, whole(&row, bytes.into())?))),
        Some(_) => open_large(db, at, shared),
        None => Ok(None),
    }
}

/// Finds an object with its body, in one view of the database.
fn open_large(
    db: &mut Connection,
    at: &Owned,
    shared: &Shared,
) -> Result<Option<Found>, StoreError> {
    let view = Transaction::begin(db).map_err(StoreError::sqlite("read"))?;
    // While it is locked, no body is swept; so what is found can still be pinned.
    let mut pinned = shared.pins.lock();
    let Some(row) = at.find(&view)? else {
        return Ok(None);
    };
    let record = row.to_record()?;
    if !row.is_pieced && !is_large(row.size) {
        let bytes = match row.size {
            0 => Bytes::new(),
            _ => read_row(&view, row.body, 0)?,
        };
        return Ok(Some((record, whole(&row, bytes)?)));
    }
    let pin = pinned.pin(row.body, &shared.pins);
    drop(pinned);
    let pieces = if row.is_pieced {
        pieces(&view, row.body).map_err(StoreError::sqlite("read a body"))?
    } else {
        vec![Piece {
            start: 0,
            source: row.body,
            size: row.size,
        }]
    };
    let kept = Kept {
        pin: Some(pin),
        shared: shared.clone(),
    };
    Ok(Some((record, Box::new(Going { pieces, kept }))))
}

/// All bytes of a small body.
fn whole(row: &Row, bytes: Bytes) -> Result<Box<dyn Body>, StoreError> {
    if bytes.len() as u64 != row.size {
        return Err(StoreError::Damaged {
            what: format!("body {}", row.body),
            why: format!("it has {} bytes instead of {}", bytes.len(), row.size),
        });
    }
    Ok(Box::new(Whole(bytes)))
}

/// A number that no body has yet. Every body with bytes is in one of these tables, of which all but that of parts, which is
/// short, tell their greatest number at once.
pub(super) fn next(db: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT max(coalesce((SELECT max(id) >> 20 FROM chunks), 0),
                      coalesce((SELECT max(body) FROM parts), 0),
                      coalesce((SELECT max(body) FROM pieces), 0)) + 1";
    db.query_row(sql, [], |row| row.get(0))
}

/// Removes all bodies that nobody refers to, except for those that are `pinned`.
pub(super) fn sweep(db: &Connection, pinned: &[i64]) -> rusqlite::Result<()> {
    let loose = {
        let mut statement = db.prepare_cached("SELECT body FROM loose")?;
        let loose = statement.query_map([], |row| row.get::<_, i64>(0))?;
        loose.collect::<rusqlite::Result<Vec<_>>>()?
    };
    for body in loose.into_iter().filter(|body| !pinned.contains(body)) {
        let mut all: Vec<i64> = pieces(db, body)?.iter().map(|piece| piece.source).collect();
        all.push(body);
        for source in all {
            let rows = params![source << 20, (source + 1) << 20];
            db.execute("DELETE FROM chunks WHERE id >= ?1 AND id < ?2", rows)?;
        }
        db.execute("DELETE FROM pieces WHERE body = ?1", [body])?;
        db.execute("DELETE FROM loose WHERE body = ?1", [body])?;
    }
    Ok(())
}

/// What a body is made of, in order; nothing if its bytes are its own.
fn pieces(db: &Connection, body: i64) -> rusqlite::Result<Vec<Piece>> {
    let sql = "SELECT start, source, size FROM pieces WHERE body = ?1 ORDER BY start";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([body], |row| {
        Ok(Piece {
            start: row.get::<_, i64>(0)?.cast_unsigned(),
            source: row.get(1)?,
            size: row.get::<_, i64>(2)?.cast_unsigned(),
        })
    })?;
    found.collect()
}

fn insert(db: &Connection, body: i64, row: i64, pieces: &[Bytes]) -> rusqlite::Result<()> {
    let mut statement = db.prepare_cached("INSERT INTO chunks (id, bytes) VALUES (?1, ?2)")?;
    let id = body << 20 | row;
    if let [only] = pieces {
        statement.execute(params![id, &only[..]])?;
        return Ok(());
    }
    // To make one piece of a whole row takes longer than to find the pages of the row again.
    let size: usize = pieces.iter().map(Bytes::len).sum();
    statement.execute(params![id, ZeroBlob(size as u64)])?;
    let mut blob = db.blob_open("main", "chunks", "bytes", id, false)?;
    let mut at = 0;
    for piece in pieces {
        blob.write_all_at(piece, at)?;
        at += piece.len();
    }
    blob.close()
}

/// Memory for so many bytes.
fn blocks(size: usize) -> Vec<Vec<u8>> {
    let starts = (0..size).step_by(BLOCK);
    let block = |start| vec![0; BLOCK.min(size - start)];
    starts.map(block).collect()
}

/// Reads a part of a row, from `start` on, straight into the memory from which it is sent.
fn read_part(
    db: &Connection,
    body: i64,
    row: i64,
    start: usize,
    blocks: &mut [Vec<u8>],
) -> rusqlite::Result<()> {
    let blob = db.blob_open("main", "chunks", "bytes", body << 20 | row, true)?;
    let mut at = start;
    for block in blocks {
        blob.read_at_exact(block, at)?;
        at += block.len();
    }
    blob.close()
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
