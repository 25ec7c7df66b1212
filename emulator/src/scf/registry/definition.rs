//! Everything that the API says of one version of a function, beside what runs.
//!
//! Follows: SCF reference, sections 1 and 15.2. A definition is kept as JSON with the names of the API.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::function::{Code, Function};
use super::super::runtime::Runtime;
use super::super::shim::{HandlerRuntime, UnknownRuntime};

/// The role of a configured function that has one. Choice: the configuration does not name it.
const CONFIGURED_ROLE: &str = "SCF_ExecuteRole";

/// One version of a function as the API knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Definition {
    /// For people.
    pub description: String,
    /// For example `Python3.10`.
    pub runtime: String,
    /// For example `index.main_handler`.
    pub handler: String,
    /// MB.
    pub memory_size: u32,
    /// Seconds.
    pub timeout: u64,
    /// Seconds.
    pub init_timeout: u64,
    /// The user's variables, in their order.
    pub environment: Vec<(String, String)>,
    /// The execution role; empty if it has none.
    pub role: String,
    /// Where events go that are given up.
    pub dead_letter: Option<DeadLetterConfig>,
    /// How often a failed event is tried again.
    pub retry_num: u8,
    /// Seconds for which an event may be retried.
    pub msg_ttl: u64,
    /// Whether every event runs asynchronously, for as long as a day. Fixed at creation.
    #[serde(default)]
    pub async_run: bool,
    /// The names of its layers, which the configuration says: later ones over earlier ones.
    #[serde(default)]
    pub layers: Vec<String>,
    /// Set or not, and returned; nothing here depends on it.
    pub details: Details,
    /// Where the code comes from.
    pub code: CodeSource,
    /// When the function was created.
    pub added: Timestamp,
    /// When the version was last changed.
    pub modified: Timestamp,
}

/// Where events go that are given up. The members are the API's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeadLetterConfig {
    /// `CMQ-TOPIC`, `CMQ-QUEUE`, `topic` or `queue`.
    pub r#type: String,
    /// The name of the queue or topic.
    pub name: String,
    /// Of a topic.
    pub filter_type: String,
}

/// Settings that are kept and returned, and have no effect in the emulator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Details {
    /// Tags: key and value.
    pub tags: Vec<(String, String)>,
    /// Where logs are delivered.
    pub cls_logset_id: String,
    /// Where logs are delivered.
    pub cls_topic_id: String,
    /// The private network.
    pub vpc_id: String,
    /// The private network.
    pub subnet_id: String,
    /// Whether dependencies are installed by the platform.
    pub install_dependency: bool,
    /// Whether the state of calls in the background is kept.
    pub trace: bool,
    /// Whether public networks cannot be reached.
    pub no_public_net: bool,
}

/// Where the code of a version comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub enum CodeSource {
    /// The configuration says so.
    Configured,
    /// A package that was uploaded.
    Package {
        /// In lower-case hexadecimal; names the package.
        sha256: String,
        /// Bytes of the package.
        size: u64,
    },
}

impl CodeSource {
    /// The digest of a package.
    pub fn sha256(&self) -> Option<&str> {
        match self {
            Self::Configured => None,
            Self::Package { sha256, .. } => Some(sha256),
        }
    }

    /// Bytes of the package; 0 for code that was configured.
    pub fn size(&self) -> u64 {
        match self {
            Self::Configured => 0,
            Self::Package { size, .. } => *size,
        }
    }
}

impl Definition {
    /// A configured function, which exists since `at`.
    pub fn of(function: &Function, at: Timestamp) -> Self {
        let role = if function.has_role {
            CONFIGURED_ROLE
        } else {
            ""
        };
        let dead_letter = function.dead_letter.as_ref();
        Self {
            description: String::new(),
            runtime: Runtime::of(&function.code).name().to_owned(),
            handler: function.handler.clone(),
            memory_size: function.memory_mb,
            timeout: function.timeout.as_secs(),
            init_timeout: function.init_timeout.as_secs(),
            environment: function.environment.clone(),
            role: role.to_owned(),
            dead_letter: dead_letter.map(|name| DeadLetterConfig {
                r#type: "CMQ-QUEUE".to_owned(),
                name: name.clone(),
                filter_type: String::new(),
            }),
            retry_num: function.retry_num,
            msg_ttl: function.msg_ttl.as_secs(),
            async_run: function.async_run,
            layers: function
                .layers
                .iter()
                .map(|path| layer_name(path))
                .collect(),
            details: Details::default(),
            code: CodeSource::Configured,
            added: at,
            modified: at,
        }
    }

    /// `base` with the settings of this definition. Its code stays.
    pub fn over(&self, base: Function) -> Function {
        Function {
            handler: self.handler.clone(),
            memory_mb: self.memory_size,
            timeout: Duration::from_secs(self.timeout),
            init_timeout: Duration::from_secs(self.init_timeout),
            environment: self.environment.clone(),
            has_role: !self.role.is_empty(),
            retry_num: self.retry_num,
            msg_ttl: Duration::from_secs(self.msg_ttl),
            async_run: self.async_run,
            dead_letter: self.dead_letter.as_ref().map(|queue| queue.name.clone()),
            ..base
        }
    }

    /// What runs of a package that is unpacked in `dir`.
    pub fn code_in(&self, dir: &Path) -> Result<Code, UnknownRuntime> {
        let dir = dir.to_owned();
        Ok(match HandlerRuntime::parse(&self.runtime)? {
            Some(runtime) => Code::Handler { runtime, dir },
            None => Code::Folder(dir),
        })
    }
}

/// The name of a layer: that of its folder or zip, without the ending.
fn layer_name(path: &Path) -> String {
    let name = path.file_stem().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_function_is_the_same_after_its_definition() {
        let function = Function {
            has_role: true,
            dead_letter: Some("lost".into()),
            environment: vec![("B".into(), "1".into()), ("A".into(), "2".into())],
            reserved_mb: Some(256),
            async_run: true,
            ..Function::folder("archive", "/code")
        };
        let definition = Definition::of(&function, Timestamp::UNIX_EPOCH);
        let again = definition.over(function.clone());
        assert_eq!(format!("{function:?}"), format!("{again:?}"));
        let text = serde_json::to_string(&definition).unwrap();
        let kept: Definition = serde_json::from_str(&text).unwrap();
        assert_eq!(kept, definition);
    }

    #[test]
    fn the_runtime_says_how_a_package_is_run() {
        let function = Function::folder("archive", "/");
        let mut definition = Definition::of(&function, Timestamp::UNIX_EPOCH);
        let code = definition.code_in(Path::new("/unpacked")).unwrap();
        assert!(matches!(code, Code::Folder(dir) if dir == Path::new("/unpacked")));
        definition.runtime = "Python3.10".into();
        let code = definition.code_in(Path::new("/unpacked")).unwrap();
        assert!(matches!(code, Code::Handler { .. }));
        definition.runtime = "Cobol".into();
        assert!(definition.code_in(Path::new("/unpacked")).is_err());
    }
}
