//! Parameters of a call, read with their types. Every error names the whole path of its parameter.
//!
//! ```
//! # use backlot_http::cloud_api::{Parameter, ParameterError, Parameters};
//! # use backlot_base::json::Value;
//! # fn read(call: &Value) -> Result<(), ParameterError> {
//! let parameters = Parameters::new(call);
//! let input = parameters.required("InputInfo", Parameter::object)?;
//! let bucket = input.required("CosInputInfo", |cos| cos.object()?.required("Bucket", Parameter::text))?;
//! let limit = parameters.optional("Limit", |limit| limit.integer_in(1..=100))?.unwrap_or(10);
//! # Ok(())
//! # }
//! ```
//!
//! Parameters of a query or a form are text throughout, so numbers and booleans may come as text. `null` counts as absent.
//! Follows: SCF reference, section 15.1 (booleans as text).

use std::ops::RangeInclusive;

use super::parameter_error::{ParameterError, Problem};
use backlot_base::json::Value;

/// The members of an object: all parameters of a call, or those of a structure among them.
#[derive(Clone, Debug)]
pub struct Parameters<'a> {
    path: String,
    members: &'a [(String, Value)],
}

/// One value that was sent, and where.
#[derive(Clone, Debug)]
pub struct Parameter<'a> {
    path: String,
    value: &'a Value,
}

impl<'a> Parameters<'a> {
    /// The parameters of a call. A value that is no object has none.
    pub fn new(call: &'a Value) -> Self {
        Self {
            path: String::new(),
            members: call.as_object().unwrap_or_default(),
        }
    }

    /// Reads a parameter that may be left out.
    pub fn optional<T, E>(
        &self,
        name: &str,
        read: impl FnOnce(Parameter<'a>) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        // The last member of a name counts, as for most readers of JSON.
        let found = self.members.iter().rfind(|(found, _)| found == name);
        let value = found.map(|(_, value)| value);
        let value = value.filter(|value| !value.is_null());
        let parameter = value.map(|value| Parameter {
            path: self.path_of(name),
            value,
        });
        parameter.map(read).transpose()
    }

    /// Reads a parameter without which the call makes no sense.
    pub fn required<T, E: From<ParameterError>>(
        &self,
        name: &str,
        read: impl FnOnce(Parameter<'a>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.optional(name, read)?
            .ok_or_else(|| self.missing(name).into())
    }

    /// Refuses every parameter whose name is not among `known`, the first one that was sent.
    pub fn only(&self, known: &[&str]) -> Result<(), ParameterError> {
        let mut names = self.members.iter().map(|(name, _)| name.as_str());
        match names.find(|name| !known.contains(name)) {
            Some(name) => Err(ParameterError {
                path: self.path_of(name),
                problem: Problem::Unknown,
            }),
            None => Ok(()),
        }
    }

    /// The error of a parameter that is required only together with others, or in place of others.
    pub fn missing(&self, name: &str) -> ParameterError {
        ParameterError {
            path: self.path_of(name),
            problem: Problem::Missing,
        }
    }

    fn path_of(&self, name: &str) -> String {
        match &self.path[..] {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }
}

impl<'a> Parameter<'a> {
    /// What was sent, as it was sent.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// The text, which may be empty.
    pub fn text(self) -> Result<&'a str, ParameterError> {
        let text = self.value.as_str();
        text.ok_or_else(|| self.type_error("a string"))
    }

    /// The text; an empty one counts as a parameter that is missing.
    pub fn filled_text(self) -> Result<&'a str, ParameterError> {
        match self.value.as_str() {
            Some("") => Err(self.problem(Problem::Missing)),
            _ => self.text(),
        }
    }

    /// The text of at most `limit` characters.
    pub fn text_up_to(self, limit: usize) -> Result<&'a str, ParameterError> {
        let text = self.clone().text()?;
        if text.chars().count() > limit {
            return Err(self.invalid(format!("must have at most {limit} characters")));
        }
        Ok(text)
    }

