//! How it is written which rules of COS hold for buckets, where the service treats some otherwise than others.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use backlot_cos::{NameLimit, OldBuckets};

/// The buckets that count as created before 2024-01-01: `true` for all, `false` for none, or a list of full names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OldBucketsConfig(pub OldBuckets);

/// How long names of new buckets may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameLimitConfig {
    /// 63 bytes with the APPID: a label of a host name.
    Label,
    /// The host of the bucket has at most 60 bytes, as documented.
    Documented,
}

impl NameLimitConfig {
    /// What is meant.
    pub fn limit(self) -> NameLimit {
        match self {
            Self::Label => NameLimit::Label,
            Self::Documented => NameLimit::Documented,
        }
    }
}

impl<'de> Deserialize<'de> for OldBucketsConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct AllOrSome;

        impl<'de> Visitor<'de> for AllOrSome {
            type Value = OldBuckets;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("`true`, `false`, or a list of full names of buckets")
            }

            fn visit_bool<E: Error>(self, are_all: bool) -> Result<OldBuckets, E> {
                Ok(if are_all {
                    OldBuckets::All
                } else {
                    OldBuckets::None
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OldBuckets, A::Error> {
                let mut names = BTreeSet::new();
                while let Some(name) = list.next_element::<String>()? {
                    if backlot_cos::names::split_bucket(&name).is_none() {
                        let message = format!(
                            "`{name}` is not a full name of a bucket, such as `media-1250000000`"
                        );
                        return Err(A::Error::custom(message));
                    }
                    names.insert(name);
                }
                Ok(OldBuckets::Named(names))
            }
        }

        from.deserialize_any(AllOrSome).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use backlot_base::source::SourceFile;

    fn read(text: &str) -> Result<Config, String> {
        let source = SourceFile::new("backlot.yaml", text);
        Config::read(&source).map_err(|error| error.to_string())
    }

    #[test]
    fn buckets_of_before_are_all_or_listed() {
        for (text, expected) in [
            ("true", OldBuckets::All),
            ("false", OldBuckets::None),
            (
                "[a-1, b-2]",
                OldBuckets::Named(["a-1".into(), "b-2".into()].into()),
            ),
        ] {
            let config = read(&format!("buckets-of-before-2024: {text}\n")).unwrap();
            assert_eq!(
                config.buckets_of_before_2024,
                Some(OldBucketsConfig(expected))
            );
        }
        let mistake = read("buckets-of-before-2024: [media]\n").unwrap_err();
        assert!(
            mistake.contains("`media` is not a full name of a bucket"),
            "{mistake}"
        );
        let mistake = read("buckets-of-before-2024: 1\n").unwrap_err();
        assert!(mistake.contains("`true`, `false`, or a list"), "{mistake}");
    }

    #[test]
    fn names_are_limited_by_dns_or_as_documented() {
        let config = read("bucket-name-limit: documented\n").unwrap();
        let limit = config.bucket_name_limit.map(NameLimitConfig::limit);
        assert_eq!(limit, Some(NameLimit::Documented));
        assert!(read("bucket-name-limit: 60\n").is_err());
    }
}
