//! The rows of bodies: `chunks` with the bytes, `pieces` of bodies that are made of others, and `loose` with the bodies to
//! which nothing refers.

use bytes::Bytes;
use rusqlite::blob::ZeroBlob;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::store::StoreError;
use crate::store::bodies::Remains;
use crate::store::catalog::{FoundRow, ObjectRow, StoredPart};

/// Bytes in a row, except for the last row of a body.
pub(super) const CHUNK: u64 = 1 << 20;

/// Bytes of a body at most that is read together with its record, on the calling thread.
pub(super) const SMALL: u64 = 64 << 10;

/// Where the bytes of a body from `start` on are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) start: u64,
    pub(super) source: i64,
    pub(super) size: u64,
}

/// Whether a body of this size may be under a reader at any time; smaller ones are read at once.
pub(super) fn is_large(size: u64) -> bool {
    size > SMALL
}

/// Releases the body of an object's row that is gone.
pub(super) fn release(
    db: &Connection,
    row: &FoundRow,
    remains: &mut Remains,
) -> rusqlite::Result<()> {
    let is_large = row.is_pieced || is_large(row.size);
    release_body(db, row.body, is_large, remains)
}

/// Removes a body to which nothing refers; a large one later, because it may be under a reader.
pub(super) fn release_body(
    db: &Connection,
    body: i64,
    is_large: bool,
    remains: &mut Remains,
) -> rusqlite::Result<()> {
    if is_large {
        db.prepare_cached("INSERT INTO loose (body) VALUES (?1)")?
            .execute([body])?;
        remains.bodies.push(body);
    } else {
        db.prepare_cached("DELETE FROM chunks WHERE id = ?1")?
            .execute([body << 20])?;
    }
    Ok(())
}

/// Writes a row of a body that nothing refers to yet.
pub(super) fn append(
    db: &Connection,
    body: i64,
    row: i64,
    pieces: &[Bytes],
) -> rusqlite::Result<()> {
    if row == 0 {
        db.execute("INSERT INTO loose (body) VALUES (?1)", [body])?;
    }
    insert(db, body, row, pieces)
}

/// Writes the last row of a body, to which something refers from here on.
pub(super) fn complete(
    db: &Connection,
    body: i64,
    row: i64,
    rest: &[Bytes],
) -> rusqlite::Result<()> {
    if !rest.is_empty() {
        insert(db, body, row, rest)?;
    }
    if row > 0 {
        db.execute("DELETE FROM loose WHERE body = ?1", [body])?;
    }
    Ok(())
}

/// Makes the bodies of parts, in this order, the body of an object.
pub(super) fn adopt(
    db: &Connection,
    object: &mut ObjectRow,
    parts: &[StoredPart],
) -> rusqlite::Result<()> {
    if let [only] = parts {
        // The body of a single part can be the body of the object as it is.
        object.body = only.body;
        return Ok(());
    }
    object.is_pieced = true;
    let sql = "INSERT INTO pieces (body, start, source, size) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = db.prepare_cached(sql)?;
    let mut start = 0;
    for part in parts.iter().filter(|part| part.size > 0) {
        let size = part.size.cast_signed();
        insert.execute(params![object.body, start, part.body, size])?;
        start += size;
    }
    Ok(())
}

/// A number that no body has yet. Every body with bytes is in one of these tables, of which all but that of parts, which is
/// short, tell their greatest number at once.
pub(super) fn next(db: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT max(coalesce((SELECT max(id) >> 20 FROM chunks), 0),
                      coalesce((SELECT max(body) FROM parts), 0),
                      coalesce((SELECT max(body) FROM pieces), 0)) + 1";
    db.query_row(sql, [], |row| row.get(0))
}

/// Removes all loose bodies, except for those that are `pinned`.
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
pub(super) fn pieces(db: &Connection, body: i64) -> rusqlite::Result<Vec<Piece>> {
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

/// Reads a part of a row, from `start` on, straight into the memory from which it is sent.
pub(super) fn read_part(
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

/// Reads a whole row.
pub(super) fn read_row(db: &Connection, body: i64, row: i64) -> Result<Bytes, StoreError> {
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
