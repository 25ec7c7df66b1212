//! Workflows: which uploads start a task, and what the task is to do. Follows: mps.md section 10.2; COS reference, section 9.3.

use serde::Deserialize;

use super::profile::Profile;
use super::request::{AiTasks, FailureRule, InvalidRequest, Source, TaskItem, WorkflowRequest};
use super::switches::Switches;
use backlot_base::journal::Lane;
use backlot_base::signal::ObjectChanged;

/// The formats of a workflow that names none.
const FORMATS: [&str; 24] = [
    "mp4", "ts", "flv", "wmv", "asf", "rm", "rmvb", "mpg", "mpeg", "3gp", "mov", "webm", "mkv",
    "avi", "m4v", "mp3", "m4a", "flac", "ogg", "wav", "amr", "aac", "vtt", "srt",
];

/// The events that count as uploads. Choice: a copy is one, an append is not.
const UPLOADS: [&str; 4] = [
    "cos:ObjectCreated:Put",
    "cos:ObjectCreated:Post",
    "cos:ObjectCreated:CompleteMultipartUpload",
    "cos:ObjectCreated:Copy",
];

/// A rule that is bound to a path in a bucket: what is uploaded there is processed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Workflow {
    /// The bucket's full name.
    pub bucket: String,
    /// The directory, with all that are below it; begins and ends with `/`.
    #[serde(default = "root")]
    pub dir: String,
    /// Extensions, with or without a dot; `*` for all. The preset list if empty.
    #[serde(default)]
    pub formats: Vec<String>,
    /// Full name of the bucket for outputs; that of the upload if `None`.
    #[serde(default)]
    pub output_bucket: Option<String>,
    /// Directory for outputs, begins and ends with `/`; that of the upload if `None`.
    #[serde(default)]
    pub output_dir: Option<String>,
    /// What to make; a usual selection if `None`.
    #[serde(default)]
    pub tasks: Option<Vec<TaskItem>>,
    /// What to find out about an upload, and the newer tasks.
    #[serde(default)]
    pub ai: Box<AiTasks>,
    /// Shape of the notification; the service's if `None`.
    #[serde(default)]
    pub profile: Option<Profile>,
    /// Readings of the documents; the service's if `None`.
    #[serde(default)]
    pub switches: Option<Switches>,
    /// Sub-tasks that fail although they could succeed.
    #[serde(default)]
    pub failures: Vec<FailureRule>,
    /// Whether uploads start anything.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// MPS would refuse a workflow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWorkflow {
    /// The directory is not written as MPS writes directories.
    #[error("the directory `{0}` does not begin and end with `/`")]
    Dir(String),
    /// A format is not an extension.
    #[error("`{0}` is not a format: write an extension such as `mp4`, or `*` for all")]
    Format(String),
    /// Its tasks would be refused.
    #[error(transparent)]
    Request(#[from] InvalidRequest),
}

fn root() -> String {
    "/".to_owned()
}

fn yes() -> bool {
    true
}

impl Workflow {
    /// Says what is wrong, if anything is.
    pub fn check(&self) -> Result<(), InvalidWorkflow> {
        if !(self.dir.starts_with('/') && self.dir.ends_with('/')) {
            return Err(InvalidWorkflow::Dir(self.dir.clone()));
        }
        for format in &self.formats {
            let bare = bare(format);
            let is_extension = (1..=64).contains(&bare.len())
                && bare.bytes().all(|byte| byte.is_ascii_alphanumeric());
            // Observed: a sample of the service lists an empty one.
            if !(is_extension || format.is_empty() || format == "*") {
                return Err(InvalidWorkflow::Format(format.clone()));
            }
        }
        let profile = self.profile.unwrap_or_default();
        Ok(self.request(Source::default()).check(profile)?)
    }

    /// Whether a change starts a task.
    ///
    /// Follows: mps.md section 10.2: what MPS itself writes into the directory does not start it again. How the platform
    /// knows is not documented; here it is who wrote it.
    pub fn starts_on(&self, changed: &ObjectChanged) -> bool {
        let is_product = matches!(changed.lane, Lane::Task(_));
        let is_folder = changed.key.ends_with('/');
        self.enabled
            && !is_product
            && !is_folder
            && self.bucket == changed.bucket
            && UPLOADS.contains(&changed.event_name.as_str())
            && format!("/{}", changed.key).starts_with(&self.dir)
            && self.covers_format(&changed.key)
    }

