//! Parameters that the platform knows and the emulator does not support.

use backlot_base::json::Value;
use backlot_http::cloud_api::{ApiError, ParameterError, Parameters};

/// The code of everything that the emulator does not support.
pub(super) const UNSUPPORTED: &str = "UnsupportedOperation";

/// Refuses parameters that are neither `known` nor `unsupported`, and those of `unsupported` that say anything.
pub(super) fn only(
    parameters: &Parameters<'_>,
    known: &[&str],
    unsupported: &[&str],
) -> Result<(), ApiError> {
    parameters.only(&[known, unsupported].concat())?;
    refuse(parameters, unsupported)
}

/// Refuses the first of these parameters that says anything.
pub(super) fn refuse(parameters: &Parameters<'_>, names: &[&str]) -> Result<(), ApiError> {
    for name in names {
        parameters.optional(name, |parameter| {
            if says_something(parameter.value()) {
                Err(unsupported(&parameter.invalid(String::new())))
            } else {
                Ok(())
            }
        })?;
    }
    Ok(())
}

/// The error of a parameter that is not supported; what it says does not matter.
pub(super) fn unsupported(parameter: &ParameterError) -> ApiError {
    let path = &parameter.path;
    ApiError::new(
        UNSUPPORTED,
        format!("backlot does not support the parameter `{path}`."),
    )
}

/// Clients that fill in whole structures send zeros, empty texts and empty lists for what they do not want.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_str().parse() != Ok(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(members) => members.iter().any(|(_, value)| says_something(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_something_is_refused() {
        let call = r#"{"A":null,"B":[],"C":{"X":0,"Y":"","Z":[{}]},"D":0.0,"E":false,"F":{"X":[{"Y":1}]}}"#;
        let call = Value::parse(call).unwrap();
        let parameters = Parameters::new(&call);
        refuse(&parameters, &["A", "B", "C", "D", "E", "G"]).unwrap();
        let refused = refuse(&parameters, &["A", "F"]).unwrap_err();
        assert_eq!(refused.code, UNSUPPORTED);
        assert_eq!(
            refused.message,
            "backlot does not support the parameter `F`."
        );
    }
}
