//! What a template does, as the mock engine needs it: read from the members that [`definitions`](super::definitions) keeps.
//!
//! Every template that is kept is complete and checked, so reading it cannot fail; what a member does not say counts as 0.

use backlot_base::json::Value;

/// A transcoding template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transcode {
    /// The extension of the output, `m3u8` for HLS.
    pub format: &'static str,
    /// `None`: the output has no video.
    pub video: Option<Video>,
    /// What becomes of the sound; `None`: the output has none.
    pub audio: Option<Audio>,
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
    /// The longer and the shorter side.
    Sides(u64, u64),
    /// The width, in pixels.
    Width(u64),
    /// The height, in pixels.
    Height(u64),
    /// Width and height.
    Exact(u64, u64),
}

/// What a transcoding template does to sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audio {
    /// The stream is copied.
    Copy,
    /// The stream is encoded anew.
    Encode {
        /// As streams are called in notifications: `aac`, `mp3`.
        codec: &'static str,
        /// 1000 bits per second; `None` keeps the source's.
        kbps: Option<u64>,
        /// Hz.
        sample_rate: u64,
        /// 1 is mono, 2 is stereo.
        channels: u64,
    },
}

/// An animated-picture template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Animated {
    /// `gif` or `webp`.
    pub format: &'static str,
    /// Frames per second.
    pub fps: u64,
    /// Frame size.
    pub scale: Scale,
}

/// The distance between two pictures that are taken of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// In percent of the duration, from 1 to 100.
    Percent(u64),
    /// In seconds, from 1.
    Seconds(u64),
}

/// A sampled-screenshot template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// `jpg`, `png` or `webp`.
    pub format: &'static str,
    /// The distance between pictures.
    pub interval: Interval,
}

/// A sprite template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sprite {
    /// `jpg`, `png` or `webp`.
    pub format: &'static str,
    /// The size of one thumbnail.
    pub scale: Scale,
    /// Thumbnails in one big picture, from 1.
    pub per_image: u64,
    /// The distance between thumbnails.
    pub interval: Interval,
}

/// An adaptive-streaming template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adaptive {
    /// `HLS` or `MPEG-DASH`, as notifications say.
    pub package: &'static str,
    /// The extension of the manifests.
    pub format: &'static str,
    /// The extension of the segments.
    pub segment_format: &'static str,
    /// The qualities, in the order of the template.
    pub qualities: Vec<Quality>,
    /// Whether qualities with more pixels than the source are left out.
    pub leaves_out_larger: bool,
}

/// One quality of adaptive streaming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Frame size; `None`: it has no pictures.
    pub scale: Option<Scale>,
    /// 1000 bits per second of pictures; `None` keeps the source's.
    pub kbps: Option<u64>,
    /// 1000 bits per second of sound; `None` keeps the source's.
    pub audio_kbps: Option<u64>,
}

/// Containers, the extensions of their files, and whether they can hold pictures.
const CONTAINERS: [(&str, &str, bool); 14] = [
    ("mp4", "mp4", true),
    ("hls", "m3u8", true),
    ("flv", "flv", true),
    ("ts", "ts", true),
    ("webm", "webm", true),
    ("mkv", "mkv", true),
    ("mxf", "mxf", true),
    ("mov", "mov", true),
    ("avi", "avi", true),
    ("mp3", "mp3", false),
    ("m4a", "m4a", false),
    ("flac", "flac", false),
    ("ogg", "ogg", false),
    ("wav", "wav", false),
];

/// Codecs as templates have them, and as streams are called in notifications.
const CODECS: [(&str, &str); 18] = [
    ("libx264", "h264"),
    ("libx265", "hevc"),
    ("h266", "vvc"),
    ("av1", "av1"),
    ("vp8", "vp8"),
    ("vp9", "vp9"),
    ("mpeg2", "mpeg2video"),
    ("dnxhd", "dnxhd"),
    ("mv-hevc", "hevc"),
    ("libfdk_aac", "aac"),
    ("libmp3lame", "mp3"),
    ("flac", "flac"),
    ("ac3", "ac3"),
    ("eac3", "eac3"),
    ("mp2", "mp2"),
    ("opus", "opus"),
    ("vorbis", "vorbis"),
    ("copy", "copy"),
];

/// Whether files of a container have no pictures.
pub(super) fn is_sound_only(container: &str) -> bool {
    let mut all = CONTAINERS.iter();
    all.any(|(name, _, has_video)| *name == container && !has_video)
}

/// Reads a transcoding template.
pub(super) fn transcode(members: &Value) -> Transcode {
    let container = text(members, "Container");
    let known = CONTAINERS.iter().find(|(name, ..)| *name == container);
    let &(_, format, has_video) = known.expect("a container of the table of members");
    let video = members.get("VideoTemplate");
    let audio = members.get("AudioTemplate");
    Transcode {
        format,
        video: video
            .filter(|video| has_video && figure(members, "RemoveVideo") == 0 && !video.is_null())
            .map(video_rule),
        audio: audio
            .filter(|audio| figure(members, "RemoveAudio") == 0 && !audio.is_null())
            .map(audio_rule),
    }
}

fn video_rule(members: &Value) -> Video {
    let codec = codec(members);
    if codec == "copy" {
        // Choice: what is copied is H.264, as every source of the mock engine is.
        return Video {
            codec: "h264",
            scale: Scale::Copy,
            kbps: None,
            fps: None,
        };
    }
    Video {
        codec,
        scale: scale(members),
        kbps: set(members, "Bitrate"),
        fps: set(members, "Fps"),
    }
}

