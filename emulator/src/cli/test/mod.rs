//! `backlot test`: run scenarios and compare them with their snapshots.

mod as_json;
mod keep;
mod session;
mod unmet;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use session::Session;

use super::configuration::{Configuration, Project, Snapshots};
use super::debugging::Debugging;
use super::egress::Egress;
use super::exit::{CommandError, Exit, chain};
use super::replacement::Replacements;
use super::signals::Signals;
use super::startable::Packages;
use super::strict::Strict;
use super::{build, notice};
use crate::scenario::load::{self, Loaded};
use crate::scenario::report::terminal::Review;
use crate::scenario::run::RunSettings;
use crate::scenario::runner::Runner;
use crate::scenario::snapshot::SnapshotFile;
use crate::scenario::{discover, invocable};
use crate::stage::StoreChoice;
use backlot_base::clock::Clock;
use backlot_cos::store::Kind;

/// Runs scenarios; each gets a stage of its own, and its outcome is compared with its snapshot.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Scenario files, or folders of them [default: `scenarios` in the project's folder]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    configuration: Configuration,

    /// Only scenarios whose name contains this
    #[arg(long, short = 'k', value_name = "TEXT")]
    filter: Option<String>,

    /// How many scenarios run at the same time
    #[arg(long, short, value_name = "N", env = "BACKLOT_JOBS", default_value_t = cores(), value_parser = jobs)]
    jobs: usize,

    /// Where objects are kept while a scenario runs: `memory`, `sqlite` or `fs`
    #[arg(
        long,
        value_name = "KIND",
        default_value = "memory",
        env = "BACKLOT_STORE"
    )]
    store: Kind,

    #[command(flatten)]
    snapshots: Snapshots,

    /// Make every outcome its scenario's snapshot
    #[arg(long)]
    accept: bool,

    /// With `--accept`: also outcomes of runs in which claims or the oracle failed
    #[arg(long, requires = "accept")]
    even_if_failed: bool,

    #[command(flatten)]
    functions: Replacements,

    /// How long a scenario may be busy, in real seconds, before it fails
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,

    /// Begin every scenario with the files in this folder (`<bucket>/<key…>`), or with a state that was kept
    #[arg(long, value_name = "DIR")]
    import: Option<PathBuf>,

    /// Keep what every scenario leaves, in a folder for each of them in this one; `backlot up --import` takes it
    #[arg(long, value_name = "DIR")]
    export_on_exit: Option<PathBuf>,

    /// Write the journal of every scenario into this folder, as JSON lines
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,

    /// Also say which shapes of MPS events functions were shown, and which not; with `--output json` as the last line
    #[arg(long)]
    coverage: bool,

    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,

    #[command(flatten)]
    debugging: Debugging,

    #[command(flatten)]
    egress: Egress,

    #[command(flatten)]
    strict: Strict,
}

/// Where scenarios are unless files or folders are named.
const SCENARIOS: &str = "scenarios";

/// How long a scenario may be busy while people debug its function.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// How often the line about what still runs is written anew, in real time.
const TICK: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A table for people
    #[default]
    Text,
    /// One JSON object a line for each scenario
    Json,
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn jobs(text: &str) -> Result<usize, String> {
    let number: usize = text.parse().map_err(|_| "expected a number".to_owned())?;
    match number {
        0 => Err("expected at least 1".to_owned()),
        number => Ok(number),
    }
}

impl Test {
    pub(super) async fn run(mut self) -> Result<Exit, CommandError> {
        let mut signals = Signals::receive()?;
        let project = self.configuration.read()?;
        if self.paths.is_empty() {
            self.paths.push(project.folder.join(SCENARIOS));
        }
        let is_all = self.paths == [project.folder.join(SCENARIOS)];
        self.snapshots.settle(&project.folder);
        let (scenarios, _packages) = tokio::select! {
            scenarios = self.scenarios(project) => scenarios?,
            _ = signals.next() => return Ok(Exit::Interrupted),
        };
        let clock = Clock::real();
        let watch = clock.stopwatch();
        let settings = RunSettings {
            store: StoreChoice::temporary(self.store),
            patience: match self.debugging.function() {
                Some(_) => FOR_EVER,
                None => Duration::from_secs(self.patience),
            },
            snapshots: Some(self.snapshots.folder().to_owned()),
            import: self.import.clone(),
            export: self.export_on_exit.clone(),
        };
        // One after the other, if people talk to one of them.
        let jobs = self.debugging.function().map_or(self.jobs, |_| 1);
        let names = scenarios.iter().map(|scenario| scenario.name.clone());
        let names: Vec<_> = names.collect();
        let mut session = Session::begin(&self, &names)?;
        let mut runner = Runner::start(scenarios, settings, jobs);
        loop {
            let next = async {
                if session.is_live() {
                    clock.within(TICK, runner.next_ended()).await
                } else {
                    Ok(runner.next().await)
                }
            };
            let next = tokio::select! {
                next = next => next,
                _ = signals.next() => {
                    let left = runner.under_way();
                    return session.interrupted(&left, runner.waiting(), watch.elapsed());
                }
            };
            match next {
                Ok(Some(ended)) => session.take(ended)?,
                Ok(None) => break,
                Err(_) => session.still_running(&runner.under_way())?,
            }
        }
        let exit = session.end(watch.elapsed())?;
        if is_all && self.is_whole() {
            self.tell_of_orphans(&names)?;
        }
        Ok(exit)
    }

