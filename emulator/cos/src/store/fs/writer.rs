//! Bodies on their way into files.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use rusqlite::Connection;

use super::disk::Disk;
use super::unplaced::Source;
use super::{Shared, paths, redo_log};
use crate::store::bodies::{BodyWriter, Purpose, Remains};
use crate::store::catalog::{FoundRow, ObjectRow};
use crate::store::{Pending, StoreError};

/// What is kept in memory before it goes to the disk: as much as may wait to be hashed, so that it is in memory anyway.
const WRITTEN: usize = 512 * 1024;

/// Bytes of a body at most that is committed together with its record.
const SMALL: usize = 64 * 1024;

/// A body on its way in. A small one has no file before it is prepared.
pub(super) struct FileWriter {
    number: i64,
    shared: Arc<Shared>,
    /// What is not in the file yet, as it came.
    rest: Vec<Bytes>,
    rest_size: usize,
    /// Whether there are bytes in the file. It is open only while bytes are written: there may be more bodies on their way than
    /// files that can be open.
    has_file: bool,
    /// Whether there may be a staged file, which goes if the body is dropped.
    is_staged: bool,
    /// Whether all of it is in the file, and on disk.
    has_ended: bool,
    /// Where the body is read from once it is committed and until it is in place.
    source: Option<Source>,
    /// The staged bodies that it was assembled from, which go when it is placed.
    parts: Vec<i64>,
}

/// When the bytes of a file are brought to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flush {
    /// More bytes come.
    Incomplete,
    /// All bytes have come, and have to be on disk.
    Now,
    /// All bytes have come, and are brought to the disk with those of many others.
    Later,
}

impl FileWriter {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self {
            number: shared.number(),
            shared: Arc::clone(shared),
            rest: Vec::new(),
            rest_size: 0,
            has_file: false,
            is_staged: false,
            has_ended: false,
            source: None,
            parts: Vec::new(),
        }
    }

    /// Joins staged bodies in a file of their own.
    pub(super) async fn assemble(shared: Arc<Shared>, parts: Vec<i64>) -> Result<Self, StoreError> {
        let mut body = Self::new(&shared);
        body.is_staged = true;
        body.parts = parts;
        let joined = shared.with_files(move |shared| {
            shared.disk.join(&body.parts, body.number)?;
            body.has_ended = true;
            Ok(body)
        });
        joined.await
    }

    /// Whether it goes into a file before it is committed.
    fn is_large(&self) -> bool {
        self.is_staged || self.rest_size > SMALL
    }

    /// Writes what has come.
    async fn write_out(&mut self, flush: Flush) -> Result<(), StoreError> {
        self.is_staged = true;
        self.rest_size = 0;
        let (number, has_file) = (self.number, self.has_file);
        let rest = std::mem::take(&mut self.rest);
        let append = self.shared.with_files(move |shared| {
            let file = append(shared, number, has_file, &rest)?;
            match flush {
                Flush::Now => shared.disk.sync_staged(&file, number),
                _ => Ok(()),
            }
        });
        append.await?;
        self.has_file = true;
        self.has_ended = flush != Flush::Incomplete;
        Ok(())
    }

    /// All bytes of a small body.
    fn whole(&mut self) -> Bytes {
        match self.rest.as_mut_slice() {
            [only] => std::mem::take(only),
            pieces => pieces.concat().into(),
        }
    }

    /// Decides where the body of an object is read from until it is in place.
    fn announce(&mut self, is_marker: bool) -> Result<(), StoreError> {
        let source = if self.has_ended {
            Source::File
        } else if is_marker {
            Source::Bytes(Bytes::new())
        } else {
            // Here rather than after the commit, where all others would wait for it.
            let bytes = self.whole();
            self.is_staged = true;
            self.shared.disk.write_body(self.number, &bytes)?;
            Source::Bytes(bytes)
        };
        self.shared.unplaced.announce(self.number, source.clone());
        self.source = Some(source);
        Ok(())
    }

    /// Moves the body to its path.
    fn move_to(&mut self, bucket: &str, path: &str) -> Result<(), StoreError> {
        // If it fails, the body is read from where it is now, until the store opens again.
        (self.is_staged, self.source) = (false, None);
        self.shared.disk.place_body(self.number, bucket, path)?;
        self.shared.unplaced.withdraw(self.number);
        Ok(())
    }
}

