//! `MediaProcessTask`: the sub-tasks of media processing, one list for each kind. Follows: mps.md sections 4.3 and 11.1.

use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters};

use super::output::{own_bucket, path};
use super::refuse::only;
use crate::mps::request::{
    Adaptive, Animated, NumberFormat, Sampled, SnapshotByTime, Sprite, TaskItem, TimePoint,
    Transcode,
};
use crate::mps::seconds::Seconds;

/// A list of sub-tasks, and how one of them is read in a region.
type Kind = (
    &'static str,
    fn(&Parameters<'_>, &str) -> Result<TaskItem, ApiError>,
);

const KINDS: [Kind; 6] = [
    ("TranscodeTaskSet", transcode),
    ("AnimatedGraphicTaskSet", animated),
    ("SnapshotByTimeOffsetTaskSet", snapshot),
    ("SampleSnapshotTaskSet", sampled),
    ("ImageSpriteTaskSet", sprite),
    ("AdaptiveDynamicStreamingTaskSet", adaptive),
];

/// Reads the structure. Outputs are in `region`.
pub(super) fn media_tasks(tasks: Parameter<'_>, region: &str) -> Result<Vec<TaskItem>, ApiError> {
    let parameters = tasks.object()?;
    parameters.only(&KINDS.map(|(name, _)| name))?;
    let mut items = Vec::new();
    for (name, read) in KINDS {
        let list =
            parameters.optional(name, |list| list.list(|item| read(&item.object()?, region)))?;
        items.extend(list.unwrap_or_default());
    }
    Ok(items)
}

fn transcode(item: &Parameters<'_>, region: &str) -> Result<TaskItem, ApiError> {
    const UNSUPPORTED: [&str; 5] = [
        "RawParameter",
        "OverrideParameter",
        "BlindWatermark",
        "MosaicSet",
        "HeadTailParameter",
    ];
    let known = [
        "Definition",
        "WatermarkSet",
        "StartTimeOffset",
        "EndTimeOffset",
        "OutputStorage",
        "OutputObjectPath",
        "SegmentObjectName",
        "ObjectNumberFormat",
    ];
    only(item, &known, &UNSUPPORTED)?;
    Ok(TaskItem::Transcode(Transcode {
        definition: definition(item)?,
        start: time(item, "StartTimeOffset")?.unwrap_or(Seconds::ZERO),
        end: time(item, "EndTimeOffset")?.unwrap_or(Seconds::ZERO),
        watermarks: watermarks(item)?,
        output_bucket: own_bucket(item, region)?,
        output_path: path(item, "OutputObjectPath")?,
        segment_name: path(item, "SegmentObjectName")?,
        number_format: number_format(item)?,
    }))
}

fn animated(item: &Parameters<'_>, region: &str) -> Result<TaskItem, ApiError> {
    let known = [
        "Definition",
        "StartTimeOffset",
        "EndTimeOffset",
        "OutputStorage",
        "OutputObjectPath",
    ];
    only(item, &known, &["ExtInfo"])?;
    Ok(TaskItem::Animated(Animated {
        definition: definition(item)?,
        start: item.required("StartTimeOffset", |time| seconds(&time))?,
        end: Some(item.required("EndTimeOffset", |time| seconds(&time))?),
        output_bucket: own_bucket(item, region)?,
        output_path: path(item, "OutputObjectPath")?,
    }))
}

fn snapshot(item: &Parameters<'_>, region: &str) -> Result<TaskItem, ApiError> {
    let known = [
        "Definition",
        "ExtTimeOffsetSet",
        "TimeOffsetSet",
        "WatermarkSet",
        "OutputStorage",
        "OutputObjectPath",
        "ObjectNumberFormat",
    ];
    only(item, &known, &["ExtInfo"])?;
    let points = item.optional("ExtTimeOffsetSet", |points| {
        points.list(|point| time_point(&point))
    })?;
    let old = item.optional("TimeOffsetSet", |points| {
        points.list(|point| Ok::<_, ApiError>(TimePoint::At(seconds(&point)?)))
    })?;
    // Choice: the newer list counts if there are both.
    let points = points.filter(|points| !points.is_empty()).or(old);
    Ok(TaskItem::SnapshotByTime(SnapshotByTime {
        definition: definition(item)?,
        times: points.unwrap_or_default(),
        watermarks: watermarks(item)?,
        output_bucket: own_bucket(item, region)?,
        output_path: path(item, "OutputObjectPath")?,
        number_format: number_format(item)?,
    }))
}

fn sampled(item: &Parameters<'_>, region: &str) -> Result<TaskItem, ApiError> {
    let known = [
        "Definition",
        "WatermarkSet",
        "OutputStorage",
        "OutputObjectPath",
        "ObjectNumberFormat",
    ];
    only(item, &known, &["ExtInfo"])?;
    Ok(TaskItem::Sampled(Sampled {
        definition: definition(item)?,
        watermarks: watermarks(item)?,
        output_bucket: own_bucket(item, region)?,
        output_path: path(item, "OutputObjectPath")?,
        number_format: number_format(item)?,
    }))
}

fn sprite(item: &Parameters<'_>, region: &str) -> Result<TaskItem, ApiError> {
    let known = [
        "Definition",
        "OutputStorage",
        "OutputObjectPath",
        "WebVttObjectName",
        "ObjectNumberFormat",
    ];
    only(item, &known, &["ExtInfo"])?;
    Ok(TaskItem::Sprite(Sprite {
        definition: definition(item)?,
        output_bucket: own_bucket(item, region)?,
        output_path: path(item, "OutputObjectPath")?,
        vtt_name: path(item, "WebVttObjectName")?,
        number_format: number_format(item)?,
    }))
}

fn adaptive(item: &Parameters<'_>, region: &str) -> Result<TaskItem, ApiError> {
    const UNSUPPORTED: [&str; 9] = [
        "BlindWatermark",
        "AddOnSubtitles",
        "DrmInfo",
        "DefinitionType",
        "SubtitleTemplate",
        "StdExtInfo",
        "KeyPTSList",
        "AddOnAudios",
        "StdExtStreamInfos",
    ];
    let known = [
        "Definition",
        "WatermarkSet",
        "OutputStorage",
        "OutputObjectPath",
        "SubStreamObjectName",
        "SegmentObjectName",
    ];
    only(item, &known, &UNSUPPORTED)?;
    Ok(TaskItem::Adaptive(Adaptive {
        definition: definition(item)?,
        watermarks: watermarks(item)?,
        output_bucket: own_bucket(item, region)?,
        output_path: path(item, "OutputObjectPath")?,
        sub_stream_name: path(item, "SubStreamObjectName")?,
        segment_name: path(item, "SegmentObjectName")?,
    }))
}

fn definition(item: &Parameters<'_>) -> Result<u64, ApiError> {
    item.required("Definition", |definition| Ok(unsigned(definition)?))
}

fn watermarks(item: &Parameters<'_>) -> Result<Vec<u64>, ApiError> {
    const UNSUPPORTED: [&str; 5] = [
        "RawParameter",
        "TextContent",
        "SvgContent",
        "StartTimeOffset",
        "EndTimeOffset",
    ];
    let watermarks = item.optional("WatermarkSet", |list| {
        list.list(|watermark| {
            let watermark = watermark.object()?;
            only(&watermark, &["Definition"], &UNSUPPORTED)?;
            definition(&watermark)
        })
    })?;
    Ok(watermarks.unwrap_or_default())
}

fn number_format(item: &Parameters<'_>) -> Result<NumberFormat, ApiError> {
    let format = item.optional("ObjectNumberFormat", |format| {
        let format = format.object()?;
        format.only(&["InitialValue", "Increment", "MinLength", "PlaceHolder"])?;
        let usual = NumberFormat::default();
        let small = |name: &str, usual: u32| {
            let number =
                format.optional(name, |number| number.integer_in(0..=i64::from(u32::MAX)))?;
            let number = number.and_then(|number| u32::try_from(number).ok());
            Ok::<_, ApiError>(number.unwrap_or(usual))
        };
        let length = format.optional("MinLength", |length| length.integer_in(0..=255))?;
        let length = length.and_then(|length| u8::try_from(length).ok());
        let holder = format.optional("PlaceHolder", Parameter::text)?;
        Ok::<_, ApiError>(NumberFormat {
            initial_value: small("InitialValue", usual.initial_value)?,
            increment: small("Increment", usual.increment)?,
            min_length: length.unwrap_or(usual.min_length),
            // Observed: a sample of the service has an empty one, where the model says "0".
            place_holder: holder
                .filter(|holder| !holder.is_empty())
                .map_or(usual.place_holder, str::to_owned),
        })
    })?;
    Ok(format.unwrap_or_default())
}

fn time(item: &Parameters<'_>, name: &str) -> Result<Option<Seconds>, ApiError> {
    item.optional(name, |time| seconds(&time))
}

/// Reads a time in seconds, to the millisecond.
pub(super) fn seconds(time: &Parameter<'_>) -> Result<Seconds, ApiError> {
    let seconds = time.clone().number()?;
    if seconds < 0.0 {
        return Err(time.invalid("must not be negative").into());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative, and what is too large becomes the largest number"
    )]
    let millis = (seconds * 1000.0).round() as u64;
    Ok(Seconds::from_millis(millis))
}

fn time_point(point: &Parameter<'_>) -> Result<TimePoint, ApiError> {
    let text = point.clone().text()?;
    let refused = || point.invalid("must be a time such as `3.5s` or a share such as `10%`");
    text.parse().map_err(|_| refused().into())
}

fn unsigned(number: Parameter<'_>) -> Result<u64, ParameterError> {
    let number = number.integer_in(0..=i64::MAX)?;
    Ok(number.unsigned_abs())
}