    /// The choice of this name. Case counts.
    pub fn one_of<T: Copy>(self, choices: &[(&str, T)]) -> Result<T, ParameterError> {
        let text = self.clone().text()?;
        let found = choices.iter().find(|(name, _)| *name == text);
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let names = choices.iter().map(|(name, _)| format!("`{name}`"));
            let names = names.collect::<Vec<_>>().join(", ");
            self.invalid(format!("must be one of {names}"))
        })
    }

    /// The integer, sent as a number or as text.
    pub fn integer(self) -> Result<i64, ParameterError> {
        let integer = match self.value {
            Value::String(text) => text.parse().ok(),
            value => value.as_i64(),
        };
        integer.ok_or_else(|| self.type_error("an integer"))
    }

    /// The integer within a range, both ends included.
    pub fn integer_in(self, range: RangeInclusive<i64>) -> Result<i64, ParameterError> {
        let integer = self.clone().integer()?;
        if range.contains(&integer) {
            return Ok(integer);
        }
        let (start, end) = range.into_inner();
        Err(self.invalid(format!("must be from {start} to {end}, not {integer}")))
    }

    /// The number, sent as a number or as text. It is finite.
    pub fn number(self) -> Result<f64, ParameterError> {
        let number = match self.value {
            Value::String(text) => Some(text.as_str()),
            Value::Number(number) => Some(number.as_str()),
            _ => None,
        };
        let number = number.and_then(|text| text.parse::<f64>().ok());
        let number = number.filter(|number| number.is_finite());
        number.ok_or_else(|| self.type_error("a number"))
    }

    /// The boolean, sent as such or as the text `true` or `false` in any case.
    pub fn boolean(self) -> Result<bool, ParameterError> {
        match self.value {
            Value::Bool(boolean) => Ok(*boolean),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(self.type_error("a boolean")),
        }
    }

    /// The structure.
    pub fn object(self) -> Result<Parameters<'a>, ParameterError> {
        match self.value.as_object() {
            Some(members) => Ok(Parameters {
                path: self.path,
                members,
            }),
            None => Err(self.type_error("an object")),
        }
    }

    /// Each item of the list, in order. An item that is `null` is of the wrong type for every reader.
    pub fn list<T, E: From<ParameterError>>(
        self,
        mut read: impl FnMut(Parameter<'a>) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let Some(items) = self.value.as_array() else {
            return Err(self.type_error("an array").into());
        };
        let items = items.iter().enumerate();
        items
            .map(|(position, value)| {
                read(Parameter {
                    path: format!("{}.{position}", self.path),
                    value,
                })
            })
            .collect()
    }

    /// Each item of a list of at most `limit` items, in order.
    pub fn list_up_to<T, E: From<ParameterError>>(
        self,
        limit: usize,
        read: impl FnMut(Parameter<'a>) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        match self.value.as_array() {
            Some(items) if items.len() > limit => {
                let error = self.invalid(format!("must have at most {limit} items"));
                Err(error.into())
            }
            _ => self.list(read),
        }
    }

    /// Whether anything is set: not `null`, an empty text, an empty list, or a structure all of whose members `keys` are not
    /// set. A list is set if an item is.
    pub fn is_filled(&self, keys: &[&str]) -> bool {
        is_filled(self.value, keys)
    }

    /// The error of a value that a rule of the service does not allow. `rule` continues the sentence "The value of the
    /// parameter …", for example `must be the name of a bucket`.
    pub fn invalid(&self, rule: impl Into<String>) -> ParameterError {
        self.problem(Problem::Value(rule.into()))
    }

    /// What was sent is named, not shown: it may be long, or a secret.
    fn type_error(&self, expected: &'static str) -> ParameterError {
        let found = match (self.value, expected) {
            (Value::Number(_), "an integer") => "another number",
            (Value::String(_), "an integer" | "a number" | "a boolean") => "another text",
            (value, _) => value.kind(),
        };
        self.problem(Problem::Type { expected, found })
    }

    fn problem(&self, problem: Problem) -> ParameterError {
        ParameterError {
            path: self.path.clone(),
            problem,
        }
    }
}

fn is_filled(value: &Value, keys: &[&str]) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(set) => *set,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(|item| is_filled(item, keys)),
        Value::Object(_) => {
            let mut members = keys.iter().filter_map(|key| value.get(key));
            members.any(|member| is_filled(member, keys))
        }
    }
}

#[cfg(test)]
#[path = "parameters_tests.rs"]
mod tests;
