//! The request that the event of an entry comes of, and the event.

use jiff::{SignedDuration, Timestamp};

use crate::mps::definitions::Templates;
use crate::mps::failure::FailureCode;
use crate::mps::notification::{EventType, Stamp, State};
use crate::mps::profile::Profile;
use crate::mps::request::{
    AiFailure, AiTask, AiTasks, Animated, EditFailure, EditFile, EditRequest, FailureRule,
    SnapshotByTime, Source, Sprite, Suggestion, TaskItem, TaskKind, TimePoint, Transcode,
    WorkflowRequest,
};
use crate::mps::result::ai::{Family, Kind};
use crate::mps::seconds::Seconds;
use crate::mps::switches::Switches;
use crate::mps::timeline::Timeline;
use crate::mps::{edit_event, schedule_event, workflow_event};
use backlot_base::json::Value;

use super::form::Form;
use super::subject::{EditShape, Subject, Whole};

/// A template of watermarks.
const WATERMARK: u64 = 515_247;

/// What a task of the catalogue was asked for, and how far it has come.
pub(in crate::mps) struct Asked {
    request: Request,
    state: State,
}

enum Request {
    Workflow(Box<WorkflowRequest>),
    Schedule(Box<WorkflowRequest>),
    Edit(Box<EditRequest>),
}

impl Asked {
    pub(super) fn of(subject: Subject, form: Form, profile: Profile) -> Self {
        let ended = usize::from(matches!(subject, Subject::Whole(_)));
        let is_processing =
            form == Form::Processing || matches!(subject, Subject::Whole(Whole::Processing));
        let state = if is_processing {
            State::Processing { ended }
        } else {
            State::Finished
        };
        let workflow = |request| Request::Workflow(Box::new(request));
        let schedule = |request| Request::Schedule(Box::new(request));
        let request = match subject {
            Subject::Whole(Whole::Schedule) => schedule(WorkflowRequest::default()),
            Subject::Whole(whole) => workflow(of_whole(whole, profile)),
            Subject::Media(kind) => workflow(of_media(kind, form, profile)),
            Subject::Ai(family, kind) => workflow(of_ai(family, &[kind], form)),
            Subject::Edit(shape) => Request::Edit(Box::new(of_edit(shape, form))),
            Subject::MediaActivity(kind) => schedule(of_media(kind, form, profile)),
            Subject::AiActivity(family) => {
                let kinds: Vec<_> = family.kinds().iter().take(2).collect();
                schedule(of_ai(family, &kinds, form))
            }
        };
        Self { request, state }
    }

    /// The type of the task.
    pub(in crate::mps) fn event_type(&self) -> EventType {
        match self.request {
            Request::Workflow(_) => EventType::WorkflowTask,
            Request::Schedule(_) => EventType::ScheduleTask,
            Request::Edit(_) => EventType::EditMediaTask,
        }
    }

