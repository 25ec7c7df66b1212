//! `CreateFunction`, `UpdateFunctionCode` and `UpdateFunctionConfiguration`.
//!
//! Follows: SCF reference, section 15.2.

use super::super::Scf;
use super::super::function::is_function_name;
use super::super::function_key::FunctionKey;
use super::super::registry::{CodeSource, Definition, Details};
use super::code;
use super::function_answer::truth;
use super::names::{existing, filled, key_in_namespace};
use super::settings::{Settings, check};
use super::versions;
use backlot_base::json::Value;
use backlot_base::signal::LATEST;
use backlot_http::cloud_api::{
    ApiCall, ApiError, ApiResult, Parameter, ParameterError, Parameters,
};

/// Bytes of base64 in `CreateFunction` at most.
const CREATE_LIMIT: usize = 50 * 1024 * 1024;
/// Bytes of base64 in `UpdateFunctionCode` at most.
const UPDATE_LIMIT: usize = 20 * 1024 * 1024;
/// Functions in a namespace at most.
pub(super) const FUNCTIONS: usize = 50;
/// A namespace and a name together, in characters at most.
const NAMES: usize = 118;

/// `CreateFunction`.
pub(super) async fn create(scf: &Scf, call: ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = new_name(scf, &parameters)?;
    let settings = Settings::read(&parameters)?;
    let mut definition = defaults(scf);
    if let Some(runtime) = filled(&parameters, "Runtime")? {
        runtime.clone_into(&mut definition.runtime);
    }
    settings.apply(&mut definition);
    check(&definition)?;
    check_room(scf, &key)?;
    let no_code = || {
        let message = "The request is missing a required parameter `Code`.";
        ApiError::new("MissingParameter.Code", message)
    };
    let sent = parameters.optional("Code", Parameter::object)?;
    let sent = sent.ok_or_else(no_code)?;
    let code = code::read(scf, &sent, CREATE_LIMIT).await?;
    definition.code = code.ok_or_else(no_code)?;
    scf.define(&key, definition)?;
    Ok(Value::Null)
}

/// `UpdateFunctionCode`: the code is in `Code`, or beside it as older clients send it.
pub(super) async fn update_code(scf: &Scf, call: ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let handler = filled(&parameters, "Handler")?.map(str::to_owned);
    let publishes = publishes(&parameters)?;
    let sent = parameters.optional("Code", Parameter::object)?;
    let sent = sent.unwrap_or_else(|| parameters.clone());
    let code = code::read(scf, &sent, UPDATE_LIMIT).await?;
    let code = code.ok_or_else(|| {
        let message = "The request is missing a required parameter `Code`.";
        ApiError::new("MissingParameter.Code", message)
    })?;
    scf.change(&key, |entry, now| {
        let latest = latest(entry)?;
        latest.code = code;
        latest.modified = now;
        if let Some(handler) = handler {
            latest.handler = handler;
        }
        check(latest)?;
        if publishes {
            versions::publish_latest(entry, None, now);
        }
        Ok::<_, ApiError>(())
    })?;
    Ok(Value::Null)
}

/// `UpdateFunctionConfiguration`.
pub(super) fn update_configuration(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let key = existing(scf, &parameters)?;
    let settings = Settings::read(&parameters)?;
    let runtime = filled(&parameters, "Runtime")?;
    let publishes = publishes(&parameters)?;
    scf.change(&key, |entry, now| {
        let latest = latest(entry)?;
        if runtime.is_some_and(|runtime| runtime != latest.runtime) {
            let message = format!(
                "The runtime of a function cannot be changed: it is `{}`.",
                latest.runtime
            );
            return Err(ApiError::new("InvalidParameterValue.Runtime", message));
        }
        let is_async = latest.async_run;
        settings.apply(latest);
        if latest.async_run != is_async {
            return Err(async_run_is_fixed(is_async));
        }
        latest.modified = now;
        check(latest)?;
        if publishes {
            versions::publish_latest(entry, None, now);
        }
        Ok(())
    })?;
    Ok(Value::Null)
}

/// Asynchronous execution is chosen when a function is created.
///
/// Follows: SCF reference, section 11. Choice: the code.
fn async_run_is_fixed(is_async: bool) -> ApiError {
    let message = format!(
        "`AsyncRunEnable` of a function cannot be changed: it is `{}`.",
        truth(is_async)
    );
    ApiError::new("InvalidParameterValue.AsyncRunEnable", message)
}

/// The latest version, which every function of the API has.
fn latest(entry: &mut super::super::registry::Entry) -> Result<&mut Definition, ApiError> {
    let latest = entry.versions.get_mut(LATEST);
    latest.ok_or_else(|| {
        ApiError::new(
            "FailedOperation.FunctionStatusError",
            "The function has no latest version.",
        )
    })
}

/// `Publish`.
fn publishes(parameters: &Parameters<'_>) -> Result<bool, ParameterError> {
    let publish = parameters.optional("Publish", Parameter::boolean)?;
    Ok(publish.unwrap_or(false))
}

/// The name of a new function.
fn new_name(scf: &Scf, parameters: &Parameters<'_>) -> Result<FunctionKey, ApiError> {
    let key = key_in_namespace(scf, parameters)?;
    let is_long = key.namespace.len() + key.name.len() > NAMES;
    if is_long || !is_function_name(&key.name) {
        let message = format!(
            "The name `{}` must have 2 to 60 letters, digits, `-` or `_`, begin with a letter and not end in `-` or `_`; \
             with its namespace it may have {NAMES} characters.",
            key.name
        );
        return Err(ApiError::new("InvalidParameterValue.FunctionName", message));
    }
    Ok(key)
}

/// Whether there is no such function yet, and room for another.
pub(super) fn check_room(scf: &Scf, key: &FunctionKey) -> Result<(), ApiError> {
    scf.read(|definitions| {
        if definitions.functions.contains_key(key) {
            let message = format!("The function `{key}` exists already.");
            return Err(ApiError::new("ResourceInUse.FunctionName", message));
        }
        if definitions.in_namespace(&key.namespace).count() >= FUNCTIONS {
            let message = format!(
                "The namespace `{}` has {FUNCTIONS} functions already.",
                key.namespace
            );
            return Err(ApiError::new("LimitExceeded.Function", message));
        }
        Ok(())
    })
}

/// What a function has that is made with a name and code only.
fn defaults(scf: &Scf) -> Definition {
    let now = scf.inner.context.clock.now();
    Definition {
        description: String::new(),
        runtime: "Python2.7".to_owned(),
        handler: "index.main_handler".to_owned(),
        memory_size: 128,
        timeout: 3,
        init_timeout: 65,
        environment: Vec::new(),
        role: String::new(),
        dead_letter: None,
        retry_num: 2,
        msg_ttl: 21_600,
        async_run: false,
        layers: Vec::new(),
        details: Details::default(),
        code: CodeSource::Configured,
        added: now,
        modified: now,
    }
}
