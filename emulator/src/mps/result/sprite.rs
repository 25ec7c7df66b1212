//! Thumbnails on big pictures, and the index that says where each is.

use crate::mps::engine::image;
use crate::mps::engine::probe::Media;
use crate::mps::failure::FailureCode;
use crate::mps::path::Numbers;
use crate::mps::placeholder;
use crate::mps::request::Sprite;
use backlot_base::json::{Object, Value};

use super::{Context, Made, need_video, number_format};

const PATH: &str = "{inputName}_imageSprite_{definition}_{number}.{format}";
const VTT: &str = "{inputName}_imageSprite_{definition}.{format}";

fn path(item: &Sprite) -> &str {
    item.output_path.as_deref().unwrap_or(PATH)
}

fn vtt(item: &Sprite) -> &str {
    item.vtt_name.as_deref().unwrap_or(VTT)
}

pub(super) fn input(ctx: Context<'_>, item: &Sprite) -> Object {
    let naming = ctx.naming(item.definition);
    Object::new()
        .with("Definition", item.definition)
        .with("OutputStorage", ctx.storage(item.output_bucket.as_deref()))
        .with("OutputObjectPath", naming.display(ctx.profile, path(item)))
        .with(
            "WebVttObjectName",
            naming.display_beside(ctx.profile, path(item), vtt(item)),
        )
        .with("ObjectNumberFormat", number_format(&item.number_format))
}

pub(super) fn make(ctx: Context<'_>, media: &Media, item: &Sprite) -> Result<Made, FailureCode> {
    let template = ctx
        .templates
        .sprite(item.definition)
        .ok_or_else(FailureCode::no_definition)?;
    need_video(media)?;
    let naming = ctx.naming(item.definition);
    let own = item.output_bucket.as_deref();
    let (thumbs, images) = image::sprite_counts(media, &template);
    let paths: Vec<_> = (0..images)
        .map(|position| {
            let numbers = Numbers {
                number: Some(item.number_format.number(position)),
                ..Numbers::default()
            };
            naming.render(path(item), template.format, &numbers)
        })
        .collect();
    let vtt = naming.render_beside(&paths[0], vtt(item), "vtt", &Numbers::default());
    let mut objects: Vec<_> = paths
        .iter()
        .map(|path| ctx.object(own, path, placeholder::media("sprite", path)))
        .collect();
    objects.push(ctx.object(own, &vtt, placeholder::web_vtt(media.duration, &paths)));
    let (width, height) = image::image_size(media, template.scale);
    let output = Object::new()
        .with("Storage", ctx.storage(own))
        .with("Definition", ctx.output_definition(item.definition))
        .with("Height", height)
        .with("Width", width)
        .with("TotalCount", thumbs)
        .with("ImagePathSet", paths.into_iter().collect::<Value>())
        .with("WebVttPath", vtt);
    Ok(Made { output, objects })
}
