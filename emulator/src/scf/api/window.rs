//! The times and the part of a list that a call asks for.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};

use super::super::local_time;
use super::names::filled;
use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters};

/// Times that are wanted, with both ends.
pub(super) type Window = RangeInclusive<Timestamp>;

/// The longest time between the two ends.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// `StartTime` and `EndTime` as `YYYY-MM-DD HH:MM:SS`: both or neither, and one day apart at most. The second that ends the
/// window belongs to it.
///
/// Follows: SCF reference, section 13.3.
pub(super) fn window(parameters: &Parameters<'_>) -> Result<Option<Window>, ApiError> {
    let start = filled(parameters, "StartTime")?;
    let end = filled(parameters, "EndTime")?;
    let refuse = |message: &str| {
        let code = "InvalidParameterValue.StartTimeOrEndTime";
        Err(ApiError::new(code, message))
    };
    let (start, end) = match (start, end) {
        (None, None) => return Ok(None),
        (Some(start), Some(end)) => (start, end),
        _ => return refuse("Specify both `StartTime` and `EndTime`, or neither of them."),
    };
    let (start, end) = (time("StartTime", start)?, time("EndTime", end)?);
    let apart = end.duration_since(start);
    if apart.is_negative() {
        return refuse("`StartTime` must not be later than `EndTime`.");
    }
    if apart > DAY {
        return refuse("`StartTime` and `EndTime` must be one day apart at most.");
    }
    let last = SignedDuration::from_nanos(999_999_999);
    Ok(Some(start..=end.saturating_add(last).unwrap_or(end)))
}

/// Reads the time that the parameter `name` has.
pub(super) fn time(name: &str, text: &str) -> Result<Timestamp, ApiError> {
    local_time::read(text).ok_or_else(|| {
        let message = format!(
            "The value of the parameter `{name}` must be a time such as `2024-12-25 19:50:07`."
        );
        ApiError::new("InvalidParameterValue.DateTime", message)
    })
}

/// The value of the parameter `name` that is one of `choices`, in any case; `None` if it is left out.
pub(super) fn choice<T: Copy>(
    parameters: &Parameters<'_>,
    name: &str,
    code: &str,
    choices: &[(&str, T)],
) -> Result<Option<T>, ApiError> {
    let Some(text) = filled(parameters, name)? else {
        return Ok(None);
    };
    let found = choices
        .iter()
        .find(|(choice, _)| choice.eq_ignore_ascii_case(text));
    if let Some((_, choice)) = found {
        return Ok(Some(*choice));
    }
    let names = choices.iter().map(|(choice, _)| format!("`{choice}`"));
    let names = names.collect::<Vec<_>>().join(", ");
    let message = format!("The value of the parameter `{name}` must be one of {names}.");
    Err(ApiError::new(code, message))
}

/// A number that may be left out and is not negative.
pub(super) fn count(
    parameters: &Parameters<'_>,
    name: &str,
) -> Result<Option<usize>, ParameterError> {
    let read = |parameter: Parameter<'_>| {
        let number = parameter.clone().integer()?;
        usize::try_from(number).map_err(|_| parameter.invalid("must not be negative"))
    };
    parameters.optional(name, read)
}
