//! `EditMedia`: which parts of which files to join. Follows: mps.md section 11.1.

use backlot_http::cloud_api::{ApiError, Parameter, Parameters};

use super::Asked;
use super::input::input_info;
use super::media::seconds;
use super::output::storage;
use super::refuse::refuse;
use super::terms::{TERMS, Terms, session};
use crate::mps::profile::Profile;
use crate::mps::request::{EditFile, EditRequest, OutputConfig};
use crate::mps::seconds::Seconds;
use crate::mps::task::TaskRequest;

const KNOWN: [&str; 5] = [
    "FileInfos",
    "OutputStorage",
    "OutputObjectPath",
    "OutputConfig",
    "ComposeConfig",
];

const CONTAINERS: [(&str, &str); 6] = [
    ("", "mp4"),
    ("mp4", "mp4"),
    ("hls", "hls"),
    ("mov", "mov"),
    ("flv", "flv"),
    ("avi", "avi"),
];

/// Reads the parameters of a call. Notifications have the shape of `profile`.
pub fn edit_media(parameters: &Parameters<'_>, profile: Profile) -> Result<Asked, ApiError> {
    parameters.only(&[&KNOWN[..], &TERMS].concat())?;
    let files = parameters.required("FileInfos", |files| {
        let nothing = files.invalid("must have at least one file");
        let files = files.list(file)?;
        if files.is_empty() {
            return Err(nothing.with_code("InvalidParameter"));
        }
        Ok(files)
    })?;
    let output = parameters.required("OutputStorage", storage)?;
    let output_path = parameters.required("OutputObjectPath", |path| {
        let text = path.clone().filled_text()?;
        if text.starts_with('/') {
            Ok(text.to_owned())
        } else {
            let refused = path.invalid("must begin with `/`");
            Err(refused.with_code("InvalidParameter"))
        }
    })?;
    refuse(parameters, &["ComposeConfig"])?;
    let output_config = parameters.optional("OutputConfig", output_config)?;
    let terms = Terms::read(parameters)?;
    let (session_id, session_context) = session(parameters)?;
    let request = EditRequest {
        files,
        output_bucket: Some(output.bucket),
        output_region: Some(output.region),
        output_path,
        output_config: output_config.unwrap_or_default(),
        profile: Some(profile),
        session_id,
        session_context,
        ..EditRequest::default()
    };
    Ok(Asked {
        request: TaskRequest::Edit(request),
        terms,
    })
}

fn file(file: Parameter<'_>) -> Result<EditFile, ApiError> {
    let parameters = file.object()?;
    parameters.only(&["InputInfo", "StartTimeOffset", "EndTimeOffset", "Id"])?;
    let time = |name: &str| {
        let time = parameters.optional(name, |time| seconds(&time))?;
        Ok::<_, ApiError>(time.unwrap_or(Seconds::ZERO))
    };
    Ok(EditFile {
        source: parameters.required("InputInfo", input_info)?,
        start: time("StartTimeOffset")?,
        end: time("EndTimeOffset")?,
        id: parameters
            .optional("Id", Parameter::text)?
            .map(str::to_owned),
    })
}

fn output_config(config: Parameter<'_>) -> Result<OutputConfig, ApiError> {
    let parameters = config.object()?;
    parameters.only(&["Container", "Type"])?;
    // How precisely it cuts is nothing that a result tells.
    parameters.optional("Type", |kind| {
        kind.one_of(&[("", ()), ("normal", ()), ("fast", ())])
    })?;
    let container = parameters.optional("Container", |container| container.one_of(&CONTAINERS))?;
    Ok(OutputConfig {
        container: container.unwrap_or("mp4").to_owned(),
    })
}
