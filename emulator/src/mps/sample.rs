//! Events without a stage: `backlot event KIND`.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use backlot_base::json::Value;
use backlot_base::seed::Seed;
use backlot_base::source::nearest;

use super::catalogue::{self, Entry};
use super::profile::Profile;
use super::task::{DEFAULT_OWNER, task_id};

/// What a made-up event is about: an entry of the catalogue, of which the commonest have short names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A workflow task in which everything went well.
    Workflow,
    /// A workflow task in which a transcode and an animated picture failed.
    WorkflowPartialFail,
    /// A workflow task about a source that cannot be read.
    WorkflowSourceError,
    /// An edit that went well.
    Edit,
    /// An edit that failed.
    EditFail,
    /// An entry by its own name.
    Entry(&'static Entry),
}

/// There are no made-up events of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind of event: {hint}", hint = kinds(.0))]
pub struct UnknownEventKind(pub String);

/// The kind that was meant, or all of those with short names.
fn kinds(given: &str) -> String {
    let short = EventKind::ALL.map(EventKind::as_str);
    let all = short
        .into_iter()
        .chain(catalogue::entries().iter().map(Entry::name));
    let list = format!(
        "The kinds are {}, and those of `backlot event --list`",
        short.join(", ")
    );
    match nearest(given, all) {
        Some(near) => format!("did you mean `{near}`? {list}"),
        None => list.replacen("The", "the", 1),
    }
}

impl EventKind {
    /// Every kind with a short name.
    pub const ALL: [Self; 5] = [
        Self::Workflow,
        Self::WorkflowPartialFail,
        Self::WorkflowSourceError,
        Self::Edit,
        Self::EditFail,
    ];

    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::WorkflowPartialFail => "workflow-partial-fail",
            Self::WorkflowSourceError => "workflow-source-error",
            Self::Edit => "edit",
            Self::EditFail => "edit-fail",
            Self::Entry(entry) => entry.name(),
        }
    }

    /// Its entry in the catalogue.
    pub fn entry(self) -> &'static Entry {
        let name = match self {
            Self::Workflow => "workflow/all",
            Self::WorkflowPartialFail => "workflow/partial-failure",
            Self::WorkflowSourceError => "workflow/source-error",
            Self::Edit => "edit/clip",
            Self::EditFail => "edit/clip-failure",
            Self::Entry(entry) => return entry,
        };
        catalogue::find(name).expect("the catalogue has what short names stand for")
    }
}

/// A plausible event about the demonstration source. `at` is when the task was created.
pub fn event(kind: EventKind, profile: Profile, seed: Seed, at: Timestamp) -> Value {
    made(kind, profile, (seed, 1), |_| at)
}

/// A plausible event about a task with this number that finishes at `now`.
pub fn finished(
    kind: EventKind,
    profile: Profile,
    seed: Seed,
    number: u32,
    now: Timestamp,
) -> Value {
    made(kind, profile, (seed, number), |lasts| {
        now.saturating_sub(lasts).unwrap_or(Timestamp::MIN)
    })
}

/// An event about the task that is drawn from `drawn`. `created` says when the task was created, if it takes so long.
fn made(
    kind: EventKind,
    profile: Profile,
    (seed, number): (Seed, u32),
    created: impl Fn(SignedDuration) -> Timestamp,
) -> Value {
    let entry = kind.entry();
    let asked = entry.asked(profile);
    let task_id = task_id(seed, DEFAULT_OWNER, number, asked.event_type(), profile);
    entry.shaped(asked.event(profile, task_id, &created))
}

impl FromStr for EventKind {
    type Err = UnknownEventKind;

    fn from_str(text: &str) -> Result<Self, UnknownEventKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .or_else(|| catalogue::find(text).map(Self::Entry))
            .ok_or_else(|| UnknownEventKind(text.to_owned()))
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
