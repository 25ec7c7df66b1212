//! All rows at once, when everything in a store is replaced.

use rusqlite::Connection;

use super::{FoundRow, StoredPart};

/// Calls `each` for every object with its bucket.
pub(in crate::store) fn all_objects(
    db: &Connection,
    mut each: impl FnMut(&str, &FoundRow) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let sql = "SELECT body, size, is_pieced, path, record, bucket FROM objects";
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let bucket: String = row.get(5)?;
        each(&bucket, &FoundRow::read(row)?)?;
    }
    Ok(())
}

/// The parts of all uploads.
pub(in crate::store) fn all_parts(db: &Connection) -> rusqlite::Result<Vec<StoredPart>> {
    let mut statement = db.prepare("SELECT body, size FROM parts")?;
    let rows = statement.query_map([], StoredPart::read)?;
    rows.collect()
}

/// Removes every bucket, document, object and upload. What becomes of the bodies is the caller's.
pub(in crate::store) fn forget_everything(db: &Connection) -> rusqlite::Result<()> {
    for table in ["objects", "parts", "uploads", "documents", "buckets"] {
        db.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(())
}
