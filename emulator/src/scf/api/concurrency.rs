//! `PutReservedConcurrencyConfig`, `GetReservedConcurrencyConfig` and `DeleteReservedConcurrencyConfig`.
//!
//! Follows: SCF reference, sections 12 and 15.2, sample `api-get-reserved-concurrency.json`.
//!
//! Deviates: the share of a function is that of each of its versions.

use super::super::Scf;
use super::names::existing;
use backlot_base::json::{Object, Value};
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameters};

/// What a large region has for all instances, in MB.
pub(super) const TOTAL: u64 = 128_000;
/// What cannot be reserved of it, in MB.
const UNRESERVED: u64 = 12_800;

/// `PutReservedConcurrencyConfig`.
pub(super) fn put(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let mb = parameters.required("ReservedConcurrencyMem", |mb| {
        let range = mb.clone().integer_in(0..=i64::MAX);
        let number = range
            .map_err(|error| error.with_code("InvalidParameterValue.ReservedConcurrencyMem"))?;
        Ok::<_, ApiError>(u64::try_from(number).expect("the range has no negative numbers"))
    })?;
    let most = TOTAL - UNRESERVED;
    if mb > most {
        let message = format!("A function can reserve at most {most} MB, not {mb}.");
        let code = "LimitExceeded.FunctionReservedConcurrencyMemory";
        return Err(ApiError::new(code, message));
    }
    let others = scf.read(|definitions| {
        let others = definitions
            .functions
            .iter()
            .filter(|(other, _)| **other != key);
        others
            .filter_map(|(_, entry)| entry.reserved_mb)
            .sum::<u64>()
    });
    if others + mb > most {
        let message = format!(
            "Other functions have reserved {others} MB, and all together can reserve at most {most} MB."
        );
        return Err(ApiError::new(
            "FailedOperation.ReservedExceedTotal",
            message,
        ));
    }
    set(scf, &key, Some(mb))
}

/// `DeleteReservedConcurrencyConfig`.
pub(super) fn delete(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    set(scf, &key, None)
}

/// `GetReservedConcurrencyConfig`.
pub(super) fn get(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let reserved = scf.read(|definitions| {
        let entry = definitions.functions.get(&key);
        entry.and_then(|entry| entry.reserved_mb)
    });
    Ok(Object::new().with("ReservedMem", reserved).into())
}

fn set(scf: &Scf, key: &super::super::FunctionKey, reserved_mb: Option<u64>) -> ApiResult {
    scf.change(key, |entry, _now| {
        entry.reserved_mb = reserved_mb;
        Ok::<_, ApiError>(())
    })?;
    Ok(Value::Null)
}
