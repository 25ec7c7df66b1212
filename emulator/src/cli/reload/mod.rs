//! Hot reload of `backlot up`: a saved change of a function's code is in use at its next event.
//!
//! - [`Source`]: which files a function is made of, as configured.
//! - `tree`: what is in these files. Contents are compared, not times: who saves a file without a change loses no warm
//!   instance.
//! - `watch`: the system tells which folders have changed; nothing is looked at before.
//! - `function`: what follows for one function: its build, and the update of SCF, which lets attempts under way end on the
//!   old code.
//!
//! What interpreters and tools write themselves, such as `__pycache__` and `node_modules`, does not count (`ignored`).

mod function;
mod ignored;
mod source;
mod tree;
mod watch;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::notice;
use crate::config::{Config, FILE_NAME};
use crate::stage::Stage;
use backlot_base::clock::Clock;
use function::Watched;
use source::Scope;
pub(super) use source::Source;
use tree::Tree;
use watch::Watch;

/// Real time without a further change after which a change counts as whole: editors and `git` write several files.
const QUIET: Duration = Duration::from_millis(10);
/// Real time after which a change is looked at even if others follow.
const LONGEST: Duration = Duration::from_millis(40);

/// What is to be watched.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) functions: Vec<Source>,
    /// `backlot.yaml`, if there is one.
    pub(super) file: Option<PathBuf>,
}

/// Watches the code of functions while a stage runs.
#[derive(Debug)]
pub(super) struct Reload {
    watch: Arc<Watch>,
    functions: Vec<Watched>,
    configuration: Option<Configuration>,
}

/// `backlot.yaml`, which is read at the start only.
#[derive(Debug)]
struct Configuration {
    scope: Scope,
    seen: Tree,
}

impl Sources {
    /// The functions of `config` that are to be watched. `folder` is that of the project, and `data` that of the emulator's
    /// data, in which it writes itself.
    pub(super) fn of(
        config: &Config,
        folder: &Path,
        file: Option<&Path>,
        data: Option<&Path>,
    ) -> Self {
        let functions = config.functions.iter();
        let watched = functions.filter(|(_, function)| function.watch.unwrap_or(true));
        let functions = watched.map(|(name, function)| Source::of(name, function, folder, data));
        Self {
            functions: functions.collect(),
            file: file.map(absolute),
        }
    }
}

impl Reload {
    /// Begins to watch. If the system does not allow it, a note says so, and nothing is watched.
    pub(super) async fn start(sources: Sources) -> Option<Self> {
        if sources.functions.is_empty() && sources.file.is_none() {
            return None;
        }
        let watch = match Watch::new() {
            Ok(watch) => Arc::new(watch),
            Err(error) => {
                notice(&format!("note: changes of code are not noticed: {error}"));
                return None;
            }
        };
        let mut functions = Vec::new();
        for (index, source) in sources.functions.into_iter().enumerate() {
            match Watched::start(source, Arc::clone(&watch), index).await {
                Ok(watched) => functions.push(watched),
                Err((name, error)) => notice(&format!(
                    "note: changes of the code of function `{name}` are not noticed: {}; `watch: false` of the function \
                     leaves this note out",
                    explain(&error)
                )),
            }
        }
        let configuration = match sources.file {
            Some(file) => Configuration::start(&file, &watch).ok(),
            None => None,
        };
        Some(Self {
            watch,
            functions,
            configuration,
        })
    }

    /// Puts changed code in place whenever there is some. Never ends; may be dropped at any time.
    pub(super) async fn follow(&mut self, stage: &Stage) -> Infallible {
        loop {
            let changed = self.changed().await;
            for watched in &mut self.functions {
                if changed.contains(&watched.index()) {
                    watched.renew(stage).await;
                }
            }
            if changed.contains(&CONFIGURATION)
                && let Some(configuration) = &mut self.configuration
            {
                configuration.compare(&self.watch);
            }
        }
    }

    /// Waits until something has changed and nothing more does for a moment; says whose files they may be.
    async fn changed(&self) -> BTreeSet<usize> {
        let clock = Clock::real();
        let mut changed = self.watch.changed().await;
        let watch = clock.stopwatch();
        while watch.elapsed() < LONGEST {
            match clock.within(QUIET, self.watch.changed()).await {
                Ok(more) => changed.extend(more),
                Err(_quiet) => break,
            }
        }
        changed
    }
}

/// Stands for `backlot.yaml` where functions have their index.
const CONFIGURATION: usize = usize::MAX;

impl Configuration {
    fn start(file: &Path, watch: &Watch) -> io::Result<Self> {
        let scope = Scope::file(file);
        let seen = Tree::read(&scope, &Tree::default(), watch, CONFIGURATION)?;
        Ok(Self { scope, seen })
    }

    fn compare(&mut self, watch: &Watch) {
        // A file that is being replaced comes back.
        let Ok(now) = Tree::read(&self.scope, &self.seen, watch, CONFIGURATION) else {
            return;
        };
        if !now.changed_since(&self.seen).is_empty() {
            notice(&format!(
                "`{FILE_NAME}` has changed: restart `backlot up` to apply it"
            ));
        }
        self.seen = now;
    }
}

fn absolute(path: impl AsRef<Path>) -> PathBuf {
    let path = path.as_ref();
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// What the system says, with what to do about it.
fn explain(error: &io::Error) -> String {
    match error.kind() {
        // What inotify says when the user has no watches left.
        io::ErrorKind::StorageFull => {
            "the system allows no more watches; see `/proc/sys/fs/inotify/max_user_watches`".into()
        }
        _ => error.to_string(),
    }
}
