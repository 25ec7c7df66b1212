//! Configuration as people write it, layer over layer: the embedded defaults, `backlot.yaml`, a scenario.
//!
//! [`import`] reads deployment files of other tools as a layer below `backlot.yaml`.
//!
//! Files: [`yaml`] reads any of them, [`bucket_rules`] is how rules for buckets are written, [`function`] how a function is, [`cos_trigger`], [`timer_trigger`] and [`cls_trigger`] what makes it run, [`fault`]
//! how planned trouble is, [`stub`] and [`egress`] what becomes of [calls](call) to other hosts, [`written`] the values that
//! have a spelling of their own. [`oracle`] is what every run is held to. [`check`] finds what the parser cannot.

pub mod bucket_rules;
mod by_name;
pub mod call;
pub mod check;
pub mod cls_trigger;
pub mod cos_trigger;
mod default;
pub mod egress;
pub mod fault;
pub mod fault_check;
pub mod function;
pub mod import;
pub mod keys;
pub mod layer;
pub mod mps;
pub mod oracle;
pub mod redact;
pub mod stub;
pub mod timer_trigger;
pub mod written;
pub mod yaml;
mod yaml_words;

use std::path::{Path, PathBuf};

use import::{Imported, Kind, Surroundings};
use keys::common_keys;
use layer::layer;

use backlot_base::source::{Diagnostics, SourceFile};

pub use bucket_rules::{NameLimitConfig, OldBucketsConfig};
pub use by_name::ByName;
pub use cls_trigger::ClsTriggerConfig;
pub use cos_trigger::CosTriggerConfig;
pub use egress::EgressConfig;
pub use fault::FaultConfig;
pub use function::FunctionConfig;
pub use layer::Layer;
pub use mps::MpsConfig;
pub use oracle::{ArchiveConfig, OracleConfig};
pub use redact::{RedactConfig, SnapshotConfig};
pub use stub::StubConfig;
pub use timer_trigger::{TimerTriggerConfig, TimerZone};

/// The text of the embedded defaults.
pub const DEFAULT: &str = include_str!("default.yaml");

/// The name of the file in which a project says what differs from the defaults.
pub const FILE_NAME: &str = "backlot.yaml";

macro_rules! config {
    ({ $($keys:tt)* }) => {
        layer! {
            /// One layer of configuration, as written.
            pub struct Config {
                /// A deployment file of another tool, such as `serverless.yml`, or a list: what `backlot.yaml` leaves out comes from it.
                import: Option<$crate::config::import::ImportConfig>,
                $($keys)*
            }
        }
    };
}

common_keys! { config {} }

layer! {
    /// The account, as written.
    pub struct AccountConfig {
        /// The number at the end of every bucket name.
        app_id: Option<u64>,
        /// The owner's account number.
        uin: Option<String>,
        /// The region of buckets and functions, for example `ap-guangzhou`.
        region: Option<String>,
    }
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
    /// Imported files have mistakes, file by file.
    #[error("{}", file_by_file(.0))]
    Imported(Vec<Diagnostics>),
}

fn file_by_file(mistakes: &[Diagnostics]) -> String {
    let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    mistakes.join("\n\n")
}

/// A configuration that was read, and what was imported for it.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What is in force.
    pub config: Config,
    /// The files that were imported, as they were named.
    pub imports: Vec<PathBuf>,
    /// The functions that were imported.
    pub functions: Vec<String>,
    /// What is to be told about the imported files: warnings, and what has no effect.
    pub notes: Vec<String>,
}

impl Config {
    /// The embedded defaults: what [`DEFAULT`] says.
    pub fn embedded() -> Self {
        default::config()
    }

