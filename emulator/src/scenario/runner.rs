//! Several scenarios at the same time, handed out in the order in which they were given.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::load::Loaded;
use super::run::{self, Finished, RunSettings};
use backlot_base::clock::{Clock, Stopwatch};

/// Scenarios under way. Dropping it stops them.
#[derive(Debug)]
pub struct Runner {
    tasks: JoinSet<(usize, Result<Finished, run::Error>)>,
    ended: BTreeMap<usize, Result<Finished, run::Error>>,
    next: usize,
    under_way: UnderWay,
}

/// Scenarios that run at the moment, by their place: name and time.
type UnderWay = Arc<Mutex<BTreeMap<usize, (String, Stopwatch)>>>;

impl Runner {
    /// Starts to run `scenarios`, at most `jobs` of them at the same time, and at least one.
    pub fn start(scenarios: Vec<Loaded>, settings: RunSettings, jobs: usize) -> Self {
        let turns = Arc::new(Semaphore::new(jobs.max(1)));
        let settings = Arc::new(settings);
        let mut tasks = JoinSet::new();
        let under_way = UnderWay::default();
        for (index, scenario) in scenarios.into_iter().enumerate() {
            let (turns, settings) = (Arc::clone(&turns), Arc::clone(&settings));
            let under_way = Arc::clone(&under_way);
            tasks.spawn(async move {
                let _turn = turns
                    .acquire()
                    .await
                    .expect("the semaphore is never closed");
                let begun = (scenario.name.clone(), Clock::real().stopwatch());
                entries(&under_way).insert(index, begun);
                let ended = run::run(&scenario, &settings).await;
                entries(&under_way).remove(&index);
                (index, ended)
            });
        }
        Self {
            tasks,
            ended: BTreeMap::new(),
            next: 0,
            under_way,
        }
    }

    /// Scenarios that run at the moment, with how long they have run, in real time.
    pub fn under_way(&self) -> Vec<(String, Duration)> {
        let entries = entries(&self.under_way);
        let entries = entries.values();
        entries
            .map(|(name, begun)| (name.clone(), begun.elapsed()))
            .collect()
    }

    /// How many scenarios have not begun.
    pub fn waiting(&self) -> usize {
        let running = entries(&self.under_way).len();
        self.tasks.len().saturating_sub(running)
    }

    /// Waits for the next scenario that ends; `None` after the last one. May be dropped at any time. A panic of a scenario
    /// goes on in the caller.
    pub async fn next_ended(&mut self) -> Option<Result<Finished, run::Error>> {
        Some(self.join().await?.1)
    }

    /// Waits for the next scenario in the order of [`Self::start`], whichever ends first; `None` after the last one. A panic
    /// of a scenario goes on in the caller.
    pub async fn next(&mut self) -> Option<Result<Finished, run::Error>> {
        loop {
            if let Some(ended) = self.ended.remove(&self.next) {
                self.next += 1;
                return Some(ended);
            }
            let (index, ended) = self.join().await?;
            self.ended.insert(index, ended);
        }
    }

    async fn join(&mut self) -> Option<(usize, Result<Finished, run::Error>)> {
        match self.tasks.join_next().await? {
            Ok(ended) => Some(ended),
            Err(panic) => {
                tracing::error!(%panic, "a scenario panicked");
                std::panic::resume_unwind(panic.into_panic());
            }
        }
    }
}

fn entries(under_way: &UnderWay) -> MutexGuard<'_, BTreeMap<usize, (String, Stopwatch)>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}
