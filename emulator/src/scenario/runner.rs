//! Several scenarios at the same time, handed out in the order in which they were given.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::load::Loaded;
use super::run::{self, Finished, RunSettings};

/// Scenarios under way. Dropping it stops them.
#[derive(Debug)]
pub struct Runner {
    tasks: JoinSet<(usize, Result<Finished, run::Error>)>,
    ended: BTreeMap<usize, Result<Finished, run::Error>>,
    next: usize,
}

impl Runner {
    /// Starts to run `scenarios`, at most `jobs` of them at the same time, and at least one.
    pub fn start(scenarios: Vec<Loaded>, settings: RunSettings, jobs: usize) -> Self {
        let turns = Arc::new(Semaphore::new(jobs.max(1)));
        let settings = Arc::new(settings);
        let mut tasks = JoinSet::new();
        for (index, scenario) in scenarios.into_iter().enumerate() {
            let (turns, settings) = (Arc::clone(&turns), Arc::clone(&settings));
            tasks.spawn(async move {
                let _turn = turns
                    .acquire()
                    .await
                    .expect("the semaphore is never closed");
                (index, run::run(&scenario, &settings).await)
            });
        }
        Self {
            tasks,
            ended: BTreeMap::new(),
            next: 0,
        }
    }

    /// Waits for the next scenario in the order of [`Self::start`], whichever ends first; `None` after the last one. A panic
    /// of a scenario goes on in the caller.
    pub async fn next(&mut self) -> Option<Result<Finished, run::Error>> {
        loop {
            if let Some(ended) = self.ended.remove(&self.next) {
                self.next += 1;
                return Some(ended);
            }
            let (index, ended) = match self.tasks.join_next().await? {
                Ok(ended) => ended,
                Err(panic) => {
                    tracing::error!(%panic, "a scenario panicked");
                    std::panic::resume_unwind(panic.into_panic());
                }
            };
            self.ended.insert(index, ended);
        }
    }
}
