//! Settling: seeing to it that what was noted is on disk in the folder, so that the notes can go.
//!
//! It happens beside everything else when there are many notes, and when the store closes. Nothing waits for it: until then,
//! the notes are what survives.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::disk::Disk;
use super::redo_log;
use crate::store::StoreError;
use crate::store::catalog::{Connections, Writes};

/// Notes, and bytes in them, at most before they are settled. Opening the store looks at as many again.
const MANY: usize = 1024;
const MUCH: usize = 8 << 20;

/// How far notes have been carried out.
#[derive(Debug)]
pub(super) struct Progress {
    // A plain lock: it is held for some arithmetic.
    done: Mutex<Done>,
    wake: Sender<Wake>,
}

/// What the thread is told.
#[derive(Debug)]
pub(super) enum Wake {
    Checkpoint,
    Stop,
}

#[derive(Debug, Default)]
struct Done {
    /// The last one that has been carried out, with all before it.
    last: i64,
    count: usize,
    bytes: usize,
    /// One of them could not be carried out, so it must not be forgotten before the store opens again.
    has_failed: bool,
}

/// The thread that settles. Dropping it waits until it is done with what it has begun.
#[derive(Debug)]
pub(super) struct Checkpointer {
    progress: Arc<Progress>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Also answers with what has to be given to [`Checkpointer::start`].
    pub(super) fn new() -> (Arc<Self>, Receiver<Wake>) {
        let (wake, woken) = channel();
        let done = Mutex::default();
        (Arc::new(Self { done, wake }), woken)
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All notes up to this one have been carried out.
    pub(super) fn advance(&self, last: i64, count: usize, bytes: usize) {
        let mut done = self.done();
        done.last = last;
        done.count += count;
        done.bytes += bytes;
        if (done.count >= MANY || done.bytes >= MUCH) && !done.has_failed {
            (done.count, done.bytes) = (0, 0);
            // Without a receiver, the store is being closed.
            drop(self.wake.send(Wake::Checkpoint));
        }
    }

    /// A note could not be carried out.
    pub(super) fn fail(&self) {
        self.done().has_failed = true;
    }

    /// Up to which note all can be settled.
    fn complete_until(&self) -> Option<i64> {
        let done = self.done();
        (!done.has_failed && done.last > 0).then_some(done.last)
    }

    /// Settles everything, on the connection that is no longer written on.
    pub(super) fn finish(&self, disk: &Disk, db: &Connection) {
        let Some(last) = self.complete_until() else {
            return;
        };
        let settle = || {
            let places = redo_log::places(db, last)?;
            disk.sync_places(places.into_keys())?;
            redo_log::forget(db, last).map_err(StoreError::sqlite("forget notes"))
        };
        if let Err(error) = settle() {
            tracing::error!(%error, "objects could not be moved to their final place; the next start does it");
        }
    }
}

impl Checkpointer {
    pub(super) fn start(
        progress: Arc<Progress>,
        woken: Receiver<Wake>,
        disk: Disk,
        reads: Connections,
        writes: Writes,
    ) -> Self {
        let shared = Arc::clone(&progress);
        let around = tracing::Span::current();
        let thread = std::thread::spawn(move || {
            let _inside = around.enter();
            while matches!(woken.recv(), Ok(Wake::Checkpoint)) {
                let Some(last) = shared.complete_until() else {
                    return;
                };
                let places = reads.with(|db| redo_log::places(db, last));
                let synced = places.and_then(|places| disk.sync_places(places.into_keys()));
                match synced {
                    Ok(()) => {
                        writes.write_later("forget notes", move |db| redo_log::forget(db, last));
                    }
                    // What could not be flushed once cannot be trusted afterwards.
                    Err(error) => {
                        tracing::error!(%error, "objects could not be moved to their final place; the next start does it");
                        shared.fail();
                    }
                }
            }
        });
        Self {
            progress,
            thread: Some(thread),
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.progress.wake.send(Wake::Stop));
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!(
                "a thread of the object store ended because of a bug in the emulator; the next start moves objects to their final place"
            );
        }
    }
}
