//! The field tree of the events and answers that are about tasks: what each struct has, of which type, and whether it may be
//! `null` or is always there.
//!
//! `fields.txt` is the data, `fields` reads it, `walk` goes through a value along it, `check` says where a value is unlike
//! it, and `known` lists where published samples are unlike it themselves.
//!
//! Follows: mps.md sections 4 to 7.2, and the models of the official SDKs.

mod check;
mod fields;
mod known;
mod nulls;
mod walk;

pub use check::{Deviation, What, deviations};
pub use fields::{Field, Kind};
pub use known::{KNOWN, Known};
pub(super) use nulls::with_nulls;
pub use walk::{Place, walk};

use std::collections::HashMap;
use std::sync::LazyLock;

/// The envelope of notifications.
pub const NOTIFICATION: &str = "Notification";

/// The answer of `DescribeTaskDetail`, inside `Response`.
pub const TASK_DETAIL: &str = "DescribeTaskDetailResponse";

/// The structs by name.
static STRUCTS: LazyLock<HashMap<&'static str, Vec<Field>>> =
    LazyLock::new(|| fields::read(include_str!("fields.txt")));

/// The fields of a struct, in the order of the model; empty if the struct is opaque.
pub fn fields_of(name: &str) -> &'static [Field] {
    STRUCTS.get(name).map_or(&[], Vec::as_slice)
}

/// The names of all structs, sorted.
pub fn structs() -> Vec<&'static str> {
    let mut names: Vec<_> = STRUCTS.keys().copied().collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_read_and_the_roots_are_there() {
        assert!(STRUCTS.len() > 250, "{}", STRUCTS.len());
        for root in [NOTIFICATION, TASK_DETAIL] {
            assert!(!fields_of(root).is_empty(), "{root}");
        }
        let task = fields_of("WorkflowTask");
        let named = |name: &str| task.iter().find(|field| field.name == name).unwrap();
        let set = named("MediaProcessResultSet");
        let item = Kind::Struct("MediaProcessTaskResult");
        assert_eq!(set.kind, Kind::List(Box::new(item)));
        assert!(set.is_always && set.is_legacy && !set.may_be_null);
        assert_eq!(named("Status").values, ["PROCESSING", "FINISH"]);
        assert!(named("MetaData").may_be_null);
    }
}
