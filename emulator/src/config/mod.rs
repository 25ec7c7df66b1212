//! Configuration as people write it, layer over layer: the embedded defaults, `backlot.yaml`, a scenario.
//!
//! Files: [`yaml`] reads any of them, [`function`] is how a function is written, [`cos_trigger`] what makes it run, [`fault`]
//! how planned trouble is, [`stub`] and [`egress`] what becomes of [calls](call) to other hosts, [`written`] the values that
//! have a spelling of their own. [`check`] finds what the parser cannot.

pub mod call;
pub mod check;
pub mod cos_trigger;
mod default;
pub mod egress;
pub mod fault;
pub mod function;
pub mod stub;
pub mod written;
pub mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::mps::Workflow;
use backlot_base::source::{Diagnostics, SourceFile};
use backlot_cos::event::Shape;

pub use cos_trigger::CosTriggerConfig;
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
    /// MPS workflows by name: uploads that start a task.
    pub workflows: BTreeMap<String, Spanned<Workflow>>,
    /// Which of the samples events of COS are like.
    pub cos_events: Option<Shape>,
    /// So many events may follow from one another before the chain is stopped.
    pub chain_limit: Option<u32>,
    /// Hosts of one's own, each with the full name of its bucket.
    pub domains: BTreeMap<String, Spanned<String>>,
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
    /// The embedded defaults: what [`DEFAULT`] says.
    pub fn embedded() -> Self {
        default::config()
    }

    /// Reads `backlot.yaml` in `directory` over the defaults; without such a file, the defaults alone.
    pub fn load(directory: &Path) -> Result<Self, Error> {
        let path = directory.join(FILE_NAME);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::read_in(directory, &SourceFile::new(FILE_NAME, text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::embedded()),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// Reads one text over the defaults. Files that it names are beside it.
    pub fn read(source: &SourceFile) -> Result<Self, Error> {
        let folder = source.path.parent().unwrap_or(Path::new(""));
        Self::read_in(folder, source)
    }

    fn read_in(folder: &Path, source: &SourceFile) -> Result<Self, Error> {
        let mut written: Self = yaml::parse(source).map_err(Error::Mistakes)?;
        let mut found = stub::complete(&mut written.stubs, folder);
        let whole = written.clone().over(Self::embedded());
        found.extend(check::check(&written, &whole));
        if found.is_empty() {
            return Ok(whole);
        }
        found.sort_by_key(|mistake| mistake.span);
        Err(Error::Mistakes(Diagnostics {
            source: source.clone(),
            found,
        }))
    }

    /// This layer, with what it leaves out taken from `below`.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let mut functions = below.functions;
        for (name, function) in self.functions {
            let lower = functions.remove(&name).unwrap_or_default();
            functions.insert(name, function.over(lower));
        }
        let mut workflows = below.workflows;
        workflows.extend(self.workflows);
        let mut domains = below.domains;
        domains.extend(self.domains);
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
            workflows,
            cos_events: self.cos_events.or(below.cos_events),
            chain_limit: self.chain_limit.or(below.chain_limit),
            domains,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> String {
        let source = SourceFile::new(FILE_NAME, text);
        Config::read(&source).unwrap_err().to_string()
    }

    #[test]
    fn the_embedded_defaults_are_what_their_text_says() {
        let source = SourceFile::new("default.yaml", DEFAULT);
        let written: Config = yaml::parse(&source).unwrap();
        assert_eq!(Config::embedded(), written);
    }

    #[test]
    fn a_typo_is_shown_with_its_place_and_the_nearest_name() {
        let text = mistake("functions:\n  archive:\n    timeuot: 3s\n");
        assert!(text.contains("unknown field `timeuot`"), "{text}");
        assert!(text.contains("backlot.yaml:3:5"), "{text}");
        assert!(text.contains("did you mean `timeout`?"), "{text}");
    }

    #[test]
    fn triggers_in_each_others_way_are_a_mistake_at_its_place() {
        let text = mistake(
            "functions:\n  archive:\n    cos-triggers:\n      - { bucket: media-in-1250000000, suffix: .mp4 }\n      \
             - { bucket: media-in-1250000000, prefix: in/, suffix: .mp4 }\n",
        );
        assert!(text.contains("overlaps with one of `archive`"), "{text}");
        assert!(text.contains("backlot.yaml:4:9"), "{text}");
        assert!(text.contains("NotifyRulePrefixConflict"), "{text}");
    }

    #[test]
    fn triggers_and_workflows_need_their_buckets() {
        let text = mistake(
            "functions:\n  archive:\n    cos-triggers: [{ bucket: media-inn-1250000000 }]\n\
             workflows:\n  w: { bucket: media-in-1250000000, output-bucket: nowhere-1 }\n",
        );
        assert!(
            text.contains("did you mean `media-in-1250000000`?"),
            "{text}"
        );
        assert!(text.contains("there is no bucket `nowhere-1`"), "{text}");
    }

    #[test]
    fn a_trigger_that_is_not_in_force_is_in_nobodys_way() {
        let text = "functions:\n  archive:\n    cos-triggers:\n      - { bucket: media-in-1250000000 }\n      \
                    - { bucket: media-in-1250000000, enabled: false }\n";
        Config::read(&SourceFile::new(FILE_NAME, text)).unwrap();
    }

    #[test]
    fn a_bad_value_says_what_was_expected() {
        let text = mistake("functions:\n  archive:\n    timeout: 3\n");
        assert!(text.contains("`3` is not a length of time"), "{text}");
        assert!(text.contains("backlot.yaml:3:14"), "{text}");
    }
}
