//! The service: creates functions and takes events for them.
//!
//! Numbers are given in the order of the calls, and a call puts its event into the function's queue before it returns.
//!
//! Follows: SCF reference, section 9.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use bytes::Bytes;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::account::Account;
use super::books::{Books, Missing, Registered};
use super::code_objects::CodeObjects;
use super::code_zip::CodeAddress;
use super::dead_letter::DeadLetter;
use super::deployment::{Deployment, EventInvoke};
use super::function::Function;
use super::function_key::FunctionKey;
use super::function_runtime::FunctionRuntime;
use super::invocation::{Attempt, Invocation, Reply};
use super::pool::{Arrival, Arrivals, DeadLetters, Pool, PoolEnd, Termination};
use super::queue::{AsyncRetries, EVENT_LIMIT, RetryRules};
use super::queue_file::{Kept, QueueFile};
use super::registry::{Packages, Route};
use super::status::Status;
use super::triggers::TriggerDesk;
use super::waiting::Waiting;
use backlot_base::chains::Chains;
use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::journal::{Lane, NoticeRecord, ScfRecord, What, finding};
use backlot_base::json::Value;
use backlot_base::registry::Registry;
use backlot_base::seed::Draw;
use backlot_base::signal::{FunctionTarget, InvokeWanted, StartWanted};
use backlot_http::auth::Keyring;

/// The source of events that are sent by an API call rather than by a trigger. Follows: SCF reference, section 11.
const API_CALL: &str = "OTHERS";
/// Bytes of a synchronous event at most.
const CALL_LIMIT: usize = 6 * 1024 * 1024;

/// A handle to the SCF of one stage; clones are the same service. When the last one is dropped, everything is killed in
/// the background; [`Scf::stop`] waits for it.
#[derive(Clone, Debug)]
pub struct Scf {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) context: Context,
    /// What the API has changed.
    pub(super) registry: Registry,
    /// The code that the API was given.
    pub(super) packages: Packages,
    /// Where code in COS is read; empty until the stage has a COS.
    pub(super) objects: OnceLock<Arc<dyn CodeObjects>>,
    /// Where the code of functions is downloaded.
    pub(super) code_address: CodeAddress,
    /// How many events have led to what is going on; empty until the stage says so.
    pub(super) chains: OnceLock<Chains>,
    /// What makes functions run without a call.
    pub(super) triggers: TriggerDesk,
    keyring: Keyring,
    pub(super) account: Account,
    platform_extra: Vec<(String, String)>,
    dead_letters: DeadLetters,
    /// Where queues are kept, if they are.
    queue_file: OnceLock<QueueFile>,
    async_retries: OnceLock<AsyncRetries>,
    // A plain mutex: numbers and queues have to agree, so an event is numbered and sent under it. Sending never waits.
    books: Mutex<Books>,
    closing: CancellationToken,
    stopping: CancellationToken,
}

/// By what a call of the API came about.
#[derive(Clone, Copy, Debug, Default)]
pub struct By<'a> {
    /// The caller's routing key, an object, by which an alias may choose a version.
    pub routing_key: Option<&'a Value>,
    /// What the caller was doing, so that the length of the chain is known.
    pub cause: Option<Lane>,
    /// Which instance the first attempt is to have.
    pub start: StartWanted,
}

/// An event that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The invocation's number on this stage, from 1.
    pub number: u32,
    /// `FunctionRequestId`.
    pub request_id: String,
}

/// Why an event was refused before it was queued. The refused invocation has a number of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvokeError {
    /// The invocation's number on this stage, from 1.
    pub number: u32,
    /// 400, 406, 435 or 442.
    pub status: Status,
    /// What is wrong with the event, in one sentence.
    pub message: String,
}

/// The end of a synchronous call, with the caller's hold.
#[derive(Debug)]
pub struct Called {
    /// The reply, also that of a function that failed; or why the event was refused.
    pub reply: Result<Reply, InvokeError>,
    /// The hold that the caller lent. While the function ran it belonged to the attempt: a window that is missed has to
    /// be charged to the clock, which stands still while any hold lives. `None` if the service was stopped meanwhile.
    pub hold: Option<Hold>,
}

