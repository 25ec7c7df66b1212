//! What becomes of asynchronous events: `ListAsyncEvents`, `GetAsyncEventStatus` and
//! `TerminateAsyncEvent`.
//!
//! Follows: SCF reference, section 11. Choices: every asynchronous event is listed, whether its function has `TraceEnable`
//! or not, because the journal traces them all. An event runs (`RUNNING`) from its arrival until nothing more is done about
//! it, so also while it waits for its first attempt or for a retry. The latest event comes first unless `Order` says
//! otherwise. An event that is terminated while it waits is `ABORTED` with status 499; so is an attempt under way, unless it
//! gets a SIGTERM (`GraceShutdown`): then it ends as its process ends it. Nothing is tried again either way.

use std::ops::Range;

use jiff::Timestamp;

use super::names::{existing, filled};
use super::window::{choice, count, time};
use crate::scf::began::Began;
use crate::scf::history::{self, Past};
use crate::scf::status::Status;
use crate::scf::{FunctionKey, Scf, local_time};
use backlot_base::json::{Object, Value};
use backlot_base::signal::FunctionTarget;
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

/// Rows of a list unless a call says otherwise.
const DEFAULT_LIMIT: usize = 20;
/// Rows of a list at most.
const MOST: usize = 100;

/// What sends events.
const INVOKE_TYPES: [&str; 8] = [
    "CMQ",
    "CKAFKA_TRIGGER",
    "APIGW",
    "COS",
    "TRIGGER_TIMER",
    "MPS_TRIGGER",
    "CLS_TRIGGER",
    "OTHERS",
];

/// `Status` of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Finished,
    Aborted,
    Failed,
}

/// What an event has to match.
#[derive(Debug)]
struct EventFilter {
    function: FunctionKey,
    /// A version or an alias.
    qualifier: Option<String>,
    request_id: Option<String>,
    invoke_types: Vec<String>,
    states: Vec<State>,
    started: Option<Range<Timestamp>>,
    ended: Option<Range<Timestamp>>,
}

/// `ListAsyncEvents`.
pub(super) fn list_async_events(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let filter = EventFilter::read(scf, &parameters)?;
    let offset = count(&parameters, "Offset")?.unwrap_or(0);
    let limit = limit(&parameters)?;
    let order_code = "InvalidParameterValue.Order";
    let orders = [("ASC", true), ("DESC", false)];
    let is_ascending = choice(&parameters, "Order", order_code, &orders)?.unwrap_or(false);
    let keys = [("StartTime", false), ("EndTime", true)];
    let by_end = choice(&parameters, "Orderby", order_code, &keys)?.unwrap_or(false);

    let mut events = filter.events(scf);
    // An event that runs has the latest end.
    let end = |past: &Past| past.ended.unwrap_or(Timestamp::MAX);
    if by_end {
        events.sort_by_key(|past| (end(past), past.number));
    } else {
        events.sort_by_key(|past| (past.arrived, past.number));
    }
    if !is_ascending {
        events.reverse();
    }
    let page = events.iter().skip(offset).take(limit);
    Ok(Object::new()
        .with("TotalCount", events.len() as u64)
        .with("EventList", page.map(row).collect::<Value>())
        .into())
}

/// `GetAsyncEventStatus`.
pub(super) fn get_async_event_status(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let id = parameters.required("InvokeRequestId", Parameter::filled_text)?;
    let past = event(scf, |began| began.request_id == id);
    let past = past.ok_or_else(|| no_event(id))?;
    let state = State::of(&past);
    let status_code = match past.last_status() {
        Some(status) if state != State::Running => status,
        None if state == State::Aborted => Status::CANCELED,
        _ => Status(0),
    };
    let result = Object::new()
        .with("Status", state.name())
        .with("StatusCode", u64::from(status_code.0))
        .with("InvokeRequestId", id);
    Ok(Object::new().with("Result", result).into())
}

/// `TerminateAsyncEvent`.
pub(super) async fn terminate_async_event(scf: &Scf, call: ApiCall) -> ApiResult {
    let (target, id, is_graceful) = {
        let parameters = Parameters::new(&call.parameters);
        let key = existing(scf, &parameters)?;
        let id = parameters.required("InvokeRequestId", Parameter::filled_text)?;
        let is_graceful = parameters.optional("GraceShutdown", Parameter::boolean)?;
        let past = event(scf, |began| {
            began.request_id == id && FunctionKey::from(&began.target) == key
        });
        let past = past.ok_or_else(|| no_event(id))?;
        let target = FunctionTarget {
            namespace: key.namespace,
            function: key.name,
            qualifier: past.version.into(),
        };
        (target, id.to_owned(), is_graceful.unwrap_or(false))
    };
    match scf.terminate(&target, &id, is_graceful).await {
        Ok(true) => Ok(Value::Null),
        Ok(false) => {
            let message = format!("The asynchronous event `{id}` has ended already.");
            Err(ApiError::new("FailedOperation.AsyncEventStatus", message))
        }
        Err(missing) => Err(ApiError::new(
            "ResourceNotFound.Function",
            missing.to_string(),
        )),
    }
}