    /// The event about a task with this id. `created` says when the task was created, if it takes so long.
    pub(in crate::mps) fn event(
        &self,
        profile: Profile,
        task_id: String,
        created: &impl Fn(SignedDuration) -> Timestamp,
    ) -> Value {
        let switches = Switches::default();
        let state = self.state;
        let made = match &self.request {
            Request::Workflow(request) | Request::Schedule(request) => {
                let found = request.source().given();
                let found = found.as_ref();
                let timeline = timeline(created, |at| workflow_event::timeline(found, at));
                let stamp = Stamp { task_id, timeline };
                let build = if matches!(self.request, Request::Schedule(_)) {
                    schedule_event::in_state
                } else {
                    workflow_event::in_state
                };
                let templates = Templates::default();
                build(state, request, found, stamp, profile, &switches, &templates)
            }
            Request::Edit(request) => {
                let files = request.files.iter();
                let found: Vec<_> = files.map(|file| file.source.given()).collect();
                let timeline = timeline(created, |at| edit_event::timeline(request, &found, at));
                let stamp = Stamp { task_id, timeline };
                edit_event::in_state(state, request, &found, stamp, profile, &switches)
            }
        };
        made.event
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

fn of_whole(whole: Whole, profile: Profile) -> WorkflowRequest {
    match whole {
        Whole::All | Whole::Schedule => WorkflowRequest::default(),
        Whole::PartialFailure => partial_failure(profile),
        Whole::SourceError => source_error(profile),
        Whole::Empty => only(Vec::new()),
        Whole::Watermarks => only(vec![
            TaskItem::Transcode(Transcode {
                definition: profile.transcode_presets()[0],
                watermarks: vec![WATERMARK],
                ..Transcode::default()
            }),
            TaskItem::SnapshotByTime(SnapshotByTime {
                watermarks: vec![WATERMARK],
                ..SnapshotByTime::default()
            }),
        ]),
        Whole::Processing => only(profile.transcode_presets().map(transcode).into()),
    }
}

fn only(tasks: Vec<TaskItem>) -> WorkflowRequest {
    WorkflowRequest {
        tasks: Some(tasks),
        ..WorkflowRequest::default()
    }
}

fn of_media(kind: TaskKind, form: Form, profile: Profile) -> WorkflowRequest {
    // The legacy profile's usual tasks have no adaptive streaming.
    let usual = TaskItem::usual(profile).into_iter();
    let mut known = usual.chain(TaskItem::usual(Profile::Modern));
    let item = known.find(|item| item.kind() == kind);
    let mut request = only(item.into_iter().collect());
    if form == Form::Failure {
        request.failures.push(FailureRule {
            task: None,
            kind: Some(kind),
            definition: None,
            code: FailureCode::internal(),
            message: None,
        });
    }
    request
}

fn of_ai(family: Family, kinds: &[&'static Kind], form: Form) -> WorkflowRequest {
    let definition = match family {
        Family::Review | Family::Analysis => 20,
        Family::Recognition => 30,
        _ => 10,
    };
    let names = || kinds.iter().map(|kind| kind.name.to_owned());
    let mut task = AiTask {
        types: names().collect(),
        ..AiTask::of(definition)
    };
    if family == Family::Review {
        task.suggestions = names().map(|name| (name, Suggestion::Block)).collect();
    }
    if form == Form::Failure {
        task.failures.push(AiFailure {
            r#type: None,
            code: FailureCode::internal(),
            message: None,
        });
    }
    let mut ai = AiTasks::default();
    *family.place_in(&mut ai) = Some(Box::new(task));
    WorkflowRequest {
        ai: Box::new(ai),
        ..only(Vec::new())
    }
}

fn of_edit(shape: EditShape, form: Form) -> EditRequest {
    let part = |start, end| EditFile {
        start: Seconds::from_millis(start),
        end: Seconds::from_millis(end),
        ..EditFile::default()
    };
    let parts = || vec![part(0, 5000), part(20_000, 30_000)];
    let usual = EditRequest::default();
    let failure = (form == Form::Failure).then(|| EditFailure {
        code: FailureCode::internal(),
        message: None,
    });
    let usual = EditRequest { failure, ..usual };
    match shape {
        EditShape::Clip => usual,
        EditShape::Splice => EditRequest {
            files: parts(),
            output_path: "/clip_result/joined.{format}".into(),
            ..usual
        },
        EditShape::Compose => EditRequest {
            files: parts(),
            output_path: "/compose/".into(),
            ..usual
        },
    }
}

/// The second of two transcodes fails at the service; the animated picture asks for more than there is.
fn partial_failure(profile: Profile) -> WorkflowRequest {
    let mp4 = profile.transcode_presets()[0];
    let animated = Animated {
        end: Some(Seconds::from_millis(600_000)),
        ..Animated::default()
    };
    let mut request = only(vec![
        transcode(mp4),
        transcode(mp4 + 10),
        TaskItem::Animated(animated),
        first_picture(),
        TaskItem::Sprite(Sprite::default()),
    ]);
    request.failures.push(FailureRule {
        task: Some(2),
        kind: None,
        definition: None,
        code: FailureCode::internal(),
        message: None,
    });
    request
}

/// The source is too small to be media.
fn source_error(profile: Profile) -> WorkflowRequest {
    WorkflowRequest {
        source: Some(Source {
            key: "in/broken.mp4".into(),
            size: Some(512),
            ..Source::default()
        }),
        output_bucket: Some(WorkflowRequest::default().output_bucket()),
        output_dir: Some("/out/".into()),
        ..only(vec![
            transcode(profile.transcode_presets()[0]),
            first_picture(),
        ])
    }
}

fn transcode(definition: u64) -> TaskItem {
    TaskItem::Transcode(Transcode {
        definition,
        ..Transcode::default()
    })
}

fn first_picture() -> TaskItem {
    TaskItem::SnapshotByTime(SnapshotByTime {
        times: vec![TimePoint::At(Seconds::ZERO)],
        ..SnapshotByTime::default()
    })
}
