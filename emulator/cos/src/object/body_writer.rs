//! Writes the body of an upload to the store, and computes its digests at the same time.
//!
//! MD5 is as slow as one core computes it, so a large body should wait for nothing else: while its bytes are
//! hashed on a blocking thread, the next bytes are read from the wire and written, and written bytes are flushed to the disk.
//! A small body is hashed where it is read. A thread is used for the bytes that are there, not for a body, so slow
//! uploads hold no thread.

use bytes::{Bytes, BytesMut};
use tokio::task::JoinHandle;

use crate::Inner;
use crate::request::error::{self, Error};
use crate::store::{Staged, StoreError};
use backlot_base::digest::{Digester, Digests};

/// The least number of bytes that are hashed on another thread.
const BATCH: usize = 128 * 1024;

/// The maximal number of bytes that wait to be hashed, and that are being hashed. Reading and writing may be that far
/// ahead that the last bytes of a body are on the disk before the digests are there.
const BACKLOG: usize = 512 * 1024;

/// Smaller chunks are copied into one of [`GATHERED`] bytes, because each chunk that waits costs memory of its own.
const SMALL_CHUNK: usize = 4 * 1024;
const GATHERED: usize = 64 * 1024;

/// Writes a body chunk by chunk. Dropping it discards the body.
pub(crate) struct HashingWriter {
    staged: Staged,
    hashing: Hashing,
    gathered: BytesMut,
    size: u64,
    limit: u64,
}

/// Computes digests beside reading and writing.
struct Hashing {
    at_work: AtWork,
    /// Bytes that follow those that are being hashed.
    waiting: Vec<Bytes>,
    waiting_size: usize,
}

/// Where the digester is.
enum AtWork {
    /// Nothing is being hashed.
    Here(Box<Digester>),
    /// On a thread of its own.
    Apart(JoinHandle<Box<Digester>>),
}

impl HashingWriter {
    /// Begins a body of at most `limit` bytes.
    pub(crate) async fn new(cos: &Inner, limit: u64) -> Result<Self, Error> {
        Ok(Self::onto(cos.store.stage().await?, limit))
    }

    /// Adds at most `limit` bytes to a body of which some are staged already; the digests are of what is added.
    pub(crate) fn onto(staged: Staged, limit: u64) -> Self {
        Self {
            staged,
            hashing: Hashing::with(Digester::new()),
            gathered: BytesMut::new(),
            size: 0,
            limit,
        }
    }

    /// Computes the SHA-1 too. Must be called before the first bytes.
    #[must_use]
    pub(crate) fn with_sha1(mut self) -> Self {
        self.hashing = Hashing::with(Digester::new().with_sha1());
        self
    }

    /// The number of bytes so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Writes the next bytes; `EntityTooLarge` beyond the limit.
    pub(crate) async fn write(&mut self, chunk: Bytes) -> Result<(), Error> {
        self.size += chunk.len() as u64;
        if self.size > self.limit {
            return Err(error::ENTITY_TOO_LARGE.into());
        }
        if chunk.len() >= SMALL_CHUNK {
            self.pass_gathered().await?;
            return self.pass(chunk).await;
        }
        self.gathered.extend_from_slice(&chunk);
        if self.gathered.len() >= GATHERED {
            self.pass_gathered().await?;
        }
        Ok(())
    }

    /// The body, to be committed, and its digests.
    pub(crate) async fn finish(mut self) -> Result<(Staged, Digests), Error> {
        self.pass_gathered().await?;
        let (ended, digests) = tokio::join!(self.staged.end(), self.hashing.finish());
        ended?;
        Ok((self.staged, digests?))
    }

    async fn pass_gathered(&mut self) -> Result<(), Error> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let gathered = self.gathered.split().freeze();
        self.pass(gathered).await
    }

    /// Passes bytes to the store and to the digester.
    async fn pass(&mut self, bytes: Bytes) -> Result<(), Error> {
        self.hashing.take(bytes.clone()).await?;
        Ok(self.staged.write(bytes).await?)
    }
}

impl Hashing {
    fn with(digester: Digester) -> Self {
        Self {
            at_work: AtWork::Here(Box::new(digester)),
            waiting: Vec::new(),
            waiting_size: 0,
        }
    }

    async fn take(&mut self, chunk: Bytes) -> Result<(), Error> {
        self.waiting_size += chunk.len();
        self.waiting.push(chunk);
        if self.waiting_size >= BACKLOG || self.waiting_size >= BATCH && self.at_work.is_done() {
            self.hash_apart().await?;
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Digests, Error> {
        if self.waiting_size >= BATCH {
            self.hash_apart().await?;
        }
        let mut digester = self.at_work.take().await?;
        update(&mut digester, &self.waiting);
        Ok(digester.finish())
    }

    /// Hashes the waiting bytes on another thread, after those that are being hashed there.
    async fn hash_apart(&mut self) -> Result<(), Error> {
        let mut digester = self.at_work.take().await?;
        let batch = std::mem::take(&mut self.waiting);
        self.waiting_size = 0;
        let hash = move || {
            update(&mut digester, &batch);
            digester
        };
        self.at_work = AtWork::Apart(tokio::task::spawn_blocking(hash));
        Ok(())
    }
}

impl AtWork {
    /// Whether nothing is being hashed.
    fn is_done(&self) -> bool {
        match self {
            Self::Here(_) => true,
            Self::Apart(work) => work.is_finished(),
        }
    }

    /// Waits until nothing is being hashed. Leaves an empty digester.
    async fn take(&mut self) -> Result<Box<Digester>, Error> {
        match std::mem::replace(self, Self::Here(Box::default())) {
            Self::Here(digester) => Ok(digester),
            Self::Apart(work) => match work.await {
                Ok(digester) => Ok(digester),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => Err(StoreError::Closed.into()),
            },
        }
    }
}

fn update(digester: &mut Digester, batch: &[Bytes]) {
    for chunk in batch {
        digester.update(chunk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::pattern;

    #[tokio::test]
    async fn digests_do_not_depend_on_how_a_body_is_cut() {
        for size in [0, 1, BATCH - 1, BATCH, BATCH + 1, 2 * BACKLOG + 7] {
            let body = Bytes::from(pattern(size));
            for piece in [1000, BATCH - 1, BATCH, BACKLOG + 1] {
                let mut hashing = Hashing::with(Digester::new().with_sha1());
                let mut left = body.clone();
                while !left.is_empty() {
                    let chunk = left.split_to(piece.min(left.len()));
                    hashing.take(chunk).await.unwrap();
                }
                let mut whole = Digester::new().with_sha1();
                whole.update(&body);
                let digests = hashing.finish().await.unwrap();
                assert_eq!(digests, whole.finish(), "{size} bytes in pieces of {piece}");
            }
        }
    }
}
