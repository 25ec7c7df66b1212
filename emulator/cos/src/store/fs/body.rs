//! Bodies in files, on their way in and out.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, StreamExt as _, stream};

use super::change::Draft;
use super::disk::is_absent;
use super::{Inner, Source};
use crate::store::catalog::Owned;
use crate::store::{
    At, Body, BodyStream, Found, ObjectRecord, PartRecord, Pending, Staged, StoreError, UploadAt,
    part, stream_whole,
};

/// What is kept in memory before it goes to the disk: as much as may wait to be hashed, so that it is in memory anyway.
const WRITTEN: usize = 512 * 1024;

/// What is read from the disk at once.
const READ: usize = 256 * 1024;

/// What is read at once if the system has it in memory. The allocator keeps blocks of this size; larger ones it may get from
/// the system and give back each time, and touching new pages takes longer than the copying.
const CACHED: usize = 64 * 1024;

/// Bytes of a body at most that is committed together with its record, and read on the calling thread.
const SMALL: usize = 64 * 1024;

/// A body on its way in. A small one has no file before it is committed.
pub(super) struct Coming {
    number: i64,
    inner: Arc<Inner>,
    /// What is not in the file yet, as it came.
    rest: Vec<Bytes>,
    rest_size: usize,
    file: Option<File>,
    /// Whether there may be a file to remove.
    has_begun: bool,
    /// Whether all of it is in the file, and on disk.
    has_ended: bool,
}

/// A body on its way out.
pub(super) enum Going {
    /// All bytes; they are few.
    Whole(Bytes),
    File(File),
}

impl Coming {
    pub(super) fn new(number: i64, inner: Arc<Inner>) -> Self {
        Self {
            number,
            inner,
            rest: Vec::new(),
            rest_size: 0,
            file: None,
            has_begun: false,
            has_ended: false,
        }
    }

    /// Whether it goes into a file before it is committed.
    fn is_large(&self) -> bool {
        self.has_begun || self.rest_size > SMALL
    }

    /// Writes what has come. If that is `all`, sees to it that it is on disk.
    async fn write_out(&mut self, is_all: bool) -> Result<(), StoreError> {
        self.has_begun = true;
        self.rest_size = 0;
        let (number, file, rest) = (
            self.number,
            self.file.take(),
            std::mem::take(&mut self.rest),
        );
        let append = self.inner.blocking(move |inner| {
            let file = append(inner, number, file, &rest)?;
            if is_all {
                inner.disk.sync_staged(&file, number)?;
            }
            Ok(file)
        });
        self.file = Some(append.await?);
        self.has_ended = is_all;
        Ok(())
    }

    /// All bytes of a small body.
    fn whole(&mut self) -> Bytes {
        match self.rest.as_mut_slice() {
            [only] => std::mem::take(only),
            pieces => pieces.concat().into(),
        }
    }
}

