//! Notes: what the folder still owes the catalog.
//!
//! A change of a file is noted in the transaction that decides on it, together with the bytes if they are few. So one wait
//! for the disk commits record and bytes of all changes that come at the same time, and the files themselves need none.
//! Notes are carried out right after their commit, and again when the store opens; they are forgotten when the files are
//! known to be on disk (`checkpoint.rs`).

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::disk::{Disk, Fingerprint, Place};
use super::unplaced::Source;
use crate::store::StoreError;

/// Notes that a body belongs to a path. `seq` is greater than that of all notes before.
pub(super) fn put(
    db: &Connection,
    sequence: i64,
    (bucket, path): (&str, &str),
    body: i64,
    source: &Source,
) -> rusqlite::Result<()> {
    let bytes = match source {
        Source::Bytes(bytes) => Some(&bytes[..]),
        Source::File => None,
    };
    let sql = "INSERT INTO notes (seq, bucket, path, body, bytes) VALUES (?1, ?2, ?3, ?4, ?5)";
    db.prepare_cached(sql)?
        .execute(params![sequence, bucket, path, body, bytes])?;
    Ok(())
}

/// Notes that the file with a path goes, if it is still this one.
pub(super) fn remove(
    db: &Connection,
    sequence: i64,
    (bucket, path): (&str, &str),
    sum: Fingerprint,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO notes (seq, bucket, path, body, gone_size, gone_crc64) VALUES (?1, ?2, ?3, 0, ?4, ?5)";
    let (size, crc64) = (sum.size.cast_signed(), sum.crc64.cast_signed());
    db.prepare_cached(sql)?
        .execute(params![sequence, bucket, path, size, crc64])?;
    Ok(())
}

/// Forgets all notes up to this one.
pub(super) fn forget(db: &Connection, last: i64) -> rusqlite::Result<()> {
    let sql = "DELETE FROM notes WHERE seq <= ?1";
    db.prepare_cached(sql)?.execute([last])?;
    Ok(())
}

/// Which files the notes up to this one are about, and which the last of those is.
pub(super) fn places(db: &Connection, last: i64) -> Result<HashMap<Place, i64>, StoreError> {
    let places = || {
        let sql = "SELECT bucket, path, seq FROM notes WHERE seq <= ?1 ORDER BY seq";
        let mut statement = db.prepare_cached(sql)?;
        let rows = statement.query_map([last], |row| {
            Ok(((row.get(0)?, row.get(1)?), row.get::<_, i64>(2)?))
        })?;
        rows.collect::<rusqlite::Result<HashMap<_, _>>>()
    };
    places().map_err(StoreError::sqlite("read notes"))
}

/// Carries out what was interrupted; answers with the last note and the bytes that notes hold.
pub(super) fn replay(db: &Connection, disk: &Disk) -> Result<(i64, usize, usize), StoreError> {
    let places = places(db, i64::MAX)?;
    let (mut last, mut held) = (0, 0);
    for ((bucket, path), sequence) in &places {
        let entry = Entry::read(db, *sequence).map_err(StoreError::sqlite("read a note"))?;
        last = last.max(*sequence);
        match entry {
            Entry::Bytes(body, bytes) => {
                held += bytes.len();
                // A file that a loss of power has taken the bytes of may still have its size.
                if !disk.holds(bucket, path, &bytes)? {
                    disk.write_body(body, &bytes)?;
                    disk.place_body(body, bucket, path)?;
                }
            }
            Entry::File(body) if disk.is_staged(body)? => {
                disk.place_body(body, bucket, path)?;
            }
            // It is there already: a file has one of the two names at any time.
            Entry::File(_) => {}
            Entry::Gone(sum) => {
                if disk.fingerprint(bucket, path)? == Some(sum) {
                    disk.remove_body(bucket, path)?;
                }
            }
        }
    }
    Ok((last, places.len(), held))
}

enum Entry {
    Bytes(i64, Vec<u8>),
    File(i64),
    Gone(Fingerprint),
}

impl Entry {
    fn read(db: &Connection, sequence: i64) -> rusqlite::Result<Self> {
        let sql = "SELECT body, bytes, gone_size, gone_crc64 FROM notes WHERE seq = ?1";
        db.prepare_cached(sql)?.query_row([sequence], |row| {
            let gone: Option<i64> = row.get(2)?;
            Ok(match (gone, row.get(1)?) {
                (Some(size), _) => Self::Gone(Fingerprint {
                    size: size.cast_unsigned(),
                    crc64: row.get::<_, i64>(3)?.cast_unsigned(),
                }),
                (None, Some(bytes)) => Self::Bytes(row.get(0)?, bytes),
                (None, None) => Self::File(row.get(0)?),
            })
        })
    }
}
