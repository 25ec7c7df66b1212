//! The notification about an edit task. Follows: mps.md section 6.1.

use jiff::Timestamp;

use crate::mps::object::{OutputObject, SourceObject};
use backlot_base::json::{Object, Value};

use super::engine::edit::Edited;
use super::engine::probe::Media;
use super::failure::{Failure, FailureCode};
use super::meta_data;
use super::notification::{EventType, Notification, Session, Stamp, State, envelope};
use super::path::{Naming, Numbers};
use super::placeholder;
use super::profile::{Profile, Report};
use super::request::{EditFile, EditRequest};
use super::result::clip;
use super::storage::{input_info, output_storage};
use super::switches::{SizeMode, Switches};
use super::timeline::Timeline;

/// When an edit of these sources runs, if it is created at `created`.
pub fn timeline(
    request: &EditRequest,
    found: &[Option<SourceObject>],
    created: Timestamp,
) -> Timeline {
    Timeline::new(
        created,
        joined(request, found).map_or(0, |(_, millis)| millis),
    )
}

/// The notification of a task that has run. `found` are the sources as they are stored, one for each file; `None` for one that is missing.
pub fn notification(
    request: &EditRequest,
    found: &[Option<SourceObject>],
    stamp: Stamp,
    profile: Profile,
    switches: &Switches,
) -> Notification {
    in_state(State::Finished, request, found, stamp, profile, switches)
}

/// The notification of a task that has come so far.
pub fn in_state(
    state: State,
    request: &EditRequest,
    found: &[Option<SourceObject>],
    stamp: Stamp,
    profile: Profile,
    switches: &Switches,
) -> Notification {
    let Stamp { task_id, timeline } = stamp;
    let outcome = attempt(request, found);
    let bucket = request.output_bucket();
    let (output, outputs) = match &outcome {
        _ if state != State::Finished => (Value::Null, Vec::new()),
        Ok(edited) => {
            let made = Made::new(request, edited, &task_id, &bucket);
            let output = made.output(request, edited, profile, switches, &bucket);
            (output.into(), made.objects)
        }
        Err(_) => (Value::Null, Vec::new()),
    };
    let failure = outcome.as_ref().err();
    let report = report(profile, failure.filter(|_| state == State::Finished));
    let files: Value = request
        .files
        .iter()
        .map(|file| file_info(profile, file))
        .collect();
    let task = Object::new()
        .with("TaskId", task_id.as_str())
        .with("Status", state.as_str())
        .with("ErrCode", report.code)
        .with("Message", report.message)
        .with("Input", Object::new().with("FileInfoSet", files))
        .with("Output", output);
    let session = Session {
        id: &request.session_id,
        context: &request.session_context,
    };
    let event_type = EventType::EditMediaTask;
    Notification {
        event: envelope(profile, switches, event_type, task.into(), &session),
        event_type,
        err_code: report.code,
        task_id,
        outputs,
        timeline,
    }
}

fn attempt(request: &EditRequest, found: &[Option<SourceObject>]) -> Result<Edited, Failure> {
    let (first, millis) = joined(request, found)?;
    match &request.failure {
        Some(planned) => Err(Failure {
            code: planned.code.clone(),
            message: planned.message.clone(),
        }),
        None => Ok(Edited::of(&first, millis)),
    }
}

/// The first file's media, and how many milliseconds all parts have together.
fn joined(
    request: &EditRequest,
    found: &[Option<SourceObject>],
) -> Result<(Media, u64), FailureCode> {
    let mut first = None;
    let mut millis = 0u64;
    for (position, file) in request.files.iter().enumerate() {
        let object = found.get(position).and_then(Option::as_ref);
        let media = object
            .and_then(Media::of)
            .ok_or_else(FailureCode::source_file)?;
        millis = millis.saturating_add(clip(&media, file.start, file.end)?);
        first.get_or_insert(media);
    }
    first
        .map(|media| (media, millis))
        .ok_or_else(FailureCode::source_file)
}

fn report(profile: Profile, failure: Option<&Failure>) -> Report {
    let Some(failure) = failure else {
        return Report {
            code: 0,
            code_ext: String::new(),
            message: profile.task_message().to_owned(),
        };
    };
    let mut report = profile.report(&failure.code);
    if let Some(message) = &failure.message {
        report.message.clone_from(message);
    }
    report
}

/// `EditMediaFileInfo`.
fn file_info(profile: Profile, file: &EditFile) -> Object {
    let info = Object::new()
        .with("InputInfo", input_info(profile, &file.source))
        .with("StartTimeOffset", profile.seconds(file.start))
        .with("EndTimeOffset", profile.seconds(file.end));
    match &file.id {
        Some(id) if profile.is_modern() => info.with("Id", id.as_str()),
        _ => info,
    }
}

struct Made {
    path: String,
    objects: Vec<OutputObject>,
}

impl Made {
    fn new(request: &EditRequest, edited: &Edited, task_id: &str, bucket: &str) -> Self {
        let path = path(request, task_id);
        let object = |path: &str, body| placeholder::object(bucket, path, task_id, body);
        let objects = if request.output_config.format() == "m3u8" {
            let stem = path.strip_suffix(".m3u8").unwrap_or(&path);
            let segment = format!("{stem}_0.ts");
            let playlist = placeholder::media_playlist(edited.duration, &segment);
            let body = placeholder::media("edit", &segment);
            vec![object(&path, playlist), object(&segment, body)]
        } else {
            vec![object(&path, placeholder::media("edit", &path))]
        };
        Self { path, objects }
    }

    /// `EditMediaTaskOutput`.
    fn output(
        &self,
        request: &EditRequest,
        edited: &Edited,
        profile: Profile,
        switches: &Switches,
        bucket: &str,
    ) -> Object {
        let region = request.output_region();
        let sized = match switches.size_mode {
            SizeMode::Plausible => edited.clone(),
            SizeMode::Actual => {
                let bodies = self.objects.iter().map(|object| object.body.len() as u64);
                edited.clone().with_size(bodies.sum())
            }
        };
        let meta_data = meta_data::of_edit(profile, &sized, request.output_config.format());
        Object::new()
            .with("OutputStorage", output_storage(profile, bucket, region))
            .with("Path", self.path.as_str())
            .with_if(profile.is_modern(), "MetaData", meta_data)
    }
}

/// Follows: mps.md section 10.3. Choice: a directory as path gets the task's id as file name, and variables of the first
/// file are known.
fn path(request: &EditRequest, task_id: &str) -> String {
    let format = request.output_config.format();
    let template = &request.output_path;
    if template.ends_with('/') {
        return format!("{template}{task_id}.{format}");
    }
    let key = request.files.first().map_or("", |file| &file.source.key);
    Naming::new(key, None, 0).render_exactly(template, format, &Numbers::default())
}
