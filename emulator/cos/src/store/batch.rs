//! Many buckets and objects that appear together, or not at all: what a saved state or a folder of files becomes.
//!
//! Bodies are brought in one after the other and belong to nothing; then one transaction makes all of them objects. A process
//! that is killed before has changed nothing, and one that is killed after finds everything when the store opens again.
//!
//! Choice: the records of a batch are in memory until it is committed, the bytes are not.

use std::sync::Arc;

use bytes::Bytes;
use rusqlite::Connection;

use super::bodies::{Bodies, BodyWriter, Purpose, Remains};
use super::catalog::{
    FoundRow, ObjectRow, all_objects, all_parts, forget_everything, insert_bucket, insert_document,
};
use super::{BucketRecord, ObjectRecord, Staged, Store, StoreError};

/// What becomes of everything that is in the store when a batch is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// It stays, except for objects that have the place of one of the batch. Buckets that exist stay as they are.
    Add,
    /// It goes, uploads included.
    Replace,
}

/// Buckets and objects on their way in. Dropping it discards them.
pub struct Batch {
    scope: Scope,
    bodies: Arc<dyn Bodies>,
    buckets: Vec<BucketRecord>,
    documents: Vec<Document>,
    objects: Vec<Arriving>,
}

struct Document {
    bucket: String,
    name: String,
    bytes: Bytes,
}

struct Arriving {
    object: ObjectRow,
    body: Box<dyn BodyWriter>,
}

/// What a transaction has decided about the bodies of a batch.
struct Decided {
    /// What was released by removing what was there, in the order of the redo log.
    released: Vec<Remains>,
    /// One for each object.
    placed: Vec<Remains>,
}

impl Store {
    /// Begins a batch.
    pub fn batch(&self, scope: Scope) -> Batch {
        Batch {
            scope,
            bodies: Arc::clone(&self.bodies),
            buckets: Vec::new(),
            documents: Vec::new(),
            objects: Vec::new(),
        }
    }

    /// Makes everything in a batch part of the store, in one step, and returns when that will survive what the store's
    /// [`Durability`](super::Durability) promises. If it fails, nothing has changed.
    ///
    /// There must be no other change of the store meanwhile, and the future must not be dropped.
    pub async fn commit_batch(&self, batch: Batch) -> Result<(), StoreError> {
        batch.bodies.flush().await?;
        let before = self.catalog.buckets();
        let change = self.catalog.writes.change_alone(
            "store many objects",
            batch,
            Batch::decide,
            |batch, decided| {
                batch.finish(decided);
                Ok(())
            },
        );
        change.await?;
        self.catalog.reload()?;
        self.settle_folders(&before);
        Ok(())
    }

    /// Makes the places of buckets agree with the catalog. A place that is missing is made when it is needed, and an empty one
    /// too many does no harm; so what fails here is no reason to fail.
    fn settle_folders(&self, before: &[BucketRecord]) {
        let after = self.catalog.buckets();
        let is_in = |all: &[BucketRecord], name: &str| all.iter().any(|other| other.name == name);
        let gone = before.iter().filter(|old| !is_in(&after, &old.name));
        let removed = gone.map(|old| self.bodies.remove_bucket(&old.name));
        let new = after.iter().filter(|new| !is_in(before, &new.name));
        let added = new.map(|new| self.bodies.add_bucket(&new.name));
        for error in removed.chain(added).filter_map(Result::err) {
            tracing::warn!(%error, "the folder of a bucket could not be created or removed");
        }
    }
}

impl Batch {
    /// Adds a bucket.
    pub fn add_bucket(&mut self, bucket: BucketRecord) {
        self.buckets.push(bucket);
    }

    /// Adds a document of a bucket of the batch.
    pub fn add_document(&mut self, bucket: String, name: String, bytes: Bytes) {
        let document = Document {
            bucket,
            name,
            bytes,
        };
        self.documents.push(document);
    }

    /// Adds an object of a bucket of the batch. Its bytes are in the store afterwards, as no object yet.
    pub async fn add_object(
        &mut self,
        staged: Staged,
        bucket: String,
        record: &ObjectRecord,
    ) -> Result<(), StoreError> {
        let mut body = staged.into_body();
        let purpose = if record.is_delete_marker() {
            Purpose::Marker
        } else {
            Purpose::OneOfMany
        };
        body.prepare(purpose).await?;
        let object = ObjectRow::new(bucket, record)?;
        self.objects.push(Arriving { object, body });
        Ok(())
    }

    /// The number of its objects.
    pub fn objects(&self) -> u64 {
        self.objects.len() as u64
    }

    fn decide(&mut self, db: &Connection) -> rusqlite::Result<Decided> {
        // An object whose place is taken leaves it to the new one, as with a single upload. So it is not released here.
        let taken = self.objects.iter().map(|new| new.object.at.take(db));
        let taken = taken.collect::<rusqlite::Result<Vec<_>>>()?;
        let released = match self.scope {
            Scope::Add => Vec::new(),
            Scope::Replace => self.release_all(db)?,
        };
        for bucket in &self.buckets {
            insert_bucket(db, bucket)?;
        }
        for document in &self.documents {
            insert_document(db, &document.bucket, &document.name, &document.bytes)?;
        }
        let mut placed = Vec::with_capacity(self.objects.len());
        for (new, replaced) in self.objects.iter_mut().zip(taken) {
            placed.push(new.place(db, replaced)?);
        }
        Ok(Decided { released, placed })
    }

    /// Removes everything, and says which bodies nothing refers to any more.
    fn release_all(&self, db: &Connection) -> rusqlite::Result<Vec<Remains>> {
        let mut released = Vec::new();
        all_objects(db, |bucket, row| {
            let mut remains = Remains::default();
            self.bodies.release(db, bucket, row, &mut remains)?;
            released.push(remains);
            Ok(())
        })?;
        let mut of_parts = Remains::default();
        for part in all_parts(db)? {
            self.bodies.release_part(db, part, &mut of_parts)?;
        }
        released.push(of_parts);
        forget_everything(db)?;
        Ok(released)
    }

    /// After the commit: nothing can fail any more. What is not carried out now is carried out when the store opens again.
    fn finish(self, decided: Decided) {
        let Decided { released, placed } = decided;
        // Bodies at no path go last, all at once.
        let mut loose = Remains::default();
        let report = |done: Result<(), StoreError>| {
            if let Err(error) = done {
                tracing::error!(%error, "an object could not be moved to its final place; the next start does it");
            }
        };
        for mut remains in released {
            loose.bodies.append(&mut remains.bodies);
            report(self.bodies.clear(remains));
        }
        for (new, mut remains) in self.objects.into_iter().zip(placed) {
            loose.bodies.append(&mut remains.bodies);
            report(new.body.finish(remains));
        }
        report(self.bodies.clear(loose));
    }
}

impl Arriving {
    fn place(&mut self, db: &Connection, replaced: Option<FoundRow>) -> rusqlite::Result<Remains> {
        let mut remains = Remains::default();
        self.body
            .place(db, &mut self.object, replaced, &mut remains)?;
        self.object.insert(db)?;
        Ok(remains)
    }
}
