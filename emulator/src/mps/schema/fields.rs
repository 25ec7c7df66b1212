//! The data: a struct's name on a line, its fields below it.
//!
//! A field is a name, a type and words: `null` (the model says that it may be `null`), `always` (the model says that it is
//! always there), `2020` (the model of 2020 has it: the legacy profile), `wire` (seen in a real notification and in no model),
//! `=A|B` (the values that the model lists; an empty one stands for the empty text). `[T]` is an array of `T`.

use std::collections::HashMap;
use std::fmt;

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of the model about the field"
)]
pub struct Field {
    /// The member's name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether the model says that it may be `null`.
    pub may_be_null: bool,
    /// Whether the model says that it is always there.
    pub is_always: bool,
    /// Whether it was there in 2020, so that the legacy profile has it.
    pub is_legacy: bool,
    /// Whether it was seen in a real notification only.
    pub is_wire_only: bool,
    /// The values that the model lists; empty if it lists none.
    pub values: Vec<&'static str>,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// An integer.
    Integer,
    /// An integer that is not negative.
    Natural,
    /// Any number.
    Number,
    /// `true` or `false`.
    Bool,
    /// Nothing is known about it.
    Any,
    /// A struct with fields of its own.
    Struct(&'static str),
    /// An array.
    List(Box<Kind>),
}

/// Reads the data. It is part of the program, so a mistake in it is a bug.
pub(super) fn read(text: &'static str) -> HashMap<&'static str, Vec<Field>> {
    let mut structs: HashMap<_, Vec<Field>> = HashMap::new();
    let mut current = "";
    for line in text.lines() {
        match line.strip_prefix("  ") {
            Some(field) => structs.entry(current).or_default().push(Field::read(field)),
            None => current = line,
        }
    }
    structs
}

impl Field {
    fn read(line: &'static str) -> Self {
        let mut words = line.split(' ');
        let name = words.next().expect("a line has a name");
        let kind = words.next().expect("a field has a type");
        let mut field = Self {
            name,
            kind: Kind::read(kind),
            may_be_null: false,
            is_always: false,
            is_legacy: false,
            is_wire_only: false,
            values: Vec::new(),
        };
        for word in words {
            match word {
                "null" => field.may_be_null = true,
                "always" => field.is_always = true,
                "2020" => field.is_legacy = true,
                "wire" => field.is_wire_only = true,
                other => {
                    let values = other.strip_prefix('=').expect("a word about a field");
                    field.values = values.split('|').collect();
                }
            }
        }
        field
    }
}

impl Kind {
    fn read(text: &'static str) -> Self {
        let item = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if let Some(item) = item {
            return Self::List(Box::new(Self::read(item)));
        }
        match text {
            "string" => Self::Text,
            "int" => Self::Integer,
            "uint" => Self::Natural,
            "float" => Self::Number,
            "bool" => Self::Bool,
            "any" => Self::Any,
            name => Self::Struct(name),
        }
    }
}

/// With an article, for messages.
impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Text => "a string",
            Self::Integer => "an integer",
            Self::Natural => "an integer from 0",
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Any => "anything",
            Self::Struct(_) => "an object",
            Self::List(_) => "an array",
        })
    }
}
