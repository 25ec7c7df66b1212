//! The members of every family of templates, as tables. Follows: mps.md section 11.3 and the request types of
//! `mps-schema.json`.

mod content;
mod media;
mod picture;
mod streams;

pub(super) use content::{ANALYSIS, CONTENT_REVIEW, RECOGNITION};
pub(super) use media::{ADAPTIVE, TRANSCODE, WATERMARK};
pub(super) use picture::{ANIMATED, SAMPLED, SNAPSHOT_BY_TIME, SPRITE};

use super::field::{Field, choice, integer, text};

/// Pixels: 0 for a side that follows from the source.
const PIXELS: &[(i64, i64)] = &[(0, 0), (128, 4096)];
const ANY: &[(i64, i64)] = &[(0, i64::MAX)];

const NAME: Field = text("Name", 64).coded();
const COMMENT: Field = text("Comment", 256).coded();
const WIDTH: Field = integer("Width", PIXELS).or(0).coded();
const HEIGHT: Field = integer("Height", PIXELS).or(0).coded();
/// `open`: the width is the long side; `close`: the width is the width.
const RESOLUTION_ADAPTIVE: Field = choice("ResolutionAdaptive", &["open", "close"])
    .or_text("open")
    .coded();
