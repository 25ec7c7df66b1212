//! The parameters of STS, with the codes that STS documents for them.
//!
//! Follows: COS reference, section 10; codes as the API's documentation lists them.

use percent_encoding::percent_decode_str;

use super::CheckPolicy;
use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters, Problem};

/// The longest name, in letters.
const MAX_NAME: usize = 128;

/// The longest policy, in bytes. Choice: the limit of the policies of CAM.
const MAX_POLICY: usize = 6144;

const ROLE_ARN: &str = "must be qcs::cam::uin/<uin>:roleName/<role>";

/// A name that ends up in resource names.
pub(super) fn name(parameters: &Parameters<'_>, parameter: &str) -> Result<String, ApiError> {
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || b"=,.@_-".contains(&letter);
    let read = |name: Parameter<'_>| {
        let text = name.clone().filled_text()?;
        if text.len() > MAX_NAME || !text.bytes().all(fits) {
            return Err(name.invalid("must have at most 128 letters, digits and =,.@_-"));
        }
        Ok(text.to_owned())
    };
    parameters.required(parameter, read).map_err(coded)
}

/// `DurationSeconds`.
pub(super) fn duration(
    parameters: &Parameters<'_>,
    default: i64,
    max: i64,
) -> Result<i64, ApiError> {
    let over_time = |error: ParameterError| match error.problem {
        Problem::Value(_) => error.with_code("InvalidParameter.OverTimeError"),
        _ => coded(error),
    };
    let read = |seconds: Parameter<'_>| seconds.integer_in(1..=max);
    let seconds = parameters.optional("DurationSeconds", read);
    Ok(seconds.map_err(over_time)?.unwrap_or(default))
}

/// `Policy`, which comes percent-encoded, though not from every client. An empty one counts as absent.
pub(super) fn policy(
    parameters: &Parameters<'_>,
    check: CheckPolicy,
) -> Result<Option<String>, ApiError> {
    let written = parameters.optional("Policy", Parameter::text);
    let written = written.map_err(coded)?.filter(|text| !text.is_empty());
    let Some(written) = written else {
        return Ok(None);
    };
    let decoded = if written.trim_start().starts_with('{') {
        written.to_owned()
    } else {
        let decoded = percent_decode_str(written).decode_utf8();
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

/// The role that `RoleArn` names: `qcs::cam::uin/<uin>:roleName/<role>`, of the account `uin`.
pub(super) fn role(parameters: &Parameters<'_>, uin: &str) -> Result<String, ApiError> {
    let found = parameters.required("RoleArn", |arn| {
        let text = arn.clone().filled_text()?;
        role_of(text).ok_or_else(|| arn.invalid(ROLE_ARN))
    });
    let (owner, role) = found.map_err(coded)?;
    if owner != uin {
        let message = format!("The account {owner} has no role here.");
        return Err(ApiError::new("ResourceNotFound.RoleNotFound", message));
    }
    Ok(role.to_owned())
}

/// The account and the name of a role.
fn role_of(arn: &str) -> Option<(&str, &str)> {
    let (owner, role) = arn.strip_prefix("qcs::cam::uin/")?.split_once(':')?;
    let name = role
        .strip_prefix("roleName/")
        .or_else(|| role.strip_prefix("role/"))?;
    (!name.is_empty()).then_some((owner, name))
}

/// An error under the one code that STS has for all parameters that are wrong.
fn coded(error: ParameterError) -> ApiError {
    match error.problem {
        Problem::Missing => error.into(),
        _ => error.with_code("InvalidParameter.ParamError"),
    }
}

fn bad_policy(why: &str) -> ApiError {
    let message = format!("The Policy cannot be read: {why}.");
    ApiError::new("InvalidParameter.StrategyFormatError", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use backlot_base::json::Value;

    fn parameters(text: &str) -> Value {
        Value::parse(text).unwrap()
    }

    #[test]
    fn durations_are_bounded_and_may_be_text() {
        let of = |text: &str| {
            let call = parameters(text);
            duration(&Parameters::new(&call), 1800, 7200).map_err(|error| error.code)
        };
        assert_eq!(of("{}"), Ok(1800));
        assert_eq!(of(r#"{"DurationSeconds":7200}"#), Ok(7200));
        assert_eq!(of(r#"{"DurationSeconds":"60"}"#), Ok(60));
        let over = Err("InvalidParameter.OverTimeError".to_owned());
        assert_eq!(of(r#"{"DurationSeconds":7201}"#), over);
        assert_eq!(of(r#"{"DurationSeconds":0}"#), over);
        let wrong = Err("InvalidParameter.ParamError".to_owned());
        assert_eq!(of(r#"{"DurationSeconds":"x"}"#), wrong);
        assert_eq!(of(r#"{"DurationSeconds":""}"#), wrong);
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
        let of = |written: &str| {
            let call = Value::Object(vec![("Policy".into(), written.into())]);
            policy(&Parameters::new(&call), check).map_err(|error| error.code)
        };
        for written in [r#"{"a b":1}"#, "%7B%22a%20b%22%3A1%7D"] {
            assert_eq!(of(written), Ok(Some(r#"{"a b":1}"#.to_owned())));
        }
        assert_eq!(of(""), Ok(None));
        let wrong = "InvalidParameter.StrategyFormatError".to_owned();
        assert_eq!(of("%7B"), Err(wrong));
    }

    #[test]
    fn roles_are_of_the_account() {
        let of = |arn: &str| {
            let call = Value::Object(vec![("RoleArn".into(), arn.into())]);
            role(&Parameters::new(&call), "1").map_err(|error| error.code)
        };
        assert_eq!(of("qcs::cam::uin/1:roleName/r"), Ok("r".to_owned()));
        assert_eq!(of("qcs::cam::uin/1:role/r"), Ok("r".to_owned()));
        let foreign = Err("ResourceNotFound.RoleNotFound".to_owned());
        assert_eq!(of("qcs::cam::uin/2:roleName/r"), foreign);
        let wrong = Err("InvalidParameter.ParamError".to_owned());
        assert_eq!(of("r"), wrong);
        assert_eq!(of("qcs::cam::uin/1:roleName/"), wrong);
        assert_eq!(of(""), Err("MissingParameter".to_owned()));
    }

    #[test]
    fn names_have_few_letters() {
        let of = |text: &str| {
            let call = parameters(text);
            name(&Parameters::new(&call), "Name").map_err(|error| error.code)
        };
        assert_eq!(of(r#"{"Name":"a.b@c"}"#), Ok("a.b@c".to_owned()));
        let wrong = Err("InvalidParameter.ParamError".to_owned());
        assert_eq!(of(r#"{"Name":"a b"}"#), wrong);
        assert_eq!(of(r#"{"Name":1}"#), wrong);
        let missing = Err("MissingParameter".to_owned());
        assert_eq!(of(r#"{"Name":""}"#), missing);
        assert_eq!(of("{}"), missing);
    }
}
