//! Where published samples are unlike the models, so that events of backlot may be, too.

use crate::mps::profile::Profile;

/// A published exception.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// The struct.
    pub owner: &'static str,
    /// The field.
    pub field: &'static str,
    /// What is unlike, as [`super::What::word`] says it.
    pub what: &'static str,
    /// The profile that has it; `None` for both.
    pub profile: Option<Profile>,
    /// Where the specification tells of it.
    pub section: &'static str,
}

impl Known {
    /// Whether it is about this deviation.
    pub fn covers(&self, owner: &str, field: &str, what: &str, profile: Profile) -> bool {
        (self.owner, self.field, self.what) == (owner, field, what)
            && self.profile.is_none_or(|only| only == profile)
    }
}

const fn null(owner: &'static str, field: &'static str) -> Known {
    Known {
        owner,
        field,
        what: "null",
        profile: None,
        section: "mps.md section 7.1: samples have `null` in fields that the models do not mark",
    }
}

const fn absent(owner: &'static str, field: &'static str, section: &'static str) -> Known {
    Known {
        owner,
        field,
        what: "missing-field",
        profile: Some(Profile::Legacy),
        section,
    }
}

const NO_SETS: &str =
    "mps.md section 7.3: the published trigger event has no sets that were not asked for";

const NO_RAW: &str = "mps.md section 4.3: the published trigger event does not have it, although the model of 2020 does";

/// Pages show answers without their `null` members.
pub(super) static OMITTED: Known = Known {
    owner: "",
    field: "",
    what: "missing-field",
    profile: Some(Profile::Legacy),
    section: "mps.md section 7.1: pages omit members that are `null`",
};

/// All of them, by struct and field.
pub const KNOWN: &[Known] = &[
    null("TranscodeTaskInput", "RawParameter"),
    null("TranscodeTaskInput", "WatermarkSet"),
    null("WatermarkInput", "RawParameter"),
    absent("TranscodeTaskInput", "RawParameter", NO_RAW),
    absent("WatermarkInput", "RawParameter", NO_RAW),
    absent("WatermarkInput", "StartTimeOffset", NO_RAW),
    absent("WatermarkInput", "EndTimeOffset", NO_RAW),
    absent("WorkflowTask", "AiContentReviewResultSet", NO_SETS),
    absent("WorkflowTask", "AiAnalysisResultSet", NO_SETS),
    absent("WorkflowTask", "AiRecognitionResultSet", NO_SETS),
];
