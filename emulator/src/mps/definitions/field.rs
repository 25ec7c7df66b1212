//! The words in which a template is described: its members, what they may be, and what they are if they are left out.
//!
//! A table of [`Field`]s is all that is said about a family of templates. `read` reads a call by it, `fill` completes a preset
//! by it.

/// One member of a template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// As in the Cloud API.
    pub(crate) name: &'static str,
    /// What it may be.
    pub(crate) kind: Kind,
    /// What it is if it is left out.
    pub(crate) need: Need,
    /// What follows `InvalidParameterValue.` if its value is refused; empty for the plain code.
    pub(crate) code: &'static str,
    /// Whether it is said when the template is created and cannot be changed later.
    pub(crate) is_fixed: bool,
}

/// What a member may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Text of at most this number of characters.
    Text(usize),
    /// One of these texts. Case counts.
    Choice(&'static [&'static str]),
    /// One of the texts on the left, which is kept and described as the one on the right.
    Spelled(&'static [(&'static str, &'static str)]),
    /// An integer in one of these ranges, both ends included.
    Integer(&'static [(i64, i64)]),
    /// A number in this range, both ends included.
    Number(f64, f64),
    /// A boolean.
    Boolean,
    /// A list of texts.
    Texts,
    /// A structure.
    Structure(&'static [Field]),
    /// A list of structures, of one to this number.
    Structures(&'static [Field], usize),
    /// A structure that is kept as it was sent, and that no result depends on.
    Opaque,
}

/// What a member is if it is left out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// It cannot be left out.
    Required,
    /// `null`.
    Null,
    /// This text.
    Text(&'static str),
    /// This integer.
    Integer(i64),
    /// An empty list.
    Empty,
}

impl Field {
    const fn new(name: &'static str, kind: Kind, need: Need) -> Self {
        Self {
            name,
            kind,
            need,
            code: "",
            is_fixed: false,
        }
    }

    /// It cannot be left out.
    #[must_use]
    pub(crate) const fn required(self) -> Self {
        Self {
            need: Need::Required,
            ..self
        }
    }

    /// It is this integer if it is left out.
    #[must_use]
    pub(crate) const fn or(self, integer: i64) -> Self {
        Self {
            need: Need::Integer(integer),
            ..self
        }
    }

    /// It is this text if it is left out.
    #[must_use]
    pub(crate) const fn or_text(self, text: &'static str) -> Self {
        Self {
            need: Need::Text(text),
            ..self
        }
    }

    /// Its code, after `InvalidParameterValue.`, if its value is refused.
    #[must_use]
    pub(crate) const fn code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// Its own name is its code.
    #[must_use]
    pub(crate) const fn coded(self) -> Self {
        self.code(self.name)
    }

    /// It cannot be changed later.
    #[must_use]
    pub(crate) const fn fixed(self) -> Self {
        Self {
            is_fixed: true,
            ..self
        }
    }
}

/// Text of at most `limit` characters, else empty.
pub(crate) const fn text(name: &'static str, limit: usize) -> Field {
    Field::new(name, Kind::Text(limit), Need::Text(""))
}

/// One of the texts.
pub(crate) const fn choice(name: &'static str, choices: &'static [&'static str]) -> Field {
    Field::new(name, Kind::Choice(choices), Need::Null)
}

/// One of the texts on the left.
pub(crate) const fn spelled(
    name: &'static str,
    choices: &'static [(&'static str, &'static str)],
) -> Field {
    Field::new(name, Kind::Spelled(choices), Need::Null)
}

/// An integer in one of the ranges.
pub(crate) const fn integer(name: &'static str, ranges: &'static [(i64, i64)]) -> Field {
    Field::new(name, Kind::Integer(ranges), Need::Null)
}

/// A number in the range.
pub(crate) const fn number(name: &'static str, least: f64, most: f64) -> Field {
    Field::new(name, Kind::Number(least, most), Need::Null)
}

/// A boolean.
pub(crate) const fn boolean(name: &'static str) -> Field {
    Field::new(name, Kind::Boolean, Need::Null)
}

/// A list of texts.
pub(crate) const fn texts(name: &'static str) -> Field {
    Field::new(name, Kind::Texts, Need::Empty)
}

/// A structure.
pub(crate) const fn structure(name: &'static str, fields: &'static [Field]) -> Field {
    Field::new(name, Kind::Structure(fields), Need::Null)
}

/// A list of one to `limit` structures.
pub(crate) const fn structures(
    name: &'static str,
    fields: &'static [Field],
    limit: usize,
) -> Field {
    Field::new(name, Kind::Structures(fields, limit), Need::Null)
}

/// A structure that is kept as it was sent.
pub(crate) const fn opaque(name: &'static str) -> Field {
    Field::new(name, Kind::Opaque, Need::Null)
}

/// A switch from 0 to 1, off unless set.
pub(crate) const fn flag(name: &'static str) -> Field {
    integer(name, &[(0, 1)]).or(0)
}
