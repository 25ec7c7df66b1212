//! What MPS is asked to do, in plain types that scenario files contain as well.
//!
//! Everything has a default, so that `finish-workflow: {}` makes a plausible notification about
//! `media-in-1250000000/in/demo.mp4`.

pub mod api;

mod ai;
mod edit;
mod rule;
mod source;
mod task;

use serde::{Deserialize, Serialize};

pub use ai::{AiFailure, AiTask, AiTasks, Suggestion};
pub use edit::{EditFailure, EditFile, EditRequest, OutputConfig};
pub use rule::{FailureRule, TaskKind};
pub use source::Source;
pub use task::{
    Adaptive, Animated, NumberFormat, Sampled, SnapshotByTime, Sprite, TaskItem, TimePoint,
    Transcode,
};

use super::failure::FailureCode;
use super::profile::Profile;
use super::switches::Switches;
use backlot_base::source::nearest;

/// The bucket of demonstration outputs.
const DEMO_BUCKET: &str = "media-out-1250000000";

/// A workflow task: a source, what to make of it, and what is planned to fail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WorkflowRequest {
    /// The object to process; the demonstration source if `None`.
    pub source: Option<Source>,
    /// Full name of the bucket for outputs; the source's if `None`.
    pub output_bucket: Option<String>,
    /// The region of outputs, as results tell it; the source's if `None`.
    pub output_region: Option<String>,
    /// Directory for outputs, begins and ends with `/`; the source's if `None`.
    pub output_dir: Option<String>,
    /// What to make; a usual selection if `None`.
    pub tasks: Option<Vec<TaskItem>>,
    /// What to find out about it, and the newer tasks.
    pub ai: Box<AiTasks>,
    /// `SkipMateData`: nothing is told of the media of the source.
    pub skip_meta_data: bool,
    /// Shape of the notification; the service's if `None`.
    pub profile: Option<Profile>,
    /// Readings of the documents; the service's if `None`.
    pub switches: Option<Switches>,
    /// Sub-tasks that fail although they could succeed.
    pub failures: Vec<FailureRule>,
    /// At most 50 characters.
    pub session_id: String,
    /// At most 1000 characters; comes back in notifications.
    pub session_context: String,
    /// Whether the function that gets the notification starts cold; if `None`, as it comes.
    pub cold: Option<bool>,
}

/// MPS would refuse a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRequest {
    /// `InvalidParameterValue.SessionIdTooLong` in the Cloud API.
    #[error("the session id has {0} characters, at most 50 are allowed")]
    SessionIdTooLong(usize),
    /// `InvalidParameterValue.SessionContextTooLong` in the Cloud API.
    #[error("the session context has {0} characters, at most 1000 are allowed")]
    SessionContextTooLong(usize),
    /// The output directory is not written as MPS writes directories.
    #[error("the output directory `{0}` does not begin and end with `/`")]
    OutputDir(String),
    /// The output path of an edit is not absolute.
    #[error("the output path `{0}` does not begin with `/`")]
    OutputPath(String),
    /// An edit has an unsupported container.
    #[error("`{0}` is not a container for edits: expected `mp4`, `hls`, `mov`, `flv` or `avi`")]
    Container(String),
    /// An edit names no files.
    #[error("an edit needs at least one file")]
    NoFiles,
    /// An AI sub-task names a type of result that it never has.
    #[error("`{kind}` is not a type of result of `ai.{task}`: {hint}", hint = among(kind, known))]
    UnknownAiType {
        /// The key of the sub-task.
        task: &'static str,
        /// The type that is named.
        kind: String,
        /// The types that there are.
        known: Vec<&'static str>,
    },
    /// A planned failure matches no task, so it would never happen.
    #[error("failure {0} (`{name}`) matches none of the tasks", name = .1.name())]
    IdleFailure(usize, FailureCode),
}

impl WorkflowRequest {
    /// The object to process.
    pub fn source(&self) -> Source {
        self.source.clone().unwrap_or_default()
    }

    /// The bucket for outputs of tasks that do not name their own.
    ///
    /// Follows: mps.md section 10.2, storage resolution. Choice: the demonstration source has a bucket for its outputs.
    pub fn output_bucket(&self) -> String {
        match (&self.output_bucket, &self.source) {
            (Some(bucket), _) => bucket.clone(),
            (None, Some(source)) => source.bucket.clone(),
            (None, None) => DEMO_BUCKET.to_owned(),
        }
    }

    /// The region of outputs.
    pub fn output_region(&self) -> String {
        let region = self.output_region.clone();
        region.unwrap_or_else(|| self.source().region)
    }

    /// The directory for outputs; `None` for that of the source.
    pub fn output_dir(&self) -> Option<&str> {
        match (&self.output_dir, &self.source) {
            (Some(dir), _) => Some(dir),
            (None, Some(_)) => None,
            (None, None) => Some("/out/"),
        }
    }

