//! What a transcoding template makes of a source.

use super::probe::Media;
use super::{Entropy, file_size};
use crate::mps::template::{Audio, Scale, Transcode, Video};

/// Figures of a transcoded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcoded {
    /// The pictures, if there are any.
    pub video: Option<VideoStream>,
    /// The sound, if there is any.
    pub audio: Option<AudioStream>,
    /// Milliseconds.
    pub duration: u64,
    /// Bytes.
    pub size: u64,
}

/// A video stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoStream {
    /// `h264` or `hevc`.
    pub codec: String,
    /// Bits per second.
    pub bitrate: u64,
    /// Frames per second.
    pub fps: u64,
    /// Pixels.
    pub width: u64,
    /// Pixels.
    pub height: u64,
}

/// An audio stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioStream {
    /// `aac` or `mp3`.
    pub codec: String,
    /// Bits per second.
    pub bitrate: u64,
    /// Hz.
    pub sample_rate: u64,
    /// 1 is mono, 2 is stereo.
    pub channels: u64,
}

impl Transcoded {
    /// Transcodes `clipped` milliseconds of a source; `index` is the position among the transcoding sub-tasks, from 0.
    pub fn of(
        media: &Media,
        template: &Transcode,
        clipped: u64,
        index: usize,
        definition: u64,
    ) -> Self {
        let entropy = media.entropy.part("transcode", index, definition);
        let video = template
            .video
            .filter(|_| media.has_video)
            .map(|rule| video_stream(media, rule, &entropy));
        let audio = template
            .audio
            .map(|rule| audio_stream(media, rule, &entropy));
        let duration = clipped + entropy.pick(2, 48);
        let made = Self {
            size: 0,
            video,
            audio,
            duration,
        };
        Self {
            size: file_size(made.bitrate(), duration),
            ..made
        }
    }

    /// Bits per second of all streams.
    pub fn bitrate(&self) -> u64 {
        let video = self.video.as_ref().map_or(0, |video| video.bitrate);
        let audio = self.audio.as_ref().map_or(0, |audio| audio.bitrate);
        video + audio
    }
}

impl AudioStream {
    pub(super) fn encoded(codec: &str, kbps: u64, entropy: &Entropy) -> Self {
        Self {
            codec: codec.into(),
            bitrate: kbps * (1008 + entropy.pick(1, 11)),
            sample_rate: 44_100,
            channels: 2,
        }
    }

    /// The sound of a source.
    pub(crate) fn of_source(media: &Media) -> Self {
        Self {
            codec: "aac".into(),
            bitrate: media.audio_bitrate,
            sample_rate: media.sample_rate,
            channels: 2,
        }
    }
}

/// Choice: 0 channels, like 0 kbit/s, are as many as the source has.
fn audio_stream(media: &Media, rule: Audio, entropy: &Entropy) -> AudioStream {
    let source = AudioStream::of_source(media);
    match rule {
        Audio::Copy => source,
        Audio::Encode {
            codec,
            kbps,
            sample_rate,
            channels,
        } => AudioStream {
            codec: codec.into(),
            bitrate: kbps.map_or(source.bitrate, |kbps| {
                AudioStream::encoded(codec, kbps, entropy).bitrate
            }),
            sample_rate,
            channels: if channels == 0 {
                source.channels
            } else {
                channels
            },
        },
    }
}

fn video_stream(media: &Media, rule: Video, entropy: &Entropy) -> VideoStream {
    let (width, height) = scaled(media, rule.scale);
    VideoStream {
        codec: rule.codec.into(),
        bitrate: rule.kbps.map_or(media.video_bitrate, |kbps| {
            kbps * (950 + entropy.pick(0, 61))
        }),
        fps: rule.fps.unwrap_or(media.fps),
        width,
        height,
    }
}

/// Frame size of the output: orientation is kept, a quarter turn is carried out.
pub(super) fn scaled(media: &Media, scale: Scale) -> (u64, u64) {
    let (width, height) = (media.width, media.height);
    let (long, short) = (width.max(height), width.min(height));
    let (upright_width, upright_height) = if media.is_turned() {
        (height, width)
    } else {
        (width, height)
    };
    let (new_long, new_short) = match scale {
        Scale::Copy => return (width, height),
        Scale::Source => (long, short),
        Scale::Long(pixels) => (pixels, even(short * pixels, long)),
        Scale::Short(pixels) => (even(long * pixels, short), pixels),
        Scale::Sides(long, short) => (long, short),
        Scale::Width(pixels) => return (pixels, even(upright_height * pixels, upright_width)),
        Scale::Height(pixels) => return (even(upright_width * pixels, upright_height), pixels),
        Scale::Exact(width, height) => return (width, height),
    };
    if (width >= height) == media.is_turned() {
        (new_short, new_long)
    } else {
        (new_long, new_short)
    }
}

/// The even number nearest to `n / d`; 0 if there is nothing to divide by.
fn even(n: u64, d: u64) -> u64 {
    match d {
        0 => 0,
        d => 2 * ((n + d) / (2 * d)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mps::definitions::Templates;
    use crate::mps::object::SourceObject;

    fn media(metadata: &[(&str, &str)]) -> Media {
        Media::made_up(&SourceObject {
            bucket: "media-in-1250000000".into(),
            region: "ap-guangzhou".into(),
            key: "in/a.mp4".into(),
            size: 5_000_000,
            etag: "\"x\"".into(),
            metadata: metadata
                .iter()
                .map(|(name, value)| (format!("x-cos-meta-mps-{name}"), (*value).into()))
                .collect(),
        })
    }

    fn size(media: &Media, definition: u64) -> (u64, u64) {
        let template = Templates::default().transcode(definition).unwrap();
        let made = Transcoded::of(media, &template, media.duration, 0, definition);
        let video = made.video.unwrap();
        (video.width, video.height)
    }

    #[test]
    fn orientation_is_kept_and_turns_are_carried_out() {
        let landscape = [("width", "1280"), ("height", "720")];
        let portrait = [("width", "720"), ("height", "1280")];
        let turned = [("width", "1280"), ("height", "720"), ("rotate", "90")];
        assert_eq!(size(&media(&landscape), 10), (320, 180));
        assert_eq!(size(&media(&portrait), 10), (180, 320));
        assert_eq!(size(&media(&turned), 10), (180, 320), "as published");
        assert_eq!(size(&media(&turned), 100_010), (360, 640));
        assert_eq!(size(&media(&turned), 9), (1280, 720), "copied as it is");
    }

    #[test]
    fn sides_can_be_given_by_their_length_and_as_they_lie() {
        let turned = media(&[("width", "1280"), ("height", "720"), ("rotate", "90")]);
        for (scale, expected) in [
            (Scale::Sides(640, 480), (480, 640)),
            (Scale::Width(360), (360, 640)),
            (Scale::Height(640), (360, 640)),
            (Scale::Exact(300, 200), (300, 200)),
        ] {
            assert_eq!(scaled(&turned, scale), expected, "{scale:?}");
        }
    }

    #[test]
    fn a_copy_keeps_the_streams() {
        let media = media(&[]);
        let template = Templates::default().transcode(875).unwrap();
        let made = Transcoded::of(&media, &template, media.duration, 0, 875);
        assert_eq!(made.bitrate(), media.video_bitrate + media.audio_bitrate);
        assert_eq!(made.video.unwrap().fps, media.fps);
        assert_eq!(made.audio.unwrap().sample_rate, media.sample_rate);
    }
}
