//! Events without a stage: `backlot event KIND`.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

use backlot_base::json::Value;
use backlot_base::seed::Seed;
use backlot_base::source::nearest;

use super::failure::FailureCode;
use super::notification::{EventType, Stamp};
use super::profile::Profile;
use super::request::{
    Animated, EditFailure, EditRequest, FailureRule, SnapshotByTime, Source, TaskItem, TimePoint,
    Transcode, WorkflowRequest,
};
use super::seconds::Seconds;
use super::switches::Switches;
use super::task::{DEFAULT_OWNER, task_id};
use super::timeline::Timeline;
use super::{edit_event, workflow_event};

/// What a made-up event is about.
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
}

/// There are no made-up events of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind of event: {hint}", hint = kinds(.0))]
pub struct UnknownEventKind(pub String);

/// The kind that was meant, or all of them.
fn kinds(given: &str) -> String {
    let all = EventKind::ALL.map(EventKind::as_str);
    match nearest(given, all) {
        Some(near) => format!("did you mean `{near}`? The kinds are {}", all.join(", ")),
        None => format!("the kinds are {}", all.join(", ")),
    }
}

impl EventKind {
    /// Every kind.
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
        }
    }

    fn event_type(self) -> EventType {
        match self {
            Self::Workflow | Self::WorkflowPartialFail | Self::WorkflowSourceError => {
                EventType::WorkflowTask
            }
            Self::Edit | Self::EditFail => EventType::EditMediaTask,
        }
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
    let task_id = task_id(seed, DEFAULT_OWNER, number, kind.event_type(), profile);
    let made = |request: &SampleRequest| request.event(profile, task_id.clone(), &created);
    match kind {
        EventKind::Workflow => made(&SampleRequest::Workflow(WorkflowRequest::default())),
        EventKind::WorkflowPartialFail => made(&SampleRequest::Workflow(partial_fail(profile))),
        EventKind::WorkflowSourceError => made(&SampleRequest::Workflow(source_error(profile))),
        EventKind::Edit => made(&SampleRequest::Edit(EditRequest::default())),
        EventKind::EditFail => made(&SampleRequest::Edit(EditRequest {
            failure: Some(EditFailure {
                code: FailureCode::internal(),
                message: None,
            }),
            ..EditRequest::default()
        })),
    }
}

/// What a task of a made-up event was asked for.
enum SampleRequest {
    Workflow(WorkflowRequest),
    Edit(EditRequest),
}

impl SampleRequest {
    fn event(
        &self,
        profile: Profile,
        task_id: String,
        created: &impl Fn(SignedDuration) -> Timestamp,
    ) -> Value {
        let switches = Switches::default();
        match self {
            Self::Workflow(request) => {
                let found = request.source().given();
                let timeline = timeline(created, |at| workflow_event::timeline(found.as_ref(), at));
                let stamp = Stamp { task_id, timeline };
                workflow_event::notification(request, found.as_ref(), stamp, profile, &switches)
                    .event
            }
            Self::Edit(request) => {
                let files = request.files.iter();
                let found: Vec<_> = files.map(|file| file.source.given()).collect();
                let timeline = timeline(created, |at| edit_event::timeline(request, &found, at));
                let stamp = Stamp { task_id, timeline };
                edit_event::notification(request, &found, stamp, profile, &switches).event
            }
        }
    }
}

/// The times of a task. How long it takes does not depend on when it was created.
fn timeline(
    created: &impl Fn(SignedDuration) -> Timestamp,
    of: impl Fn(Timestamp) -> Timeline,
) -> Timeline {
    let epoch = Timestamp::UNIX_EPOCH;
    let lasts = of(epoch).finishes.duration_since(epoch);
    of(created(lasts))
}

/// The second of two transcodes fails at the service; the animated picture asks for more than there is.
fn partial_fail(profile: Profile) -> WorkflowRequest {
    let transcode = |definition| {
        TaskItem::Transcode(Transcode {
            definition,
            ..Transcode::default()
        })
    };
    let mp4 = profile.transcode_presets()[0];
    let tasks = vec![
        transcode(mp4),
        transcode(mp4 + 10),
        TaskItem::Animated(Animated {
            end: Some(Seconds::from_millis(600_000)),
            ..Animated::default()
        }),
        first_picture(),
        TaskItem::Sprite(super::request::Sprite::default()),
    ];
    WorkflowRequest {
        tasks: Some(tasks),
        failures: vec![FailureRule {
            task: Some(2),
            kind: None,
            definition: None,
            code: FailureCode::internal(),
            message: None,
        }],
        ..WorkflowRequest::default()
    }
}

/// The source is too small to be media.
fn source_error(profile: Profile) -> WorkflowRequest {
    let transcode = TaskItem::Transcode(Transcode {
        definition: profile.transcode_presets()[0],
        ..Transcode::default()
    });
    WorkflowRequest {
        source: Some(Source {
            key: "in/broken.mp4".into(),
            size: Some(512),
            ..Source::default()
        }),
        output_bucket: Some(WorkflowRequest::default().output_bucket()),
        output_dir: Some("/out/".into()),
        tasks: Some(vec![transcode, first_picture()]),
        ..WorkflowRequest::default()
    }
}

fn first_picture() -> TaskItem {
    TaskItem::SnapshotByTime(SnapshotByTime {
        times: vec![TimePoint::At(Seconds::ZERO)],
        ..SnapshotByTime::default()
    })
}

impl FromStr for EventKind {
    type Err = UnknownEventKind;

    fn from_str(text: &str) -> Result<Self, UnknownEventKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownEventKind(text.to_owned()))
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
