//! The families of templates, as data. Follows: mps.md section 11.3.

use super::field::Field;
use super::fields;

/// A family of templates. Each has ids of its own: definition 10 is a template in six of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Another format or size.
    Transcode,
    /// Screenshots at regular distances.
    Sampled,
    /// Screenshots at given times.
    SnapshotByTime,
    /// Thumbnails on big pictures.
    Sprite,
    /// A GIF or WebP.
    Animated,
    /// Several qualities to switch between.
    Adaptive,
    /// Pictures and texts that are put over a video.
    Watermark,
    /// Content that should not be there.
    ContentReview,
    /// What a video is about.
    Analysis,
    /// Faces, words and speech.
    Recognition,
}

/// What is asked of a family of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `Create…Template`.
    Create,
    /// `Modify…Template`.
    Modify,
    /// `Delete…Template`.
    Delete,
    /// `Describe…Templates`.
    Describe,
}

/// What differs between the families.
struct Sheet {
    /// As in `CreateTranscodeTemplate`.
    noun: &'static str,
    /// Custom templates at most.
    limit: usize,
    fields: &'static [Field],
}

impl Family {
    /// All families.
    pub const ALL: [Self; 10] = [
        Self::Transcode,
        Self::Sampled,
        Self::SnapshotByTime,
        Self::Sprite,
        Self::Animated,
        Self::Adaptive,
        Self::Watermark,
        Self::ContentReview,
        Self::Analysis,
        Self::Recognition,
    ];

    /// What an action is about, and what it does; `None` if it is not about templates of these families.
    pub fn of_action(action: &str) -> Option<(Verb, Self)> {
        let verbs = [
            ("Create", Verb::Create, ""),
            ("Modify", Verb::Modify, ""),
            ("Delete", Verb::Delete, ""),
            ("Describe", Verb::Describe, "s"),
        ];
        verbs.into_iter().find_map(|(begins, verb, ends)| {
            let noun = action.strip_prefix(begins)?.strip_suffix(ends)?;
            let mut all = Self::ALL.into_iter();
            Some((verb, all.find(|family| family.noun() == noun)?))
        })
    }

    /// As in the names of actions: `TranscodeTemplate`.
    pub fn noun(self) -> &'static str {
        self.sheet().noun
    }

    /// The family of this noun.
    pub fn of_noun(noun: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.noun() == noun)
    }

    /// The number of custom templates that an account may have.
    pub fn limit(self) -> usize {
        self.sheet().limit
    }

    pub(super) fn fields(self) -> &'static [Field] {
        self.sheet().fields
    }

    fn sheet(self) -> Sheet {
        let (noun, limit, fields) = match self {
            Self::Transcode => ("TranscodeTemplate", 1000, fields::TRANSCODE),
            Self::Sampled => ("SampleSnapshotTemplate", 16, fields::SAMPLED),
            Self::SnapshotByTime => ("SnapshotByTimeOffsetTemplate", 16, fields::SNAPSHOT_BY_TIME),
            Self::Sprite => ("ImageSpriteTemplate", 16, fields::SPRITE),
            Self::Animated => ("AnimatedGraphicsTemplate", 16, fields::ANIMATED),
            Self::Adaptive => ("AdaptiveDynamicStreamingTemplate", 100, fields::ADAPTIVE),
            Self::Watermark => ("WatermarkTemplate", 1000, fields::WATERMARK),
            Self::ContentReview => ("ContentReviewTemplate", 50, fields::CONTENT_REVIEW),
            Self::Analysis => ("AIAnalysisTemplate", 50, fields::ANALYSIS),
            Self::Recognition => ("AIRecognitionTemplate", 50, fields::RECOGNITION),
        };
        Sheet {
            noun,
            limit,
            fields,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_name_a_family_and_what_to_do() {
        for (action, expected) in [
            (
                "CreateTranscodeTemplate",
                Some((Verb::Create, Family::Transcode)),
            ),
            (
                "DescribeAIAnalysisTemplates",
                Some((Verb::Describe, Family::Analysis)),
            ),
            (
                "DeleteSnapshotByTimeOffsetTemplate",
                Some((Verb::Delete, Family::SnapshotByTime)),
            ),
            (
                "ModifyWatermarkTemplate",
                Some((Verb::Modify, Family::Watermark)),
            ),
            ("DescribeTranscodeTemplate", None),
            ("CreateTranscodeTemplates", None),
            ("CreateWorkflow", None),
        ] {
            assert_eq!(Family::of_action(action), expected, "{action}");
        }
    }
}
