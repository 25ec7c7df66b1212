//! Streams of pictures and sound, as templates describe them.
//!
//! Codecs are kept as the service describes them. Follows: mps.md section 9, row 19.

use super::super::field::{
    Field, boolean, choice, flag, integer, opaque, spelled, structure, text,
};
use super::{ANY, HEIGHT, RESOLUTION_ADAPTIVE, WIDTH};

const VIDEO_CODECS: &[(&str, &str)] = &[
    ("libx264", "libx264"),
    ("h264", "libx264"),
    ("libx265", "libx265"),
    ("h265", "libx265"),
    ("hevc", "libx265"),
    ("h266", "h266"),
    ("av1", "av1"),
    ("vp8", "vp8"),
    ("vp9", "vp9"),
    ("mpeg2", "mpeg2"),
    ("dnxhd", "dnxhd"),
    ("mv-hevc", "mv-hevc"),
    ("copy", "copy"),
];

const AUDIO_CODECS: &[(&str, &str)] = &[
    ("libfdk_aac", "libfdk_aac"),
    ("aac", "libfdk_aac"),
    ("libmp3lame", "libmp3lame"),
    ("mp3", "libmp3lame"),
    ("flac", "flac"),
    ("ac3", "ac3"),
    ("eac3", "eac3"),
    ("mp2", "mp2"),
    ("opus", "opus"),
    ("vorbis", "vorbis"),
    ("copy", "copy"),
];

const SEGMENT: &[Field] = &[
    choice("Switch", &["on", "off"]),
    integer("FragmentTime", ANY),
    integer("FragmentEndNum", ANY),
];

/// `VideoTemplate`. Follows: mps.md section 11.3; of two published limits of the bit rate the newer one holds.
pub(super) const VIDEO: &[Field] = &[
    spelled("Codec", VIDEO_CODECS).required().code("VideoCodec"),
    integer("Fps", &[(0, 120)]).required().coded(),
    integer("Bitrate", &[(0, 0), (128, 100_000)])
        .required()
        .code("VideoBitrate"),
    RESOLUTION_ADAPTIVE,
    WIDTH,
    HEIGHT,
    integer("Gop", &[(0, 100_000)]).or(0).coded(),
    choice("GopUnit", &["frame", "second"]),
    choice(
        "FillType",
        &["stretch", "black", "white", "gauss", "smarttailor"],
    )
    .or_text("black")
    .coded(),
    integer("Vcrf", &[(0, 51)]),
    integer("HlsTime", ANY).or(0),
    integer("SegmentType", ANY).or(0),
    integer("FpsDenominator", ANY).or(1),
    text("Stereo3dType", 64),
    text("VideoProfile", 64),
    text("VideoLevel", 64),
    integer("Bframes", &[(-1, 16)]),
    choice("Mode", &["VBR", "ABR", "CBR", "VCRF"]).or_text("ABR"),
    text("Sar", 64),
    flag("NoScenecut"),
    integer("BitDepth", &[(0, 0), (8, 8), (10, 10)]).or(8),
    flag("RawPts"),
    integer("Compress", ANY),
    structure("SegmentSpecificInfo", SEGMENT),
    flag("ScenarioBased"),
    text("SceneType", 64),
    text("CompressType", 64),
];

/// `AudioTemplate`.
pub(super) const AUDIO: &[Field] = &[
    spelled("Codec", AUDIO_CODECS).required().code("AudioCodec"),
    integer("Bitrate", &[(0, 0), (26, 256)])
        .required()
        .code("AudioBitrate"),
    integer(
        "SampleRate",
        &[(32_000, 32_000), (44_100, 44_100), (48_000, 48_000)],
    )
    .required()
    .code("AudioSampleRate"),
    integer("AudioChannel", &[(0, 2), (6, 6)])
        .or(2)
        .code("AudioChannel"),
    opaque("TrackChannelInfo"),
    text("AudioLanguage", 64),
    text("AudioName", 64),
    boolean("DefaultTrack"),
];
