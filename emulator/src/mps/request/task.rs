//! The sub-tasks of a workflow task, as a request lists them: one mapping with one key each.
//!
//! Every kind has its own struct with its own defaults; the fields that many share are repeated, because flattened
//! structs lose the place of a mistake.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::mps::profile::Profile;
use crate::mps::seconds::Seconds;

use super::TaskKind;

/// One thing to make of a source.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskItem {
    /// Another format or size.
    Transcode(Transcode),
    /// A GIF or WebP.
    Animated(Animated),
    /// Screenshots at given times.
    SnapshotByTime(SnapshotByTime),
    /// Screenshots at regular distances.
    Sampled(Sampled),
    /// Thumbnails on big pictures.
    Sprite(Sprite),
    /// Several qualities to switch between.
    Adaptive(Adaptive),
}

/// `TranscodeTaskInput`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Transcode {
    /// The template's id.
    pub definition: u64,
    /// Where the clip begins.
    pub start: Seconds,
    /// Where the clip ends; 0 for the end of the source.
    pub end: Seconds,
    /// Ids of watermark templates.
    pub watermarks: Vec<u64>,
    /// Full name of the bucket, if not that of the request.
    pub output_bucket: Option<String>,
    /// `OutputObjectPath`, if not the documented default.
    pub output_path: Option<String>,
    /// `SegmentObjectName`, if not the documented default.
    pub segment_name: Option<String>,
    /// How `{number}` is written.
    pub number_format: NumberFormat,
}

/// `AnimatedGraphicTaskInput`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Animated {
    /// The template's id.
    pub definition: u64,
    /// Where the picture begins.
    pub start: Seconds,
    /// Where it ends. Choice: three seconds after its start, or with the source, if `None`.
    pub end: Option<Seconds>,
    /// Full name of the bucket, if not that of the request.
    pub output_bucket: Option<String>,
    /// `OutputObjectPath`, if not the documented default.
    pub output_path: Option<String>,
}

/// `SnapshotByTimeOffsetTaskInput`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SnapshotByTime {
    /// The template's id.
    pub definition: u64,
    /// When; one picture at the beginning if empty.
    pub times: Vec<TimePoint>,
    /// Ids of watermark templates.
    pub watermarks: Vec<u64>,
    /// Full name of the bucket, if not that of the request.
    pub output_bucket: Option<String>,
    /// `OutputObjectPath`, if not the documented default.
    pub output_path: Option<String>,
    /// How `{number}` is written.
    pub number_format: NumberFormat,
}

/// `SampleSnapshotTaskInput`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Sampled {
    /// The template's id.
    pub definition: u64,
    /// Ids of watermark templates.
    pub watermarks: Vec<u64>,
    /// Full name of the bucket, if not that of the request.
    pub output_bucket: Option<String>,
    /// `OutputObjectPath`, if not the documented default.
    pub output_path: Option<String>,
    /// How `{number}` is written.
    pub number_format: NumberFormat,
}

/// `ImageSpriteTaskInput`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Sprite {
    /// The template's id.
    pub definition: u64,
    /// Full name of the bucket, if not that of the request.
    pub output_bucket: Option<String>,
    /// `OutputObjectPath`, if not the documented default.
    pub output_path: Option<String>,
    /// `WebVttObjectName`, if not the documented default.
    pub vtt_name: Option<String>,
    /// How `{number}` is written.
    pub number_format: NumberFormat,
}

/// `AdaptiveDynamicStreamingTaskInput`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Adaptive {
    /// The template's id.
    pub definition: u64,
    /// Ids of watermark templates.
    pub watermarks: Vec<u64>,
    /// Full name of the bucket, if not that of the request.
    pub output_bucket: Option<String>,
    /// `OutputObjectPath`, if not the documented default.
    pub output_path: Option<String>,
    /// `SubStreamObjectName`, if not the documented default.
    pub sub_stream_name: Option<String>,
    /// `SegmentObjectName`, if not the documented default.
    pub segment_name: Option<String>,
}

/// How running numbers are written. Follows: mps.md section 10.3.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct NumberFormat {
    /// The first number.
    pub initial_value: u32,
    /// From one number to the next.
    pub increment: u32,
    /// Shorter numbers are filled up; at most 255.
    pub min_length: u8,
    /// The character that fills them up.
    pub place_holder: String,
}

/// When a screenshot is taken: `2.5`, `2.5s` or `50%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePoint {
    /// The time after the beginning.
    At(Seconds),
    /// A share of the duration.
    Percent(u32),
}

