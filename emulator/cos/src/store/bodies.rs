//! The seam between the store and the places where bytes are kept: [`Bodies`], with two implementations, plain files and
//! rows of the database.
//!
//! Records are the store's own and are in its catalog. An implementation is asked at the moments at which bytes appear, are
//! read or go, and decides on its own tables in the transaction that changes the records.

use std::fmt;
use std::io;
use std::ops::Range;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use rusqlite::Connection;

use super::catalog::{FoundRow, ObjectRow, StoredPart};
use super::files::Place;
use super::{At, ObjectRecord, Pending, StoreError};

/// The record of an object together with exactly the body that belongs to it.
pub type Found = (ObjectRecord, Box<dyn Body>);

/// Bytes of a body, in order.
pub type BodyStream = BoxStream<'static, io::Result<Bytes>>;

/// A body on its way out. It stays what it was when it was opened.
pub trait Body: Send {
    /// The bytes of `range`, if they are in memory already.
    fn in_memory(&self, _range: &Range<u64>) -> Option<Bytes> {
        None
    }

    /// The bytes of `range`, which must lie within the body.
    fn stream(self: Box<Self>, range: Range<u64>) -> BodyStream;
}

/// Where the bytes of objects and parts are. Each body has a number, which the catalog refers to.
///
/// Methods with a connection are called within a transaction, which may fail and be run again: they may change tables and
/// what they are given, nothing else.
pub(super) trait Bodies: fmt::Debug + Send + Sync {
    /// Begins a body.
    fn stage(&self) -> Box<dyn BodyWriter>;

    /// Makes one staged body of parts, in this order. The parts stay until that body is placed.
    fn assemble(&self, parts: Vec<StoredPart>) -> Pending<'static, Box<dyn BodyWriter>>;

    /// An object with its body, which keeps the place if it keeps a file open.
    fn open(&self, at: At<'_>, place: Option<Place>) -> Result<Option<Found>, StoreError>;

    /// In a transaction: releases the body of an object of `bucket` whose row is gone.
    fn release(
        &self,
        db: &Connection,
        bucket: &str,
        row: &FoundRow,
        remains: &mut Remains,
    ) -> rusqlite::Result<()>;

    /// In a transaction: releases the body of a part whose row is gone.
    fn release_part(
        &self,
        db: &Connection,
        part: StoredPart,
        remains: &mut Remains,
    ) -> rusqlite::Result<()>;

    /// After the commit: removes what was released. Called before the next transaction is committed.
    fn clear(&self, remains: Remains) -> Result<(), StoreError>;

    /// A bucket has been created.
    fn add_bucket(&self, _name: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// A bucket, which was empty, has been removed.
    fn remove_bucket(&self, _name: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// Sees to it that all bodies that were prepared as one of many are on disk, as far as the store promises that.
    fn flush(&self) -> Pending<'static, ()> {
        std::future::ready(Ok(())).boxed()
    }

    /// Stops what runs in the background. Called once, before the catalog is closed.
    fn close(&self) {}
}

/// A body on its way in. Dropping it discards it, unless it was finished.
///
/// A body is written, ended, prepared, placed or kept as a part in a transaction, and finished after the commit, in this
/// order.
pub(super) trait BodyWriter: Send {
    /// Appends bytes. Memory stays bounded however many come.
    fn write(&mut self, chunk: Bytes) -> Pending<'_, ()>;

    /// All bytes have come: brings those of a large body to where they will be.
    fn end(&mut self) -> Pending<'_, ()>;

    /// Does what has to be done before the transaction.
    fn prepare(&mut self, purpose: Purpose) -> Pending<'_, ()>;

    /// In a transaction: makes it the body of `object`, whose row is inserted next, and releases the body of the row that
    /// the object replaces.
    fn place(
        &mut self,
        db: &Connection,
        object: &mut ObjectRow,
        replaced: Option<FoundRow>,
        remains: &mut Remains,
    ) -> rusqlite::Result<()>;

    /// In a transaction: keeps it as the body of a part, and returns its number.
    fn keep_as_part(&mut self, db: &Connection) -> rusqlite::Result<i64>;

    /// After the commit: completes what was decided, and removes what was released. Called before the next transaction is
    /// committed.
    fn finish(self: Box<Self>, remains: Remains) -> Result<(), StoreError>;
}

/// What a staged body is going to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Object,
    /// An object among many that are committed together, after [`Bodies::flush`]. None of its bytes stay in memory until then.
    OneOfMany,
    /// A delete marker, which has no bytes.
    Marker,
    Part,
}

/// What a transaction has decided about bodies, to be carried out after its commit.
#[derive(Debug, Default)]
pub(super) struct Remains {
    /// The bucket of the paths.
    pub(super) bucket: String,
    /// The path that the new body gets.
    pub(super) placed: Option<String>,
    /// The path of the file that is to be removed.
    pub(super) vacated: Option<String>,
    /// Released bodies that are at no path.
    pub(super) bodies: Vec<i64>,
    /// The last entry about this in the redo log; 0 without one.
    pub(super) entry: i64,
}

/// The bytes of `range`; `None` if it does not lie within the body.
pub(super) fn slice(whole: &Bytes, range: &Range<u64>) -> Option<Bytes> {
    let start = usize::try_from(range.start).ok()?;
    let end = usize::try_from(range.end).ok()?;
    (start <= end && end <= whole.len()).then(|| whole.slice(start..end))
}

/// The bytes of `range` as a stream.
pub(super) fn stream_slice(whole: &Bytes, range: &Range<u64>) -> BodyStream {
    let outside = || io::Error::other("the range is not within the body");
    stream::once(std::future::ready(slice(whole, range).ok_or_else(outside))).boxed()
}
