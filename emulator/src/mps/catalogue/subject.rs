//! What an event can be about.

use crate::mps::request::TaskKind;
use crate::mps::result::ai::{Family, Kind};

use super::form::Form;

/// What an event is about.
#[derive(Clone, Copy)]
pub(in crate::mps) enum Subject {
    /// Several results, or none.
    Whole(Whole),
    /// A result of media processing in a workflow task.
    Media(TaskKind),
    /// A result of an AI sub-task in a workflow task.
    Ai(Family, &'static Kind),
    /// An edit.
    Edit(EditShape),
    /// An activity of a schedule that processes media.
    MediaActivity(TaskKind),
    /// An activity of a schedule that is an AI sub-task.
    AiActivity(Family),
}

/// Events about several results, or about none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mps) enum Whole {
    /// One of everything that media processing makes.
    All,
    /// Some sub-tasks have failed.
    PartialFailure,
    /// The source cannot be read.
    SourceError,
    /// Nothing was asked for but the properties of the source.
    Empty,
    /// One sub-task has ended, another has not.
    Processing,
    /// A transcode and a screenshot with watermarks, as in the published event.
    Watermarks,
    /// A schedule with an activity of each kind of media processing.
    Schedule,
}

/// Kinds of edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mps) enum EditShape {
    /// A part of a file.
    Clip,
    /// Parts of several files, joined.
    Splice,
    /// Files put together as `ComposeConfig` says; the output is named after the task.
    Compose,
}

impl Subject {
    /// All of them, in the order of the documents.
    pub(super) fn all() -> Vec<Self> {
        let mut all: Vec<_> = Whole::ALL.map(Self::Whole).into();
        all.extend(TaskKind::ALL.map(Self::Media));
        for family in Family::ALL {
            all.extend(family.kinds().iter().map(|kind| Self::Ai(family, kind)));
        }
        all.extend(EditShape::ALL.map(Self::Edit));
        all.extend(TaskKind::ALL.map(Self::MediaActivity));
        all.extend(Family::ALL.map(Self::AiActivity));
        all
    }

    /// The forms that it is in. What has failed, has nulls or is under way is equal for a splice and a composition.
    pub(super) fn forms(self) -> &'static [Form] {
        match self {
            Self::Whole(_) | Self::Edit(EditShape::Compose) => &[Form::Success],
            _ => &Form::ALL,
        }
    }

    /// The name of its success.
    pub(super) fn name(self) -> String {
        match self {
            Self::Whole(whole) => whole.name().to_owned(),
            Self::Media(kind) => format!("workflow/{}", kebab(kind.result_type())),
            Self::Ai(family, kind) if family.is_set() => {
                let name = kind.name.strip_suffix("Recognition").unwrap_or(kind.name);
                format!("workflow/{}-{}", word(family), kebab(name))
            }
            Self::Ai(family, _) => format!("workflow/{}", word(family)),
            Self::Edit(shape) => format!("edit/{}", shape.word()),
            Self::MediaActivity(kind) => format!("schedule/{}", kebab(kind.result_type())),
            Self::AiActivity(family) => format!("schedule/{}", word(family)),
        }
    }

    /// Where it is in an event, and its type.
    pub(super) fn about(self) -> String {
        match self {
            Self::Whole(whole) => whole.about().to_owned(),
            Self::Media(kind) => format!("`MediaProcessResultSet`, {}", kind.result_type()),
            Self::Ai(family, kind) if family.is_set() => {
                format!("`{}`, {}", family.workflow_member(), kind.name)
            }
            Self::Ai(family, _) => format!("`{}`", family.workflow_member()),
            Self::Edit(shape) => shape.about().to_owned(),
            Self::MediaActivity(kind) => format!("`ActivityResultSet`, {}", kind.result_type()),
            Self::AiActivity(family) => {
                format!("`ActivityResultSet`, {}", family.activity_type())
            }
        }
    }

    /// The heading under which it is listed.
    pub(super) fn group(self) -> &'static str {
        match self {
            Self::Whole(_) => "whole tasks",
            Self::Media(_) => "media processing",
            Self::Ai(Family::Review, _) => "content review",
            Self::Ai(Family::Analysis, _) => "analysis",
            Self::Ai(Family::Recognition, _) => "recognition",
            Self::Ai(..) => "quality, subtitles, erasing, dubbing",
            Self::Edit(_) => "edits",
            Self::MediaActivity(_) | Self::AiActivity(_) => "schedules",
        }
    }
}

impl Whole {
    const ALL: [Self; 7] = [
        Self::All,
        Self::PartialFailure,
        Self::SourceError,
        Self::Empty,
        Self::Processing,
        Self::Watermarks,
        Self::Schedule,
    ];

    /// Whether it is a shape of its own, and not several others in one event.
    pub(super) fn is_shape(self) -> bool {
        matches!(self, Self::SourceError | Self::Empty)
    }

    fn name(self) -> &'static str {
        match self {
            Self::All => "workflow/all",
            Self::PartialFailure => "workflow/partial-failure",
            Self::SourceError => "workflow/source-error",
            Self::Empty => "workflow/empty",
            Self::Processing => "workflow/processing",
            Self::Watermarks => "workflow/watermarks",
            Self::Schedule => "schedule/all",
        }
    }

    pub(super) fn about(self) -> &'static str {
        match self {
            Self::All => "one of everything that media processing makes",
            Self::PartialFailure => "a transcode and an animated picture have failed",
            Self::SourceError => "the source cannot be read",
            Self::Empty => "nothing was asked for",
            Self::Processing => "one of two transcodes has ended",
            Self::Watermarks => "a transcode and a screenshot with watermarks",
            Self::Schedule => "a schedule with an activity of each kind of media processing",
        }
    }
}

impl EditShape {
    const ALL: [Self; 3] = [Self::Clip, Self::Splice, Self::Compose];

    fn word(self) -> &'static str {
        match self {
            Self::Clip => "clip",
            Self::Splice => "splice",
            Self::Compose => "compose",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Clip => "an edit, a part of a file",
            Self::Splice => "an edit, parts of two files",
            Self::Compose => "an edit, a composition named after its task",
        }
    }
}

/// The word for a family in names.
fn word(family: Family) -> &'static str {
    match family {
        Family::Recognition => "ai-recognition",
        Family::Review => "ai-review",
        Family::Analysis => "ai-analysis",
        Family::Quality => "ai-quality-control",
        Family::Subtitles => "smart-subtitles",
        Family::Erase => "smart-erase",
        Family::Dubbing => "ai-dubbing",
    }
}

/// `Porn.Asr` as `porn-asr`, `DeLogo` as `de-logo`.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter == '.' {
            continue;
        }
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}
