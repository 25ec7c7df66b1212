//! Pages of keys and of versions, in byte order of keys.

use std::ops::Bound;

use futures_util::FutureExt as _;
use rusqlite::{Connection, params};
use serde::de::DeserializeOwned;

use super::{Catalog, from_json, records};
use crate::store::{Listed, Pending, Start, StoreError};

/// Versions of a key that are passed over one by one; what is beyond them is skipped at once.
const FEW: usize = 16;

const CURRENT_FROM: &str = "SELECT key, is_marker, record FROM objects WHERE bucket = ?1 AND key >= ?2 ORDER BY key, born DESC";
const CURRENT_AFTER: &str = "SELECT key, is_marker, record FROM objects WHERE bucket = ?1 AND key > ?2 ORDER BY key, born DESC";

/// Lists that are no longer than this are made on the calling thread: a page of a listing takes half a millisecond. The
/// allocator keeps memory of its own for each thread that makes some.
const SHORT: usize = 1024;

impl Catalog {
    pub(in crate::store) fn list(
        &self,
        bucket: &str,
        from: Bound<&str>,
        limit: usize,
    ) -> Pending<'static, Vec<Listed>> {
        let (bucket, from) = (bucket.to_owned(), from.map(str::to_owned));
        self.look(limit, move |db| current(db, &bucket, from, limit))
    }

    /// Versions as whole records, or what a listing shows of them.
    pub(in crate::store) fn versions<T: DeserializeOwned + Send + 'static>(
        &self,
        bucket: &str,
        from: Start<'_>,
        limit: usize,
    ) -> Pending<'static, Vec<T>> {
        let (condition, key, sequence) = match from {
            Start::Key(Bound::Unbounded) => ("key >= ?2", "", 0),
            Start::Key(Bound::Included(key)) => ("key >= ?2", key, 0),
            Start::Key(Bound::Excluded(key)) => ("key > ?2", key, 0),
            Start::Older(key, sequence) => ("key = ?2 AND born < ?4", key, sequence),
        };
        let page = |condition| {
            format!(
                "SELECT record FROM objects WHERE bucket = ?1 AND {condition} AND ?4 = ?4
                 ORDER BY key, born DESC LIMIT ?3"
            )
        };
        let (first, after) = (page(condition), page("key > ?2"));
        let goes_on = matches!(from, Start::Older(..));
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let sequence = i64::try_from(sequence).unwrap_or(i64::MAX);
        self.look(limit, move |db| {
            let mut found = Vec::new();
            for sql in [Some(&first), goes_on.then_some(&after)]
                .into_iter()
                .flatten()
            {
                let left = i64::try_from(limit - found.len()).unwrap_or(i64::MAX);
                found.extend(records::<T>(db, sql, params![bucket, key, left, sequence])?);
            }
            Ok(found)
        })
    }

    fn look<T: Send + 'static>(
        &self,
        limit: usize,
        look: impl FnOnce(&mut Connection) -> Result<Vec<T>, StoreError> + Send + 'static,
    ) -> Pending<'static, Vec<T>> {
        if limit <= SHORT {
            std::future::ready(self.reads.with(look)).boxed()
        } else {
            self.reads.blocking(look)
        }
    }
}

/// The newest versions of keys that are no delete markers.
fn current(
    db: &Connection,
    bucket: &str,
    mut from: Bound<String>,
    limit: usize,
) -> Result<Vec<Listed>, StoreError> {
    let mut found = Vec::new();
    while let Some(after) = current_until(db, bucket, &from, limit, &mut found)? {
        from = Bound::Excluded(after);
    }
    Ok(found)
}

/// The page, up to a key with more than a few versions, which it answers with: the search has to go on behind it.
fn current_until(
    db: &Connection,
    bucket: &str,
    from: &Bound<String>,
    limit: usize,
    found: &mut Vec<Listed>,
) -> Result<Option<String>, StoreError> {
    let (sql, key) = match from {
        Bound::Unbounded => (CURRENT_FROM, ""),
        Bound::Included(key) => (CURRENT_FROM, key.as_str()),
        Bound::Excluded(key) => (CURRENT_AFTER, key.as_str()),
    };
    let failed = || StoreError::sqlite("list records");
    let mut statement = db.prepare_cached(sql).map_err(failed())?;
    let mut rows = statement.query(params![bucket, key]).map_err(failed())?;
    let (mut seen, mut passed) = (String::new(), 0);
    while found.len() < limit
        && let Some(row) = rows.next().map_err(failed())?
    {
        let text = |column| row.get_ref(column).and_then(|value| Ok(value.as_str()?));
        let key = text(0).map_err(failed())?;
        if key == seen {
            passed += 1;
            if passed == FEW {
                return Ok(Some(seen));
            }
            continue;
        }
        passed = 0;
        seen.clear();
        seen.push_str(key);
        let is_marker: bool = row.get(1).map_err(failed())?;
        if !is_marker {
            found.push(from_json(text(2).map_err(failed())?)?);
        }
    }
    Ok(None)
}
