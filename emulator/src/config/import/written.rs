//! How `import:` is written: one file, or a list of files.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

/// The files to import, relative to the file that names them.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportConfig(pub Vec<Spanned<String>>);

impl<'de> Deserialize<'de> for ImportConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = Spanned::<OneOrMany>::deserialize(from)?;
        Ok(Self(match written.value {
            OneOrMany::One(value) => vec![Spanned::new(value, written.referenced, written.defined)],
            OneOrMany::Many(files) => files,
        }))
    }
}

enum OneOrMany {
    One(String),
    Many(Vec<Spanned<String>>),
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Files;

        impl<'de> Visitor<'de> for Files {
            type Value = OneOrMany;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a file to import, or a list of files")
            }

            fn visit_str<E: Error>(self, file: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(file.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
                let mut files = Vec::new();
                while let Some(file) = list.next_element()? {
                    files.push(file);
                }
                Ok(OneOrMany::Many(files))
            }
        }

        from.deserialize_any(Files)
    }
}