impl TaskItem {
    /// Which kind of sub-task it is.
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Transcode(_) => TaskKind::Transcode,
            Self::Animated(_) => TaskKind::Animated,
            Self::SnapshotByTime(_) => TaskKind::SnapshotByTime,
            Self::Sampled(_) => TaskKind::Sampled,
            Self::Sprite(_) => TaskKind::Sprite,
            Self::Adaptive(_) => TaskKind::Adaptive,
        }
    }

    /// The template's id.
    pub fn definition(&self) -> u64 {
        match self {
            Self::Transcode(item) => item.definition,
            Self::Animated(item) => item.definition,
            Self::SnapshotByTime(item) => item.definition,
            Self::Sampled(item) => item.definition,
            Self::Sprite(item) => item.definition,
            Self::Adaptive(item) => item.definition,
        }
    }

    /// The bucket for the output, if it is not that of the request.
    pub fn output_bucket(&self) -> Option<&str> {
        match self {
            Self::Transcode(item) => item.output_bucket.as_deref(),
            Self::Animated(item) => item.output_bucket.as_deref(),
            Self::SnapshotByTime(item) => item.output_bucket.as_deref(),
            Self::Sampled(item) => item.output_bucket.as_deref(),
            Self::Sprite(item) => item.output_bucket.as_deref(),
            Self::Adaptive(item) => item.output_bucket.as_deref(),
        }
    }

    /// One of everything that a notification of this profile can tell about, and two transcodes.
    pub fn usual(profile: Profile) -> Vec<Self> {
        let transcodes = profile.transcode_presets().map(|definition| {
            Self::Transcode(Transcode {
                definition,
                ..Transcode::default()
            })
        });
        let mut items = Vec::from(transcodes);
        items.push(Self::Animated(Animated::default()));
        let times = [0, 2500].map(|millis| TimePoint::At(Seconds::from_millis(millis)));
        items.push(Self::SnapshotByTime(SnapshotByTime {
            times: times.into(),
            ..SnapshotByTime::default()
        }));
        items.push(Self::Sampled(Sampled::default()));
        items.push(Self::Sprite(Sprite::default()));
        if profile.is_modern() {
            items.push(Self::Adaptive(Adaptive::default()));
        }
        items
    }
}

impl Default for Transcode {
    fn default() -> Self {
        Self {
            definition: 100_010,
            start: Seconds::ZERO,
            end: Seconds::ZERO,
            watermarks: Vec::new(),
            output_bucket: None,
            output_path: None,
            segment_name: None,
            number_format: NumberFormat::default(),
        }
    }
}

impl Default for Animated {
    fn default() -> Self {
        Self {
            definition: 20_000,
            start: Seconds::ZERO,
            end: None,
            output_bucket: None,
            output_path: None,
        }
    }
}

impl Default for SnapshotByTime {
    fn default() -> Self {
        Self {
            definition: 10,
            times: Vec::new(),
            watermarks: Vec::new(),
            output_bucket: None,
            output_path: None,
            number_format: NumberFormat::default(),
        }
    }
}

impl Default for Sampled {
    fn default() -> Self {
        Self {
            definition: 10,
            watermarks: Vec::new(),
            output_bucket: None,
            output_path: None,
            number_format: NumberFormat::default(),
        }
    }
}

impl Default for Sprite {
    fn default() -> Self {
        Self {
            definition: 10,
            output_bucket: None,
            output_path: None,
            vtt_name: None,
            number_format: NumberFormat::default(),
        }
    }
}

impl Default for Adaptive {
    fn default() -> Self {
        Self {
            definition: 10,
            watermarks: Vec::new(),
            output_bucket: None,
            output_path: None,
            sub_stream_name: None,
            segment_name: None,
        }
    }
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self {
            initial_value: 0,
            increment: 1,
            min_length: 1,
            place_holder: "0".into(),
        }
    }
}

/// A text is neither a time nor a share of the duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time point: expected for example `2.5`, `2.5s` or `50%`")]
pub struct InvalidTimePoint(pub String);

impl FromStr for TimePoint {
    type Err = InvalidTimePoint;

    fn from_str(text: &str) -> Result<Self, InvalidTimePoint> {
        let point = if let Some(share) = text.strip_suffix('%') {
            share.parse().ok().map(Self::Percent)
        } else {
            let seconds = text.strip_suffix('s').unwrap_or(text);
            seconds.parse().ok().map(Self::At)
        };
        point.ok_or_else(|| InvalidTimePoint(text.to_owned()))
    }
}

/// As `ExtTimeOffsetSet` has it.
impl fmt::Display for TimePoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(time) => write!(out, "{time}s"),
            Self::Percent(share) => write!(out, "{share}%"),
        }
    }
}

impl<'de> Deserialize<'de> for TimePoint {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(WrittenPoint)
    }
}

impl Serialize for TimePoint {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

struct WrittenPoint;

impl Visitor<'_> for WrittenPoint {
    type Value = TimePoint;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a time point, for example 2.5 or 50%")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<TimePoint, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<TimePoint, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<TimePoint, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TimePoint, E> {
        text.parse().map_err(E::custom)
    }
}
