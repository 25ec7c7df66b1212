//! A GIF or WebP.

use crate::mps::engine::image;
use crate::mps::engine::probe::Media;
use crate::mps::failure::FailureCode;
use crate::mps::path::Numbers;
use crate::mps::placeholder;
use crate::mps::request::Animated;
use crate::mps::seconds::Seconds;
use backlot_base::json::Object;

use super::{Context, Made, clip, need_video};

const PATH: &str = "{inputName}_animatedGraphic_{definition}.{format}";

fn path(item: &Animated) -> &str {
    item.output_path.as_deref().unwrap_or(PATH)
}

/// Where the picture ends, if the request does not say.
fn end(ctx: Context<'_>, item: &Animated) -> Seconds {
    item.end.unwrap_or_else(|| {
        let usual = item.start.millis().saturating_add(3000);
        let last = ctx.media.map_or(usual, |media| media.duration);
        Seconds::from_millis(usual.min(last))
    })
}

pub(super) fn input(ctx: Context<'_>, item: &Animated) -> Object {
    let naming = ctx.naming(item.definition);
    Object::new()
        .with("Definition", item.definition)
        .with("StartTimeOffset", ctx.profile.seconds(item.start))
        .with("EndTimeOffset", ctx.profile.seconds(end(ctx, item)))
        .with("OutputStorage", ctx.storage(item.output_bucket.as_deref()))
        .with("OutputObjectPath", naming.display(ctx.profile, path(item)))
}

pub(super) fn make(ctx: Context<'_>, media: &Media, item: &Animated) -> Result<Made, FailureCode> {
    let template = ctx
        .templates
        .animated(item.definition)
        .ok_or_else(FailureCode::no_definition)?;
    need_video(media)?;
    let end = end(ctx, item);
    // An end of 0 means the end elsewhere, but not here.
    if end == Seconds::ZERO {
        return Err(FailureCode::time_offset());
    }
    let millis = clip(media, item.start, end)?;
    let figures = image::animated(media, &template, millis);
    let own = item.output_bucket.as_deref();
    let path = ctx
        .naming(item.definition)
        .render(path(item), template.format, &Numbers::default());
    let objects = vec![ctx.object(own, &path, placeholder::media("animated", &path))];
    let (size, md5) = ctx.size_and_md5(figures.size, &path, item.definition, &objects);
    let output = Object::new()
        .with("Storage", ctx.storage(own))
        .with("Path", path)
        .with("Definition", ctx.output_definition(item.definition))
        .with("Container", template.format)
        .with("Height", figures.height)
        .with("Width", figures.width)
        .with("Bitrate", figures.bitrate)
        .with("Size", size)
        .with("Md5", md5)
        .with("StartTimeOffset", ctx.profile.seconds(item.start))
        .with("EndTimeOffset", ctx.profile.seconds(end));
    Ok(Made { output, objects })
}
