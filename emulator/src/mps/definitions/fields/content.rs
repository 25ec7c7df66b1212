//! Review, analysis and recognition.

use super::super::field::{Field, choice, integer, number, structure, text, texts};
use super::{COMMENT, NAME};

const SWITCH: Field = choice("Switch", &["ON", "OFF"]).required().code("Switch");
const PERCENT: &[(i64, i64)] = &[(0, 100)];
const BLOCK: Field = integer("BlockConfidence", PERCENT).coded();
const REVIEW: Field = integer("ReviewConfidence", PERCENT).coded();
const LABELS: Field = texts("LabelSet").coded();

/// What is looked for in pictures.
const PICTURES: &[Field] = &[SWITCH, LABELS, BLOCK, REVIEW];
/// What is looked for in words, spoken or shown.
const WORDS: &[Field] = &[SWITCH, BLOCK, REVIEW];

const EVERYWHERE: &[Field] = &[
    structure("ImgReviewInfo", PICTURES),
    structure("AsrReviewInfo", WORDS),
    structure("OcrReviewInfo", WORDS),
];
const SEEN: &[Field] = &[
    structure("ImgReviewInfo", PICTURES),
    structure("OcrReviewInfo", WORDS),
];
const IN_WORDS: &[Field] = &[
    structure("AsrReviewInfo", WORDS),
    structure("OcrReviewInfo", WORDS),
];
const OWN: &[Field] = &[
    structure("FaceReviewInfo", PICTURES),
    structure("AsrReviewInfo", PICTURES),
    structure("OcrReviewInfo", PICTURES),
];

/// `ContentReviewTemplate`.
pub(in super::super) const CONTENT_REVIEW: &[Field] = &[
    NAME,
    COMMENT,
    structure("PornConfigure", EVERYWHERE),
    structure("TerrorismConfigure", SEEN),
    structure("PoliticalConfigure", EVERYWHERE),
    structure("ProhibitedConfigure", IN_WORDS),
    structure("UserDefineConfigure", OWN),
];

const SWITCHED: &[Field] = &[SWITCH];

/// `AIAnalysisTemplate`.
pub(in super::super) const ANALYSIS: &[Field] = &[
    NAME,
    COMMENT,
    structure("ClassificationConfigure", SWITCHED),
    structure("TagConfigure", SWITCHED),
    structure("CoverConfigure", SWITCHED),
    structure("FrameTagConfigure", SWITCHED),
];

const FACE: &[Field] = &[
    SWITCH,
    number("Score", 0.0, 100.0).code("FaceScore"),
    texts("DefaultLibraryLabelSet").coded(),
    texts("UserDefineLibraryLabelSet").coded(),
    choice("FaceLibrary", &["Default", "UserDefine", "All"])
        .or_text("All")
        .coded(),
];
const LABELED: &[Field] = &[SWITCH, LABELS];
const SPEECH: &[Field] = &[
    SWITCH,
    choice("SubtitleFormat", &["", "vtt", "srt"])
        .or_text("")
        .coded(),
    text("SourceLanguage", 64).coded(),
];
const TRANSLATION: &[Field] = &[
    SWITCH,
    text("SourceLanguage", 64).coded(),
    text("DestinationLanguage", 64).coded(),
    choice("SubtitleFormat", &["", "vtt", "srt"])
        .or_text("")
        .coded(),
];

/// `AIRecognitionTemplate`.
pub(in super::super) const RECOGNITION: &[Field] = &[
    NAME,
    COMMENT,
    structure("FaceConfigure", FACE),
    structure("OcrFullTextConfigure", SWITCHED),
    structure("OcrWordsConfigure", LABELED),
    structure("AsrFullTextConfigure", SPEECH),
    structure("AsrWordsConfigure", LABELED),
    structure("TranslateConfigure", TRANSLATION),
];
