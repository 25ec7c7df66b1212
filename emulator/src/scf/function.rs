//! The settings of a function: its code, its limits, and what happens to events on which it fails.
//!
//! Follows: SCF reference, sections 1, 4.2, 10.1 and 17.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::concurrency::Limits;
use super::function_key::FunctionKey;
use super::launcher::{InProcess, PlatformFolders};
use super::package::{LAYERS_LIMIT, Layers, Package, PackageError};
use super::shim::{HandlerRuntime, NotAHandler};
use backlot_base::signal::{DEFAULT_NAMESPACE, FunctionTarget, LATEST};

/// Names that user variables must not begin with.
const RESERVED_PREFIXES: [&str; 3] = ["SCF_", "QCLOUD_", "TENCENTCLOUD_"];
/// All user variables together, in bytes.
const ENVIRONMENT_LIMIT: usize = 4 * 1024;
/// What a large region has for all instances, without what cannot be reserved, in MB.
const RESERVED_LIMIT: u64 = 128_000 - 12_800;

/// How long an instance without an event is kept unless set otherwise.
///
/// Choice: the platform's time is not documented and changes. Follows: SCF reference, section 2.
const IDLE_LIFE: Duration = Duration::from_secs(300);

/// A function as it was configured. [`Function::check`] says whether SCF would accept it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
#[derive(Clone, Debug)]
pub struct Function {
    /// 2–60 letters, digits, `-` or `_`; begins with a letter and does not end in `-` or `_`.
    pub name: String,
    /// The namespace; `default` always exists.
    pub namespace: String,
    /// The version: `$LATEST`, or the number of one that was published.
    pub version: String,
    /// What is run.
    pub code: Code,
    /// The package that the code was unpacked from, and whose folder it is in. The folder exists as long as something runs
    /// on it.
    pub package: Option<Arc<Package>>,
    /// Whether the code is at `/var/user`, where it cannot be written to, if the system allows it; if `None`, that of a package
    /// is.
    pub read_only: Option<bool>,
    /// Folders and zip files whose content is at `/opt`, later ones over earlier ones.
    pub layers: Vec<PathBuf>,
    /// The layers in one folder, once the function is [unpacked](Function::unpacked).
    pub merged_layers: Option<Arc<Layers>>,
    /// `Handler`: a file and a function in it, such as `index.main_handler`; for code that asks for events itself, free text
    /// that is passed in `_HANDLER`.
    pub handler: String,
    /// `MemorySize` in MB: 64, or a multiple of 128 up to 3072.
    pub memory_mb: u32,
    /// `Timeout`: 1–900 whole seconds from an event's dispatch to its result, up to 86400 with `async_run`.
    pub timeout: Duration,
    /// `InitTimeout`: 3–300 whole seconds from the start of a process to its first `ready`.
    pub init_timeout: Duration,
    /// User variables, in the order in which they were written.
    pub environment: Vec<(String, String)>,
    /// Whether it runs in a role: without one it gets no credentials.
    pub has_role: bool,
    /// `AsyncRunEnable`: every event runs asynchronously, for as long as a day, and a failure is neither retried nor put
    /// into the dead-letter queue.
    pub async_run: bool,
    /// `RetryNum`: 0, 1 or 2.
    pub retry_num: u8,
    /// `MsgTTL`: 60–21600 whole seconds for which an event may be retried.
    pub msg_ttl: Duration,
    /// The dead-letter queue's name, if there is one.
    pub dead_letter: Option<String>,
    /// How many instances may run at the same time, while further events wait; 0 switches the function off.
    pub instances: usize,
    /// `ReservedConcurrencyMem` in MB: how much memory all instances together may have. It replaces `instances`, and an
    /// event without room is not kept waiting but ends with 432. 0 switches the function off.
    pub reserved_mb: Option<u64>,
    /// How long an instance without an event is kept; for ever if `None`.
    pub idle_life: Option<Duration>,
    /// Whether an instance is frozen between its answer and the next event.
    pub freeze: bool,
    /// Whether debug lines that installed Python packages log are printed, as on the platform.
    pub library_logs: bool,
    /// Whether an instance has a `/tmp` of its own, where the system and the program of this process allow it.
    pub private_tmp: bool,
    /// Whether people debug it: time limits do not count, and an instance reads this process's standard input.
    pub is_debugged: bool,
    /// Real time from the fetch of an event after which the time limit is charged to the stage's clock; the limit itself,
    /// from the event's dispatch, if `None`.
    pub timeout_after: Option<Duration>,
    /// Real time from the start of a process after which the init window is charged to the stage's clock; `init_timeout`
    /// itself if `None`.
    pub init_timeout_after: Option<Duration>,
}

