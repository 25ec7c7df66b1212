//! One process that takes the invocations of one function, from its start to its end.
//!
//! Windows are measured in real time, as the process lives in real time; [`super::attempt_run`] charges a missed one to
//! the stage's clock.
//!
//! Follows: SCF reference, sections 2 and 3.6.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::after_answer::{Answered, Open, Rest};
use super::assignment::{Assignment, Awaited, End};
use super::credentials;
use super::environment::Environment;
use super::exchange::{Exchange, Freezing, Loaded};
use super::function::Function;
use super::function_runtime::FunctionRuntime;
use super::launcher::{LaunchError, LaunchRequest, Launched, Process};
use super::outcome::Missed;
use super::output::{LogLines, Output};
use super::process_tree::ProcessTree;
use super::runtime_api::{Client, Port, RuntimeApi};
use super::shared_tmp;
use backlot_base::clock::{Clock, Elapsed, Stopwatch, Window};
use backlot_base::scratch::Scratch;
use backlot_http::auth::{Acting, Keyring, Principal};

/// How long reading what an ended process has sent may take, in real time. Its bytes are on this machine already; only a
/// descendant that left the process group and kept a connection makes it take that long.
const DRAINING: Duration = Duration::from_secs(1);
/// How long the descendants of a killed process may take to end, in real time. Only a descendant that left the process
/// group, and so was not killed, makes it take that long.
const GOING: Duration = Duration::from_secs(1);
/// How long an idle process that is about to be stopped may take to ask for another event, in real time.
const SETTLING: Duration = Duration::from_millis(100);

/// The time between two looks at the memory of an instance, in real time. A look reads several files of the system.
const MEMORY_LOOKS: Duration = Duration::from_millis(50);

/// A running process. Dropping it kills all that it started and makes its credentials invalid.
#[derive(Debug)]
pub(super) struct Instance {
    name: String,
    // The order matters on drop: first the process, then what it uses.
    process: Box<dyn Process>,
    api: RuntimeApi,
    exchange: Arc<Exchange>,
    output: Arc<Output>,
    pass: InstanceCredentials,
    ready: Option<oneshot::Receiver<Loaded>>,
    /// The execution window of the present event.
    window: Window,
    /// How many results there were.
    served: u64,
    /// Its processes, if they are frozen between a result and the next event.
    tree: Option<ProcessTree>,
    frozen: Frozen,
    /// When its memory was last looked at, and the most that was seen, in bytes.
    memory: Option<(Stopwatch, u64)>,
    _scratch: Scratch,
}

/// What an instance has had of memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    /// At most, since its start.
    pub(super) bytes: u64,
    /// Whether it was seen just now, for the first time, that this is more than its function may have.
    pub(super) is_news: bool,
}

/// Whether the processes of an instance are stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frozen {
    No,
    /// With nothing left to do.
    Idle,
    /// With work that was still open.
    WithWork,
}

/// The temporary keys and the proxy password of one instance. Dropping them makes both invalid.
#[derive(Debug)]
struct InstanceCredentials {
    keyring: Keyring,
    principal: Principal,
    secret_id: Option<String>,
    proxy_password: String,
}

/// How the init window ended.
#[derive(Debug)]
pub(super) enum Init {
    Ready,
    /// The bootstrap of the runtime says that the code did not load; its reason.
    NotLoaded(String),
    /// The process ended before it was ready; how it ended.
    Exited(String),
    TimedOut,
}

/// How the execution window ended.
#[derive(Debug)]
pub(super) enum Run {
    /// With a result.
    Ended(End),
    /// The process ended without a result: how it ended, whether it had fetched the event, and whether processes that it had
    /// started were still running.
    Exited {
        reason: String,
        is_fetched: bool,
        has_left_children: bool,
    },
    TimedOut(Missed),
}

/// Why no instance could be started.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// The code cannot be run.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// No socket or no temporary folder could be had.
    #[error("the machine has no socket or folder for an instance")]
    Machine(#[from] io::Error),
}

