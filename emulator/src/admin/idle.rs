//! Whether the emulator is idle, or the moment at which it becomes so. Nothing is polled: the clock tells of every change.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::Inner;
use super::answer::{AdminError, value};
use crate::config::written::Pause;
use crate::scf::FunctionKey;
use backlot_base::clock;
use backlot_http::{Query, Response};

/// What keeps the emulator from being idle.
struct Unfinished {
    /// How many events of each function wait for an instance.
    queued: Vec<(FunctionKey, usize)>,
    /// What runs now, and what is due within the horizon.
    clock: clock::Unfinished,
}

impl Inner {
    /// Answers when nothing runs, waits, or is due within `horizon`; or when `timeout` of real time has passed, with what there
    /// is left to do. Without a horizon, whatever is due counts; without a timeout, the answer takes as long as the work. What
    /// would come for ever, such as the timers of lifecycles, does not count.
    pub(super) async fn idle(&self, query: &Query) -> Result<Response, AdminError> {
        let horizon = seconds(query, "horizon")?;
        let timeout = seconds(query, "timeout")?;
        let clock = &self.services.context.clock;
        let mut changes = clock.changes();
        let becoming_idle = async {
            loop {
                if self.unfinished(horizon).is_nothing() {
                    return;
                }
                // The clock lives as long as this.
                drop(changes.changed().await);
            }
        };
        let waiting = async {
            if let Some(timeout) = timeout {
                return clock.within(timeout, becoming_idle).await.is_ok();
            }
            becoming_idle.await;
            true
        };
        let is_idle = tokio::select! {
            biased;
            () = self.stopping.cancelled() => {
                let message = "the emulator stops before it is idle";
                return Err(AdminError::new(StatusCode::SERVICE_UNAVAILABLE, message));
            }
            is_idle = waiting => is_idle,
        };
        if is_idle {
            return Ok(value(&json!({ "idle": true, "now": clock.now() })));
        }
        let mut left = self.unfinished(horizon).to_json();
        left["idle"] = false.into();
        left["now"] = json!(clock.now());
        Ok(value(&left))
    }

    fn unfinished(&self, horizon: Option<Duration>) -> Unfinished {
        let waiting = self.services.scf.waiting_by_function().into_iter();
        let queued = waiting.map(|(function, waiting)| (function, waiting.queued));
        Unfinished {
            queued: queued.filter(|(_, events)| *events > 0).collect(),
            clock: self.services.context.clock.unfinished(horizon),
        }
    }
}

impl Unfinished {
    fn is_nothing(&self) -> bool {
        self.queued.is_empty() && self.clock == clock::Unfinished::default()
    }

    fn to_json(&self) -> Value {
        let queued = self.queued.iter().map(
            |(function, events)| json!({ "function": function.to_string(), "events": events }),
        );
        let due = self.clock.due.iter();
        let due = due.map(|(at, what)| json!({ "at": at, "what": what }));
        json!({
            "busy": self.clock.busy,
            "queued": queued.collect::<Vec<_>>(),
            "due": due.collect::<Vec<_>>(),
        })
    }
}

/// A parameter that is a number of seconds, or a length of time with its unit.
fn seconds(query: &Query, name: &str) -> Result<Option<Duration>, AdminError> {
    let Some(text) = query.get(name) else {
        return Ok(None);
    };
    match Pause::parse_seconds(text) {
        Some(Pause(span)) => Ok(Some(span)),
        None => Err(AdminError::bad(format!(
            "`{name}` is `{text}`, expected a number of seconds"
        ))),
    }
}
