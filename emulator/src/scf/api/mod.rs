//! The Cloud API of SCF, version 2018-04-16.
//!
//! `functions` reads and deletes functions, `changes` makes and changes them, with `settings`, `environment` and `code` as
//! they are in a call; `invoke` runs them. `names` reads what most calls have in common, `function_answer` writes functions.
//! `logs` and `async_events` tell of what has run; `triggers` makes and changes triggers, with `trigger_request` and
//! `trigger_answer`. What changes is in [`super::registry`].
//!
//! Follows: SCF reference, section 15.2. An action without a handler is answered by the envelope.

mod account;
mod aliases;
mod async_events;
mod changes;
mod code;
mod code_address;
mod concurrency;
mod copy;
mod environment;
mod event_invoke_config;
mod function_answer;
mod functions;
mod invoke;
mod log_filter;
mod log_page;
mod logs;
mod names;
mod namespaces;
mod settings;
mod trigger_answer;
mod trigger_request;
mod triggers;
mod versions;
mod window;

use super::Scf;
use backlot_http::cloud_api::{Action, ApiService, at_once};

/// Tiers 1 to 3; tier 3 is not supported.
const ACTIONS: &[Action<Scf>] = &[
    Action::supported("CopyFunction", |scf, call| at_once(copy::copy(scf, &call))),
    Action::supported("CreateAlias", |scf, call| {
        at_once(aliases::create(scf, &call))
    }),
    Action::supported("CreateFunction", |scf, call| {
        Box::pin(changes::create(scf, call))
    }),
    Action::supported("CreateNamespace", |scf, call| {
        at_once(namespaces::create(scf, &call))
    }),
    Action::supported("CreateTrigger", |scf, call| {
        Box::pin(triggers::create(scf, call))
    }),
    Action::supported("DeleteAlias", |scf, call| {
        at_once(aliases::delete(scf, &call))
    }),
    Action::supported("DeleteFunction", |scf, call| {
        at_once(functions::delete(scf, &call))
    }),
    Action::supported("DeleteFunctionVersion", |scf, call| {
        at_once(versions::delete(scf, &call))
    }),
    Action::supported("DeleteNamespace", |scf, call| {
        at_once(namespaces::delete(scf, &call))
    }),
    Action::supported("DeleteReservedConcurrencyConfig", |scf, call| {
        at_once(concurrency::delete(scf, &call))
    }),
    Action::supported("DeleteTrigger", |scf, call| {
        at_once(triggers::delete(scf, &call))
    }),
    Action::supported("GetAccount", |scf, _call| at_once(account::get(scf))),
    Action::supported("GetAlias", |scf, call| at_once(aliases::get(scf, &call))),
    Action::supported("GetAsyncEventStatus", |scf, call| {
        at_once(async_events::get_async_event_status(scf, &call))
    }),
    Action::supported("GetFunction", |scf, call| {
        Box::pin(functions::get(scf, call))
    }),
    Action::supported("GetFunctionAddress", |scf, call| {
        Box::pin(code_address::get(scf, call))
    }),
    Action::supported("GetFunctionEventInvokeConfig", |scf, call| {
        at_once(event_invoke_config::get_function_event_invoke_config(
            scf, &call,
        ))
    }),
    Action::supported("GetFunctionLogs", |scf, call| {
        at_once(logs::get_function_logs(scf, &call))
    }),
    Action::supported("GetRequestStatus", |scf, call| {
        at_once(logs::get_request_status(scf, &call))
    }),
    Action::supported("GetReservedConcurrencyConfig", |scf, call| {
        at_once(concurrency::get(scf, &call))
    }),
    Action::supported("Invoke", |scf, call| Box::pin(invoke::invoke(scf, call))),
    Action::supported("InvokeFunction", |scf, call| {
        Box::pin(invoke::invoke_function(scf, call))
    }),
    Action::supported("ListAliases", |scf, call| {
        at_once(aliases::list(scf, &call))
    }),
    Action::supported("ListAsyncEvents", |scf, call| {
        at_once(async_events::list_async_events(scf, &call))
    }),
    Action::supported("ListFunctions", |scf, call| {
        at_once(functions::list(scf, &call))
    }),
    Action::supported("ListNamespaces", |scf, call| {
        at_once(namespaces::list(scf, &call))
    }),
    Action::supported("ListTriggers", |scf, call| {
        at_once(triggers::list(scf, &call))
    }),
    Action::supported("ListVersionByFunction", |scf, call| {
        at_once(versions::list(scf, &call))
    }),
    Action::supported("PublishVersion", |scf, call| {
        at_once(versions::publish(scf, &call))
    }),
    Action::supported("PutReservedConcurrencyConfig", |scf, call| {
        at_once(concurrency::put(scf, &call))
    }),
    Action::supported("TerminateAsyncEvent", |scf, call| {
        Box::pin(async_events::terminate_async_event(scf, call))
    }),
    Action::supported("UpdateAlias", |scf, call| {
        at_once(aliases::update(scf, &call))
    }),
    Action::supported("UpdateFunctionCode", |scf, call| {
        Box::pin(changes::update_code(scf, call))
    }),
    Action::supported("UpdateFunctionConfiguration", |scf, call| {
        at_once(changes::update_configuration(scf, &call))
    }),
    Action::supported("UpdateFunctionEventInvokeConfig", |scf, call| {
        at_once(event_invoke_config::update_function_event_invoke_config(
            scf, &call,
        ))
    }),
    Action::supported("UpdateNamespace", |scf, call| {
        at_once(namespaces::update(scf, &call))
    }),
    Action::supported("UpdateTrigger", |scf, call| {
        at_once(triggers::update(scf, &call))
    }),
    Action::supported("UpdateTriggerStatus", |scf, call| {
        at_once(triggers::update_status(scf, &call))
    }),
    Action::unsupported("CreateCustomDomain"),
    Action::unsupported("DeleteCustomDomain"),
    Action::unsupported("DeleteLayerVersion"),
    Action::unsupported("DeleteProvisionedConcurrencyConfig"),
    Action::unsupported("GetCustomDomain"),
    Action::unsupported("GetLayerVersion"),
    Action::unsupported("GetProvisionedConcurrencyConfig"),
    Action::unsupported("ListCustomDomains"),
    Action::unsupported("ListLayerVersions"),
    Action::unsupported("ListLayers"),
    Action::unsupported("PublishLayerVersion"),
    Action::unsupported("PutProvisionedConcurrencyConfig"),
    Action::unsupported("PutTotalConcurrencyConfig"),
    Action::unsupported("UpdateCustomDomain"),
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
