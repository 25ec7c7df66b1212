//! Bodies on their way out of files.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};

use super::Shared;
use super::disk::is_absent;
use super::unplaced::Source;
use crate::store::bodies::{Body, BodyStream, Found, slice, stream_slice};
use crate::store::catalog::OwnedAt;
use crate::store::files::Place;
use crate::store::{At, StoreError};

/// What is read from the disk at once.
const READ: usize = 256 * 1024;

/// What is read at once if the system has it in memory. The allocator keeps blocks of this size; larger ones it may get from
/// the system and give back each time, and touching new pages takes longer than the copying.
const CACHED: usize = 64 * 1024;

/// Bytes of a body at most that is read on the calling thread.
const SMALL: usize = 64 * 1024;

/// A body on its way out.
enum FileReader {
    /// All bytes; they are few.
    InMemory(Bytes),
    File(File, Option<Place>),
}

/// The record of an object together with exactly its body.
pub(super) fn open(
    shared: &Shared,
    at: At<'_>,
    place: Option<Place>,
) -> Result<Option<Found>, StoreError> {
    let (at, bucket) = (OwnedAt::from(at), at.bucket);
    loop {
        let quiet_count = shared.unplaced.quiet_count();
        let Some(row) = shared.reads.with(|db| at.find(db))? else {
            return Ok(None);
        };
        let record = row.to_record()?;
        if record.is_delete_marker() {
            return Ok(Some((record, Box::new(FileReader::InMemory(Bytes::new())))));
        }
        let (path, is_arriving) = match shared.unplaced.source(row.body) {
            Some(Source::Bytes(bytes)) => {
                return Ok(Some((record, Box::new(FileReader::InMemory(bytes)))));
            }
            Some(Source::File) => (shared.disk.staged_body(row.body), true),
            None => (shared.disk.body_file(bucket, &row.path), false),
        };
        let opened = if is_arriving {
            shared.disk.open_staged(row.body)
        } else {
            shared.disk.open_body(bucket, &row.path)
        };
        // Another body may have come under this path meanwhile; but not if none came at all, nor if the record is still
        // the same, because records come first.
        let is_quiet =
            opened.is_ok() && quiet_count.is_some() && shared.unplaced.quiet_count() == quiet_count;
        if !is_quiet {
            let now = shared.reads.with(|db| at.find(db))?;
            if now.is_none_or(|now| now.body != row.body) {
                continue;
            }
        }
        match opened {
            Ok(file) => {
                let body = FileReader::new(file, place, &path, row.size)?;
                return Ok(Some((record, Box::new(body))));
            }
            // It has got its place meanwhile.
            Err(error) if is_arriving && is_absent(&error) => {}
            Err(error) => return Err(StoreError::io("open", &path)(error)),
        }
    }
}

impl FileReader {
    fn new(
        mut file: File,
        place: Option<Place>,
        path: &Path,
        size: u64,
    ) -> Result<Self, StoreError> {
        let failed = StoreError::io("read", path);
        let small = usize::try_from(size).ok().filter(|size| *size <= SMALL);
        if let Some(size) = small {
            // Asked for one byte more, the system tells in one call that the file has ended.
            let mut bytes = vec![0; size + 1];
            let read = match file.read(&mut bytes) {
                Ok(read) => read,
                Err(error) => return Err(failed(error)),
            };
            if read == size {
                bytes.truncate(size);
                return Ok(Self::InMemory(bytes.into()));
            }
        }
        match file.metadata() {
            Ok(found) if found.len() == size => Ok(Self::File(file, place)),
            Ok(found) => Err(StoreError::Damaged {
                what: path.display().to_string(),
                why: format!("it has {} bytes instead of {size}", found.len()),
            }),
            Err(error) => Err(failed(error)),
        }
    }
}

impl Body for FileReader {
    fn in_memory(&self, range: &Range<u64>) -> Option<Bytes> {
        match self {
            Self::InMemory(whole) => slice(whole, range),
            Self::File(..) => None,
        }
    }

    fn stream(self: Box<Self>, range: Range<u64>) -> BodyStream {
        match *self {
            Self::File(file, place) => stream_file(file, place, range),
            Self::InMemory(whole) => stream_slice(&whole, &range),
        }
    }
}

/// Choice: what the system has in memory is read on the calling thread, which takes less than waking another one.
fn stream_file(file: File, place: Option<Place>, range: Range<u64>) -> BodyStream {
    stream::try_unfold((file, place, range), |(file, place, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let (bytes, file) = if let Some(bytes) = read_cached(&file, &range)? {
            (bytes, file)
        } else {
            let range = range.clone();
            let read = move || read(&file, &range).map(|bytes| (bytes, file));
            let read = tokio::task::spawn_blocking(read).await;
            read.map_err(io::Error::other)??
        };
        let next = range.start + bytes.len() as u64..range.end;
        Ok::<_, io::Error>(Some((bytes, (file, place, next))))
    })
    .boxed()
}

/// The beginning of a range, as far as it is in memory; `None` if it has to be waited for.
#[cfg(target_os = "linux")]
fn read_cached(file: &File, range: &Range<u64>) -> io::Result<Option<Bytes>> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    let mut bytes = BytesMut::zeroed(at_most(range, CACHED));
    let into = &mut [io::IoSliceMut::new(&mut bytes)];
    match preadv2(file, into, range.start, ReadWriteFlags::NOWAIT) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(size) => {
            bytes.truncate(size);
            Ok(Some(bytes.freeze()))
        }
        // The latter is from file systems that cannot tell.
        Err(Errno::AGAIN | Errno::INTR | Errno::OPNOTSUPP) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Other systems do not tell.
#[cfg(not(target_os = "linux"))]
fn read_cached(_: &File, _: &Range<u64>) -> io::Result<Option<Bytes>> {
    Ok(None)
}

/// The beginning of a range.
fn read(file: &File, range: &Range<u64>) -> io::Result<Bytes> {
    let mut bytes = BytesMut::zeroed(at_most(range, READ));
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes.freeze())
}

fn at_most(range: &Range<u64>, size: usize) -> usize {
    usize::try_from(range.end - range.start)
        .unwrap_or(size)
        .min(size)
}
