//! What comes of processing a source: what workflow tasks and schedule tasks have in common.

use backlot_base::json::{Object, Value};

use super::definitions::Templates;
use super::engine::probe::Media;
use super::failure::FailureCode;
use super::meta_data;
use super::notification::{EventType, Notification, Session, Stamp, State, envelope};
use super::object::{OutputObject, SourceObject};
use super::profile::{Profile, Report};
use super::request::WorkflowRequest;
use super::result::ai::{self, AiResults};
use super::result::{Context, MediaResult, results};
use super::storage::input_info;
use super::switches::Switches;

/// The parts of a task that has come so far.
pub(super) struct Processed {
    /// `TaskId` to `MetaData`, which begin both kinds of task.
    head: Object,
    /// Results of media processing, in the order of notifications.
    media: Vec<MediaResult>,
    /// Results of AI sub-tasks.
    ai: AiResults,
    /// Objects that are there by now.
    outputs: Vec<OutputObject>,
    /// `ErrCode` of the task.
    err_code: i64,
}

impl Processed {
    /// Processes a source as it is stored; `None` if it is missing.
    pub(super) fn of(
        state: State,
        request: &WorkflowRequest,
        found: Option<&SourceObject>,
        stamp: &Stamp,
        profile: Profile,
        switches: &Switches,
        templates: &Templates,
    ) -> Self {
        let source = request.source();
        let media = found.and_then(Media::of);
        let output_bucket = request.output_bucket();
        let output_region = request.output_region();
        let ctx = Context {
            profile,
            switches,
            templates,
            source: &source,
            media: media.as_ref(),
            output_bucket: &output_bucket,
            output_region: &output_region,
            output_dir: request.output_dir(),
            task_id: &stamp.task_id,
            timeline: stamp.timeline,
            state,
        };
        let (media_results, mut outputs) = results(ctx, &request.tasks(profile), &request.failures);
        let mut ai = ai::results(ctx, &request.ai, media_results.len());
        outputs.extend(ai.take_objects());
        let report = report(profile, media.as_ref());
        let meta_data = media
            .as_ref()
            .filter(|_| !request.skip_meta_data)
            .map(|media| meta_data::of_source(profile, media));
        let head = Object::new()
            .with("TaskId", stamp.task_id.as_str())
            .with("Status", state.as_str())
            .with("ErrCode", report.code)
            .with("Message", report.message)
            .with("InputInfo", input_info(profile, &source))
            .with("MetaData", Value::from(meta_data));
        Self {
            head,
            media: media_results,
            ai,
            outputs,
            err_code: report.code,
        }
    }

    /// The notification about these parts: `with_results` adds the results to the members that begin the task.
    pub(super) fn notification(
        self,
        event_type: EventType,
        request: &WorkflowRequest,
        stamp: Stamp,
        profile: Profile,
        switches: &Switches,
        with_results: impl FnOnce(Object, Vec<MediaResult>, &AiResults) -> Object,
    ) -> Notification {
        let task = with_results(self.head, self.media, &self.ai);
        let session = Session {
            id: &request.session_id,
            context: &request.session_context,
        };
        Notification {
            event: envelope(profile, switches, event_type, task.into(), &session),
            event_type,
            err_code: self.err_code,
            task_id: stamp.task_id,
            outputs: self.outputs,
            timeline: stamp.timeline,
        }
    }
}

/// Only a broken source makes a task fail as a whole.
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
