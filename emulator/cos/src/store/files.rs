//! How many files the store opens at the same time. What needs one more waits, so that a process with a low limit is slow
//! instead of failing.

use std::sync::Arc;

use rustix::process::{Resource, getrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The part of what the process may open that is for files to which bytes are written.
const WRITING: u64 = 16;

/// The part that is for files that clients read, who may read many at once; half of all is for connections.
const READING: u64 = 4;

/// With a low limit, files that are open anyway count.
const OTHERS: u64 = 8;

/// Places to write at most: enough to keep any disk busy.
const MOST_WRITING: u64 = 256;

/// Places to read at most.
const MOST_READING: u64 = 2048;

/// Places for open files. Both kinds are apart: who copies has a file open for reading while it waits for one to write.
#[derive(Clone, Debug)]
pub(super) struct Files {
    writing: Arc<Semaphore>,
    reading: Arc<Semaphore>,
}

/// A place for an open file. Dropping it gives it to the next one.
pub(super) type Place = OwnedSemaphorePermit;

impl Files {
    /// As many as the limit of this process allows.
    pub(super) fn within_limit() -> Self {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let writing = (limit / WRITING).clamp(1, MOST_WRITING);
        let reading = (limit / READING).saturating_sub(OTHERS);
        let semaphore = |places| Arc::new(Semaphore::new(usize::try_from(places).unwrap_or(1)));
        Self {
            writing: semaphore(writing),
            reading: semaphore(reading.clamp(1, MOST_READING)),
        }
    }

    /// A place for a file that is open while bytes are written to it.
    pub(super) async fn to_write(&self) -> Place {
        place(&self.writing).await
    }

    /// A place for a file that is open while it is read by a client.
    pub(super) async fn to_read(&self) -> Place {
        place(&self.reading).await
    }
}

async fn place(places: &Arc<Semaphore>) -> Place {
    let place = Arc::clone(places).acquire_owned().await;
    place.expect("the semaphore is never closed")
}
