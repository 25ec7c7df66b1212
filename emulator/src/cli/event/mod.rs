//! `backlot event`: prints an event of MPS or CLS, to look at or to pipe into `backlot invoke`; lists the catalogue of events; compares a
//! captured payload with the model.

mod check;
mod kind;
mod list;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use kind::{Kind, logs};

use super::exit::{CommandError, Exit};
use super::terminal::show_bytes;
use super::{notice, print};
use crate::mps::Profile;
use crate::mps::catalogue::Mutilation;
use crate::mps::sample;
use crate::mps::sample_change;
use crate::scf::triggers::cls;
use backlot_base::clock::Clock;
use backlot_base::json::{Assignment, Value};
use backlot_base::seed::Seed;

/// Prints an event as MPS or CLS would send it
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(super) struct Event {
    /// `workflow`, `workflow-partial-fail`, `workflow-source-error`, `edit`, `edit-fail`, `cls`, or any name
    /// that `--list` shows
    #[arg(value_name = "NAME", required_unless_present_any = ["list", "check"], conflicts_with_all = ["list", "check"])]
    kind: Option<Kind>,

    /// The content of a record of a log, for `cls`; may be given more than once
    #[arg(long, value_name = "TEXT")]
    record: Vec<String>,

    /// Print what a function finds in the event once it has decoded it, for `cls`
    #[arg(long)]
    decoded: bool,

    /// List the events of MPS that there are, with a line about each
    #[arg(long, conflicts_with = "check")]
    list: bool,

    /// Compare a captured payload with the model: a file, or `-` for stdin; exits with 1 if it has drifted
    #[arg(long, value_name = "FILE", conflicts_with_all = ["set", "invalid", "compact", "at"])]
    check: Option<String>,

    /// Change a value: a dotted path, such as `WorkflowTaskEvent.TaskId=…`, or `topic_name=…` in what is decoded of `cls`; may be given
    /// more than once
    #[arg(long, value_name = "PATH=VALUE", conflicts_with = "list")]
    set: Vec<Assignment>,

    /// Let `--set` add members that the event does not have
    #[arg(long, alias = "force")]
    add: bool,

    /// Make the event almost right, for example `missing`, `wrong-type` or `truncated`; `missing:PATH` says where
    #[arg(long, value_name = "MUTATION[:PATH]", conflicts_with = "list")]
    invalid: Option<Mutilation>,

    /// The shape of the payload: `legacy` as published with the trigger, `modern` as sent today [default: legacy; with
    /// `--check`, that of the payload]
    #[arg(long)]
    profile: Option<Profile>,

    /// The seed of the task's id, and of the place that `--invalid` changes
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// When the task was created, or the first record written, for example `2024-01-01T00:00:00Z`
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,

    /// On one line, as sent over the wire
    #[arg(long)]
    compact: bool,

    /// How `--list` and `--check` print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Text,
    /// One JSON value
    Json,
}

impl Event {
    /// Refuses options that have no meaning for the kind of the event.
    fn fits(&self, kind: Kind) -> Result<(), CommandError> {
        let is_of_logs = self.decoded || !self.record.is_empty();
        if is_of_logs && kind != Kind::Cls {
            let message = "`--record` and `--decoded` are for events of the kind `cls`";
            return Err(CommandError::usage(message));
        }
        if self.invalid.is_some() && kind == Kind::Cls {
            return Err(CommandError::usage("`--invalid` is for events of MPS"));
        }
        Ok(())
    }

    pub(super) fn run(self) -> Result<Exit, CommandError> {
        if let Some(file) = &self.check {
            return check::check(file, self.profile, self.output);
        }
        let Some(kind) = self.kind else {
            return list::list(self.output);
        };
        self.fits(kind)?;
        let at = self.at.unwrap_or_else(|| Clock::virtual_default().now());
        let seed = Seed(self.seed);
        let mut event = match kind {
            Kind::Mps(kind) => sample::event(kind, self.profile.unwrap_or_default(), seed, at),
            Kind::Cls => logs(at, &self.record),
        };
        change(&mut event, &self.set, self.add)?;
        if kind == Kind::Cls && !self.decoded {
            event = cls::pack(&event);
        }
        if let Some(mutilation) = &self.invalid {
            return broken(mutilation, &event, seed);
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

/// Prints an event that is almost right, byte for byte, and says where it is not.
fn broken(mutilation: &Mutilation, event: &Value, seed: Seed) -> Result<Exit, CommandError> {
    let broken = mutilation.apply(event, seed).map_err(|error| {
        CommandError::usage(format!("`--invalid` cannot be applied: {error}"))
            .hint("`backlot event NAME` without `--invalid` shows the event's members")
    })?;
    show_bytes(&broken.bytes)?;
    let place = if broken.path.is_empty() {
        "the event as a whole".to_owned()
    } else {
        format!("`{}`", broken.path)
    };
    notice(&format!("{}: {place}", mutilation.mutation()));
    Ok(Exit::Passed)
}

/// Changes an event as `--set` says.
pub(super) fn change(
    event: &mut Value,
    changes: &[Assignment],
    may_add: bool,
) -> Result<(), CommandError> {
    sample_change::change(event, changes, may_add).map_err(|error| {
        CommandError::usage(format!("`--set` cannot be applied: {error}")).hint(error.hint())
    })
}