impl Instance {
    /// Starts a process named `name` on behalf of an attempt; `source` is who sent its event. That it starts must be in the
    /// journal already, as the process may do something before this returns.
    pub(super) async fn start(
        runtime: &FunctionRuntime,
        name: String,
        acting: Acting,
        source: &str,
    ) -> Result<Self, StartError> {
        let scratch = Scratch::create()?;
        let port = Port::take().await?;
        let pass = InstanceCredentials::issue(runtime, &name);
        pass.principal.act(acting);
        let root = runtime.launcher.root();
        let key = pass
            .secret_id
            .as_deref()
            .and_then(|id| runtime.keyring.find(id));
        let environment = Environment {
            function: &runtime.function,
            runtime: runtime.runtime,
            account: &runtime.account,
            platform_extra: &runtime.platform_extra,
            root: &root,
            scratch: scratch.path(),
            port: port.address().port(),
            proxy_password: &pass.proxy_password,
            credentials: key.as_ref().map(|key| &key.credentials),
            source,
            host_name: runtime.context.seed.draw(&["host", &name]).hex(12),
        }
        .variables();
        let api = port.address();
        let clock = &runtime.context.clock;
        let Launched {
            process,
            output,
            shares_tmp,
            misses_folders,
        } = runtime.launcher.launch(LaunchRequest {
            environment,
            api,
            scratch: scratch.path().to_owned(),
            has_private_tmp: runtime.function.private_tmp,
            folders: runtime.function.platform_folders(),
            is_debugged: runtime.function.is_debugged,
            now: clock.is_virtual().then(|| clock.now()),
            memory_mb: (!clock.is_virtual()).then_some(runtime.function.memory_mb),
        })?;
        output.follow(&runtime.context, acting.lane, acting.attempt);
        if misses_folders {
            shared_tmp::warn_of_folders(&runtime.function.name, &root);
        }
        if shares_tmp {
            let user = runtime
                .user_of_tmp
                .get_or_init(|| shared_tmp::user_of_tmp(&root));
            if let Some(file) = user {
                let found = shared_tmp::found(&runtime.function.name, file);
                runtime.context.record(acting.lane, found);
            }
        }
        let tree = process.id().filter(|_| runtime.function.freeze);
        let tree = tree.map(ProcessTree::of);
        let freezing = tree.map(|tree| Freezing {
            gate: pass.principal.gate.clone(),
            tree,
        });
        let (exchange, ready) = Exchange::new(
            runtime.context.clone(),
            name.clone(),
            Arc::clone(&output),
            freezing,
            acting.lane,
        );
        let client = if runtime.runtime.has_bootstrap() {
            Client::Bootstrap
        } else {
            Client::Custom
        };
        let api = port.serve(Arc::clone(&exchange), runtime.limits.clone(), client);
        Ok(Self {
            name,
            process,
            api,
            exchange,
            output,
            pass,
            ready: Some(ready),
            window: Window::default(),
            served: 0,
            tree,
            frozen: Frozen::No,
            memory: None,
            _scratch: scratch,
        })
    }

    /// The number of its first process; `None` if it has none of its own or has ended.
    pub(super) fn process_id(&self) -> Option<u32> {
        self.process.id()
    }

    /// How many results there were.
    pub(super) fn served(&self) -> u64 {
        self.served
    }

    /// Waits for `ready`, within the init window.
    pub(super) async fn init(&mut self, runtime: &FunctionRuntime) -> Init {
        let Some(ready) = self.ready.take() else {
            return Init::Ready;
        };
        let (process, output) = (&mut self.process, &self.output);
        let waiting = async {
            tokio::select! {
                biased;
                Ok(loaded) = ready => match loaded {
                    Ok(()) => Init::Ready,
                    Err(reason) => Init::NotLoaded(reason),
                },
                reason = process.exited() => Init::Exited(reason),
                never = output.pump() => match never {},
            }
        };
        if runtime.function.is_debugged {
            return waiting.await;
        }
        let limit = runtime.function.real_init_timeout();
        let init = runtime.context.clock.within(limit, waiting).await;
        init.unwrap_or(Init::TimedOut)
    }

