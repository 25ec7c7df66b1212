//! How a function is written in `backlot.yaml` and in scenarios. What is left out comes from the layer below.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_saphyr::Spanned;

use super::cls_trigger::ClsTriggerConfig;
use super::cos_trigger::CosTriggerConfig;
use super::layer::{Layer, layer};
use super::timer_trigger::TimerTriggerConfig;
use super::written::{Pause, Words};
use crate::scf::Function;
use crate::scf::shim::HandlerRuntime;
use backlot_base::signal::DEFAULT_NAMESPACE;

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
        /// The folder of the code, or a zip of it, relative to the file that says so; the project's folder if left out. It is
        /// the working folder.
        code: Option<PathBuf>,
        /// A command that makes the code: it runs in the folder of the code, or of the zip, before the first event.
        build: Option<String>,
        /// Folders or zips whose content is at `/opt`, relative to the file that says so; later ones over earlier ones.
        layers: Option<Vec<PathBuf>>,
        /// Whether the code is at `/var/user` and cannot be written to, as on the platform, where the system allows it; if left
        /// out, code from a zip is.
        read_only: Option<bool>,
        /// Whether `backlot up` puts changed code in place; true if left out.
        watch: Option<bool>,
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
        /// Whether every event runs asynchronously, for as long as a day, and its failure is neither retried nor put into the
        /// dead-letter queue; false if left out.
        async_run: Option<bool>,
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
        /// How long an instance without an event is kept; `5m` if left out, and `0s` makes every event start cold.
        idle_life: Option<Pause>,
        /// Whether an instance is frozen between its answer and the next event.
        freeze: Option<bool>,
        /// Whether debug lines that installed Python packages log are printed, as on the platform; false if left out.
        library_logs: Option<bool>,
        /// Whether it is debugged, as with `--debug`: no time limits, one instance that is kept, standard input.
        debug: Option<bool>,
        /// Which changes of objects make it run.
        cos_triggers: Option<Vec<Spanned<CosTriggerConfig>>>,
        /// When it runs by the clock.
        timer_triggers: Option<Vec<Spanned<TimerTriggerConfig>>>,
        /// Which log topics make it run.
        cls_triggers: Option<Vec<Spanned<ClsTriggerConfig>>>,
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
        for layer in self.layers.iter_mut().flatten() {
            *layer = folder.join(&layer);
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
        Some((runtime, handler.unwrap_or(runtime.default_handler())))
    }

    /// The function as SCF creates it. A name with a slash begins with its namespace. Its settings are not checked yet.
    pub fn function(&self, name: &str) -> Function {
        let dir = self.code.clone().unwrap_or_else(|| PathBuf::from("."));
        let dir = std::path::absolute(&dir).unwrap_or(dir);
        let (namespace, name) = name.split_once('/').unwrap_or((DEFAULT_NAMESPACE, name));
        let mut function = match (&self.command, self.to_call()) {
            (Some(command), _) => Function::command(name, program(&command.0), dir),
            (None, Some((runtime, handler))) => Function::handler(name, runtime, handler, dir),
            (None, None) => Function::folder(name, dir),
        };
        namespace.clone_into(&mut function.namespace);
        if let Some(handler) = &self.handler {
            function.handler.clone_from(handler);
        }
        function.environment = self.environment.clone().into_iter().collect();
        function.read_only = self.read_only;
        function.layers = self.layers.clone().unwrap_or_default();
        function.has_role = self.role.unwrap_or(true);
        function.dead_letter.clone_from(&self.dead_letter);
        function.library_logs = self.library_logs.unwrap_or(false);
        set(&mut function.private_tmp, self.private_tmp);
        set(&mut function.freeze, self.freeze);
        if let Some(Pause(life)) = self.idle_life {
            function.idle_life = Some(life);
        }
        self.set_limits(&mut function);
        if self.debug == Some(true) {
            return function.debugged();
        }
        function
    }

    fn set_limits(&self, function: &mut Function) {
        let limit = |pause: Option<Pause>| pause.map(|pause| pause.0);
        set(&mut function.memory_mb, self.memory);
        set(&mut function.timeout, limit(self.timeout));
        set(&mut function.init_timeout, limit(self.init_timeout));
        function.timeout_after = limit(self.timeout_after);
        function.init_timeout_after = limit(self.init_timeout_after);
        set(&mut function.async_run, self.async_run);
        set(&mut function.retry_num, self.retries);
        set(&mut function.msg_ttl, limit(self.event_age));
        set(
            &mut function.instances,
            self.instances.map(|most| most as usize),
        );
        let memory = u64::from(function.memory_mb);
        function.reserved_mb = self
            .reserved_concurrency
            .map(|most| u64::from(most) * memory);
    }
}

/// What is left out stays as the API has it.
fn set<T>(value: &mut T, written: Option<T>) {
    if let Some(written) = written {
        *value = written;
    }
}

/// The command with its program made absolute if it is a path, because the function runs in a folder of its own.
fn program(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    if let Some(first) = words.first_mut().filter(|first| first.contains('/'))
        && let Ok(path) = std::path::absolute(Path::new(first))
    {
        *first = path.to_string_lossy().into_owned();
    }
    words
}

impl Layer for FunctionConfig {
    fn over(self, mut below: Self) -> Self {
        // They are alternatives: one of this layer replaces those of the layer below.
        if self.says_what_runs() {
            (below.command, below.cargo, below.runtime) = (None, None, None);
            below.build = None;
        }
        if self.instances.is_some() || self.reserved_concurrency.is_some() {
            (below.instances, below.reserved_concurrency) = (None, None);
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
        let reserved = FunctionConfig {
            reserved_concurrency: Some(2),
            ..FunctionConfig::default()
        };
        let instances = FunctionConfig {
            instances: Some(3),
            ..FunctionConfig::default()
        };
        let instances = instances.over(reserved);
        assert_eq!(
            instances.reserved_concurrency, None,
            "neither do they add up"
        );
        assert_eq!(both.memory, Some(128));
        assert_eq!(both.environment["A"], "1");
        assert_eq!(both.environment["B"], "2");
    }
}
