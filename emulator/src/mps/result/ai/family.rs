//! The families of AI sub-tasks: one for each sub-task that a request may have.

use crate::mps::request::{AiTask, AiTasks};

use super::kind::Kind;
use super::{analysis, quality, recognition, remake, review, subtitles};

/// A family of AI sub-tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::mps) enum Family {
    /// `AiRecognitionTask`.
    Recognition,
    /// `AiContentReviewTask`.
    Review,
    /// `AiAnalysisTask`.
    Analysis,
    /// `AiQualityControlTask`.
    Quality,
    /// `SmartSubtitlesTask`.
    Subtitles,
    /// `SmartEraseTask`.
    Erase,
    /// `AIDubbingTask`.
    Dubbing,
}

impl Family {
    /// All of them, in the order in which notifications list their results.
    pub(in crate::mps) const ALL: [Self; 7] = [
        Self::Recognition,
        Self::Review,
        Self::Analysis,
        Self::Quality,
        Self::Subtitles,
        Self::Erase,
        Self::Dubbing,
    ];

    /// The member of a workflow task with the results.
    pub(in crate::mps) fn workflow_member(self) -> &'static str {
        match self {
            Self::Recognition => "AiRecognitionResultSet",
            Self::Review => "AiContentReviewResultSet",
            Self::Analysis => "AiAnalysisResultSet",
            Self::Quality => "AiQualityControlTaskResult",
            Self::Subtitles => "SmartSubtitlesTaskResult",
            Self::Erase => "SmartEraseTaskResult",
            Self::Dubbing => "AiDubbingTaskResult",
        }
    }

    /// `ActivityType` of a schedule's activity.
    pub(in crate::mps) fn activity_type(self) -> &'static str {
        match self {
            Self::Recognition => "AIRecognition",
            Self::Review => "AiContentReview",
            Self::Analysis => "AIAnalysis",
            Self::Quality => "AiQualityControl",
            Self::Subtitles => "SmartSubtitles",
            Self::Erase => "SmartErase",
            Self::Dubbing => "Dubbing",
        }
    }

    /// The member of `ActivityResItem`.
    pub(in crate::mps) fn activity_member(self) -> &'static str {
        match self {
            Self::Recognition => "RecognitionTask",
            Self::Review => "ReviewTask",
            Self::Analysis => "AnalysisTask",
            Self::Quality => "QualityControlTask",
            Self::Subtitles => "SmartSubtitlesTask",
            Self::Erase => "SmartEraseTask",
            Self::Dubbing => "AIDubbingTask",
        }
    }

    /// Whether the results are a set, of which each has a type.
    pub(in crate::mps) fn is_set(self) -> bool {
        !matches!(self, Self::Quality | Self::Erase | Self::Dubbing)
    }

    /// Whether events mention it only if they are about it.
    pub(in crate::mps) fn is_newest(self) -> bool {
        matches!(self, Self::Subtitles | Self::Erase | Self::Dubbing)
    }

    /// The types of result.
    pub(in crate::mps) fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Recognition => &recognition::KINDS,
            Self::Review => &review::KINDS,
            Self::Analysis => analysis::KINDS,
            Self::Quality => &quality::KINDS,
            Self::Subtitles => &subtitles::KINDS,
            Self::Erase => &remake::ERASE,
            Self::Dubbing => &remake::DUBBING,
        }
    }

    /// The sub-task of this family, if the request has one.
    pub(in crate::mps) fn task_of(self, tasks: &AiTasks) -> Option<&AiTask> {
        match self {
            Self::Recognition => tasks.recognition.as_deref(),
            Self::Review => tasks.review.as_deref(),
            Self::Analysis => tasks.analysis.as_deref(),
            Self::Quality => tasks.quality_control.as_deref(),
            Self::Subtitles => tasks.smart_subtitles.as_deref(),
            Self::Erase => tasks.smart_erase.as_deref(),
            Self::Dubbing => tasks.dubbing.as_deref(),
        }
    }

    /// The name of the family in `SubTaskTypes` and in schedules. Follows: mps.md section 11.4. Choice: dubbing, which is newer,
    /// has one like the others.
    pub(in crate::mps) fn activity(self) -> &'static str {
        match self {
            Self::Recognition => "action-AIRecognition",
            Self::Review => "action-aiReview",
            Self::Analysis => "action-AIAnalysis",
            Self::Quality => "action-AIQualityControl",
            Self::Subtitles => "action-SmartSubtitles",
            Self::Erase => "action-SmartErase",
            Self::Dubbing => "action-AIDubbing",
        }
    }

    /// Whether its results may name objects that it writes.
    pub(in crate::mps) fn may_write(self) -> bool {
        self != Self::Quality
    }

    /// The key of the sub-task in requests.
    pub(in crate::mps) fn key(self) -> &'static str {
        match self {
            Self::Recognition => "recognition",
            Self::Review => "review",
            Self::Analysis => "analysis",
            Self::Quality => "quality-control",
            Self::Subtitles => "smart-subtitles",
            Self::Erase => "smart-erase",
            Self::Dubbing => "dubbing",
        }
    }

    /// The first type of result that a sub-task names and this family does not have.
    pub(in crate::mps) fn unknown_type(self, task: &AiTask) -> Option<&str> {
        let failures = task.failures.iter();
        let failing = failures.filter_map(|failure| failure.r#type.as_deref());
        let named = task.types.iter().map(String::as_str);
        named
            .chain(task.suggestions.keys().map(String::as_str))
            .chain(failing)
            .find(|name| self.kinds().iter().all(|kind| kind.name != *name))
    }

    /// Where a request keeps the sub-task of this family.
    pub(in crate::mps) fn place_in(self, tasks: &mut AiTasks) -> &mut Option<Box<AiTask>> {
        match self {
            Self::Recognition => &mut tasks.recognition,
            Self::Review => &mut tasks.review,
            Self::Analysis => &mut tasks.analysis,
            Self::Quality => &mut tasks.quality_control,
            Self::Subtitles => &mut tasks.smart_subtitles,
            Self::Erase => &mut tasks.smart_erase,
            Self::Dubbing => &mut tasks.dubbing,
        }
    }

    /// The types of result of a template; `None` if there is no such template.
    ///
    /// Follows: mps.md section 13.3. Choice: nothing is published about the presets of subtitles, erasing and dubbing, so
    /// every id is one; recognition 10 makes the text of what is said (section 9, row 31).
    fn preset(self, definition: u64) -> Option<&'static [&'static str]> {
        match (self, definition) {
            (Self::Review, 10) => Some(&["Porn", "Terrorism", "Political"]),
            (Self::Review, 20) => Some(&review::ALL),
            (Self::Analysis, 10) => Some(&["Classification", "Cover", "Tag"]),
            (Self::Analysis, 20) => Some(&["Classification", "Cover", "Tag", "FrameTag"]),
            (Self::Recognition, 30) => Some(&recognition::ALL),
            (Self::Quality, 10 | 20 | 30 | 40) => Some(&["AiQualityControl"]),
            (Self::Recognition, 10) | (Self::Subtitles, _) => Some(&["AsrFullTextRecognition"]),
            (Self::Erase, _) => Some(&["SmartErase"]),
            (Self::Dubbing, _) => Some(&["Dubbing"]),
            _ => None,
        }
    }

    /// Whether a sub-task names a template that there is, or its own types.
    pub(super) fn knows(self, task: &AiTask) -> bool {
        !task.types.is_empty() || self.preset(task.definition).is_some()
    }

    /// The types of result that a sub-task has, in the order of the table. One with an unknown template has those of
    /// preset 10, which fail.
    pub(super) fn kinds_of(self, task: &AiTask) -> Vec<&'static Kind> {
        let preset = self.preset(task.definition).or_else(|| self.preset(10));
        let preset = preset.unwrap_or_default();
        let is_wanted = |kind: &&Kind| match task.types.as_slice() {
            [] => preset.contains(&kind.name),
            types => types.iter().any(|name| name == kind.name),
        };
        self.kinds().iter().filter(is_wanted).collect()
    }
}
