//! One version of a function in operation, whose code and settings may be replaced.

use std::sync::{Arc, PoisonError, RwLock};

use super::function::Function;
use super::function_runtime::FunctionRuntime;
use super::waiting::Board;

/// What runs now, and how many of its events wait.
#[derive(Debug)]
pub(super) struct Deployment {
    // A plain lock: read for each attempt, written when code or settings change.
    runtime: RwLock<Arc<FunctionRuntime>>,
    /// How many of its events wait.
    pub(super) board: Board,
}

impl Deployment {
    pub(super) fn new(runtime: FunctionRuntime) -> Self {
        Self {
            runtime: RwLock::new(Arc::new(runtime)),
            board: Board::default(),
        }
    }

    /// What the next attempt runs on.
    pub(super) fn runtime(&self) -> Arc<FunctionRuntime> {
        Arc::clone(&self.runtime.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The settings in force.
    pub(super) fn function(&self) -> Function {
        self.runtime().function.clone()
    }

    /// Replaces code and settings for every attempt that begins from now on.
    pub(super) fn replace(&self, runtime: FunctionRuntime) {
        *self.runtime.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(runtime);
    }
}
