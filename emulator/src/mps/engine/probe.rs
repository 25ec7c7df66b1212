//! What a source looks like to MPS.

use crate::mps::object::SourceObject;

use super::{Entropy, mul_div};

/// Sources below this many bytes count as broken.
const MIN_SIZE: u64 = 1024;

/// Extensions of files without pictures.
const SOUND_ONLY: [&str; 7] = ["mp3", "m4a", "flac", "ogg", "wav", "amr", "aac"];

/// Where user metadata of the source overrides what would be made up.
const OVERRIDE: &str = "x-cos-meta-mps-";

/// Made-up properties of a media file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// What further choices are made from.
    pub entropy: Entropy,
    /// Lower-case extension, without the dot.
    pub format: String,
    /// Bytes.
    pub size: u64,
    /// Whether there are pictures; without, sizes and video figures are 0.
    pub has_video: bool,
    /// Pixels, before rotation.
    pub width: u64,
    /// Pixels, before rotation.
    pub height: u64,
    /// Degrees.
    pub rotate: u64,
    /// Frames per second.
    pub fps: u64,
    /// Milliseconds.
    pub duration: u64,
    /// Milliseconds.
    pub video_duration: u64,
    /// Milliseconds.
    pub audio_duration: u64,
    /// Bits per second of the whole file.
    pub total_bitrate: u64,
    /// Bits per second.
    pub video_bitrate: u64,
    /// Bits per second.
    pub audio_bitrate: u64,
    /// Hz.
    pub sample_rate: u64,
}

impl Media {
    /// Looks at a source. `None` if it is too small to be media.
    pub fn of(source: &SourceObject) -> Option<Self> {
        (source.size >= MIN_SIZE).then(|| Self::made_up(source))
    }

    /// The figures for a source of any size.
    pub fn made_up(source: &SourceObject) -> Self {
        let entropy = Entropy::of(source);
        let format = match extension(&source.key) {
            // Choice: what does not say what it is, is taken for the commonest.
            none if none.is_empty() => "mp4".to_owned(),
            format => format,
        };
        let has_video = !SOUND_ONLY.contains(&format.as_str());
        let (width, height, kbps) = entropy.choose(
            0,
            [
                (640, 360, 800),
                (854, 480, 1200),
                (1280, 720, 2500),
                (1920, 1080, 4500),
            ],
        );
        let given = |name| overridden(source, name);
        let bits = source.size.saturating_mul(8);
        let duration = given("duration-ms")
            .filter(|&duration| duration > 0)
            .unwrap_or_else(|| (bits / kbps).clamp(1000, 14_400_000));
        let total_bitrate = mul_div(bits, 1000, duration);
        let audio_bitrate = entropy.choose(2, [95_999, 127_771, 127_999, 191_998]);
        let overhead = mul_div(total_bitrate, 6, 1000);
        let video_bitrate = total_bitrate
            .saturating_sub(audio_bitrate)
            .saturating_sub(overhead)
            .max(64_000);
        let (video_duration, audio_duration) = if entropy.pick(6, 2) == 0 {
            (duration, duration.saturating_sub(entropy.pick(5, 41)))
        } else {
            (duration.saturating_sub(entropy.pick(4, 41)), duration)
        };
        let if_video = |value: u64| if has_video { value } else { 0 };
        Self {
            size: source.size,
            width: if_video(given("width").unwrap_or(width)),
            height: if_video(given("height").unwrap_or(height)),
            rotate: if_video(given("rotate").unwrap_or(0)),
            fps: if_video(given("fps").unwrap_or_else(|| entropy.choose(1, [24, 25, 29, 30]))),
            duration,
            video_duration: if_video(video_duration),
            audio_duration: if has_video { audio_duration } else { duration },
            total_bitrate,
            video_bitrate: if_video(video_bitrate),
            audio_bitrate,
            sample_rate: entropy.choose(3, [44_100, 48_000]),
            entropy,
            format,
            has_video,
        }
    }

    /// Whether a quarter turn is needed to see the pictures upright.
    pub fn is_turned(&self) -> bool {
        matches!(self.rotate, 90 | 270)
    }
}

/// The extension of a key in lower case; empty if it has none.
fn extension(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or(key);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
        _ => String::new(),
    }
}

/// A figure that a test has written into the object's metadata; up to 32 bits, anything else counts as not written.
fn overridden(source: &SourceObject, name: &str) -> Option<u64> {
    let (_, value) = source.metadata.iter().find(|(found, _)| {
        let found = found.to_ascii_lowercase();
        found.strip_prefix(OVERRIDE) == Some(name)
    })?;
    value.parse::<u32>().ok().map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(key: &str, size: u64, metadata: &[(&str, &str)]) -> SourceObject {
        SourceObject {
            bucket: "media-in-1250000000".into(),
            region: "ap-guangzhou".into(),
            key: key.into(),
            size,
            etag: "\"d41d8cd98f00b204e9800998ecf8427e\"".into(),
            metadata: metadata
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
        }
    }

    #[test]
    fn metadata_overrides_figures() {
        let metadata = [
            ("x-cos-meta-mps-width", "720"),
            ("x-cos-meta-mps-height", "1280"),
            ("x-cos-meta-mps-duration-ms", "5000"),
            ("x-cos-meta-mps-fps", "60"),
            ("x-cos-meta-mps-rotate", "90"),
        ];
        let media = Media::of(&source("a.mp4", 1_000_000, &metadata)).unwrap();
        assert_eq!((media.width, media.height, media.fps), (720, 1280, 60));
        assert_eq!((media.duration, media.rotate), (5000, 90));
        assert_eq!(media.total_bitrate, 1_600_000);
        assert!(media.is_turned());
    }

    #[test]
    fn sound_has_no_pictures() {
        let media = Media::of(&source("a/Song.MP3", 1_000_000, &[])).unwrap();
        assert!(!media.has_video);
        assert_eq!((media.width, media.height, media.fps), (0, 0, 0));
        assert_eq!((media.video_bitrate, media.video_duration), (0, 0));
        assert_eq!(media.audio_duration, media.duration);
    }

    #[test]
    fn small_files_are_broken_and_huge_ones_do_not_overflow() {
        assert_eq!(Media::of(&source("a.mp4", 1023, &[])), None);
        let media = Media::of(&source("a.mp4", u64::MAX, &[])).unwrap();
        assert_eq!(media.duration, 14_400_000);
    }
}
