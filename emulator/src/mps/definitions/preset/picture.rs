//! Presets whose outputs are pictures, and adaptive streaming. Follows: mps.md section 13.3.

use super::{Generation, Said};
use crate::mps::definitions::family::Family;
use backlot_base::json::{Object, Value};

/// Short side in pixels and kbit/s of the qualities of adaptive streaming.
const QUALITIES: [(u64, u64); 6] = [
    (240, 256),
    (480, 512),
    (720, 512),
    (1080, 1024),
    (1440, 3072),
    (2160, 6144),
];

/// The presets.
pub(super) fn all() -> impl Iterator<Item = Said> {
    [
        said(Family::Animated, 20_000, animated("gif")),
        said(Family::Animated, 20_001, animated("webp")),
        said(Family::SnapshotByTime, 10, stretched()),
        said(Family::Sampled, 10, sampled("Percent", 10)),
        said(Family::Sprite, 10, sprite()),
        said(Family::Adaptive, 10, adaptive()),
        // Choice: 12, seen once in public and described nowhere, is another name of 10.
        said(Family::Adaptive, 12, adaptive()),
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

fn animated(format: &str) -> Object {
    Object::new().with("Fps", 2u64).with("Format", format)
}

fn stretched() -> Object {
    Object::new().with("FillType", "stretch")
}

fn sampled(kind: &str, interval: u64) -> Object {
    stretched()
        .with("SampleType", kind)
        .with("SampleInterval", interval)
}

fn sprite() -> Object {
    sampled("Time", 10)
        .with("RowCount", 10u64)
        .with("ColumnCount", 10u64)
        .with("Width", 142u64)
        .with("Height", 80u64)
        // The width is the width, however tall the source is.
        .with("ResolutionAdaptive", "close")
}

fn adaptive() -> Object {
    let streams = QUALITIES.map(|(short, kbps)| {
        let video = Object::new()
            .with("Codec", "libx264")
            .with("Fps", 24u64)
            .with("Bitrate", kbps)
            .with("Height", short)
            .with("FillType", "stretch");
        let audio = Object::new()
            .with("Codec", "libfdk_aac")
            .with("Bitrate", 48u64)
            .with("SampleRate", 44_100u64);
        Object::new().with("Audio", audio).with("Video", video)
    });
    Object::new()
        .with("Format", "HLS")
        .with("Name", "Adaptive-HLS")
        .with("StreamInfos", streams.into_iter().collect::<Value>())
        .with("DisableHigherVideoResolution", 1u64)
}
