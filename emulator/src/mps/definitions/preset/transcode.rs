//! Transcoding presets. Follows: mps.md sections 13.1 to 13.3.

use super::{Generation, Said};
use crate::mps::definitions::family::Family;
use backlot_base::json::{Object, Value};

/// Which side of a frame a preset gives, in pixels; the other follows from the source.
#[derive(Clone, Copy)]
enum Side {
    Source,
    Long(u64),
    Short(u64),
}

/// The side, kbit/s, frames per second.
type Rule = (Side, u64, u64);

/// The steps of the first generation: name, offset of the id, H.264 rule, H.265 rule, id of FLV with H.264.
const FIRST: [(&str, u64, Rule, Rule, u64); 6] = [
    (
        "FLU",
        10,
        (Side::Long(320), 256, 24),
        (Side::Short(240), 250, 15),
        10_046,
    ),
    (
        "SD",
        20,
        (Side::Long(640), 512, 24),
        (Side::Short(480), 600, 24),
        10_047,
    ),
    (
        "HD",
        30,
        (Side::Long(1280), 1024, 24),
        (Side::Short(720), 800, 25),
        10_048,
    ),
    (
        "FHD",
        40,
        (Side::Long(1920), 2500, 24),
        (Side::Short(1080), 1400, 30),
        10_049,
    ),
    (
        "2K",
        70,
        (Side::Short(1440), 3072, 30),
        (Side::Short(1440), 2048, 30),
        370,
    ),
    (
        "4K",
        80,
        (Side::Short(2160), 6144, 30),
        (Side::Short(2160), 4096, 30),
        380,
    ),
];

/// The steps of the second generation: name, offset of the id, short side, video kbit/s, audio kbit/s.
const SECOND: [(&str, u64, u64, u64, u64); 6] = [
    ("FLU", 10, 360, 400, 64),
    ("SD", 20, 540, 1000, 64),
    ("HD", 30, 720, 1800, 128),
    ("FHD", 40, 1080, 2500, 128),
    ("2K", 70, 1440, 3000, 160),
    ("4K", 80, 2160, 6000, 160),
];

/// Top-speed codec: id, rule of the side, audio kbit/s.
///
/// Choice: the table names no bit rate of pictures, so the source's is kept.
const TOP_SPEED: [(u64, Side, u64); 5] = [
    (100_800, Side::Source, 64),
    (100_810, Side::Short(360), 64),
    (100_820, Side::Short(540), 64),
    (100_830, Side::Short(720), 128),
    (100_840, Side::Short(1080), 128),
];

/// Sound only: id, container, codec, kbit/s.
const SOUND: [(u64, &str, &str, u64); 7] = [
    (1100, "m4a", "libfdk_aac", 24),
    (1110, "m4a", "libfdk_aac", 48),
    (1120, "m4a", "libfdk_aac", 96),
    (1130, "m4a", "libfdk_aac", 192),
    (1140, "m4a", "libfdk_aac", 256),
    (1010, "mp3", "libmp3lame", 128),
    (1020, "mp3", "libmp3lame", 320),
];

/// Copies of the streams in another container.
const REMUX: [(u64, &str, Generation); 4] = [
    (6, "hls", Generation::First),
    (9, "mp4", Generation::First),
    (875, "mp4", Generation::Second),
    (876, "hls", Generation::Second),
];

/// All transcoding presets.
pub(super) fn all() -> impl Iterator<Item = Said> {
    let first = FIRST.into_iter().flat_map(first);
    let second = SECOND.into_iter().flat_map(second);
    let top_speed = TOP_SPEED.into_iter().map(top_speed);
    let sound = SOUND
        .into_iter()
        .map(|(definition, container, codec, kbps)| {
            let name = format!("{}-{kbps}", container.to_uppercase());
            let members = named(container, &name)
                .with("RemoveVideo", 1u64)
                .with("AudioTemplate", audio(codec, kbps));
            said(Generation::Any, definition, members)
        });
    let remux = REMUX
        .into_iter()
        .map(|(definition, container, generation)| {
            let name = format!("Remux-{}", container.to_uppercase());
            let members = named(container, &name)
                .with("VideoTemplate", video("copy", (Side::Source, 0, 0)))
                .with("AudioTemplate", audio("copy", 0));
            said(generation, definition, members)
        });
    first
        .chain(second)
        .chain(top_speed)
        .chain(sound)
        .chain(remux)
}

fn first((name, step, h264, h265, flv): (&str, u64, Rule, Rule, u64)) -> [Said; 6] {
    let made = |definition, container: &str, codec: &str, rule| {
        let is_old_flv = container == "flv" && codec == "libx264";
        let suffix = if codec == "libx265" { "-H265" } else { "" };
        let name = format!("{}{suffix}-{name}", container.to_uppercase());
        let profile = if codec == "libx265" { "main" } else { "high" };
        let video = video(codec, rule)
            .with("Gop", 240u64)
            .with("Mode", "VBR")
            .with("VideoProfile", profile);
        let sound = if is_old_flv {
            "libmp3lame"
        } else {
            "libfdk_aac"
        };
        let members = named(container, &name)
            .with("VideoTemplate", video)
            .with("AudioTemplate", audio(sound, 48));
        said(Generation::First, definition, members)
    };
    [
        made(step, "mp4", "libx264", h264),
        made(step + 200, "hls", "libx264", h264),
        made(flv, "flv", "libx264", h264),
        made(step + 500, "mp4", "libx265", h265),
        made(step + 600, "hls", "libx265", h265),
        made(step + 700, "flv", "libx265", h265),
    ]
}

fn second((name, step, short, kbps, sound): (&str, u64, u64, u64, u64)) -> [Said; 2] {
    [(0, "mp4"), (200, "hls")].map(|(offset, container)| {
        let name = format!("{}-{name}", container.to_uppercase());
        let members = named(container, &name)
            .with(
                "VideoTemplate",
                video("libx264", (Side::Short(short), kbps, 25)),
            )
            .with("AudioTemplate", audio("libfdk_aac", sound));
        said(Generation::Second, 100_000 + step + offset, members)
    })
}

fn top_speed((definition, side, sound): (u64, Side, u64)) -> Said {
    let name = match side {
        Side::Source => "TEHD-MP4-Source".to_owned(),
        Side::Long(pixels) | Side::Short(pixels) => format!("TEHD-MP4-{pixels}P"),
    };
    let tehd = Object::new().with("Type", "TEHD-100");
    let members = named("mp4", &name)
        .with("VideoTemplate", video("libx264", (side, 0, 25)))
        .with("AudioTemplate", audio("libfdk_aac", sound))
        .with("TEHDConfig", tehd);
    said(Generation::Second, definition, members)
}

fn said(generation: Generation, definition: u64, members: Object) -> Said {
    Said {
        generation,
        family: Family::Transcode,
        definition,
        members: Value::from(members),
    }
}

fn named(container: &str, name: &str) -> Object {
    Object::new()
        .with("Container", container)
        .with("Name", name)
}

fn video(codec: &str, (side, kbps, fps): Rule) -> Object {
    let (width, height) = match side {
        Side::Source => (0, 0),
        Side::Long(pixels) => (pixels, 0),
        Side::Short(pixels) => (0, pixels),
    };
    Object::new()
        .with("Codec", codec)
        .with("Fps", fps)
        .with("Bitrate", kbps)
        .with("Width", width)
        .with("Height", height)
        .with("FillType", "stretch")
}

fn audio(codec: &str, kbps: u64) -> Object {
    Object::new()
        .with("Codec", codec)
        .with("Bitrate", kbps)
        .with("SampleRate", 44_100u64)
}
