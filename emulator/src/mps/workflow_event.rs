//! The notification about a workflow task. Follows: mps.md section 4.

use jiff::Timestamp;

use crate::mps::object::SourceObject;
use backlot_base::json::{Object, Value};

use super::engine::probe::Media;
use super::failure::FailureCode;
use super::meta_data;
use super::notification::{EventType, Notification, Session, Stamp, envelope};
use super::profile::{Profile, Report};
use super::request::WorkflowRequest;
use super::result::{Context, results};
use super::storage::input_info;
use super::switches::Switches;
use super::timeline::Timeline;

/// When a task about this source runs, if it is created at `created`.
pub fn timeline(found: Option<&SourceObject>, created: Timestamp) -> Timeline {
    let media = found.and_then(Media::of);
    Timeline::new(created, media.map_or(0, |media| media.duration))
}

/// The notification of a task that has run. `found` is the source as it is stored; `None` if it is missing.
///
/// A finished task with failed sub-tasks is a task that went well; only a broken source makes `ErrCode` other than 0.
pub fn notification(
    request: &WorkflowRequest,
    found: Option<&SourceObject>,
    stamp: Stamp,
    profile: Profile,
    switches: &Switches,
) -> Notification {
    let Stamp { task_id, timeline } = stamp;
    let source = request.source();
    let media = found.and_then(Media::of);
    let output_bucket = request.output_bucket();
    let ctx = Context {
        profile,
        switches,
        source: &source,
        media: media.as_ref(),
        output_bucket: &output_bucket,
        output_dir: request.output_dir(),
        task_id: &task_id,
        timeline,
    };
    let (media_results, outputs) = results(ctx, &request.tasks(profile), &request.failures);
    let report = report(profile, media.as_ref());
    let meta_data = media
        .as_ref()
        .map(|media| meta_data::of_source(profile, media));
    let none = || Value::Array(Vec::new());
    let modern = profile.is_modern();
    let task = Object::new()
        .with("TaskId", task_id.as_str())
        .with("Status", "FINISH")
        .with("ErrCode", report.code)
        .with("Message", report.message)
        .with("InputInfo", input_info(profile, &source))
        .with("MetaData", meta_data)
        .with("MediaProcessResultSet", media_results)
        .with_if(modern, "AiRecognitionResultSet", none())
        .with_if(modern, "AiContentReviewResultSet", none())
        .with_if(modern, "AiAnalysisResultSet", none())
        .with_if(modern, "AiQualityControlTaskResult", Value::Null);
    let session = Session {
        id: &request.session_id,
        context: &request.session_context,
    };
    let event_type = EventType::WorkflowTask;
    Notification {
        event: envelope(profile, switches, event_type, task.into(), &session),
        event_type,
        err_code: report.code,
        task_id,
        outputs,
        timeline,
    }
}

fn report(profile: Profile, media: Option<&Media>) -> Report {
    match media {
        None => profile.report(&FailureCode::source_file()),
        Some(_) => Report {
            code: 0,
            code_ext: String::new(),
            message: profile.task_message().to_owned(),
        },
    }
}
