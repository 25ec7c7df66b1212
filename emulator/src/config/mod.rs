//! Configuration as people write it, layer over layer: the embedded defaults, `backlot.yaml`, a scenario.
//!
//! Files: [`yaml`] reads any of them, [`function`] is how a function is written, [`fault`] how planned trouble is, [`stub`]
//! and [`egress`] what becomes of [calls](call) to other hosts, [`written`] the values that have a spelling of their own.

pub mod call;
pub mod egress;
pub mod fault;
pub mod function;
pub mod stub;
pub mod written;
pub mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::base::source::{Diagnostics, SourceFile};

pub use egress::EgressConfig;
pub use fault::FaultConfig;
pub use function::FunctionConfig;
pub use stub::StubConfig;

/// The text of the embedded defaults.
pub const DEFAULT: &str = include_str!("default.yaml");

/// The name of the file in which a project says what differs from the defaults.
pub const FILE_NAME: &str = "backlot.yaml";

/// One layer of configuration, as written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    /// Who owns everything.
    pub account: AccountConfig,
    /// Buckets that exist from the start, by full name.
    pub buckets: Option<Vec<String>>,
    /// Functions by name.
    pub functions: BTreeMap<String, FunctionConfig>,
    /// Which function takes which type of MPS event.
    pub triggers: Option<BTreeMap<String, String>>,
    /// What answers for other hosts, asked in order.
    pub stubs: Vec<StubConfig>,
    /// Which calls to other hosts may leave the machine; none if left out.
    pub egress: Option<EgressConfig>,
}

/// The account, as written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AccountConfig {
    /// The number at the end of every bucket name.
    pub app_id: Option<u64>,
    /// The owner's account number.
    pub uin: Option<String>,
    /// For example `ap-guangzhou`.
    pub region: Option<String>,
}

/// Why the configuration could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is there but cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file has mistakes.
    #[error("{0}")]
    Mistakes(Diagnostics),
}

impl Config {
    /// The embedded defaults.
    pub fn embedded() -> Self {
        let source = SourceFile::new("default.yaml", DEFAULT);
        yaml::parse(&source).expect("the embedded defaults are valid; a test reads them")
    }

    /// Reads `backlot.yaml` in `directory` over the defaults; without such a file, the defaults alone.
    pub fn load(directory: &Path) -> Result<Self, Error> {
        let path = directory.join(FILE_NAME);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::read(&SourceFile::new(FILE_NAME, text), directory),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::embedded()),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// Reads one text over the defaults. Files that it names are in `folder`.
    pub fn read(source: &SourceFile, folder: &Path) -> Result<Self, Error> {
        let mut written: Self = yaml::parse(source).map_err(Error::Mistakes)?;
        let mut found = stub::complete(&mut written.stubs, folder);
        if !found.is_empty() {
            found.sort_by_key(|mistake| mistake.span);
            let source = source.clone();
            return Err(Error::Mistakes(Diagnostics { source, found }));
        }
        Ok(written.over(Self::embedded()))
    }

    /// This layer, with what it leaves out taken from `below`.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let mut functions = below.functions;
        for (name, function) in self.functions {
            let lower = functions.remove(&name).unwrap_or_default();
            functions.insert(name, function.over(lower));
        }
        Self {
            account: AccountConfig {
                app_id: self.account.app_id.or(below.account.app_id),
                uin: self.account.uin.or(below.account.uin),
                region: self.account.region.or(below.account.region),
            },
            buckets: self.buckets.or(below.buckets),
            functions,
            triggers: self.triggers.or(below.triggers),
            // What is nearer is asked first.
            stubs: [self.stubs, below.stubs].concat(),
            egress: self.egress.or(below.egress),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> String {
        let source = SourceFile::new(FILE_NAME, text);
        Config::read(&source, Path::new(""))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_embedded_defaults_are_valid() {
        let config = Config::embedded();
        assert!(config.functions.contains_key("archive"));
        assert_eq!(config.account.app_id, Some(1_250_000_000));
    }

    #[test]
    fn a_typo_is_shown_with_its_place_and_the_nearest_name() {
        let text = mistake("functions:\n  archive:\n    timeuot: 3s\n");
        assert!(text.contains("unknown field `timeuot`"), "{text}");
        assert!(text.contains("backlot.yaml:3:5"), "{text}");
        assert!(text.contains("did you mean `timeout`?"), "{text}");
    }

    #[test]
    fn a_bad_value_says_what_was_expected() {
        let text = mistake("functions:\n  archive:\n    timeout: 3\n");
        assert!(text.contains("`3` is not a length of time"), "{text}");
        assert!(text.contains("backlot.yaml:3:14"), "{text}");
    }
}
