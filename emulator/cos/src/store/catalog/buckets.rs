//! Buckets and their documents. Asked for every request and changed rarely, so they are in memory as well.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;
use rusqlite::{Connection, params};

use super::{Catalog, Doing, from_json, to_json};
use crate::store::document::Documents;
use crate::store::{BucketRecord, Removal, StoreError};

const INSERT: &str = "INSERT INTO buckets (name, record) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

/// What the database says, too. It changes after the database has.
#[derive(Debug)]
pub(super) struct Buckets {
    records: RwLock<BTreeMap<String, Arc<BucketRecord>>>,
    documents: RwLock<Documents>,
}

impl Buckets {
    pub(super) fn load(db: &Connection) -> Result<Self, StoreError> {
        let records = load_records(db)?;
        let documents = load_documents(db).map_err(StoreError::sqlite("read documents"))?;
        Ok(Self {
            records: RwLock::new(records),
            documents: RwLock::new(documents),
        })
    }

    /// Reads everything again.
    fn reload(&self, db: &Connection) -> Result<(), StoreError> {
        let records = load_records(db)?;
        let documents = load_documents(db).map_err(StoreError::sqlite("read documents"))?;
        *self.records_mut() = records;
        *self.documents_mut() = documents;
        Ok(())
    }

    fn records(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<BucketRecord>>> {
        self.records.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn records_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Arc<BucketRecord>>> {
        self.records.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn documents(&self) -> RwLockReadGuard<'_, Documents> {
        self.documents
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn documents_mut(&self) -> RwLockWriteGuard<'_, Documents> {
        self.documents
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Catalog {
    /// Reads buckets and documents again, after a change of many.
    pub(in crate::store) fn reload(&self) -> Result<(), StoreError> {
        self.reads.with(|db| self.buckets.reload(db))
    }

    pub(in crate::store) async fn create_bucket(
        &self,
        bucket: BucketRecord,
    ) -> Result<bool, StoreError> {
        let json = to_json(&bucket)?;
        let name = bucket.name.clone();
        let create = move |db: &Connection| Ok(db.execute(INSERT, params![name, json])? == 1);
        let added = self.writes.write("create a bucket", create).await?;
        if added {
            let name = bucket.name.clone();
            self.buckets.records_mut().insert(name, bucket.into());
        }
        Ok(added)
    }

    pub(in crate::store) fn bucket(&self, name: &str) -> Option<Arc<BucketRecord>> {
        self.buckets.records().get(name).cloned()
    }

    pub(in crate::store) fn buckets(&self) -> Vec<BucketRecord> {
        let records = self.buckets.records();
        records.values().map(|record| (**record).clone()).collect()
    }

    pub(in crate::store) async fn update_bucket(
        &self,
        bucket: BucketRecord,
    ) -> Result<bool, StoreError> {
        let (name, json) = (bucket.name.clone(), to_json(&bucket)?);
        let sql = "UPDATE buckets SET record = ?2 WHERE name = ?1";
        let update = move |db: &Connection| Ok(db.execute(sql, params![name, json])? == 1);
        let updated = self.writes.write("update a bucket", update).await?;
        if updated {
            let name = bucket.name.clone();
            self.buckets.records_mut().insert(name, bucket.into());
        }
        Ok(updated)
    }

    pub(in crate::store) async fn remove_bucket(&self, name: &str) -> Result<Removal, StoreError> {
        let wanted = name.to_owned();
        let remove = move |db: &Connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM objects WHERE bucket = ?1)
                    OR EXISTS (SELECT 1 FROM uploads WHERE bucket = ?1)";
            if db.query_row(sql, [&wanted], |row| row.get(0))? {
                return Ok(Removal::NotEmpty);
            }
            db.execute("DELETE FROM documents WHERE bucket = ?1", [&wanted])?;
            let removed = db.execute("DELETE FROM buckets WHERE name = ?1", [&wanted])?;
            Ok(if removed == 0 {
                Removal::Missing
            } else {
                Removal::Removed
            })
        };
        let doing = Doing::freeing("remove a bucket");
        let removal = self.writes.write(doing, remove).await?;
        if removal == Removal::Removed {
            self.buckets.records_mut().remove(name);
            self.buckets.documents_mut().remove_all(name);
        }
        Ok(removal)
    }

    pub(in crate::store) async fn put_document(
        &self,
        bucket: &str,
        name: &str,
        bytes: Bytes,
    ) -> Result<bool, StoreError> {
        let (in_bucket, named, kept) = (bucket.to_owned(), name.to_owned(), bytes.clone());
        let put = move |db: &Connection| {
            let sql = "INSERT INTO documents (bucket, name, bytes) SELECT ?1, ?2, ?3 \
                       WHERE EXISTS (SELECT 1 FROM buckets WHERE name = ?1) \
                       ON CONFLICT (bucket, name) DO UPDATE SET bytes = excluded.bytes";
            Ok(db.execute(sql, params![in_bucket, named, &kept[..]])? == 1)
        };
        let is_kept = self.writes.write("keep a document", put).await?;
        if is_kept {
            self.buckets.documents_mut().put(bucket, name, bytes);
        }
        Ok(is_kept)
    }

    pub(in crate::store) fn document(&self, bucket: &str, name: &str) -> Option<Bytes> {
        self.buckets.documents().get(bucket, name)
    }

    pub(in crate::store) fn documents(&self, bucket: &str, prefix: &str) -> Vec<(String, Bytes)> {
        self.buckets.documents().list(bucket, prefix)
    }

    pub(in crate::store) async fn remove_document(
        &self,
        bucket: &str,
        name: &str,
    ) -> Result<bool, StoreError> {
        let (in_bucket, named) = (bucket.to_owned(), name.to_owned());
        let remove = move |db: &Connection| {
            let sql = "DELETE FROM documents WHERE bucket = ?1 AND name = ?2";
            Ok(db.execute(sql, params![in_bucket, named])? == 1)
        };
        let doing = Doing::freeing("remove a document");
        let is_gone = self.writes.write(doing, remove).await?;
        self.buckets.documents_mut().remove(bucket, name);
        Ok(is_gone)
    }
}

/// Whether there is a bucket of this name.
pub(in crate::store) fn exists(db: &Connection, name: &str) -> rusqlite::Result<bool> {
    let exists = "SELECT EXISTS (SELECT 1 FROM buckets WHERE name = ?1)";
    db.prepare_cached(exists)?
        .query_row([name], |row| row.get(0))
}

/// Adds a bucket, unless there is one of this name.
pub(in crate::store) fn insert(db: &Connection, bucket: &BucketRecord) -> rusqlite::Result<()> {
    let json = serde_json::to_string(bucket)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    db.prepare_cached(INSERT)?
        .execute(params![bucket.name, json])?;
    Ok(())
}

/// Keeps a document of a bucket that is there.
pub(in crate::store) fn insert_document(
    db: &Connection,
    bucket: &str,
    name: &str,
    bytes: &[u8],
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO documents (bucket, name, bytes) VALUES (?1, ?2, ?3) \
               ON CONFLICT (bucket, name) DO UPDATE SET bytes = excluded.bytes";
    db.prepare_cached(sql)?
        .execute(params![bucket, name, bytes])?;
    Ok(())
}

fn load_records(db: &Connection) -> Result<BTreeMap<String, Arc<BucketRecord>>, StoreError> {
    let rows = || {
        let mut statement = db.prepare("SELECT record FROM buckets")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let rows = rows().map_err(StoreError::sqlite("read buckets"))?;
    let records = rows.iter().map(|row| {
        let record: BucketRecord = from_json(row)?;
        Ok((record.name.clone(), record.into()))
    });
    records.collect()
}

fn load_documents(db: &Connection) -> rusqlite::Result<Documents> {
    let mut statement = db.prepare("SELECT bucket, name, bytes FROM documents")?;
    let mut rows = statement.query([])?;
    let mut documents = Documents::default();
    while let Some(row) = rows.next()? {
        let (bucket, name): (String, String) = (row.get(0)?, row.get(1)?);
        documents.put(&bucket, &name, row.get::<_, Vec<u8>>(2)?.into());
    }
    Ok(documents)
}
