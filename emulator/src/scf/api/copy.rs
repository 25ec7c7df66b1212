//! `CopyFunction`.
//!
//! Follows: SCF reference, section 15.2.

use super::super::Scf;
use super::super::function::is_function_name;
use super::super::function_key::FunctionKey;
use super::super::registry::{CodeSource, Definition};
use super::changes::check_room;
use super::names::{existing, filled, no_namespace};
use backlot_base::json::Value;
use backlot_base::signal::LATEST;
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

/// `CopyFunction`: the latest version of a function under another name, or in another namespace.
pub(super) fn copy(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let from = existing(scf, &parameters)?;
    let to = target(scf, &parameters, &from)?;
    let region = filled(&parameters, "TargetRegion")?;
    if region.is_some_and(|region| region != scf.inner.account.region) {
        let message = "backlot has one region, and copies functions within it only.";
        return Err(ApiError::new("UnsupportedOperation", message));
    }
    let overrides = parameters
        .optional("Override", Parameter::boolean)?
        .unwrap_or(true);
    let copies_settings = parameters.optional("CopyConfiguration", Parameter::boolean)?;
    let description = filled(&parameters, "Description")?;
    let exists = scf.read(|definitions| definitions.functions.contains_key(&to));
    if !exists || !overrides {
        check_room(scf, &to)?;
    }
    let source = scf.read(|definitions| {
        let entry = definitions.functions.get(&from)?;
        entry.versions.get(LATEST).cloned()
    });
    let mut source = source.ok_or_else(|| super::names::no_function(&from))?;
    if source.code == CodeSource::Configured {
        let message = format!(
            "The code of `{from}` is a folder or a command of the configuration, which cannot be copied."
        );
        return Err(ApiError::new("UnsupportedOperation", message));
    }
    if let Some(description) = description {
        description.clone_into(&mut source.description);
    }
    let now = scf.inner.context.clock.now();
    (source.added, source.modified) = (now, now);
    if exists {
        let keeps_settings = copies_settings == Some(false);
        replace(scf, &to, source, keeps_settings)?;
    } else {
        scf.define(&to, source)?;
    }
    Ok(Value::Null)
}

/// The function that is written.
fn target(
    scf: &Scf,
    parameters: &Parameters<'_>,
    from: &FunctionKey,
) -> Result<FunctionKey, ApiError> {
    let name = parameters.required("NewFunctionName", Parameter::filled_text)?;
    let namespace = filled(parameters, "TargetNamespace")?.unwrap_or(&from.namespace);
    if !scf.read(|definitions| definitions.has_namespace(namespace)) {
        return Err(no_namespace(namespace));
    }
    if !is_function_name(name) {
        let message = format!("`{name}` is not the name of a function.");
        return Err(ApiError::new("InvalidParameterValue.FunctionName", message));
    }
    let to = FunctionKey {
        namespace: namespace.to_owned().into(),
        name: name.to_owned(),
    };
    if to == *from {
        let message = format!("The function `{to}` cannot be copied onto itself.");
        return Err(ApiError::new("InvalidParameterValue.FunctionName", message));
    }
    Ok(to)
}

fn replace(
    scf: &Scf,
    to: &FunctionKey,
    source: Definition,
    keeps_settings: bool,
) -> Result<(), ApiError> {
    scf.change(to, |entry, now| {
        let before = entry.versions.get(LATEST).cloned();
        let latest = match before {
            Some(before) if keeps_settings => Definition {
                code: source.code,
                handler: source.handler,
                runtime: source.runtime,
                modified: now,
                ..before
            },
            Some(before) => Definition {
                added: before.added,
                ..source
            },
            None => source,
        };
        entry.versions.insert(LATEST.to_owned(), latest);
        Ok(())
    })
}
