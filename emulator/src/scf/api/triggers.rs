//! `CreateTrigger`, `ListTriggers`, `UpdateTrigger`, `UpdateTriggerStatus` and `DeleteTrigger`.
//!
//! Follows: SCF reference, sections 14 and 15.2.

use super::super::Scf;
use super::super::triggers::{Source, Trigger, TriggerError, TriggerId};
use super::names::{existing, filled};
use super::trigger_answer::info;
use super::trigger_request::{changes, created, enable, id, kind, target};
use crate::scf::function_key::FunctionKey;
use backlot_base::json::{Object, Value};
use backlot_http::cloud_api::{ApiCall, ApiError, ApiResult, Parameter, Parameters};

/// Triggers in one answer at most, and unless the call says otherwise.
const PAGE: (i64, i64) = (100, 20);

pub(super) async fn create(scf: &Scf, call: ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let wanted = created(&parameters)?;
    if let Source::Cos(rule) = &wanted.source {
        let has_bucket = scf.has_bucket(&rule.bucket).await.map_err(|error| {
            let message = format!("The bucket `{}` cannot be looked up: {error}.", rule.bucket);
            ApiError::new("InternalError", message)
        })?;
        if !has_bucket {
            let message = format!("The bucket `{}` does not exist.", rule.bucket);
            return Err(ApiError::new("FailedOperation.CreateTrigger", message));
        }
    }
    let trigger = scf.create_trigger(wanted)?;
    Ok(Object::new()
        .with("TriggerInfo", info(scf, &trigger))
        .into())
}

pub(super) fn list(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let function = existing(scf, &parameters)?;
    let offset = parameters.optional("Offset", |offset| offset.integer_in(0..=i64::MAX))?;
    let limit = parameters.optional("Limit", |limit| limit.integer_in(1..=PAGE.0))?;
    let page = |number: Option<i64>, default| usize::try_from(number.unwrap_or(default));
    let (offset, limit) = (page(offset, 0), page(limit, PAGE.1));
    let qualifiers = qualifiers(&parameters)?;
    let mut triggers = scf.triggers_of(&function);
    triggers.retain(|trigger| {
        let is_wanted = |wanted: &String| trigger.target.qualifier == *wanted;
        qualifiers
            .as_ref()
            .is_none_or(|all| all.iter().any(is_wanted))
    });
    sort(&mut triggers, &parameters)?;
    let shown = triggers.iter().skip(offset.unwrap_or(usize::MAX));
    let shown = shown.take(limit.unwrap_or(usize::MAX));
    let shown = shown.map(|trigger| info(scf, trigger));
    Ok(Object::new()
        .with(
            "TotalCount",
            u64::try_from(triggers.len()).unwrap_or(u64::MAX),
        )
        .with("Triggers", Value::Array(shown.collect()))
        .into())
}

pub(super) fn update(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let id = id_to_update(scf, &parameters)?;
    let before = scf.trigger(&id)?;
    let after = changes(&before, &parameters)?;
    let changed = scf.change_trigger(&id, |trigger| {
        *trigger = after;
        Ok(())
    });
    changed?;
    Ok(Value::Null)
}

pub(super) fn update_status(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let id = id(&parameters)?;
    let is_enabled = enable(&parameters)?.ok_or_else(|| parameters.missing("Enable"))?;
    let changed = scf.change_trigger(&id, |trigger| {
        if trigger.is_enabled == is_enabled {
            let name = trigger.name.clone();
            return Err(TriggerError::Unchanged { name, is_enabled });
        }
        trigger.is_enabled = is_enabled;
        Ok(())
    });
    changed?;
    Ok(Value::Null)
}

pub(super) fn delete(scf: &Scf, call: &ApiCall) -> ApiResult {
    let parameters = Parameters::new(&call.parameters);
    let id = id(&parameters)?;
    scf.delete_trigger(&id)?;
    Ok(Value::Null)
}

/// The trigger that is to be changed. `TriggerDesc` is what it is to become, unless it tells COS triggers of one bucket apart.
fn id_to_update(scf: &Scf, parameters: &Parameters<'_>) -> Result<TriggerId, ApiError> {
    let name = parameters.required("TriggerName", Parameter::text)?;
    let id = TriggerId {
        target: target(parameters)?,
        kind: kind(parameters)?,
        name: name.rsplit('/').next().unwrap_or(name).to_owned(),
        source: None,
    };
    let of_name = scf.triggers_of(&FunctionKey::from(&id.target));
    let of_name = of_name.into_iter().filter(|trigger| trigger.is(&id));
    let of_name: Vec<_> = of_name.collect();
    if of_name.len() < 2 {
        return Ok(id);
    }
    let described = filled(parameters, "TriggerDesc")?.unwrap_or_default();
    let found = of_name
        .iter()
        .find(|trigger| trigger.source.describe() == described);
    found.map(Trigger::id).ok_or_else(|| {
        let message = format!(
            "The function has {} triggers `{name}`, and `TriggerDesc` is that of none of them: delete one and create another.",
            of_name.len()
        );
        ApiError::new("InvalidParameterValue.TriggerDesc", message)
    })
}

/// The values of the filter `Qualifier`; `None` if there is no such filter.
fn qualifiers(parameters: &Parameters<'_>) -> Result<Option<Vec<String>>, ApiError> {
    let filters = parameters.optional("Filters", |filters| {
        filters.list(|filter| {
            let filter = filter.object()?;
            let name = filter.required("Name", |name| {
                name.one_of(&[("Qualifier", ())]).map_err(ApiError::from)
            });
            name?;
            filter.required("Values", |values| {
                values.list(|value| Ok::<_, ApiError>(value.text()?.to_owned()))
            })
        })
    })?;
    Ok(filters.map(|filters| filters.concat()))
}

/// `OrderBy` and `Order`; the order of creation unless the call says otherwise.
fn sort(triggers: &mut [Trigger], parameters: &Parameters<'_>) -> Result<(), ApiError> {
    let by_added: fn(&Trigger) -> jiff::Timestamp = |trigger| trigger.added;
    let keys = [
        ("add_time", by_added),
        ("AddTime", by_added),
        ("mod_time", |trigger| trigger.modified),
        ("ModTime", |trigger| trigger.modified),
        ("", by_added),
    ];
    let key = parameters.optional("OrderBy", |by| by.one_of(&keys))?;
    let orders = [("ASC", false), ("DESC", true), ("", false)];
    let is_descending = parameters.optional("Order", |order| order.one_of(&orders))?;
    if let Some(key) = key {
        triggers.sort_by_key(key);
    }
    if is_descending == Some(true) {
        triggers.reverse();
    }
    Ok(())
}
