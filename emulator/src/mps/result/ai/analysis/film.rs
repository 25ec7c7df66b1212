//! Results that make media of media.

use backlot_base::json::{Object, Value};

use super::super::super::Made;
use super::super::work::Work;

pub(super) fn highlight(work: Work<'_>) -> Made {
    let mut files = work.files();
    let video = files.add("{inputName}_highlight_{number}.{format}", "mp4", Some(0));
    let cover = files.add("{inputName}_highlight_{number}.{format}", "jpg", Some(0));
    let segment = Object::new().with("Confidence", confidence());
    let segment = work
        .span(segment, (2000, 8000))
        .with("SegmentTags", ["Goal"].into_iter().collect::<Value>());
    let item = Object::new()
        .with("HighlightPath", video)
        .with("CovImgPath", cover)
        .with("Confidence", confidence())
        .with("Duration", work.at(6000))
        .with("SegmentSet", [segment].into_iter().collect::<Value>())
        .with("HighlightUrl", Value::Null)
        .with("CovImgUrl", Value::Null);
    let output = Object::new()
        .with("HighlightSet", [item].into_iter().collect::<Value>())
        .with("OutputStorage", work.storage());
    files.made(output)
}

/// A score that is no integer, as in the published sample of the sibling product.
fn confidence() -> Value {
    Value::Number("92.5".parse().expect("a decimal is a JSON number"))
}

pub(super) fn without_logo(work: Work<'_>) -> Made {
    let mut files = work.files();
    let path = files.add("{inputName}_delogo.{format}", "mp4", None);
    let output = Object::new()
        .with("Path", path)
        .with("OutputStorage", work.storage())
        .with("OriginSubtitlePath", "")
        .with("TranslateSubtitlePath", "");
    files.made(output)
}

pub(super) fn vertical(work: Work<'_>) -> Made {
    let mut files = work.files();
    let path = files.add("{inputName}_vertical.{format}", "mp4", None);
    let output = Object::new()
        .with("Path", path)
        .with("OutputStorage", work.storage())
        .with("Confidence", 90u64);
    files.made(output)
}

pub(super) fn dubbed(work: Work<'_>) -> Made {
    let mut files = work.files();
    let video = files.add("{inputName}_dubbing.{format}", "mp4", None);
    let speaker = files.add("{inputName}_speaker.{format}", "json", None);
    let output = Object::new()
        .with("VideoPath", video)
        .with("SpeakerPath", speaker)
        .with("VoiceId", "")
        .with("OutputStorage", work.storage());
    files.made(output)
}

pub(super) fn remade(work: Work<'_>) -> Made {
    one_file(work, "{inputName}_remake.{format}", "mp4")
}

pub(super) fn cut_out(work: Work<'_>) -> Made {
    one_file(work, "{inputName}_cutout.{format}", "mov")
}

fn one_file(work: Work<'_>, template: &str, format: &str) -> Made {
    let mut files = work.files();
    let path = files.add(template, format, None);
    let output = Object::new()
        .with("Path", path)
        .with("OutputStorage", work.storage());
    files.made(output)
}

pub(super) fn reel(work: Work<'_>) -> Made {
    let mut files = work.files();
    let video = files.add("{inputName}_reel_{number}.{format}", "mp4", Some(0));
    let script = files.add("{inputName}_reel_script.{format}", "json", None);
    let output = Object::new()
        .with("VideoPath", video.as_str())
        .with(
            "VideoPaths",
            [video.as_str()].into_iter().collect::<Value>(),
        )
        .with("ScriptPath", script)
        .with("OutputStorage", work.storage());
    files.made(output)
}
