//! `backlot test`: run scenarios and compare them with their snapshots.

mod as_json;
mod keep;
mod unmet;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use unmet::Unmet;

use super::configuration::{Configuration, Project, Snapshots};
use super::egress::Egress;
use super::exit::{CommandError, Exit, chain};
use super::replacement::{self, Replacement};
use super::strict::{self, Gap, Strict};
use super::{build, print};
use crate::scenario::load::{self, Loaded};
use crate::scenario::report::terminal::{self, Review, Table, Tally};
use crate::scenario::run::{Finished, RunSettings};
use crate::scenario::runner::Runner;
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
    #[arg(long, short, value_name = "N", env = "BACKLOT_JOBS", default_value_t = cores())]
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

    /// Run this for a function, instead of what is configured: a command, split as a shell does, or RUNTIME:HANDLER
    #[arg(long = "function", value_name = "NAME=COMMAND")]
    functions: Vec<Replacement>,

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

    /// What to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,

    #[command(flatten)]
    egress: Egress,

    #[command(flatten)]
    strict: Strict,
}

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

impl Test {
    pub(super) async fn run(mut self) -> Result<Exit, CommandError> {
        let project = self.configuration.read()?;
        if self.paths.is_empty() {
            self.paths.push(project.folder.join("scenarios"));
        }
        self.snapshots.settle(&project.folder);
        let scenarios = self.scenarios(project).await?;
        let watch = Clock::real().stopwatch();
        let settings = RunSettings {
            store: StoreChoice::temporary(self.store),
            patience: Duration::from_secs(self.patience),
            snapshots: Some(self.snapshots.folder().to_owned()),
            import: self.import.clone(),
            export: self.export_on_exit.clone(),
        };
        let names: Vec<_> = scenarios
            .iter()
            .map(|scenario| scenario.name.clone())
            .collect();
        let table = Table::for_names(names.iter().map(String::as_str));
        if self.output == Output::Text {
            print(&format!("{}\n", table.head()))?;
        }
        let mut details = String::new();
        let mut tally = Tally::default();
        let mut gaps: Vec<(String, Gap)> = Vec::new();
        let mut unmet = Unmet::default();
        let mut failed_to_run = None;
        let mut runner = Runner::start(scenarios, settings, self.jobs);
        while let Some(ended) = runner.next().await {
            match ended {
                Ok(mut finished) => {
                    self.keep(&mut finished)?;
                    self.show(table, &finished)?;
                    unmet.take(&finished.shared);
                    details.push_str(&terminal::details(&finished, &self.review(), true));
                    details.push_str(&terminal::findings(&finished));
                    let found = Gap::all(&finished.outcome.records).into_iter();
                    gaps.extend(found.map(|gap| (finished.name.clone(), gap)));
                    let passed = finished.is_passed();
                    tally.passed += usize::from(passed);
                    tally.failed += usize::from(!passed);
                }
                Err(error) => failed_to_run = failed_to_run.or(Some(error)),
            }
        }
        if let Some(error) = failed_to_run {
            return Err(CommandError::environment(chain(&error)));
        }
        let unmet = if self.is_whole() {
            unmet.errors()
        } else {
            Vec::new()
        };
        if self.output == Output::Text {
            for error in &unmet {
                details.push_str(&format!("\n{error}\n"));
            }
            let how = format!("store: {}, jobs: {}", self.store, self.jobs);
            print(&details)?;
            print(&format!(
                "{}\n",
                terminal::summary(tally, watch.elapsed(), &how)
            ))?;
        }
        let exit = self.judge(tally, &gaps)?;
        Ok(match exit {
            Exit::Passed | Exit::Unsupported if !unmet.is_empty() => Exit::Failed,
            same => same,
        })
    }

    /// Whether all scenarios of the project ran, as far as that can be told.
    fn is_whole(&self) -> bool {
        self.filter.is_none() && self.paths.iter().all(|path| path.is_dir())
    }

    /// What messages say about review.
    fn review(&self) -> Review<'_> {
        Review {
            snapshots: self.snapshots.folder(),
            is_kept: !keep::is_ci(),
            is_refused: self.accept && !self.even_if_failed,
        }
    }

    /// A failed scenario takes precedence over something unsupported.
    fn judge(&self, tally: Tally, gaps: &[(String, Gap)]) -> Result<Exit, CommandError> {
        let is_strict = self.strict.is_on() && !gaps.is_empty();
        if is_strict && self.output == Output::Text {
            let gaps = gaps.iter().map(|(name, gap)| (Some(name.as_str()), gap));
            print(&strict::list(gaps))?;
        }
        Ok(match tally.failed {
            0 if is_strict => Exit::Unsupported,
            0 => Exit::Passed,
            _ => Exit::Failed,
        })
    }

    /// Reads every scenario, reporting the mistakes of all of them, and builds what has to be built.
    async fn scenarios(&self, project: Project) -> Result<Vec<Loaded>, CommandError> {
        let folder = &project.folder;
        let mut config = project.config;
        replacement::apply(&mut config, &self.functions)?;
        let hint = "name scenario files or folders, or create `scenarios/`";
        let paths = discover::discover(&self.paths)
            .map_err(|error| CommandError::usage(chain(&error)).hint(hint))?;
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
                .hint("scenarios are files that end in `.yaml`"));
        }
        for scenario in &mut loaded {
            self.egress.apply(&mut scenario.config);
            replacement::replace(&mut scenario.config, &self.functions);
            scenario.config.place_code(folder);
        }
        let wanted = loaded.iter_mut().map(|scenario| {
            let names = invocable::names(scenario);
            build::Wanted::only(&mut scenario.config, names)
        });
        build::build(folder, wanted).await?;
        Ok(loaded)
    }

    fn show(&self, table: Table, finished: &Finished) -> Result<(), CommandError> {
        match self.output {
            Output::Text => print(&format!("{}\n", table.row(finished))),
            Output::Json => print(&format!("{}\n", as_json::as_json(finished))),
        }
    }
}
