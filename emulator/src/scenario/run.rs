//! One scenario from start to verdict: a stage of its own, the steps, the oracle, the snapshot.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use tracing::Instrument as _;

use super::failure::Failure;
use super::idle::{Shared, idle};
use super::load::Loaded;
use super::oracle::{ArchivePlace, Mode, Oracle};
use super::outcome::{Outcome, StoredObject};
use super::settings;
use super::snapshot::volatile::{Folders, Redaction, Surroundings};
use super::snapshot::{self, Comparison, SnapshotFile};
use super::step::run_all;
use super::step_context::StepContext;
use super::unbound;
use crate::config::{OracleConfig, SnapshotConfig};
use crate::stage::{self, Stage};
use backlot_base::clock::Clock;
use backlot_base::journal::Record;
use backlot_base::source::{Diagnostic, Diagnostics};

/// How scenarios are run.
#[derive(Clone, Debug)]
pub struct RunSettings {
    /// Where and how objects are kept.
    pub store: stage::StoreChoice,
    /// How long a chain may be busy, in real time, before the run fails and says who is busy.
    pub patience: Duration,
    /// Where snapshots are; `None` compares nothing.
    pub snapshots: Option<PathBuf>,
    /// What every scenario begins with: a folder, or a file of a saved state.
    pub import: Option<PathBuf>,
    /// Where what a scenario leaves is kept, in a folder of its name.
    pub export: Option<PathBuf>,
}

/// What a run came to.
#[derive(Debug)]
pub struct Finished {
    /// The scenario's name.
    pub name: String,
    /// What it left behind.
    pub outcome: Outcome,
    /// The outcome as snapshots show it.
    pub text: String,
    /// Claims that do not hold, faults and stubs that nothing met, and the act that failed, with their places.
    pub failures: Option<Diagnostics>,
    /// What the faults and stubs of `backlot.yaml` did.
    pub shared: Vec<Shared>,
    /// What the oracle found.
    pub violations: Vec<Failure>,
    /// The numbers of the records of findings that a claim accounts for.
    pub claimed: BTreeSet<usize>,
    /// How the outcome compares with its snapshot.
    pub comparison: Option<Comparison>,
    /// How long it took, in real time.
    pub real: Duration,
}

/// Why a scenario could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stage did not start.
    #[error("the stage for `{name}` did not start")]
    Stage {
        /// The scenario.
        name: String,
        /// The cause.
        #[source]
        source: stage::Error,
    },
    /// What is in the buckets could not be read back.
    #[error("the buckets of `{name}` cannot be read")]
    Objects {
        /// The scenario.
        name: String,
        /// The cause.
        #[source]
        source: stage::Error,
    },
    /// What it begins with could not be read, or what it leaves not written.
    #[error("the buckets of `{name}` cannot be filled or kept")]
    State {
        /// The scenario.
        name: String,
        /// The cause.
        #[source]
        source: stage::state::Error,
    },
    /// The snapshot could not be read.
    #[error(transparent)]
    Snapshot(#[from] snapshot::Error),
}

impl Finished {
    /// Whether everything is as it should be.
    pub fn is_passed(&self) -> bool {
        let is_same = matches!(self.comparison, None | Some(Comparison::Same));
        self.is_sound() && is_same
    }

    /// Whether steps, claims and oracle are satisfied, whatever the snapshot says.
    pub fn is_sound(&self) -> bool {
        self.failures.is_none() && self.violations.is_empty()
    }

    /// The records that no claim accounts for.
    pub fn unclaimed(&self) -> impl Iterator<Item = &Record> {
        let records = self.outcome.records.iter();
        records.filter(|record| !self.claimed.contains(&record.number))
    }

    /// What steps, claims and oracle object to, a sentence each.
    pub fn problems(&self) -> Vec<String> {
        let violations = self.violations.iter().map(|found| found.title.clone());
        let failures = self.failures.iter().flat_map(|failures| &failures.found);
        violations
            .chain(failures.map(|failure| failure.title.clone()))
            .collect()
    }
}

/// Runs one scenario on a stage of its own and judges the outcome. What is logged meanwhile, also by the stage's own tasks, is
/// inside the span `scenario`.
pub async fn run(loaded: &Loaded, run_settings: &RunSettings) -> Result<Finished, Error> {
    let span = tracing::info_span!("scenario", name = loaded.name);
    run_and_judge(loaded, run_settings).instrument(span).await
}

