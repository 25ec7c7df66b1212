//! Animated pictures, screenshots and sprites: how many there are and how large they become.

use super::mul_div;
use super::probe::Media;
use super::transcode::scaled;
use crate::mps::template::{Animated, Interval, Sampled, Scale, Sprite};

/// Figures of an animated picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnimatedFigures {
    /// Bytes.
    pub size: u64,
    /// Bits per second.
    pub bitrate: u64,
    /// Pixels.
    pub width: u64,
    /// Pixels.
    pub height: u64,
}

/// An animated picture of `millis` milliseconds, which must not be 0.
pub fn animated(media: &Media, template: &Animated, millis: u64) -> AnimatedFigures {
    let (width, height) = image_size(media, template.scale);
    let pixels = width.saturating_mul(height);
    let size = mul_div(pixels.saturating_mul(template.fps), millis, 20_000);
    AnimatedFigures {
        size,
        bitrate: mul_div(size, 8000, millis),
        width,
        height,
    }
}

/// How many pictures a sampled-screenshot template takes.
pub fn sampled_count(media: &Media, template: &Sampled) -> u64 {
    match template.interval {
        Interval::Percent(percent) => 100 / percent,
        Interval::Seconds(seconds) => media.duration / (seconds * 1000) + 1,
    }
}

/// How many thumbnails a sprite template takes of a source, and on how many big pictures they fit.
pub fn sprite_counts(media: &Media, template: &Sprite) -> (u64, u64) {
    let thumbs = match template.interval {
        Interval::Percent(percent) => 100 / percent,
        Interval::Seconds(seconds) => media.duration / (seconds * 1000) + 1,
    };
    (thumbs, thumbs.div_ceil(template.per_image))
}

/// The size of a picture of a source. A picture that is as large as the source is not turned.
pub fn image_size(media: &Media, scale: Scale) -> (u64, u64) {
    match scale {
        Scale::Source => (media.width, media.height),
        scale => scaled(media, scale),
    }
}
