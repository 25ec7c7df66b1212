//! Locks for keys and buckets: changes of one key happen one after the other, changes of different keys side by side.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio::sync::{Mutex, MutexGuard};

/// More locks than there are concurrent changes on one machine.
const COUNT: usize = 256;

/// A fixed number of locks, of which a hash picks one for each key. Keys that share a lock wait for each other.
#[derive(Debug)]
pub(super) struct KeyLocks(Vec<Mutex<()>>);

impl Default for KeyLocks {
    fn default() -> Self {
        Self((0..COUNT).map(|_| Mutex::default()).collect())
    }
}

impl KeyLocks {
    /// Locks a key; the empty key stands for the bucket itself.
    pub(super) async fn lock(&self, bucket: &str, key: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        (bucket, key).hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % COUNT as u64).expect("the count is small");
        self.0[index].lock().await
    }

    /// Locks everything. Whoever holds a lock never waits for another one, so this ends.
    pub(super) async fn lock_all(&self) -> Vec<MutexGuard<'_, ()>> {
        let mut locked = Vec::with_capacity(COUNT);
        for lock in &self.0 {
            locked.push(lock.lock().await);
        }
        locked
    }
}
