//! `SmartSubtitlesTaskResult`, a set although its name is singular. Follows: mps.md sections 4 and 5.4.
//!
//! Choice: the models give no list of its types; they are named after their members as those of recognition are.

use backlot_base::json::{Object, Value};

use super::super::Made;
use super::members::{Codes, Members, Since};
use super::recognition::{said, with_words};
use super::work::{Kind, Work};

/// What is said in the demonstration, and when.
const SAID: ((u64, u64), &str) = ((3204, 7204), "hello media processing");
/// The translation.
const TRANSLATED: &str = "你好，媒体处理";

pub(super) const KINDS: [Kind; 4] = [
    kind("AsrFullTextRecognition", "AsrFullTextTask", speech),
    kind("TransTextRecognition", "TransTextTask", translation),
    kind("PureSubtitleTrans", "PureSubtitleTransTask", pure),
    Kind {
        needs_video: true,
        ..kind("OcrFullTextRecognition", "OcrFullTextTask", seen)
    },
];

const fn kind(name: &'static str, member: &'static str, make: fn(Work<'_>) -> Made) -> Kind {
    Kind {
        name,
        member,
        since: Since::Modern,
        members: Members::new(Codes::Both).with_progress(),
        needs_video: false,
        make,
    }
}

fn set(name: &str, item: Object) -> Object {
    Object::new().with(name, [item].into_iter().collect::<Value>())
}

fn speech(work: Work<'_>) -> Made {
    let (span, text) = SAID;
    let mut files = work.files();
    let path = files.add_subtitles(&path_of("asr"), span, text);
    let segment = with_words(work, said(work, span).with("Text", text));
    let output = set("SegmentSet", segment)
        .with("Path", path.as_str())
        .with("SubtitlePath", path)
        .with("OutputStorage", work.storage());
    files.made(output)
}

fn translation(work: Work<'_>) -> Made {
    let (span, text) = SAID;
    let mut files = work.files();
    let path = files.add_subtitles(&path_of("trans"), span, TRANSLATED);
    let segment = said(work, span)
        .with("Text", text)
        .with("Trans", TRANSLATED);
    let output = set("SegmentSet", with_words(work, segment))
        .with("SubtitlePath", path.as_str())
        .with("OutputStorage", work.storage())
        .with("Path", path.as_str())
        .with_all(set("SubtitleResults", translated(&path)));
    files.made(output)
}

fn pure(work: Work<'_>) -> Made {
    let mut files = work.files();
    let path = files.add_subtitles(&path_of("zh"), SAID.0, TRANSLATED);
    let output = Object::new()
        .with("OutputStorage", work.storage())
        .with_all(set("SubtitleResults", translated(&path)));
    files.made(output)
}

fn seen(work: Work<'_>) -> Made {
    let (span, text) = SAID;
    let mut files = work.files();
    let path = files.add_subtitles(&path_of("ocr"), span, text);
    let segment = said(work, span).with("Text", text).with("Trans", "");
    let recognized = Object::new()
        .with("Language", "en")
        .with("Status", "SUCCESS")
        .with("Path", path);
    let output = set("SegmentSet", segment)
        .with_all(set("RecognizeSubtitleResult", recognized))
        .with("TransSubtitleResult", Value::Array(Vec::new()))
        .with("OutputStorage", work.storage());
    files.made(output)
}

/// The documented default path, with a word for the type in front of its extension.
fn path_of(what: &str) -> String {
    format!("{{inputName}}_smartsubtitle_{{definition}}_{what}.{{format}}")
}

fn translated(path: &str) -> Object {
    Object::new()
        .with("Status", "SUCCESS")
        .with("TransSrc", "en")
        .with("TransDst", "zh")
        .with("Path", path)
}
