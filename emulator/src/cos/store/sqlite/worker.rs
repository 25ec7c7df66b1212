//! Threads that own a connection. One writes, and puts all changes that wait at the same time into one transaction.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::cos::store::StoreError;

/// How many changes share a transaction at most.
const BATCH: usize = 256;

/// A thread, or several that take turns, with connections of their own.
#[derive(Debug)]
pub(super) struct Worker {
    inbox: Sender<Message>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What a worker can be asked, without its threads: outlives the store, and then answers [`StoreError::Closed`].
#[derive(Clone, Debug)]
pub(super) struct Inbox(Sender<Message>);

enum Message {
    /// Looks, and changes nothing.
    Read(Box<dyn FnOnce(&Connection) + Send>),
    /// Changes something, in a transaction with others.
    Write(Box<dyn Change>),
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

struct Asked<F, T> {
    doing: &'static str,
    work: F,
    outcome: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Change for Asked<F, T>
where
    F: FnMut(&Connection) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.outcome = None;
        self.outcome = Some((self.work)(db)?);
        Ok(())
    }

    fn finish(self: Box<Self>, ended: rusqlite::Result<()>) {
        let outcome = match (ended, self.outcome) {
            (Ok(()), Some(outcome)) => Ok(outcome),
            (Ok(()), None) => Err(StoreError::Closed),
            (Err(source), _) => Err(StoreError::Sqlite {
                doing: self.doing,
                source,
            }),
        };
        // The asker may have left; the change stands all the same.
        drop(self.reply.send(outcome));
    }
}

impl Worker {
    /// One thread that reads and writes.
    pub(super) fn writer(db: Connection) -> Self {
        let (inbox, messages) = channel();
        let thread = std::thread::spawn(move || serve_all(db, &messages));
        Self {
            inbox,
            threads: Mutex::new(vec![thread]),
        }
    }

    /// Threads that only read; each takes the next message when it is free.
    pub(super) fn readers(connections: Vec<Connection>) -> Self {
        let (inbox, messages) = channel();
        let messages = Arc::new(Mutex::new(messages));
        let threads = connections.into_iter().map(|db| {
            let messages = Arc::clone(&messages);
            std::thread::spawn(move || serve_reads(&db, &messages))
        });
        let threads = Mutex::new(threads.collect());
        Self { inbox, threads }
    }

    /// A handle that may outlive the worker.
    pub(super) fn inbox(&self) -> Inbox {
        Inbox(self.inbox.clone())
    }
}

impl Drop for Worker {
    /// Finishes what waits, then closes the connections.
    fn drop(&mut self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in threads.iter() {
            drop(self.inbox.send(Message::Stop));
        }
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}

impl Inbox {
    /// Runs `work` on a connection.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let work = move |db: &Connection| drop(reply.send(work(db)));
        self.send(Message::Read(Box::new(work)))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs `work` in a transaction, and returns when that is committed. `work` may run more than once.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnMut(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let change = Asked {
            doing,
            work,
            outcome: None,
            reply,
        };
        self.send(Message::Write(Box::new(change)))?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Has `work` run in a transaction of its own, later. `false` if the store is closed.
    pub(super) fn write_later(
        &self,
        doing: &'static str,
        mut work: impl FnMut(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> bool {
        let (reply, _answer) = oneshot::channel();
        let work = move |db: &Connection| {
            work(db).inspect_err(|error| tracing::error!(%error, "could not {doing}"))
        };
        let change = Asked {
            doing,
            work,
            outcome: None,
            reply,
        };
        self.send(Message::Alone(Box::new(change))).is_ok()
    }

    fn send(&self, message: Message) -> Result<(), StoreError> {
        self.0.send(message).map_err(|_| StoreError::Closed)
    }
}

fn serve_reads(db: &Connection, messages: &Mutex<Receiver<Message>>) {
    loop {
        let next = messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        match next {
            Ok(Message::Read(work)) => work(db),
            Ok(Message::Write(_) | Message::Alone(_)) => {
                tracing::error!("a change was sent to a connection that only reads");
            }
            Ok(Message::Stop) | Err(_) => return,
        }
    }
}

fn serve_all(mut db: Connection, messages: &Receiver<Message>) {
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
            Message::Read(work) => work(&db),
            Message::Alone(change) => commit(&mut db, vec![change]),
            Message::Write(change) => {
                let mut batch = vec![change];
                while batch.len() < BATCH {
                    match messages.try_recv() {
                        Ok(Message::Write(change)) => batch.push(change),
                        Ok(other) => {
                            waiting.push_back(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                commit(&mut db, batch);
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