    /// What to make.
    pub fn tasks(&self, profile: Profile) -> Vec<TaskItem> {
        self.tasks
            .clone()
            .unwrap_or_else(|| TaskItem::usual(profile))
    }

    /// Says what is wrong with the request, if anything is.
    pub fn check(&self, profile: Profile) -> Result<(), InvalidRequest> {
        check_session(&self.session_id, &self.session_context)?;
        if let Some(dir) = &self.output_dir
            && !(dir.starts_with('/') && dir.ends_with('/'))
        {
            return Err(InvalidRequest::OutputDir(dir.clone()));
        }
        ai::check(&self.ai)?;
        let tasks = self.tasks(profile);
        for (number, rule) in (1..).zip(&self.failures) {
            let mut tasks = (1..).zip(&tasks);
            if !tasks.any(|(position, task)| rule.covers(position, task)) {
                return Err(InvalidRequest::IdleFailure(number, rule.code.clone()));
            }
        }
        Ok(())
    }
}

/// The name that was meant, or all names.
fn among(given: &str, known: &[&'static str]) -> String {
    match nearest(given, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("expected one of {}", known.join(", ")),
    }
}

/// Follows: mps.md section 10.5.
fn check_session(id: &str, context: &str) -> Result<(), InvalidRequest> {
    let (id, context) = (id.chars().count(), context.chars().count());
    if id > 50 {
        return Err(InvalidRequest::SessionIdTooLong(id));
    }
    if context > 1000 {
        return Err(InvalidRequest::SessionContextTooLong(context));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mps::seconds::Seconds;

    fn read(yaml: &str) -> WorkflowRequest {
        serde_saphyr::from_str(yaml).unwrap()
    }

    #[test]
    fn a_step_as_scenarios_write_it() {
        let request = read(
            "source: { bucket: in-1250000000, key: in/a.mp4, size: 19626862, etag: '\"5f4d\"' }\n\
             output-bucket: out-1250000000\n\
             output-dir: /out/\n\
             profile: modern\n\
             session-context: order-42\n\
             tasks:\n\
             \x20 - transcode: { definition: 100010 }\n\
             \x20 - animated: { definition: 20000, start: 0, end: 3 }\n\
             \x20 - snapshot-by-time: { times: [0, 2.5, 50%] }\n\
             \x20 - sprite: {}\n\
             failures:\n\
             \x20 - { task: 1, code: InternalError }\n\
             \x20 - { kind: sprite, definition: 10, code: InvalidInput.InvalidParameter }\n",
        );
        request.check(Profile::Modern).unwrap();
        let tasks = request.tasks.unwrap();
        assert_eq!(
            tasks[1],
            TaskItem::Animated(Animated {
                end: Some(Seconds::from_millis(3000)),
                ..Animated::default()
            })
        );
        assert_eq!(
            tasks[2],
            TaskItem::SnapshotByTime(SnapshotByTime {
                times: vec![
                    TimePoint::At(Seconds::ZERO),
                    TimePoint::At(Seconds::from_millis(2500)),
                    TimePoint::Percent(50)
                ],
                ..SnapshotByTime::default()
            })
        );
    }

    #[test]
    fn nothing_said_means_the_demonstration() {
        let request = read("{}");
        assert_eq!(request.check(Profile::Legacy), Ok(()));
        assert_eq!(request.output_bucket(), "media-out-1250000000");
        assert_eq!(request.output_dir(), Some("/out/"));
        assert!(request.source().given().is_some());
    }

    #[test]
    fn a_source_of_ones_own_is_looked_up_and_gets_its_outputs() {
        let request = read("source: { bucket: mine-1250000000, key: /a/b.mp4 }");
        assert_eq!(request.source().given(), None);
        assert_eq!(request.source().key, "a/b.mp4");
        assert_eq!(request.output_bucket(), "mine-1250000000");
        assert_eq!(request.output_dir(), None);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let error = |yaml: &str| read(yaml).check(Profile::Legacy).unwrap_err().to_string();
        assert_eq!(
            error("output-dir: out/"),
            "the output directory `out/` does not begin and end with `/`"
        );
        assert_eq!(
            error("tasks: [ { sprite: {} } ]\nfailures: [ { task: 2, code: InternalError } ]"),
            "failure 1 (`InternalError`) matches none of the tasks"
        );
        let long = format!("session-id: {}", "x".repeat(51));
        assert_eq!(
            error(&long),
            "the session id has 51 characters, at most 50 are allowed"
        );
    }

    #[test]
    fn unknown_names_are_refused() {
        for yaml in [
            "taks: []",
            "tasks: [ { transcode: { definitoin: 1 } } ]",
            "tasks: [ { transcoding: {} } ]",
            "failures: [ { code: Oops } ]",
            "profile: newest",
        ] {
            assert!(serde_saphyr::from_str::<WorkflowRequest>(yaml).is_err());
        }
    }
}
