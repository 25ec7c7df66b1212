//! A transaction whose beginning and end are compiled once for each connection, rather than every time: for a small object
//! that takes as long as everything else that SQLite does.

use std::ops::Deref;

use rusqlite::Connection;

/// A transaction. What it did is undone if it is dropped before it is committed.
pub(in crate::store) struct Transaction<'a>(&'a Connection);

impl<'a> Transaction<'a> {
    pub(in crate::store) fn begin(db: &'a mut Connection) -> rusqlite::Result<Self> {
        execute(db, "BEGIN")?;
        Ok(Self(db))
    }

    pub(in crate::store) fn commit(self) -> rusqlite::Result<()> {
        execute(self.0, "COMMIT")
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit()
            && let Err(error) = execute(self.0, "ROLLBACK")
        {
            tracing::error!(%error, "the object store could not roll a change back");
        }
    }
}

fn execute(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}
