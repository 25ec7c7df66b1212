//! Presets of review, analysis and recognition. Follows: mps.md section 13.3.

use super::{Generation, Said};
use crate::mps::definitions::family::Family;
use backlot_base::json::{Object, Value};

/// The presets.
pub(super) fn all() -> impl Iterator<Item = Said> {
    [
        said(Family::ContentReview, 10, review(false)),
        said(Family::ContentReview, 20, review(true)),
        said(Family::Analysis, 10, analysis(false)),
        said(Family::Analysis, 20, analysis(true)),
        said(Family::Recognition, 10, recognition(false)),
        said(Family::Recognition, 30, recognition(true)),
    ]
    .into_iter()
}

fn said(family: Family, definition: u64, members: Object) -> Said {
    Said {
        generation: Generation::Any,
        family,
        definition,
        members: Value::from(members),
    }
}

fn switch(is_on: bool) -> Object {
    Object::new().with("Switch", if is_on { "ON" } else { "OFF" })
}

/// Pictures are always looked at, words if wanted. Choice: the confidences, which are published nowhere.
fn review(words: bool) -> Object {
    let confident = |is_on| {
        switch(is_on)
            .with("BlockConfidence", 80u64)
            .with("ReviewConfidence", 60u64)
    };
    let seen = || {
        Object::new()
            .with("ImgReviewInfo", confident(true))
            .with("OcrReviewInfo", confident(words))
    };
    let everywhere = || seen().with("AsrReviewInfo", confident(words));
    let in_words = Object::new()
        .with("AsrReviewInfo", confident(words))
        .with("OcrReviewInfo", confident(words));
    Object::new()
        .with("PornConfigure", everywhere())
        .with("TerrorismConfigure", seen())
        .with("PoliticalConfigure", everywhere())
        .with("ProhibitedConfigure", in_words)
}

fn analysis(frame_tags: bool) -> Object {
    Object::new()
        .with("ClassificationConfigure", switch(true))
        .with("TagConfigure", switch(true))
        .with("CoverConfigure", switch(true))
        .with("FrameTagConfigure", switch(frame_tags))
}

/// Follows: mps.md section 9, row 31: all off in 10, all on in 30.
fn recognition(is_on: bool) -> Object {
    Object::new()
        .with("FaceConfigure", switch(is_on))
        .with("OcrFullTextConfigure", switch(is_on))
        .with("OcrWordsConfigure", switch(is_on))
        .with("AsrFullTextConfigure", switch(is_on))
        .with("AsrWordsConfigure", switch(is_on))
}
