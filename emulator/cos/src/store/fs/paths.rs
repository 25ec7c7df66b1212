//! Which paths are taken, in the catalog.

use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

use super::disk::Disk;
use super::path;
use crate::store::VersionId;
use crate::store::catalog::OwnedAt;

/// Takes a path for an object that has none.
///
/// Versions with an id of their own are in a folder for them, under their key.
/// A name that clashes with another one (`a` beside `a/b`, `A` beside `a`, or a foreign file) goes to a
/// folder for such cases; the record tells the key.
pub(super) fn take(db: &Connection, disk: &Disk, at: &OwnedAt) -> rusqlite::Result<String> {
    let natural = path::of_key(&at.key);
    let null = VersionId::default();
    let version_id = at.version_id().unwrap_or(&null.0);
    let natural = if version_id == null.0 {
        natural
    } else {
        format!("%versions/{natural}/{}", path::of_key(version_id))
    };
    let path = if clashes(db, &at.bucket, &natural)? || disk.has(&at.bucket, &natural) {
        let hash = Sha256::digest(format!("{version_id}\n{}", at.key));
        format!("%clash/{}", hex::encode(&hash[..16]))
    } else {
        natural
    };
    let sql = "INSERT INTO paths (bucket, folded) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    db.prepare_cached(sql)?
        .execute(params![at.bucket, path::folded(&path)])?;
    Ok(path)
}

/// Gives a path back.
pub(super) fn release(db: &Connection, bucket: &str, path: &str) -> rusqlite::Result<()> {
    let sql = "DELETE FROM paths WHERE bucket = ?1 AND folded = ?2";
    db.prepare_cached(sql)?
        .execute(params![bucket, path::folded(path)])?;
    Ok(())
}

fn clashes(db: &Connection, bucket: &str, path: &str) -> rusqlite::Result<bool> {
    let folded = path::folded(path);
    // `0` is what comes after `/`: all that is below the path, and the path itself.
    let sql = "SELECT EXISTS (SELECT 1 FROM paths WHERE bucket = ?1 AND folded = ?2)
            OR EXISTS (SELECT 1 FROM paths WHERE bucket = ?1 AND folded > ?2 || '/' AND folded < ?2 || '0')";
    let mut find = db.prepare_cached(sql)?;
    if find.query_row(params![bucket, folded], |row| row.get(0))? {
        return Ok(true);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM paths WHERE bucket = ?1 AND folded = ?2)";
    let mut find = db.prepare_cached(sql)?;
    for above in path::ancestors(&folded) {
        if find.query_row(params![bucket, above], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}