async fn run_and_judge(loaded: &Loaded, run_settings: &RunSettings) -> Result<Finished, Error> {
    let name = &loaded.name;
    let watch = Clock::real().stopwatch();
    let failed = |source| Error::Stage {
        name: name.clone(),
        source,
    };
    let stage_settings = settings::for_stage(loaded, &run_settings.store).map_err(failed)?;
    let oracle = oracle(loaded, &stage_settings);
    let stage = Stage::start(stage_settings).await.map_err(failed)?;

    let imported = match import(loaded, run_settings, &stage).await {
        Ok(imported) => imported,
        Err(error) => {
            stage.stop().await;
            return Err(error);
        }
    };
    let steps = run_steps(loaded, &stage, &oracle.place, run_settings.patience).await;
    let objects = stage.objects().await;
    let below = stage.below().await;
    let records = stage.journal().ordered();
    let exported = match &run_settings.export {
        Some(folder) => stage.export(&folder.join(name)).await.map(drop),
        None => Ok(()),
    };
    stage.stop().await;
    exported.map_err(|source| Error::State {
        name: name.clone(),
        source,
    })?;
    let unreadable = |source| Error::Objects {
        name: name.clone(),
        source,
    };
    let objects = objects.map_err(unreadable)?;

    let outcome = Outcome {
        scenario: name.clone(),
        start: steps.start,
        records,
        objects: objects.into_iter().map(StoredObject::from).collect(),
        below: below.map_err(unreadable)?,
        imported,
    };
    let running = watch.elapsed();
    let text = rendered(loaded, &outcome);
    let is_compared = loaded.config.snapshot.unwrap_or_default() == SnapshotConfig::On;
    let comparison = match &run_settings.snapshots {
        Some(folder) if is_compared => Some(SnapshotFile::new(folder, name).compare(&text)?),
        _ => None,
    };
    let mut violations = oracle.violations(&outcome);
    violations.extend(unbound::violations(&outcome, &loaded.config));
    let real = watch.elapsed();
    tracing::info!(?running, judging = ?real.saturating_sub(running), "the scenario was judged");
    Ok(Finished {
        name: name.clone(),
        violations,
        outcome,
        text,
        failures: (!steps.failed.is_empty()).then(|| Diagnostics {
            source: loaded.source.clone(),
            found: steps.failed,
        }),
        shared: steps.shared,
        claimed: steps.claimed,
        comparison,
        real,
    })
}

/// Fills the buckets: first with what all scenarios begin with, then with what this one does. Returns what is there then.
async fn import(
    loaded: &Loaded,
    run_settings: &RunSettings,
    stage: &Stage,
) -> Result<Vec<StoredObject>, Error> {
    let own = loaded.scenario.import.as_ref();
    let own = own.map(|own| loaded.folder.join(&own.value));
    let paths: Vec<_> = run_settings.import.iter().chain(&own).collect();
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let name = &loaded.name;
    for path in paths {
        let imported = stage.import(path).await;
        imported.map_err(|source| Error::State {
            name: name.clone(),
            source,
        })?;
    }
    let objects = stage.objects().await.map_err(|source| Error::Objects {
        name: name.clone(),
        source,
    })?;
    Ok(objects.into_iter().map(StoredObject::from).collect())
}

/// What the steps of a scenario came to.
struct Steps {
    start: jiff::Timestamp,
    failed: Vec<Diagnostic>,
    shared: Vec<Shared>,
    claimed: BTreeSet<usize>,
}

/// Runs the steps in order and lets the chain come to rest. An act that fails ends the run, a claim does not; faults and stubs
/// are looked at only in a run that was not cut short.
async fn run_steps(
    loaded: &Loaded,
    stage: &Stage,
    place: &ArchivePlace,
    patience: Duration,
) -> Steps {
    let mut context = StepContext::begin(stage, &loaded.source, &loaded.folder, place, patience);
    let mut ended = Ok(());
    for (index, step) in loaded.scenario.steps.iter().enumerate() {
        context.begin_step(index, step.value.kind());
        ended = run_all(std::slice::from_ref(step), &mut context).await;
        if ended.is_err() {
            break;
        }
    }
    if ended.is_ok() {
        context.visit(None);
        ended = context.rest().await;
    }
    let stopped = ended.err().map(|failure| context.at_step(failure));
    let mut failed = context.failed();
    let mut shared = Vec::new();
    if stopped.is_none() {
        let idle = idle(loaded, stage);
        failed.extend(idle.mistakes);
        shared = idle.shared;
    }
    failed.extend(stopped);
    Steps {
        start: context.start,
        failed,
        shared,
        claimed: context.claimed(),
    }
}

/// The outcome as snapshots show it.
fn rendered(loaded: &Loaded, outcome: &Outcome) -> String {
    let rules: Vec<Redaction> = loaded
        .config
        .redact
        .iter()
        .filter_map(|rule| Redaction::new(&rule.pattern.value, &rule.token.value).ok())
        .collect();
    let surroundings = Surroundings {
        rules: &rules,
        folders: &Folders::around(&loaded.folder),
        now: Clock::real().now(),
        scenario: &loaded.source.text,
    };
    snapshot::text::render(outcome, &surroundings)
}

/// What the run is held to.
fn oracle(loaded: &Loaded, settings: &stage::Settings) -> Oracle {
    let config = &loaded.config;
    let bucket = config.archive.bucket.clone();
    let app_id = settings.account.app_id;
    let mode = config.oracle.as_ref().map(|written| &written.value);
    Oracle {
        place: ArchivePlace {
            bucket: bucket.unwrap_or_else(|| format!("archive-{app_id}")),
            prefix: config.archive.prefix.clone().unwrap_or_default(),
        },
        mode: match mode {
            None | Some(OracleConfig::Bytes) => Mode::Bytes,
            Some(OracleConfig::Json) => Mode::Json,
            Some(OracleConfig::Off(_)) => Mode::Off,
        },
        may_lose: config.may_lose.unwrap_or_default(),
    }
}
