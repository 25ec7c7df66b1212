//! `MediaProcessResultSet`: one result for each sub-task. Follows: mps.md section 4.3.
//!
//! Each kind of sub-task has a file with two functions: `input` echoes what was asked, `make` does it or says why not.
//! Results of AI sub-tasks are in [`ai`]. The results of a schedule's activities are the same, in other places.

pub(super) mod ai;

mod adaptive;
mod animated;
mod outcome;
mod sampled;
mod snapshot;
mod sprite;
mod transcode;

use crate::mps::object::OutputObject;
use backlot_base::json::{Object, Value};

use super::definitions::Templates;
use super::engine::output_md5;
use super::engine::probe::Media;
use super::failure::{Failure, FailureCode};
use super::notification::State;
use super::path::Naming;
use super::placeholder::{self, md5_hex};
use super::profile::{Profile, Report, UNSET_TIME, iso};
use super::request::{FailureRule, NumberFormat, Source, TaskItem, TaskKind};
use super::seconds::Seconds;
use super::storage::output_storage;
use super::switches::{SizeMode, Switches};
use super::timeline::Timeline;

pub(super) use outcome::{Made, Outcome};

/// What all sub-tasks of one task have in common.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) profile: Profile,
    pub(super) switches: &'a Switches,
    pub(super) templates: &'a Templates,
    pub(super) source: &'a Source,
    /// `None` if the source is missing or broken.
    pub(super) media: Option<&'a Media>,
    pub(super) output_bucket: &'a str,
    pub(super) output_region: &'a str,
    pub(super) output_dir: Option<&'a str>,
    pub(super) task_id: &'a str,
    pub(super) timeline: Timeline,
    pub(super) state: State,
}

/// The result of one sub-task.
pub(super) struct MediaResult {
    pub(super) kind: TaskKind,
    pub(super) result: Value,
}

/// The results in the order of notifications, and all objects that are written.
pub(super) fn results(
    ctx: Context<'_>,
    items: &[TaskItem],
    failures: &[FailureRule],
) -> (Vec<MediaResult>, Vec<OutputObject>) {
    let mut results = Vec::new();
    let mut objects = Vec::new();
    for kind in TaskKind::ALL {
        let of_kind = (1..).zip(items).filter(|(_, item)| item.kind() == kind);
        for (index, (position, item)) in of_kind.enumerate() {
            let planned = failures.iter().find(|rule| rule.covers(position, item));
            let mut outcome = if ctx.is_running(results.len()) {
                Outcome::Running
            } else {
                attempt(ctx, index, item, planned).into()
            };
            let result = result(ctx, item, &outcome);
            results.push(MediaResult { kind, result });
            objects.extend(outcome.take_objects());
        }
    }
    (results, objects)
}

/// Does a sub-task, unless the source is broken or a failure is planned.
fn attempt(
    ctx: Context<'_>,
    index: usize,
    item: &TaskItem,
    planned: Option<&FailureRule>,
) -> Result<Made, Failure> {
    let media = ctx.media.ok_or_else(FailureCode::source_file)?;
    if let Some(rule) = planned {
        return Err(Failure {
            code: rule.code.clone(),
            message: rule.message.clone(),
        });
    }
    let made = match item {
        TaskItem::Transcode(item) => transcode::make(ctx, media, index, item),
        TaskItem::Animated(item) => animated::make(ctx, media, item),
        TaskItem::SnapshotByTime(item) => snapshot::make(ctx, media, item),
        TaskItem::Sampled(item) => sampled::make(ctx, media, item),
        TaskItem::Sprite(item) => sprite::make(ctx, media, item),
        TaskItem::Adaptive(item) => adaptive::make(ctx, media, item),
    };
    Ok(made?)
}

/// `MediaProcessTaskResult`: the type, and one member for each kind, of which one is not `null`.
pub(super) fn entry(profile: Profile, MediaResult { kind, result }: MediaResult) -> Value {
    let mut result = Some(result);
    let mut entry = Object::new().with("Type", kind.result_type());
    for sibling in TaskKind::ALL {
        let is_known = profile.is_modern() || sibling != TaskKind::Adaptive;
        let value = result.take_if(|_| sibling == kind);
        entry = entry.with_if(is_known || value.is_some(), sibling.member(), value);
    }
    entry.into()
}

/// The common members of a sub-task's result.
fn result(ctx: Context<'_>, item: &TaskItem, outcome: &Outcome) -> Value {
    let modern = ctx.profile.is_modern();
    let is_transcode = item.kind() == TaskKind::Transcode;
    let report = ctx.report(outcome.failure());
    let (begins, finishes) = ctx.times(outcome);
    let input = match item {
        TaskItem::Transcode(item) => transcode::input(ctx, item),
        TaskItem::Animated(item) => animated::input(ctx, item),
        TaskItem::SnapshotByTime(item) => snapshot::input(ctx, item),
        TaskItem::Sampled(item) => sampled::input(ctx, item),
        TaskItem::Sprite(item) => sprite::input(ctx, item),
        TaskItem::Adaptive(item) => adaptive::input(ctx, item),
    };
    Object::new()
        .with("Status", outcome.status())
        .with_if(modern, "ErrCodeExt", report.code_ext)
        .with("ErrCode", report.code)
        .with("Message", report.message)
        .with_if(modern && is_transcode, "Progress", outcome.progress())
        .with("Input", input)
        .with("Output", outcome.output())
        .with_if(modern && !is_transcode, "BeginProcessTime", begins)
        .with_if(modern && !is_transcode, "FinishTime", finishes)
        .into()
}

