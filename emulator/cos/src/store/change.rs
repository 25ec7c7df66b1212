//! Changes that concern records and bodies: decided for both in one transaction, and carried out after its commit.
//!
//! `decide` may run more than once, as a transaction may fail for what another change in it did.

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::Connection;

use super::bodies::{Bodies, BodyWriter, Remains};
use super::catalog::{
    ObjectRow, OwnedAt, StoredPart, bucket_exists, end_upload, find_parts, put_part, to_json,
    upload_exists,
};
use super::{PartRecord, StoreError, UploadAt};

/// An object that is about to be stored.
pub(super) struct NewObject {
    object: ObjectRow,
    body: Box<dyn BodyWriter>,
    bodies: Arc<dyn Bodies>,
    upload: Option<Upload>,
}

/// The upload that an object is made of, which ends with it.
struct Upload {
    at: UploadAt,
    numbers: Vec<u32>,
    /// What the body was assembled from.
    parts: Vec<StoredPart>,
}

impl NewObject {
    pub(super) fn new(
        object: ObjectRow,
        body: Box<dyn BodyWriter>,
        bodies: Arc<dyn Bodies>,
    ) -> Self {
        Self {
            object,
            body,
            bodies,
            upload: None,
        }
    }

    /// Ends the upload from whose parts the body was assembled.
    pub(super) fn of_upload(
        mut self,
        at: UploadAt,
        numbers: Vec<u32>,
        parts: Vec<StoredPart>,
    ) -> Self {
        self.upload = Some(Upload { at, numbers, parts });
        self
    }

    pub(super) fn decide(&mut self, db: &Connection) -> rusqlite::Result<Option<Remains>> {
        if !bucket_exists(db, &self.object.at.bucket)? {
            return Ok(None);
        }
        let mut remains = Remains::default();
        if let Some(upload) = &self.upload {
            let Some(unused) = upload.end(db)? else {
                return Ok(None);
            };
            for part in unused {
                self.bodies.release_part(db, part, &mut remains)?;
            }
        }
        let replaced = self.object.at.take(db)?;
        let object = &mut self.object;
        self.body.place(db, object, replaced, &mut remains)?;
        object.insert(db)?;
        Ok(Some(remains))
    }

    pub(super) fn finish(self, decided: Option<Remains>) -> Result<bool, StoreError> {
        let Some(remains) = decided else {
            return Ok(false);
        };
        self.body.finish(remains)?;
        Ok(true)
    }
}

impl Upload {
    /// Ends the upload; returns the parts that the body was not assembled from. `None`, and nothing changes, if upload or
    /// parts are no longer what they were.
    fn end(&self, db: &Connection) -> rusqlite::Result<Option<Vec<StoredPart>>> {
        if !upload_exists(db, &self.at)?
            || find_parts(db, &self.at, &self.numbers)?.as_ref() != Some(&self.parts)
        {
            return Ok(None);
        }
        let used: HashSet<i64> = self.parts.iter().map(|part| part.body).collect();
        let mut unused = end_upload(db, &self.at)?;
        unused.retain(|part| !used.contains(&part.body));
        Ok(Some(unused))
    }
}

/// A part that is about to be stored.
pub(super) struct NewPart {
    at: UploadAt,
    part: PartRecord,
    /// The record as it is kept.
    json: String,
    body: Box<dyn BodyWriter>,
    bodies: Arc<dyn Bodies>,
}

impl NewPart {
    pub(super) fn new(
        at: UploadAt,
        part: PartRecord,
        body: Box<dyn BodyWriter>,
        bodies: Arc<dyn Bodies>,
    ) -> Result<Self, StoreError> {
        let json = to_json(&part)?;
        Ok(Self {
            at,
            part,
            json,
            body,
            bodies,
        })
    }

    pub(super) fn decide(&mut self, db: &Connection) -> rusqlite::Result<Option<Remains>> {
        if !upload_exists(db, &self.at)? {
            return Ok(None);
        }
        let number = self.body.keep_as_part(db)?;
        let mut remains = Remains::default();
        if let Some(replaced) = put_part(db, &self.at, &self.part, number, &self.json)? {
            self.bodies.release_part(db, replaced, &mut remains)?;
        }
        Ok(Some(remains))
    }

    pub(super) fn finish(self, decided: Option<Remains>) -> Result<bool, StoreError> {
        let Some(remains) = decided else {
            return Ok(false);
        };
        self.body.finish(remains)?;
        Ok(true)
    }
}

/// An object that is about to be removed for good.
pub(super) struct Removed {
    at: OwnedAt,
    bodies: Arc<dyn Bodies>,
}

impl Removed {
    pub(super) fn new(at: OwnedAt, bodies: &Arc<dyn Bodies>) -> Self {
        Self {
            at,
            bodies: Arc::clone(bodies),
        }
    }

    pub(super) fn decide(&mut self, db: &Connection) -> rusqlite::Result<Option<Remains>> {
        let Some(row) = self.at.take(db)? else {
            return Ok(None);
        };
        let mut remains = Remains::default();
        self.bodies
            .release(db, &self.at.bucket, &row, &mut remains)?;
        Ok(Some(remains))
    }

    pub(super) fn finish(self, decided: Option<Remains>) -> Result<bool, StoreError> {
        clear(&*self.bodies, decided)
    }
}

/// An upload that is about to be forgotten.
pub(super) struct Aborted {
    at: UploadAt,
    bodies: Arc<dyn Bodies>,
}

impl Aborted {
    pub(super) fn new(at: UploadAt, bodies: &Arc<dyn Bodies>) -> Self {
        Self {
            at,
            bodies: Arc::clone(bodies),
        }
    }

    pub(super) fn decide(&mut self, db: &Connection) -> rusqlite::Result<Option<Remains>> {
        if !upload_exists(db, &self.at)? {
            return Ok(None);
        }
        let mut remains = Remains::default();
        for part in end_upload(db, &self.at)? {
            self.bodies.release_part(db, part, &mut remains)?;
        }
        Ok(Some(remains))
    }

    pub(super) fn finish(self, decided: Option<Remains>) -> Result<bool, StoreError> {
        clear(&*self.bodies, decided)
    }
}

fn clear(bodies: &dyn Bodies, decided: Option<Remains>) -> Result<bool, StoreError> {
    let Some(remains) = decided else {
        return Ok(false);
    };
    bodies.clear(remains)?;
    Ok(true)
}
