//! The documents of buckets, as both stores keep them in memory.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

/// Documents by bucket, then by name. Most requests ask for several that are not there.
#[derive(Debug, Default)]
pub(super) struct Documents(BTreeMap<String, BTreeMap<String, Bytes>>);

impl Documents {
    pub(super) fn put(&mut self, bucket: &str, name: &str, bytes: Bytes) {
        let of_bucket = self.0.entry(bucket.to_owned()).or_default();
        of_bucket.insert(name.to_owned(), bytes);
    }

    pub(super) fn get(&self, bucket: &str, name: &str) -> Option<Bytes> {
        self.0.get(bucket)?.get(name).cloned()
    }

    pub(super) fn remove(&mut self, bucket: &str, name: &str) {
        if let Some(of_bucket) = self.0.get_mut(bucket) {
            of_bucket.remove(name);
        }
    }

    pub(super) fn remove_all(&mut self, bucket: &str) {
        self.0.remove(bucket);
    }

    /// Those of a bucket whose names begin with `prefix`.
    pub(super) fn list(&self, bucket: &str, prefix: &str) -> Vec<(String, Bytes)> {
        let Some(of_bucket) = self.0.get(bucket) else {
            return Vec::new();
        };
        let range = of_bucket.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        range
            .take_while(|(name, _)| name.starts_with(prefix))
            .map(|(name, bytes)| (name.clone(), bytes.clone()))
            .collect()
    }
}