    /// Names snapshots that belong to no scenario, after a run of all of them.
    fn tell_of_orphans(&self, names: &[String]) -> Result<(), CommandError> {
        let folder = self.snapshots.folder();
        let stored = SnapshotFile::stored(folder);
        let stored = stored.map_err(|error| CommandError::environment(chain(&error)))?;
        let orphans = stored.iter().filter(|stored| !names.contains(stored));
        let orphans: Vec<_> = orphans
            .map(|name| SnapshotFile::new(folder, name))
            .map(|file| format!("`{}`", file.path().display()))
            .collect();
        if !orphans.is_empty() {
            let list = orphans.join(", ");
            notice(&format!(
                "no scenario belongs to {list}: remove what is not needed"
            ));
        }
        Ok(())
    }

    /// How scenarios ran, for the last line.
    fn circumstances(&self) -> String {
        format!("store: {}, jobs: {}", self.store, self.jobs)
    }

    /// Whether all scenarios of the project ran, as far as that can be told.
    fn is_whole(&self) -> bool {
        self.filter.is_none() && self.paths.iter().all(|path| path.is_dir())
    }

    /// What messages say about review.
    fn review(&self) -> Review<'_> {
        Review {
            snapshots: self.snapshots.folder(),
            flags: [self.configuration.flag(), self.snapshots.flag()],
            is_kept: !keep::is_ci(),
            is_refused: self.accept && !self.even_if_failed,
        }
    }

    /// Reads every scenario, reporting the mistakes of all of them, and builds what has to be built.
    async fn scenarios(&self, project: Project) -> Result<(Vec<Loaded>, Packages), CommandError> {
        let folder = &project.folder;
        let mut config = project.config;
        self.functions.apply(&mut config)?;
        self.debugging.apply(&mut config)?;
        let paths = discover::discover(&self.paths).map_err(|error| {
            let hint = match &error {
                discover::Error::Unreadable { .. } => {
                    "name scenario files or folders, create `scenarios/`, or choose by name with `--filter`"
                }
                discover::Error::SameName { .. } => "rename one of them",
            };
            CommandError::usage(chain(&error)).hint(hint)
        })?;
        let (mut loaded, mut mistakes) = (Vec::new(), Vec::new());
        for path in paths {
            match load::load(&path, &config) {
                Ok(scenario) => loaded.push(scenario),
                Err(error) => mistakes.push(chain(&error)),
            }
        }
        if !mistakes.is_empty() {
            return Err(CommandError::usage(mistakes.join("\n\n")));
        }
        let filter = self.filter.as_deref().unwrap_or_default();
        loaded.retain(|scenario| scenario.name.contains(filter));
        if loaded.is_empty() {
            let paths: Vec<_> = self
                .paths
                .iter()
                .map(|path| format!("`{}`", path.display()))
                .collect();
            let filtered = self
                .filter
                .as_ref()
                .map(|text| format!(" with `{text}` in its name"));
            let message = format!(
                "no scenario{} in {}",
                filtered.unwrap_or_default(),
                paths.join(", ")
            );
            return Err(CommandError::new(Exit::NothingMatched, message)
                .hint("scenarios are files that end in `.yaml` or `.yml`"));
        }
        for scenario in &mut loaded {
            self.egress.apply(&mut scenario.config);
            self.functions.replace(&mut scenario.config);
            self.debugging.prepare(&mut scenario.config);
            scenario.config.place_code(folder);
        }
        let wanted = loaded.iter_mut().map(|scenario| {
            let names = invocable::names(scenario);
            build::Wanted::only(&mut scenario.config, names)
        });
        let packages = build::build(folder, wanted).await?;
        Ok((loaded, packages))
    }
}
