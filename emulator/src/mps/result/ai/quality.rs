//! `AiQualityControlTaskResult`: what is wrong with the media. Follows: mps.md section 5.4.

use backlot_base::json::{Object, Value};

use super::super::Made;
use super::members::{Codes, Members, Since};
use super::review::area;
use super::work::{Kind, Work};

pub(super) const KINDS: [Kind; 1] = [Kind {
    name: "AiQualityControl",
    member: "AiQualityControlTaskResult",
    since: Since::Modern,
    members: Members::new(Codes::Both).with_progress(),
    needs_video: false,
    make,
}];

fn make(work: Work<'_>) -> Made {
    let has_video = work.ctx.media.is_some_and(|media| media.has_video);
    let item = Object::new().with("Confidence", 87u64);
    let item = work
        .span(item, (11_000, 13_000))
        .with("AreaCoordSet", area([0, 0, 320, 180]));
    let blurred = Object::new()
        .with("Type", "Blur")
        .with("QualityControlItems", [item].into_iter().collect::<Value>());
    let found = has_video.then_some(blurred);
    let output = Object::new()
        .with("NoAudio", false)
        .with("NoVideo", !has_video)
        .with("QualityEvaluationScore", if has_video { 78u64 } else { 0 })
        .with(
            "QualityControlResultSet",
            found.into_iter().collect::<Value>(),
        )
        .with("ContainerDiagnoseResultSet", Value::Array(Vec::new()));
    work.files().made(output)
}
