//! Connections that are lent to whoever reads.
//!
//! Choice: a read runs on the calling thread. Finding a row takes some microseconds, less than another thread needs to wake
//! up; what takes longer goes through [`Connections::blocking`].

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use rusqlite::Connection;

use crate::store::{Pending, StoreError};

/// A few connections to one database; clones share them. They may outlive the store, and then answer
/// [`StoreError::Closed`].
#[derive(Clone, Debug)]
pub(in crate::store) struct Connections(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    // A plain lock: it is held to take a connection or to give it back, never while one is used.
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Debug)]
struct State {
    idle: Vec<Connection>,
    /// The number of waiting readers. A wake-up costs a system call even if nothing waits.
    waiting: usize,
    is_closed: bool,
}

/// A connection on loan. Dropping it gives it back.
struct Lent<'a> {
    db: Option<Connection>,
    pool: &'a Pool,
}

impl Connections {
    pub(super) fn new(idle: Vec<Connection>) -> Self {
        Self(Arc::new(Pool {
            state: Mutex::new(State {
                idle,
                waiting: 0,
                is_closed: false,
            }),
            returned: Condvar::new(),
        }))
    }

    /// Runs `look` here and now, with a connection that is not shared meanwhile. `look` must not ask for another one.
    pub(in crate::store) fn with<T>(
        &self,
        look: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        look(&mut *self.0.lend()?)
    }

    /// Runs `look` where taking its time does not keep others from running.
    pub(in crate::store) fn blocking<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<'static, T> {
        let this = self.clone();
        async move {
            let done = tokio::task::spawn_blocking(move || this.with(look)).await;
            done.map_err(|_| StoreError::Closed)?
        }
        .boxed()
    }

    /// Closes those that are not in use, and the others when they come back.
    pub(super) fn close(&self) {
        let mut state = self.0.state();
        state.is_closed = true;
        state.idle.clear();
        self.0.returned.notify_all();
    }
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let mut state = self.state();
        loop {
            if state.is_closed {
                return Err(StoreError::Closed);
            }
            if let Some(db) = state.idle.pop() {
                return Ok(Lent {
                    db: Some(db),
                    pool: self,
                });
            }
            state.waiting += 1;
            state = self
                .returned
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
    }
}

impl Deref for Lent<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.db.as_ref().expect("it is there until it is dropped")
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.db.as_mut().expect("it is there until it is dropped")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        if !state.is_closed {
            state.idle.extend(self.db.take());
        }
        if state.waiting > 0 {
            self.pool.returned.notify_one();
        }
    }
}
