//! `ProcessMedia`: what to make of a source. Follows: mps.md section 11.1.

use backlot_http::cloud_api::{ApiError, Parameters};

use super::Asked;
use super::ai::{AI_TASKS, ai_tasks};
use super::input::input_info;
use super::media::media_tasks;
use super::output::{directory, storage};
use super::refuse::refuse;
use super::terms::{TERMS, Terms, session};
use crate::mps::profile::Profile;
use crate::mps::request::WorkflowRequest;
use crate::mps::task::TaskRequest;

/// What is read besides the terms.
const KNOWN: [&str; 6] = [
    "InputInfo",
    "OutputStorage",
    "OutputDir",
    "MediaProcessTask",
    "TaskType",
    "SkipMateData",
];

/// What the platform knows and the emulator does not support.
const UNSUPPORTED: [&str; 2] = ["ScheduleId", "Activities"];

/// Reads the parameters of a call. Notifications have the shape of `profile`.
pub fn process_media(parameters: &Parameters<'_>, profile: Profile) -> Result<Asked, ApiError> {
    let known = [&KNOWN[..], &AI_TASKS, &TERMS, &UNSUPPORTED].concat();
    parameters.only(&known)?;
    let source = parameters.required("InputInfo", input_info)?;
    refuse(parameters, &UNSUPPORTED)?;
    let output = parameters.optional("OutputStorage", storage)?;
    if source.url.is_some() && output.is_none() {
        return Err(parameters.missing("OutputStorage").into());
    }
    let dir = parameters.optional("OutputDir", directory)?.flatten();
    let region = output
        .as_ref()
        .map_or(&source.region, |output| &output.region);
    let tasks = parameters.optional("MediaProcessTask", |tasks| media_tasks(tasks, region))?;
    let tasks = tasks.unwrap_or_default();
    let ai = ai_tasks(parameters, region)?;
    if tasks.is_empty() && ai.is_empty() {
        let message = "The request asks for no task: fill in `MediaProcessTask`, for example.";
        return Err(ApiError::new("InvalidParameter", message));
    }
    parameters.optional("TaskType", |kind| {
        kind.one_of(&[("", ()), ("Online", ()), ("Offline", ())])
    })?;
    let skip = parameters.optional("SkipMateData", |skip| skip.integer_in(0..=1))?;
    let terms = Terms::read(parameters)?;
    let (session_id, session_context) = session(parameters)?;
    let (bucket, region) = output.map(|output| (output.bucket, output.region)).unzip();
    let request = WorkflowRequest {
        source: Some(source),
        output_bucket: bucket,
        output_region: region,
        output_dir: dir,
        tasks: Some(tasks),
        ai,
        skip_meta_data: skip == Some(1),
        profile: Some(profile),
        session_id,
        session_context,
        ..WorkflowRequest::default()
    };
    Ok(Asked {
        request: TaskRequest::Workflow(request),
        terms,
    })
}
