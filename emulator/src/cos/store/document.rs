//! The documents of buckets, as both stores keep them in memory.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

/// Documents by bucket and name.
#[derive(Debug, Default)]
pub(super) struct Documents(BTreeMap<(String, String), Bytes>);

impl Documents {
    pub(super) fn put(&mut self, bucket: &str, name: &str, bytes: Bytes) {
        self.0.insert((bucket.to_owned(), name.to_owned()), bytes);
    }

    pub(super) fn get(&self, bucket: &str, name: &str) -> Option<Bytes> {
        self.0.get(&(bucket.to_owned(), name.to_owned())).cloned()
    }

    pub(super) fn remove(&mut self, bucket: &str, name: &str) -> bool {
        self.0
            .remove(&(bucket.to_owned(), name.to_owned()))
            .is_some()
    }

    pub(super) fn remove_all(&mut self, bucket: &str) {
        self.0.retain(|(found, _), _| found != bucket);
    }

    /// Those of a bucket whose names begin with `prefix`.
    pub(super) fn list(&self, bucket: &str, prefix: &str) -> Vec<(String, Bytes)> {
        let from = (bucket.to_owned(), prefix.to_owned());
        let range = self.0.range((Bound::Included(from), Bound::Unbounded));
        range
            .take_while(|((found, name), _)| found == bucket && name.starts_with(prefix))
            .map(|((_, name), bytes)| (name.clone(), bytes.clone()))
            .collect()
    }
}
