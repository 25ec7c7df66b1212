//! Which sub-tasks fail although they could succeed.

use serde::{Deserialize, Serialize};

use crate::mps::failure::FailureCode;

use super::TaskItem;

/// A planned failure. What is left out matches anything; the first rule that covers a sub-task decides.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FailureRule {
    /// The position in the request's list, from 1.
    #[serde(default)]
    pub task: Option<usize>,
    /// The kind of the sub-task.
    #[serde(default)]
    pub kind: Option<TaskKind>,
    /// The template's id.
    #[serde(default)]
    pub definition: Option<u64>,
    /// Why it fails.
    pub code: FailureCode,
    /// Replaces the usual message.
    #[serde(default)]
    pub message: Option<String>,
}

/// A kind of sub-task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// Another format or size.
    Transcode,
    /// A GIF or WebP.
    Animated,
    /// Screenshots at given times.
    SnapshotByTime,
    /// Screenshots at regular distances.
    Sampled,
    /// Thumbnails on big pictures.
    Sprite,
    /// Several qualities to switch between.
    Adaptive,
}

impl FailureRule {
    /// Every sub-task fails.
    pub fn of_all(code: FailureCode) -> Self {
        Self {
            task: None,
            kind: None,
            definition: None,
            code,
            message: None,
        }
    }

    /// Whether the rule is about the sub-task at `position`, from 1.
    pub fn covers(&self, position: usize, item: &TaskItem) -> bool {
        self.task.is_none_or(|task| task == position)
            && self.kind.is_none_or(|kind| kind == item.kind())
            && self
                .definition
                .is_none_or(|definition| definition == item.definition())
    }
}

impl TaskKind {
    /// All kinds, in the order in which results list them.
    pub const ALL: [Self; 6] = [
        Self::Transcode,
        Self::Animated,
        Self::SnapshotByTime,
        Self::Sampled,
        Self::Sprite,
        Self::Adaptive,
    ];

    /// `Type` of a result.
    pub fn result_type(self) -> &'static str {
        match self {
            Self::Transcode => "Transcode",
            Self::Animated => "AnimatedGraphics",
            Self::SnapshotByTime => "SnapshotByTimeOffset",
            Self::Sampled => "SampleSnapshot",
            Self::Sprite => "ImageSprites",
            Self::Adaptive => "AdaptiveDynamicStreaming",
        }
    }

    /// The name of the kind in `SubTaskTypes` and in schedules. Follows: mps.md section 11.4.
    pub fn activity(self) -> &'static str {
        match self {
            Self::Transcode => "action-trans",
            Self::Animated => "action-animated-graphics",
            Self::SnapshotByTime => "action-snapshotByTimeOffset",
            Self::Sampled => "action-samplesnapshot",
            Self::Sprite => "action-image-sprite",
            Self::Adaptive => "action-adaptive-substream",
        }
    }

    /// The member of a result that is about this kind; not derivable from the type.
    pub fn member(self) -> &'static str {
        match self {
            Self::Transcode => "TranscodeTask",
            Self::Animated => "AnimatedGraphicTask",
            Self::SnapshotByTime => "SnapshotByTimeOffsetTask",
            Self::Sampled => "SampleSnapshotTask",
            Self::Sprite => "ImageSpriteTask",
            Self::Adaptive => "AdaptiveDynamicStreamingTask",
        }
    }
}
