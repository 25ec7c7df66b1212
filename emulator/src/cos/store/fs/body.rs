//! Bodies in files, on their way in and out.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, StreamExt as _, stream};

use super::change::Draft;
use super::disk::is_absent;
use super::{Inner, Source};
use crate::cos::store::catalog::Owned;
use crate::cos::store::{
    At, Body, BodyStream, Found, ObjectRecord, PartRecord, Pending, Staged, StoreError, UploadAt,
    part, stream_whole,
};

/// What is kept in memory before it goes to the disk, and what is read from there at once.
const CHUNK: usize = 256 * 1024;

/// Bytes of a body at most that is committed together with its record, and read on the calling thread.
const SMALL: usize = 64 * 1024;

/// A body on its way in. A small one has no file before it is committed.
pub(super) struct Coming {
    number: i64,
    inner: Arc<Inner>,
    rest: BytesMut,
    file: Option<File>,
    /// Whether there may be a file to remove.
    has_begun: bool,
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
            rest: BytesMut::new(),
            file: None,
            has_begun: false,
        }
    }

    /// Writes what is left, and sees to it that all of it is on disk.
    fn store(&mut self) -> Pending<'static, ()> {
        self.has_begun = true;
        let (number, file, bytes) = (self.number, self.file.take(), self.rest.split().freeze());
        self.inner.blocking(move |inner| {
            let file = append(inner, number, file, &bytes)?;
            inner.disk.sync_staged(&file, number)
        })
    }
}

/// Appends to the file of a staged body, which is created with the first bytes.
fn append(
    inner: &Inner,
    number: i64,
    file: Option<File>,
    bytes: &[u8],
) -> Result<File, StoreError> {
    let path = inner.disk.staged_body(number);
    let mut file = match file {
        Some(file) => file,
        None => File::create(&path).map_err(StoreError::io("create", &path))?,
    };
    file.write_all(bytes)
        .map_err(StoreError::io("write", &path))?;
    Ok(file)
}

impl Staged for Coming {
    fn write(&mut self, chunk: Bytes) -> Pending<'_, ()> {
        async move {
            self.rest.extend_from_slice(&chunk);
            if self.rest.len() < CHUNK {
                return Ok(());
            }
            self.has_begun = true;
            let (number, file, bytes) = (self.number, self.file.take(), self.rest.split().freeze());
            let append = self
                .inner
                .blocking(move |inner| append(inner, number, file, &bytes));
            self.file = Some(append.await?);
            Ok(())
        }
        .boxed()
    }

    fn commit(mut self: Box<Self>, bucket: String, record: ObjectRecord) -> Pending<'static, bool> {
        async move {
            let source = if self.has_begun || self.rest.len() > SMALL {
                self.store().await?;
                Source::File
            } else {
                Source::Bytes(self.rest.split().freeze())
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
            self.store().await?;
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

fn stream_file(file: File, range: Range<u64>) -> BodyStream {
    stream::try_unfold((file, range), |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || read(file, range));
        read.await.map_err(io::Error::other)?.map(Some)
    })
    .boxed()
}

fn read(mut file: File, range: Range<u64>) -> io::Result<(Bytes, (File, Range<u64>))> {
    let size = usize::try_from(range.end - range.start)
        .unwrap_or(CHUNK)
        .min(CHUNK);
    let mut bytes = BytesMut::zeroed(size);
    file.seek(SeekFrom::Start(range.start))?;
    file.read_exact(&mut bytes)?;
    let next = range.start + size as u64..range.end;
    Ok((bytes.freeze(), (file, next)))
}