impl Scf {
    /// A service without functions. `platform_extra` are variables that the stage gives to every instance, such as
    /// `HTTP_PROXY`.
    pub fn start(
        context: Context,
        keyring: Keyring,
        account: Account,
        platform_extra: Vec<(String, String)>,
    ) -> Self {
        let registry = Registry::in_memory();
        Self::start_with(context, keyring, account, platform_extra, registry)
    }

    /// [`Scf::start`], with a registry in which changes of the API are kept. See [`Scf::restore`].
    pub fn start_with(
        context: Context,
        keyring: Keyring,
        account: Account,
        platform_extra: Vec<(String, String)>,
        registry: Registry,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                context,
                packages: Packages::new(registry.clone()),
                objects: OnceLock::new(),
                code_address: CodeAddress::default(),
                chains: OnceLock::new(),
                triggers: TriggerDesk::new(registry.clone()),
                registry,
                keyring,
                account,
                platform_extra,
                dead_letters: DeadLetters::default(),
                queue_file: OnceLock::new(),
                async_retries: OnceLock::new(),
                books: Mutex::default(),
                closing: CancellationToken::new(),
                stopping: CancellationToken::new(),
            }),
        }
    }

    /// Says where code is read that calls of the API name in COS. Only the first word counts.
    pub fn read_code_from(&self, objects: Arc<dyn CodeObjects>) {
        // A second source would be a mistake of the stage, and change nothing.
        let _ = self.inner.objects.set(objects);
    }

    /// Says how long the chains of events are, of which calls by functions are a part. Only the first word counts.
    pub fn follow(&self, chains: Chains) {
        let _ = self.inner.chains.set(chains);
    }

    /// How long the pauses are before retries after 432 and 500. The first call decides.
    pub fn pause_retries(&self, pauses: AsyncRetries) {
        self.inner.async_retries.get_or_init(|| pauses);
    }

    /// Keeps queues in this file from now on, and puts the events that wait in it back into their queues. To be called once,
    /// when all functions exist and before events come in.
    ///
    /// An event for a function or a version that does not exist stays in the file.
    pub fn keep_queues_in(&self, file: QueueFile) {
        let waiting = file.waiting();
        let file = self.inner.queue_file.get_or_init(|| file);
        for kept in waiting {
            self.resume(file, kept);
        }
    }

    /// How many events wait in the file of the queues, for an instance or for their next attempt; `None` if queues are not
    /// kept.
    pub fn kept(&self) -> Option<Waiting> {
        Some(self.inner.queue_file.get()?.summary())
    }

    /// Puts an event into the asynchronous queue of a function and returns the invocation's number, from 1. The event's
    /// hold goes along until the invocation is over.
    pub fn invoke_async(&self, wanted: InvokeWanted) -> Result<u32, InvokeError> {
        let accepted = self.queue(wanted, By::default())?;
        Ok(accepted.number)
    }

    /// Like [`Scf::invoke_async`]; `start` says which instance the first attempt is to have.
    pub fn invoke_async_on(
        &self,
        wanted: InvokeWanted,
        start: StartWanted,
    ) -> Result<u32, InvokeError> {
        let by = By {
            start,
            ..By::default()
        };
        Ok(self.queue(wanted, by)?.number)
    }

    /// [`Scf::invoke_async`] for a call of the API.
    pub fn queue(&self, wanted: InvokeWanted, by: By<'_>) -> Result<Accepted, InvokeError> {
        self.accept(wanted, by, EVENT_LIMIT, None)
            .map_err(|(refused, _hold)| refused)
    }

    /// Ends an asynchronous event of a version: one that waits at once, and an attempt under way by the end of its instance
    /// or, with `is_graceful`, by a SIGTERM. Nothing follows. Returns whether the event was still there to be ended.
    ///
    /// Follows: SCF reference, section 11.
    pub(super) async fn terminate(
        &self,
        target: &FunctionTarget,
        request_id: &str,
        is_graceful: bool,
    ) -> Result<bool, Missing> {
        let (done, is_found) = oneshot::channel();
        let termination = Termination {
            request_id: request_id.to_owned(),
            is_graceful,
            done,
            hold: self.inner.context.clock.hold("the end of an event"),
        };
        {
            let books = self.books();
            let (_version, registered) = books.find(target, Route::default())?;
            // A pool that is stopping does not hear it.
            drop(registered.terminate.send(termination));
        }
        Ok(is_found.await.unwrap_or(false))
    }

    /// Runs an event on a function at once and waits for the outcome. Nothing is retried. The caller of a function with
    /// asynchronous execution gets a reply at once, which has only the request id.
    pub async fn invoke_sync(&self, wanted: InvokeWanted) -> Called {
        self.call(wanted, By::default()).await
    }

    /// Like [`Scf::invoke_sync`]; `start` says which instance the event is to have.
    pub async fn invoke_sync_on(&self, wanted: InvokeWanted, start: StartWanted) -> Called {
        let by = By {
            start,
            ..By::default()
        };
        self.call(wanted, by).await
    }

    /// [`Scf::invoke_sync`] for a call of the API.
    pub async fn call(&self, wanted: InvokeWanted, by: By<'_>) -> Called {
        let (caller, outcome) = oneshot::channel();
        let accepted = self.accept(wanted, by, CALL_LIMIT, Some(caller));
        if let Err((refused, hold)) = accepted {
            return Called {
                reply: Err(refused),
                hold: Some(hold),
            };
        }
        match outcome.await {
            Ok((reply, hold)) => Called {
                reply: Ok(reply),
                hold: Some(hold),
            },
            // The service was stopped meanwhile.
            Err(_) => Called {
                reply: Err(InvokeError {
                    number: 0,
                    status: Status::INTERNAL,
                    message: "the service is stopping".into(),
                }),
                hold: None,
            },
        }
    }

    /// Messages in dead-letter queues, oldest first.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        let letters = &self.inner.dead_letters;
        letters
            .lock()
            .expect("no code panics while it adds a letter")
            .clone()
    }

    /// `MemorySize` of a version in MB; that of a new function if it was deleted.
    pub fn memory_mb(&self, target: &FunctionTarget) -> u32 {
        const DEFAULT: u32 = 128;
        let function = self.function(target);
        function.map_or(DEFAULT, |function| function.memory_mb)
    }

    /// The clock, the journal and the ids of the stage.
    pub(super) fn context(&self) -> &Context {
        &self.inner.context
    }

    /// How many events wait for an attempt.
    pub fn waiting(&self) -> Waiting {
        let books = self.books();
        let waiting = books
            .registered()
            .map(|registered| registered.deployment.board.read());
        waiting.fold(Waiting::default(), Waiting::and)
    }

    /// How many events wait for an attempt, for each function for which any do, by name.
    pub fn waiting_by_function(&self) -> BTreeMap<FunctionKey, Waiting> {
        let books = self.books();
        let mut waiting: BTreeMap<FunctionKey, Waiting> = BTreeMap::new();
        for registered in books.registered() {
            let of_version = registered.deployment.board.read();
            if !of_version.is_nothing() {
                let key = registered.deployment.runtime().function.key();
                let all = waiting.entry(key).or_default();
                *all = all.and(of_version);
            }
        }
        waiting
    }

    /// Stops every instance, discards waiting events and dead letters, and starts all functions anew as they were configured, with
    /// their triggers. Returns when the old instances are gone.
    ///
    /// Choice: numbers of invocations go on, so that an invocation from before the reset cannot be taken for one from after it.
    pub async fn reset(&self) {
        let before = {
            let mut books = self.books();
            let before = books.take_all();
            self.inner.configure_anew(&mut books);
            before
        };
        self.inner
            .packages
            .retain(&self.books().definitions.packages());
        stop_all(before).await;
        if let Some(file) = self.inner.queue_file.get() {
            file.clear();
        }
        let letters = &self.inner.dead_letters;
        letters
            .lock()
            .expect("no code panics while it adds a letter")
            .clear();
        let hold = self.inner.context.clock.hold("a reset");
        if let Err(error) = self.inner.triggers.reset(hold) {
            tracing::error!(%error, "a trigger of the configuration could not be restored");
        }
    }

    /// Starts no further attempts: those under way may end, and events that wait go on waiting.
    pub fn close(&self) {
        self.inner.closing.cancel();
    }

    /// Stops every instance with all its processes and returns when they are gone. Events that wait are not run any more.
    pub async fn stop(&self) {
        self.inner.triggers.stop();
        let all = self.books().take_all();
        stop_all(all).await;
    }

    fn accept(
        &self,
        wanted: InvokeWanted,
        by: By<'_>,
        limit: usize,
        caller: Option<oneshot::Sender<(Reply, Hold)>>,
    ) -> Result<Accepted, (InvokeError, Hold)> {
        let context = &self.inner.context;
        let mut books = self.books();
        let number = books.number();
        let route = Route {
            routing_key: by.routing_key,
            share: self.inner.share_of(number),
        };
        let (version, registered) = match books.find(&wanted.target, route) {
            Ok(found) => found,
            Err(missing) => {
                let why = (missing.status(), missing.to_string());
                drop(books);
                return Err(self.refuse(number, wanted, why, caller.is_some()));
            }
        };
        if let Some(fault) = fault(&wanted.source, &wanted.event, limit) {
            drop(books);
            return Err(self.refuse(number, wanted, fault, caller.is_some()));
        }
        let request_id = context.seed.draw(&["request", &number.to_string()]).uuid();
        let is_async = registered.deployment.runtime().function.async_run;
        let (caller, unheard) = if is_async {
            (None, caller)
        } else {
            (caller, None)
        };
        let queued = context.clock.now();
        let rules = self.inner.rules(registered);
        let keeping = match self.inner.queue_file.get() {
            Some(file) if caller.is_none() => {
                file.keep(kept(&wanted, &version, &request_id, queued, rules))
            }
            _ => Ok(None),
        };
        let keeping = match keeping {
            Ok(keeping) => keeping,
            Err(error) => {
                drop(books);
                let message = format!("the event cannot be kept: {error}");
                return Err(self.refuse(number, wanted, (Status::INTERNAL, message), false));
            }
        };
        let InvokeWanted {
            target,
            source,
            event,
            hold,
        } = wanted;
        let attempt = Attempt::first(Invocation {
            number,
            request_id,
            source,
            event,
            queued,
            rules,
            keeping,
            start: by.start,
            caller,
        });
        let hold = hold.another(attempt.describe(&target.function));
        let invocation = &attempt.invocation;
        let accepted = Accepted {
            number,
            request_id: invocation.request_id.clone(),
        };
        let what = arrived(target, version, invocation);
        context.record(invocation.lane(), what);
        if let (Some(cause), Some(chains)) = (by.cause, self.inner.chains.get()) {
            chains.follow(cause, invocation.lane());
        }
        if let Some(caller) = unheard {
            let reply = Reply::accepted(number, &invocation.request_id);
            // A caller that does not wait any more gives its hold up.
            drop(caller.send((reply, hold.another("a caller"))));
        }
        // A pool that is stopping drops the event and its hold.
        let arrival = Arrival::Attempt(attempt);
        registered.take(number, arrival, hold);
        Ok(accepted)
    }

    /// Puts an event back into its queue that an earlier process has kept.
    fn resume(&self, file: &QueueFile, kept: Kept) {
        let context = &self.inner.context;
        let keeping = file.keeping(kept.request_id.clone());
        let hold = context
            .clock
            .hold("an event that waits since an earlier start");
        let mut books = self.books();
        let number = books.number();
        let route = Route {
            share: self.inner.share_of(number),
            ..Route::default()
        };
        let chosen = kept.version.as_deref();
        let (version, registered) = match books.find_chosen(&kept.target, chosen, route) {
            Ok(found) => found,
            Err(missing) => {
                tracing::warn!(
                    "an event that waits since an earlier start cannot run, as {missing}; it stays in the data folder until the function is there at a start, or until `backlot reset`"
                );
                return;
            }
        };
        let attempt = Attempt {
            invocation: Box::new(Invocation {
                number,
                request_id: kept.request_id,
                source: kept.source,
                event: kept.event,
                queued: kept.queued,
                rules: RetryRules {
                    retry_num: kept.retry_num,
                    msg_ttl: kept.msg_ttl,
                    ..self.inner.rules(registered)
                },
                keeping: Some(keeping),
                start: StartWanted::Any,
                caller: None,
            }),
            number: kept.attempt,
            retries: kept.retries,
            is_terminated: false,
        };
        let hold = hold.another(attempt.describe(&kept.target.function));
        let invocation = &attempt.invocation;
        let lane = invocation.lane();
        context.record(lane, arrived(kept.target, version, invocation));
        if let Some(due) = kept.due {
            let attempt = attempt.number;
            context.record(lane, ScfRecord::RetryScheduled { attempt, due });
        }
        let arrival = Arrival::Later {
            due: kept.due.unwrap_or(kept.queued),
            attempt,
        };
        registered.take(number, arrival, hold);
    }

    /// Refuses an event.
    fn refuse(
        &self,
        number: u32,
        wanted: InvokeWanted,
        (status, message): (Status, String),
        is_called: bool,
    ) -> (InvokeError, Hold) {
        let too_large = (status == Status::REQUEST_TOO_LARGE && !is_called)
            .then(|| event_too_large(&wanted.target.function, wanted.event.len()));
        let record = ScfRecord::InvocationRefused {
            function: wanted.target.function,
            namespace: wanted.target.namespace,
            qualifier: wanted.target.qualifier,
            source: wanted.source,
            status: status.0,
            message: message.clone(),
            event: wanted.event.into(),
        };
        let lane = Lane::Invocation(number);
        self.inner.context.record(lane, record);
        if let Some(found) = too_large {
            self.inner.context.record(lane, found);
        }
        let refused = InvokeError {
            number,
            status,
            message,
        };
        (refused, wanted.hold)
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.inner
            .books
            .lock()
            .expect("no code panics while it keeps the books")
    }
}

