//! Events and functions end before their time: by a call of the API, a reset, or the end of the service.

use tokio::sync::oneshot;

use super::Scf;
use super::books::{Missing, Registered};
use super::pool::Termination;
use super::registry::Route;
use backlot_base::signal::FunctionTarget;

impl Scf {
    /// Ends an asynchronous event of a version: one that waits at once, and an attempt under way by the end of its instance
    /// or, with `is_graceful`, by a SIGTERM. Nothing follows. Returns whether the event was still there to be ended.
    ///
    /// Follows: SCF reference, section 11.
    pub(super) async fn terminate(
        &self,
        target: &FunctionTarget,
        request_id: &str,
        is_graceful: bool,
    ) -> Result<bool, Missing> {
        let (done, is_found) = oneshot::channel();
        let termination = Termination {
            request_id: request_id.to_owned(),
            is_graceful,
            done,
            hold: self.inner.context.clock.hold("the end of an event"),
        };
        {
            let books = self.books();
            let (_version, registered) = books.find(target, Route::default())?;
            // A pool that is stopping does not hear it.
            drop(registered.terminate.send(termination));
        }
        Ok(is_found.await.unwrap_or(false))
    }

    /// Stops every instance, discards waiting events and dead letters, and starts all functions anew as they were configured, with
    /// their triggers. Returns when the old instances are gone.
    ///
    /// Choice: numbers of invocations go on, so that an invocation from before the reset cannot be taken for one from after it.
    pub async fn reset(&self) {
        let before = {
            let mut books = self.books();
            let before = books.take_all();
            self.inner.configure_anew(&mut books);
            before
        };
        self.inner
            .packages
            .retain(&self.books().definitions.packages());
        stop_all(before).await;
        if let Some(file) = self.inner.queue_file.get() {
            file.clear();
        }
        let letters = &self.inner.dead_letters;
        letters
            .lock()
            .expect("no code panics while it adds a letter")
            .clear();
        let hold = self.inner.context.clock.hold("a reset");
        if let Err(error) = self.inner.triggers.reset(hold) {
            tracing::error!(%error, "a trigger of the configuration could not be restored");
        }
    }

    /// Starts no further attempts: those under way may end, and events that wait go on waiting.
    pub fn close(&self) {
        self.inner.closing.cancel();
    }

    /// Stops every instance with all its processes and returns when they are gone. Events that wait are not run any more.
    pub async fn stop(&self) {
        self.inner.triggers.stop();
        let all = self.books().take_all();
        stop_all(all).await;
    }
}

/// Stops functions one after the other, so that the journal does not depend on the machine.
pub(super) async fn stop_all(all: Vec<Registered>) {
    for registered in all {
        registered.stopping.cancel();
        if let Err(error) = registered.pool.await {
            tracing::error!(%error, "the queue of a function ended because of a bug in the emulator");
        }
    }
}
