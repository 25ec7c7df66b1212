//! Results that say what is seen.

use backlot_base::json::{Object, Value};

use super::super::super::Made;
use super::super::work::Work;

fn set(name: &str, items: impl IntoIterator<Item = Object>) -> Object {
    Object::new().with(name, items.into_iter().collect::<Value>())
}

fn words<const N: usize>(words: [&str; N]) -> Value {
    words.into_iter().collect()
}

pub(super) fn classes(work: Work<'_>) -> Made {
    let classes = [("Animals", 80u64), ("Travel", 34)];
    let items = classes.map(|(name, confidence)| {
        Object::new()
            .with("Classification", name)
            .with("Confidence", confidence)
    });
    work.files().made(set("ClassificationSet", items))
}

pub(super) fn cover(work: Work<'_>) -> Made {
    let mut files = work.files();
    let covers = [(0, 79u64), (1, 70), (2, 66)].map(|(number, confidence)| {
        let path = files.add("{inputName}_cover_{number}.{format}", "jpg", Some(number));
        Object::new()
            .with("CoverPath", path)
            .with("Confidence", confidence)
    });
    files.made(set("CoverSet", covers).with("OutputStorage", work.storage()))
}

pub(super) fn tags(work: Work<'_>) -> Made {
    let tags = [("Horse", 34u64), ("Bird", 27), ("Plant", 13), ("Beach", 11)];
    let items = tags.map(|(tag, confidence)| {
        Object::new()
            .with("Tag", tag)
            .with("Confidence", confidence)
            .with_if(work.is_modern(), "SpecialInfo", "")
    });
    work.files().made(set("TagSet", items))
}

pub(super) fn frame_tags(work: Work<'_>) -> Made {
    let tag = Object::new()
        .with("Tag", "tower")
        .with_if(
            work.is_modern(),
            "CategorySet",
            words(["scene", "building"]),
        )
        .with("Confidence", 60u64);
    let segment = work
        .span(Object::new(), (0, 4500))
        .with_all(set("TagSet", [tag]));
    work.files().made(set("SegmentSet", [segment]))
}

pub(super) fn segments(work: Work<'_>) -> Made {
    let mut files = work.files();
    let video = files.add("{inputName}_segment_{number}.{format}", "mp4", Some(0));
    let cover = files.add("{inputName}_segment_{number}.{format}", "jpg", Some(0));
    let segment = Object::new().with("Confidence", 90u64);
    let segment = work
        .span(segment, (0, 12_000))
        .with("SegmentUrl", files.url(&video))
        .with("CovImgUrl", files.url(&cover))
        .with("Title", "Opening")
        .with("Summary", "A horse on a beach.")
        .with("Keywords", words(["horse", "beach"]));
    files.made(set("SegmentSet", [segment]).with("Abstract", "Animals by the sea."))
}

pub(super) fn head_and_tail(work: Work<'_>) -> Made {
    let end = work.ctx.media.map_or(0, |media| media.duration);
    let output = Object::new()
        .with("HeadTimeOffset", work.at(3000))
        .with("TailTimeOffset", work.at(end.saturating_sub(5000)));
    work.files().made(output)
}

pub(super) fn description(work: Work<'_>) -> Made {
    let paragraph = Object::new()
        .with("Summary", "A horse runs along the water.")
        .with("Title", "Morning")
        .with("Keywords", words(["horse"]));
    let paragraph = work.span(paragraph, (0, 12_000));
    let item = Object::new()
        .with("Description", "A day of animals by the sea.")
        .with("Confidence", 86u64)
        .with("Title", "By the sea")
        .with("Keywords", words(["animals", "sea"]))
        .with_all(set("Paragraphs", [paragraph]));
    work.files().made(set("DescriptionSet", [item]))
}

pub(super) fn comprehension(work: Work<'_>) -> Made {
    let part = Object::new()
        .with("StartTime", work.at(0))
        .with("EndTime", work.at(12_000))
        .with("Title", "Morning")
        .with("Description", "A horse runs along the water.")
        .with("Keywords", words(["horse"]));
    let output = Object::new()
        .with("VideoComprehensionAnalysisResult", "Animals by the sea.")
        .with("VideoComprehensionExtInfo", "")
        .with_all(set("VideoComprehensionResultList", [part]));
    work.files().made(output)
}

pub(super) fn generic(work: Work<'_>) -> Made {
    let output = Object::new()
        .with("OutputStorage", work.storage())
        .with("Result", r#"{"scenes":3}"#);
    work.files().made(output)
}