/// Appends to the file of a staged body, which is created with the first bytes.
fn append(
    shared: &Shared,
    number: i64,
    has_file: bool,
    pieces: &[Bytes],
) -> Result<File, StoreError> {
    let path = shared.disk.staged_body(number);
    let file = if has_file {
        shared.disk.append_staged(number)?
    } else {
        shared.disk.create_staged(number)?
    };
    // Gathers small pieces; larger ones go to the system as they are.
    let mut out = BufWriter::new(&file);
    let mut pieces = pieces.iter();
    let written = pieces.try_for_each(|piece| out.write_all(piece));
    written
        .and_then(|()| out.flush())
        .map_err(StoreError::io("write", &path))?;
    drop(out);
    Ok(file)
}

impl BodyWriter for FileWriter {
    fn write(&mut self, chunk: Bytes) -> Pending<'_, ()> {
        async move {
            self.has_ended = false;
            self.rest_size += chunk.len();
            self.rest.push(chunk);
            if self.rest_size >= WRITTEN {
                self.write_out(Flush::Incomplete).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn end(&mut self) -> Pending<'_, ()> {
        async move {
            if self.is_large() && !self.has_ended {
                self.write_out(Flush::Now).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn prepare(&mut self, purpose: Purpose) -> Pending<'_, ()> {
        async move {
            let needs_file =
                self.is_large() || matches!(purpose, Purpose::Part | Purpose::OneOfMany);
            if needs_file && !self.has_ended {
                self.write_out(match purpose {
                    Purpose::OneOfMany if Disk::FLUSHES_MANY => Flush::Later,
                    _ => Flush::Now,
                })
                .await?;
            }
            match purpose {
                Purpose::Object | Purpose::OneOfMany => self.announce(false),
                Purpose::Marker => self.announce(true),
                Purpose::Part => Ok(()),
            }
        }
        .boxed()
    }

    fn place(
        &mut self,
        db: &Connection,
        object: &mut ObjectRow,
        replaced: Option<FoundRow>,
        remains: &mut Remains,
    ) -> rusqlite::Result<()> {
        object.body = self.number;
        object.path = String::new();
        remains.bodies.extend_from_slice(&self.parts);
        if object.is_marker {
            return match replaced {
                Some(row) => self.shared.vacate(db, &object.at.bucket, &row, remains),
                None => Ok(()),
            };
        }
        // What replaces a file has its path.
        object.path = match replaced {
            Some(row) if !row.path.is_empty() => row.path,
            _ => paths::take(db, &self.shared.disk, &object.at)?,
        };
        remains.entry = self.shared.number();
        let source = self
            .source
            .as_ref()
            .expect("it is announced before it is placed");
        let place = (object.at.bucket.as_str(), object.path.as_str());
        redo_log::put(db, remains.entry, place, self.number, source)?;
        remains.bucket.clone_from(&object.at.bucket);
        remains.placed = Some(object.path.clone());
        Ok(())
    }

    fn keep_as_part(&mut self, _: &Connection) -> rusqlite::Result<i64> {
        Ok(self.number)
    }

    fn finish(mut self: Box<Self>, remains: Remains) -> Result<(), StoreError> {
        let bytes = self.source.as_ref().map_or(0, Source::in_memory);
        let placed = match &remains.placed {
            Some(path) => self.move_to(&remains.bucket, path),
            None => Ok(()),
        };
        if self.source.is_none() {
            // A part stays in its staged file.
            self.is_staged = false;
        }
        let shared = Arc::clone(&self.shared);
        drop(self);
        shared.carry_out(remains, placed, bytes)
    }
}

impl Drop for FileWriter {
    /// Removing a name is quick enough to be done here.
    fn drop(&mut self) {
        if self.source.is_some() {
            self.shared.unplaced.withdraw(self.number);
        }
        if self.is_staged {
            self.shared.disk.discard(self.number);
        }
    }
}
