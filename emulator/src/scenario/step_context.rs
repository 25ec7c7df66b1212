//! What a step can reach while it runs: the stage, the clock, the files beside the scenario.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;

use super::failure::{Failure, StepResult};
use super::oracle::ArchivePlace;
use super::so_far::SoFar;
use crate::stage::Stage;
use backlot_base::clock::Hold;
use backlot_base::journal::{Lane, StageRecord};
use backlot_base::signal::{FunctionTarget, InvokeWanted, StartWanted};
use backlot_base::source::{Diagnostic, SourceFile, Span};

/// One scenario that is running.
#[derive(Debug)]
pub struct StepContext<'a> {
    /// The services it runs against.
    pub stage: &'a Stage,
    /// Its text.
    pub source: &'a SourceFile,
    /// Where the archive is.
    pub archive: &'a ArchivePlace,
    /// Where what the step itself does is recorded.
    pub lane: Lane,
    /// When it began on its own clock.
    pub start: Timestamp,
    /// How long the chain may be busy in real time before the step fails and names what is busy.
    pub patience: Duration,
    folder: &'a Path,
    so_far: SoFar,
    here: Option<Span>,
    visits: u32,
    /// What claims do not hold, with the visit in which that was found.
    failed: Vec<(u32, Diagnostic)>,
    /// The numbers of the records of findings that a claim accounts for.
    claimed: BTreeSet<usize>,
    // Taken only while time passes.
    hold: Option<Hold>,
}

impl<'a> StepContext<'a> {
    /// Begins a scenario: from now on its clock stands still until a step lets time pass.
    pub fn begin(
        stage: &'a Stage,
        source: &'a SourceFile,
        folder: &'a Path,
        archive: &'a ArchivePlace,
        patience: Duration,
    ) -> Self {
        Self {
            stage,
            source,
            archive,
            lane: Lane::Stage,
            start: stage.clock().now(),
            patience,
            folder,
            so_far: SoFar::default(),
            here: None,
            visits: 0,
            failed: Vec::new(),
            claimed: BTreeSet::new(),
            hold: Some(stage.clock().hold("the scenario")),
        }
    }

    /// Notes that a step begins; `index` counts from 0.
    pub fn begin_step(&mut self, index: usize, kind: &str) {
        self.lane = Lane::Step(u32::try_from(index + 1).unwrap_or(u32::MAX));
        let step = kind.to_owned();
        let began = StageRecord::StepStarted { step };
        self.stage.journal().append(self.lane, began);
    }

    /// Notes the place of the step that runs now, for messages.
    pub fn visit(&mut self, here: Option<Span>) {
        self.here = here;
        self.visits += 1;
    }

    /// Notes what of the claim that is looked at does not hold. A claim that is repeated is told of once.
    pub fn note(&mut self, failures: Vec<Failure>) {
        let (here, visit) = (self.here, self.visits);
        let is_told = |(before, found): &(u32, Diagnostic)| found.span == here && *before != visit;
        if here.is_some() && self.failed.iter().any(is_told) {
            return;
        }
        let found = failures.into_iter().map(|failure| failure.at(here));
        let found: Vec<_> = found.map(|found| (visit, found)).collect();
        self.failed.extend(found);
    }

    /// Notes that a claim accounts for these findings, by the numbers of their records.
    pub fn claim(&mut self, findings: impl IntoIterator<Item = usize>) {
        self.claimed.extend(findings);
    }

    /// The numbers of the records of findings that claims account for.
    pub fn claimed(&mut self) -> BTreeSet<usize> {
        std::mem::take(&mut self.claimed)
    }

    /// A failure of the step that runs now, at its place.
    pub fn at_step(&self, failure: Failure) -> Diagnostic {
        failure.at(self.here)
    }

    /// What was noted, in the order in which it was found.
    pub fn failed(&mut self) -> Vec<Diagnostic> {
        let failed = std::mem::take(&mut self.failed);
        failed.into_iter().map(|(_, found)| found).collect()
    }

    /// Lets the chain work until it has nothing to do and nothing to wait for.
    pub async fn rest(&mut self) -> StepResult {
        let hold = self.release();
        let idle = self
            .stage
            .clock()
            .within(self.patience, hold.until_idle())
            .await;
        self.resume(idle.ok())
    }

    /// Lets `pause` pass on the scenario's clock.
    pub async fn pass(&mut self, pause: Duration) -> StepResult {
        let hold = self.release();
        let passed = self
            .stage
            .clock()
            .within(self.patience + pause, hold.sleep(pause))
            .await;
        self.resume(passed.ok())
    }

    /// Queues an event for a function, now; `start` says which instance it is to have.
    pub fn invoke(&self, target: FunctionTarget, source: &str, event: Bytes, start: StartWanted) {
        let wanted = InvokeWanted {
            target,
            source: source.to_owned(),
            event,
            hold: self.another_hold("an event on its way"),
        };
        self.stage.invoke_on(wanted, start);
    }

    /// A hold for work that a step starts.
    pub fn another_hold(&self, who: &'static str) -> Hold {
        self.stage.clock().hold(who)
    }

    /// The bytes of a file beside the scenario.
    pub fn file(&self, name: &str) -> Result<Bytes, Failure> {
        let path = self.folder.join(name);
        std::fs::read(&path)
            .map(Bytes::from)
            .map_err(|error| Failure::new(format!("`{}` cannot be read: {error}", path.display())))
    }

    /// What has happened so far.
    pub fn so_far(&mut self) -> &SoFar {
        self.so_far.catch_up(self.stage.journal());
        &self.so_far
    }

    fn release(&mut self) -> Hold {
        self.hold
            .take()
            .expect("a scenario holds its clock between steps")
    }

    fn resume(&mut self, hold: Option<Hold>) -> StepResult {
        let busy = self.stage.clock().busy();
        let is_idle = hold.is_some();
        self.hold = Some(hold.unwrap_or_else(|| self.another_hold("the scenario")));
        if is_idle {
            return Ok(());
        }
        let who = match busy.as_slice() {
            [] => "nothing is busy, yet something still waits".to_owned(),
            names => format!("busy: {}", names.join(", ")),
        };
        let title = format!("still busy after {:?} (`--patience`)", self.patience);
        Err(Failure::new(title).hint(who))
    }
}