/// What is run.
#[derive(Clone, Debug)]
pub enum Code {
    /// A command in a folder.
    Command {
        /// The program and its arguments. A name without a slash is looked up in `PATH`.
        command: Vec<String>,
        /// The working folder; a zip file until the function is [unpacked](Function::unpacked).
        dir: PathBuf,
    },
    /// A folder with an executable file `bootstrap`.
    Folder(PathBuf),
    /// A folder with the file that `handler` names.
    Handler {
        /// What calls the handler.
        runtime: HandlerRuntime,
        /// The folder of the code, which is the working folder.
        dir: PathBuf,
    },
    /// A future in this process.
    InProcess(InProcess),
}

impl Code {
    /// The folder of the code; none for code in this process.
    pub fn dir(&self) -> Option<&Path> {
        match self {
            Self::Command { dir, .. } | Self::Folder(dir) | Self::Handler { dir, .. } => Some(dir),
            Self::InProcess(_) => None,
        }
    }

    /// Moves the code to another folder. Code in this process has none, and stays.
    pub fn place(&mut self, folder: PathBuf) {
        match self {
            Self::Command { dir, .. } | Self::Folder(dir) | Self::Handler { dir, .. } => {
                *dir = folder;
            }
            Self::InProcess(_) => {}
        }
    }

    /// What is run, as people know it: the command without the folders of its words, as these differ from machine to
    /// machine.
    pub(super) fn program(&self) -> String {
        let Self::Command { command, .. } = self else {
            return "bootstrap".to_owned();
        };
        let words = command.iter().map(|word| match word.rsplit_once('/') {
            Some((_, name)) if word.starts_with('/') => name,
            _ => word.as_str(),
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A function that SCF would refuse, with every reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidFunction {
    /// Its name.
    pub function: String,
    /// What is wrong with it, in the order of the fields.
    pub mistakes: Vec<Mistake>,
}

/// One thing that is wrong with a function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// The name breaks the rule.
    #[error(
        "the name `{0}` must have 2 to 60 letters, digits, `-` or `_`, begin with a letter and not end in `-` or `_`"
    )]
    Name(String),
    /// The namespace breaks the rule.
    #[error("the namespace `{0}` must have 1 to 30 letters, digits, `-` or `_`")]
    Namespace(String),
    /// There is no program to run.
    #[error("the command is empty")]
    NoCommand,
    /// The handler does not name a function of a file.
    #[error(transparent)]
    Handler(#[from] NotAHandler),
    /// SCF does not offer the memory size.
    #[error("the memory size of {0} MB must be 64 or a multiple of 128 up to 3072")]
    Memory(u32),
    /// A limit is outside its range or not in whole seconds.
    #[error("the {what} of {found:?} must be {least} to {most} whole seconds")]
    Limit {
        /// The name of the limit.
        what: &'static str,
        /// What was given.
        found: Duration,
        /// The smallest allowed value, in seconds.
        least: u64,
        /// The largest allowed value, in seconds.
        most: u64,
    },
    /// A variable's name is not allowed.
    #[error("the variable `{0}` must begin with a letter and have only letters, digits and `_`")]
    VariableName(String),
    /// A variable's name is the platform's.
    #[error(
        "the variable `{0}` begins with a prefix that is reserved: `SCF_`, `QCLOUD_` or `TENCENTCLOUD_`"
    )]
    VariableReserved(String),
    /// A variable's value cannot be passed to a process.
    #[error("the variable `{0}` has a zero byte in its value")]
    VariableValue(String),
    /// The variables are too many or too long.
    #[error("the variables have {0} bytes together, more than 4096")]
    Environment(usize),
    /// More retries than SCF offers.
    #[error("the number of retries {0} must be 0, 1 or 2")]
    RetryNum(u8),
    /// More layers than SCF offers.
    #[error("the {0} layers are more than {LAYERS_LIMIT}")]
    Layers(usize),
    /// More memory than a region lets its functions reserve.
    #[error(
        "the reserved concurrency needs {0} MB, more than the {RESERVED_LIMIT} MB that can be reserved"
    )]
    Reserved(u64),
}

