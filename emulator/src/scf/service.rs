//! The service: creates functions and takes events for them.
//!
//! Numbers are given in the order of the calls, and a call puts its event into the function's queue before it returns.
//!
//! Follows: SCF reference, section 9.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use serde::de::IgnoredAny;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::account::Account;
use super::dead_letter::DeadLetter;
use super::function::{Function, InvalidFunction};
use super::function_runtime::FunctionRuntime;
use super::invocation::{Attempt, Invocation, Reply};
use super::pool::{Arrival, Arrivals, DeadLetters, Pool, PoolEnd};
use super::queue::EVENT_LIMIT;
use super::status::Status;
use super::waiting::Waiting;
use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::journal::{Lane, ScfRecord, What};
use backlot_base::signal::InvokeWanted;
use backlot_http::auth::Keyring;

/// The source of events that are sent by an API call rather than by a trigger. Follows: SCF reference, section 11.
const API_CALL: &str = "OTHERS";
/// Bytes of a synchronous event at most.
const CALL_LIMIT: usize = 6 * 1024 * 1024;

/// A handle to the SCF of one stage; clones are the same service. When the last one is dropped, everything is killed in
/// the background; [`Scf::stop`] waits for it.
#[derive(Clone, Debug)]
pub struct Scf {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    context: Context,
    keyring: Keyring,
    account: Account,
    platform_extra: Vec<(String, String)>,
    dead_letters: DeadLetters,
    // A plain mutex: numbers and queues have to agree, so an event is numbered and sent under it. Sending never waits.
    books: Mutex<Books>,
    closing: CancellationToken,
    stopping: CancellationToken,
}

#[derive(Debug, Default)]
struct Books {
    invocations: u32,
    functions: BTreeMap<String, Registered>,
}

#[derive(Debug)]
struct Registered {
    runtime: Arc<FunctionRuntime>,
    arrivals: Arc<Arrivals>,
    stopping: CancellationToken,
    pool: JoinHandle<()>,
}

/// Why a function was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The function breaks a rule of SCF.
    #[error(transparent)]
    Invalid(#[from] InvalidFunction),
    /// A function with this name exists already.
    #[error("the function `{0}` exists already")]
    Exists(String),
}

