//! The table of tasks: every task of the last seven days, and every task that has not finished.
//!
//! It is a database, in memory or in a data folder, so that a hundred thousand tasks cost no time at the start, and a page of
//! them costs the same wherever it is. What a finished task leaves is kept deflated.
//!
//! Follows: mps.md section 11.1, `DescribeTasks` covers the last 168 hours. Choice: a task counts from its creation. A session
//! id is looked for in the same table, so its window is at most as long.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, named_params, params};

use super::database::{self, TableError};
use super::row::{Entry, Page, Query, Row, Status};

/// How long a finished task is kept after its creation.
pub const KEPT_HOURS: i64 = 168;

const COLUMNS: &str = "number, id, kind, status, created, began, finished, sub_tasks";

/// All tasks of one service.
#[derive(Debug)]
pub struct TaskTable {
    // A plain mutex: each statement takes microseconds, or as long as the disk needs to acknowledge a write.
    db: Mutex<Connection>,
}

impl TaskTable {
    /// An empty table that ends with the service.
    pub fn in_memory() -> Result<Self, TableError> {
        Ok(Self::on(database::in_memory()?))
    }

    /// The table of a data folder. With `is_synced`, a task that was answered survives a loss of power, else only the end of
    /// the process.
    pub fn open(folder: &Path, is_synced: bool) -> Result<Self, TableError> {
        Ok(Self::on(database::open(folder, is_synced)?))
    }

    fn on(db: Connection) -> Self {
        Self { db: Mutex::new(db) }
    }

    /// The number of the last task that there ever was; 0 if there was none.
    pub fn last_number(&self) -> Result<u32, TableError> {
        let last = "SELECT last FROM counter";
        Ok(self.db().query_row(last, [], |row| row.get(0))?)
    }

    /// Notes that a number is used, so that it is not used again.
    pub fn use_number(&self, number: u32) -> Result<(), TableError> {
        let db = self.db();
        let mut counted = db.prepare_cached("UPDATE counter SET last = max(last, ?1)")?;
        counted.execute([number])?;
        Ok(())
    }

    /// Keeps a new task, and forgets those that are too old at `now`.
    pub fn insert(&self, entry: &Entry, now: Timestamp) -> Result<(), TableError> {
        let mut db = self.db();
        let change = db.transaction()?;
        let oldest = now.saturating_sub(SignedDuration::from_hours(KEPT_HOURS));
        let oldest = oldest.unwrap_or(Timestamp::MIN).as_millisecond();
        change
            .prepare_cached("DELETE FROM task WHERE status = 2 AND created < ?1")?
            .execute([oldest])?;
        change
            .prepare_cached("UPDATE counter SET last = max(last, ?1)")?
            .execute([entry.row.number])?;
        let row = &entry.row;
        change
            .prepare_cached(
                "INSERT INTO task (number, id, kind, status, created, priority, session_id, session_context, notify, \
                 sub_tasks, has_failed, job) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11)",
            )?
            .execute(params![
                row.number,
                row.id,
                row.kind,
                row.status.number(),
                row.created.as_millisecond(),
                entry.priority,
                entry.session_id,
                entry.session_context,
                entry.notify,
                row.sub_tasks.join(","),
                entry.job,
            ])?;
        change.commit()?;
        Ok(())
    }

    /// Processing of a task begins.
    pub fn begin(&self, number: u32, at: Timestamp) -> Result<(), TableError> {
        let db = self.db();
        let mut begun =
            db.prepare_cached("UPDATE task SET status = 1, began = ?2 WHERE number = ?1")?;
        begun.execute(params![number, at.as_millisecond()])?;
        Ok(())
    }

    /// A task has ended with a result, the JSON text `detail`. One that ends before it begins keeps no time of its begin.
    pub fn finish(
        &self,
        number: u32,
        (began, at): (Option<Timestamp>, Timestamp),
        has_failed: bool,
        detail: &str,
    ) -> Result<(), TableError> {
        let db = self.db();
        let mut finished = db.prepare_cached(
            "UPDATE task SET status = 2, began = ?2, finished = ?3, has_failed = ?4, detail = ?5, job = NULL \
             WHERE number = ?1",
        )?;
        finished.execute(params![
            number,
            began.map(Timestamp::as_millisecond),
            at.as_millisecond(),
            has_failed,
            deflated(detail),
        ])?;
        Ok(())
    }

    /// A task by its id.
    pub fn find(&self, id: &str) -> Result<Option<Entry>, TableError> {
        let db = self.db();
        let mut found = db.prepare_cached(&format!(
            "SELECT {COLUMNS}, priority, session_id, session_context, notify, has_failed, job, detail FROM task WHERE id = ?1"
        ))?;
        let found = found.query_row([id], |row| Ok((read(row)?, rest(row)?)));
        let Some((row, rest)) = found.optional()? else {
            return Ok(None);
        };
        entry(row, rest).map(Some)
    }

