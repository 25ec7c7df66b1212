//! Screenshots at given times.

use crate::mps::engine::mul_div;
use crate::mps::engine::probe::Media;
use crate::mps::failure::FailureCode;
use crate::mps::path::Numbers;
use crate::mps::placeholder;
use crate::mps::request::{SnapshotByTime, TimePoint};
use crate::mps::seconds::Seconds;
use backlot_base::json::{Object, Value};

use super::{Context, Made, need_video, number_format, watermark_ids, watermarks};

const PATH: &str = "{inputName}_snapshotByTimeOffset_{definition}_{number}.{format}";
const OLD_PATH: &str = "{inputName}_snapshotByOffset_{definition}_{number}.{format}";

fn path<'a>(ctx: Context<'_>, item: &'a SnapshotByTime) -> &'a str {
    let usual = if ctx.switches.old_snapshot_names {
        OLD_PATH
    } else {
        PATH
    };
    item.output_path.as_deref().unwrap_or(usual)
}

fn time(point: TimePoint, media: &Media) -> Seconds {
    match point {
        TimePoint::At(time) => time,
        TimePoint::Percent(share) => {
            Seconds::from_millis(mul_div(media.duration, share.into(), 100))
        }
    }
}

/// The modern profile echoes times as texts in `ExtTimeOffsetSet`.
///
/// Choice: shares of the duration, which the legacy profile cannot express, are echoed there as the times they mean.
pub(super) fn input(ctx: Context<'_>, item: &SnapshotByTime) -> Object {
    let modern = ctx.profile.is_modern();
    let texts: Value = item.times.iter().map(ToString::to_string).collect();
    let seconds: Value = item
        .times
        .iter()
        .filter_map(|&point| match (point, ctx.media) {
            (TimePoint::At(time), _) => Some(time),
            (point, media) => media.map(|media| time(point, media)),
        })
        .map(|time| ctx.profile.seconds(time))
        .collect();
    let seconds = if modern {
        Value::Array(Vec::new())
    } else {
        seconds
    };
    Object::new()
        .with("Definition", item.definition)
        .with_if(modern, "ExtTimeOffsetSet", texts)
        .with("TimeOffsetSet", seconds)
        .with("WatermarkSet", watermarks(ctx.profile, &item.watermarks))
        .with("OutputStorage", ctx.storage(item.output_bucket.as_deref()))
        .with(
            "OutputObjectPath",
            ctx.naming(item.definition)
                .display(ctx.profile, path(ctx, item)),
        )
        .with("ObjectNumberFormat", number_format(&item.number_format))
}

pub(super) fn make(
    ctx: Context<'_>,
    media: &Media,
    item: &SnapshotByTime,
) -> Result<Made, FailureCode> {
    let format = ctx
        .templates
        .snapshot_by_time(item.definition)
        .ok_or_else(FailureCode::no_definition)?;
    need_video(media)?;
    let mut times: Vec<_> = item.times.iter().map(|&point| time(point, media)).collect();
    if times.is_empty() {
        times.push(Seconds::ZERO);
    }
    if times.iter().any(|time| time.millis() > media.duration) {
        return Err(FailureCode::time_offset());
    }
    let naming = ctx.naming(item.definition);
    let own = item.output_bucket.as_deref();
    let mut pictures = Vec::new();
    let mut objects = Vec::new();
    for (position, time) in (0..).zip(times) {
        let numbers = Numbers {
            number: Some(item.number_format.number(position)),
            ..Numbers::default()
        };
        let path = naming.render(path(ctx, item), format, &numbers);
        objects.push(ctx.object(own, &path, placeholder::media("snapshot-by-time", &path)));
        let picture = Object::new()
            .with("TimeOffset", ctx.profile.seconds(time))
            .with("Path", path)
            .with("WaterMarkDefinition", watermark_ids(&item.watermarks));
        pictures.push(picture);
    }
    let output = Object::new()
        .with("Storage", ctx.storage(own))
        .with("Definition", ctx.output_definition(item.definition))
        .with("PicInfoSet", pictures.into_iter().collect::<Value>());
    Ok(Made { output, objects })
}
