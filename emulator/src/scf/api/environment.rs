//! `Environment`: the user's variables.
//!
//! Follows: SCF reference, section 4.2.

use super::super::function::{Mistake, environment_mistakes};
use super::names::capital;
use backlot_http::cloud_api::{ApiError, Parameter, Parameters};

/// The variables, in their order; `None` if the call leaves them as they are. One with an empty name stands for none: so
/// deployment tools take all variables away.
pub(super) fn read(parameters: &Parameters<'_>) -> Result<Option<Vec<(String, String)>>, ApiError> {
    let variables = parameters.optional("Environment", |environment| {
        environment.object()?.optional("Variables", |variables| {
            variables.list(|variable| {
                let variable = variable.object()?;
                let key = variable.required("Key", Parameter::text)?;
                let value = variable.optional("Value", Parameter::text)?;
                Ok::<_, ApiError>((key.to_owned(), value.unwrap_or_default().to_owned()))
            })
        })
    })?;
    let Some(mut variables) = variables.flatten() else {
        return Ok(None);
    };
    variables.retain(|(key, value)| !(key.is_empty() && value.is_empty()));
    match environment_mistakes(&variables).into_iter().next() {
        None => Ok(Some(variables)),
        Some(mistake) => {
            let code = match mistake {
                Mistake::VariableReserved(_) => "InvalidParameterValue.EnvironmentSystemProtect",
                Mistake::Environment(_) => "InvalidParameterValue.EnvironmentExceededLimit",
                _ => "InvalidParameterValue.Environment",
            };
            let message = format!("{}.", capital(&mistake.to_string()));
            Err(ApiError::new(code, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::json::Value;

    fn code(text: &str) -> String {
        let value = Value::parse(text).unwrap();
        read(&Parameters::new(&value)).unwrap_err().code
    }

    fn variables(text: &str) -> Option<Vec<(String, String)>> {
        let value = Value::parse(text).unwrap();
        read(&Parameters::new(&value)).unwrap()
    }

    #[test]
    fn variables_keep_their_order_and_can_be_taken_away() {
        let text =
            r#"{"Environment":{"Variables":[{"Key":"B","Value":"1"},{"Key":"A","Value":""}]}}"#;
        let expected = [("B", "1"), ("A", "")].map(|(key, value)| (key.into(), value.into()));
        assert_eq!(variables(text), Some(expected.to_vec()));
        let none = r#"{"Environment":{"Variables":[{"Key":"","Value":""}]}}"#;
        assert_eq!(variables(none), Some(Vec::new()));
        assert_eq!(variables("{}"), None);
    }

    #[test]
    fn reserved_and_wrong_names_and_too_much_have_their_codes() {
        let one = |key: &str, value: &str| {
            format!(r#"{{"Environment":{{"Variables":[{{"Key":"{key}","Value":"{value}"}}]}}}}"#)
        };
        let reserved = "InvalidParameterValue.EnvironmentSystemProtect";
        assert_eq!(code(&one("SCF_X", "")), reserved);
        assert_eq!(code(&one("9A", "")), "InvalidParameterValue.Environment");
        let large = "InvalidParameterValue.EnvironmentExceededLimit";
        assert_eq!(code(&one("A", &"x".repeat(5000))), large);
    }
}