    /// One page of a list.
    pub fn page(&self, query: &Query) -> Result<Page, TableError> {
        let db = self.db();
        let among = "status = :status AND created >= :since AND created <= :until \
                     AND (:failed IS NULL OR has_failed = :failed)";
        let status = query.status.number();
        let (since, until) = (query.since.as_millisecond(), query.until.as_millisecond());
        let failed = query.has_failed;
        let total = db
            .prepare_cached(&format!("SELECT count(*) FROM task WHERE {among}"))?
            .query_row(
                named_params! { ":status": status, ":since": since, ":until": until, ":failed": failed },
                |row| row.get::<_, i64>(0),
            )?;
        let (from, number) = query.from.unwrap_or((query.since, 0));
        let limit = i64::from(query.limit) + 1;
        let mut listed = db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM task WHERE {among} AND (created, number) >= (:from, :number) \
             ORDER BY created, number LIMIT :limit"
        ))?;
        let rows = listed.query_map(
            named_params! {
                ":status": status, ":since": since, ":until": until, ":failed": failed,
                ":from": from.as_millisecond(), ":number": number, ":limit": limit,
            },
            read,
        )?;
        let mut rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let size = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let next = rows.get(size).map(|row| row.id.clone());
        rows.truncate(size);
        Ok(Page {
            rows,
            next,
            total: total.try_into().unwrap_or_default(),
        })
    }

    /// Whether a task with this session id was created at `since` or later. Edits are looked for among edits only.
    pub fn has_session(
        &self,
        session_id: &str,
        is_edit: bool,
        since: Timestamp,
    ) -> Result<bool, TableError> {
        let db = self.db();
        let mut found = db.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM task WHERE session_id <> '' AND session_id = ?1 AND created >= ?3 \
             AND (kind = 'EditMediaTask') = ?2)",
        )?;
        let since = since.as_millisecond();
        Ok(found.query_row(params![session_id, is_edit, since], |row| row.get(0))?)
    }

    /// The tasks that have not finished, in the order of their creation.
    pub fn unfinished(&self) -> Result<Vec<Entry>, TableError> {
        let db = self.db();
        let mut listed = db.prepare_cached(&format!(
            "SELECT {COLUMNS}, priority, session_id, session_context, notify, has_failed, job, detail FROM task \
             WHERE status < 2 ORDER BY number"
        ))?;
        let rows = listed.query_map([], |row| Ok((read(row)?, rest(row)?)))?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let entries = rows.into_iter().map(|(row, rest)| entry(row, rest));
        entries.collect()
    }

    /// Forgets all tasks, not how many there were.
    pub fn clear(&self) -> Result<(), TableError> {
        self.db().execute("DELETE FROM task", [])?;
        Ok(())
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        self.db
            .lock()
            .expect("no code panics while it uses the database")
    }
}

/// The columns after [`COLUMNS`], as they are stored.
type Rest = (
    i64,
    String,
    String,
    Option<String>,
    bool,
    Option<String>,
    Option<Vec<u8>>,
);

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let time = |column| {
        let millis = row.get::<_, Option<i64>>(column)?;
        // What was written is within the range.
        Ok::<_, rusqlite::Error>(millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()))
    };
    let sub_tasks: String = row.get(7)?;
    let sub_tasks = sub_tasks.split(',').filter(|name| !name.is_empty());
    Ok(Row {
        number: row.get(0)?,
        id: row.get(1)?,
        kind: row.get(2)?,
        status: Status::of_number(row.get(3)?),
        created: time(4)?.unwrap_or_default(),
        began: time(5)?,
        finished: time(6)?,
        sub_tasks: sub_tasks.map(str::to_owned).collect(),
    })
}

fn rest(row: &rusqlite::Row<'_>) -> rusqlite::Result<Rest> {
    Ok((
        row.get(8)?,
        row.get(9)?,
        row.get(10)?,
        row.get(11)?,
        row.get(12)?,
        row.get(13)?,
        row.get(14)?,
    ))
}

fn entry(row: Row, rest: Rest) -> Result<Entry, TableError> {
    let (priority, session_id, session_context, notify, has_failed, job, detail) = rest;
    let detail = detail.map(|bytes| inflated(&bytes)).transpose();
    let detail = detail.map_err(|error| TableError::Row {
        id: row.id.clone(),
        why: error.to_string(),
    })?;
    Ok(Entry {
        row,
        priority,
        session_id,
        session_context,
        notify,
        has_failed,
        job,
        detail,
    })
}

fn deflated(text: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let written = encoder.write_all(text.as_bytes());
    written
        .and_then(|()| encoder.finish())
        .expect("a vector takes all bytes")
}

fn inflated(bytes: &[u8]) -> std::io::Result<String> {
    let mut text = String::new();
    DeflateDecoder::new(bytes).read_to_string(&mut text)?;
    Ok(text)
}
