//! The types of result of each family, and those of its templates.

use crate::mps::request::AiTask;

use super::family::Family;
use super::work::Kind;
use super::{analysis, quality, recognition, remake, review, subtitles};

impl Family {
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
