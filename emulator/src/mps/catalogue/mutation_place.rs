//! Where an event can be broken, and how one place is.

use crate::mps::schema::{self, Kind, NOTIFICATION, Place};
use backlot_base::json::Value;

use super::mutation::Mutation;

/// A number that no 64-bit integer holds.
const HUGE: &str = "18446744073709551616";

/// A place that a mutation can change.
pub(super) struct Found {
    /// Names and positions on the way to it.
    pub(super) path: Vec<String>,
}

/// All places that a mutation can change, in the order of the event.
pub(super) fn places(event: &Value, mutation: Mutation) -> Vec<Found> {
    let mut found = Vec::new();
    let event_type = event.get("EventType").and_then(Value::as_str);
    let member = format!("{}Event", event_type.unwrap_or_default());
    let at = |path: &[&str]| Found {
        path: path.iter().map(|name| (*name).to_owned()).collect(),
    };
    match mutation {
        Mutation::WrongEventType | Mutation::UnknownEventType => {
            found.extend(event_type.map(|_| at(&["EventType"])));
        }
        Mutation::NoEvent => found.extend(event.get(&member).map(|_| at(&[&member]))),
        _ => schema::walk(NOTIFICATION, event, &mut |path, place| {
            // The envelope has mutations of its own.
            let is_inside = path.len() > 1 && path[0] == member;
            if is_inside && suits(mutation, path, place) {
                found.push(Found {
                    path: path.to_vec(),
                });
            }
        }),
    }
    found
}

fn suits(mutation: Mutation, path: &[String], place: Place<'_>) -> bool {
    let Some(value) = place.value else {
        return false;
    };
    let is_item = path.last().is_some_and(|name| name != place.name);
    let field = place.field;
    match mutation {
        Mutation::Missing | Mutation::Duplicate => !is_item,
        Mutation::Null => {
            let may_be_null = field.is_some_and(|field| field.may_be_null && !is_item);
            !value.is_null() && !may_be_null
        }
        Mutation::WrongType => !value.is_null(),
        Mutation::NumberAsText => matches!(value, Value::Number(_)),
        Mutation::HugeNumber => {
            let is_integer = matches!(place.kind, Some(Kind::Integer | Kind::Natural));
            is_integer && matches!(value, Value::Number(_))
        }
        Mutation::UnknownEnum => {
            let has_list = field.is_some_and(|field| !field.values.is_empty());
            has_list && value.as_str().is_some()
        }
        Mutation::UnknownMember => value.as_object().is_some(),
        Mutation::EmptyArray => value.as_array().is_some_and(|items| !items.is_empty()),
        _ => false,
    }
}

/// Changes the place at a path that [`places`] has found.
pub(super) fn change(event: &mut Value, path: &[String], mutation: Mutation) {
    let Some((name, outer)) = path.split_last() else {
        return;
    };
    let holder = outer.iter().fold(event, |value, name| inside(value, name));
    match (mutation, &mut *holder) {
        (Mutation::Missing, Value::Object(members)) => {
            members.retain(|(member, _)| member != name);
        }
        (Mutation::Duplicate, Value::Object(members)) => {
            let found = members.iter().position(|(member, _)| member == name);
            let at = found.expect("the place was found");
            let other = wrong_type(&members[at].1);
            members.insert(at + 1, (name.clone(), other));
        }
        _ => {
            let value = inside(holder, name);
            *value = changed(std::mem::take(value), mutation);
        }
    }
}

fn changed(value: Value, mutation: Mutation) -> Value {
    match (mutation, value) {
        (Mutation::WrongType, value) => wrong_type(&value),
        (Mutation::NumberAsText, Value::Number(number)) => number.to_string().into(),
        (Mutation::HugeNumber, _) => Value::Number(HUGE.parse().expect("digits are a number")),
        (Mutation::UnknownEnum, _) => "BACKLOT_UNKNOWN".into(),
        (Mutation::UnknownMember, Value::Object(mut members)) => {
            members.push(("BacklotUnknown".to_owned(), "something new".into()));
            Value::Object(members)
        }
        (Mutation::EmptyArray, _) => Value::Array(Vec::new()),
        (Mutation::WrongEventType, Value::String(kind)) if kind == "EditMediaTask" => {
            "WorkflowTask".into()
        }
        (Mutation::WrongEventType, _) => "EditMediaTask".into(),
        (Mutation::UnknownEventType, _) => "ProcedureStateChanged".into(),
        // `Null` and `NoEvent`.
        _ => Value::Null,
    }
}

/// A value of another type.
fn wrong_type(value: &Value) -> Value {
    match value {
        Value::String(_) => 5u64.into(),
        Value::Number(_) | Value::Bool(_) | Value::Null => Value::Object(Vec::new()),
        Value::Array(_) => "not an array".into(),
        Value::Object(_) => Value::Array(Vec::new()),
    }
}

/// The member or item of that name.
fn inside<'a>(value: &'a mut Value, name: &str) -> &'a mut Value {
    match value {
        Value::Object(members) => {
            let found = members.iter_mut().rfind(|(member, _)| member == name);
            found.map(|(_, value)| value).expect("the place was found")
        }
        Value::Array(items) => {
            let position: usize = name.parse().expect("items are found by position");
            &mut items[position]
        }
        _ => unreachable!("a way leads through objects and arrays"),
    }
}
