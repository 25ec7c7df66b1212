//! Changes of the database that callers wait for, and how they are committed together.

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::Transaction;
use super::reserve::Reserve;
use crate::store::StoreError;

/// What a change does, for messages, and whether that makes room: then it has a reserve when the disk is full.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Doing {
    pub(super) what: &'static str,
    frees: bool,
}

impl Doing {
    /// A change that makes room.
    pub(in crate::store) fn freeing(what: &'static str) -> Self {
        Self { what, frees: true }
    }
}

impl From<&'static str> for Doing {
    fn from(what: &'static str) -> Self {
        Self { what, frees: false }
    }
}

/// A change that is run inside a transaction; again, if the first transaction fails because of another change.
pub(super) trait Change: Send {
    fn run(&mut self, db: &Connection) -> rusqlite::Result<()>;
    fn finish(self: Box<Self>, ended: rusqlite::Result<()>);

    /// Whether it makes room.
    fn frees(&self) -> bool;
}

/// A change with the caller that waits for it. `work` changes the database on behalf of `subject`, and `then` makes the
/// answer of what `work` came to. If the transaction fails, `subject` is dropped without `then` being run.
pub(super) struct PendingChange<S, F, A, T, U> {
    doing: Doing,
    subject: S,
    work: F,
    then: A,
    outcome: Option<T>,
    reply: oneshot::Sender<Result<U, StoreError>>,
}

impl<S, F, A, T, U> PendingChange<S, F, A, T, U> {
    /// The change, and where its end is told.
    pub(super) fn new(
        doing: Doing,
        subject: S,
        work: F,
        then: A,
    ) -> (Self, oneshot::Receiver<Result<U, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        let pending = Self {
            doing,
            subject,
            work,
            then,
            outcome: None,
            reply,
        };
        (pending, answer)
    }
}

impl<S, F, A, T, U> Change for PendingChange<S, F, A, T, U>
where
    S: Send,
    F: FnMut(&mut S, &Connection) -> rusqlite::Result<T> + Send,
    A: FnOnce(S, T) -> Result<U, StoreError> + Send,
    T: Send,
    U: Send,
{
    fn run(&mut self, db: &Connection) -> rusqlite::Result<()> {
        self.outcome = None;
        self.outcome = Some((self.work)(&mut self.subject, db)?);
        Ok(())
    }

    fn finish(self: Box<Self>, ended: rusqlite::Result<()>) {
        let this = *self;
        let outcome = match (ended, this.outcome) {
            (Ok(()), Some(outcome)) => (this.then)(this.subject, outcome),
            (Ok(()), None) => Err(StoreError::Closed),
            (Err(source), _) => Err(StoreError::Sqlite {
                doing: this.doing.what,
                source,
            }),
        };
        // The caller may have left; the change stands all the same.
        drop(this.reply.send(outcome));
    }

    fn frees(&self) -> bool {
        self.doing.frees
    }
}

/// Commits changes together; if that fails, each on its own, so that no change fails for what another did.
pub(super) fn commit(
    db: &mut Connection,
    mut batch: Vec<Box<dyn Change>>,
    reserve: Option<&Reserve>,
) {
    match together(db, &mut batch) {
        Ok(()) => batch.into_iter().for_each(|change| change.finish(Ok(()))),
        Err(error) if batch.len() == 1 => {
            let ended = match reserve {
                Some(reserve) if batch[0].frees() && is_full(&error) => {
                    reserve.lend(db, |db| together(db, &mut batch))
                }
                _ => Err(error),
            };
            let change = batch.pop().expect("there is one");
            change.finish(ended);
        }
        Err(_) => batch
            .into_iter()
            .for_each(|change| commit(db, vec![change], reserve)),
    }
}

fn together(db: &mut Connection, batch: &mut [Box<dyn Change>]) -> rusqlite::Result<()> {
    let transaction = Transaction::begin(db)?;
    for change in batch {
        change.run(&transaction)?;
    }
    transaction.commit()
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}
