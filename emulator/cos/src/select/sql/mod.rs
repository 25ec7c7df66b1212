//! The SQL of SELECT Object Content: [`parse`] makes a [`Query`] of a text.
//!
//! The clauses are read in `parse.rs`; expressions are parsed by the crate `sqlparser` and brought into a small tree of our
//! own by `lower.rs`. Follows: COS, "SELECT Command".

mod dialect;
mod lower;
mod parse;
mod tree;

pub(super) use parse::parse;
pub(super) use tree::{
    AggregateKind, Arithmetic, Comparison, Expression, Function, Item, Name, Projection, Query,
    Step, TimePart, Type,
};
