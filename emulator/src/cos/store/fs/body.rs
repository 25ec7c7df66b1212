//! Bodies in files, on their way in and out.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, StreamExt as _, stream};

use super::Inner;
use crate::cos::store::{
    Body, BodyStream, ObjectRecord, PartRecord, Pending, Staged, StoreError, UploadAt,
};

/// What is kept in memory before it goes to the disk, and what is read from there at once.
const CHUNK: usize = 256 * 1024;

/// A body on its way in. A small one goes to its file together with its commit.
pub(super) struct Coming {
    number: u64,
    inner: Arc<Inner>,
    rest: BytesMut,
    file: Option<File>,
    /// Whether there may be a file to remove.
    has_begun: bool,
}

/// A body on its way out.
pub(super) struct Going {
    file: Option<File>,
    /// All bytes, if they are few.
    whole: Option<Bytes>,
}

impl Coming {
    pub(super) fn new(number: u64, inner: Arc<Inner>) -> Self {
        Self {
            number,
            inner,
            rest: BytesMut::new(),
            file: None,
            has_begun: false,
        }
    }
}

/// Appends to the file of a staged body, which is created with the first bytes.
fn append(
    inner: &Inner,
    number: u64,
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
        let (number, file, bytes) = (self.number, self.file.take(), self.rest.split().freeze());
        // From here on the commit cleans up, also when nobody waits for it.
        self.has_begun = false;
        self.inner.blocking(move |inner| {
            let stored = append(inner, number, file, &bytes)
                .and_then(|file| inner.disk.sync_file(&file, &inner.disk.staged_body(number)));
            if let Err(error) = stored {
                inner.disk.discard(number);
                return Err(error);
            }
            inner.commit(number, &bucket, &record)
        })
    }

    fn commit_part(mut self: Box<Self>, at: UploadAt, part: PartRecord) -> Pending<'static, bool> {
        let (number, file, bytes) = (self.number, self.file.take(), self.rest.split().freeze());
        self.has_begun = false;
        self.inner.blocking(move |inner| {
            let kept = append(inner, number, file, &bytes)
                .and_then(|file| inner.disk.sync_file(&file, &inner.disk.staged_body(number)))
                .and_then(|()| inner.keep_part(number, &at, &part));
            if !matches!(kept, Ok(true)) {
                inner.disk.discard(number);
            }
            kept
        })
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

impl Going {
    /// A body without bytes and without a file.
    pub(super) fn nothing() -> Self {
        Self {
            file: None,
            whole: Some(Bytes::new()),
        }
    }

    pub(super) fn new(mut file: File, path: &Path, size: u64) -> Result<Self, StoreError> {
        let found = file.metadata().map_err(StoreError::io("read", path))?.len();
        if found != size {
            return Err(StoreError::Damaged {
                what: path.display().to_string(),
                why: format!("it has {found} bytes instead of {size}"),
            });
        }
        let small = usize::try_from(size).ok().filter(|size| *size <= CHUNK);
        let whole = match small {
            Some(size) => {
                let mut bytes = Vec::with_capacity(size);
                file.read_to_end(&mut bytes)
                    .map_err(StoreError::io("read", path))?;
                Some(bytes.into())
            }
            None => None,
        };
        Ok(Self {
            file: Some(file),
            whole,
        })
    }
}

impl Body for Going {
    fn stream(self: Box<Self>, range: Range<u64>) -> BodyStream {
        let whole = match (self.file, self.whole) {
            (Some(file), None) => return stream_file(file, range),
            (_, whole) => whole.unwrap_or_default(),
        };
        let part = usize::try_from(range.start)
            .ok()
            .zip(usize::try_from(range.end).ok());
        let part =
            part.and_then(|(start, end)| (end <= whole.len()).then(|| whole.slice(start..end)));
        let part = part.ok_or_else(|| io::Error::other("the range is not within the body"));
        stream::once(std::future::ready(part)).boxed()
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