    /// What a task is asked to do about an upload.
    pub fn request(&self, source: Source) -> WorkflowRequest {
        WorkflowRequest {
            source: Some(source),
            output_bucket: self.output_bucket.clone(),
            output_region: None,
            output_dir: self.output_dir.clone(),
            tasks: self.tasks.clone(),
            ai: self.ai.clone(),
            skip_meta_data: false,
            profile: self.profile,
            switches: self.switches.clone(),
            failures: self.failures.clone(),
            // Follows: mps.md section 10.1: both are empty.
            session_id: String::new(),
            session_context: String::new(),
            cold: None,
        }
    }

    fn covers_format(&self, key: &str) -> bool {
        let file = key.rsplit('/').next().unwrap_or(key);
        let Some((_, extension)) = file.rsplit_once('.') else {
            return self.formats.iter().any(|format| format == "*");
        };
        let mut named = self
            .formats
            .iter()
            .filter(|format| !format.is_empty())
            .peekable();
        if named.peek().is_none() {
            return is_among(extension, FORMATS);
        }
        named.any(|format| format == "*" || is_among(extension, [bare(format)]))
    }
}

fn bare(format: &str) -> &str {
    format.strip_prefix('.').unwrap_or(format)
}

/// Choice: case does not count.
fn is_among<'a>(extension: &str, formats: impl IntoIterator<Item = &'a str>) -> bool {
    let mut formats = formats.into_iter();
    formats.any(|format| format.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflow(yaml: &str) -> Workflow {
        let text = format!("bucket: in-1250000000\n{yaml}");
        serde_saphyr::from_str(&text).unwrap()
    }

    fn upload(key: &str) -> ObjectChanged {
        ObjectChanged::put("in-1250000000", key)
    }

    #[test]
    fn directory_and_format_decide() {
        let plain = workflow("dir: /in/");
        for (key, expected) in [
            ("in/a.mp4", true),
            ("in/deep/a.MOV", true),
            ("in/a.txt", false),
            ("in/a", false),
            ("in/a.mp4/", false),
            ("out/a.mp4", false),
            ("inside/a.mp4", false),
        ] {
            assert_eq!(plain.starts_on(&upload(key)), expected, "{key}");
        }
        let own = workflow("formats: [.xyz, mp4]");
        assert!(own.starts_on(&upload("a.XYZ")) && own.starts_on(&upload("a.mp4")));
        assert!(!own.starts_on(&upload("a.mov")));
        let all = workflow("formats: ['*']");
        assert!(all.starts_on(&upload("a.txt")) && all.starts_on(&upload("a")));
        let sample = workflow("formats: ['']");
        assert!(sample.starts_on(&upload("a.mov")) && !sample.starts_on(&upload("a.txt")));
    }

    #[test]
    fn only_uploads_by_others_start_a_task() {
        let workflow = workflow("dir: /");
        let with = |change: &dyn Fn(&mut ObjectChanged)| {
            let mut upload = upload("a.mp4");
            change(&mut upload);
            workflow.starts_on(&upload)
        };
        assert!(with(&|upload| upload.event_name = UPLOADS[2].into()));
        assert!(with(&|upload| upload.lane = Lane::Invocation(1)));
        assert!(!with(&|upload| upload.lane = Lane::Task(1)));
        assert!(!with(&|upload| upload.bucket = "b-1250000000".into()));
        assert!(!with(
            &|upload| upload.event_name = "cos:ObjectRemove:Delete".into()
        ));
        let off = Workflow {
            enabled: false,
            ..workflow.clone()
        };
        assert!(!off.starts_on(&upload("a.mp4")));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let mistake = |yaml: &str| workflow(yaml).check().unwrap_err().to_string();
        assert_eq!(
            mistake("dir: in/"),
            "the directory `in/` does not begin and end with `/`"
        );
        assert_eq!(
            mistake("formats: [m/p]"),
            "`m/p` is not a format: write an extension such as `mp4`, or `*` for all"
        );
        assert_eq!(
            mistake("output-dir: out"),
            "the output directory `out` does not begin and end with `/`"
        );
        workflow("dir: /in/\noutput-dir: /out/\nformats: [mp4]")
            .check()
            .unwrap();
    }
}
