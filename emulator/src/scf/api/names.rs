//! What most calls have in common: the function that they are about, and the errors if there is none.
//!
//! Follows: SCF reference, sections 1 and 15.2. The table there names `ResourceNotFound.Namespace` for calls that create a
//! function, list functions or send an event. For all others a function of an unknown namespace is one that does not exist:
//! `ResourceNotFound.FunctionName` from `GetFunction`, `ResourceNotFound.Function` from the rest.

use super::super::Scf;
use super::super::books::Missing;
use super::super::function_key::FunctionKey;
use super::super::functions::ChangeError;
use backlot_base::signal::DEFAULT_NAMESPACE;
use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters};

/// `FunctionName` and `Namespace` as they are written.
pub(super) fn function_key(parameters: &Parameters<'_>) -> Result<FunctionKey, ParameterError> {
    let name = parameters.required("FunctionName", Parameter::filled_text)?;
    Ok(FunctionKey {
        namespace: namespace(parameters)?.to_owned().into(),
        name: name.to_owned(),
    })
}

/// `FunctionName` and `Namespace`. The namespace exists.
pub(super) fn key_in_namespace(
    scf: &Scf,
    parameters: &Parameters<'_>,
) -> Result<FunctionKey, ApiError> {
    existing_namespace(scf, parameters)?;
    Ok(function_key(parameters)?)
}

/// The function of a call, which exists.
pub(super) fn existing(scf: &Scf, parameters: &Parameters<'_>) -> Result<FunctionKey, ApiError> {
    let key = function_key(parameters)?;
    if scf.read(|definitions| definitions.functions.contains_key(&key)) {
        return Ok(key);
    }
    Err(no_function(&key))
}

/// `Namespace` as it is written; `default` if it is left out.
pub(super) fn namespace<'a>(parameters: &Parameters<'a>) -> Result<&'a str, ParameterError> {
    let named = filled(parameters, "Namespace")?;
    Ok(named.unwrap_or(DEFAULT_NAMESPACE))
}

/// `Namespace`, which exists.
pub(super) fn existing_namespace<'a>(
    scf: &Scf,
    parameters: &Parameters<'a>,
) -> Result<&'a str, ApiError> {
    let named = namespace(parameters)?;
    if !scf.read(|definitions| definitions.has_namespace(named)) {
        return Err(no_namespace(named));
    }
    Ok(named)
}

/// A text that may be left out; an empty one counts as left out, as SDKs send it.
pub(super) fn filled<'a>(
    parameters: &Parameters<'a>,
    name: &str,
) -> Result<Option<&'a str>, ParameterError> {
    let text = parameters.optional(name, Parameter::text)?;
    Ok(text.filter(|text| !text.is_empty()))
}

/// The error of a function that does not exist. Most actions use this code.
pub(super) fn no_function(key: &FunctionKey) -> ApiError {
    let message = format!("The function `{key}` does not exist.");
    ApiError::new("ResourceNotFound.Function", message)
}

pub(super) fn no_namespace(name: &str) -> ApiError {
    let message = format!("The namespace `{name}` does not exist.");
    ApiError::new("ResourceNotFound.Namespace", message)
}

pub(super) fn no_qualifier(key: &FunctionKey, qualifier: &str) -> ApiError {
    let message = format!("The function `{key}` has no version or alias `{qualifier}`.");
    ApiError::new("ResourceNotFound.Qualifier", message)
}

impl From<Missing> for ApiError {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Function(key) => no_function(&key),
            Missing::Qualifier {
                function,
                qualifier,
            } => no_qualifier(&function, &qualifier),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Missing(missing) => missing.into(),
            ChangeError::Exists(key) => Self::new(
                "ResourceInUse.FunctionName",
                format!("The function `{key}` exists already."),
            ),
            ChangeError::Invalid(invalid) => {
                Self::new("InvalidParameterValue", format!("The {invalid}."))
            }
            ChangeError::Runtime(unknown) => Self::new(
                "InvalidParameterValue.Runtime",
                format!("{}.", capital(&unknown.to_string())),
            ),
            ChangeError::Package(_) | ChangeError::Registry(_) | ChangeError::NoCode(_) => {
                tracing::error!(%error, "a change by the API of SCF failed");
                Self::new("InternalError", format!("{}.", capital(&chain(&error))))
            }
        }
    }
}

/// An error with its causes.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// A sentence begins with a capital letter.
pub(super) fn capital(fragment: &str) -> String {
    let mut text = fragment.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}
