//! Going through a value along the field tree.

use backlot_base::json::Value;

use super::fields::{Field, Kind};
use super::fields_of;

/// One place of a value, or one where a field could be.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The struct that the place is in.
    pub owner: &'static str,
    /// The member's name.
    pub name: &'a str,
    /// What the model says about it; `None` if the model has no such field.
    pub field: Option<&'static Field>,
    /// What is there; `None` if the member is absent.
    pub value: Option<&'a Value>,
    /// The type at this place: that of the field, or of an array's item; `None` if the model has no such field.
    pub kind: Option<&'static Kind>,
}

/// Visits every member of an object and every field that is absent, outer ones first, with the names and positions on the
/// way. Items of arrays are visited as their own places. Opaque structs and unknown members are not entered.
pub fn walk<'a>(
    owner: &'static str,
    value: &'a Value,
    visit: &mut impl FnMut(&[String], Place<'a>),
) {
    Walk {
        path: Vec::new(),
        visit,
    }
    .members(owner, value);
}

struct Walk<'v, V> {
    path: Vec<String>,
    visit: &'v mut V,
}

impl<'a, V: FnMut(&[String], Place<'a>)> Walk<'_, V> {
    fn members(&mut self, owner: &'static str, value: &'a Value) {
        let Some(members) = value.as_object() else {
            return;
        };
        let fields = fields_of(owner);
        if fields.is_empty() {
            return;
        }
        for (name, value) in members {
            let field = fields.iter().find(|field| field.name == name);
            let kind = field.map(|field| &field.kind);
            self.path.push(name.clone());
            self.enter(Place {
                owner,
                name,
                field,
                value: Some(value),
                kind,
            });
            self.path.pop();
        }
        for field in fields {
            if members.iter().all(|(name, _)| name != field.name) {
                self.path.push(field.name.to_owned());
                (self.visit)(
                    &self.path,
                    Place {
                        owner,
                        name: field.name,
                        field: Some(field),
                        value: None,
                        kind: Some(&field.kind),
                    },
                );
                self.path.pop();
            }
        }
    }

    fn enter(&mut self, place: Place<'a>) {
        (self.visit)(&self.path, place);
        match (place.kind, place.value) {
            (Some(Kind::Struct(name)), Some(value)) => self.members(name, value),
            (Some(Kind::List(item)), Some(Value::Array(items))) => {
                for (position, value) in items.iter().enumerate() {
                    self.path.push(position.to_string());
                    self.enter(Place {
                        value: Some(value),
                        kind: Some(item),
                        ..place
                    });
                    self.path.pop();
                }
            }
            _ => {}
        }
    }
}
