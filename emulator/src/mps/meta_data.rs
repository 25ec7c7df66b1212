//! How notifications describe media: `MediaMetaData` and its streams. Follows: mps.md section 4.2.

use backlot_base::json::{Object, Value};

use super::engine::edit::Edited;
use super::engine::probe::Media;
use super::engine::transcode::{AudioStream, VideoStream};
use super::profile::Profile;
use super::seconds::Seconds;

/// `MetaData` of a source.
pub(super) fn of_source(profile: Profile, media: &Media) -> Value {
    let video = media.has_video.then(|| VideoStream {
        codec: "h264".into(),
        bitrate: media.video_bitrate,
        fps: media.fps,
        width: media.width,
        height: media.height,
    });
    let audio = AudioStream::of_source(media);
    let (video_duration, audio_duration) = (media.video_duration, media.audio_duration);
    Facts {
        format: &media.format,
        size: media.size,
        total_bitrate: media.total_bitrate,
        rotate: media.rotate,
        duration: media.duration,
        video_duration,
        audio_duration,
        video_set: video_set(profile, video.as_ref(), Some(video_duration)),
        audio_set: audio_set(profile, Some(&audio), Some(audio_duration)),
        video: video.as_ref(),
        audio: &audio,
    }
    .write(profile)
}

/// `MetaData` of what an edit has made.
pub(super) fn of_edit(profile: Profile, edited: &Edited, format: &str) -> Value {
    let video = edited.video.as_ref();
    Facts {
        format,
        size: edited.size,
        total_bitrate: edited.total_bitrate,
        rotate: 0,
        duration: edited.duration,
        video_duration: video.map_or(0, |_| edited.duration),
        audio_duration: edited.duration,
        video_set: video_set(profile, video, None),
        audio_set: audio_set(profile, Some(&edited.audio), None),
        video,
        audio: &edited.audio,
    }
    .write(profile)
}

struct Facts<'a> {
    format: &'a str,
    size: u64,
    total_bitrate: u64,
    rotate: u64,
    duration: u64,
    video_duration: u64,
    audio_duration: u64,
    video_set: Value,
    audio_set: Value,
    video: Option<&'a VideoStream>,
    audio: &'a AudioStream,
}

impl Facts<'_> {
    fn write(self, profile: Profile) -> Value {
        let seconds = |millis| profile.seconds(Seconds::from_millis(millis));
        let of_video = |figure: fn(&VideoStream) -> u64| -> u64 { self.video.map_or(0, figure) };
        let streams = of_video(|video| video.bitrate).saturating_add(self.audio.bitrate);
        Object::new()
            .with("AudioDuration", seconds(self.audio_duration))
            .with("AudioStreamSet", self.audio_set)
            .with("Bitrate", profile.bitrate(streams, self.total_bitrate))
            .with("Container", profile.container(self.format))
            .with("Duration", seconds(self.duration))
            .with("Height", of_video(|video| video.height))
            .with("Rotate", self.rotate)
            .with("Size", self.size)
            .with("VideoDuration", seconds(self.video_duration))
            .with("VideoStreamSet", self.video_set)
            .with("Width", of_video(|video| video.width))
            .into()
    }
}

/// `VideoStreamSet`. `duration` in milliseconds is told of sources only, and by no SDK's model.
pub(super) fn video_set(
    profile: Profile,
    stream: Option<&VideoStream>,
    duration: Option<u64>,
) -> Value {
    let modern = profile.is_modern();
    let write = |stream: &VideoStream| {
        let item = Object::new()
            .with("Bitrate", stream.bitrate)
            .with("Codec", stream.codec.as_str())
            .with("Fps", stream.fps)
            .with("Height", stream.height)
            .with("Width", stream.width)
            .with_if(modern, "ColorPrimaries", "")
            .with_if(modern, "ColorSpace", "")
            .with_if(modern, "ColorTransfer", "")
            .with_if(modern, "HdrType", "")
            .with_if(modern, "Codecs", "");
        with_duration(item, profile, duration)
    };
    stream.map(write).into_iter().collect()
}

/// `AudioStreamSet`; `duration` as above.
pub(super) fn audio_set(
    profile: Profile,
    stream: Option<&AudioStream>,
    duration: Option<u64>,
) -> Value {
    let modern = profile.is_modern();
    let write = |stream: &AudioStream| {
        let item = Object::new()
            .with("Bitrate", stream.bitrate)
            .with("Codec", stream.codec.as_str())
            .with("SamplingRate", stream.sample_rate)
            .with_if(modern, "Channel", stream.channels)
            .with_if(modern, "Codecs", "")
            .with_if(modern, "Loudness", 0u64);
        with_duration(item, profile, duration)
    };
    stream.map(write).into_iter().collect()
}

fn with_duration(item: Object, profile: Profile, duration: Option<u64>) -> Object {
    match duration {
        Some(millis) if profile.is_modern() => {
            item.with("Duration", profile.seconds(Seconds::from_millis(millis)))
        }
        _ => item,
    }
}