    /// Gives the process an event and waits for its result, within the execution window. `early` gets an answer with which
    /// the process goes on; it is the result, too, if the process comes to an end.
    pub(super) async fn run(
        &mut self,
        runtime: &FunctionRuntime,
        assignment: Assignment,
        early: impl FnOnce(Bytes),
    ) -> Run {
        let clock = &runtime.context.clock;
        self.pass.principal.act(Acting {
            lane: assignment.lane,
            attempt: assignment.attempt,
        });
        let Awaited {
            fetched,
            early: mut answered,
            mut ended,
        } = self.exchange.assign(assignment);
        let (process, output, window) = (&mut self.process, &self.output, &mut self.window);
        let mut early = Some(early);
        let waiting = async {
            loop {
                tokio::select! {
                    biased;
                    Ok(end) = &mut ended => return Run::Ended(end),
                    answer = &mut answered, if early.is_some() => {
                        if let (Ok(answer), Some(early)) = (answer, early.take()) {
                            early(answer);
                        }
                    }
                    reason = process.exited() => return Run::Exited {
                        reason,
                        is_fetched: false,
                        has_left_children: false,
                    },
                    never = output.pump() => match never {},
                }
            }
        };
        let run = within_window(clock, window, &runtime.function, waiting, fetched).await;
        let run = match run {
            Ok(Run::Exited { reason, .. }) => {
                let has_left_children = self.process.kill();
                drain(clock, &self.api).await;
                let is_fetched = self.exchange.is_fetched();
                Run::Exited {
                    reason,
                    is_fetched,
                    has_left_children,
                }
            }
            Ok(run) => run,
            Err(_elapsed) => match self.exchange.withdraw() {
                Some(missed) => Run::TimedOut(missed),
                None => Run::TimedOut(Missed::Result),
            },
        };
        // The result may have come at the last moment: together with the end of the process or of the time.
        let run = match ended.try_recv() {
            Ok(end) => Run::Ended(end),
            Err(_) => run,
        };
        self.served += u64::from(matches!(run, Run::Ended(_)));
        run
    }

    /// Lets the process come to rest after its result and stops it; says what was still open. `Err`: it ended; how.
    /// Nothing happens to an instance that is not to be frozen, or is already.
    pub(super) async fn freeze(&mut self, runtime: &FunctionRuntime) -> Result<Open, String> {
        if self.frozen != Frozen::No {
            return Ok(Open::default());
        }
        match self.until_rest(runtime).await {
            None => Ok(Open::default()),
            Some(Rest::Ended(reason)) => Err(reason),
            Some(Rest::Still(open)) => {
                self.process.freeze();
                self.exchange.take_census();
                self.frozen = if open.is_nothing() {
                    Frozen::Idle
                } else {
                    Frozen::WithWork
                };
                Ok(open)
            }
        }
    }

    /// Lets a process go on that was frozen. Work that was still open then comes to rest before the next event, if it does
    /// so in time, and belongs to the event before.
    pub(super) async fn thaw(&mut self, runtime: &FunctionRuntime) {
        let was = std::mem::replace(&mut self.frozen, Frozen::No);
        if was == Frozen::No {
            return;
        }
        self.pass.principal.gate.open();
        self.process.thaw();
        if was == Frozen::WithWork {
            // An end is noticed by whoever gives it the next event.
            self.until_rest(runtime).await;
        }
    }

    /// Waits until the process rests; `None` if that cannot be told.
    async fn until_rest(&mut self, runtime: &FunctionRuntime) -> Option<Rest> {
        let mut answered = Answered {
            clock: &runtime.context.clock,
            process: &mut *self.process,
            output: &self.output,
            exchange: &self.exchange,
            gate: &self.pass.principal.gate,
            tree: self.tree?,
        };
        Some(answered.until_rest().await)
    }

    /// Keeps the pipe from filling up until the process ends; returns how it ended.
    pub(super) async fn rest(&mut self) -> String {
        let reason = tokio::select! {
            reason = self.process.exited() => reason,
            never = self.output.pump() => match never {},
        };
        // At once: later, the number of the process group may belong to others.
        self.process.kill();
        reason
    }

    /// Whether the process has sent anything to the runtime API.
    pub(super) fn has_spoken(&self) -> bool {
        self.exchange.has_spoken()
    }

    /// How the process ended, if it has.
    pub(super) fn ended(&mut self) -> Option<String> {
        self.process.ended()
    }

    /// Kills what the first process has started and left; returns whether there was any.
    pub(super) fn has_left_children(&mut self) -> bool {
        self.process.kill()
    }

    /// Kills the process and all that it has started, waits for the end, and returns what it printed since the last result.
    pub(super) async fn kill(&mut self) -> LogLines {
        self.exchange.close();
        self.process.kill();
        self.process.exited().await;
        self.exchange.record_notes();
        self.output.cut()
    }

    /// Waits until everything that was started and killed is gone, not only the first process.
    pub(super) async fn until_gone(&mut self, runtime: &FunctionRuntime) {
        let gone = self.output.ended();
        if let Err(error) = runtime.context.clock.within(GOING, gone).await {
            tracing::warn!(instance = self.name, %error, "a process of a function could not be killed and still runs");
        }
    }

