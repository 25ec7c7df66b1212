//! An edit: parts of files, joined into one.

use serde::{Deserialize, Serialize};

use crate::mps::failure::FailureCode;
use crate::mps::profile::Profile;
use crate::mps::seconds::Seconds;
use crate::mps::switches::Switches;

use super::{DEMO_BUCKET, InvalidRequest, Source, check_session};

/// An edit task: which parts of which files to join, and where to write the result.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct EditRequest {
    /// Parts to join, in order; seconds 2 to 8 of the demonstration source if not given.
    pub files: Vec<EditFile>,
    /// Full name of the bucket for the output; that of the first file if `None`.
    pub output_bucket: Option<String>,
    /// The region of the output, as the result tells it; that of the first file if `None`.
    pub output_region: Option<String>,
    /// `OutputObjectPath`: absolute; a path that ends with `/` gets the task's id as file name.
    pub output_path: String,
    /// `OutputConfig`.
    pub output_config: OutputConfig,
    /// Shape of the notification; the service's if `None`.
    pub profile: Option<Profile>,
    /// Readings of the documents; the service's if `None`.
    pub switches: Option<Switches>,
    /// Makes the edit fail although it could succeed.
    pub failure: Option<EditFailure>,
    /// At most 50 characters.
    pub session_id: String,
    /// At most 1000 characters; comes back in notifications.
    pub session_context: String,
    /// Whether the function that gets the notification starts cold; if `None`, as it comes.
    pub cold: Option<bool>,
}

/// A part of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct EditFile {
    /// The file; the demonstration source if not given.
    pub source: Source,
    /// Where the part begins.
    pub start: Seconds,
    /// Where it ends; 0 for the end of the file.
    pub end: Seconds,
    /// `Id`, echoed by the modern profile.
    pub id: Option<String>,
}

/// How the output is packed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct OutputConfig {
    /// `mp4`, `hls`, `mov`, `flv` or `avi`.
    pub container: String,
}

/// Why a planned failure happens.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EditFailure {
    /// The reason.
    pub code: FailureCode,
    /// Replaces the usual message.
    #[serde(default)]
    pub message: Option<String>,
}

impl EditRequest {
    /// The bucket for the output. Choice: the demonstration source has a bucket for its outputs.
    pub fn output_bucket(&self) -> String {
        match (&self.output_bucket, self.files.first()) {
            (Some(bucket), _) => bucket.clone(),
            (None, Some(file)) if file.source != Source::default() => file.source.bucket.clone(),
            _ => DEMO_BUCKET.to_owned(),
        }
    }

    /// The region of the output.
    pub fn output_region(&self) -> &str {
        let first = self.files.first().map_or("", |file| &file.source.region);
        self.output_region.as_deref().unwrap_or(first)
    }

    /// Says what is wrong with the request, if anything is.
    pub fn check(&self) -> Result<(), InvalidRequest> {
        check_session(&self.session_id, &self.session_context)?;
        if self.files.is_empty() {
            return Err(InvalidRequest::NoFiles);
        }
        if !self.output_path.starts_with('/') {
            return Err(InvalidRequest::OutputPath(self.output_path.clone()));
        }
        let container = &self.output_config.container;
        match container.as_str() {
            "mp4" | "hls" | "mov" | "flv" | "avi" => Ok(()),
            _ => Err(InvalidRequest::Container(container.clone())),
        }
    }
}

impl OutputConfig {
    /// The extension of the output.
    pub fn format(&self) -> &str {
        match self.container.as_str() {
            "hls" => "m3u8",
            other => other,
        }
    }
}

impl Default for EditRequest {
    fn default() -> Self {
        let part = EditFile {
            start: Seconds::from_millis(2000),
            end: Seconds::from_millis(8000),
            ..EditFile::default()
        };
        Self {
            files: vec![part],
            output_bucket: None,
            output_region: None,
            output_path: "/clip_result/clip_{inputName}.{format}".into(),
            output_config: OutputConfig::default(),
            profile: None,
            switches: None,
            failure: None,
            session_id: String::new(),
            session_context: String::new(),
            cold: None,
        }
    }
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self {
            container: "mp4".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_as_scenarios_write_it() {
        let request: EditRequest = serde_saphyr::from_str(
            "files:\n\
             \x20 - { source: { key: in/a.mp4 }, start: 2, end: 8 }\n\
             \x20 - { source: { key: in/b.mp4 }, id: second }\n\
             output-bucket: out-1250000000\n\
             output-path: /clip_result/joined.mp4\n\
             output-config: { container: hls }\n",
        )
        .unwrap();
        request.check().unwrap();
        assert_eq!(request.files.len(), 2);
        assert_eq!(request.files[0].end, Seconds::from_millis(8000));
        assert_eq!(request.output_config.format(), "m3u8");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let check = |yaml: &str| serde_saphyr::from_str::<EditRequest>(yaml).unwrap().check();
        assert_eq!(check("{}"), Ok(()));
        assert_eq!(check("files: []"), Err(InvalidRequest::NoFiles));
        assert_eq!(
            check("output-path: a.mp4"),
            Err(InvalidRequest::OutputPath("a.mp4".into()))
        );
        assert_eq!(
            check("output-config: { container: mkv }"),
            Err(InvalidRequest::Container("mkv".into()))
        );
    }
}
