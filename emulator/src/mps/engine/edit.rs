//! What an edit makes of its sources.

use super::probe::Media;
use super::transcode::{AudioStream, VideoStream};
use super::{file_size, mul_div};

/// What edits encode sound with, in 1000 bits per second.
///
/// Choice: the first generation's figure; nothing is published.
const AUDIO_KBPS: u64 = 48;

/// Figures of an edited file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The pictures, if there are any.
    pub video: Option<VideoStream>,
    /// The sound.
    pub audio: AudioStream,
    /// Milliseconds.
    pub duration: u64,
    /// Bytes.
    pub size: u64,
    /// Bits per second of the whole file.
    pub total_bitrate: u64,
}

impl Edited {
    /// `millis` of media put together; pictures are like those of the `first` source.
    pub fn of(first: &Media, millis: u64) -> Self {
        let entropy = first.entropy.part("edit", 0, 0);
        let audio = AudioStream::encoded("aac", AUDIO_KBPS, &entropy);
        let video = first.has_video.then(|| VideoStream {
            codec: "h264".into(),
            bitrate: first.video_bitrate,
            fps: first.fps,
            width: first.width,
            height: first.height,
        });
        let streams = first.video_bitrate.saturating_add(audio.bitrate);
        Self {
            video,
            audio,
            duration: millis,
            size: 0,
            total_bitrate: 0,
        }
        .with_size(file_size(streams, millis))
    }

    /// This media in a file of another size.
    #[must_use]
    pub fn with_size(self, size: u64) -> Self {
        Self {
            size,
            total_bitrate: mul_div(size, 8000, self.duration.max(1)),
            ..self
        }
    }
}
