//! The Cloud API of SCF, version 2018-04-16: which actions there are.
//!
//! Follows: SCF reference, section 15.2. None of them is played yet; each answers with the API's own error for that.

use backlot_http::cloud_api::{Action, Answered, ApiCall, ApiError, ApiService};

/// The service as the envelope knows it.
#[derive(Clone, Copy, Debug)]
pub struct ScfApi;

/// Tiers 1 and 2.
const ACTIONS: &[Action] = &[
    Action::elsewhere("CopyFunction"),
    Action::elsewhere("CreateAlias"),
    Action::elsewhere("CreateFunction"),
    Action::elsewhere("CreateNamespace"),
    Action::elsewhere("CreateTrigger"),
    Action::elsewhere("DeleteAlias"),
    Action::elsewhere("DeleteFunction"),
    Action::elsewhere("DeleteFunctionVersion"),
    Action::elsewhere("DeleteNamespace"),
    Action::elsewhere("DeleteReservedConcurrencyConfig"),
    Action::elsewhere("DeleteTrigger"),
    Action::elsewhere("GetAccount"),
    Action::elsewhere("GetAlias"),
    Action::elsewhere("GetAsyncEventStatus"),
    Action::elsewhere("GetFunction"),
    Action::elsewhere("GetFunctionAddress"),
    Action::elsewhere("GetFunctionEventInvokeConfig"),
    Action::elsewhere("GetFunctionLogs"),
    Action::elsewhere("GetRequestStatus"),
    Action::elsewhere("GetReservedConcurrencyConfig"),
    Action::elsewhere("Invoke"),
    Action::elsewhere("InvokeFunction"),
    Action::elsewhere("ListAliases"),
    Action::elsewhere("ListAsyncEvents"),
    Action::elsewhere("ListFunctions"),
    Action::elsewhere("ListNamespaces"),
    Action::elsewhere("ListTriggers"),
    Action::elsewhere("ListVersionByFunction"),
    Action::elsewhere("PublishVersion"),
    Action::elsewhere("PutReservedConcurrencyConfig"),
    Action::elsewhere("TerminateAsyncEvent"),
    Action::elsewhere("UpdateAlias"),
    Action::elsewhere("UpdateFunctionCode"),
    Action::elsewhere("UpdateFunctionConfiguration"),
    Action::elsewhere("UpdateFunctionEventInvokeConfig"),
    Action::elsewhere("UpdateNamespace"),
    Action::elsewhere("UpdateTrigger"),
    Action::elsewhere("UpdateTriggerStatus"),
];

impl ApiService for ScfApi {
    fn name(&self) -> &'static str {
        "scf"
    }

    fn version(&self) -> &'static str {
        "2018-04-16"
    }

    fn actions(&self) -> &'static [Action] {
        ACTIONS
    }

    fn call(&self, call: ApiCall) -> Answered<'_> {
        let message = format!("backlot does not play the action `{}`.", call.action);
        Box::pin(async { Err(ApiError::new("UnsupportedOperation", message)) })
    }
}
