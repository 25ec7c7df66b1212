//! The one who changes the database, and puts all changes that wait at the same time into one transaction, so that a burst
//! of small objects costs one wait for the disk.
//!
//! There is one turn to commit. A caller that finds it free takes it and commits on the calling thread, because waking another one,
//! and being woken by it, takes as long as the change itself. What comes meanwhile waits, and is committed together by a thread
//! that is there for that and keeps the turn until nothing waits.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::change::{Change, Doing, PendingChange, commit};
use super::reserve::Reserve;
use super::{Connections, Transaction};
use crate::store::{Durability, StoreError};

/// How many changes share a transaction at most.
const BATCH: usize = 256;

/// A thread that commits. Dropping it finishes what waits, then closes the connection.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Arc<WriteQueue>,
    thread: Option<JoinHandle<()>>,
}

/// Takes changes; clones give them to the same database. May outlive the store, and then answers [`StoreError::Closed`].
#[derive(Clone, Debug)]
pub(in crate::store) enum Writes {
    /// One after the other, or together.
    Queued(Arc<WriteQueue>),
    /// Here and now: a database in memory has one connection, and nothing to wait for.
    Here(Connections),
}

/// What waits, and whose turn it is.
#[derive(Debug)]
pub(in crate::store) struct WriteQueue {
    // Locked by whoever has the turn, so this lock never waits. Taken out at the end.
    db: Mutex<Option<Connection>>,
    // A plain lock: it is held to put something down or to pick it up.
    state: Mutex<State>,
    /// The thread has the turn, or is to stop.
    thread_needed: Condvar,
    durability: Durability,
    reserve: Option<Reserve>,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Message>,
    turn: Turn,
    is_closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Free,
    Caller,
    Thread,
}

/// A caller's turn. Dropping it lets the next one have it.
struct CallerTurn<'a>(&'a WriteQueue);

/// The time for which the thread is there. Dropping it ends all waiting for it.
struct ThreadLifetime<'a>(&'a WriteQueue);

enum Message {
    /// Changes something, in a transaction with others.
    Together(Box<dyn Change>),
    /// Changes something, in a transaction that begins after all earlier ones have ended.
    Alone(Box<dyn Change>),
}

impl std::fmt::Debug for Message {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Message")
    }
}

impl Writer {
    /// Starts the thread, which does `at_first` before any change. `at_end` is run on the connection before it is closed.
    pub(super) fn start(
        db: Connection,
        durability: Durability,
        reserve: Option<Reserve>,
        at_first: impl FnOnce() + Send + 'static,
        at_end: impl FnOnce(&mut Connection) + Send + 'static,
    ) -> Self {
        let queue = Arc::new(WriteQueue {
            db: Mutex::new(Some(db)),
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                // For `at_first`.
                turn: Turn::Thread,
                is_closed: false,
            }),
            thread_needed: Condvar::new(),
            durability,
            reserve,
        });
        let for_thread = Arc::clone(&queue);
        let around = tracing::Span::current();
        let thread = std::thread::spawn(move || {
            let _inside = around.enter();
            let _time = ThreadLifetime(&for_thread);
            at_first();
            while let Some(batch) = for_thread.next_batch() {
                for_thread.commit(batch);
            }
            if let Some(mut db) = for_thread.db().take() {
                at_end(&mut db);
            }
        });
        Self {
            queue,
            thread: Some(thread),
        }
    }

    pub(super) fn writes(&self) -> Writes {
        Writes::Queued(Arc::clone(&self.queue))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.state().is_closed = true;
        self.queue.thread_needed.notify_one();
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!(
                "the writer of the object store ended because of a bug in the emulator; it stores nothing any more"
            );
        }
    }
}