    /// Reads the file at `path` over the defaults: `backlot.yaml`, or a file that can be imported.
    pub fn load(path: &Path) -> Result<Loaded, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        if Kind::of(path, &text).is_some() {
            return Self::load_imports(&[path.to_owned()]);
        }
        Self::read_over_imports(&SourceFile::new(path, text), &Surroundings::real())
    }

    /// Reads files that can be imported over the defaults.
    pub fn load_imports(files: &[PathBuf]) -> Result<Loaded, Error> {
        let mut imported = Imported::default();
        for file in files {
            let added = imported.add(file, &Surroundings::real());
            added.map_err(|source| Error::Unreadable {
                path: file.clone(),
                source,
            })?;
        }
        let loaded = Self::of_imports(imported)?;
        let imports = files.to_vec();
        Ok(Loaded { imports, ..loaded })
    }

    /// What was imported, over the defaults.
    pub fn of_imports(mut imported: Imported) -> Result<Loaded, Error> {
        let (config, mistakes) = Self::default().over_imported(&mut imported);
        if mistakes.is_empty() {
            return Ok(imported.loaded(config, Vec::new()));
        }
        Err(Error::Imported(mistakes))
    }

    /// Makes relative paths of functions mean what they mean beside the file in `folder`, which says them.
    pub fn anchor(&mut self, folder: &Path) {
        for (_, function) in &mut self.functions {
            function.anchor(folder);
        }
    }

    /// Gives functions that do not say where their code is the folder of their project.
    pub fn place_code(&mut self, project: &Path) {
        for (_, function) in &mut self.functions {
            function.code.get_or_insert_with(|| project.join("."));
        }
    }

    /// The defaults for a project that says `written`: one that names functions has those and no others.
    fn defaults_for(written: &Self) -> Self {
        let mut defaults = Self::embedded();
        if !written.functions.is_empty() {
            defaults.functions.clear();
            let triggers = &mut defaults.triggers;
            triggers.retain(|_, function| written.functions.contains_key(function));
        }
        defaults
    }

    /// This layer over what was imported, over the defaults; and the mistakes in the imported files.
    fn over_imported(&self, imported: &mut Imported) -> (Self, Vec<Diagnostics>) {
        let layers = self.clone().over(imported.layer());
        let mut defaults = Self::defaults_for(&layers);
        if !imported.functions().is_empty() {
            // What makes imported functions run is what their file says.
            defaults.triggers.clear();
        }
        let mut whole = layers.over(defaults);
        let buckets = whole.buckets.get_or_insert_default();
        for bucket in imported.buckets() {
            if !buckets.contains(&bucket) {
                buckets.push(bucket);
            }
        }
        let mistakes = imported.mistakes(self, &whole);
        (whole, mistakes)
    }

    /// Reads one text over the defaults. Files that it names are beside it.
    pub fn read(source: &SourceFile) -> Result<Self, Error> {
        let loaded = Self::read_over_imports(source, &Surroundings::real())?;
        Ok(loaded.config)
    }

    /// Reads one text over what it imports, over the defaults.
    pub fn read_over_imports(
        source: &SourceFile,
        surroundings: &Surroundings<'_>,
    ) -> Result<Loaded, Error> {
        let folder = source.path.parent().unwrap_or(Path::new(""));
        let mut written: Self = yaml::parse(source).map_err(Error::Mistakes)?;
        written.anchor(folder);
        let mut found = stub::complete(&mut written.stubs, folder);
        let mut imported = Imported::default();
        let named = written.import.iter().flat_map(|import| &import.0);
        let mut imports = Vec::new();
        for named in named {
            let path = folder.join(&named.value);
            match imported.add(&path, surroundings) {
                Ok(()) => imports.push(path),
                Err(error) => {
                    let title = format!("`{}` cannot be read: {error}", path.display());
                    let hint = "files to import are looked for beside the file that names them";
                    found.push(yaml::at(&named.referenced, title).hint(hint));
                }
            }
        }
        let (whole, mistakes) = written.over_imported(&mut imported);
        found.extend(check::check(&written, &whole));
        if found.is_empty() && mistakes.is_empty() {
            return Ok(imported.loaded(whole, imports));
        }
        if found.is_empty() {
            return Err(Error::Imported(mistakes));
        }
        found.sort_by_key(|mistake| mistake.span);
        Err(Error::Mistakes(Diagnostics {
            source: source.clone(),
            found,
        }))
    }
}

impl Layer for Config {
    fn over(self, mut below: Self) -> Self {
        for (name, function) in &self.functions {
            // What replaces the function of the defaults has nothing of it, such as its variables.
            if function.says_what_runs()
                && below.functions.get(name) == Self::embedded().functions.get(name)
            {
                below.functions.remove(name);
            }
        }
        let triggers = &mut below.triggers;
        triggers.retain(|_, function| !self.functions.is_removed(function));
        self.each_key_over(below)
    }
}

