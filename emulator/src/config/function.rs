//! How a function is written in `backlot.yaml` and in scenarios. What is left out comes from the layer below.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_saphyr::Spanned;

use super::cos_trigger::CosTriggerConfig;
use super::layer::{Layer, layer};
use super::written::{Pause, Words};
use crate::scf::shim::HandlerRuntime;

layer! {
    /// A function as written.
    pub struct FunctionConfig {
        /// What to run: the program, relative to the file that says so, and its arguments.
        command: Option<Words>,
        /// A cargo package whose binary `bootstrap` is built and run; an alternative to `command`.
        cargo: Option<String>,
        /// The runtime that calls `handler`, such as `Python3.10` or `Nodejs18.15`; an alternative to `command`. With
        /// `CustomRuntime`, or none, the executable file `bootstrap` is run.
        runtime: Option<Spanned<String>>,
        /// The folder of the code, relative to the file that says so; the project's folder if left out. It is the working folder.
        code: Option<PathBuf>,
        /// A file and a function in it, such as `index.main_handler`. Other code finds it in `_HANDLER`.
        handler: Option<String>,
        /// Memory size in MB.
        memory: Option<u32>,
        /// How long an invocation may take.
        timeout: Option<Pause>,
        /// How long the start may take.
        init_timeout: Option<Pause>,
        /// Real time after which an invocation counts as timed out; the whole `timeout` passes on the clock.
        timeout_after: Option<Pause>,
        /// Real time after which a start counts as timed out; the whole `init-timeout` passes on the clock.
        init_timeout_after: Option<Pause>,
        /// User variables. They add to those of the layer below.
        environment: BTreeMap<String, String>,
        /// Whether the function has an execution role, and so temporary credentials.
        role: Option<bool>,
        /// How often a failed event is tried again: 0, 1 or 2.
        retries: Option<u8>,
        /// How old an event may become in the queue.
        event_age: Option<Pause>,
        /// The dead-letter queue that takes events which are given up.
        dead_letter: Option<String>,
        /// How many instances may run at the same time; further events wait.
        instances: Option<u32>,
        /// How many events may run at the same time; further ones end with 432. Replaces `instances`.
        reserved_concurrency: Option<u32>,
        /// Whether an instance has a `/tmp` of its own, where the system allows it; true if left out.
        private_tmp: Option<bool>,
        /// Whether an instance is frozen between its answer and the next event.
        freeze: Option<bool>,
        /// Whether debug lines that installed Python packages log are printed, as on the platform; false if left out.
        library_logs: Option<bool>,
        /// Which changes of objects make it run.
        cos_triggers: Option<Vec<Spanned<CosTriggerConfig>>>,
    }
}

impl FunctionConfig {
    /// Whether it says what is run: a command, a package or a handler.
    pub fn says_what_runs(&self) -> bool {
        self.command.is_some() || self.cargo.is_some() || self.runtime.is_some()
    }

    /// Makes relative paths mean what they mean in `folder`: that of the code, and that of a program. A program without a slash
    /// is looked up in `PATH`; arguments are passed as they are.
    pub(super) fn anchor(&mut self, folder: &Path) {
        if let Some(code) = &mut self.code {
            *code = folder.join(&code);
        }
        let program = self.command.as_mut().and_then(|words| words.0.first_mut());
        if let Some(program) = program.filter(|program| program.contains('/')) {
            *program = folder.join(&program).to_string_lossy().into_owned();
        }
    }

    /// The runtime that calls its handler, and the handler; `None` for code that asks for events itself.
    pub fn to_call(&self) -> Option<(HandlerRuntime, &str)> {
        let runtime = self.runtime.as_ref()?;
        let runtime = HandlerRuntime::parse(&runtime.value).ok()??;
        let handler = self.handler.as_deref();
        Some((runtime, handler.unwrap_or("index.main_handler")))
    }
}

impl Layer for FunctionConfig {
    fn over(self, mut below: Self) -> Self {
        // They are alternatives: one of this layer replaces those of the layer below.
        if self.says_what_runs() {
            (below.command, below.cargo, below.runtime) = (None, None, None);
        }
        self.each_key_over(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_comes_from_below() {
        let below = FunctionConfig {
            cargo: Some("backlot-handler".into()),
            memory: Some(128),
            environment: BTreeMap::from([("A".into(), "1".into()), ("B".into(), "1".into())]),
            ..FunctionConfig::default()
        };
        let above = FunctionConfig {
            command: Some(Words(vec!["python3".into()])),
            environment: BTreeMap::from([("B".into(), "2".into())]),
            ..FunctionConfig::default()
        };
        let both = above.over(below);
        assert_eq!(both.cargo, None, "a command replaces the package");
        assert_eq!(both.memory, Some(128));
        assert_eq!(both.environment["A"], "1");
        assert_eq!(both.environment["B"], "2");
    }
}
