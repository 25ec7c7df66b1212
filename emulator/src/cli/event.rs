//! `backlot event`: prints an event of MPS or CLS, to look at or to pipe into `backlot invoke`.

use clap::Args;
use jiff::Timestamp;

use super::event_kind::{Kind, logs};
use super::exit::{CommandError, Exit};
use super::print;
use crate::mps::Profile;
use crate::mps::sample;
use crate::mps::sample_change;
use crate::scf::triggers::cls;
use backlot_base::clock::Clock;
use backlot_base::json::{Assignment, Value};
use backlot_base::seed::Seed;

/// Prints an event as MPS or CLS would send it
#[derive(Debug, Args)]
pub(super) struct Event {
    /// `workflow`, `workflow-partial-fail`, `workflow-source-error`, `edit`, `edit-fail` or `cls`
    kind: Kind,

    /// The content of a record of a log, for `cls`; may be given more than once
    #[arg(long, value_name = "TEXT")]
    record: Vec<String>,

    /// Print what a function finds in the event once it has decoded it, for `cls`
    #[arg(long)]
    decoded: bool,

    /// Change a value: a dotted path, such as `WorkflowTaskEvent.TaskId=…`, or `topic_name=…` in what is decoded of `cls`; may be given
    /// more than once
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

    /// When the task was created, or the first record written, for example `2024-01-01T00:00:00Z`
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,

    /// On one line, as sent over the wire
    #[arg(long)]
    compact: bool,
}

impl Event {
    /// Refuses options that have no meaning for the kind of the event.
    fn check(&self) -> Result<(), CommandError> {
        let is_used = self.decoded || !self.record.is_empty();
        if is_used && self.kind != Kind::Cls {
            let message = "`--record` and `--decoded` are for events of the kind `cls`";
            return Err(CommandError::usage(message));
        }
        Ok(())
    }

    pub(super) fn run(self) -> Result<Exit, CommandError> {
        self.check()?;
        let at = self.at.unwrap_or_else(|| Clock::virtual_default().now());
        let mut event = match self.kind {
            Kind::Mps(kind) => sample::event(kind, self.profile, Seed(self.seed), at),
            Kind::Cls => logs(at, &self.record),
        };
        change(&mut event, &self.set, self.force)?;
        if self.kind == Kind::Cls && !self.decoded {
            event = cls::pack(&event);
        }
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
