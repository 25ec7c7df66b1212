//! One version of a function in operation, whose code and settings may be replaced.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::function::Function;
use super::function_runtime::FunctionRuntime;
use super::share::Share;
use super::waiting::Board;

/// `AsyncTriggerConfig`: how often and how long an event is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EventInvoke {
    /// Retries after execution errors.
    pub(super) retry_num: u8,
    /// The age beyond which nothing is tried again.
    pub(super) msg_ttl: Duration,
}

/// What runs now, and how many of its events wait.
#[derive(Debug)]
pub(super) struct Deployment {
    // A plain lock: read for each attempt, written when code or settings change.
    runtime: RwLock<Arc<FunctionRuntime>>,
    /// The reserved share of the function, which all its versions have together.
    pub(super) share: Arc<Share>,
    /// What happens to the next events. It is not part of what runs, so no instance goes when it changes.
    event_invoke: RwLock<EventInvoke>,
    /// How many of its events wait.
    pub(super) board: Board,
}

impl Deployment {
    /// A version that has `share` together with the others of its function.
    pub(super) fn new(runtime: FunctionRuntime, share: Arc<Share>) -> Self {
        share.set_quota(runtime.function.reserved_mb);
        Self {
            event_invoke: RwLock::new(EventInvoke::of(&runtime.function)),
            runtime: RwLock::new(Arc::new(runtime)),
            share,
            board: Board::default(),
        }
    }

    /// What the next attempt runs on.
    pub(super) fn runtime(&self) -> Arc<FunctionRuntime> {
        Arc::clone(&self.runtime.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The settings in force.
    pub(super) fn function(&self) -> Function {
        let EventInvoke { retry_num, msg_ttl } = self.event_invoke();
        Function {
            retry_num,
            msg_ttl,
            ..self.runtime().function.clone()
        }
    }

    /// Tells the share of the function that an attempt will ask for memory at the next rest. To be called while the attempt
    /// has a hold, so that the clock stays in its phase.
    pub(super) fn expect(&self, number: u32) {
        let runtime = self.runtime();
        let phase = runtime.context.clock.phase();
        self.share.expect(number, runtime.function.memory_mb, phase);
    }

    /// What happens to an event that arrives now.
    pub(super) fn event_invoke(&self) -> EventInvoke {
        let event_invoke = self.event_invoke.read();
        *event_invoke.unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what happens to events that arrive from now on.
    pub(super) fn set_event_invoke(&self, wanted: EventInvoke) {
        let event_invoke = self.event_invoke.write();
        *event_invoke.unwrap_or_else(PoisonError::into_inner) = wanted;
    }

    /// Replaces code and settings for every attempt that begins from now on.
    pub(super) fn replace(&self, runtime: FunctionRuntime) {
        self.set_event_invoke(EventInvoke::of(&runtime.function));
        self.share.set_quota(runtime.function.reserved_mb);
        *self.runtime.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(runtime);
    }
}

impl EventInvoke {
    pub(super) fn of(function: &Function) -> Self {
        Self {
            retry_num: function.retry_num,
            msg_ttl: function.msg_ttl,
        }
    }
}
