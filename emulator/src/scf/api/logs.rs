//! What functions printed and how their attempts ended: `GetFunctionLogs` and `GetRequestStatus`.
//!
//! Follows: SCF reference, section 13.3. Both read the journal ([`history`]); there is a row for each attempt.
//!
//! Choices, where the reference is silent: a list has 20 rows unless `Limit` says otherwise, the latest first. `RetCode` of a
//! failed attempt is its status, for example 430. `TotalCount` counts all rows that the filters leave.

use jiff::{SignedDuration, Timestamp};

use super::log_filter::LogFilter;
use super::log_page::Page;
use super::names::existing;
use super::window::{Window, choice, window};
use crate::scf::began::Began;
use crate::scf::history::{self, Past, Run, RunEnd};
use crate::scf::status::Status;
use crate::scf::{Scf, local_time};
use backlot_base::json::{Object, Value};
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

/// `RetCode` of `GetFunctionLogs` while the attempt runs.
const RUNNING: i64 = 2;
/// `RetCode` of `GetFunctionLogs` after the caller ended the attempt.
const INTERRUPTED: i64 = 3;
/// How far `GetRequestStatus` looks back unless it is told.
const RECENT: SignedDuration = SignedDuration::from_mins(15);

/// By what rows are sorted.
#[derive(Clone, Copy)]
enum OrderBy {
    FunctionName,
    Duration,
    MemUsage,
    StartTime,
}

/// `GetFunctionLogs`: the attempts of one function or, without `FunctionName`, of all functions of a namespace.
pub(super) fn get_function_logs(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let filter = LogFilter::read(scf, &parameters)?;
    let page = Page::read(&parameters)?;
    let order_by = order_by(&parameters)?;
    let is_ascending = choice(
        &parameters,
        "Order",
        "InvalidParameterValue.Order",
        &[("asc", true), ("desc", false)],
    )?;
    let past = filter.past(scf);
    let mut rows: Vec<(&Past, &Run)> = past
        .iter()
        .flat_map(|past| past.runs.iter().map(move |run| (past, run)))
        .filter(|(_, run)| filter.has(run) && page.has(run))
        .collect();
    sort(&mut rows, order_by, is_ascending.unwrap_or(false));
    let total = rows.len();
    let data = page.of(&rows).iter();
    let data: Value = data.map(|(past, run)| row(past, run, &page)).collect();
    Ok(Object::new()
        .with("TotalCount", total as u64)
        .with("Data", data)
        .with("SearchContext", page.next(total))
        .into())
}

/// `GetRequestStatus`: the attempts of one event. An event that still waits for its first attempt runs.
pub(super) fn get_request_status(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let id = parameters.required("FunctionRequestId", Parameter::filled_text)?;
    let now = scf.context().clock.now();
    let window = window(&parameters)?;
    let recent = now.saturating_sub(RECENT).unwrap_or(now)..=now;
    let window = window.unwrap_or(recent);
    let wanted = |began: &Began<'_>| {
        began.request_id == id
            && began.target.function == key.name
            && began.target.namespace == key.namespace
    };
    let past = history::read(&scf.context().journal, wanted, |_| 0);
    let data: Vec<Value> = past.iter().flat_map(|past| states(past, &window)).collect();
    Ok(Object::new()
        .with("TotalCount", data.len() as u64)
        .with("Data", data.into_iter().collect::<Value>())
        .into())
}

/// What `GetRequestStatus` says about an event.
fn states(past: &Past, window: &Window) -> Vec<Value> {
    if past.runs.is_empty() {
        let is_wanted = window.contains(&past.arrived);
        let waiting = is_wanted.then(|| state(past, past.arrived, 0, None));
        return waiting.into_iter().collect();
    }
    let runs = past.runs.iter();
    runs.filter(|run| window.contains(&run.started))
        .map(|run| state(past, run.started, run.attempt - 1, run.end.as_ref()))
        .collect()
}

fn state(past: &Past, started: Timestamp, retry_num: u32, end: Option<&RunEnd>) -> Value {
    let ret_code = match end {
        None => 1,
        Some(end) if end.status.is_success() => 0,
        Some(_) => -1,
    };
    Object::new()
        .with("FunctionName", past.function.as_str())
        .with("RetMsg", ret_msg(end))
        .with("RequestId", past.request_id.as_str())
        .with("StartTime", local_time::seconds(started))
        .with("RetCode", i64::from(ret_code))
        .with("Duration", duration(end))
        .with("MemUsage", end.map_or(0, |end| end.memory_bytes))
        .with("RetryNum", retry_num)
        .into()
}

fn row(past: &Past, run: &Run, page: &Page) -> Value {
    let end = run.end.as_ref();
    let ret_code = match end.map(|end| end.status) {
        None => RUNNING,
        Some(Status::SUCCESS) => 0,
        Some(Status::CANCELED) => INTERRUPTED,
        Some(status) => i64::from(status.0),
    };
    Object::new()
        .with("FunctionName", past.function.as_str())
        .with("RetMsg", ret_msg(end))
        .with("RequestId", past.request_id.as_str())
        .with("StartTime", local_time::seconds(run.started))
        .with("RetCode", ret_code)
        .with("InvokeFinished", u64::from(end.is_some()))
        .with("Duration", duration(end))
        .with("BillDuration", duration(end))
        .with("MemUsage", end.map_or(0, |end| end.memory_bytes))
        .with("Log", page.log(run))
        .with("Level", "")
        .with("Source", "")
        .with("RetryNum", run.attempt - 1)
        .into()
}

fn ret_msg(end: Option<&RunEnd>) -> String {
    let result = end.map(|end| String::from_utf8_lossy(&end.result.0).into_owned());
    result.unwrap_or_default()
}

/// In whole milliseconds.
fn duration(end: Option<&RunEnd>) -> u64 {
    end.map_or(0, |end| end.duration_ms)
}

fn order_by(parameters: &Parameters<'_>) -> Result<OrderBy, ApiError> {
    const CHOICES: &[(&str, OrderBy)] = &[
        ("function_name", OrderBy::FunctionName),
        ("duration", OrderBy::Duration),
        ("mem_usage", OrderBy::MemUsage),
        ("start_time", OrderBy::StartTime),
    ];
    let code = "InvalidParameterValue.OrderBy";
    let order_by = choice(parameters, "OrderBy", code, CHOICES)?;
    Ok(order_by.unwrap_or(OrderBy::StartTime))
}

/// Rows that are equal by `order_by` are in the order in which they began, or in its reverse.
fn sort(rows: &mut [(&Past, &Run)], order_by: OrderBy, is_ascending: bool) {
    rows.sort_by_key(|(past, run)| (run.started, past.number, run.attempt));
    match order_by {
        OrderBy::FunctionName => rows.sort_by_key(|(past, _)| past.function.clone()),
        OrderBy::Duration => rows.sort_by_key(|(_, run)| duration(run.end.as_ref())),
        // The memory of all attempts is 0, so only their start tells them apart.
        OrderBy::MemUsage | OrderBy::StartTime => {}
    }
    if !is_ascending {
        rows.reverse();
    }
}
