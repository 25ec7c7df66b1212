//! What is measured: which operation, on which store, over how many objects, through how many connections.

use std::fmt;

use backlot::cos::store::{Durability, Kind};

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) kind: Kind,
    pub(crate) durability: Durability,
    /// Objects in the bucket.
    pub(crate) objects: usize,
    pub(crate) operation: Operation,
    pub(crate) connections: usize,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A new object of so many bytes: [`SMALL`] or [`LARGE`].
    Put(usize),
    /// An object of so many bytes, one of these, too.
    Get(usize),
    /// The head of a small object.
    Head,
    /// A page of 1,000 keys.
    List,
}

/// A small object.
pub(crate) const SMALL: usize = 1 << 10;

/// A large one.
pub(crate) const LARGE: usize = 1 << 20;

/// All cases over a bucket with so many objects. `is_whole` asks for every operation; otherwise it is those whose cost could
/// depend on the number of objects.
pub(crate) fn all(kind: Kind, objects: usize, is_whole: bool) -> Vec<Case> {
    let puts = [Operation::Put(SMALL), Operation::Put(LARGE)];
    let reads = [
        Operation::Get(SMALL),
        Operation::Get(LARGE),
        Operation::Head,
        Operation::List,
    ];
    let small = [
        Operation::Put(SMALL),
        Operation::Get(SMALL),
        Operation::Head,
        Operation::List,
    ];
    let case = |durability, operation, connections| Case {
        kind,
        durability,
        objects,
        operation,
        connections,
    };
    if !is_whole {
        return small
            .map(|operation| case(Durability::Full, operation, 1))
            .into();
    }
    let relaxed = puts.map(|operation| (Durability::Relaxed, operation));
    let full = puts.into_iter().chain(reads);
    let full = full.map(|operation| (Durability::Full, operation));
    let rows = relaxed.into_iter().chain(full);
    rows.flat_map(|(durability, operation)| {
        [1, 16].map(|connections| case(durability, operation, connections))
    })
    .collect()
}

impl fmt::Display for Case {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            durability,
            objects,
            operation,
            connections,
        } = self;
        let (kind, operation) = (kind.to_string(), operation.to_string());
        let durability = format!("{durability:?}").to_lowercase();
        write!(
            out,
            "{kind:<6} {durability:<7} {objects:>7} {operation:<12} {connections:>4}"
        )
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(SMALL) => out.write_str("put-1KiB"),
            Self::Put(_) => out.write_str("put-1MiB"),
            Self::Get(SMALL) => out.write_str("get-1KiB"),
            Self::Get(_) => out.write_str("get-1MiB"),
            Self::Head => out.write_str("head"),
            Self::List => out.write_str("list-1000"),
        }
    }
}
