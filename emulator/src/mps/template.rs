//! The preset templates, as a table. Follows: mps.md section 13.

/// A transcoding template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transcode {
    /// The extension of the output, `m3u8` for HLS.
    pub format: &'static str,
    /// `None`: the output has no video.
    pub video: Option<Video>,
    /// What becomes of the sound.
    pub audio: Audio,
}

/// What a transcoding template does to pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Video {
    /// As streams are called in notifications: `h264`, `hevc`.
    pub codec: &'static str,
    /// Frame size.
    pub scale: Scale,
    /// 1000 bits per second; `None` keeps the source's.
    pub kbps: Option<u64>,
    /// Frames per second; `None` keeps the source's.
    pub fps: Option<u64>,
}

/// How the size of frames follows from the source's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// The streams are copied: rotation stays a flag.
    Copy,
    /// As large as the source.
    Source,
    /// The longer side, in pixels.
    Long(u64),
    /// The shorter side, in pixels.
    Short(u64),
}

/// What a transcoding template does to sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audio {
    /// The stream is copied.
    Copy,
    /// The stream is encoded anew, 44100 Hz, stereo.
    Encode {
        /// As streams are called in notifications: `aac`, `mp3`.
        codec: &'static str,
        /// 1000 bits per second.
        kbps: u64,
    },
}

/// An animated-picture template; frames are as large as the source's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Animated {
    /// `gif` or `webp`.
    pub format: &'static str,
    /// Frames per second.
    pub fps: u64,
}

/// A sampled-screenshot template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// `jpg`.
    pub format: &'static str,
    /// The distance between pictures, in percent of the duration.
    pub percent: u64,
}

/// A sprite template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sprite {
    /// `jpg`.
    pub format: &'static str,
    /// Pixels of one thumbnail.
    pub width: u64,
    /// Pixels of one thumbnail.
    pub height: u64,
    /// Thumbnails in one big picture.
    pub per_image: u64,
    /// Seconds between thumbnails.
    pub interval: u64,
}

/// An adaptive-streaming template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adaptive {
    /// `HLS` or `MPEG-DASH`, as notifications say.
    pub package: &'static str,
    /// The extension of the manifests.
    pub format: &'static str,
    /// The extension of the segments.
    pub segment_format: &'static str,
    /// Short side in pixels and 1000 bits per second of pictures, ascending; sides beyond the source's are left out.
    pub qualities: &'static [(u64, u64)],
    /// 1000 bits per second of sound.
    pub audio_kbps: u64,
}

/// The steps from FLU to 4K in the first generation: offset of the id, H.264 rule, H.265 rule.
const FIRST: [(u64, Rule, Rule); 6] = [
    (
        10,
        (Scale::Long(320), 256, 24),
        (Scale::Short(240), 250, 15),
    ),
    (
        20,
        (Scale::Long(640), 512, 24),
        (Scale::Short(480), 600, 24),
    ),
    (
        30,
        (Scale::Long(1280), 1024, 24),
        (Scale::Short(720), 800, 25),
    ),
    (
        40,
        (Scale::Long(1920), 2500, 24),
        (Scale::Short(1080), 1400, 30),
    ),
    (
        70,
        (Scale::Short(1440), 3072, 30),
        (Scale::Short(1440), 2048, 30),
    ),
    (
        80,
        (Scale::Short(2160), 6144, 30),
        (Scale::Short(2160), 4096, 30),
    ),
];

/// Frame size, kbit/s, frames per second.
type Rule = (Scale, u64, u64);

/// The second generation: offset of the id, short side, video kbit/s, audio kbit/s.
const SECOND: [(u64, u64, u64, u64); 6] = [
    (10, 360, 400, 64),
    (20, 540, 1000, 64),
    (30, 720, 1800, 128),
    (40, 1080, 2500, 128),
    (70, 1440, 3000, 160),
    (80, 2160, 6000, 160),
];

/// FLV with H.264 of the first generation has ids of its own.
const FIRST_FLV: [(u64, usize); 6] = [
    (10_046, 0),
    (10_047, 1),
    (10_048, 2),
    (10_049, 3),
    (370, 4),
    (380, 5),
];

/// Top-speed codec: id, short side (0 as source), audio kbit/s.
const TOP_SPEED: [(u64, u64, u64); 5] = [
    (100_800, 0, 64),
    (100_810, 360, 64),
    (100_820, 540, 64),
    (100_830, 720, 128),
    (100_840, 1080, 128),
];

/// Sound only: id, format, codec, kbit/s.
const SOUND: [(u64, &str, &str, u64); 7] = [
    (1100, "m4a", "aac", 24),
    (1110, "m4a", "aac", 48),
    (1120, "m4a", "aac", 96),
    (1130, "m4a", "aac", 192),
    (1140, "m4a", "aac", 256),
    (1010, "mp3", "mp3", 128),
    (1020, "mp3", "mp3", 320),
];

/// Copies of the streams in another container.
const REMUX: [(u64, &str); 4] = [(6, "m3u8"), (9, "mp4"), (875, "mp4"), (876, "m3u8")];

/// The transcoding preset of that id.
pub fn transcode(definition: u64) -> Option<Transcode> {
    first_generation(definition)
        .or_else(|| second_generation(definition))
        .or_else(|| top_speed(definition))
        .or_else(|| sound(definition))
        .or_else(|| remux(definition))
}

