//! How it is written what a run is held to without being asked: where the archive is, and how it is compared.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_saphyr::Spanned;

use super::layer::{Layer, layer};
use super::yaml::at;
use backlot_base::source::Diagnostic;

/// What a bare `off` should have been.
const OFF: &str = "say why: `oracle: { off: \"notifies only\" }`";

layer! {
    /// Where the function under test keeps its archive.
    pub struct ArchiveConfig {
        /// The bucket's full name; `archive-<APPID>` if left out.
        bucket: Option<String>,
        /// What keys of the archive begin with; any key if left out.
        prefix: Option<String>,
    }
}

/// How the archive is compared with the events: `bytes`, `json`, or `off` with a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OracleConfig {
    /// An event is archived byte for byte.
    Bytes,
    /// An event is archived as the same JSON value.
    Json,
    /// Events need not be archived. A missing or empty reason is a mistake that the check of the configuration finds.
    Off(Option<String>),
}

/// The mistake in what is written, if there is one.
pub(super) fn check(written: Option<&Spanned<OracleConfig>>) -> Option<Diagnostic> {
    let written = written?;
    match &written.value {
        OracleConfig::Off(reason) if reason.as_deref().unwrap_or_default().trim().is_empty() => {
            let title = "`oracle: off` has no reason".to_owned();
            Some(at(&written.referenced, title).hint(OFF))
        }
        _ => None,
    }
}

impl Layer for ArchiveConfig {
    fn over(self, below: Self) -> Self {
        self.each_key_over(below)
    }
}

impl<'de> Deserialize<'de> for OracleConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Mode;

        impl<'de> de::Visitor<'de> for Mode {
            type Value = OracleConfig;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("`bytes`, `json` or `{ off: \"a reason\" }`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<OracleConfig, E> {
                match text {
                    "bytes" => Ok(OracleConfig::Bytes),
                    "json" => Ok(OracleConfig::Json),
                    "off" => Ok(OracleConfig::Off(None)),
                    other => Err(E::unknown_variant(other, &["bytes", "json", "off"])),
                }
            }

            /// `off`, as some writers of YAML spell it.
            fn visit_bool<E: de::Error>(self, is_on: bool) -> Result<OracleConfig, E> {
                if is_on {
                    return Err(E::invalid_type(de::Unexpected::Bool(is_on), &self));
                }
                Ok(OracleConfig::Off(None))
            }

            fn visit_map<A: de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<OracleConfig, A::Error> {
                let mut mode = OracleConfig::Off(None);
                while let Some(key) = map.next_key::<String>()? {
                    if key != "off" {
                        return Err(de::Error::unknown_field(&key, &["off"]));
                    }
                    mode = OracleConfig::Off(map.next_value()?);
                }
                Ok(mode)
            }
        }

        from.deserialize_any(Mode)
    }
}