impl Inner {
    /// What the queue of a version does about the failures of an event that arrives now.
    fn rules(&self, registered: &Registered) -> RetryRules {
        let EventInvoke { retry_num, msg_ttl } = registered.deployment.event_invoke();
        let is_async = registered.deployment.runtime().function.async_run;
        RetryRules {
            retry_num: if is_async { 0 } else { retry_num },
            msg_ttl,
            pauses: *self.async_retries.get_or_init(AsyncRetries::default),
        }
    }

    /// The draw by which an alias with weights chooses a version for an invocation.
    fn share_of(&self, number: u32) -> f64 {
        share(self.context.seed.draw(&["route", &number.to_string()]))
    }

    pub(super) fn runtime(&self, function: Function) -> FunctionRuntime {
        FunctionRuntime::new(
            self.context.clone(),
            self.keyring.clone(),
            self.account.clone(),
            self.platform_extra.clone(),
            function,
        )
    }

    pub(super) fn register(&self, deployment: Arc<Deployment>) -> Registered {
        let (arrivals, wake) = Arrivals::new();
        let arrivals = Arc::new(arrivals);
        let stopping = self.stopping.child_token();
        let letters = Arc::clone(&self.dead_letters);
        let gathered = (Arc::clone(&arrivals), wake);
        let (delete, deleted) = oneshot::channel();
        let (terminate, terminations) = mpsc::unbounded_channel();
        let end = PoolEnd {
            closing: self.closing.clone(),
            stopping: stopping.clone(),
            deleted: Some(deleted),
            terminations,
        };
        let pool = Pool::spawn(Arc::clone(&deployment), letters, gathered, end);
        Registered {
            deployment,
            arrivals,
            stopping,
            delete: Some(delete),
            terminate,
            pool,
        }
    }