impl Context<'_> {
    /// Whether the sub-task whose result is at `position` has not ended yet.
    fn is_running(self, position: usize) -> bool {
        match self.state {
            State::Finished => false,
            State::Processing { ended } => position >= ended,
        }
    }

    /// `BeginProcessTime` and `FinishTime` of a sub-task.
    fn times(self, outcome: &Outcome) -> (String, String) {
        let finishes = match outcome {
            Outcome::Running => UNSET_TIME.to_owned(),
            Outcome::Done(_) | Outcome::Failed(_) => iso(self.timeline.finishes),
        };
        (iso(self.timeline.begins), finishes)
    }

    fn report(self, failure: Option<&Failure>) -> Report {
        let Some(failure) = failure else {
            let code_ext = if self.switches.empty_success_code {
                ""
            } else {
                "SUCCESS"
            };
            return Report {
                code: 0,
                code_ext: code_ext.to_owned(),
                message: "SUCCESS".to_owned(),
            };
        };
        let mut report = self.profile.report(&failure.code);
        if let Some(message) = &failure.message {
            report.message.clone_from(message);
        }
        report
    }

    fn naming(self, definition: u64) -> Naming {
        Naming::new(&self.source.key, self.output_dir, definition)
    }

    fn bucket<'b>(&'b self, own: Option<&'b str>) -> &'b str {
        own.unwrap_or(self.output_bucket)
    }

    /// `OutputStorage` or `Storage`.
    fn storage(self, own: Option<&str>) -> Value {
        output_storage(self.profile, self.bucket(own), self.output_region)
    }

    fn seconds(self, millis: u64) -> Value {
        self.profile.seconds(Seconds::from_millis(millis))
    }

    /// `Output.Definition`.
    fn output_definition(self, definition: u64) -> u64 {
        if self.switches.zero_definition {
            0
        } else {
            definition
        }
    }

    fn object(self, own: Option<&str>, path: &str, body: String) -> OutputObject {
        placeholder::object(self.bucket(own), path, self.task_id, body)
    }

    /// `Size` and `Md5` of an output at `path`, whose first object is the main file.
    fn size_and_md5(
        self,
        plausible: u64,
        path: &str,
        definition: u64,
        objects: &[OutputObject],
    ) -> (u64, String) {
        let main = objects.first().expect("an output has a main file");
        match self.switches.size_mode {
            SizeMode::Plausible => {
                let md5 = output_md5(&main.bucket, path, definition, plausible);
                (plausible, md5)
            }
            SizeMode::Actual => {
                let size = objects.iter().map(|object| object.body.len() as u64).sum();
                (size, md5_hex(&main.body))
            }
        }
    }
}

/// The part of `media` from `start` to `end`, in milliseconds; an `end` of 0 is that of the media.
pub(super) fn clip(media: &Media, start: Seconds, end: Seconds) -> Result<u64, FailureCode> {
    let end = match end {
        Seconds::ZERO => media.duration,
        end => end.millis(),
    };
    if start.millis() >= end || end > media.duration {
        return Err(FailureCode::time_offset());
    }
    Ok(end - start.millis())
}

/// Pictures can only be made of pictures.
fn need_video(media: &Media) -> Result<(), FailureCode> {
    if media.has_video {
        Ok(())
    } else {
        Err(FailureCode::no_video())
    }
}

/// `WatermarkSet` of templates that need no text.
fn watermarks(profile: Profile, definitions: &[u64]) -> Value {
    let modern = profile.is_modern();
    let write = |&definition: &u64| {
        Object::new()
            .with("Definition", definition)
            .with_if(modern, "RawParameter", Value::Null)
            .with("TextContent", "")
            .with("SvgContent", "")
            .with_if(modern, "StartTimeOffset", 0u64)
            .with_if(modern, "EndTimeOffset", 0u64)
    };
    definitions.iter().map(write).collect()
}

/// `WaterMarkDefinition` of an output.
fn watermark_ids(definitions: &[u64]) -> Value {
    definitions.iter().copied().collect()
}

/// `ObjectNumberFormat`.
fn number_format(format: &NumberFormat) -> Value {
    Object::new()
        .with("InitialValue", format.initial_value)
        .with("Increment", format.increment)
        .with("MinLength", u64::from(format.min_length))
        .with("PlaceHolder", format.place_holder.as_str())
        .into()
}