impl WriteQueue {
    fn db(&self) -> MutexGuard<'_, Option<Connection>> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits a change if the turn is free and the caller may wait here; else it is committed soon.
    fn submit(&self, change: Box<dyn Change>) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.is_closed {
            return Err(StoreError::Closed);
        }
        if state.turn != Turn::Free || !may_wait_here() {
            self.enqueue(state, Message::Together(change));
            return Ok(());
        }
        state.turn = Turn::Caller;
        drop(state);
        let turn = CallerTurn(self);
        match self.durability {
            // Others who run on this thread go on on another one meanwhile.
            Durability::Full => tokio::task::block_in_place(|| self.commit(vec![change])),
            Durability::Relaxed => self.commit(vec![change]),
        }
        drop(turn);
        Ok(())
    }

    /// Has a change committed by itself, after all that wait now.
    fn submit_later(&self, change: Box<dyn Change>) -> Result<(), StoreError> {
        let state = self.state();
        if state.is_closed {
            return Err(StoreError::Closed);
        }
        self.enqueue(state, Message::Alone(change));
        Ok(())
    }

    fn enqueue(&self, mut state: MutexGuard<'_, State>, message: Message) {
        state.waiting.push_back(message);
        if state.turn == Turn::Free {
            state.turn = Turn::Thread;
            self.thread_needed.notify_one();
        }
    }

    fn commit(&self, batch: Vec<Box<dyn Change>>) {
        let mut db = self.db();
        let db = db.as_mut();
        commit(
            db.expect("the database is there while the turn is taken"),
            batch,
            self.reserve.as_ref(),
        );
    }

    /// What is to be committed next, for the thread, which has the turn as long as there is something; `None` at the end.
    fn next_batch(&self) -> Option<Vec<Box<dyn Change>>> {
        let mut state = self.state();
        if state.waiting.is_empty() && state.turn == Turn::Thread {
            state.turn = Turn::Free;
        }
        loop {
            if state.turn != Turn::Caller {
                if let Some(batch) = state.take_batch() {
                    return Some(batch);
                }
                if state.is_closed {
                    return None;
                }
            }
            state = self
                .thread_needed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    fn take_batch(&mut self) -> Option<Vec<Box<dyn Change>>> {
        let mut batch = Vec::new();
        while batch.len() < BATCH {
            match self.waiting.pop_front() {
                Some(Message::Together(change)) => batch.push(change),
                Some(Message::Alone(change)) if batch.is_empty() => return Some(vec![change]),
                Some(alone) => {
                    self.waiting.push_front(alone);
                    break;
                }
                None => break,
            }
        }
        (!batch.is_empty()).then_some(batch)
    }
}

impl Drop for CallerTurn<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        let is_needed = !state.waiting.is_empty();
        state.turn = if is_needed { Turn::Thread } else { Turn::Free };
        if is_needed || state.is_closed {
            self.0.thread_needed.notify_one();
        }
    }
}

impl Drop for ThreadLifetime<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        // A change that is dropped may ask for another one, which locks the state.
        drop(state);
        drop(waiting);
    }
}

/// Whether there is another thread to go on with what runs on this one.
fn may_wait_here() -> bool {
    Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}

