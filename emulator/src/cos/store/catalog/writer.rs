//! The one who changes the database, and puts all changes that wait at the same time into one transaction, so that a burst
//! of small objects costs one wait for the disk.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Connections;
use crate::cos::store::StoreError;

/// How many changes share a transaction at most.
const BATCH: usize = 256;

/// A thread that owns a connection. Dropping it finishes what waits, then closes the connection.
#[derive(Debug)]
pub(super) struct Writer {
    inbox: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

/// Takes changes; clones give them to the same writer. May outlive the store, and then answers [`StoreError::Closed`].
#[derive(Clone, Debug)]
pub(in crate::cos::store) enum Writes {
    /// Through the thread, which waits for the disk.
    Thread(Inbox),
    /// Here and now: a database in memory has one connection, and nothing to wait for.
    Here(Connections),
}

/// Where the thread finds what it is asked.
#[derive(Clone, Debug)]
pub(in crate::cos::store) struct Inbox(Sender<Message>);

enum Message {
    /// Changes something, in a transaction with others.
    Together(Box<dyn Change>),
    /// Changes something, in a transaction that begins after all earlier ones have ended.
    Alone(Box<dyn Change>),
    Stop,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Message")
    }
}

/// A change that is run inside a transaction; again, if the first transaction fails because of another change.
trait Change: Send {
    fn run(&mut self, db: &Connection) -> rusqlite::Result<()>;
    fn finish(self: Box<Self>, ended: rusqlite::Result<()>);
}

struct Asked<F, A, T, U> {
    doing: &'static str,
    work: F,
    then: A,
    outcome: Option<T>,
    reply: oneshot::Sender<Result<U, StoreError>>,
}

impl<F, A, T, U> Change for Asked<F, A, T, U>
where
    F: FnMut(&Connection) -> rusqlite::Result<T> + Send,
    A: FnOnce(T) -> Result<U, StoreError> + Send,
    T: Send,
    U: Send,
{
    fn run(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.outcome = None;
        self.outcome = Some((self.work)(db)?);
        Ok(())
    }

    fn finish(self: Box<Self>, ended: rusqlite::Result<()>) {
        let this = *self;
        let outcome = match (ended, this.outcome) {
            (Ok(()), Some(outcome)) => (this.then)(outcome),
            (Ok(()), None) => Err(StoreError::Closed),
            (Err(source), _) => Err(StoreError::Sqlite {
                doing: this.doing,
                source,
            }),
        };
        // The asker may have left; the change stands all the same.
        drop(this.reply.send(outcome));
    }
}

impl Writer {
    /// Starts the thread, which does `at_first` before any change. `at_end` is run on the connection before it is closed.
    pub(super) fn start(
        db: Connection,
        at_first: impl FnOnce() + Send + 'static,
        at_end: impl FnOnce(&mut Connection) + Send + 'static,
    ) -> Self {
        let (inbox, messages) = channel();
        let thread = std::thread::spawn(move || {
            let mut db = db;
            at_first();
            serve(&mut db, &messages);
            at_end(&mut db);
        });
        Self {
            inbox,
            thread: Some(thread),
        }
    }

    pub(super) fn writes(&self) -> Writes {
        Writes::Thread(Inbox(self.inbox.clone()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.inbox.send(Message::Stop));
        if self
            .thread
            .take()
            .is_some_and(|thread| thread.join().is_err())
        {
            tracing::error!("the thread that writes to the store panicked");
        }
    }
}

impl Writes {
    /// Runs `work` in a transaction, and returns when that is committed. `work` may run more than once.
    pub(in crate::cos::store) async fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.write_then(doing, work, Ok).await
    }

    /// The same, and runs `then` after the commit, before anything else is committed; also if nobody waits for it any more.
    /// It is dropped without being run if the commit fails.
    pub(in crate::cos::store) async fn write_then<T: Send + 'static, U: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
        then: impl FnOnce(T) -> Result<U, StoreError> + Send + 'static,
    ) -> Result<U, StoreError> {
        match self {
            Self::Here(connections) => then(commit_here(connections, doing, work)?),
            Self::Thread(inbox) => {
                let (reply, answer) = oneshot::channel();
                let change = Asked {
                    doing,
                    work,
                    then,
                    outcome: None,
                    reply,
                };
                inbox.send(Message::Together(Box::new(change)))?;
                answer.await.map_err(|_| StoreError::Closed)?
            }
        }
    }

    /// Has `work` run in a transaction of its own, after all that was asked for before. What goes wrong is logged.
    pub(in crate::cos::store) fn write_later(
        &self,
        doing: &'static str,
        mut work: impl FnMut(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) {
        let work = move |db: &Connection| {
            work(db).inspect_err(|error| tracing::error!(%error, "could not {doing}"))
        };
        let asked = match self {
            Self::Here(connections) => commit_here(connections, doing, work),
            Self::Thread(inbox) => {
                let (reply, _answer) = oneshot::channel();
                let change = Asked {
                    doing,
                    work,
                    then: Ok::<(), StoreError>,
                    outcome: None,
                    reply,
                };
                inbox.send(Message::Alone(Box::new(change)))
            }
        };
        if let Err(error) = asked {
            tracing::debug!(%error, "a store that is closed does this when it opens again");
        }
    }
}

impl Inbox {
    fn send(&self, message: Message) -> Result<(), StoreError> {
        self.0.send(message).map_err(|_| StoreError::Closed)
    }
}

fn commit_here<T>(
    connections: &Connections,
    doing: &'static str,
    mut work: impl FnMut(&Connection) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    connections.with(|db| {
        let mut together = || {
            let transaction = db.transaction()?;
            let outcome = work(&transaction)?;
            transaction.commit()?;
            Ok(outcome)
        };
        together().map_err(StoreError::sqlite(doing))
    })
}

fn serve(db: &mut Connection, messages: &Receiver<Message>) {
    let mut waiting = VecDeque::new();
    loop {
        let next = match waiting.pop_front() {
            Some(message) => message,
            None => match messages.recv() {
                Ok(message) => message,
                Err(_) => return,
            },
        };
        match next {
            Message::Alone(change) => commit(db, vec![change]),
            Message::Together(change) => {
                let mut batch = vec![change];
                while batch.len() < BATCH {
                    match messages.try_recv() {
                        Ok(Message::Together(change)) => batch.push(change),
                        Ok(other) => {
                            waiting.push_back(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                commit(db, batch);
            }
            Message::Stop => return,
        }
    }
}

/// Commits changes together; if that fails, each on its own, so that no change fails for what another did.
fn commit(db: &mut Connection, mut batch: Vec<Box<dyn Change>>) {
    let mut together = || {
        let transaction = db.transaction()?;
        for change in &mut batch {
            change.run(&transaction)?;
        }
        transaction.commit()
    };
    match together() {
        Ok(()) => batch.into_iter().for_each(|change| change.finish(Ok(()))),
        Err(error) if batch.len() == 1 => {
            let change = batch.pop().expect("there is one");
            change.finish(Err(error));
        }
        Err(_) => batch
            .into_iter()
            .for_each(|change| commit(db, vec![change])),
    }
}
