//! The function that a call is about.

use super::super::{FunctionKey, Missing, Scf};
use backlot_base::signal::{DEFAULT_NAMESPACE, FunctionTarget, LATEST};
use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters};

/// `Namespace`, which is `default` unless the call says otherwise.
pub(super) fn namespace(parameters: &Parameters<'_>) -> Result<String, ParameterError> {
    let named = filled(parameters, "Namespace")?;
    Ok(named.unwrap_or(DEFAULT_NAMESPACE).to_owned())
}

/// The function that `FunctionName` and `Namespace` name, which exists.
pub(super) fn function(scf: &Scf, parameters: &Parameters<'_>) -> Result<FunctionKey, ApiError> {
    let name = parameters.required("FunctionName", Parameter::filled_text)?;
    existing(scf, namespace(parameters)?, name)
}

/// The function of this name, if it exists.
pub(super) fn existing(scf: &Scf, namespace: String, name: &str) -> Result<FunctionKey, ApiError> {
    let target = FunctionTarget {
        namespace: namespace.into(),
        function: name.to_owned(),
        qualifier: LATEST.into(),
    };
    match scf.function(&target) {
        Err(missing @ Missing::Function(_)) => {
            let message = format!("{missing}");
            Err(ApiError::new("ResourceNotFound.Function", message))
        }
        _ => Ok(FunctionKey::from(&target)),
    }
}

/// A text that may be left out; an empty one counts as left out.
pub(super) fn filled<'a>(
    parameters: &Parameters<'a>,
    name: &str,
) -> Result<Option<&'a str>, ParameterError> {
    let text = parameters.optional(name, Parameter::text)?;
    Ok(text.filter(|text| !text.is_empty()))
}
