//! Changes of the database that somebody has asked for, and how they are committed together.

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Transaction;
use crate::store::StoreError;

/// A change that is run inside a transaction; again, if the first transaction fails because of another change.
pub(super) trait Change: Send {
    fn run(&mut self, db: &Connection) -> rusqlite::Result<()>;
    fn finish(self: Box<Self>, ended: rusqlite::Result<()>);
}

/// A change with whoever waits for its end. It answers with what `then` makes of what `work` came to.
pub(super) struct Asked<F, A, T, U> {
    doing: &'static str,
    work: F,
    then: A,
    outcome: Option<T>,
    reply: oneshot::Sender<Result<U, StoreError>>,
}

impl<F, A, T, U> Asked<F, A, T, U> {
    /// The change, and where its end is told.
    pub(super) fn new(
        doing: &'static str,
        work: F,
        then: A,
    ) -> (Self, oneshot::Receiver<Result<U, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        let asked = Self {
            doing,
            work,
            then,
            outcome: None,
            reply,
        };
        (asked, answer)
    }
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

/// Commits changes together; if that fails, each on its own, so that no change fails for what another did.
pub(super) fn commit(db: &mut Connection, mut batch: Vec<Box<dyn Change>>) {
    let mut together = || {
        let transaction = Transaction::begin(db)?;
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
