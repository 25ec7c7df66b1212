//! `AiRecognitionResultSet`: who and what is seen and heard. Follows: mps.md section 5.3.

use backlot_base::json::{Object, Value};

use super::super::Made;
use super::members::{Codes, Members, Since};
use super::review::area;
use super::work::{Kind, Work};

pub(super) const KINDS: [Kind; 7] = [
    Kind::legacy("FaceRecognition", "FaceTask", face),
    Kind {
        needs_video: false,
        ..Kind::legacy("AsrWordsRecognition", "AsrWordsTask", asr_words)
    },
    Kind {
        members: Members::new(Codes::Both).with_progress(),
        needs_video: false,
        ..Kind::legacy("AsrFullTextRecognition", "AsrFullTextTask", asr_text)
    },
    Kind::legacy("OcrWordsRecognition", "OcrWordsTask", ocr_words),
    Kind::legacy("OcrFullTextRecognition", "OcrFullTextTask", ocr_text),
    Kind {
        since: Since::Modern,
        members: Members::new(Codes::Both).with_progress(),
        needs_video: false,
        ..Kind::legacy("TransTextRecognition", "TransTextTask", translation)
    },
    Kind {
        since: Since::Modern,
        members: Members::new(Codes::Number),
        ..Kind::legacy("ObjectRecognition", "ObjectTask", object)
    },
];

/// The types of template 30.
pub(super) const ALL: [&str; 5] = [
    "FaceRecognition",
    "AsrWordsRecognition",
    "AsrFullTextRecognition",
    "OcrWordsRecognition",
    "OcrFullTextRecognition",
];

fn set(name: &str, item: Object) -> Object {
    Object::new().with(name, [item].into_iter().collect::<Value>())
}

fn face(work: Work<'_>) -> Made {
    let modern = work.is_modern();
    let segment = work
        .span(Object::new(), (10_000, 12_000))
        .with("Confidence", 97u64)
        .with("AreaCoordSet", area([830, 599, 1030, 783]));
    let mut person = set("SegmentSet", segment);
    person = Object::new()
        .with("Id", "183213")
        .with("Type", "Default")
        .with("Name", "Sample Person")
        .with_all(person);
    for (name, value) in [
        ("Gender", "Male"),
        ("Birthday", ""),
        ("Profession", ""),
        ("SchoolOfGraduation", ""),
        ("Abstract", ""),
        ("PlaceOfBirth", ""),
        ("PersonType", "Artist"),
        ("Remark", "Normal"),
        ("Url", ""),
    ] {
        person = person.with_if(modern, name, value);
    }
    work.files().made(set("ResultSet", person))
}

fn asr_words(work: Work<'_>) -> Made {
    let segment = work
        .span(Object::new(), (4096, 5546))
        .with("Confidence", 100u64);
    let found = Object::new()
        .with("Word", "keyword")
        .with_all(set("SegmentSet", segment));
    work.files().made(set("ResultSet", found))
}

fn asr_text(work: Work<'_>) -> Made {
    let (span, text) = ((3204, 7204), "hello media processing");
    let mut files = work.files();
    let path = files.add_subtitles("{inputName}_asr.{format}", span, text);
    let segment = said(work, span).with("Text", text);
    let segment = with_words(work, segment);
    files.made(set("SegmentSet", segment).with("SubtitlePath", path))
}

fn translation(work: Work<'_>) -> Made {
    let (span, text, translated) = ((17_450, 29_990), "你好", "Hello");
    let mut files = work.files();
    let path = files.add_subtitles("{inputName}_trans.{format}", span, translated);
    let segment = said(work, span)
        .with("Text", text)
        .with("Trans", translated);
    let segment = with_words(work, segment);
    files.made(set("SegmentSet", segment).with("SubtitlePath", path))
}

/// A segment of speech up to its text.
pub(super) fn said(work: Work<'_>, span: (u64, u64)) -> Object {
    work.span(Object::new().with("Confidence", 100u64), span)
}

/// `Wordlist`, which the legacy profile does not have.
pub(super) fn with_words(work: Work<'_>, segment: Object) -> Object {
    segment.with_if(work.is_modern(), "Wordlist", Value::Array(Vec::new()))
}

fn ocr_words(work: Work<'_>) -> Made {
    let segment = work
        .span(Object::new(), (2035, 3035))
        .with("Confidence", 100u64)
        .with("AreaCoordSet", area([1592, 84, 1774, 131]));
    let found = Object::new()
        .with("Word", "SIGN")
        .with_all(set("SegmentSet", segment));
    work.files().made(set("ResultSet", found))
}

fn ocr_text(work: Work<'_>) -> Made {
    let text = Object::new()
        .with("Confidence", 100u64)
        .with("AreaCoordSet", area([1592, 84, 1774, 131]))
        .with("Text", "SIGN");
    let segment = work
        .span(Object::new(), (2035, 2035))
        .with_all(set("TextSet", text));
    work.files().made(set("SegmentSet", segment))
}

fn object(work: Work<'_>) -> Made {
    let segment = work
        .span(Object::new(), (6000, 9000))
        .with("Confidence", 88u64)
        .with("AreaCoordSet", area([320, 180, 640, 420]));
    let found = Object::new()
        .with("Name", "bicycle")
        .with_all(set("SegmentSet", segment));
    work.files().made(set("ResultSet", found))
}