impl Writes {
    /// Runs `work` in a transaction, and returns when that is committed. `work` may run more than once.
    pub(in crate::store) async fn write<T: Send + 'static>(
        &self,
        doing: impl Into<Doing>,
        mut work: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let work = move |(): &mut (), db: &Connection| work(db);
        self.change(doing, (), work, |(), done| Ok(done)).await
    }

    /// Runs `work` on `subject` in a transaction, and `then` on both after the commit, before anything else is committed;
    /// also if the caller no longer waits. `work` may run more than once. If the commit fails, `subject` is dropped.
    pub(in crate::store) async fn change<S, T, U>(
        &self,
        doing: impl Into<Doing>,
        subject: S,
        work: impl FnMut(&mut S, &Connection) -> rusqlite::Result<T> + Send + 'static,
        then: impl FnOnce(S, T) -> Result<U, StoreError> + Send + 'static,
    ) -> Result<U, StoreError>
    where
        S: Send + 'static,
        T: Send + 'static,
        U: Send + 'static,
    {
        let doing = doing.into();
        match self {
            Self::Here(connections) => {
                let (mut subject, mut work) = (subject, work);
                let done = commit_here(connections, doing.what, |db| work(&mut subject, db))?;
                then(subject, done)
            }
            Self::Queued(queue) => {
                let (pending, answer) = PendingChange::new(doing, subject, work, then);
                queue.submit(Box::new(pending))?;
                answer.await.map_err(|_| StoreError::Closed)?
            }
        }
    }

    /// [`Writes::change`] in a transaction that has nothing else in it, on the thread that commits: it may take long.
    pub(in crate::store) async fn change_alone<S, T, U>(
        &self,
        doing: impl Into<Doing>,
        subject: S,
        work: impl FnMut(&mut S, &Connection) -> rusqlite::Result<T> + Send + 'static,
        then: impl FnOnce(S, T) -> Result<U, StoreError> + Send + 'static,
    ) -> Result<U, StoreError>
    where
        S: Send + 'static,
        T: Send + 'static,
        U: Send + 'static,
    {
        let Self::Queued(queue) = self else {
            return self.change(doing, subject, work, then).await;
        };
        let (pending, answer) = PendingChange::new(doing.into(), subject, work, then);
        queue.submit_later(Box::new(pending))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Has `work` run in a transaction of its own, after all that was asked for before. What goes wrong is logged.
    pub(in crate::store) fn write_later(
        &self,
        doing: &'static str,
        mut work: impl FnMut(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) {
        let mut work = move |db: &Connection| {
            work(db)
                .inspect_err(|error| tracing::error!(%error, "the object store could not {doing}"))
        };
        let accepted = match self {
            Self::Here(connections) => commit_here(connections, doing, work),
            Self::Queued(queue) => {
                let work = move |(): &mut (), db: &Connection| work(db);
                // What is done later is removing what is left over.
                let doing = Doing::freeing(doing);
                let (pending, _answer) =
                    PendingChange::new(doing, (), work, |(), ()| Ok::<(), StoreError>(()));
                queue.submit_later(Box::new(pending))
            }
        };
        if let Err(error) = accepted {
            tracing::debug!(%error, "a store that is closed does this when it opens again");
        }
    }
}

fn commit_here<T>(
    connections: &Connections,
    doing: &'static str,
    mut work: impl FnMut(&Connection) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    connections.with(|db| {
        let mut together = || {
            let transaction = Transaction::begin(db)?;
            let outcome = work(&transaction)?;
            transaction.commit()?;
            Ok(outcome)
        };
        together().map_err(StoreError::sqlite(doing))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::oneshot;

    use super::*;

    /// A writer over a table of numbers, and a connection to look at it.
    fn numbers() -> (tempfile::TempDir, Writer, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers.sqlite");
        let db = Connection::open(&path).unwrap();
        db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
            .unwrap();
        db.execute_batch("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
            .unwrap();
        let writer = Writer::start(db, Durability::Full, None, || (), |_| ());
        (folder, writer, Connection::open(path).unwrap())
    }

    fn add(number: i64) -> impl FnMut(&Connection) -> rusqlite::Result<usize> {
        move |db| db.execute("INSERT INTO numbers VALUES (?1)", [number])
    }

    fn count(db: &Connection) -> i64 {
        let sql = "SELECT count(*) FROM numbers";
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn changes_that_arrive_during_a_commit_are_committed_together() {
        let (_folder, thread, looking) = numbers();
        let writes = thread.writes();
        writes.write("add", add(0)).await.unwrap();
        let (started, has_started) = oneshot::channel();
        let (go, going) = mpsc::channel::<()>();
        let slow = {
            let (writes, mut started) = (writes.clone(), Some(started));
            let mut add = add(1);
            tokio::spawn(async move {
                let work = move |db: &Connection| {
                    if let Some(started) = started.take() {
                        started.send(()).unwrap();
                    }
                    going.recv().unwrap();
                    add(db)
                };
                writes.write("add slowly", work).await
            })
        };
        has_started.await.unwrap();
        // One of them fails, which is no matter to the others.
        let mut others: Vec<_> = (2..10)
            .map(|number| Box::pin(writes.write("add", add(number.min(8)))))
            .collect();
        for other in &mut others {
            assert!(futures_util::poll!(other).is_pending());
        }
        assert_eq!(count(&looking), 1, "they wait for the first one");
        go.send(()).unwrap();
        assert_eq!(slow.await.unwrap().unwrap(), 1);
        let mut ended = Vec::new();
        for other in others {
            ended.push(other.await.is_ok());
        }
        assert_eq!(ended, [[true; 7].as_slice(), &[false]].concat());
        assert_eq!(count(&looking), 9);
        drop(thread);
        let late = writes.write("add", add(100)).await;
        assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_of_one_leaves_the_turn_free() {
        let (_folder, thread, looking) = numbers();
        let writes = thread.writes();
        writes.write("add", add(0)).await.unwrap();
        let panicking = {
            let writes = writes.clone();
            let work = |db: &Connection| -> rusqlite::Result<()> {
                add(1)(db)?;
                panic!("on purpose")
            };
            tokio::spawn(async move { writes.write("panic", work).await })
        };
        assert!(!panicking.await.is_ok_and(|ended| ended.is_ok()));
        let after = writes.write("add", add(2)).await;
        assert!(
            matches!(after, Ok(1) | Err(StoreError::Closed)),
            "{after:?}"
        );
        assert_eq!(count(&looking), 1 + i64::from(after.is_ok()));
    }
}
