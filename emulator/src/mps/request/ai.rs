//! The AI sub-tasks of a workflow task: a request has at most one of each.
//!
//! A template says which results come of a sub-task; `types` says it instead, for templates of one's own.
//! Follows: mps.md sections 5 and 11.1.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mps::failure::FailureCode;
use crate::mps::result::ai::Family;
use backlot_base::json::Value;

use super::InvalidRequest;

/// What a request asks of MPS besides media processing. Boxed, because most requests have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AiTasks {
    /// `AiContentReviewTask`.
    pub review: Option<Box<AiTask>>,
    /// `AiAnalysisTask`.
    pub analysis: Option<Box<AiTask>>,
    /// `AiRecognitionTask`.
    pub recognition: Option<Box<AiTask>>,
    /// `AiQualityControlTask`.
    pub quality_control: Option<Box<AiTask>>,
    /// `SmartSubtitlesTask`.
    pub smart_subtitles: Option<Box<AiTask>>,
    /// `SmartEraseTask`.
    pub smart_erase: Option<Box<AiTask>>,
    /// `AIDubbingTask`.
    pub dubbing: Option<Box<AiTask>>,
}

/// One AI sub-task.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AiTask {
    /// The template's id; 0 for a task by `raw_parameter`.
    pub definition: u64,
    /// `Type` of each result, for example `Porn.Asr`; those of the template if empty.
    pub types: Vec<String>,
    /// What content review finds, by `Type` of the result; `pass` for the others.
    pub suggestions: BTreeMap<String, Suggestion>,
    /// Results that fail although they could succeed.
    pub failures: Vec<AiFailure>,
    /// `ExtendedParameter`, `UserExtPara` or `ChannelExtPara`, echoed where the result has it.
    pub extended_parameter: Option<String>,
    /// `RawParameter`, echoed where the result has it.
    pub raw_parameter: Option<Value>,
    /// Full name of the bucket for outputs, if not that of the request.
    pub output_bucket: Option<String>,
    /// `OutputObjectPath` of smart erase and dubbing, if not the default.
    pub output_path: Option<String>,
}

/// What content review advises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Suggestion {
    /// Nothing was found.
    #[default]
    Pass,
    /// A person should look at it.
    Review,
    /// It should not be shown.
    Block,
}

/// A planned failure of a result. The first one that covers a result decides.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AiFailure {
    /// `Type` of the result; every result of the sub-task if `None`.
    #[serde(default)]
    pub r#type: Option<String>,
    /// Why it fails.
    pub code: FailureCode,
    /// Replaces the usual message.
    #[serde(default)]
    pub message: Option<String>,
}

impl AiTasks {
    /// The sub-tasks that are asked for, with their families.
    pub(in crate::mps) fn each_mut(&mut self) -> impl Iterator<Item = (Family, &mut AiTask)> {
        let all = [
            (Family::Recognition, &mut self.recognition),
            (Family::Review, &mut self.review),
            (Family::Analysis, &mut self.analysis),
            (Family::Quality, &mut self.quality_control),
            (Family::Subtitles, &mut self.smart_subtitles),
            (Family::Erase, &mut self.smart_erase),
            (Family::Dubbing, &mut self.dubbing),
        ];
        let asked = all.into_iter();
        asked.filter_map(|(family, task)| Some((family, task.as_deref_mut()?)))
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Refuses types of result that a sub-task never has.
pub(super) fn check(tasks: &AiTasks) -> Result<(), InvalidRequest> {
    for family in Family::ALL {
        let Some(task) = family.task_of(tasks) else {
            continue;
        };
        if let Some(kind) = family.unknown_type(task) {
            return Err(InvalidRequest::UnknownAiType {
                task: family.key(),
                kind: kind.to_owned(),
                known: family.kinds().iter().map(|kind| kind.name).collect(),
            });
        }
    }
    Ok(())
}

impl AiTask {
    /// A sub-task that follows a template.
    pub fn of(definition: u64) -> Self {
        Self {
            definition,
            types: Vec::new(),
            suggestions: BTreeMap::new(),
            failures: Vec::new(),
            extended_parameter: None,
            raw_parameter: None,
            output_bucket: None,
            output_path: None,
        }
    }

    /// What content review finds for a type of result.
    pub fn suggestion(&self, kind: &str) -> Suggestion {
        self.suggestions.get(kind).copied().unwrap_or_default()
    }

    /// The planned failure of a type of result.
    pub fn failure(&self, kind: &str) -> Option<&AiFailure> {
        self.failures.iter().find(|failure| failure.covers(kind))
    }
}

impl AiFailure {
    /// Every result fails.
    pub fn of_all(code: FailureCode, message: Option<String>) -> Self {
        Self {
            r#type: None,
            code,
            message,
        }
    }

    /// Whether it is about results of this type.
    pub fn covers(&self, kind: &str) -> bool {
        self.r#type.as_deref().is_none_or(|wanted| wanted == kind)
    }
}

/// The preset that every family of templates has.
impl Default for AiTask {
    fn default() -> Self {
        Self::of(10)
    }
}

impl Suggestion {
    /// As results write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Review => "review",
            Self::Block => "block",
        }
    }
}