/// Appends to the file of a staged body, which is created with the first bytes.
fn append(
    inner: &Inner,
    number: i64,
    file: Option<File>,
    pieces: &[Bytes],
) -> Result<File, StoreError> {
    let path = inner.disk.staged_body(number);
    let file = match file {
        Some(file) => file,
        None => File::create(&path).map_err(StoreError::io("create", &path))?,
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

impl Staged for Coming {
    fn write(&mut self, chunk: Bytes) -> Pending<'_, ()> {
        async move {
            self.has_ended = false;
            self.rest_size += chunk.len();
            self.rest.push(chunk);
            if self.rest_size >= WRITTEN {
                self.write_out(false).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn end(&mut self) -> Pending<'_, ()> {
        async move {
            if self.is_large() && !self.has_ended {
                self.write_out(true).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn commit(mut self: Box<Self>, bucket: String, record: ObjectRecord) -> Pending<'static, bool> {
        async move {
            self.end().await?;
            let source = if self.has_ended {
                Source::File
            } else if record.is_delete_marker() {
                Source::Bytes(Bytes::new())
            } else {
                // Here rather than after the commit, where all others would wait for it.
                let bytes = self.whole();
                self.has_begun = true;
                self.inner.disk.write_body(self.number, &bytes)?;
                Source::Bytes(bytes)
            };
            // From here on the draft cleans up.
            self.has_begun = false;
            let draft = Draft::new(&self.inner, self.number, source);
            self.inner.put(bucket, &record, draft, None).await
        }
        .boxed()
    }

    fn commit_part(mut self: Box<Self>, at: UploadAt, part: PartRecord) -> Pending<'static, bool> {
        async move {
            if !self.has_ended {
                self.write_out(true).await?;
            }
            self.has_begun = false;
            self.inner.put_part(at, &part, self.number).await
        }
        .boxed()
    }
}

impl Drop for Coming {
    /// Removing a name is quick enough to be done here; committed bodies have no file left.
    fn drop(&mut self) {
        if self.has_begun {
            self.inner.disk.discard(self.number);
        }
    }
}

impl Inner {
    /// The record of an object together with exactly its body.
    pub(super) fn open(&self, at: At<'_>) -> Result<Option<Found>, StoreError> {
        let (at, bucket) = (Owned::from(at), at.bucket);
        loop {
            let calm = self.arriving.calm();
            let Some(row) = self.reads.with(|db| at.find(db))? else {
                return Ok(None);
            };
            let record = row.to_record()?;
            if record.is_delete_marker() {
                return Ok(Some((record, Box::new(Going::Whole(Bytes::new())))));
            }
            let (path, is_arriving) = match self.arriving.source(row.body) {
                Some(Source::Bytes(bytes)) => {
                    return Ok(Some((record, Box::new(Going::Whole(bytes)))));
                }
                Some(Source::File) => (self.disk.staged_body(row.body), true),
                None => (self.disk.body_file(bucket, &row.path), false),
            };
            let opened = self.disk.open(&path)?;
            // Another body may have come under this path meanwhile; but not if none came at all, nor if the record is still
            // the same, because records come first.
            let is_calm = opened.is_ok() && calm.is_some() && self.arriving.calm() == calm;
            if !is_calm {
                let now = self.reads.with(|db| at.find(db))?;
                if now.is_none_or(|now| now.body != row.body) {
                    continue;
                }
            }
            match opened {
                Ok(file) => {
                    let body = Going::new(file, &path, row.size)?;
                    return Ok(Some((record, Box::new(body))));
                }
                // It has got its place meanwhile.
                Err(error) if is_arriving && is_absent(&error) => {}
                Err(error) => return Err(StoreError::io("open", &path)(error)),
            }
        }
    }
}

impl Going {
    fn new(mut file: File, path: &Path, size: u64) -> Result<Self, StoreError> {
        let failed = StoreError::io("read", path);
        let small = usize::try_from(size).ok().filter(|size| *size <= SMALL);
        if let Some(size) = small {
            // Asked for one byte more, the system tells in one call that there is none.
            let mut bytes = vec![0; size + 1];
            let read = match file.read(&mut bytes) {
                Ok(read) => read,
                Err(error) => return Err(failed(error)),
            };
            if read == size {
                bytes.truncate(size);
                return Ok(Self::Whole(bytes.into()));
            }
        }
        match file.metadata() {
            Ok(found) if found.len() == size => Ok(Self::File(file)),
            Ok(found) => Err(StoreError::Damaged {
                what: path.display().to_string(),
                why: format!("it has {} bytes instead of {size}", found.len()),
            }),
            Err(error) => Err(failed(error)),
        }
    }
}

impl Body for Going {
    fn at_hand(&self, range: &Range<u64>) -> Option<Bytes> {
        match self {
            Self::Whole(whole) => part(whole, range),
            Self::File(_) => None,
        }
    }

    fn stream(self: Box<Self>, range: Range<u64>) -> BodyStream {
        match *self {
            Self::File(file) => stream_file(file, range),
            Self::Whole(whole) => stream_whole(&whole, &range),
        }
    }
}

/// Choice: what the system has in memory is read on the calling thread, which takes less than waking another one.
fn stream_file(file: File, range: Range<u64>) -> BodyStream {
    stream::try_unfold((file, range), |(file, range)| async move {
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
        Ok::<_, io::Error>(Some((bytes, (file, next))))
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
