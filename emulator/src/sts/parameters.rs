//! What a call asks for, checked. Parameters of a query are text throughout, so numbers may come as such.
//!
//! Follows: COS reference, section 10; codes as the API's documentation lists them.

use percent_encoding::percent_decode_str;

use super::CheckPolicy;
use backlot_base::json::Value;
use backlot_http::cloud_api::ApiError;

/// Letters of a name at most.
const MAX_NAME: usize = 128;

/// Bytes of a policy at most. Choice: the length that the policies of CAM may have.
const MAX_POLICY: usize = 6144;

/// The text of a parameter; an empty one counts as absent.
pub(super) fn text(parameters: &Value, name: &str) -> Result<Option<String>, ApiError> {
    match parameters.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(wrong(format!("The {name} is {}, not text.", other.kind()))),
    }
}

/// `DurationSeconds`.
pub(super) fn duration(parameters: &Value, default: i64, max: i64) -> Result<i64, ApiError> {
    let given = match parameters.get("DurationSeconds") {
        None | Some(Value::Null) => return Ok(default),
        Some(Value::String(text)) => text.parse().ok(),
        Some(number) => number.as_i64(),
    };
    let seconds = given.ok_or_else(|| wrong("The DurationSeconds is not an integer."))?;
    if (1..=max).contains(&seconds) {
        return Ok(seconds);
    }
    let message = format!("The DurationSeconds must be from 1 to {max}.");
    Err(ApiError::new("InvalidParameter.OverTimeError", message))
}

/// `Policy`, which comes percent-encoded, though not from every client.
pub(super) fn policy(parameters: &Value, check: CheckPolicy) -> Result<Option<String>, ApiError> {
    let Some(written) = text(parameters, "Policy")? else {
        return Ok(None);
    };
    let decoded = if written.trim_start().starts_with('{') {
        written
    } else {
        let decoded = percent_decode_str(&written).decode_utf8();
        decoded
            .map_err(|_| bad_policy("it is not UTF-8"))?
            .into_owned()
    };
    if decoded.len() > MAX_POLICY {
        let message = format!("The Policy is longer than {MAX_POLICY} bytes.");
        return Err(ApiError::new("InvalidParameter.PolicyTooLong", message));
    }
    match check(&decoded) {
        Ok(()) => Ok(Some(decoded)),
        Err(why) => Err(bad_policy(&why)),
    }
}

/// The role of `qcs::cam::uin/<uin>:roleName/<role>`.
pub(super) fn role(arn: &str, uin: &str) -> Result<String, ApiError> {
    let rest = arn.strip_prefix("qcs::cam::uin/");
    let (owner, role) = rest
        .and_then(|rest| rest.split_once(':'))
        .ok_or_else(|| wrong("The RoleArn must be qcs::cam::uin/<uin>:roleName/<role>."))?;
    let name = role
        .strip_prefix("roleName/")
        .or_else(|| role.strip_prefix("role/"))
        .filter(|name| !name.is_empty())
        .ok_or_else(|| wrong("The RoleArn must be qcs::cam::uin/<uin>:roleName/<role>."))?;
    if owner != uin {
        let message = format!("The account {owner} has no role here.");
        return Err(ApiError::new("ResourceNotFound.RoleNotFound", message));
    }
    Ok(name.to_owned())
}

/// A name that ends up in resource names.
pub(super) fn check_name(what: &str, name: &str) -> Result<(), ApiError> {
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || b"=,.@_-".contains(&letter);
    if name.len() > MAX_NAME || !name.bytes().all(fits) {
        let message = format!("The {what} has at most 128 letters, digits and =,.@_-");
        return Err(wrong(message));
    }
    Ok(())
}

/// A parameter without which nothing can be done.
pub(super) fn missing(name: &str) -> ApiError {
    let message = format!("The request is missing a required parameter `{name}`.");
    ApiError::new("MissingParameter", message)
}

fn wrong(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidParameter.ParamError", message)
}

fn bad_policy(why: &str) -> ApiError {
    let message = format!("The Policy cannot be read: {why}.");
    ApiError::new("InvalidParameter.StrategyFormatError", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(text: &str) -> Value {
        Value::parse(text).unwrap()
    }

    #[test]
    fn durations_are_bounded_and_may_be_text() {
        let of = |text: &str| duration(&parameters(text), 1800, 7200).map_err(|error| error.code);
        assert_eq!(of("{}"), Ok(1800));
        assert_eq!(of(r#"{"DurationSeconds":7200}"#), Ok(7200));
        assert_eq!(of(r#"{"DurationSeconds":"60"}"#), Ok(60));
        let over = Err("InvalidParameter.OverTimeError".to_owned());
        assert_eq!(of(r#"{"DurationSeconds":7201}"#), over);
        assert_eq!(of(r#"{"DurationSeconds":0}"#), over);
        assert!(of(r#"{"DurationSeconds":"x"}"#).is_err());
    }

    #[test]
    fn policies_come_encoded_or_not() {
        let check: CheckPolicy = |text| {
            if text == r#"{"a b":1}"# {
                Ok(())
            } else {
                Err("no".into())
            }
        };
        for written in [r#"{"a b":1}"#, "%7B%22a%20b%22%3A1%7D"] {
            let given = Value::Object(vec![("Policy".into(), written.into())]);
            assert_eq!(policy(&given, check), Ok(Some(r#"{"a b":1}"#.to_owned())));
        }
        let given = Value::Object(vec![("Policy".into(), "%7B".into())]);
        let error = policy(&given, check).unwrap_err();
        assert_eq!(error.code, "InvalidParameter.StrategyFormatError");
    }

    #[test]
    fn roles_are_of_the_account() {
        assert_eq!(role("qcs::cam::uin/1:roleName/r", "1"), Ok("r".to_owned()));
        let code = |arn: &str| role(arn, "1").unwrap_err().code;
        assert_eq!(
            code("qcs::cam::uin/2:roleName/r"),
            "ResourceNotFound.RoleNotFound"
        );
        assert_eq!(code("r"), "InvalidParameter.ParamError");
        assert!(check_name("Name", "a b").is_err());
        assert!(check_name("Name", "a.b@c").is_ok());
    }
}