fn audio_rule(members: &Value) -> Audio {
    match codec(members) {
        "copy" => Audio::Copy,
        codec => Audio::Encode {
            codec,
            kbps: set(members, "Bitrate"),
            sample_rate: figure(members, "SampleRate"),
            channels: figure(members, "AudioChannel"),
        },
    }
}

/// Reads a template of animated pictures.
pub(super) fn animated(members: &Value) -> Animated {
    Animated {
        format: image_format(members),
        fps: figure(members, "Fps"),
        scale: scale(members),
    }
}

/// Reads a template of sampled screenshots.
pub(super) fn sampled(members: &Value) -> Sampled {
    Sampled {
        format: image_format(members),
        interval: interval(members),
    }
}

/// Reads a sprite template.
pub(super) fn sprite(members: &Value) -> Sprite {
    Sprite {
        format: image_format(members),
        scale: scale(members),
        per_image: figure(members, "RowCount") * figure(members, "ColumnCount"),
        interval: interval(members),
    }
}

/// Reads a template of adaptive streaming.
pub(super) fn adaptive(members: &Value) -> Adaptive {
    let (package, format, segment_format) = match text(members, "Format") {
        "MPEG-DASH" => ("MPEG-DASH", "mpd", "m4s"),
        _ if text(members, "SegmentType").starts_with("mp4") => ("HLS", "m3u8", "m4s"),
        _ => ("HLS", "m3u8", "ts"),
    };
    let streams = members.get("StreamInfos").and_then(Value::as_array);
    let qualities = streams.unwrap_or_default().iter().map(|stream| {
        let video = stream.get("Video").filter(|video| !video.is_null());
        let video = video
            .filter(|_| figure(stream, "RemoveVideo") == 0 && figure(members, "PureAudio") == 0);
        Quality {
            scale: video.map(scale),
            kbps: video.and_then(|video| set(video, "Bitrate")),
            audio_kbps: stream.get("Audio").and_then(|audio| set(audio, "Bitrate")),
        }
    });
    Adaptive {
        package,
        format,
        segment_format,
        qualities: qualities.collect(),
        leaves_out_larger: figure(members, "DisableHigherVideoResolution") == 1,
    }
}

/// The extension of pictures.
pub(super) fn image_format(members: &Value) -> &'static str {
    match text(members, "Format") {
        "png" => "png",
        "webp" => "webp",
        "gif" => "gif",
        _ => "jpg",
    }
}

/// Follows: mps.md section 11.3: `open` gives the sides by their length, `close` as they lie.
fn scale(members: &Value) -> Scale {
    let (width, height) = (figure(members, "Width"), figure(members, "Height"));
    let is_open = text(members, "ResolutionAdaptive") != "close";
    match (width, height) {
        (0, 0) => Scale::Source,
        (long, 0) if is_open => Scale::Long(long),
        (0, short) if is_open => Scale::Short(short),
        (long, short) if is_open => Scale::Sides(long, short),
        (width, 0) => Scale::Width(width),
        (0, height) => Scale::Height(height),
        (width, height) => Scale::Exact(width, height),
    }
}

fn interval(members: &Value) -> Interval {
    let interval = figure(members, "SampleInterval").max(1);
    match text(members, "SampleType") {
        "Time" => Interval::Seconds(interval),
        _ => Interval::Percent(interval.min(100)),
    }
}

fn codec(members: &Value) -> &'static str {
    let name = text(members, "Codec");
    let known = CODECS.iter().find(|(kept, _)| *kept == name);
    known.expect("a codec of the table of members").1
}

/// Whether a switch among members is 1.
pub(super) fn is_set(members: &Value, name: &str) -> bool {
    figure(members, name) == 1
}

/// An integer that is not 0.
fn set(members: &Value, name: &str) -> Option<u64> {
    Some(figure(members, name)).filter(|figure| *figure != 0)
}

fn figure(members: &Value, name: &str) -> u64 {
    let figure = members.get(name).and_then(Value::as_i64);
    figure
        .and_then(|figure| figure.try_into().ok())
        .unwrap_or(0)
}

/// A text among members; empty if it is left out.
pub(super) fn text<'a>(members: &'a Value, name: &str) -> &'a str {
    members
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mps::definitions::Templates;

    #[test]
    fn some_rows_of_the_tables() {
        let templates = Templates::default();
        let transcode = |definition| templates.transcode(definition).unwrap();
        let video = |definition| transcode(definition).video.unwrap();
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
        assert_eq!(video(100_800).kbps, None);
        assert_eq!(
            transcode(10_046).audio,
            Some(Audio::Encode {
                codec: "mp3",
                kbps: Some(48),
                sample_rate: 44_100,
                channels: 2,
            })
        );
        assert_eq!(transcode(100_270).format, "m3u8");
        assert_eq!(transcode(875).audio, Some(Audio::Copy));
        assert_eq!(transcode(1140).video, None);
        assert_eq!(templates.snapshot_by_time(10), Some("jpg"));
        assert_eq!(templates.animated(20_001).unwrap().format, "webp");
        let sprite = templates.sprite(10).unwrap();
        assert_eq!(sprite.scale, Scale::Exact(142, 80));
        assert_eq!(sprite.interval, Interval::Seconds(10));
    }
}