    /// The most memory that its processes have had so far; `None` if that cannot be told, and on the virtual clock, as it
    /// differs from run to run. It is looked at no more often than [`MEMORY_LOOKS`] says.
    pub(super) fn memory(&mut self, runtime: &FunctionRuntime) -> Option<Memory> {
        let clock = &runtime.context.clock;
        if clock.is_virtual() {
            return None;
        }
        let before = self.memory.map(|(_, bytes)| bytes);
        if let Some((watch, bytes)) = self.memory
            && watch.elapsed() < MEMORY_LOOKS
        {
            let is_news = false;
            return Some(Memory { bytes, is_news });
        }
        let bytes = self.process.peak_memory()?.max(before.unwrap_or_default());
        self.memory = Some((clock.stopwatch(), bytes));
        let limit = u64::from(runtime.function.memory_mb) * 1024 * 1024;
        let is_news = bytes > limit && before.is_none_or(|before| before <= limit);
        Some(Memory { bytes, is_news })
    }

    /// Whether the system has ended it because it needed more memory than its function may have.
    pub(super) fn is_out_of_memory(&self) -> bool {
        self.process.is_out_of_memory()
    }

    /// Forgets what the process has printed so far.
    pub(super) fn forget_output(&self) {
        let _unattached = self.output.cut();
    }

    /// Gives an idle process a moment to finish its work after a result, until it asks for another event.
    pub(super) async fn settle(&mut self, runtime: &FunctionRuntime) {
        let (process, exchange) = (&mut self.process, &self.exchange);
        if !exchange.is_idle() || self.frozen != Frozen::No {
            return;
        }
        let settling = async {
            tokio::select! {
                () = exchange.is_asked() => {}
                _reason = process.exited() => {}
            }
        };
        if let Err(error) = runtime.context.clock.within(SETTLING, settling).await {
            tracing::debug!(instance = self.name, %error, "it does not ask for another event");
        }
    }
}

impl InstanceCredentials {
    fn issue(runtime: &FunctionRuntime, name: &str) -> Self {
        let function = &runtime.function;
        let principal = Principal::new(name, Some(function.name.clone()));
        let secret_id = function.has_role.then(|| {
            let credentials = credentials::temporary(runtime.context.secrets, name);
            let secret_id = credentials.secret_id.clone();
            runtime.keyring.issue(credentials, principal.clone());
            secret_id
        });
        let proxy_password = runtime.context.secrets.draw(&["proxy", name]).hex(16);
        let keyring = runtime.keyring.clone();
        keyring.lend_password(proxy_password.clone(), principal.clone());
        Self {
            keyring,
            principal,
            secret_id,
            proxy_password,
        }
    }
}

impl Drop for InstanceCredentials {
    fn drop(&mut self) {
        if let Some(secret_id) = &self.secret_id {
            self.keyring.revoke(secret_id);
        }
        self.keyring.take_password(&self.proxy_password);
        self.principal.gate.end();
    }
}

/// Reads what a process has sent before its end.
async fn drain(clock: &Clock, api: &RuntimeApi) {
    let error = match clock.within(DRAINING, api.drain()).await {
        Ok(Ok(())) => return,
        Ok(Err(broken)) => broken.to_string(),
        Err(elapsed) => elapsed.to_string(),
    };
    tracing::warn!(error, "what an ended process has sent may be lost");
}

/// Waits for the end of a run within the execution window, in real time.
///
/// A window that is shortened by `timeout_after` begins when the event is fetched: how long a process takes to come for it
/// depends on the machine, and must not decide what the process has missed.
async fn within_window(
    clock: &Clock,
    window: &mut Window,
    function: &Function,
    waiting: impl Future<Output = Run>,
    fetched: oneshot::Receiver<()>,
) -> Result<Run, Elapsed> {
    if function.is_debugged {
        return Ok(waiting.await);
    }
    let Some(shortened) = function.timeout_after else {
        return window.within(function.timeout, waiting).await;
    };
    tokio::pin!(waiting);
    let begun = async {
        tokio::select! {
            biased;
            run = &mut waiting => Some(run),
            Ok(()) = fetched => None,
        }
    };
    match clock.within(function.timeout, begun).await? {
        Some(run) => Ok(run),
        None => clock.within(shortened, waiting).await,
    }
}
