//! Several qualities to switch between: the event names the manifest only, but all files are written.

use crate::mps::engine::image::image_size;
use crate::mps::engine::probe::Media;
use crate::mps::failure::FailureCode;
use crate::mps::path::Numbers;
use crate::mps::placeholder;
use crate::mps::request::Adaptive;
use crate::mps::template::Quality;
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
    let template = ctx
        .templates
        .adaptive(item.definition)
        .ok_or_else(FailureCode::no_definition)?;
    need_video(media)?;
    let naming = ctx.naming(item.definition);
    let own = item.output_bucket.as_deref();
    let path = naming.render(path(item), template.format, &Numbers::default());
    let fits = |quality: &Quality| !template.leaves_out_larger || is_within(media, quality);
    // The lowest quality is there however small the source is.
    let qualities = template.qualities.iter().enumerate();
    let qualities = qualities.filter(|(position, quality)| *position == 0 || fits(quality));
    let mut streams = Vec::new();
    let mut files = Vec::new();
    for (number, (_, quality)) in qualities.enumerate() {
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
        streams.push((kbps(media, quality), playlist));
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

/// Whether a quality has no more pixels on its short side than the source.
fn is_within(media: &Media, quality: &Quality) -> bool {
    let short = |(width, height): (u64, u64)| width.min(height);
    let source = short((media.width, media.height));
    let scale = quality.scale;
    scale.is_none_or(|scale| short(image_size(media, scale)) <= source)
}

/// 1000 bits per second of pictures and sound.
fn kbps(media: &Media, quality: &Quality) -> u64 {
    let video = quality.kbps.unwrap_or(media.video_bitrate / 1000);
    let video = quality.scale.map_or(0, |_| video);
    video + quality.audio_kbps.unwrap_or(media.audio_bitrate / 1000)
}