    /// Tells what was taken out of the books that it has been deleted.
    pub(super) fn end(&self, books: &mut Books, mut registered: Registered) {
        let hold = self.context.clock.hold("the deletion of a function");
        if let Some(delete) = registered.delete.take() {
            // A pool that is stopping does not hear it.
            drop(delete.send(hold));
        }
        books.let_end(registered);
    }
}

/// An event that has just arrived, to be kept.
fn kept(
    wanted: &InvokeWanted,
    version: &str,
    request_id: &str,
    queued: Timestamp,
    rules: RetryRules,
) -> Kept {
    Kept {
        request_id: request_id.to_owned(),
        target: wanted.target.clone(),
        version: Some(version.to_owned()),
        source: wanted.source.clone(),
        event: wanted.event.clone(),
        queued,
        retry_num: rules.retry_num,
        msg_ttl: rules.msg_ttl,
        attempt: 1,
        retries: 0,
        due: None,
    }
}

/// Stops functions one after the other, so that the journal does not depend on the machine.
pub(super) async fn stop_all(all: Vec<Registered>) {
    for registered in all {
        registered.stopping.cancel();
        if let Err(error) = registered.pool.await {
            tracing::error!(%error, "the queue of a function ended because of a bug in the emulator");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// A draw as a number from 0 to below 1.
fn share(draw: Draw) -> f64 {
    let drawn = u32::try_from(draw.below(1 << 32)).expect("a number below 2^32");
    f64::from(drawn) / 4_294_967_296.0
}

fn arrived(target: FunctionTarget, version: String, invocation: &Invocation) -> What {
    let FunctionTarget {
        function,
        namespace,
        qualifier,
    } = target;
    let version = version.into();
    let source = invocation.source.clone();
    let request_id = invocation.request_id.clone();
    let event = invocation.event.clone().into();
    if invocation.caller.is_some() {
        return What::Scf(ScfRecord::InvocationCalled {
            function,
            namespace,
            qualifier,
            version,
            source,
            request_id,
            event,
        });
    }
    What::Scf(ScfRecord::InvocationQueued {
        function,
        namespace,
        qualifier,
        version,
        source,
        request_id,
        event,
    })
}

/// A finding about an asynchronous event that is lost.
fn event_too_large(function: &str, size: usize) -> NoticeRecord {
    let text = format!(
        "an asynchronous event of {size} bytes for `{function}` is lost: SCF accepts at most {EVENT_LIMIT} bytes; write what is \
         large to COS and send its key"
    );
    NoticeRecord::Finding {
        function: function.to_owned(),
        kind: finding::EVENT_TOO_LARGE.to_owned(),
        hosts: String::new(),
        text,
    }
}

/// Why an event is refused.
///
/// Follows: SCF reference, section 9.2. Choice: only calls of the API are checked to be JSON; what a trigger of the platform
/// sends is delivered as it is, so that a function can be held to what it does with bytes that it does not expect.
fn fault(source: &str, event: &Bytes, limit: usize) -> Option<(Status, String)> {
    let size = event.len();
    if size > limit {
        let message = format!("the event has {size} bytes, more than {limit}");
        return Some((Status::REQUEST_TOO_LARGE, message));
    }
    if source != API_CALL {
        return None;
    }
    let parsed: Result<IgnoredAny, _> = serde_json::from_slice(event);
    let error = parsed.err()?;
    let message = format!("the event is not JSON: {error}");
    Some((Status::INVALID_EVENT, message))
}
