//! The AI sub-tasks of `ProcessMedia`: at most one of each. Follows: mps.md sections 5 and 11.1.
//!
//! A sub-task by `RawParameter` needs no `Definition`, as public requests have it.

use backlot_base::json::Value;
use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters};

use super::output::{own_bucket, path};
use super::refuse::only;
use crate::mps::request::{AiTask, AiTasks};

/// The parameters that [`ai_tasks`] reads.
pub(super) const AI_TASKS: [&str; 7] = [
    "AiContentReviewTask",
    "AiAnalysisTask",
    "AiRecognitionTask",
    "AiQualityControlTask",
    "SmartSubtitlesTask",
    "SmartEraseTask",
    "AIDubbingTask",
];

/// What one kind of sub-task has besides `Definition`.
struct Kind {
    /// Whether the template has to be named.
    needs_definition: bool,
    /// The member with a text that extends the template.
    extended: Option<&'static str>,
    /// Whether it can do without a template.
    is_raw: bool,
    /// Whether it says where its output goes.
    has_output: bool,
    /// What the platform knows and the emulator does not support.
    unsupported: &'static [&'static str],
}

const PLAIN: Kind = Kind {
    needs_definition: true,
    extended: None,
    is_raw: false,
    has_output: false,
    unsupported: &[],
};

/// Reads all of them. Outputs are in `region`.
pub(super) fn ai_tasks(
    parameters: &Parameters<'_>,
    region: &str,
) -> Result<Box<AiTasks>, ApiError> {
    let read = |name: &str, kind: &Kind| {
        parameters.optional(name, |task| task_of(task, kind, region).map(Box::new))
    };
    let extended = |extended| Kind {
        extended: Some(extended),
        ..PLAIN
    };
    Ok(Box::new(AiTasks {
        review: read(AI_TASKS[0], &PLAIN)?,
        analysis: read(AI_TASKS[1], &extended("ExtendedParameter"))?,
        recognition: read(AI_TASKS[2], &extended("UserExtPara"))?,
        quality_control: read(
            AI_TASKS[3],
            &Kind {
                needs_definition: false,
                ..extended("ChannelExtPara")
            },
        )?,
        smart_subtitles: read(
            AI_TASKS[4],
            &Kind {
                needs_definition: false,
                is_raw: true,
                has_output: true,
                ..extended("UserExtPara")
            },
        )?,
        smart_erase: read(
            AI_TASKS[5],
            &Kind {
                needs_definition: false,
                is_raw: true,
                has_output: true,
                unsupported: &["OverrideParameter"],
                ..PLAIN
            },
        )?,
        dubbing: read(
            AI_TASKS[6],
            &Kind {
                needs_definition: false,
                is_raw: true,
                has_output: true,
                unsupported: &[
                    "OverrideParameter",
                    "SrcSubtitleInfo",
                    "DstSubtitleInfos",
                    "DramaId",
                ],
                ..extended("ExtendedParameter")
            },
        )?,
    }))
}

fn task_of(task: Parameter<'_>, kind: &Kind, region: &str) -> Result<AiTask, ApiError> {
    let parameters = task.object()?;
    let mut known = vec!["Definition"];
    known.extend(kind.extended);
    if kind.is_raw {
        known.push("RawParameter");
    }
    if kind.has_output {
        known.extend(["OutputStorage", "OutputObjectPath"]);
    }
    only(&parameters, &known, kind.unsupported)?;
    let definition = parameters.optional("Definition", |definition| {
        definition.integer_in(0..=i64::MAX).map(i64::unsigned_abs)
    })?;
    let raw = if kind.is_raw {
        parameters.optional("RawParameter", raw)?
    } else {
        None
    };
    if definition.is_none() && (kind.needs_definition || (kind.is_raw && raw.is_none())) {
        return Err(parameters.missing("Definition").into());
    }
    let extended = kind
        .extended
        .map(|name| parameters.optional(name, Parameter::text));
    let extended = extended
        .transpose()?
        .flatten()
        .filter(|text| !text.is_empty());
    let mut task = AiTask::of(definition.unwrap_or(0));
    task.extended_parameter = extended.map(str::to_owned);
    task.raw_parameter = raw;
    if kind.has_output {
        task.output_bucket = own_bucket(&parameters, region)?;
        task.output_path = path(&parameters, "OutputObjectPath")?;
    }
    Ok(task)
}

/// What is in it is echoed, and read by nothing.
fn raw(raw: Parameter<'_>) -> Result<Value, ParameterError> {
    let sent = raw.value().clone();
    raw.object()?;
    Ok(sent)
}