impl Layer for AccountConfig {
    fn over(self, below: Self) -> Self {
        self.each_key_over(below)
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
    fn every_key_has_its_name_and_its_description() {
        let all = [
            Config::KEYS,
            AccountConfig::KEYS,
            MpsConfig::KEYS,
            ArchiveConfig::KEYS,
            FunctionConfig::KEYS,
        ]
        .concat();
        for key in &all {
            assert!(
                key.about().ends_with('.'),
                "`{}`: {}",
                key.name(),
                key.about()
            );
        }
        assert!(all.iter().any(|key| key.name() == "cos-triggers"));
    }

    #[test]
    fn a_typo_is_shown_with_its_place_and_the_nearest_name() {
        let text = mistake("functions:\n  archive:\n    timeuot: 3s\n");
        assert!(text.contains("unknown field `timeuot`"), "{text}");
        assert!(text.contains("backlot.yaml:3:5"), "{text}");
        assert!(text.contains("did you mean `timeout`?"), "{text}");
    }

    fn read(text: &str) -> Config {
        Config::read(&SourceFile::new(FILE_NAME, text)).unwrap()
    }

    fn names<T>(by_name: &ByName<T>) -> Vec<&str> {
        by_name.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_project_that_names_functions_has_those_and_no_others() {
        let config = read("functions: { backup: { command: ./loop } }\n");
        assert_eq!(names(&config.functions), ["backup"]);
        assert!(config.triggers.is_empty(), "{:?}", config.triggers);

        let config = read("functions: { archive: { command: ./loop } }\n");
        assert_eq!(config.functions["archive"].environment.len(), 0);
        assert_eq!(config.functions["archive"].handler, None);
        assert_eq!(names(&config.triggers), ["EditMediaTask", "WorkflowTask"]);
    }

    #[test]
    fn null_removes_a_function_with_its_triggers() {
        let config = read("functions: { archive: null }\n");
        assert!(config.functions.is_empty() && config.triggers.is_empty());
    }

    #[test]
    fn triggers_merge_and_null_says_that_no_function_gets_a_type() {
        let config = read("triggers: { EditMediaTask: null }\n");
        assert_eq!(names(&config.triggers), ["WorkflowTask"]);
        assert!(config.triggers.is_removed("EditMediaTask"));
    }

    #[test]
    fn a_scenario_that_replaces_the_default_function_has_nothing_of_it() {
        let layer: Config = yaml::parse(&SourceFile::new(
            "scenario",
            "functions: { archive: { runtime: Python3.10 } }\n",
        ))
        .unwrap();
        let archive = &layer.over(Config::embedded()).functions["archive"];
        assert_eq!((&archive.cargo, archive.environment.len()), (&None, 0));
    }

    #[test]
    fn an_unknown_type_of_event_is_a_mistake_at_its_place() {
        let text = mistake("triggers:\n  WorkflowTsk: archive\n");
        assert!(text.contains("backlot.yaml:2:"), "{text}");
        assert!(text.contains("did you mean `WorkflowTask`?"), "{text}");
    }

    #[test]
    fn an_unknown_runtime_is_a_mistake_at_its_place() {
        let text = mistake("functions:\n  a:\n    runtime: Java8\n");
        assert!(
            text.contains("the runtime `Java8` is not supported"),
            "{text}"
        );
        assert!(text.contains("backlot.yaml:3:14"), "{text}");
        assert!(text.contains("use `CustomRuntime`"), "{text}");
        let text = mistake("functions:\n  a: { runtime: Python3.10, command: ./loop }\n");
        assert!(text.contains("calls a handler"), "{text}");
        let text = mistake("functions:\n  a: { runtime: Python3.10, handler: index }\n");
        assert!(text.contains("must name a file and a function"), "{text}");
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
    fn a_trigger_that_is_not_in_force_conflicts_with_none() {
        let text = "functions:\n  archive:\n    cos-triggers:\n      - { bucket: media-in-1250000000 }\n      \
                    - { bucket: media-in-1250000000, prefix: in/, enabled: false }\n";
        Config::read(&SourceFile::new(FILE_NAME, text)).unwrap();
    }

    #[test]
    fn a_bad_value_says_what_was_expected() {
        let text = mistake("functions:\n  archive:\n    timeout: 3\n");
        assert!(text.contains("`3` is not a length of time"), "{text}");
        assert!(text.contains("backlot.yaml:3:14"), "{text}");
    }
}