/// Why an event was refused before it was queued. The refused invocation has a number of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvokeError {
    /// The invocation's number on this stage, from 1.
    pub number: u32,
    /// 400, 406 or 435.
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
        Self {
            inner: Arc::new(Inner {
                context,
                keyring,
                account,
                platform_extra,
                dead_letters: DeadLetters::default(),
                books: Mutex::default(),
                closing: CancellationToken::new(),
                stopping: CancellationToken::new(),
            }),
        }
    }

    /// Creates a function. Nothing is started before its first event. Must be called within a runtime.
    pub fn create_function(&self, function: Function) -> Result<(), CreateError> {
        function.check()?;
        let mut books = self.books();
        if books.functions.contains_key(&function.name) {
            return Err(CreateError::Exists(function.name));
        }
        let name = function.name.clone();
        let inner = &*self.inner;
        let runtime = Arc::new(FunctionRuntime::new(
            inner.context.clone(),
            inner.keyring.clone(),
            inner.account.clone(),
            inner.platform_extra.clone(),
            function,
        ));
        books.functions.insert(name, inner.register(runtime));
        Ok(())
    }

    /// Puts an event into the asynchronous queue of a function and returns the invocation's number, from 1. The event's
    /// hold goes along until the invocation is over.
    pub fn invoke_async(&self, wanted: InvokeWanted) -> Result<u32, InvokeError> {
        self.accept(wanted, EVENT_LIMIT, None)
            .map_err(|(refused, _hold)| refused)
    }

    /// Runs an event on a function at once and waits for the outcome. Nothing is retried.
    pub async fn invoke_sync(&self, wanted: InvokeWanted) -> Called {
        let (caller, outcome) = oneshot::channel();
        if let Err((refused, hold)) = self.accept(wanted, CALL_LIMIT, Some(caller)) {
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

    /// The function of this name, as it was created.
    pub fn function(&self, name: &str) -> Option<Function> {
        let books = self.books();
        Some(books.functions.get(name)?.runtime.function.clone())
    }

    /// How many events wait for an attempt.
    pub fn waiting(&self) -> Waiting {
        let books = self.books();
        let functions = books.functions.values();
        let waiting = functions.map(|function| function.runtime.board.read());
        waiting.fold(Waiting::default(), Waiting::and)
    }

    /// The names of all functions.
    pub fn functions(&self) -> Vec<String> {
        self.books().functions.keys().cloned().collect()
    }

    /// Stops every instance, discards waiting events and dead letters, and starts all functions anew. Returns when the old
    /// instances are gone.
    ///
    /// Choice: numbers of invocations go on, so that an invocation from before the reset cannot be taken for one from after it.
    pub async fn reset(&self) {
        let before = {
            let mut books = self.books();
            let fresh = books.functions.iter().map(|(name, registered)| {
                let runtime = Arc::clone(&registered.runtime);
                (name.clone(), self.inner.register(runtime))
            });
            let fresh = fresh.collect();
            std::mem::replace(&mut books.functions, fresh)
        };
        stop_all(before).await;
        let letters = &self.inner.dead_letters;
        letters
            .lock()
            .expect("no code panics while it adds a letter")
            .clear();
    }

    /// Starts no further attempts: those under way may end, and events that wait go on waiting.
    pub fn close(&self) {
        self.inner.closing.cancel();
    }

    /// Stops every instance with all its processes and returns when they are gone. Events that wait are not run any more.
    pub async fn stop(&self) {
        let functions = std::mem::take(&mut self.books().functions);
        stop_all(functions).await;
    }

    fn accept(
        &self,
        wanted: InvokeWanted,
        limit: usize,
        caller: Option<oneshot::Sender<(Reply, Hold)>>,
    ) -> Result<u32, (InvokeError, Hold)> {
        let context = &self.inner.context;
        let mut books = self.books();
        books.invocations += 1;
        let number = books.invocations;
        let registered = books.functions.get(&wanted.function);
        let fault = fault(&wanted.source, &wanted.event, limit);
        let (Some(registered), None) = (registered, &fault) else {
            let has_function = registered.is_some();
            drop(books);
            let fault = fault.filter(|_| has_function);
            return Err(self.refuse(number, wanted, fault));
        };
        let InvokeWanted {
            function,
            source,
            event,
            hold,
        } = wanted;
        let attempt = Attempt::first(Invocation {
            number,
            request_id: context.seed.draw(&["request", &number.to_string()]).uuid(),
            source,
            event,
            queued: context.clock.now(),
            caller,
        });
        let invocation = &attempt.invocation;
        context.record(invocation.lane(), accepted(&function, invocation));
        let hold = hold.another(attempt.describe(&function));
        // A pool that is stopping drops the event and its hold.
        let arrival = Arrival::Attempt(attempt);
        registered.arrivals.put(number, arrival, hold);
        Ok(number)
    }

    /// Refuses an event: because of `fault`, else because there is no such function.
    fn refuse(
        &self,
        number: u32,
        wanted: InvokeWanted,
        fault: Option<(Status, String)>,
    ) -> (InvokeError, Hold) {
        let (status, message) = fault.unwrap_or_else(|| {
            let message = format!("there is no function `{}`", wanted.function);
            (Status::FUNCTION_NOT_FOUND, message)
        });
        let record = ScfRecord::InvocationRefused {
            function: wanted.function,
            source: wanted.source,
            status: status.0,
            message: message.clone(),
            event: wanted.event.into(),
        };
        self.inner.context.record(Lane::Invocation(number), record);
        let refused = InvokeError {
            number,
            status,
            message,
        };
        (refused, wanted.hold)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.inner
            .books
            .lock()
            .expect("no code panics while it keeps the books")
    }
}

impl Inner {
    fn register(&self, runtime: Arc<FunctionRuntime>) -> Registered {
        let (arrivals, wake) = Arrivals::new();
        let arrivals = Arc::new(arrivals);
        let stopping = self.stopping.child_token();
        let letters = Arc::clone(&self.dead_letters);
        let gathered = (Arc::clone(&arrivals), wake);
        let end = PoolEnd {
            closing: self.closing.clone(),
            stopping: stopping.clone(),
        };
        let pool = Pool::spawn(Arc::clone(&runtime), letters, gathered, end);
        Registered {
            runtime,
            arrivals,
            stopping,
            pool,
        }
    }
}

/// Stops functions one after the other, so that the journal does not depend on the machine.
async fn stop_all(functions: BTreeMap<String, Registered>) {
    for registered in functions.into_values() {
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

fn accepted(function: &str, invocation: &Invocation) -> What {
    let function = function.to_owned();
    let source = invocation.source.clone();
    let request_id = invocation.request_id.clone();
    let event = invocation.event.clone().into();
    if invocation.caller.is_some() {
        return What::Scf(ScfRecord::InvocationCalled {
            function,
            source,
            request_id,
            event,
        });
    }
    What::Scf(ScfRecord::InvocationQueued {
        function,
        source,
        request_id,
        event,
    })
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