impl Function {
    /// A function that runs `command` in `dir`, with the defaults of the API.
    pub fn command<I, S>(name: impl Into<String>, command: I, dir: impl Into<PathBuf>) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        let command = command.into_iter().map(Into::into).collect();
        let dir = dir.into();
        Self::new(name, Code::Command { command, dir })
    }

    /// A function that runs the file `bootstrap` of a folder, with the defaults of the API.
    pub fn folder(name: impl Into<String>, dir: impl Into<PathBuf>) -> Self {
        Self::new(name, Code::Folder(dir.into()))
    }

    /// A function whose handler `runtime` calls, with the defaults of the API. The file is in `dir`.
    pub fn handler(
        name: impl Into<String>,
        runtime: HandlerRuntime,
        handler: impl Into<String>,
        dir: impl Into<PathBuf>,
    ) -> Self {
        let dir = dir.into();
        Self {
            handler: handler.into(),
            ..Self::new(name, Code::Handler { runtime, dir })
        }
    }

    /// A function that is a future in this process, with the defaults of the API.
    pub fn in_process(name: impl Into<String>, code: InProcess) -> Self {
        Self::new(name, Code::InProcess(code))
    }

    fn new(name: impl Into<String>, code: Code) -> Self {
        Self {
            name: name.into(),
            namespace: DEFAULT_NAMESPACE.into(),
            version: LATEST.into(),
            code,
            package: None,
            read_only: None,
            layers: Vec::new(),
            merged_layers: None,
            handler: "index.main_handler".into(),
            memory_mb: 128,
            timeout: Duration::from_secs(3),
            init_timeout: Duration::from_secs(65),
            environment: Vec::new(),
            has_role: false,
            async_run: false,
            retry_num: 2,
            msg_ttl: Duration::from_secs(21_600),
            dead_letter: None,
            instances: 1,
            reserved_mb: None,
            idle_life: Some(IDLE_LIFE),
            freeze: true,
            library_logs: false,
            private_tmp: true,
            is_debugged: false,
            timeout_after: None,
            init_timeout_after: None,
        }
    }

    /// The function with its code unpacked, if that is a zip file, and its layers merged. Reads and writes files: call it where that may block.
    pub fn unpacked(mut self) -> Result<Self, PackageError> {
        if let Some(zip) = self.code.dir().filter(|dir| dir.is_file()) {
            let package = Package::open(zip)?;
            self.code.place(package.code());
            self.package = Some(package);
        }
        if !self.layers.is_empty() {
            self.merged_layers = Some(Arc::new(Layers::merge(&self.layers)?));
        }
        Ok(self)
    }

    /// What instances find at `/var/user` and `/opt`.
    pub(super) fn platform_folders(&self) -> PlatformFolders {
        let is_read_only = self.read_only.unwrap_or(self.package.is_some());
        let code = self.code.dir().filter(|_| is_read_only);
        let layers = self.merged_layers.as_ref();
        PlatformFolders {
            code: code.map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned())),
            layers: layers.map(|layers| layers.folder().to_owned()),
        }
    }

    /// The function as people debug it: without time limits, on one instance that is kept as it is.
    #[must_use]
    pub fn debugged(self) -> Self {
        Self {
            is_debugged: true,
            instances: 1,
            reserved_mb: None,
            idle_life: None,
            freeze: false,
            ..self
        }
    }

    /// By which it is found.
    pub fn key(&self) -> FunctionKey {
        FunctionKey {
            namespace: self.namespace.clone().into(),
            name: self.name.clone(),
        }
    }

    /// The event target that means this very version.
    pub(super) fn target(&self) -> FunctionTarget {
        FunctionTarget {
            namespace: self.namespace.clone().into(),
            function: self.name.clone(),
            qualifier: self.version.clone().into(),
        }
    }

    /// The function as its instances are named: with its version, unless that is the latest.
    pub(super) fn label(&self) -> String {
        let key = self.key();
        if self.version == LATEST {
            return key.to_string();
        }
        format!("{key}:{}", self.version)
    }

    /// Checks that SCF would accept the function; the error has everything that is wrong with it.
    pub fn check(&self) -> Result<(), InvalidFunction> {
        let mistakes: Vec<Mistake> = self.mistakes();
        if mistakes.is_empty() {
            return Ok(());
        }
        let function = self.name.clone();
        Err(InvalidFunction { function, mistakes })
    }

    /// What SCF would refuse of the settings.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        if !is_function_name(&self.name) {
            mistakes.push(Mistake::Name(self.name.clone()));
        }
        if !(1..=30).contains(&self.namespace.len()) || !self.namespace.bytes().all(is_word) {
            mistakes.push(Mistake::Namespace(self.namespace.clone()));
        }
        if let Code::Command { command, .. } = &self.code
            && command.first().is_none_or(String::is_empty)
        {
            mistakes.push(Mistake::NoCommand);
        }
        if let Code::Handler { runtime, .. } = &self.code
            && let Err(mistake) = runtime.entry_file(&self.handler)
        {
            mistakes.push(mistake.into());
        }
        let memory = self.memory_mb;
        if memory != 64 && !(memory.is_multiple_of(128) && (128..=3072).contains(&memory)) {
            mistakes.push(Mistake::Memory(memory));
        }
        let longest = if self.async_run { 86_400 } else { 900 };
        for (what, found, least, most) in [
            ("timeout", self.timeout, 1, longest),
            ("init timeout", self.init_timeout, 3, 300),
            ("age of an event", self.msg_ttl, 60, 21_600),
        ] {
            if found.subsec_nanos() != 0 || !(least..=most).contains(&found.as_secs()) {
                mistakes.push(Mistake::Limit {
                    what,
                    found,
                    least,
                    most,
                });
            }
        }
        mistakes.extend(environment_mistakes(&self.environment));
        if self.retry_num > 2 {
            mistakes.push(Mistake::RetryNum(self.retry_num));
        }
        if self.layers.len() > LAYERS_LIMIT {
            mistakes.push(Mistake::Layers(self.layers.len()));
        }
        if let Some(reserved) = self.reserved_mb.filter(|mb| *mb > RESERVED_LIMIT) {
            mistakes.push(Mistake::Reserved(reserved));
        }
        mistakes
    }

    /// How many events may run at once, and what happens to one too many.
    pub(super) fn limits(&self) -> Limits {
        Limits::new(self.instances, self.reserved_mb, self.idle_life)
    }

    /// Real time after which the init window counts as missed.
    pub(super) fn real_init_timeout(&self) -> Duration {
        self.init_timeout_after.unwrap_or(self.init_timeout)
    }
}

