//! Templates whose outputs are pictures.

use super::super::field::{Field, choice, integer, number};
use super::{ANY, COMMENT, HEIGHT, NAME, RESOLUTION_ADAPTIVE, WIDTH};

const SAMPLE_TYPE: Field = choice("SampleType", &["Percent", "Time"])
    .required()
    .coded();
const SAMPLE_INTERVAL: Field = integer("SampleInterval", ANY).required().coded();
const FORMAT: Field = choice("Format", &["jpg", "png", "webp"])
    .or_text("jpg")
    .coded();
const FILL_TYPE: Field = choice("FillType", &["stretch", "black", "white", "gauss"])
    .or_text("black")
    .coded();

/// `SampleSnapshotTemplate`.
pub(in super::super) const SAMPLED: &[Field] = &[
    SAMPLE_TYPE,
    SAMPLE_INTERVAL,
    NAME,
    WIDTH,
    HEIGHT,
    RESOLUTION_ADAPTIVE,
    FORMAT,
    COMMENT,
    FILL_TYPE,
];

/// `SnapshotByTimeOffsetTemplate`.
pub(in super::super) const SNAPSHOT_BY_TIME: &[Field] = &[
    NAME,
    WIDTH,
    HEIGHT,
    RESOLUTION_ADAPTIVE,
    FORMAT,
    COMMENT,
    FILL_TYPE,
];

/// Thumbnails may be smaller than frames: the preset's are 142 pixels by 80.
const THUMBNAIL: &[(i64, i64)] = &[(0, 4096)];
const GRID: &[(i64, i64)] = &[(1, 100)];

/// `ImageSpriteTemplate`.
pub(in super::super) const SPRITE: &[Field] = &[
    SAMPLE_TYPE,
    SAMPLE_INTERVAL,
    integer("RowCount", GRID).required().coded(),
    integer("ColumnCount", GRID).required().coded(),
    NAME,
    integer("Width", THUMBNAIL).or(0).coded(),
    integer("Height", THUMBNAIL).or(0).coded(),
    RESOLUTION_ADAPTIVE,
    FILL_TYPE,
    COMMENT,
    FORMAT,
];

/// `AnimatedGraphicsTemplate`.
pub(in super::super) const ANIMATED: &[Field] = &[
    integer("Fps", &[(1, 30)]).required().coded(),
    WIDTH,
    HEIGHT,
    RESOLUTION_ADAPTIVE,
    choice("Format", &["gif", "webp"]).or_text("gif").coded(),
    number("Quality", 1.0, 100.0).or(75).coded(),
    NAME,
    COMMENT,
];