/// The one asynchronous event that `wanted` asks for.
fn event(scf: &Scf, mut wanted: impl FnMut(&Began<'_>) -> bool) -> Option<Past> {
    let wanted = |began: &Began<'_>| !began.is_called && wanted(began);
    history::read(&scf.context().journal, wanted, |_| 0).pop()
}

fn no_event(id: &str) -> ApiError {
    let message = format!("There is no asynchronous event `{id}`.");
    ApiError::new("ResourceNotFound.AsyncEvent", message)
}

fn row(past: &Past) -> Value {
    let end = past.ended.map(local_time::milliseconds);
    Object::new()
        .with("InvokeRequestId", past.request_id.as_str())
        .with("InvokeType", past.source.as_str())
        .with("Qualifier", past.version.as_str())
        .with("Status", State::of(past).name())
        .with("StartTime", local_time::milliseconds(past.arrived))
        .with("EndTime", end.unwrap_or_default())
        .into()
}

fn limit(parameters: &Parameters<'_>) -> Result<usize, ApiError> {
    let limit = count(parameters, "Limit");
    let limit = limit.map_err(|error| error.with_code("InvalidParameterValue.Limit"))?;
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit if limit > MOST => {
            let message = format!("The value of the parameter `Limit` must be {MOST} at most.");
            Err(ApiError::new("InvalidParameterValue.Limit", message))
        }
        limit => Ok(limit),
    }
}

impl State {
    const ALL: [(&str, Self); 4] = [
        ("RUNNING", Self::Running),
        ("FINISHED", Self::Finished),
        ("ABORTED", Self::Aborted),
        ("FAILED", Self::Failed),
    ];

    fn of(past: &Past) -> Self {
        match past.last_status() {
            _ if past.ended.is_none() => Self::Running,
            Some(Status::SUCCESS) => Self::Finished,
            Some(Status::CANCELED) => Self::Aborted,
            _ => Self::Failed,
        }
    }

    fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|(_, state)| *state == self);
        found.expect("every state is listed").0
    }
}

impl EventFilter {
    fn read(scf: &Scf, parameters: &Parameters<'_>) -> Result<Self, ApiError> {
        let types = INVOKE_TYPES.map(|name| (name, name));
        let invoke_types = each(parameters, "InvokeType", &types)?;
        Ok(Self {
            function: existing(scf, parameters)?,
            qualifier: filled(parameters, "Qualifier")?.map(str::to_owned),
            request_id: filled(parameters, "InvokeRequestId")?.map(str::to_owned),
            invoke_types: invoke_types.into_iter().map(str::to_owned).collect(),
            states: each(parameters, "Status", &State::ALL)?,
            started: interval(parameters, "StartTimeInterval")?,
            ended: interval(parameters, "EndTimeInterval")?,
        })
    }

    fn events(&self, scf: &Scf) -> Vec<Past> {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        let wanted = |began: &Began<'_>| {
            let target = &began.target;
            let types = &self.invoke_types;
            !began.is_called
                && FunctionKey::from(target) == self.function
                && is(&self.request_id, began.request_id)
                && (is(&self.qualifier, &target.qualifier) || is(&self.qualifier, &began.version))
                && (types.is_empty() || types.iter().any(|wanted| wanted == began.source))
        };
        let mut events = history::read(&scf.context().journal, wanted, |_| 0);
        events.retain(|past| self.has(past));
        events
    }

    fn has(&self, past: &Past) -> bool {
        let is_within = |wanted: &Option<Range<Timestamp>>, found: Option<Timestamp>| {
            let found = |wanted: &Range<_>| found.is_some_and(|found| wanted.contains(&found));
            wanted.as_ref().is_none_or(found)
        };
        (self.states.is_empty() || self.states.contains(&State::of(past)))
            && is_within(&self.started, Some(past.arrived))
            && is_within(&self.ended, past.ended)
    }
}

/// The values of a list that may be left out; each is one of `choices`.
fn each<T: Copy>(
    parameters: &Parameters<'_>,
    name: &str,
    choices: &[(&str, T)],
) -> Result<Vec<T>, ApiError> {
    let read = |list: Parameter<'_>| list.list(|item| item.one_of(choices));
    let read = parameters.optional(name, read);
    let read = read.map_err(|error| {
        let code = format!("InvalidParameterValue.{name}");
        error.with_code(code)
    })?;
    Ok(read.unwrap_or_default())
}

/// `{Start, End}`; the end does not belong to it.
fn interval(parameters: &Parameters<'_>, name: &str) -> Result<Option<Range<Timestamp>>, ApiError> {
    let Some(interval) = parameters.optional(name, Parameter::object)? else {
        return Ok(None);
    };
    let end = |of: &str| {
        let text = interval.required(of, Parameter::filled_text)?;
        time(&format!("{name}.{of}"), text)
    };
    Ok(Some(end("Start")?..end("End")?))
}
