//! The two shapes in which a notification can come: as published with the trigger in 2020, and as sent today.
//!
//! Follows: mps.md section 7.3. Each question that the table answers is a method here.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use backlot_base::json::Value;

use super::failure::FailureCode;
use super::seconds::Seconds;

/// A generation of payloads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// The structure of the one published trigger event.
    ///
    /// Choice: the default for triggers, because it is the only documented one.
    #[default]
    Legacy,
    /// The structure of notifications since about 2023.
    Modern,
}

/// No profile has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a profile: expected `legacy` or `modern`")]
pub struct UnknownProfile(pub String);

/// What a finished part of a task says about how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// `ErrCode`; 0 when all went well.
    pub(super) code: i64,
    /// `ErrCodeExt`, which the legacy profile does not have.
    pub(super) code_ext: String,
    /// `Message`.
    pub(super) message: String,
}

impl Profile {
    /// Whether this is the newer one: more members are present, siblings are `null` rather than absent.
    pub fn is_modern(self) -> bool {
        self == Self::Modern
    }

    /// A time span in seconds: a 32-bit float widened to 64 bits, or at most three decimals. Whole seconds are integers.
    pub fn seconds(self, span: Seconds) -> Value {
        let exact = span.to_string();
        let spelled = match self {
            Self::Legacy if !span.is_whole() => {
                let single: f32 = exact.parse().expect("a decimal is a float");
                f64::from(single).to_string()
            }
            _ => exact,
        };
        Value::Number(spelled.parse().expect("a decimal is a JSON number"))
    }

    /// `Container` of a media file: the list that ffprobe prints, or the short name.
    pub fn container(self, format: &str) -> String {
        let format = if format == "m3u8" { "hls" } else { format };
        match self {
            Self::Legacy => match format {
                "mp4" | "mov" | "m4a" | "m4v" | "3gp" => "mov,mp4,m4a,3gp,3g2,mj2",
                "hls" => "hls,applehttp",
                "ts" => "mpegts",
                "mkv" | "webm" => "matroska,webm",
                "wmv" => "asf",
                "mpg" => "mpeg",
                "rmvb" => "rm",
                other => other,
            },
            Self::Modern => format,
        }
        .to_owned()
    }

    /// `MetaData.Bitrate`: the sum of the streams, or what size and duration say.
    pub fn bitrate(self, streams: u64, total: u64) -> u64 {
        match self {
            Self::Legacy => streams,
            Self::Modern => total,
        }
    }

    /// `Message` of a task that has finished well.
    pub fn task_message(self) -> &'static str {
        match self {
            Self::Legacy => "",
            Self::Modern => "SUCCESS",
        }
    }

    /// How a notification reports a failure.
    ///
    /// Choice: the old numbering has 30009 for everything about the source file and 30010 for the rest, as the published
    /// event has for a time offset beyond the end.
    pub(super) fn report(self, code: &FailureCode) -> Report {
        let (number, message) = match self {
            Self::Legacy if code.is_source_error() => (30009, code.message()),
            Self::Legacy => (30010, "TencentVodPlatErr Or Unkown"),
            Self::Modern => (code.number(), code.message()),
        };
        Report {
            code: number,
            code_ext: code.name().to_owned(),
            message: message.to_owned(),
        }
    }

    /// The word for an edit in task ids.
    pub fn edit_kind(self) -> &'static str {
        match self {
            Self::Legacy => "EditMedia",
            Self::Modern => "EditMediaTask",
        }
    }

    /// The end of task ids. Follows: mps.md section 3.
    pub fn id_suffix(self) -> &'static str {
        match self {
            Self::Legacy => "t0",
            Self::Modern => "tt7",
        }
    }

    /// The transcoding presets of the profile's time: FLU as MP4 and as HLS. Follows: mps.md section 13.
    pub fn transcode_presets(self) -> [u64; 2] {
        match self {
            Self::Legacy => [10, 210],
            Self::Modern => [100_010, 100_210],
        }
    }
}

/// How a time is written that has not come. Follows: mps.md section 10.1.
pub(super) const UNSET_TIME: &str = "0000-00-00T00:00:00Z";

/// A time as notifications write it: UTC, whole seconds.
pub(super) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        match text {
            "legacy" => Ok(Self::Legacy),
            "modern" => Ok(Self::Modern),
            other => Err(UnknownProfile(other.to_owned())),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_spelled_as_each_generation_does() {
        for (millis, legacy, modern) in [
            (62_782, "62.78200149536133", "62.782"),
            (62_820, "62.81999969482422", "62.82"),
            (2_500, "2.5", "2.5"),
            (60_000, "60", "60"),
            (0, "0", "0"),
        ] {
            let span = Seconds::from_millis(millis);
            assert_eq!(Profile::Legacy.seconds(span).to_string(), legacy);
            assert_eq!(Profile::Modern.seconds(span).to_string(), modern);
        }
    }

    #[test]
    fn containers() {
        assert_eq!(Profile::Legacy.container("m3u8"), "hls,applehttp");
        assert_eq!(Profile::Modern.container("m3u8"), "hls");
        assert_eq!(Profile::Legacy.container("mp4"), "mov,mp4,m4a,3gp,3g2,mj2");
        assert_eq!(Profile::Legacy.container("mp3"), "mp3");
    }

    #[test]
    fn times_have_whole_seconds() {
        let at: Timestamp = "2024-05-17T08:56:26.75Z".parse().unwrap();
        assert_eq!(iso(at), "2024-05-17T08:56:26Z");
    }
}
