//! Bodies on their way out of rows.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rusqlite::Connection;

use super::Shared;
use super::pins::Pin;
use super::rows::{self, CHUNK, Piece, SMALL};
use crate::store::StoreError;
use crate::store::bodies::{Body, BodyStream, Found, slice, stream_slice};
use crate::store::catalog::{FoundRow, OwnedAt, Transaction};

/// Bytes that are read into one block of memory. The allocator keeps blocks of this size; larger ones it may get from the
/// system and give back each time, and touching new pages takes longer than the copying.
const BLOCK: usize = 64 << 10;

/// A large body on its way out.
struct RowReader {
    pieces: Vec<Piece>,
    kept: Kept,
}

/// Keeps a body from being swept; has it swept afterwards, if it was replaced meanwhile.
struct Kept {
    pin: Option<Pin>,
    shared: Arc<Shared>,
}

/// A small body on its way out, which was read at once.
struct InMemory(Bytes);

/// Finds an object with its body.
pub(super) fn open(
    db: &mut Connection,
    at: &OwnedAt,
    shared: &Arc<Shared>,
) -> Result<Option<Found>, StoreError> {
    match at.find_with_bytes(db, SMALL)? {
        Some((row, Some(bytes))) => Ok(Some((row.to_record()?, in_memory(&row, bytes.into())?))),
        Some(_) => open_large(db, at, shared),
        None => Ok(None),
    }
}

/// Finds an object with its body, in one view of the database.
fn open_large(
    db: &mut Connection,
    at: &OwnedAt,
    shared: &Arc<Shared>,
) -> Result<Option<Found>, StoreError> {
    let view = Transaction::begin(db).map_err(StoreError::sqlite("read"))?;
    // While it is locked, no body is swept; so what is found can still be pinned.
    let mut pinned = shared.pins.lock();
    let Some(row) = at.find(&view)? else {
        return Ok(None);
    };
    let record = row.to_record()?;
    if !row.is_pieced && !rows::is_large(row.size) {
        let bytes = match row.size {
            0 => Bytes::new(),
            _ => rows::read_row(&view, row.body, 0)?,
        };
        return Ok(Some((record, in_memory(&row, bytes)?)));
    }
    let pin = pinned.pin(row.body, &shared.pins);
    drop(pinned);
    let pieces = if row.is_pieced {
        rows::pieces(&view, row.body).map_err(StoreError::sqlite("read a body"))?
    } else {
        vec![Piece {
            start: 0,
            source: row.body,
            size: row.size,
        }]
    };
    let kept = Kept {
        pin: Some(pin),
        shared: Arc::clone(shared),
    };
    Ok(Some((record, Box::new(RowReader { pieces, kept }))))
}

/// All bytes of a small body.
fn in_memory(row: &FoundRow, bytes: Bytes) -> Result<Box<dyn Body>, StoreError> {
    if bytes.len() as u64 != row.size {
        return Err(StoreError::Damaged {
            what: format!("body {}", row.body),
            why: format!("it has {} bytes instead of {}", bytes.len(), row.size),
        });
    }
    Ok(Box::new(InMemory(bytes)))
}

impl Body for RowReader {
    fn stream(self: Box<Self>, range: Range<u64>) -> BodyStream {
        let Self { pieces, kept } = *self;
        let after = pieces.partition_point(|piece| piece.start <= range.start);
        let state = (range, after.saturating_sub(1), kept);
        let pieces = Arc::new(pieces);
        stream::try_unfold(state, move |(range, at, kept)| {
            let pieces = Arc::clone(&pieces);
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

impl Body for InMemory {
    fn in_memory(&self, range: &Range<u64>) -> Option<Bytes> {
        slice(&self.0, range)
    }

    fn stream(self: Box<Self>, range: Range<u64>) -> BodyStream {
        stream_slice(&self.0, &range)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.pin.take());
        self.shared.sweep();
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
    let read = shared.reads.blocking(move |db| {
        let read = rows::read_part(db, body, row, start, &mut blocks);
        read.map_err(StoreError::sqlite("read a body"))?;
        Ok(blocks)
    });
    let blocks = read.await.map_err(io::Error::other)?;
    Ok(blocks.into_iter().map(Bytes::from).collect())
}

/// Memory for `size` bytes.
fn blocks(size: usize) -> Vec<Vec<u8>> {
    let starts = (0..size).step_by(BLOCK);
    let block = |start| vec![0; BLOCK.min(size - start)];
    starts.map(block).collect()
}
