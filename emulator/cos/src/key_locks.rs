//! Changes of one key, or of one bucket, happen one after the other; of different ones, side by side.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio::sync::{Mutex, MutexGuard};

/// More than there are changes at the same time on one machine.
const COUNT: usize = 256;

/// A fixed number of locks, one of which is responsible for a name. Two names may share one; that costs time, not truth.
#[derive(Debug)]
pub(super) struct Stripes(Vec<Mutex<()>>);

impl Default for Stripes {
    fn default() -> Self {
        Self((0..COUNT).map(|_| Mutex::default()).collect())
    }
}

impl Stripes {
    /// Waits for the turn to change a key; the empty key stands for the bucket itself.
    pub(super) async fn turn(&self, bucket: &str, key: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        (bucket, key).hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % COUNT as u64).expect("the count is small");
        self.0[index].lock().await
    }
}
