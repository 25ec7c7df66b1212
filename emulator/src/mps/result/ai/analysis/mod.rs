//! `AiAnalysisResultSet`: what the media is about, and what can be made of it. Follows: mps.md section 5.2.
//!
//! `labels` says what is seen, `film` makes media of it.

mod film;
mod labels;

use super::super::Made;
use super::members::{Codes, Members, Since};
use super::work::{Kind, Work};

pub(super) const KINDS: &[Kind] = &[
    Kind::legacy("Classification", "ClassificationTask", labels::classes),
    Kind::legacy("Cover", "CoverTask", labels::cover),
    Kind::legacy("Tag", "TagTask", labels::tags),
    Kind::legacy("FrameTag", "FrameTagTask", labels::frame_tags),
    modern("Highlight", "HighlightTask", film::highlight),
    modern("DeLogo", "DeLogoTask", film::without_logo),
    modern("SegmentRecognition", "SegmentTask", labels::segments),
    modern("HeadTailRecognition", "HeadTailTask", labels::head_and_tail),
    modern("Description", "DescriptionTask", labels::description),
    newest(
        "HorizontalToVertical",
        "HorizontalToVerticalTask",
        film::vertical,
    ),
    newest("Dubbing", "DubbingTask", film::dubbed),
    newest("VideoRemake", "VideoRemakeTask", film::remade),
    Kind {
        members: Members::new(Codes::BothExtLast)
            .with_progress()
            .with_times(),
        ..newest(
            "VideoComprehension",
            "VideoComprehensionTask",
            labels::comprehension,
        )
    },
    Kind {
        members: Members::new(Codes::Text).with_progress().with_times(),
        ..newest("Cutout", "CutoutTask", film::cut_out)
    },
    Kind {
        members: Members::new(Codes::BothExtLast)
            .with_progress()
            .with_times(),
        ..newest("Reel", "ReelTask", film::reel)
    },
    newest("Generic", "GenericTask", labels::generic),
];

const fn modern(name: &'static str, member: &'static str, make: fn(Work<'_>) -> Made) -> Kind {
    Kind {
        since: Since::Modern,
        members: Members::new(Codes::Number),
        ..Kind::legacy(name, member, make)
    }
}

const fn newest(name: &'static str, member: &'static str, make: fn(Work<'_>) -> Made) -> Kind {
    Kind {
        since: Since::Newest,
        ..modern(name, member, make)
    }
}
