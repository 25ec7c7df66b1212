//! `AiContentReviewResultSet`: what should perhaps not be shown. Follows: mps.md section 5.1.

use crate::mps::request::Suggestion;
use backlot_base::json::{Object, Value};

use super::super::Made;
use super::work::{Files, Kind, Work};

pub(super) const KINDS: [Kind; 10] = [
    Kind::legacy("Porn", "PornTask", image),
    Kind::legacy("Terrorism", "TerrorismTask", image),
    Kind::legacy("Political", "PoliticalTask", person),
    heard("Porn.Asr", "PornAsrTask"),
    Kind::legacy("Porn.Ocr", "PornOcrTask", read),
    heard("Political.Asr", "PoliticalAsrTask"),
    Kind::legacy("Political.Ocr", "PoliticalOcrTask", read),
    Kind::legacy("Terrorism.Ocr", "TerrorismOcrTask", read),
    heard("Prohibited.Asr", "ProhibitedAsrTask"),
    Kind::legacy("Prohibited.Ocr", "ProhibitedOcrTask", read),
];

/// The types of template 20.
pub(super) const ALL: [&str; 10] = {
    let mut names = [""; 10];
    let mut at = 0;
    while at < names.len() {
        names[at] = KINDS[at].name;
        at += 1;
    }
    names
};

const fn heard(name: &'static str, member: &'static str) -> Kind {
    Kind {
        needs_video: false,
        ..Kind::legacy(name, member, heard_words)
    }
}

/// A part of the media that is suspected: span in milliseconds, confidence.
type Segment = ((u64, u64), u64, Suggestion);

/// Pictures of bodies and weapons.
fn image(work: Work<'_>) -> Made {
    let doubtful = ((16_500, 18_000), 80, Suggestion::Review);
    let segments: &[Segment] = match work.task.suggestion(work.kind.name) {
        Suggestion::Pass => &[],
        Suggestion::Review => &[doubtful],
        Suggestion::Block => &[((9500, 14_000), 98, Suggestion::Block), doubtful],
    };
    let label = match (work.kind.name, segments) {
        (_, []) => "",
        ("Terrorism", _) => "guns",
        _ => "sexy",
    };
    verdict(work, Some(label), segments, |files, segment| {
        let (span, confidence, suggestion) = *segment;
        work.span(Object::new(), span)
            .with("Confidence", confidence)
            .with("Label", label)
            .with("Suggestion", suggestion.as_str())
            .with("Url", files.add_picture())
            .with("PicUrlExpireTime", work.picture_expires())
    })
}

/// Faces and signs.
fn person(work: Work<'_>) -> Made {
    let segments = one(work, (3000, 4000), 91, 97);
    let label = if segments.is_empty() {
        ""
    } else {
        "violation_photo"
    };
    verdict(work, Some(label), &segments, |files, segment| {
        let (span, confidence, suggestion) = *segment;
        work.span(Object::new(), span)
            .with("Confidence", confidence)
            .with("Suggestion", suggestion.as_str())
            .with("Name", "sample mark")
            .with("Label", label)
            .with("Url", files.add_picture())
            .with("AreaCoordSet", area([10, 20, 110, 120]))
            .with("PicUrlExpireTime", work.picture_expires())
    })
}

/// Words that are said.
fn heard_words(work: Work<'_>) -> Made {
    let segments = one(work, (5100, 7400), 75, 95);
    verdict(work, None, &segments, |_, segment| {
        words(work, segment, "keyword-a")
    })
}

/// Words that are seen.
fn read(work: Work<'_>) -> Made {
    let segments = one(work, (8000, 9000), 82, 96);
    verdict(work, None, &segments, |files, segment| {
        words(work, segment, "keyword-b")
            .with("AreaCoordSet", area([100, 40, 420, 96]))
            .with("Url", files.add_picture())
            .with("PicUrlExpireTime", work.picture_expires())
    })
}

fn words(work: Work<'_>, &(span, confidence, suggestion): &Segment, keyword: &str) -> Object {
    work.span(Object::new(), span)
        .with("Confidence", confidence)
        .with("Suggestion", suggestion.as_str())
        .with("KeywordSet", [keyword].into_iter().collect::<Value>())
}

/// The only segment of a result, with its confidence if it is doubtful and if it is certain.
fn one(work: Work<'_>, span: (u64, u64), doubtful: u64, certain: u64) -> Vec<Segment> {
    match work.task.suggestion(work.kind.name) {
        Suggestion::Pass => Vec::new(),
        Suggestion::Review => vec![(span, doubtful, Suggestion::Review)],
        Suggestion::Block => vec![(span, certain, Suggestion::Block)],
    }
}

/// `Output`. What was found as a whole is as bad as its worst segment.
fn verdict<'w>(
    work: Work<'w>,
    label: Option<&str>,
    segments: &[Segment],
    write: impl Fn(&mut Files<'w>, &Segment) -> Object,
) -> Made {
    let mut files = work.files();
    let confidence = segments.iter().map(|segment| segment.1).max();
    let suggestion = work.task.suggestion(work.kind.name);
    let segments: Value = segments
        .iter()
        .map(|segment| write(&mut files, segment))
        .collect();
    let output = Object::new()
        .with("Confidence", confidence.unwrap_or(0))
        .with("Suggestion", suggestion.as_str())
        .with_if(label.is_some(), "Label", label)
        .with("SegmentSet", segments);
    files.made(output)
}

/// `AreaCoordSet`: left, top, right, bottom in pixels.
pub(super) fn area(corners: [u64; 4]) -> Value {
    corners.into_iter().collect()
}
