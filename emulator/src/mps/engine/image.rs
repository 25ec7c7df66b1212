//! Animated pictures, screenshots and sprites: how many there are and how large they become.

use super::mul_div;
use super::probe::Media;
use crate::mps::template::{Animated, Sampled, Sprite};

/// Figures of an animated picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnimatedFigures {
    /// Bytes.
    pub size: u64,
    /// Bits per second.
    pub bitrate: u64,
}

/// An animated picture of `millis` milliseconds, which must not be 0.
pub fn animated(media: &Media, template: &Animated, millis: u64) -> AnimatedFigures {
    let pixels = media.width.saturating_mul(media.height);
    let size = mul_div(pixels.saturating_mul(template.fps), millis, 20_000);
    AnimatedFigures {
        size,
        bitrate: mul_div(size, 8000, millis),
    }
}

/// How many pictures a sampled-screenshot template takes.
pub fn sampled_count(template: &Sampled) -> u64 {
    100 / template.percent
}

/// How many thumbnails a sprite template takes of a source, and on how many big pictures they fit.
pub fn sprite_counts(media: &Media, template: &Sprite) -> (u64, u64) {
    let thumbs = media.duration / (template.interval * 1000) + 1;
    (thumbs, thumbs.div_ceil(template.per_image))
}