/// What SCF would refuse of user variables.
pub(super) fn environment_mistakes(variables: &[(String, String)]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for (name, value) in variables {
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            mistakes.push(Mistake::VariableName(name.clone()));
        }
        let mut reserved = RESERVED_PREFIXES.iter();
        if reserved.any(|prefix| name.starts_with(prefix)) {
            mistakes.push(Mistake::VariableReserved(name.clone()));
        }
        if value.contains('\0') {
            mistakes.push(Mistake::VariableValue(name.clone()));
        }
    }
    let sizes = variables
        .iter()
        .map(|(name, value)| name.len() + value.len());
    let total = sizes.sum();
    if total > ENVIRONMENT_LIMIT {
        mistakes.push(Mistake::Environment(total));
    }
    mistakes
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// 2–60 letters, digits, `-` or `_`; begins with a letter and does not end in `-` or `_`.
pub(super) fn is_function_name(name: &str) -> bool {
    (2..=60).contains(&name.len())
        && name.bytes().all(is_word)
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with(['-', '_'])
}

impl fmt::Display for InvalidFunction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "function `{}` is not valid: ", self.function)?;
        for (index, mistake) in self.mistakes.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(out, "{separator}{mistake}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function() -> Function {
        Function::command("archive", ["./bootstrap"], "/")
    }

    #[track_caller]
    fn mistakes(change: impl FnOnce(&mut Function)) -> Vec<Mistake> {
        let mut function = function();
        change(&mut function);
        function.check().unwrap_err().mistakes
    }

    #[test]
    fn the_defaults_are_valid() {
        function().check().unwrap();
    }

    #[test]
    fn names_follow_the_rule() {
        for name in ["a", "1a", "a-", "a_", "a b", "", &"a".repeat(61)] {
            let found = mistakes(|function| function.name = name.into());
            assert_eq!(found, [Mistake::Name(name.into())]);
        }
    }

    #[test]
    fn limits_are_checked() {
        let found = mistakes(|function| function.timeout = Duration::from_millis(1500));
        assert!(matches!(
            found[..],
            [Mistake::Limit {
                what: "timeout",
                ..
            }]
        ));
        let found = mistakes(|function| function.memory_mb = 192);
        assert_eq!(found, [Mistake::Memory(192)]);
        let found = mistakes(|function| function.retry_num = 3);
        assert_eq!(found, [Mistake::RetryNum(3)]);
        let found = mistakes(|function| function.reserved_mb = Some(115_328));
        assert_eq!(found, [Mistake::Reserved(115_328)]);
    }

    #[test]
    fn variables_are_checked_and_all_mistakes_are_told() {
        let mut function = function();
        function.environment = vec![
            ("TENCENTCLOUD_REGION".into(), String::new()),
            ("9".into(), String::new()),
            ("BIG".into(), "x".repeat(5000)),
        ];
        let error = function.check().unwrap_err();
        assert_eq!(error.mistakes.len(), 3);
        let text = error.to_string();
        assert!(
            text.starts_with("function `archive` is not valid: "),
            "{text}"
        );
        assert!(text.contains("more than 4096"), "{text}");
    }
}