fn first_generation(definition: u64) -> Option<Transcode> {
    let flv = FIRST_FLV.iter().find(|(id, _)| *id == definition);
    if let Some(&(_, step)) = flv {
        return Some(encoded("flv", "h264", FIRST[step].1, ("mp3", 48)));
    }
    FIRST.iter().find_map(|&(step, h264, h265)| {
        let (format, codec, rule) = match definition.checked_sub(step)? {
            0 => ("mp4", "h264", h264),
            200 => ("m3u8", "h264", h264),
            500 => ("mp4", "hevc", h265),
            600 => ("m3u8", "hevc", h265),
            700 => ("flv", "hevc", h265),
            _ => return None,
        };
        Some(encoded(format, codec, rule, ("aac", 48)))
    })
}

fn second_generation(definition: u64) -> Option<Transcode> {
    SECOND.iter().find_map(|&(step, short, video, audio)| {
        let format = match definition.checked_sub(100_000 + step)? {
            0 => "mp4",
            200 => "m3u8",
            _ => return None,
        };
        let rule = (Scale::Short(short), video, 25);
        Some(encoded(format, "h264", rule, ("aac", audio)))
    })
}

/// Choice: the table names no video bitrate, so the source's is kept.
fn top_speed(definition: u64) -> Option<Transcode> {
    let &(_, short, kbps) = TOP_SPEED.iter().find(|(id, ..)| *id == definition)?;
    let scale = match short {
        0 => Scale::Source,
        short => Scale::Short(short),
    };
    Some(Transcode {
        format: "mp4",
        video: Some(Video {
            codec: "h264",
            scale,
            kbps: None,
            fps: Some(25),
        }),
        audio: Audio::Encode { codec: "aac", kbps },
    })
}

fn sound(definition: u64) -> Option<Transcode> {
    let &(_, format, codec, kbps) = SOUND.iter().find(|(id, ..)| *id == definition)?;
    Some(Transcode {
        format,
        video: None,
        audio: Audio::Encode { codec, kbps },
    })
}

fn remux(definition: u64) -> Option<Transcode> {
    let &(_, format) = REMUX.iter().find(|(id, _)| *id == definition)?;
    Some(Transcode {
        format,
        video: Some(Video {
            codec: "h264",
            scale: Scale::Copy,
            kbps: None,
            fps: None,
        }),
        audio: Audio::Copy,
    })
}

fn encoded(
    format: &'static str,
    codec: &'static str,
    (scale, kbps, fps): Rule,
    (audio_codec, audio_kbps): (&'static str, u64),
) -> Transcode {
    Transcode {
        format,
        video: Some(Video {
            codec,
            scale,
            kbps: Some(kbps),
            fps: Some(fps),
        }),
        audio: Audio::Encode {
            codec: audio_codec,
            kbps: audio_kbps,
        },
    }
}

/// The animated-picture preset of that id.
pub fn animated(definition: u64) -> Option<Animated> {
    let format = match definition {
        20_000 => "gif",
        20_001 => "webp",
        _ => return None,
    };
    Some(Animated { format, fps: 2 })
}

/// The format of the time-point screenshot preset of that id; frames are as large as the source's.
pub fn snapshot_by_time(definition: u64) -> Option<&'static str> {
    (definition == 10).then_some("jpg")
}

/// The sampled-screenshot preset of that id.
pub fn sampled(definition: u64) -> Option<Sampled> {
    (definition == 10).then_some(Sampled {
        format: "jpg",
        percent: 10,
    })
}

/// The sprite preset of that id.
pub fn sprite(definition: u64) -> Option<Sprite> {
    (definition == 10).then_some(Sprite {
        format: "jpg",
        width: 142,
        height: 80,
        per_image: 100,
        interval: 10,
    })
}

/// The adaptive-streaming preset of that id.
///
/// Choice: 12, seen once in public and described nowhere, is another name of 10.
pub fn adaptive(definition: u64) -> Option<Adaptive> {
    matches!(definition, 10 | 12).then_some(Adaptive {
        package: "HLS",
        format: "m3u8",
        segment_format: "ts",
        qualities: &[
            (240, 256),
            (480, 512),
            (720, 512),
            (1080, 1024),
            (1440, 3072),
            (2160, 6144),
        ],
        audio_kbps: 48,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_id_is_there() {
        let first = [
            10, 20, 30, 40, 70, 80, 510, 520, 530, 540, 570, 580, 210, 220, 230, 240, 270, 280,
            610, 620, 630, 640, 670, 680, 10_046, 10_047, 10_048, 10_049, 370, 380, 710, 720, 730,
            740, 770, 780,
        ];
        let later = [
            100_010, 100_020, 100_030, 100_040, 100_070, 100_080, 100_210, 100_220, 100_230,
            100_240, 100_270, 100_280, 100_800, 100_810, 100_820, 100_830, 100_840, 6, 9, 875, 876,
            1100, 1110, 1120, 1130, 1140, 1010, 1020,
        ];
        for definition in first.into_iter().chain(later) {
            assert!(transcode(definition).is_some(), "{definition}");
        }
        for definition in [0, 50, 110, 310, 100_050, 100_110, 1_000_001] {
            assert_eq!(transcode(definition), None, "{definition}");
        }
    }

    #[test]
    fn some_rows_of_the_tables() {
        let video = |definition| transcode(definition).and_then(|found| found.video).unwrap();
        assert_eq!(video(10).scale, Scale::Long(320));
        assert_eq!(
            video(730),
            Video {
                codec: "hevc",
                scale: Scale::Short(720),
                kbps: Some(800),
                fps: Some(25)
            }
        );
        assert_eq!(video(380).kbps, Some(6144));
        assert_eq!(
            transcode(10_046).unwrap().audio,
            Audio::Encode {
                codec: "mp3",
                kbps: 48
            }
        );
        assert_eq!(transcode(100_270).unwrap().format, "m3u8");
    }
}
