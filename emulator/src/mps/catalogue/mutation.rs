//! What can be done to an event, so that it is almost right, to see whether a function refuses it as it should.
//!
//! A mutation changes one place. Which one is drawn from the seed, or named: `missing:WorkflowTaskEvent.Status`.

use std::fmt;

/// What is done to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// A member is absent.
    Missing,
    /// A member is `null`, although the model does not say so.
    Null,
    /// A member has another type.
    WrongType,
    /// A number is written as text.
    NumberAsText,
    /// A text has a value that the model does not list.
    UnknownEnum,
    /// There is a member that the model does not have.
    UnknownMember,
    /// A member is there twice, with different values.
    Duplicate,
    /// A number is larger than a 64-bit integer.
    HugeNumber,
    /// An array is empty.
    EmptyArray,
    /// `EventType` names another event than the one that is there.
    WrongEventType,
    /// `EventType` is of another product.
    UnknownEventType,
    /// The event's member is `null`.
    NoEvent,
    /// The text ends in the middle.
    Truncated,
    /// There is something behind the event.
    Trailing,
    /// The event is JSON text in a JSON string.
    DoubleEncoded,
    /// The event is in an array.
    InArray,
    /// A text is not UTF-8.
    NotUtf8,
    /// There is nothing.
    Empty,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Missing,
        Self::Null,
        Self::WrongType,
        Self::NumberAsText,
        Self::UnknownEnum,
        Self::UnknownMember,
        Self::Duplicate,
        Self::HugeNumber,
        Self::EmptyArray,
        Self::WrongEventType,
        Self::UnknownEventType,
        Self::NoEvent,
        Self::Truncated,
        Self::Trailing,
        Self::DoubleEncoded,
        Self::InArray,
        Self::NotUtf8,
        Self::Empty,
    ];

    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Null => "null",
            Self::WrongType => "wrong-type",
            Self::NumberAsText => "number-as-text",
            Self::UnknownEnum => "unknown-enum",
            Self::UnknownMember => "unknown-member",
            Self::Duplicate => "duplicate",
            Self::HugeNumber => "huge-number",
            Self::EmptyArray => "empty-array",
            Self::WrongEventType => "wrong-event-type",
            Self::UnknownEventType => "unknown-event-type",
            Self::NoEvent => "no-event",
            Self::Truncated => "truncated",
            Self::Trailing => "trailing",
            Self::DoubleEncoded => "double-encoded",
            Self::InArray => "in-array",
            Self::NotUtf8 => "not-utf8",
            Self::Empty => "empty",
        }
    }

    /// What it needs of its place, if it changes one place.
    pub(super) fn needs(self) -> Option<&'static str> {
        match self {
            Self::Missing | Self::Duplicate => Some("it needs a member of an object"),
            Self::Null => Some("it needs a member that the model does not let be null"),
            Self::WrongType => Some("it needs a member that is not null"),
            Self::NumberAsText | Self::HugeNumber => Some("it needs a number"),
            Self::UnknownEnum => Some("it needs a text for which the model lists values"),
            Self::UnknownMember => Some("it needs an object"),
            Self::EmptyArray => Some("it needs an array that is not empty"),
            _ => None,
        }
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
