//! Events come in: they get their number, and their place in the queue of a version.
//!
//! Numbers are given in the order of the calls, and a call puts its event into the queue before it returns.
//!
//! Follows: SCF reference, section 9.

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::Scf;
use super::accepted::{Accepted, By, Called, InvokeError};
use super::books::Registered;
use super::deployment::EventInvoke;
use super::invocation::{Attempt, Invocation, Reply};
use super::pool::Arrival;
use super::queue::{AsyncRetries, EVENT_LIMIT, RetryRules};
use super::queue_file::Kept;
use super::refusal::fault;
use super::registry::Route;
use super::service::Inner;
use super::status::Status;
use backlot_base::clock::Hold;
use backlot_base::journal::{ScfRecord, What};
use backlot_base::seed::Draw;
use backlot_base::signal::{FunctionTarget, InvokeWanted, StartWanted};

/// Bytes of a synchronous event at most.
const CALL_LIMIT: usize = 6 * 1024 * 1024;

impl Scf {
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
}

impl Inner {
    /// What the queue of a version does about the failures of an event that arrives now.
    pub(super) fn rules(&self, registered: &Registered) -> RetryRules {
        let EventInvoke { retry_num, msg_ttl } = registered.deployment.event_invoke();
        let is_async = registered.deployment.runtime().function.async_run;
        RetryRules {
            retry_num: if is_async { 0 } else { retry_num },
            msg_ttl,
            pauses: *self.async_retries.get_or_init(AsyncRetries::default),
        }
    }

    /// The draw by which an alias with weights chooses a version for an invocation.
    pub(super) fn share_of(&self, number: u32) -> f64 {
        share(self.context.seed.draw(&["route", &number.to_string()]))
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

/// A draw as a number from 0 to below 1.
fn share(draw: Draw) -> f64 {
    let drawn = u32::try_from(draw.below(1 << 32)).expect("a number below 2^32");
    f64::from(drawn) / 4_294_967_296.0
}

/// The record of an event that has got its place in a queue.
pub(super) fn arrived(target: FunctionTarget, version: String, invocation: &Invocation) -> What {
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
