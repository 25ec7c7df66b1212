//! `backlot event`: prints an MPS event, to look at or to pipe into `backlot invoke`.

use clap::Args;
use jiff::Timestamp;

use super::exit::{CommandError, Exit};
use super::print;
use crate::mps::Profile;
use crate::mps::sample::{self, EventKind};
use crate::mps::sample_change;
use backlot_base::clock::Clock;
use backlot_base::json::{Assignment, Value};
use backlot_base::seed::Seed;

/// Prints an event as MPS would send it
#[derive(Debug, Args)]
pub(super) struct Event {
    /// `workflow`, `workflow-partial-fail`, `workflow-source-error`, `edit` or `edit-fail`
    kind: EventKind,

    /// Change a value: a dotted path, such as `WorkflowTaskEvent.TaskId=…`; may be given more than once
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<Assignment>,

    /// Let `--set` add members that the event does not have
    #[arg(long)]
    force: bool,

    /// The shape of the payload: `legacy` as published with the trigger, `modern` as sent today
    #[arg(long, default_value = "legacy")]
    profile: Profile,

    /// The seed of the task's id
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// When the task was created, for example `2024-01-01T00:00:00Z`
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,

    /// On one line, as sent over the wire
    #[arg(long)]
    compact: bool,
}

impl Event {
    pub(super) fn run(self) -> Result<Exit, CommandError> {
        let at = self.at.unwrap_or_else(|| Clock::virtual_default().now());
        let mut event = sample::event(self.kind, self.profile, Seed(self.seed), at);
        change(&mut event, &self.set, self.force)?;
        let text = if self.compact {
            event.to_string()
        } else {
            event.to_pretty()
        };
        print(&format!("{text}\n"))?;
        Ok(Exit::Passed)
    }
}

/// Changes an event as `--set` says.
pub(super) fn change(
    event: &mut Value,
    changes: &[Assignment],
    is_forced: bool,
) -> Result<(), CommandError> {
    sample_change::change(event, changes, is_forced).map_err(|error| {
        CommandError::usage(format!("`--set` cannot be applied: {error}")).hint(error.hint())
    })
}
