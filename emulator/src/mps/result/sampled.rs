//! Screenshots at regular distances.

use crate::mps::engine::image;
use crate::mps::engine::probe::Media;
use crate::mps::failure::FailureCode;
use crate::mps::path::Numbers;
use crate::mps::placeholder;
use crate::mps::request::Sampled;
use crate::mps::template::Interval;
use backlot_base::json::{Object, Value};

use super::{Context, Made, need_video, number_format, watermark_ids, watermarks};

const PATH: &str = "{inputName}_sampleSnapshot_{definition}_{number}.{format}";

fn path(item: &Sampled) -> &str {
    item.output_path.as_deref().unwrap_or(PATH)
}

pub(super) fn input(ctx: Context<'_>, item: &Sampled) -> Object {
    let naming = ctx.naming(item.definition);
    Object::new()
        .with("Definition", item.definition)
        .with("WatermarkSet", watermarks(ctx.profile, &item.watermarks))
        .with("OutputStorage", ctx.storage(item.output_bucket.as_deref()))
        .with("OutputObjectPath", naming.display(ctx.profile, path(item)))
        .with("ObjectNumberFormat", number_format(&item.number_format))
}

pub(super) fn make(ctx: Context<'_>, media: &Media, item: &Sampled) -> Result<Made, FailureCode> {
    let template = ctx
        .templates
        .sampled(item.definition)
        .ok_or_else(FailureCode::no_definition)?;
    need_video(media)?;
    let naming = ctx.naming(item.definition);
    let own = item.output_bucket.as_deref();
    let paths: Vec<_> = (0..image::sampled_count(media, &template))
        .map(|position| {
            let numbers = Numbers {
                number: Some(item.number_format.number(position)),
                ..Numbers::default()
            };
            naming.render(path(item), template.format, &numbers)
        })
        .collect();
    let objects = paths
        .iter()
        .map(|path| ctx.object(own, path, placeholder::media("sampled", path)))
        .collect();
    let (kind, interval) = match template.interval {
        Interval::Percent(percent) => ("Percent", percent),
        Interval::Seconds(seconds) => ("Time", seconds),
    };
    let output = Object::new()
        .with("Storage", ctx.storage(own))
        .with("Definition", ctx.output_definition(item.definition))
        .with("SampleType", kind)
        .with("Interval", interval)
        .with("ImagePathSet", paths.into_iter().collect::<Value>())
        .with("WaterMarkDefinition", watermark_ids(&item.watermarks));
    Ok(Made { output, objects })
}
