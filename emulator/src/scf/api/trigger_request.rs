//! What calls say about triggers, and the errors if that cannot be.
//!
//! Follows: SCF reference, sections 14.2 and 15.2.

use super::super::triggers::{InvalidTrigger, Source, Trigger, TriggerError, TriggerId};
use super::names::{capital, filled, function_key};
use backlot_base::signal::{FunctionTarget, LATEST};
use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters};

/// Types of the platform for which the emulator has no service.
const UNSUPPORTED: [&str; 12] = [
    "apigw",
    "ckafka",
    "clb",
    "cm",
    "cmq",
    "custom_kafka",
    "eb",
    "http",
    "mqtt",
    "tdmq",
    "vod",
    "websocket",
];

/// The function, and the qualifier to which a trigger belongs; the latest version unless the call says otherwise.
pub(super) fn target(parameters: &Parameters<'_>) -> Result<FunctionTarget, ParameterError> {
    let key = function_key(parameters)?;
    let qualifier = filled(parameters, "Qualifier")?.unwrap_or(LATEST);
    Ok(FunctionTarget {
        namespace: key.namespace,
        function: key.name,
        qualifier: qualifier.to_owned().into(),
    })
}

/// The trigger that is to be created.
pub(super) fn created(parameters: &Parameters<'_>) -> Result<Trigger, ApiError> {
    let target = target(parameters)?;
    let kind = kind(parameters)?;
    let name = parameters.required("TriggerName", Parameter::text)?;
    let description = filled(parameters, "TriggerDesc")?;
    let description = description.ok_or_else(|| parameters.missing("TriggerDesc"))?;
    let source = Source::asked(kind, name, description)?;
    let name = source.name(name)?;
    let trigger = Trigger {
        argument: filled(parameters, "CustomArgument")?
            .unwrap_or_default()
            .to_owned(),
        description: filled(parameters, "Description")?
            .unwrap_or_default()
            .to_owned(),
        ..Trigger::new(name, target, source)
    };
    trigger.check_argument()?;
    Ok(trigger.enabled(enable(parameters)?.unwrap_or(true)))
}

/// The trigger that a call is about. Of a COS trigger its description is part of the name, because a bucket may have several.
pub(super) fn id(parameters: &Parameters<'_>) -> Result<TriggerId, ApiError> {
    let target = target(parameters)?;
    let kind = kind(parameters)?;
    let name = parameters.required("TriggerName", Parameter::text)?;
    let description = filled(parameters, "TriggerDesc")?;
    let (name, source) = match (kind, description) {
        ("cos", None) => return Err(parameters.missing("TriggerDesc").into()),
        ("cos", Some(description)) => {
            let source = Source::read(kind, name, description)?;
            (name.to_owned(), Some(source))
        }
        // The name may be left out if the description has the type of event.
        ("mps", Some(description)) => {
            let source = Source::read(kind, name, description)?;
            (source.name(name)?, None)
        }
        _ => (last_part(name).to_owned(), None),
    };
    Ok(TriggerId {
        target,
        kind,
        name,
        source,
    })
}

/// What a trigger is to become: what the call leaves out stays.
pub(super) fn changes(before: &Trigger, parameters: &Parameters<'_>) -> Result<Trigger, ApiError> {
    let mut after = before.clone();
    if let Some(description) = filled(parameters, "TriggerDesc")? {
        let kind = before.source.kind();
        after.source = Source::asked(kind, &before.name, description)?;
        after.name = after.source.name(&before.name)?;
    }
    if let Some(argument) = parameters.optional("CustomArgument", Parameter::text)? {
        argument.clone_into(&mut after.argument);
        after.check_argument()?;
    }
    if let Some(description) = parameters.optional("Description", Parameter::text)? {
        description.clone_into(&mut after.description);
    }
    Ok(after.enabled(enable(parameters)?.unwrap_or(before.is_enabled)))
}

/// `Enable`, which is `OPEN` or `CLOSE`.
pub(super) fn enable(parameters: &Parameters<'_>) -> Result<Option<bool>, ApiError> {
    parameters.optional("Enable", |enable| {
        let choices = [("OPEN", true), ("CLOSE", false)];
        let wrong = |error: ParameterError| error.with_code("InvalidParameterValue.Enable");
        enable.one_of(&choices).map_err(wrong)
    })
}

/// `Type`, if it is one that the emulator has.
pub(super) fn kind(parameters: &Parameters<'_>) -> Result<&'static str, ApiError> {
    use super::super::triggers::KINDS;
    parameters.required("Type", |kind| {
        let text = kind.clone().text().map_err(ApiError::from)?;
        if UNSUPPORTED.contains(&text) {
            let message = format!(
                "Triggers of the type `{text}` are not supported by backlot; supported are {}.",
                KINDS.map(|kind| format!("`{kind}`")).join(", ")
            );
            return Err(ApiError::new("UnsupportedOperation.Trigger", message));
        }
        let wrong = |error: ParameterError| error.with_code("InvalidParameterValue.Type");
        kind.one_of(&KINDS.map(|kind| (kind, kind))).map_err(wrong)
    })
}

/// Resources are named by the end of their path.
fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

impl From<InvalidTrigger> for ApiError {
    fn from(error: InvalidTrigger) -> Self {
        let code = match &error {
            InvalidTrigger::Description { .. } => "InvalidParameterValue.TriggerDesc",
            InvalidTrigger::Name { .. } => "InvalidParameterValue.TriggerName",
            InvalidTrigger::Argument(_) => "InvalidParameterValue",
        };
        sentence(code, &error)
    }
}

impl From<TriggerError> for ApiError {
    fn from(error: TriggerError) -> Self {
        let code = match error {
            TriggerError::Function(missing) => return missing.into(),
            TriggerError::Missing { .. } => "ResourceNotFound.Trigger",
            TriggerError::NameTaken(..) => "ResourceInUse.TriggerName",
            TriggerError::Taken(_) => "ResourceInUse.Trigger",
            TriggerError::Overlaps(_) => "InvalidParameterValue.CosNotifyRuleConflict",
            TriggerError::Unknown(_) => "InvalidParameterValue.TriggerDesc",
            TriggerError::TooMany(..) => "LimitExceeded.Trigger",
            TriggerError::Unchanged { .. } => "FailedOperation.UpdateTriggerStatus",
            TriggerError::Unkept(_) => "InternalError",
        };
        sentence(code, &error)
    }
}

fn sentence(code: &str, error: &impl std::fmt::Display) -> ApiError {
    ApiError::new(code, format!("{}.", capital(&error.to_string())))
}
