//! Several qualities to switch between: the event names the manifest only, but all files are written.

use crate::mps::engine::probe::Media;
use crate::mps::failure::FailureCode;
use crate::mps::path::Numbers;
use crate::mps::placeholder;
use crate::mps::request::Adaptive;
use crate::mps::template;
use backlot_base::json::{Object, Value};

use super::{Context, Made, need_video, watermarks};

const PATH: &str = "{inputName}_adaptiveDynamicStreaming_{definition}.{format}";
const SUB_STREAM: &str =
    "{inputName}_adaptiveDynamicStreaming_{definition}_{subStreamNumber}.{format}";
const SEGMENT: &str =
    "{inputName}_adaptiveDynamicStreaming_{definition}_{subStreamNumber}_{segmentNumber}.{format}";

fn path(item: &Adaptive) -> &str {
    item.output_path.as_deref().unwrap_or(PATH)
}

fn sub_stream(item: &Adaptive) -> &str {
    item.sub_stream_name.as_deref().unwrap_or(SUB_STREAM)
}

fn segment(item: &Adaptive) -> &str {
    item.segment_name.as_deref().unwrap_or(SEGMENT)
}

pub(super) fn input(ctx: Context<'_>, item: &Adaptive) -> Object {
    let modern = ctx.profile.is_modern();
    let naming = ctx.naming(item.definition);
    Object::new()
        .with("Definition", item.definition)
        .with("WatermarkSet", watermarks(ctx.profile, &item.watermarks))
        .with("OutputStorage", ctx.storage(item.output_bucket.as_deref()))
        .with("OutputObjectPath", naming.display(ctx.profile, path(item)))
        .with(
            "SubStreamObjectName",
            naming.display_beside(ctx.profile, path(item), sub_stream(item)),
        )
        .with(
            "SegmentObjectName",
            naming.display_beside(ctx.profile, path(item), segment(item)),
        )
        .with_if(modern, "AddOnSubtitles", Value::Null)
        .with_if(modern, "DrmInfo", Value::Null)
}

pub(super) fn make(ctx: Context<'_>, media: &Media, item: &Adaptive) -> Result<Made, FailureCode> {
    let template = template::adaptive(item.definition).ok_or_else(FailureCode::no_definition)?;
    need_video(media)?;
    let naming = ctx.naming(item.definition);
    let own = item.output_bucket.as_deref();
    let path = naming.render(path(item), template.format, &Numbers::default());
    let short = media.width.min(media.height);
    // The lowest quality is there however small the source is.
    let qualities = template
        .qualities
        .iter()
        .enumerate()
        .filter(|&(position, &(side, _))| position == 0 || side <= short);
    let mut streams = Vec::new();
    let mut files = Vec::new();
    for (number, (_, &(_, kbps))) in qualities.enumerate() {
        let numbers = Numbers {
            number: None,
            sub_stream: Some(number),
            segment: Some(0),
        };
        let playlist = naming.render_beside(&path, sub_stream(item), template.format, &numbers);
        let segment = naming.render_beside(&path, segment(item), template.segment_format, &numbers);
        let text = placeholder::media_playlist(media.duration, &segment);
        files.push(ctx.object(own, &playlist, text));
        files.push(ctx.object(own, &segment, placeholder::media("adaptive", &segment)));
        streams.push((kbps + template.audio_kbps, playlist));
    }
    let manifest = placeholder::master_playlist(&streams);
    let mut objects = vec![ctx.object(own, &path, manifest)];
    objects.append(&mut files);
    let output = Object::new()
        .with("Definition", ctx.output_definition(item.definition))
        .with("Package", template.package)
        .with("Path", path)
        .with("Storage", ctx.storage(own));
    Ok(Made { output, objects })
}
