//! `BindTrigger` and `UnbindTrigger`, with which the official toolkit makes and removes MPS triggers of functions.
//!
//! Follows: mps.md section 1.1; SCF reference, section 14.4. Choice: what SCF refuses is a `FailedOperation`, because the codes
//! are not documented.

use crate::mps::{BindRefused, Mps};
use backlot_base::json::{Object, Value};
use backlot_base::signal::{DEFAULT_ALIAS, DEFAULT_NAMESPACE, FunctionTarget};
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

/// Binds a function to the tasks of one type.
pub(super) fn bind(mps: &Mps, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let types = ["WorkflowTask", "EditMediaTask"].map(|name| (name, name));
    let event_type = parameters.required("EventType", |event_type| event_type.one_of(&types))?;
    let target = target(&parameters)?;
    let bound = mps.host().bind(event_type, target);
    let resource = bound.map_err(|refused| failed(&refused))?;
    Ok(Object::new().with("ResourceId", resource).into())
}

/// Removes what [`bind`] has made.
pub(super) fn unbind(mps: &Mps, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    parameters.required("Type", |kind| kind.one_of(&[("mps", ())]))?;
    let resource = parameters.required("ResourceId", Parameter::filled_text)?;
    let unbound = mps.host().unbind(resource, target(&parameters)?);
    unbound.map_err(|refused| failed(&refused))?;
    Ok(Value::Null)
}

fn target(parameters: &Parameters<'_>) -> Result<FunctionTarget, ApiError> {
    let or = |name: &str, default: &'static str| {
        let text = parameters.optional(name, Parameter::text)?;
        let text = text.filter(|text| !text.is_empty()).unwrap_or(default);
        Ok::<_, ApiError>(text.to_owned().into())
    };
    Ok(FunctionTarget {
        namespace: or("Namespace", DEFAULT_NAMESPACE)?,
        function: parameters
            .required("FunctionName", Parameter::filled_text)?
            .to_owned(),
        qualifier: or("Qualifier", DEFAULT_ALIAS)?,
    })
}

fn failed(refused: &BindRefused) -> ApiError {
    let mut message = format!("{refused}.");
    if let Some(first) = message.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    ApiError::new("FailedOperation", message)
}
