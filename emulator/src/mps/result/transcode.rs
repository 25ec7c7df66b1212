//! Another format or size.

use crate::mps::engine::probe::Media;
use crate::mps::engine::transcode::Transcoded;
use crate::mps::failure::FailureCode;
use crate::mps::meta_data::{audio_set, video_set};
use crate::mps::path::Numbers;
use crate::mps::placeholder;
use crate::mps::request::Transcode;
use backlot_base::json::{Object, Value};

use super::{Context, Made, clip, number_format, watermarks};

const PATH: &str = "{inputName}_transcode_{definition}.{format}";
const SEGMENT: &str = "{inputName}_transcode_{definition}_{number}.{format}";

fn path(item: &Transcode) -> &str {
    item.output_path.as_deref().unwrap_or(PATH)
}

fn segment(item: &Transcode) -> &str {
    item.segment_name.as_deref().unwrap_or(SEGMENT)
}

pub(super) fn input(ctx: Context<'_>, item: &Transcode) -> Object {
    let modern = ctx.profile.is_modern();
    let naming = ctx.naming(item.definition);
    Object::new()
        .with("Definition", item.definition)
        .with_if(modern, "RawParameter", Value::Null)
        .with_if(modern, "OverrideParameter", Value::Null)
        .with("WatermarkSet", watermarks(ctx.profile, &item.watermarks))
        .with_if(modern, "MosaicSet", Value::Array(Vec::new()))
        .with_if(modern, "StartTimeOffset", ctx.profile.seconds(item.start))
        .with_if(modern, "EndTimeOffset", ctx.profile.seconds(item.end))
        .with("OutputStorage", ctx.storage(item.output_bucket.as_deref()))
        .with("OutputObjectPath", naming.display(ctx.profile, path(item)))
        .with(
            "SegmentObjectName",
            naming.display_beside(ctx.profile, path(item), segment(item)),
        )
        .with("ObjectNumberFormat", number_format(&item.number_format))
        .with_if(modern, "HeadTailParameter", Value::Null)
}

pub(super) fn make(
    ctx: Context<'_>,
    media: &Media,
    index: usize,
    item: &Transcode,
) -> Result<Made, FailureCode> {
    let template = ctx
        .templates
        .transcode(item.definition)
        .ok_or_else(FailureCode::no_definition)?;
    let clipped = clip(media, item.start, item.end)?;
    let figures = Transcoded::of(media, &template, clipped, index, item.definition);
    let naming = ctx.naming(item.definition);
    let own = item.output_bucket.as_deref();
    let path = naming.render(path(item), template.format, &Numbers::default());
    let objects = if template.format == "m3u8" {
        let numbers = Numbers {
            number: Some(item.number_format.number(0)),
            ..Numbers::default()
        };
        let segment = naming.render_beside(&path, segment(item), "ts", &numbers);
        let playlist = placeholder::media_playlist(figures.duration, &segment);
        let segment_body = placeholder::media("transcode", &segment);
        vec![
            ctx.object(own, &path, playlist),
            ctx.object(own, &segment, segment_body),
        ]
    } else {
        vec![ctx.object(own, &path, placeholder::media("transcode", &path))]
    };
    let (size, md5) = ctx.size_and_md5(figures.size, &path, item.definition, &objects);
    let video = figures.video.as_ref();
    let output = Object::new()
        .with("OutputStorage", ctx.storage(own))
        .with("Path", path)
        .with("Definition", ctx.output_definition(item.definition))
        .with("Bitrate", figures.bitrate())
        .with("Height", video.map_or(0, |video| video.height))
        .with("Width", video.map_or(0, |video| video.width))
        .with("Size", size)
        .with("Duration", ctx.seconds(figures.duration))
        .with("Container", ctx.profile.container(template.format))
        .with("Md5", md5)
        .with("VideoStreamSet", video_set(ctx.profile, video, None))
        .with(
            "AudioStreamSet",
            audio_set(ctx.profile, figures.audio.as_ref(), None),
        );
    Ok(Made { output, objects })
}
