//! `backlot event`: prints an MPS event, to look at or to pipe into `backlot invoke`.

use clap::Args;
use jiff::Timestamp;

use super::exit::{CommandError, Exit};
use super::print;
use crate::mps::Profile;
use crate::mps::sample::{self, EventKind};
use backlot_base::clock::Clock;
use backlot_base::json::{Assignment, Value};
use backlot_base::seed::Seed;
use backlot_base::source::nearest;

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
        for assignment in &self.set {
            if !self.force {
                known(&event, assignment)?;
            }
            event.set(assignment).map_err(|error| {
                CommandError::usage(format!("`--set` cannot be applied: {error}"))
                    .hint("run without `--set` to see the event's members")
            })?;
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

/// Refuses a path to a member that the event does not have: a slip that would add one which no function reads.
fn known(event: &Value, assignment: &Assignment) -> Result<(), CommandError> {
    let mut place = event;
    for (depth, name) in assignment.path().iter().enumerate() {
        let next = match place {
            Value::Object(_) => place.get(name),
            Value::Array(items) => match name.parse::<usize>() {
                Ok(index) if index < items.len() => Some(&items[index]),
                // An item behind the last one is new, whatever is in it, and other positions are told of later.
                _ => return Ok(()),
            },
            // What cannot have members is told of later.
            _ => return Ok(()),
        };
        let Some(next) = next else {
            let names = place.as_object().unwrap_or_default();
            let names: Vec<_> = names.iter().map(|(name, _)| name.as_str()).collect();
            let place = match &assignment.path()[..depth] {
                [] => "the event".to_owned(),
                path => format!("`{}`", path.join(".")),
            };
            let hint = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? `--force` adds a new member"),
                None => format!(
                    "its members are {}; `--force` adds a new one",
                    names.join(", ")
                ),
            };
            let message = format!("`--set` names a member `{name}` that {place} does not have");
            return Err(CommandError::usage(message).hint(hint));
        };
        place = next;
    }
    Ok(())
}
