//! The Cloud API of SCF, version 2018-04-16: which actions there are.
//!
//! Follows: SCF reference, section 15.2.

mod target;
mod window;

mod async_events;
mod log_filter;
mod log_page;
mod logs;

use super::Scf;
use backlot_http::cloud_api::{Action, ApiService, at_once};

/// Tiers 1 and 2.
const ACTIONS: &[Action<Scf>] = &[
    Action::unsupported("CopyFunction"),
    Action::unsupported("CreateAlias"),
    Action::unsupported("CreateFunction"),
    Action::unsupported("CreateNamespace"),
    Action::unsupported("CreateTrigger"),
    Action::unsupported("DeleteAlias"),
    Action::unsupported("DeleteFunction"),
    Action::unsupported("DeleteFunctionVersion"),
    Action::unsupported("DeleteNamespace"),
    Action::unsupported("DeleteReservedConcurrencyConfig"),
    Action::unsupported("DeleteTrigger"),
    Action::unsupported("GetAccount"),
    Action::unsupported("GetAlias"),
    Action::supported("GetAsyncEventStatus", |scf, call| {
        at_once(async_events::get_async_event_status(scf, &call))
    }),
    Action::unsupported("GetFunction"),
    Action::unsupported("GetFunctionAddress"),
    Action::unsupported("GetFunctionEventInvokeConfig"),
    Action::supported("GetFunctionLogs", |scf, call| {
        at_once(logs::get_function_logs(scf, &call))
    }),
    Action::supported("GetRequestStatus", |scf, call| {
        at_once(logs::get_request_status(scf, &call))
    }),
    Action::unsupported("GetReservedConcurrencyConfig"),
    Action::unsupported("Invoke"),
    Action::unsupported("InvokeFunction"),
    Action::unsupported("ListAliases"),
    Action::supported("ListAsyncEvents", |scf, call| {
        at_once(async_events::list_async_events(scf, &call))
    }),
    Action::unsupported("ListFunctions"),
    Action::unsupported("ListNamespaces"),
    Action::unsupported("ListTriggers"),
    Action::unsupported("ListVersionByFunction"),
    Action::unsupported("PublishVersion"),
    Action::unsupported("PutReservedConcurrencyConfig"),
    Action::unsupported("TerminateAsyncEvent"),
    Action::unsupported("UpdateAlias"),
    Action::unsupported("UpdateFunctionCode"),
    Action::unsupported("UpdateFunctionConfiguration"),
    Action::unsupported("UpdateFunctionEventInvokeConfig"),
    Action::unsupported("UpdateNamespace"),
    Action::unsupported("UpdateTrigger"),
    Action::unsupported("UpdateTriggerStatus"),
];

impl ApiService for Scf {
    fn name(&self) -> &'static str {
        "scf"
    }

    fn version(&self) -> &'static str {
        "2018-04-16"
    }

    fn actions() -> &'static [Action<Self>] {
        ACTIONS
    }
}
