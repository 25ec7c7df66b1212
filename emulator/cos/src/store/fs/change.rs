//! How files change: decided and noted in one transaction, carried out right after it.

use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::types::Type;

use super::disk::Sum;
use super::{Inner, Source, claims, notes};
use crate::store::catalog::{
    Object, Owned, Row, bucket_exists, end_upload, find_parts, upload_exists,
};
use crate::store::{At, ObjectRecord, StoreError, UploadAt};

/// A body that is about to be committed. Dropping it discards it, unless it has got its place.
#[derive(Debug)]
pub(super) struct Draft {
    inner: Arc<Inner>,
    number: i64,
    source: Source,
    is_done: bool,
}

/// What has been decided, and is to be done in the folder.
#[derive(Debug, Default)]
struct Decided {
    bucket: String,
    /// Where the body goes.
    placed: Option<String>,
    /// Which file goes.
    vacated: Option<String>,
    /// Staged bodies that nobody needs any more.
    left: Vec<i64>,
    /// The last note about it.
    seq: i64,
}

impl Draft {
    pub(super) fn new(inner: &Arc<Inner>, number: i64, source: Source) -> Self {
        inner.arriving.announce(number, source.clone());
        Self {
            inner: Arc::clone(inner),
            number,
            source,
            is_done: false,
        }
    }

    pub(super) fn number(&self) -> i64 {
        self.number
    }

    /// Leaves the body in its staged file.
    pub(super) fn keep(mut self) {
        self.is_done = true;
        self.inner.arriving.withdraw(self.number);
    }

    fn place(&mut self, bucket: &str, path: &str) -> Result<(), StoreError> {
        // If it fails, the body is read from where it is now, until the store opens again.
        self.is_done = true;
        self.inner.disk.place_body(self.number, bucket, path)?;
        self.inner.arriving.withdraw(self.number);
        Ok(())
    }

    fn bytes(&self) -> usize {
        match &self.source {
            Source::Bytes(bytes) => bytes.len(),
            Source::File => 0,
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        self.inner.arriving.withdraw(self.number);
        self.inner.disk.discard(self.number);
    }
}

impl Inner {
    /// Makes a draft an object, and ends the upload that it comes from.
    pub(super) async fn put(
        self: &Arc<Self>,
        bucket: String,
        record: &ObjectRecord,
        draft: Draft,
        upload: Option<(UploadAt, Vec<u32>)>,
    ) -> Result<bool, StoreError> {
        let object = Object::new(bucket, record, draft.number, false)?;
        let (source, this) = (draft.source.clone(), Arc::clone(self));
        let decide = move |db: &Connection| this.decide_put(db, &object, &source, upload.as_ref());
        let this = Arc::clone(self);
        let carry_out = move |decided: Option<Decided>| {
            let is_kept = decided.is_some();
            if let Some(decided) = decided {
                this.carry_out(decided, Some(draft))?;
            }
            Ok(is_kept)
        };
        self.writes
            .write_then("store an object", decide, carry_out)
            .await
    }

    /// Removes an object for good.
    pub(super) async fn remove(self: &Arc<Self>, at: At<'_>) -> Result<bool, StoreError> {
        let (at, this) = (Owned::from(at), Arc::clone(self));
        let decide = move |db: &Connection| {
            let Some(row) = at.take(db)? else {
                return Ok(None);
            };
            let mut decided = Decided::new(&at);
            this.vacate(db, &mut decided, &row)?;
            Ok(Some(decided))
        };
        let this = Arc::clone(self);
        let carry_out = move |decided: Option<Decided>| {
            let was_there = decided.is_some();
            if let Some(decided) = decided {
                this.carry_out(decided, None)?;
            }
            Ok(was_there)
        };
        self.writes
            .write_then("remove an object", decide, carry_out)
            .await
    }

    fn decide_put(
        &self,
        db: &Connection,
        object: &Object,
        source: &Source,
        upload: Option<&(UploadAt, Vec<u32>)>,
    ) -> rusqlite::Result<Option<Decided>> {
        if !bucket_exists(db, &object.at.bucket)? {
            return Ok(None);
        }
        let mut decided = Decided::new(&object.at);
        if let Some((at, numbers)) = upload {
            if !upload_exists(db, at)? || find_parts(db, at, numbers)?.is_none() {
                return Ok(None);
            }
            let bodies = end_upload(db, at)?;
            decided.left = bodies.into_iter().map(|(body, _)| body).collect();
        }
        let mut object = object.clone();
        let replaced = object.at.take(db)?;
        if object.is_marker {
            if let Some(row) = replaced {
                self.vacate(db, &mut decided, &row)?;
            }
        } else {
            // What replaces a file has its path.
            object.path = match replaced {
                Some(row) if !row.path.is_empty() => row.path,
                _ => claims::take(db, &self.disk, &object.at)?,
            };
            decided.seq = self.number();
            let place = (object.at.bucket.as_str(), object.path.as_str());
            notes::put(db, decided.seq, place, object.body, source)?;
            decided.placed = Some(object.path.clone());
        }
        object.insert(db)?;
        Ok(Some(decided))
    }

    /// Gives up the path of an object that has gone, if it had one.
    fn vacate(&self, db: &Connection, decided: &mut Decided, row: &Row) -> rusqlite::Result<()> {
        if row.path.is_empty() {
            return Ok(());
        }
        let bucket = decided.bucket.as_str();
        claims::release(db, bucket, &row.path)?;
        decided.seq = self.number();
        let sum = Sum::of(row)?;
        notes::remove(db, decided.seq, (bucket, &row.path), sum)?;
        decided.vacated = Some(row.path.clone());
        Ok(())
    }

    /// Does what has been committed. If it fails, that is done when the store opens again.
    fn carry_out(&self, decided: Decided, draft: Option<Draft>) -> Result<(), StoreError> {
        let bytes = draft.as_ref().map_or(0, Draft::bytes);
        let carried_out = self.change_files(&decided, draft);
        match carried_out {
            Ok(()) if decided.seq > 0 => self.progress.advance(decided.seq, 1, bytes),
            Ok(()) => {}
            Err(_) => self.progress.stick(),
        }
        for number in decided.left {
            self.disk.discard(number);
        }
        carried_out
    }

    fn change_files(&self, decided: &Decided, draft: Option<Draft>) -> Result<(), StoreError> {
        if let (Some(path), Some(mut draft)) = (&decided.placed, draft) {
            draft.place(&decided.bucket, path)?;
        }
        if let Some(path) = &decided.vacated {
            self.disk.remove_body(&decided.bucket, path)?;
        }
        Ok(())
    }
}

impl Sum {
    /// What the file of a row should be.
    fn of(row: &Row) -> rusqlite::Result<Self> {
        serde_json::from_str(&row.record).map_err(|error| {
            let column = 4;
            rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
        })
    }
}

impl Decided {
    fn new(at: &Owned) -> Self {
        Self {
            bucket: at.bucket.clone(),
            ..Self::default()
        }
    }
}
