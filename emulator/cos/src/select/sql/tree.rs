//! A query as it is carried out.

use crate::select::datum::Datum;

/// `SELECT projection FROM source [WHERE condition] [LIMIT limit]`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::select) struct Query {
    pub(in crate::select) projection: Projection,
    /// The path from a record to its rows; empty if a record is a row.
    pub(in crate::select) source: Vec<Step>,
    pub(in crate::select) condition: Option<Expression>,
    pub(in crate::select) limit: Option<u64>,
    /// The aggregates of the projection, which expressions refer to by number.
    pub(in crate::select) aggregates: Vec<Aggregate>,
}

/// What is selected of a row.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::select) enum Projection {
    /// `*`
    All,
    Items(Vec<Item>),
}

/// One selected value with its name.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::select) struct Item {
    pub(in crate::select) name: String,
    pub(in crate::select) expression: Expression,
}

/// A name of a column or member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::select) struct Name {
    pub(in crate::select) text: String,
    /// Whether case counts: the name is in double quotes.
    pub(in crate::select) is_exact: bool,
}

impl Name {
    /// Whether the name means this one.
    pub(in crate::select) fn is(&self, found: &str) -> bool {
        if self.is_exact {
            self.text == found
        } else {
            self.text.to_lowercase() == found.to_lowercase()
        }
    }
}

/// One step of a path into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::select) enum Step {
    /// `.name` or `['name']`
    Member(Name),
    /// `[0]`
    Item(usize),
    /// `.*`, in a source only.
    EveryMember,
    /// `[*]`, in a source only.
    EveryItem,
}

/// An expression over a row.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::select) enum Expression {
    Literal(Datum),
    /// A part of the row; the row itself if empty.
    Path(Vec<Step>),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Compare(Box<Expression>, Comparison, Box<Expression>),
    Compute(Box<Expression>, Arithmetic, Box<Expression>),
    Concat(Box<Expression>, Box<Expression>),
    In(Box<Expression>, Vec<Expression>),
    Like {
        value: Box<Expression>,
        pattern: Box<Expression>,
        escape: Option<Box<Expression>>,
    },
    /// Also true for what is missing.
    IsNull(Box<Expression>),
    IsMissing(Box<Expression>),
    IsTruth(Box<Expression>, bool),
    Case {
        /// Conditions with their results.
        branches: Vec<(Expression, Expression)>,
        otherwise: Option<Box<Expression>>,
    },
    Cast(Box<Expression>, Type),
    Call(Function, Vec<Expression>),
    /// The value of an aggregate, by its number.
    Aggregate(usize),
}

/// An operator that compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::select) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An operator that computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::select) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// A type of `CAST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::select) enum Type {
    Bool,
    Int,
    Float,
    Text,
    Timestamp,
}

/// A function of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::select) enum Function {
    CharLength,
    Coalesce,
    DateAdd(TimePart),
    DateDiff(TimePart),
    Extract(TimePart),
    Lower,
    NullIf,
    Substring,
    ToString,
    ToTimestamp,
    TrimBoth,
    TrimLeading,
    TrimTrailing,
    Upper,
    UtcNow,
}

/// A part of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::select) enum TimePart {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    TimezoneHour,
    TimezoneMinute,
}

/// An aggregate over all rows.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::select) struct Aggregate {
    pub(in crate::select) kind: AggregateKind,
    /// `None` for `COUNT(*)`.
    pub(in crate::select) argument: Option<Expression>,
}

/// The kinds of aggregates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::select) enum AggregateKind {
    Avg,
    Count,
    Max,
    Min,
    Sum,
}
