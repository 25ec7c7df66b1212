//! The families of AI sub-tasks: one for each sub-task that a request may have.

use crate::mps::request::{AiTask, AiTasks};

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
}
