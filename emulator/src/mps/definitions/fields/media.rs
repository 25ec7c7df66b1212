//! Transcoding, adaptive streaming, watermarks.

use super::super::field::{
    Field, choice, flag, integer, number, opaque, structure, structures, text,
};
use super::streams::{AUDIO, VIDEO};
use super::{ANY, COMMENT, NAME};

const TEHD: &[Field] = &[
    choice("Type", &["OFF", "TEHD-100"])
        .required()
        .code("TEHDType"),
    integer("MaxVideoBitrate", ANY).or(0),
];

/// `TranscodeTemplate`.
pub(in super::super) const TRANSCODE: &[Field] = &[
    choice(
        "Container",
        &[
            "mp4", "flv", "hls", "ts", "webm", "mkv", "mxf", "mov", "avi", "mp3", "m4a", "flac",
            "ogg", "wav",
        ],
    )
    .required()
    .coded(),
    NAME,
    COMMENT,
    flag("RemoveVideo").coded(),
    flag("RemoveAudio").coded(),
    structure("VideoTemplate", VIDEO),
    structure("AudioTemplate", AUDIO),
    structure("TEHDConfig", TEHD),
    opaque("EnhanceConfig"),
    text("StdExtInfo", usize::MAX),
];

const STREAM: &[Field] = &[
    structure("Audio", AUDIO).required(),
    structure("Video", VIDEO),
    flag("RemoveAudio").coded(),
    flag("RemoveVideo").coded(),
    structures("AudioList", AUDIO, 64),
];

/// `AdaptiveDynamicStreamingTemplate`.
pub(in super::super) const ADAPTIVE: &[Field] = &[
    choice("Format", &["HLS", "MPEG-DASH"]).required().coded(),
    structures("StreamInfos", STREAM, 10).required(),
    NAME,
    flag("DisableHigherVideoBitrate").coded(),
    flag("DisableHigherVideoResolution").coded(),
    COMMENT,
    flag("PureAudio"),
    choice(
        "SegmentType",
        &[
            "",
            "ts-segment",
            "ts-byterange",
            "mp4-segment",
            "mp4-byterange",
            "ts-packed-audio",
        ],
    )
    .or_text(""),
];

const IMAGE: &[Field] = &[
    text("ImageContent", usize::MAX).required().coded(),
    text("Width", 32).or_text("10%").coded(),
    text("Height", 32).or_text("0px").coded(),
    choice("RepeatType", &["once", "repeat_last_frame", "repeat"])
        .or_text("repeat")
        .coded(),
];

const TEXT: &[Field] = &[
    text("FontType", 64).required().code("TextTemplate"),
    text("FontSize", 32).required().code("TextTemplate"),
    text("FontColor", 32).required().code("TextTemplate"),
    number("FontAlpha", 0.0, 1.0).required().code("TextAlpha"),
    text("TextContent", 1024).code("TextContent"),
];

const SVG: &[Field] = &[
    text("Width", 32).or_text("10W%").code("SvgTemplateWidth"),
    text("Height", 32).or_text("0px").code("SvgTemplateHeight"),
];

/// `WatermarkTemplate`.
pub(in super::super) const WATERMARK: &[Field] = &[
    choice("Type", &["image", "text", "svg"])
        .required()
        .fixed()
        .coded(),
    NAME,
    COMMENT,
    choice(
        "CoordinateOrigin",
        &["TopLeft", "TopRight", "BottomLeft", "BottomRight"],
    )
    .or_text("TopLeft")
    .coded(),
    text("XPos", 32).or_text("0px"),
    text("YPos", 32).or_text("0px"),
    structure("ImageTemplate", IMAGE),
    structure("TextTemplate", TEXT),
    structure("SvgTemplate", SVG),
];
