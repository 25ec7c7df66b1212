//! Templates as calls send them become templates as they are kept: complete, checked, in the order of their table.

use super::field::{Field, Kind, Need};
use backlot_base::json::{Number, Object, Value};
use backlot_http::cloud_api::{ApiError, Parameter, ParameterError, Parameters};

/// Reads all members of a template. A member that the table does not have is refused.
///
/// Choice: a member that no table has is an `UnknownParameter`, because to forget it silently would make a template that is not
/// what was asked for.
pub(super) fn read(fields: &[Field], sent: &Parameters<'_>) -> Result<Value, ApiError> {
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    sent.only(&names)?;
    let mut members = Object::new();
    for field in fields {
        let value = sent.optional(field.name, |parameter| member(field, &parameter))?;
        let value = match (value, field.need) {
            (Some(value), _) => value,
            (None, Need::Required) => return Err(sent.missing(field.name).into()),
            (None, need) => left_out(need),
        };
        members = members.with(field.name, value);
    }
    Ok(members.into())
}

/// What is kept, with what is sent in its place: structures member by member, lists as a whole. `null` changes nothing.
pub(super) fn overlaid(fields: &[Field], kept: &Value, sent: &[(String, Value)]) -> Value {
    let mut members = kept.as_object().unwrap_or_default().to_vec();
    for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
        let field = fields.iter().find(|field| field.name == name);
        let before = members.iter().position(|(found, _)| found == name);
        let structure = field.and_then(|field| match field.kind {
            Kind::Structure(fields) => Some(fields),
            _ => None,
        });
        let value = match (structure, before, value) {
            (Some(fields), Some(position), Value::Object(sent)) => {
                overlaid(fields, &members[position].1, sent)
            }
            _ => value.clone(),
        };
        match before {
            Some(position) => members[position].1 = value,
            None => members.push((name.clone(), value)),
        }
    }
    Value::Object(members)
}

/// A template of the platform: `said`, and what the table says about the rest. Nothing is checked, because presets have values
/// that calls may not have.
pub(super) fn fill(fields: &[Field], said: &Value) -> Value {
    let mut members = Object::new();
    for field in fields {
        let value = match (said.get(field.name), field.kind) {
            (Some(said @ Value::Object(_)), Kind::Structure(fields)) => fill(fields, said),
            (Some(Value::Array(items)), Kind::Structures(fields, _)) => {
                items.iter().map(|item| fill(fields, item)).collect()
            }
            (Some(said), _) => said.clone(),
            (None, _) => left_out(field.need),
        };
        members = members.with(field.name, value);
    }
    members.into()
}

fn left_out(need: Need) -> Value {
    match need {
        Need::Required | Need::Null => Value::Null,
        Need::Text(text) => text.into(),
        Need::Integer(integer) => integer.into(),
        Need::Empty => Value::Array(Vec::new()),
    }
}

fn member(field: &Field, sent: &Parameter<'_>) -> Result<Value, ApiError> {
    match field.kind {
        Kind::Structure(fields) => read(fields, &sent.clone().object()?),
        Kind::Structures(fields, limit) => {
            let refused = |error| refused(field, error);
            let items: Vec<Value> = sent.clone().list(|item| read(fields, &item.object()?))?;
            if !(1..=limit).contains(&items.len()) {
                let rule = format!("must have from 1 to {limit} items");
                return Err(refused(sent.invalid(rule)));
            }
            Ok(Value::Array(items))
        }
        Kind::Opaque => {
            sent.clone().object()?;
            Ok(sent.value().clone())
        }
        _ => plain(field.kind, sent.clone()).map_err(|error| refused(field, error)),
    }
}

fn plain(kind: Kind, sent: Parameter<'_>) -> Result<Value, ParameterError> {
    Ok(match kind {
        Kind::Text(limit) => sent.text_up_to(limit)?.into(),
        Kind::Choice(choices) => {
            let pairs: Vec<_> = choices.iter().map(|choice| (*choice, *choice)).collect();
            sent.one_of(&pairs)?.into()
        }
        Kind::Spelled(choices) => sent.one_of(choices)?.into(),
        Kind::Integer(ranges) => integer(ranges, &sent)?.into(),
        Kind::Number(least, most) => {
            let number = sent.clone().number()?;
            if !(least..=most).contains(&number) {
                return Err(sent.invalid(format!("must be from {least} to {most}, not {number}")));
            }
            Number::from_f64(number)
                .expect("a parameter that is a number is finite")
                .into()
        }
        Kind::Boolean => sent.boolean()?.into(),
        Kind::Texts => sent
            .list(|item| item.text().map(str::to_owned))?
            .into_iter()
            .collect(),
        Kind::Structure(_) | Kind::Structures(..) | Kind::Opaque => sent.value().clone(),
    })
}

fn integer(ranges: &[(i64, i64)], sent: &Parameter<'_>) -> Result<i64, ParameterError> {
    let integer = sent.clone().integer()?;
    let is_in = |(least, most): &(i64, i64)| (*least..=*most).contains(&integer);
    if ranges.iter().any(is_in) {
        return Ok(integer);
    }
    let ranges = ranges.iter().map(|(least, most)| {
        if least == most {
            least.to_string()
        } else {
            format!("from {least} to {most}")
        }
    });
    let ranges = ranges.collect::<Vec<_>>().join(" or ");
    Err(sent.invalid(format!("must be {ranges}, not {integer}")))
}

/// A value that is refused has the code of its member; other problems have the common codes.
fn refused(field: &Field, error: ParameterError) -> ApiError {
    use backlot_http::cloud_api::Problem;
    match (&error.problem, field.code) {
        (Problem::Value(_), code) if !code.is_empty() => {
            error.with_code(format!("InvalidParameterValue.{code}"))
        }
        _ => error.into(),
    }
}
