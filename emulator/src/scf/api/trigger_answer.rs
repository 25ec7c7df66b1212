//! Triggers as the API writes them.
//!
//! Follows: SCF reference, section 14.5.

use super::super::function_key::FunctionKey;
use super::super::local_time;
use super::super::triggers::{Source, Trigger};
use crate::scf::Scf;
use backlot_base::json::{Object, Value};

/// `Triggers` of a function, in the order of their creation.
pub(super) fn of_function(scf: &Scf, function: &FunctionKey) -> Value {
    let triggers = scf.triggers_of(function);
    Value::Array(triggers.iter().map(|trigger| info(scf, trigger)).collect())
}

/// `TriggerInfo`.
///
/// Choice: `BindStatus` is `off` only for MPS triggers that are disabled, which is how the official toolkit finds those that it
/// may unbind.
pub(super) fn info(scf: &Scf, trigger: &Trigger) -> Value {
    let is_mps = matches!(trigger.source, Source::Mps(_));
    let is_off = is_mps && !trigger.is_enabled;
    Object::new()
        .with("Enable", u32::from(trigger.is_enabled))
        .with("Qualifier", &*trigger.target.qualifier)
        .with("TriggerName", trigger.name.as_str())
        .with("Type", trigger.source.kind())
        .with("TriggerDesc", trigger.source.describe())
        .with("AvailableStatus", "Available")
        .with("CustomArgument", trigger.argument.as_str())
        .with("Description", trigger.description.as_str())
        .with("AddTime", local_time::seconds(trigger.added))
        .with("ModTime", local_time::seconds(trigger.modified))
        .with("ResourceId", scf.trigger_resource(trigger))
        .with("BindStatus", if is_off { "off" } else { "on" })
        .with("TriggerAttribute", if is_mps { "double" } else { "single" })
        .into()
}
